//go:build unix

package e2e

import (
	"encoding/base64"
	"net/http"
	"os"
	"strings"

	"detent/keyserver/wirename"
)

// creating leads to the last page of the form for a new key.
var creating = map[string]script{
	wirename.Prosopo: {{"n", "New Prosopo key"}, {"type:{new}", "› {new}▏"}, {"enter", `┃ +1h +1d`}, {"enter", "0 of 23 picked"}, {"space", "1 of 23 picked"},
		{"enter", `▸ Create ◂`}},
	wirename.Vertesia: {{"n", `▸ secret key`}, {"enter", "New Vertesia key"}, {"type:{new}", "› {new}▏"}, {"enter", `┃ +1h +1d`}, {"enter", `▸ reader`},
		{"enter", `▸ Create ◂`}},
	wirename.Generic: {{"n", "New API key"}, {"type:{new}", "› {new}▏"}, {"tab", `▸ LIVE`}, {"enter", `┃ Expires`}, {"enter", `┃ IP addresses`},
		{"enter", `┃ Referrers`}, {"enter", `┃ Endpoints`}, {"enter", `▸ Create ◂`}},
}

// then is each service's script with more behind it.
func then(first map[string]script, more ...[2]string) map[string]script {
	out := map[string]script{}
	for service, s := range first {
		out[service] = append(append(script{}, s...), more...)
	}
	return out
}

// adding leads to a new profile in the list of profiles, over a line that is spoiled already.
func adding(service ...[2]string) script {
	s := script{{"p", "a add"}, {"spoil:", ""}, {"a", "Add a profile"}, {"type:{new}", "› {new}▏"}, {"tab", `▸ Prosopo`}}
	s = append(s, service[0], [2]string{"tab", "┃ URL"}, [2]string{"paste:{url}", "{url}▏"}, [2]string{"enter", `▸ environment`}, [2]string{"enter", "┃ Variable"},
		[2]string{"paste:E2E_TOKEN", "E2E_TOKEN▏"})
	s = append(s, service[1:]...)
	return append(s, [2]string{"enter", `▸ not said`}, [2]string{"move:right right", `▸ test`}, [2]string{"move:tab tab", `▸ Add ◂`},
		[2]string{"confirm:enter", `profile {new} added`}, [2]string{"see:", `▸ +{new} `})
}

// stored leaves the view of a new secret by saying that it is stored.
var stored = script{{"see:", "hidden, "}, {"esc", `Leave .*\?`}, {"right", `▸ I have stored it ◂`}, {"confirm:enter", ""}, {"gone:", "Key created"}}

func also(s script, more ...[2]string) script { return append(append(script{}, more...), s...) }

// looked is what a form that had no answer leads to: a look at the list, which says what became of it.
var looked = script{{"see:", `▸ Reload and look ◂`}, {"confirm:enter", ""}, {"hear:", `it was created, and|no new key of this name`}, {"agree:it was created, and", "{new}"},
	{"esc", "Discard this form"}, {"right", "▸ Discard ◂"}, {"confirm:enter", ""}, {"gone:", "Discard this form|New .* key"}, {"row:{new}", ""}}

var vertesia = []string{wirename.Vertesia}

