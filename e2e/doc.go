// Package e2e holds the tests that drive the built program from outside: in a
// real pseudo-terminal, against the real embedded service, with a home of its own.
package e2e
