package store

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"regexp"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// TestSecretsAreRandomAndCarryPrefixIDAndChecksum holds the form of a secret for each kind of key.
func TestSecretsAreRandomAndCarryPrefixIDAndChecksum(t *testing.T) {
	form := regexp.MustCompile(`^(psp_|sk-|pk-|sk_live_|sk_test_)([a-z2-7]{12})([a-z2-7]{32,})([a-z2-7]{7})$`) // 32 characters are 160 bits
	for prefix, k := range map[string]Key{
		"psp_":     {Service: wirename.Prosopo},
		"sk-":      {Service: wirename.Vertesia, Type: apikey.SecretKey},
		"pk-":      {Service: wirename.Vertesia, Type: apikey.PublicKey},
		"sk_live_": {Service: wirename.Generic, Environment: apikey.Live},
		"sk_test_": {Service: wirename.Generic, Environment: apikey.Test},
	} {
		draw := func(seed byte) (string, []string) {
			t.Helper()
			// The id takes 8 bytes; what follows differs in each byte by the seed alone.
			random := append(make([]byte, 8), bytes.Repeat([]byte{seed}, 64)...)
			secret, err := Mint(bytes.NewReader(random), &k)
			if err != nil {
				t.Fatal(err)
			}
			parts := form.FindStringSubmatch(secret)
			if parts == nil || parts[1] != prefix || idPrefix(k.Service)+parts[2] != k.ID {
				t.Fatalf("the secret of %s is of the form %q", k.ID, parts)
			}
			if whole := regexp.MustCompile("^(?:" + Form(k.Service) + ")$"); !whole.MatchString(secret) || whole.MatchString(secret[:len(secret)-1]) || whole.MatchString(secret+"a") {
				t.Fatalf("the declared form of %s does not tell a whole secret", prefix)
			}
			return secret, parts
		}
		secret, one := draw(0x00)
		_, second := draw(0xff)
		for i := range one[3] {
			if one[3][i] == second[3][i] {
				t.Errorf("%s: character %d of the random part does not come from the random source", prefix, i)
			}
		}
		var sum [4]byte
		binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(secret[:len(secret)-7])))
		if want := lowerBase32.EncodeToString(sum[:]); one[4] != want {
			t.Errorf("%s: the checksum is %s, want %s", prefix, one[4], want)
		}
		for i := len(prefix); i < len(secret); i++ {
			other := "a"
			if secret[i] == 'a' {
				other = "b"
			}
			typo := secret[:i] + other + secret[i+1:]
			if _, formed := IDOf(k.Service, typo); formed {
				t.Errorf("%s: a typo at %d is not noticed", prefix, i)
			}
		}
	}
}
