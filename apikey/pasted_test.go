package apikey_test

import (
	"fmt"
	"strings"
	"testing"

	"detent/apikey"
)

const pastedKey = "psp_deugh5zdzvmdw4kq2x7rj5tbn3vyl6hcpa2fmz7sgeok4iwuq5xdbtnr7vh"

// leaks are the ways in which a secret comes; %s is where it stands.
var leaks = []string{
	"%s", "%s\n", "  %s  ", "API_KEY=%s", "api_key=%s", "api-key: %s", `API_KEY="%s"`, "export X='%s'", "export X=%s # the till", `{"key": "%s"}`, `{"a":1,"nested":{"apiKey":"%s","b":[2]}}`,
	"Authorization: Bearer %s", "bearer %s", `curl -H "Authorization: Bearer %s" https://api.example.com/v1`, `curl -H 'X-API-Key: %s' https://x`, "hey, somebody pasted %s in #general, please rotate!",
	"is it %s?", "(%s)", "`%s`", "**%s**", "<%s>", "the key is %s.", "%s, and nothing else", "key:%s", "https://api.example.com/v1?api_key=%s&page=2", "https://user:%s@host/path", "x%%3D%s",
	`"-----\n%s\n-----"`, "PORT=8080\nHOST=0.0.0.0\nAPI_KEY=%s\nDATABASE_URL=postgres://u:p@h/db\n", "line\r\nSECRET: %s\r\n", "\ufeffAPI_KEY=%s", "const key = '%s';", "- name: KEY\n  value: %s", "API_KEY: %s",
	"401 for %s at 12:00", "KEY=>%s", "/hooks/%s", "key := \"%s\"", "• %s", "SECRET=%s;OTHER=1",
}

// TestASecretIsFoundInWhateverItLeakedIn: and neither more nor less than it.
func TestASecretIsFoundInWhateverItLeakedIn(t *testing.T) {
	known := apikey.Beginnings(rings(apikey.Key{Masked: "psp_deugh5zdzvmd****"}))
	for _, leak := range leaks {
		for _, secret := range []string{pastedKey, "sk_live_9f3c71aa02bd44e0a1c5e7"} {
			found, err := apikey.FindSecrets(fmt.Sprintf(leak, secret), known, noPairs)
			if err != nil || len(found) != 1 || !found[0].Secret.Equal(apikey.NewSecret(secret)) {
				t.Errorf("%q: %d found, %v", leak, len(found), err)
			}
		}
	}
}

// TestASecretOfNoServiceAtHandIsFoundToo, by what it stands behind or by how another vendor's begin.
func TestASecretOfNoServiceAtHandIsFoundToo(t *testing.T) {
	known := apikey.Beginnings(nil)
	for _, secret := range []string{"ghp_16C7e42F292c6912E7710c838347Ae178B4a", "3f9a8c71aa02bd44e0a1c5e70b11a1b2c3d4e5f6"} {
		for _, leak := range leaks {
			if strings.HasPrefix(leak, "/hooks") {
				continue // what has no mark may be a part of a path
			}
			found, err := apikey.FindSecrets(fmt.Sprintf(leak, secret), known, noPairs)
			if err != nil || len(found) != 1 || !found[0].Secret.Equal(apikey.NewSecret(secret)) {
				t.Errorf("%q with %s: %d found, %v", leak, secret[:4], len(found), err)
			}
		}
	}
}

// TestSeveralSecretsAreToldApartByWhereTheyStand: each once, those of the services at hand before any other.
func TestSeveralSecretsAreToldApartByWhereTheyStand(t *testing.T) {
	env := "# till\nAPI_KEY=" + pastedKey + "\nSTRIPE=sk_live_9f3c71aa02bd44e0a1c5e7\nGITHUB=ghp_16C7e42F292c6912E7710c838347Ae178B4a\nAGAIN=\"" + pastedKey + "\"\n" + pastedKey[:40] + "\n"
	found, err := apikey.FindSecrets(env, apikey.Beginnings(rings(apikey.Key{Masked: "psp_deugh5zdzvmd****"})), noPairs)
	var where []string
	for _, f := range found {
		where = append(where, f.Words())
	}
	if got := strings.Join(where, "; "); err != nil || got != "API_KEY in line 2: psp_…, 63 characters; STRIPE in line 3: sk_l…, 30 characters; line 6: psp_…, 40 characters" {
		t.Errorf("%s %v", got, err)
	}
}

