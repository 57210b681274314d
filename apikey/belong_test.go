package apikey

import (
	"strings"
	"testing"
)

func TestASecretGoesOnlyWhereItCanBelong(t *testing.T) {
	generic := Capabilities{Title: "API keys", SecretPrefixes: []string{"sk_live_", "sk_test_"}}
	vertesia := Capabilities{Title: "Vertesia", SecretPrefixes: []string{"sk-", "pk-"}}
	prosopo := Capabilities{Title: "Prosopo"}
	shown := []string{"psp_k7ab****", "psp_k9cd****"}
	const body = "0123456789abcdef0123456789abcdef"
	for _, c := range []struct {
		text  string
		caps  Capabilities
		masks []string
		why   string // "" where it can
	}{
		{"sk_live_" + body, generic, nil, ""}, {"sk_test_AbCd0123EfGh4567", generic, nil, ""}, {"sk_live_00000000000000000000000000000001", generic, nil, ""},
		{"sk-" + body, vertesia, nil, ""}, {"pk-6e65296" + body, vertesia, nil, ""}, {"sk-" + body, generic, nil, "begins with sk_live_ or sk_test_"}, {"sk_live_" + body, vertesia, nil, "begins with sk- or pk-"},
		{"psp_" + body, generic, nil, "a secret of API keys begins with"}, {"ve_" + body, vertesia, nil, "another service, or cut off at its start"},
		{"sk-ant-api03-" + body, vertesia, nil, "begins with sk-ant- is a secret of another service than Vertesia"}, {"sk-proj-" + body, vertesia, nil, "sk-proj-"}, {"sk-or-v1-" + body, vertesia, nil, "sk-or-"},
		{"psp_" + body, prosopo, nil, ""}, {body, prosopo, nil, ""}, {"5Grw" + body, prosopo, nil, ""},
		{"psp_" + body, prosopo, shown, ""}, {"pro_" + body, prosopo, shown, "a key in the list of Prosopo begins with psp_"}, {"pro_" + body, prosopo, []string{"psp_k7ab****", "pro_k9c…"}, ""},
		{"psp_" + body, prosopo, []string{"psp_…"}, ""}, {"acme_" + body, prosopo, []string{"psp_…"}, "psp_"}, {"acme_" + body, prosopo, []string{"****cdef", "psp_no_mask"}, ""},
		{"pros" + body, prosopo, []string{"prosAB…", "prosCD…"}, ""}, {"acme" + body, prosopo, []string{"prosAB…", "prosCD…"}, "begins with pros"}, {"acme" + body, prosopo, []string{"prosAB…"}, ""}, {"acme" + body, prosopo, []string{"ab12…", "ac34…"}, ""},
		{"sk-" + body, prosopo, []string{"sk-ec54686****"}, ""}, {"sk_live_" + body, prosopo, nil, "another service"}, {"sk-" + body, prosopo, nil, "another service"},
		{"psp_12ab…89ef", prosopo, nil, "cut off"},
		{"", generic, nil, "no secret"}, {"two words of it here", generic, nil, "space"},
	} {
		ok, why := CouldBelong(NewSecret(c.text), c.caps, c.masks)
		if ok != (c.why == "") || !strings.Contains(why, c.why) || strings.Contains(why, body) || ok != (why == "") {
			t.Errorf("%s for %s (%v): %v, %q", c.text, c.caps.Title, c.masks, ok, why)
		}
	}
	if _, why := CouldBelong(NewSecret("ghp_16C7e42F292c6912E7710c838347Ae178B4a"), Capabilities{}, nil); !strings.Contains(why, "this service") {
		t.Errorf("%q", why)
	}
}

