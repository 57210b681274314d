// Package freeport gives tests a port for a server that wants to be told one.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// The ports that are tried: below those that systems give to connections (32768 on Linux, 49152 elsewhere). One of those may be taken by any
// connection that a test beside this one makes, before the server listens, or while it is started again.
const first, beyond = 12_000, 32_000

var given sync.Map // by this process

// New is a port of 127.0.0.1 that nobody listens on, and that this process was not given before.
func New() (int, error) {
	var failed error
	for range 100 {
		port := first + rand.IntN(beyond-first)
		if _, before := given.LoadOrStore(port, true); before {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return port, l.Close()
		}
		failed = err
	}
	return 0, errors.Join(errors.New("no port is free"), failed)
}
