package client_test

import (
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/client/issuers"
)

// TestASecretOfAnotherIssuerIsNamed: for each pair of issuers that are built in and each beginning that one of them declares, the other
// one refuses it with the name of an issuer that has it.
func TestASecretOfAnotherIssuerIsNamed(t *testing.T) {
	looked := 0
	for _, owner := range issuers.BuiltIn() {
		d, err := issuers.Load("", owner)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range d.Secret.Prefixes {
			secret := apikey.NewSecret(p.Text + "aB3dE5fG7hJ9kL2mN4pQ6rS8tU0vW1xY")
			for _, name := range issuers.BuiltIn() {
				at, err := issuers.Load("", name)
				if err != nil {
					t.Fatal(err)
				}
				parents := map[string]string{}
				for _, parent := range at.Parents {
					parents[parent.Name] = "p1"
				}
				s, err := client.Open(client.Options{Service: name, URL: "https://api.example.com", Token: apikey.NewSecret("aB3dE5fG7hJ9kL2mN4pQ6rS8"), Parents: parents})
				if err != nil {
					t.Fatal(err)
				}
				ok, why := apikey.CouldBelong(secret, s.Capabilities(), nil)
				if name == owner {
					if !ok {
						t.Errorf("%s refuses its own %s: %s", owner, p.Text, why)
					}
					continue
				}
				looked++
				if !ok && !strings.Contains(why, d.Title) || ok && len(at.Secret.Prefixes) == 0 {
					t.Errorf("%s is %s's, and %s says %v: %s", p.Text, owner, name, ok, why)
				}
			}
		}
	}
	if looked < 50 {
		t.Errorf("%d pairs were looked at", looked)
	}
}

// TestSecretsOfOnesOwnMayBeginOtherwise: those of the profile's setting, and still those of the issuer's kind.
func TestSecretsOfOnesOwnMayBeginOtherwise(t *testing.T) {
	const body = "aB3dE5fG7hJ9kL2mN4pQ"
	for prefix, may := range map[string]map[string]bool{"": {"glpat-": true, "acme-": false, "ghp_": false}, "acme-": {"glpat-": true, "acme-": true, "ghp_": false}, "sk-": {"sk-": true, "sk-admin-": false}} {
		s, err := client.Open(client.Options{Service: "gitlab-project", URL: "https://git.example.com", Token: apikey.NewSecret("glpat-" + body), Parents: map[string]string{"project": "42"}, SecretPrefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		for begins, want := range may {
			if ok, why := apikey.CouldBelong(apikey.NewSecret(begins+body), s.Capabilities(), nil); ok != want {
				t.Errorf("secret_prefix %q: %s…: %v, %s", prefix, begins, ok, why)
			}
		}
	}
}
