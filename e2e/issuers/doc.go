// Package issuers drives the built program against real servers of issuers, which e2e/servers starts.
package issuers
