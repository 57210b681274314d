package config

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// publicKey is a key of a fixed seed, as a .pub file has it.
func publicKey(t testing.TB, seed byte) string {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return AuthorizedKey(signer.PublicKey())
}

func operator(lines ...string) string {
	return valid(nil, append([]string{`[operators.alice]`}, lines...)...)
}

func TestOperatorsOfTheFile(t *testing.T) {
	alice, spare, bob := publicKey(t, 1), publicKey(t, 2), publicKey(t, 3)
	c, err := parse("config.toml", []byte(operator(
		`role = "operator"`, fmt.Sprintf(`keys = [%q, %q]`, alice+" alice@laptop", spare), `profiles = ["p", "local/generic"]`,
		`[operators."b.ob-2"]`, fmt.Sprintf(`keys = [%q]`, bob), `role = "admin"`, `profiles = ["*"]`)))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Operators) != 2 || c.Operators[0].Name != "alice" || c.Operators[0].Role != Rotate || !slices.Equal(c.Operators[0].Keys, []string{alice, spare}) {
		t.Fatalf("%+v", c.Operators)
	}
	a, b := c.Operators[0], c.Operators[1]
	if !a.Sees("p") || !a.Sees("local/generic") || a.Sees("local/prosopo") || a.Sees("*") || !b.Sees("p") || !b.Sees("added later") {
		t.Errorf("alice sees %v, bob %v", a.Profiles, b.Profiles)
	}
	for seed, want := range map[byte]string{1: "alice", 2: "alice", 3: "b.ob-2", 4: ""} {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(publicKey(t, seed)))
		if err != nil {
			t.Fatal(err)
		}
		if o, ok := c.OperatorOf(key); o.Name != want || ok != (want != "") {
			t.Errorf("the key of %d is %q's, want %q", seed, o.Name, want)
		}
	}
}

func TestWrongOperatorsAreRefused(t *testing.T) {
	key := publicKey(t, 1)
	keys := fmt.Sprintf(`keys = [%q]`, key)
	rest := []string{`role = "viewer"`, `profiles = ["p"]`}
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"no role":           {[]string{keys, `profiles = ["p"]`}, `5: operators.alice.role: is missing: "viewer", "operator" or "admin"`},
		"unknown role":      {[]string{keys, `role = "root"`, `profiles = ["p"]`}, `7: operators.alice.role: must be "viewer", "operator" or "admin"`},
		"no keys":           {rest, `5: operators.alice.keys: is missing: ` + keysForm},
		"empty keys":        {append([]string{`keys = []`}, rest...), `6: operators.alice.keys: must be a list of words: ` + keysForm},
		"keys as text":      {append([]string{fmt.Sprintf(`keys = %q`, key)}, rest...), `6: operators.alice.keys: must be a list of words: ` + keysForm},
		"no key":            {append([]string{`keys = ["alice"]`}, rest...), `6: operators.alice.keys: must be ` + keysForm + `, as ssh-keygen writes them in a .pub file`},
		"half a key":        {append([]string{fmt.Sprintf(`keys = [%q]`, key[:40])}, rest...), `6: operators.alice.keys: must be ` + keysForm + `, as ssh-keygen writes them in a .pub file`},
		"options":           {append([]string{fmt.Sprintf(`keys = [%q]`, `from="10.0.0.1" `+key)}, rest...), `6: operators.alice.keys: the option from is not kept here; leave options out`},
		"two keys in one":   {append([]string{fmt.Sprintf(`keys = [%q]`, key+"\n"+publicKey(t, 2))}, rest...), `6: operators.alice.keys: one key in each string`},
		"no profiles":       {[]string{keys, `role = "viewer"`}, `5: operators.alice.profiles: is missing: a list of the profiles that are theirs: ["prod"], or ["*"] for all of them`},
		"unknown profile":   {[]string{keys, `role = "viewer"`, `profiles = ["q"]`}, `8: operators.alice.profiles: there is no profile "q"; there are p, local/prosopo, local/vertesia, local/generic`},
		"all and one":       {[]string{keys, `role = "viewer"`, `profiles = ["*", "p"]`}, `8: operators.alice.profiles: "*" stands alone: it is all of them`},
		"unknown field":     {append([]string{keys, `shell = true`}, rest...), `7: operators.alice.shell: is no field here; allowed: role, keys, profiles`},
		"somebody's key":    {append(append([]string{keys}, rest...), `[operators.bob]`, keys, `role = "admin"`, `profiles = ["p"]`), `10: operators.bob.keys: one of them is alice's already: a key is one operator's`},
		"not a table":       {append([]string{keys}, append(rest, `[operators]`, `bob = 1`)...), `10: operators.bob: must be a table: [operators.bob]`},
		"name with a space": {append([]string{keys}, append(rest, `[operators."a b"]`, keys)...), `9: operators."a b": ` + operatorRule},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse("config.toml", []byte(operator(c.lines...)))
			if err == nil || err.Error() != "config.toml:"+c.want {
				t.Errorf("got  %v\nwant config.toml:%s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Error("more than one line")
			}
		})
	}
}
