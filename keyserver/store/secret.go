package store

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"detent/apikey"
	"detent/keyserver/wirename"
)

const (
	idLength    = 12 // characters that name a key, 60 bits
	randomBytes = 25 // 200 bits, 40 characters
	sumLength   = 7  // CRC-32 of all that comes before
)

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// SecretPrefix is how a secret of such a key begins.
func SecretPrefix(service, kind string, env apikey.Environment) string {
	switch service {
	case wirename.Prosopo:
		return "psp_"
	case wirename.Vertesia:
		return kind + "-"
	default:
		return "sk_" + string(env) + "_"
	}
}

// Prefixes are the beginnings that a service's secrets may have.
var Prefixes = map[string][]string{
	wirename.Prosopo:  {"psp_"},
	wirename.Vertesia: {"sk-", "pk-"},
	wirename.Generic:  {"sk_live_", "sk_test_"},
}

// idPrefix is how the ids of a service begin.
func idPrefix(service string) string {
	if service == wirename.Generic {
		return "key_"
	}
	return ""
}

// RandomText draws so many bytes and writes them as letters and digits.
func RandomText(random io.Reader, bytes int) (string, error) {
	b := make([]byte, bytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	return lowerBase32.EncodeToString(b), nil
}

// newID draws the id of a key of that service.
func newID(random io.Reader, service string) (string, error) {
	text, err := RandomText(random, 8)
	if err != nil {
		return "", err
	}
	return idPrefix(service) + text[:idLength], nil
}

// newSecret draws the secret of the key: prefix, id, random, checksum.
func newSecret(random io.Reader, k *Key) (string, error) {
	text, err := RandomText(random, randomBytes)
	if err != nil {
		return "", err
	}
	body := SecretPrefix(k.Service, k.Type, k.Environment) + strings.TrimPrefix(k.ID, idPrefix(k.Service)) + text
	return body + checksum(body), nil
}

// Form is a regular expression of a whole secret of the service.
func Form(service string) string {
	return fmt.Sprintf("(?:%s)[a-z2-7]{%d}", strings.Join(Prefixes[service], "|"), idLength+randomBytes*8/5+sumLength)
}

func checksum(body string) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(body)))
	return lowerBase32.EncodeToString(sum[:])
}

// IDOf is the id that a secret of the service claims to belong to, and whether the secret
// has the form of one. It proves nothing: only the hash does.
func IDOf(service, secret string) (id string, formed bool) {
	for _, prefix := range Prefixes[service] {
		rest, ok := strings.CutPrefix(secret, prefix)
		if !ok || len(rest) <= idLength+sumLength {
			continue
		}
		body := secret[:len(secret)-sumLength]
		return idPrefix(service) + rest[:idLength], checksum(body) == secret[len(body):]
	}
	return "", false
}

// Mask names the key that a secret belongs to without helping to guess it.
func Mask(k *Key) string {
	return SecretPrefix(k.Service, k.Type, k.Environment) + strings.TrimPrefix(k.ID, idPrefix(k.Service)) + "****"
}

// HashSecret is what is stored of a secret. 200 random bits need no slow hash.
func HashSecret(secret string) [sha256.Size]byte { return sha256.Sum256([]byte(secret)) }
