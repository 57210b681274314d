package client

import "detent/client/issuers"

// Issuers are the names of all issuers that a profile can be of: those that are built in, in the order in which they are listed, then
// those of the folder of a user's own; "" is none.
func Issuers(folder string) []string { return issuers.Names(folder) }