// screenFlows are what a person does in the TUI but for rotations.
var screenFlows = []*screenFlow{
	{name: "load", on: every, spoil: anyCall, open: map[string]script{"": {{"elsewhere:{new}", ""}, {"p", `▸ ● p `}}},
		act: [2]string{"enter", `{new}`}, failed: `ctrl\+r tries again`,
		after: map[string]script{"failed": {{"see:", `✗ The keys could not be listed`}, {"ctrl+r", `{new}`}, {"gone:", `✗ `}}}},

	{name: "reload", on: every, spoil: anyCall, open: map[string]script{"": {{"elsewhere:{new}", ""}}}, terse: true,
		act: [2]string{"ctrl+r", `{new}`}, failed: `✗ \w.*: this is the last list · ctrl\+r tries again`,
		after: map[string]script{"failed": {{"see:", `▸ {name}`}, {"ctrl+r", `{new}`}, {"gone:", `✗ `}, {"see:", `▸ {name}`}}}},

	{name: "create", on: every, spoil: changes, open: creating,
		act: [2]string{"confirm:enter", "Key created"}, writes: 1, change: made,
		after: map[string]script{"done": stored, "not done": also(stored, [2]string{"confirm:enter", "Key created"}), "unknown": looked}},

	{name: "show once", on: every, spoil: reading, open: then(creating, [][2]string{{"spoil:", ""}, {"confirm:enter", "Key created"}, {"see:", "hidden, "},
		{"c", "clipboard"}, {"e", `\.env▏`}, {"confirm:enter", `▸ Variable`}, {"enter", `✓ API_KEY in`}, {"p", "Pipe to a command"},
		{"type:tee {new}.piped", `\.piped▏`}, {"enter", `✓ handed to`}, {"s", `{new}\.key▏`}}...),
		act: [2]string{"enter", `✓ .*{new}\.key`}, ends: always("done"), writes: 1, change: made, held: (*cell).kept,
		after: map[string]script{"done": {{"confirm:enter", ""}, {"gone:", "Key created"}}}},

	{name: "delete at once", on: every, spoil: changes, open: then(creating, [][2]string{{"confirm:enter", "Key created"}, {"see:", "hidden, "}, {"confirm:d", `▸ Cancel ◂    Delete this key`},
		{"right", `▸ Delete this key ◂`}}...),
		act: [2]string{"confirm:enter", `{new} (deleted|was already gone|is gone)`}, writes: 1, again: true, change: gone("{new}"),
		after: map[string]script{"not done": deletedAfterAll, "unknown": deletedAfterAll}},

	{name: "delete", on: every, spoil: changes, open: map[string]script{"": {{"d", "Delete a key"}, {"right", `▸ Delete ◂`}},
		wirename.Generic: {{"d", "Type {name} to confirm"}, {"type:{name}", `▸ {name}▏`}}},
		act: [2]string{"confirm:enter", `{name} (deleted|was already gone|is gone)`}, writes: 1, again: true, change: gone("{name}"),
		after: map[string]script{"not done": lookedFor, "unknown": lookedFor}},

	{name: "toggle", on: vertesia, spoil: changes,
		act: [2]string{"x", `{name} disabled`}, writes: 1, change: func(c *cell, keys map[string]string) { keys[c.name] = "off" },
		after: map[string]script{"done": {{"row:{name}", ""}}, "not done": {{"esc", `▸ {name}`}, {"row:{name}", ""}}, "unknown": {{"esc", `▸ {name}`}, {"row:{name}", ""}}}},

	{name: "edit", on: vertesia, spoil: changes, open: map[string]script{"": {{"e", "Edit {name}"}, {"type:-2", `› {new}▏`}, {"tab", `┃ Enabled`}, {"enter", `┃ Role`},
		{"enter", `▸ Save ◂`}, {"see:", `Name +{name} → {new}`}}},
		act: [2]string{"confirm:enter", `{name} changed`}, writes: 1,
		change: func(c *cell, keys map[string]string) { keys[c.new] = keys[c.name]; delete(keys, c.name) },
		after: map[string]script{"done": {{"row:{new}", ""}}, "not done": {{"confirm:enter", `{name} changed`}, {"row:{new}", ""}},
			"unknown": {{"see:", `▸ Reload and look ◂`}, {"confirm:enter", ""}, {"gone:", "Edit {name}"}, {"row:{new}", ""}}}},

	{name: "public key", on: vertesia, spoil: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/apikeys/pk") },
		open: map[string]script{"": {{"n", `▸ secret key`}, {"down", `▸ public key`}, {"enter", "Request a public key"}, {"type:{new}", `› {new}▏`}, {"move:tab tab tab", `▸ Request ◂`}}},
		act:  [2]string{"confirm:enter", "is public by design"}, writes: 1, change: made,
		after: map[string]script{"done": closed, "not done": also(closed, [2]string{"confirm:enter", "is public by design"}),
			"unknown": also(closed, [2]string{"see:", `▸ Request again ◂`}, [2]string{"confirm:enter", "is public by design"})}},

	{name: "verify", on: every, spoil: anyCall, open: map[string]script{"": {{"v", "Paste a secret"}, {"paste:{secret}", `•{8,}`}}},
		act: [2]string{"enter", `✓ valid: the service accepts it`}, failed: `✗ not valid|\? cannot tell|✗ .*verify|✗ .*check|✗ .*secret`, ends: (*cell).proves, terse: true,
		after: map[string]script{"done": verified, "failed": verified}},

	{name: "test a profile", on: every, spoil: anyCall, open: map[string]script{"": {{"p", `▸ ● p `}, {"down", `▸ +q `}}},
		act: [2]string{"t", `✓ works: `}, failed: `✗ does not work`, after: map[string]script{"done": tested, "failed": tested}},

	{name: "add a profile", on: every, spoil: anyCall, open: map[string]script{
		wirename.Prosopo:  adding([2]string{"see:", `▸ Prosopo`}),
		wirename.Vertesia: adding([2]string{"move:right", `▸ Vertesia`}, [2]string{"enter", `▸ direct`}),
		wirename.Generic:  adding([2]string{"move:right right", `▸ generic`}, [2]string{"enter", `┃ Create`})},
		act: [2]string{"t", `✓ works: `}, failed: `✗ does not work`, after: map[string]script{"done": tested, "failed": tested}, held: (*cell).added},
}

