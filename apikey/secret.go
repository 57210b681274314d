package apikey

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// secretMask is all that any printing of a Secret ever shows.
const secretMask = "[secret]"

// Secret holds the bytes of a key. Every way Go has of printing a value shows a
// mask; Reveal is the one way to the bytes. The zero value is an absent secret.
type Secret struct{ value string }

// NewSecret wraps the bytes of a key.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal returns the bytes. Its callers are the show-once view, the CLI's secret
// output, delivery and the Authorization header; a test holds that list.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.value == "" }

// Len is the number of bytes, for checks of a pasted secret.
func (s Secret) Len() int { return len(s.value) }

// Equal compares two secrets in constant time. Two absent secrets are not equal.
func (s Secret) Equal(other Secret) bool {
	return s.value != "" && subtle.ConstantTimeCompare([]byte(s.value), []byte(other.value)) == 1
}

// Mask is a recognisable but harmless form: the first four characters.
// Short secrets show nothing.
func (s Secret) Mask() string {
	if len(s.value) < 12 {
		return secretMask
	}
	return s.value[:4] + "…"
}

// String shows a mask.
func (s Secret) String() string { return secretMask }

// GoString shows a mask.
func (s Secret) GoString() string { return secretMask }

// Format shows a mask for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, secretMask) }

// MarshalJSON writes a mask.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(secretMask) }

// MarshalText writes a mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(secretMask), nil }

// LogValue logs a mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(secretMask) }
