package apikey_test

import (
	"strings"
	"testing"

	"detent/apikey"
)

func TestFingerprintTellsSecretsApartWithoutShowingThem(t *testing.T) {
	s := apikey.NewSecret(canary)
	f := s.Fingerprint("rotation-1")
	if len(f) != 12 || strings.Contains(canary, f) {
		t.Errorf("fingerprint %q", f)
	}
	if f != apikey.NewSecret(canary).Fingerprint("rotation-1") {
		t.Error("the same secret has two fingerprints")
	}
	if f == apikey.NewSecret(canary+"x").Fingerprint("rotation-1") || f == s.Fingerprint("rotation-2") {
		t.Error("another secret or another salt has the same fingerprint")
	}
	if (apikey.Secret{}).Fingerprint("rotation-1") != "" {
		t.Error("no secret has a fingerprint")
	}
}
