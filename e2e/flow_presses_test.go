//go:build unix

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// estate is six profiles at two services, each with a named destination for the keys whose names end in "-app".
type estate struct {
	*home
	at map[string]*served // by profile
}

var profilesOf = []struct{ name, service, token, environment, more string }{
	{"shop", "prosopo", "PROSOPO_TOKEN", "test", ""},
	{"cms", "vertesia", "VERTESIA_TOKEN", "test", ""},
	{"pay", "generic", "GENERIC_LIVE_TOKEN", "live", "create = true\n"},
	{"pay-test", "generic", "GENERIC_TEST_TOKEN", "test", "create = true\n"},
	{"forum", "prosopo", "PROSOPO_TOKEN", "dev", ""},
	{"wiki", "vertesia", "VERTESIA_TOKEN", "live", ""},
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{newHome(t), map[string]*served{}}
	services := []*served{newHome(t).serve(t), newHome(t).serve(t)}
	config := "default_profile = \"shop\"\n"
	for i, p := range profilesOf {
		at := services[i/4]
		e.at[p.name] = at
		token := fmt.Sprintf("TOKEN_%d", i)
		e.env = append(e.env, token+"="+at.tokens[p.token])
		config += fmt.Sprintf("[profiles.%s]\nservice = %q\nurl = %q\nenvironment = %q\ntoken = { env = %q }\n%s", p.name, p.service, at.url, p.environment, token, p.more)
		config += fmt.Sprintf("[profiles.%s.deliver.app]\nkeys = [\"*-app\"]\nenv_file = { path = %q, variable = \"API_KEY\" }\n", p.name, e.path(p.name, ".env"))
		if err := os.Mkdir(e.path(p.name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	e.config(t, config)
	return e
}

// make makes the key NAME-app of a profile, which its .env holds, and returns its secret.
func (e *estate) make(t *testing.T, profile string) string {
	t.Helper()
	args := []string{"create", "--profile", profile, "--name", profile + "-app", "--deliver", "app"}
	switch e.serviceOf(profile) {
	case "prosopo":
		args = append(args, "--permission", "getRules")
	case "vertesia":
		args = append(args, "--role", "developer")
	}
	e.must(t, "", args...)
	return variable(t, e.path(profile, ".env"), "API_KEY")
}

func (e *estate) serviceOf(profile string) string {
	for _, p := range profilesOf {
		if p.name == profile {
			return p.service
		}
	}
	return ""
}

// accepted is what the profile's service answers to a secret.
func (e *estate) accepted(t *testing.T, profile, secret string) bool {
	t.Helper()
	path := map[string]string{"prosopo": "/v1/prosopo/provider/admin/rules", "vertesia": "/api/v1/apikeys", "generic": "/v1/users/1"}[e.serviceOf(profile)]
	return e.at[profile].status(t, "GET", path, secret) != 401
}

// paste pastes a text as a terminal does that brackets it.
func (p *person) paste(text, want string) {
	p.t.Helper()
	p.rest()
	p.write("\x1b[200~" + text + "\x1b[201~")
	p.wait(want)
}

// TestALeakedKeyOfAnyOfSixProfilesIsReplaced by v, the paste, enter, r and enter four times, wherever one was.
func TestALeakedKeyOfAnyOfSixProfilesIsReplaced(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	former := map[string]string{}
	for _, of := range profilesOf {
		former[of.name] = e.make(t, of.name)
	}
	p := e.sit(t, 120, 40)
	p.wait("shop-app")
	for _, of := range profilesOf {
		name := of.name + "-app"
		p.presses = 0
		p.do("v", `Paste a secret`)
		p.paste(former[of.name], `enter asks .*`+of.name)
		p.do("enter", `valid: the service accepts it, in the profile `+of.name)
		p.do("r", `enter +create the new key`)
		p.confirm(`enter +deliver the new secret`)
		p.confirm(`enter +prove the new key`)
		p.confirm(`enter +delete the old key`)
		p.confirm(`Done\.`)
		t.Logf("%s: %d keys", of.name, p.presses)
		if p.presses != 7 {
			t.Errorf("a leaked key of %s is replaced by %d keys, want 7", of.name, p.presses)
		}
		p.confirm(`▸ ` + name)
		now := variable(t, e.path(of.name, ".env"), "API_KEY")
		if now == former[of.name] || !e.accepted(t, of.name, now) || e.accepted(t, of.name, former[of.name]) {
			t.Errorf("%s: the file does not hold the key that works, or the leaked one works still", of.name)
		}
		if strings.Contains(string(p.output()), former[of.name]) {
			t.Errorf("%s: the leaked secret was on the screen", of.name)
		}
	}
}

// TestSevenOldKeysAreRotatedTogether by a filter, a mark on all of it, r and their number; what is left of each are its own gates.
func TestSevenOldKeysAreRotatedTogether(t *testing.T) {
	t.Parallel()
	there, h := newHome(t).serve(t), newHome(t)
	h.env = append(h.env, "SHOP_TOKEN="+there.tokens["PROSOPO_TOKEN"])
	config := "default_profile = \"shop\"\n[profiles.shop]\nservice = \"prosopo\"\nurl = \"" + there.url + "\"\nenvironment = \"test\"\nmax_age = \"1s\"\ntoken = { env = \"SHOP_TOKEN\" }\n"
	const several = 7
	for i := range several {
		config += fmt.Sprintf("[profiles.shop.deliver.app%d]\nkeys = [\"app%d\"]\nenv_file = { path = %q, variable = \"API_KEY\" }\n", i, i, h.path(fmt.Sprint("app", i), ".env"))
		if err := os.Mkdir(h.path(fmt.Sprint("app", i)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h.config(t, config)
	var former []string
	for i := range several {
		name := fmt.Sprint("app", i)
		h.must(t, "", "create", "--name", name, "--permission", "getRules", "--deliver", name)
		former = append(former, variable(t, h.path(name, ".env"), "API_KEY"))
	}
	for until := time.Now().Add(patience); strings.Count(h.must(t, "", "list", "old app", "-o", "csv"), "app") < several; {
		if time.Now().After(until) {
			t.Fatal("the keys do not become old")
		}
	}
	p := h.sit(t, 120, 40)
	p.wait(`! old`)
	p.do("/", "▏")
	p.write("old")
	p.wait(`old▏`)
	p.do("enter", `app0`)
	p.do("*", `marked`)
	p.do("r", `Type 7 to rotate 7 keys`)
	p.rest()
	p.write("7")
	p.wait(`7▏`)
	p.confirm(`0 of 7 keys rotated, 7 wait for you`)
	p.tally("seven old keys", 5)
	for i := range several {
		now := variable(t, h.path(fmt.Sprint("app", i), ".env"), "API_KEY")
		if now == former[i] {
			t.Errorf("app%d has the former secret", i)
		}
	}
}
