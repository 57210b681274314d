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
			found, err := apikey.FindSecrets(fmt.Sprintf(leak, secret), known)
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
			found, err := apikey.FindSecrets(fmt.Sprintf(leak, secret), known)
			if err != nil || len(found) != 1 || !found[0].Secret.Equal(apikey.NewSecret(secret)) {
				t.Errorf("%q with %s: %d found, %v", leak, secret[:4], len(found), err)
			}
		}
	}
}

// TestSeveralSecretsAreToldApartByWhereTheyStand: each once, those of the services at hand before any other.
func TestSeveralSecretsAreToldApartByWhereTheyStand(t *testing.T) {
	env := "# till\nAPI_KEY=" + pastedKey + "\nSTRIPE=sk_live_9f3c71aa02bd44e0a1c5e7\nGITHUB=ghp_16C7e42F292c6912E7710c838347Ae178B4a\nAGAIN=\"" + pastedKey + "\"\n" + pastedKey[:40] + "\n"
	found, err := apikey.FindSecrets(env, apikey.Beginnings(rings(apikey.Key{Masked: "psp_deugh5zdzvmd****"})))
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
		found, err := apikey.FindSecrets(text, known)
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
		found, err := apikey.FindSecrets(text, known)
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
