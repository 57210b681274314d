package host

import (
	"strings"
	"testing"

	"detent/apikey"
	"detent/config"
)

// TestHalfOfASecretIsSaidToBeOneAmongSeveralProfiles, by the profiles whose keys have two halves.
func TestHalfOfASecretIsSaidToBeOneAmongSeveralProfiles(t *testing.T) {
	v := &Verifier{answers: []Answer{{Profile: config.Profile{Name: "paired"}, Session: &Session{Caps: apikey.Capabilities{Title: "Paired", Pair: ":", SecretPrefixes: []string{"id-"}}}},
		{Profile: config.Profile{Name: "other"}, Session: &Session{Caps: apikey.Capabilities{Title: "Other", SecretPrefixes: []string{"sk-"}}}}}}
	got := v.nobodys(apikey.NewSecret("K000masterkeymasterkey0"), "")
	if !strings.Contains(got, "no profile's") || !strings.Contains(got, `It may be half of a secret: one of Paired has two halves, with ":" between`) {
		t.Error(got)
	}
}
