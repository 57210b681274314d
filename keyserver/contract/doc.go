// Package contract is what goes over the wires of Prosopo, Vertesia and the generic service: how a request is read and refused, and how a
// key, a list's place and an error are written. One file has what is one wire's own. It only translates: whether a caller may do what it
// asks for is decided above, and nothing here asks the store anything.
package contract
