package apikey

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Fingerprint is 12 hex digits that tell whether a secret seen later is this
// one, and nothing else about it. The salt keeps fingerprints of different uses apart; an
// absent secret has none.
func (s Secret) Fingerprint(salt string) string {
	if s.IsZero() {
		return ""
	}
	mac := hmac.New(sha256.New, []byte("detent fingerprint\x00"+salt))
	mac.Write([]byte(s.bytes()))
	return hex.EncodeToString(mac.Sum(nil))[:12]
}

// KeyedPrint recognises a secret for whoever has the key: 128 bits of an HMAC, in hexadecimal. An absent secret has none.
func (s Secret) KeyedPrint(key []byte) string {
	if s.IsZero() {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("detent secret\x00" + s.bytes()))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