var (
	deletedAfterAll = script{{"see:", "hidden, "}, {"confirm:d", `▸ Cancel ◂    Delete this key`}, {"right", `▸ Delete this key ◂`}, {"confirm:enter", `{new} (deleted|was already gone|is gone)`},
		{"gone:", "Key created"}, {"row:{new}", ""}}
	lookedFor = script{{"confirm:esc", ""}, {"gone:", "Delete a key"}, {"ctrl+r", ""}, {"gone:", "reloading …|✗ "}, {"row:{name}", ""}}
	closed    = script{{"confirm:enter", ""}, {"gone:", "is public by design|Request a public key"}, {"row:{new}", ""}}
	verified  = script{{"esc", ""}, {"gone:", "Verify a secret"}}
	tested    = script{{"t", `✓ works: `}, {"esc", ""}, {"gone:", "Profiles"}}
)

func always(end string) func(*cell) []string { return func(*cell) []string { return []string{end} } }

func made(c *cell, keys map[string]string) { keys[c.new] = "on" }

func gone(name string) func(*cell, map[string]string) {
	return func(c *cell, keys map[string]string) { delete(keys, c.fill(name, false)) }
}

// proves: a secret that works is called valid, or nothing is proved; only the service's own 401 is a no.
func (c *cell) proves() []string {
	if no := strings.Contains(c.text(), "not valid: the service refuses it"); no && !strings.HasPrefix(c.fault.name, "status 401") {
		c.errorf("a secret that works is called invalid")
	}
	switch {
	case c.effect.read == "fine":
		return []string{"done"}
	case c.effect.class == "hanging", c.effect.class == "foreign", strings.Contains(c.fault.name, "body"), c.effect.read == "denied": // it answered; what it says is not read
		return []string{"done", "failed"}
	}
	return []string{"failed"}
}

// kept: whatever became of the list, the secret is where it was put, and nowhere else on the screen.
func (c *cell) kept() {
	secret := c.home.secretIn(c.t, c.new+".key")
	if !c.back.works(secret) {
		c.errorf("the file holds no secret that works: %d bytes", len(secret))
	}
	if got := variable(c.t, c.home.path(".env"), "API_KEY"); strings.Trim(got, `"'`) != secret {
		c.errorf("the .env file holds another value of %d bytes", len(got))
	}
	if b, err := os.ReadFile(c.home.path(c.new + ".piped")); err != nil || strings.TrimSpace(string(b)) != secret {
		c.errorf("the command read %d bytes: %v", len(b), err)
	}
	raw := string(c.output())
	if strings.Contains(raw, secret) || strings.Count(raw, base64.StdEncoding.EncodeToString([]byte(secret))) != 1 {
		c.errorf("copied once and never shown: that is not so")
	}
}

// added: the profile is in the file, which stays closed to others and never has a token.
func (c *cell) added() {
	path := c.home.path(".config", "detent", "config.toml")
	text, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || strings.Count(string(text), `[profiles."`+c.new+`"]`) != 1 || !strings.HasPrefix(string(text), "default_profile = \"p\"\n[profiles.p]") {
		c.errorf("%v; the file is\n%s", err, text)
	}
}