// TestOtherVendorsSecretsAndPlaceholdersGoNowhere, whoever the issuer is, and whatever it declares.
func TestOtherVendorsSecretsAndPlaceholdersGoNowhere(t *testing.T) {
	const body = "0123456789abcdefGHIJKL0123456789"
	issuers := []Capabilities{{Title: "API keys", SecretPrefixes: []string{"sk_live_", "sk_test_"}}, {Title: "Vertesia", SecretPrefixes: []string{"sk-", "pk-"}}, {Title: "Prosopo"}}
	for _, prefix := range vendorPrefixes {
		for _, caps := range issuers {
			own := longest(caps.SecretPrefixes, NewSecret(prefix+body))
			if ok, why := CouldBelong(NewSecret(prefix+body), caps, nil); ok != (own == prefix) {
				t.Errorf("%s for %s: %v, %s", prefix, caps.Title, ok, why)
			}
		}
	}
	for _, text := range []string{"changeme", "change-me-please-now", "CHANGE_ME_IN_PRODUCTION", "xxxxxxxxxxxxxxxxxxxx", "your-key-here", "YOUR_API_KEY_GOES_HERE", "<paste the key>", "<your-api-key-for-prod>", "${API_KEY_OF_PRODUCTION}", "$API_KEY_OF_PRODUCTION",
		"{{ vault_api_key_value }}", "{{vault_api_key_value}}", "%API_KEY_OF_PRODUCTION%", "@/run/secrets/api_key", "replace-with-real-key", "placeholder-placeholder", "insert-key-before-use", "my-secret-token-1234", "example-key-0123456789", "dummy0123456789abcdef",
		"00000000000000000000000000", "----------------------", "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx", "sk_live_your-key-here-0000", "sk_live_changeme0123456789", "sk-0000000000000000000000", "undefined", "null", "none", "secret", "short", "sk_live_abc",
		"postgres://user:pw@db.example/x", "https://api.example.org/keys/1", "op://vault/prod/api-key", "vault:secret/data/api#key", "/run/secrets/api_key_of_prod", "./secrets/api_key_of_prod", "~/secrets/api_key_of_prod", "ENC[AES256_GCM,data:abcdef]", "fake-api-key-0123456789"} {
		for _, caps := range issuers {
			if ok, why := CouldBelong(NewSecret(text), caps, nil); ok || why == "" {
				t.Errorf("%q is sent to %s", text, caps.Title)
			}
		}
	}
	for _, text := range []string{"/3jZ9ab/K7MDENGbPxRfiCYQWERTY0123456789", "0123456789abcdef", "q83vEiNFZ4mrze8BI0VniavN7wEjRWeJq83v7wA="} {
		if ok, why := CouldBelong(NewSecret(text), Capabilities{Title: "Prosopo"}, nil); !ok {
			t.Errorf("%q: %s", text, why)
		}
	}
}

// TestAPersonsOwnDeclarationSettlesHowSecretsBegin: where one is taken for another service's, it is said what to write where. A declaration of
// detent's own nobody can change.
func TestAPersonsOwnDeclarationSettlesHowSecretsBegin(t *testing.T) {
	const body = "0123456789abcdef0123456789abcdef"
	const hint = "(where those of Acme begin so, secret.prefix in /issuers/acme.toml says it)"
	whose := func(s Secret) (string, string) {
		if s.HasPrefix("sk-") {
			return "Vertesia", "sk-"
		}
		return "", ""
	}
	for text, prefixes := range map[string][]string{"sk-" + body: nil, "sk-0" + body: {"acme_"}, "ghp_" + body: nil, "other_" + body: {"acme_"}} {
		caps := Capabilities{Title: "Acme", SecretPrefixes: prefixes, Whose: whose, File: "/issuers/acme.toml"}
		if ok, why := CouldBelong(NewSecret(text), caps, nil); ok || !strings.HasSuffix(why, hint) {
			t.Errorf("%v, %s", ok, why)
		}
		caps.File = ""
		if ok, why := CouldBelong(NewSecret(text), caps, nil); ok || strings.Contains(why, "secret.prefix") {
			t.Errorf("%v, %s", ok, why)
		}
	}
}