// TestWhatHoldsNoSecretIsRefusedWithItsReason, and a mask is no secret.
func TestWhatHoldsNoSecretIsRefusedWithItsReason(t *testing.T) {
	known := apikey.Beginnings(rings(apikey.Key{Masked: "psp_deugh5zdzvmd****"}))
	for text, says := range map[string]string{
		"": "empty", "\n": "empty", "please rotate the key": "space", `"canary"`: "quotes", "a\nb\n": "more than one line", "A=canary": "NAME=VALUE", "API_KEY=your-api-key-goes-here": "NAME=VALUE",
		"psp_deugh5zdzvmd****": "mask", "psp_deugh5zdzvmdw4kq…": "mask", "KEY=psp_deugh5zdzvmdw4kq... ": "NAME=VALUE", "see https://docs.example.com/guides/authentication-with-keys": "space",
		"the commit is on branch fix/payments-api-timeout of 2026-01-02T03:04:05Z": "space", "KEY=${API_KEY_OF_PROD_LIVE}": "NAME=VALUE", "the mask is psp_deugh5zdzvmd**** there": "space",
	} {
		found, err := apikey.FindSecrets(text, known, noPairs)
		if err == nil || len(found) > 0 || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %d found, %v", text, len(found), err)
		}
	}
}

// FuzzFindSecrets: whatever comes, what is found can be a secret, and stands in the text.
func FuzzFindSecrets(f *testing.F) {
	for _, leak := range leaks {
		f.Add(fmt.Sprintf(leak, pastedKey))
	}
	known := apikey.Beginnings(rings(apikey.Key{Masked: "psp_deugh5zdzvmd****"}))
	f.Fuzz(func(t *testing.T, text string) {
		found, err := apikey.FindSecrets(text, known, noPairs)
		if (err == nil) != (len(found) > 0) {
			t.Fatalf("%d found, %v", len(found), err)
		}
		for _, p := range found {
			if p.Secret.Check() != nil || p.Secret.Redact(text) == text || strings.Contains(p.Where, "\n") || p.Secret.Len() >= 16 && p.Secret.Redact(p.Words()) != p.Words() {
				t.Fatalf("%q", p.Words())
			}
		}
	})
}

func noPairs() []string { return nil }

// TestASecretOfTwoHalvesIsTakenWhole, and never cut down to one of them: however it is pasted, and whatever its issuer declares of how secrets
// begin. What is another service's is not drawn in.
func TestASecretOfTwoHalvesIsTakenWhole(t *testing.T) {
	const first, second = "0051fed3878b75d000000000899", "K005AdgOJtFjfCT5rwadUoQCDf4H8KJ"
	for _, sign := range []string{":", "::", "|"} {
		for _, begins := range [][]string{nil, {"0051"}, {"K00"}} {
			ring := []apikey.Keyring{{Caps: apikey.Capabilities{Pair: sign, SecretPrefixes: begins}}}
			known, pairs := apikey.Beginnings(ring), func() []string { return apikey.Pairs(ring) }
			for _, leak := range []string{"%s", " %s\n", "T=%s", "B2_KEY=\"%s\"\n", "{\"key\": \"%s\"}", "the key is %s.", "A=1\nB2_TOKEN: %s\nC=2"} {
				text := fmt.Sprintf(leak, first+sign+second)
				found, err := apikey.FindSecrets(text, known, pairs)
				if err != nil || len(found) != 1 || !found[0].Secret.Equal(apikey.NewSecret(first+sign+second)) {
					t.Errorf("%s, %q: %d found, %v", text, begins, len(found), err)
				}
			}
			for _, half := range []string{first, second} {
				if found, err := apikey.FindSecrets(half, known, pairs); err != nil || len(found) != 1 || !found[0].Secret.Equal(apikey.NewSecret(half)) || ring[0].Caps.Half(found[0].Secret) == "" {
					t.Errorf("%s: %d found, %v", half, len(found), err)
				}
			}
			ring = append(ring, apikey.Keyring{Caps: apikey.Capabilities{SecretPrefixes: []string{"acme_"}}})
			known = apikey.Beginnings(ring)
			for text, want := range map[string]string{"TOKEN2" + sign + "acme_0123456789abcdef": "acme_0123456789abcdef", "https://user1:glpat-0123456789abcdefghij@host/": "glpat-0123456789abcdefghij"} {
				if found, err := apikey.FindSecrets(text, known, pairs); err != nil || len(found) != 1 || !found[0].Secret.Equal(apikey.NewSecret(want)) {
					t.Errorf("%s, %q: %d found, %v", text, begins, len(found), err)
				}
			}
		}
	}
	if half := (apikey.Capabilities{}).Half(apikey.NewSecret(second)); half != "" {
		t.Error(half)
	}
}

// TestASecretThatIsPaddedIsTheWholeText: the signs at its end are its own, and stand between no name and a value.
func TestASecretThatIsPaddedIsTheWholeText(t *testing.T) {
	const padded = "ZDRQdnAyOXppZmRFdkVxbm1iNVU6YWJjZGVmZ2hpamtsbW5vcHFyc3Rn"
	for _, pad := range []string{"=", "=="} {
		found, err := apikey.FindSecrets(padded+pad+"\n", apikey.Beginnings(nil), noPairs)
		if err != nil || len(found) != 1 || found[0].Where != "" || !found[0].Secret.Equal(apikey.NewSecret(padded+pad)) {
			t.Errorf("%d found, %+v, %v", len(found), found, err)
		}
	}
}
