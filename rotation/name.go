package rotation

import (
	"io"

	"detent/apikey"
)

func newNonce(random io.Reader) (string, error) { return apikey.NewNonce(random) }
func isNonce(s string) bool                     { return apikey.IsNonce(s) }
func suffix(nonce string) string                { return apikey.Mark(nonce) }
