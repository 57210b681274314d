package apikey

import (
	"cmp"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A key that a rotation made is called as the one before it, with the rotation's mark after the name: "payments-api ~rznjoqz5tye".

// NonceLen is the number of base32 characters of a mark: 50 bits, too many to meet by chance.
const NonceLen = 10

const (
	nonceLetters = "abcdefghijklmnopqrstuvwxyz234567"
	markBegins   = "~r"
)

// NewNonce draws a rotation's id.
func NewNonce(random io.Reader) (string, error) {
	var b [7]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("no randomness for the rotation's id: %w", err)
	}
	return base32.NewEncoding(nonceLetters).WithPadding(base32.NoPadding).EncodeToString(b[:])[:NonceLen], nil
}

// IsNonce reports whether a text can be a rotation's id.
func IsNonce(s string) bool { return len(s) == NonceLen && strings.Trim(s, nonceLetters) == "" }

// Mark is what a rotation's key has after its name.
func Mark(nonce string) string { return " " + markBegins + nonce }

// SplitName takes a name apart into its base and the nonce of a rotation, if it
// carries one. Marks of several rotations are all taken off; the last counts.
func SplitName(name string) (base, nonce string) {
	for {
		at, n := mark(name)
		if n == "" {
			return name, nonce
		}
		nonce = cmp.Or(nonce, n)
		name = name[:at]
	}
}

// mark finds the mark at the end of a name. A service may have taken its blank, or changed its case.
func mark(name string) (at int, nonce string) {
	at = len(name) - NonceLen - len(markBegins)
	if at < 0 || name[at:at+len(markBegins)] != markBegins {
		return 0, ""
	}
	nonce = strings.ToLower(name[at+len(markBegins):])
	if !IsNonce(nonce) {
		return 0, ""
	}
	if at > 0 && name[at-1] == ' ' {
		at--
	}
	return at, nonce
}

// NewName is the base with the nonce, cut where the service's limit wants it.
// limit is in characters; 0 is no limit.
func NewName(base, nonce string, limit int) string {
	tail := Mark(nonce)
	if room := limit - len(tail); limit > 0 && utf8.RuneCountInString(base) > room {
		base = string([]rune(base)[:max(room, 0)])
	}
	return cmp.Or(strings.TrimSpace(base), "key") + tail
}

// SameBase reports whether a base found on the service is ours, cut as it may be there.
func SameBase(found, base string, limit int) bool {
	if found == base {
		return true
	}
	cut, _ := SplitName(NewName(base, strings.Repeat("a", NonceLen), limit))
	return found == cut
}

// Called is how a sentence names a key: by its id where it has no name.
func (k Key) Called() string { return cmp.Or(k.Name, k.ID) }

// CalledWithID names a key and says its id: payments-api (k1).
func (k Key) CalledWithID() string {
	if k.Name == "" {
		return k.ID
	}
	return k.Name + " (" + k.ID + ")"
}

// Quoted is the same where the name stands in quotation marks: "payments-api" (k1).
func (k Key) Quoted() string {
	if k.Name == "" {
		return k.ID
	}
	return fmt.Sprintf("%q (%s)", k.Name, k.ID)
}

// BaseOf is what the names of a rotation of a key begin with: the id of one that has no name.
func BaseOf(k Key) string {
	base, _ := SplitName(k.Name)
	return cmp.Or(strings.TrimSpace(base), k.ID)
}
