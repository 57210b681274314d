// Package issuers drives the built program against real servers of issuers, which e2e/servers starts, and against services that are played, some of
// them with the vendor's published client beside it.
package issuers
