//go:build unix

package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestProfilesAreListedTestedAndSwitched(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := h.sit(t, 100, 30)
	p.wait("No keys yet")
	p.do("p", `▸ ● local/prosopo +prosopo .*\n.*local/vertesia +vertesia .*\n.*local/generic +generic `)
	p.do("t", `test +✓ works: 0 keys`)
	p.do("down", `▸ +local/vertesia`)
	p.do("t", `✓ (enable and disable|public keys)`)
	p.do("enter", `^┌ detent ─ local/vertesia · vertesia`)
	p.tally("switch the profile", 5)
	p.wait("No keys yet")
	p.gone("Profiles")
}

// TestAProfileIsAddedByFormAndWorks against a real detent serve over HTTP, with the token in the environment and in a file.
func TestAProfileIsAddedByFormAndWorks(t *testing.T) {
	t.Parallel()
	there := newHome(t).serve(t)
	h := newHome(t)
	admin := there.tokens["VERTESIA_TOKEN"]
	h.env = append(h.env, "SOME_TOKEN="+admin)
	if err := os.WriteFile(h.path("prosopo.token"), []byte(there.tokens["PROSOPO_TOKEN"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := h.sit(t, 100, 30)
	p.wait("No keys yet")
	p.do("p", "a add")
	p.do("a", "Add a profile")
	p.do("enter", "✗ .*name")
	p.say("staging", "› staging▏")
	p.do("tab", `▸ Prosopo`)
	p.do("right", `▸ Vertesia`)
	p.do("tab", `┃ URL`)
	p.say("http://example.com", "example.com▏")
	p.do("enter", "✗ .*https")
	p.do("ctrl+u", `URL`)
	p.say(there.url, regexp.QuoteMeta(there.url)+"▏")
	p.do("enter", `▸ environment`)
	p.do("enter", `┃ Variable`)
	p.say("SOME_TOKEN", "SOME_TOKEN▏")
	p.do("enter", `▸ direct`)
	p.do("enter", `▸ not said`)
	p.move("right", "right")
	p.wait(`▸ test`)
	p.move("tab", "tab")
	p.wait(`▸ Add ◂`)
	p.confirm("profile staging added")

	file := h.path(".config", "detent", "config.toml")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 || strings.Contains(string(text), admin) || !strings.Contains(string(text), "SOME_TOKEN") {
		t.Errorf("mode %v, and the file is\n%s", info.Mode().Perm(), text)
	}
	if strings.Contains(string(p.output()), admin) {
		t.Error("the token is on the screen")
	}
	p.wait(`staging +vertesia`)
	p.rest()
	for !regexp.MustCompile(`▸ +staging`).MatchString(p.text()) {
		p.move("down")
		p.rest()
	}
	p.do("enter", `^┌ detent ─ staging · vertesia · +test `)
	p.wait(`administrator`)
	if r := h.run(t, "", "list", "--profile", "staging"); r.code != 0 || !strings.Contains(r.stdout, "admin") {
		t.Errorf("list: %+v", r)
	}
}

// TestTwoInstancesShareOneStore: what one makes the other shows, and what one deletes is gone for the other.
func TestTwoInstancesShareOneStore(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	one, two := h.sit(t, 80, 24), h.sit(t, 80, 24)
	one.wait("No keys yet")
	two.wait("No keys yet")
	h.must(t, "", "create", "--name", "shared", "--permission", "getRules", "--expires", "30d")
	for _, p := range []*person{one, two} {
		p.do("ctrl+r", `▸ shared`)
	}
	one.do("d", "Delete a key")
	two.do("d", "Delete a key")
	one.armed()
	one.do("y", "No keys yet")
	two.armed()
	two.do("y", "No keys yet")
	two.wait("was already gone")
}
