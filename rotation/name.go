package rotation

import (
	"encoding/base32"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
)

// nonceLen is the number of base32 characters: 50 bits, too many to meet by chance.
const nonceLen = 10

var (
	nonceText    = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
	noncePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z2-7]{10}$`) })
	suffixed     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.*?) ?~r([A-Za-z2-7]{10})$`) })
)

func newNonce(random io.Reader) (string, error) {
	var b [7]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("no randomness for the rotation's id: %w", err)
	}
	return nonceText.EncodeToString(b[:])[:nonceLen], nil
}

func isNonce(s string) bool { return noncePattern().MatchString(s) }

func suffix(nonce string) string { return " ~r" + nonce }

// splitName takes a name apart into its base and the nonce of a rotation, if it
// carries one. Suffixes of several rotations are all taken off; the last counts.
func splitName(name string) (base, nonce string) {
	for {
		m := suffixed().FindStringSubmatch(name)
		if m == nil {
			return name, nonce
		}
		if nonce == "" {
			nonce = strings.ToLower(m[2])
		}
		name = m[1]
	}
}

// newName is the base with the nonce, cut where the service's limit wants it.
// maxName is in characters; 0 is no limit.
func newName(base, nonce string, maxName int) string {
	tail := suffix(nonce)
	r := []rune(base)
	if room := maxName - len(tail); maxName > 0 && len(r) > room {
		r = r[:max(room, 0)]
	}
	base = strings.TrimSpace(string(r))
	if base == "" {
		base = "key"
	}
	return base + tail
}

// sameBase reports whether a name found on the service has our base, cut as it may be there.
func sameBase(found, base string, maxName int) bool {
	if found == base {
		return true
	}
	cut, _ := splitName(newName(base, strings.Repeat("a", nonceLen), maxName))
	return found == cut
}
