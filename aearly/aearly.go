// Package aearly keeps the process to itself before anything else of it runs.
//
// Whoever has the same user may read a process's first environment in /proc, and its memory, until the process says otherwise.
// Go initialises packages that are ready in the order of their import paths, so this runs before the packages of the program and
// of most libraries; its own imports are few.
package aearly

func init() { keep() }
