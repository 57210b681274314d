package apikey

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// secretMask is all that any printing of a Secret ever shows.
const secretMask = "[secret]"

// Secret holds the bytes of a key. Every way Go has of printing a value shows a
// mask; Reveal is the one way to the bytes. The zero value is an absent secret.
//
// The bytes lie behind a pointer because fmt does not call the methods of values in unexported
// fields: printing a struct that holds a Secret then shows an address. Compare with Equal, not ==.
type Secret struct{ value *string }

// NewSecret wraps the bytes of a key; no bytes are an absent secret.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

func (s Secret) bytes() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Reveal returns the bytes. Its callers are the show-once view, the CLI's secret
// output, delivery and the Authorization header; a test holds that list.
func (s Secret) Reveal() string { return s.bytes() }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.value == nil }

// Len is the number of bytes, for checks of a pasted secret.
func (s Secret) Len() int { return len(s.bytes()) }

// Equal compares two secrets in constant time. Two absent secrets are not equal.
func (s Secret) Equal(other Secret) bool {
	return !s.IsZero() && subtle.ConstantTimeCompare([]byte(s.bytes()), []byte(other.bytes())) == 1
}

// HasPrefix reports whether the secret begins with prefix: which kind of key is it?
func (s Secret) HasPrefix(prefix string) bool { return strings.HasPrefix(s.bytes(), prefix) }

// Cut is what stands before and after the first sep: a login and its password.
func (s Secret) Cut(sep string) (before, after Secret, found bool) {
	a, b, found := strings.Cut(s.bytes(), sep)
	return NewSecret(a), NewSecret(b), found
}

// After is the secret with a text before it: the id of its key, of a service whose secrets have two halves.
func (s Secret) After(text string) Secret { return NewSecret(text + s.bytes()) }

// Redact replaces every copy of the secret in text by a mask: some services echo what they refuse.
func (s Secret) Redact(text string) string {
	if s.IsZero() {
		return text
	}
	return strings.ReplaceAll(text, s.bytes(), secretMask)
}

// Mask is a recognisable but harmless form: the first four characters.
// Short secrets show nothing.
func (s Secret) Mask() string {
	if s.Len() < 12 {
		return secretMask
	}
	return s.bytes()[:4] + "…"
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
