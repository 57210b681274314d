//go:build unix

package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// TestAProsopoKeyFromAnEmptyHomeToItsEnd is the first five minutes: nothing is there, a key is made, kept,
// looked at and deleted, and its secret is refused from the next request on.
func TestAProsopoKeyFromAnEmptyHomeToItsEnd(t *testing.T) {
	for _, renderer := range renderers {
		t.Run(renderer, func(t *testing.T) {
			t.Parallel()
			aProsopoKeyFromAnEmptyHomeToItsEnd(t, renderer)
		})
	}
}

func aProsopoKeyFromAnEmptyHomeToItsEnd(t *testing.T, renderer string) {
	h := newHome(t)
	p := h.sit(t, 80, 40, "--renderer", renderer)
	p.wait(`No keys yet\..*\n.*detent's own key service, on this machine.*\n.*n makes the first one   p adds your real service   \? help`)
	p.do("n", "New Prosopo key")
	p.say("payments-api", "› payments-api▏")
	p.do("tab", `\[90d\]`)
	p.do("left", `\[30d\]`)
	p.wait("in 30d")
	p.do("enter", "0 of 23 picked")
	p.do("space", "1 of 23 picked")
	p.move("j", "j", "j", "j")
	p.do("space", "2 of 23 picked")
	p.do("j", `▸ \[ \] deleteRule `)
	p.do("space", "3 of 23 picked")
	p.do("enter", `Permissions  Access Rules: getRules, createRule, deleteRule`)
	p.wait(`▸ Create ◂`)
	p.confirm("Key created")
	p.tally("create a Prosopo key with 3 permissions and 30 days", 31)

	shownOnce(p, `psp_[a-z2-7]{40,}`)
	p.do("s", "payments-api.key▏")
	p.confirm(`✓ (.*\n)*.*written to a new file`)
	secret := h.secretIn(t, "payments-api.key")
	if !regexp.MustCompile(`^psp_[a-z2-7]{40,}$`).MatchString(secret) {
		t.Fatalf("the file holds %.8q…, %d characters", secret, len(secret))
	}
	p.confirm(`▸ payments-api`)
	p.gone("Key created")
	service := h.store(t)
	if code := service.status(t, "GET", "/v1/prosopo/provider/admin/rules", secret); code != 200 {
		t.Errorf("the new key's request: %d, want 200", code)
	}
	if r := h.run(t, secret, "verify"); r.code != 0 || !strings.Contains(r.stdout, "payments-api") {
		t.Errorf("verify: %+v", r)
	}

	p.do("enter", `id +[a-z2-7]+`)
	for _, field := range []string{`key +psp_\w+\*+`, `created +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`, `expires +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`,
		`last used +unknown`, `getRules`, `createRule`, `deleteRule`} {
		p.wait(field)
	}
	p.presses = 0
	p.do("d", "Delete a key")
	p.armed()
	p.do("y", "No keys yet")
	p.wait("payments-api deleted")
	p.tally("delete it, at the second try", 15)
	if code := service.status(t, "GET", "/v1/prosopo/provider/admin/rules", secret); code != 401 {
		t.Errorf("the deleted key's next request: %d, want 401", code)
	}
	if r := h.run(t, secret, "verify"); r.code != 1 {
		t.Errorf("verify of the deleted key: %+v", r)
	}
	if strings.Contains(p.text(), secret) {
		t.Error("the secret is still on the screen")
	}
	p.keys("q")
	if code := p.exit(); code != 0 {
		t.Errorf("q: exit %d", code)
	}
	blank := strings.TrimSpace(p.text())
	if blank != "" {
		t.Errorf("left on the screen:\n%s", blank)
	}
}

// shownOnce holds the show-once view: masked, shown on request, never left silently. It reads the secret and
// leaves the view as it was found.
func shownOnce(p *person, pattern string) string {
	p.t.Helper()
	p.wait(`•{10,} +hidden, \d+ characters`)
	if regexp.MustCompile(pattern).MatchString(p.text()) {
		p.t.Error("the secret is shown before it is asked for")
	}
	secret := p.do("r", pattern)[0]
	for _, key := range []string{"esc", "q", "ctrl+c"} {
		p.do(key, `Leave .*\?`)
		if strings.Contains(p.text(), secret) {
			p.t.Errorf("%s: the secret stays while it is asked", key)
		}
		p.do("esc", "hidden, ")
	}
	return secret
}

func TestAVertesiaKeyIsMadeSwitchedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := h.sit(t, 100, 30, "--profile", "local/vertesia")
	p.wait("No keys yet")
	p.do("n", `▸ secret key`)
	p.do("enter", "New Vertesia key")
	p.say("web-backend", "› web-backend▏")
	p.do("enter", `┃ +1h +1d`)
	p.do("enter", `▸ reader`)
	p.do("down", `▸ executor`)
	p.do("enter", `Role +executor`)
	p.confirm("Key created")
	p.tally("create a Vertesia key", 18)
	shownOnce(p, `sk-[a-z2-7]{40,}`)
	p.do("s", "web-backend.key▏")
	p.confirm(`(?s)✓ .*written`)
	secret := h.secretIn(t, "web-backend.key")
	p.confirm(`▸ web-backend.*executor.*enabled`)
	p.gone("Key created")
	service := h.store(t)
	ask := func() int { return service.status(t, "GET", "/api/v1/apikeys", secret) }
	works := ask()
	if works == 401 {
		t.Error("the new key is refused")
	}

	p.presses = 0
	p.do("x", "web-backend disabled") // on detent's own service, a key that nobody calls live
	p.wait(`▸ web-backend.*executor.*disabled`)
	p.tally("disable it", 1)
	if code := ask(); code != 401 {
		t.Errorf("the disabled key's next request: %d, want 401", code)
	}
	p.do("x", "web-backend enabled")
	p.wait(`▸ web-backend.*executor.*enabled`)
	if code := ask(); code != works {
		t.Errorf("the enabled key's next request: %d, before it was %d", code, works)
	}

	p.presses = 0
	p.do("e", "Edit web-backend")
	p.say("-2", "› web-backend-2▏")
	p.do("tab", `┃ Enabled`)
	p.do("enter", `▸ executor`)
	p.do("up", `▸ reader`)
	p.do("enter", `Name +web-backend → web-backend-2`)
	p.wait(`Role +executor → reader`)
	p.confirm("web-backend changed")
	p.wait(`▸ web-backend-2.*reader`)
	p.tally("rename it and narrow its role", 8)

	p.do("d", "Delete a key")
	p.armed()
	p.do("y", "No keys yet")
	if code := ask(); code != 401 {
		t.Errorf("the deleted key's next request: %d, want 401", code)
	}
}

func TestAPublicKeyIsReturnedAgainWhileItIsValid(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := h.sit(t, 80, 24, "--profile", "local/vertesia")
	p.wait("No keys yet")
	request := func() string {
		p.do("n", `▸ secret key`)
		p.do("down", `▸ public key`)
		p.do("enter", "Request a public key")
		p.say("web", "› web▏")
		p.move("tab", "tab", "tab")
		p.wait(`▸ Request ◂`)
		p.confirm("is public by design")
		value := p.do("r", `pk-[a-z2-7]{20,}`)[0]
		p.confirm(`▸ web +pk-.*executor`)
		p.gone("public by design")
		return value
	}
	first := request()
	p.tally("a public key", 12)
	if again := request(); again != first {
		t.Error("another value while the first is valid")
	}
	p.wait("1 key ")
	if r := h.run(t, first, "verify", "--profile", "local/vertesia"); r.code != 0 {
		t.Errorf("verify: %+v", r)
	}
	p.do("d", "Delete a key")
	p.armed()
	p.do("y", "No keys yet")
	if r := h.run(t, first, "verify", "--profile", "local/vertesia"); r.code != 1 {
		t.Errorf("verify of the deleted key: %+v", r)
	}
}

func TestLiveAndTestKeysLookDifferentEverywhere(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := h.sit(t, 120, 40, "--profile", "local/generic")
	p.wait("No keys yet")
	create := func(name, word, prefix string, steps func()) string {
		p.do("n", "New API key")
		p.say(name, "› "+name+"▏")
		p.move("tab")
		steps()
		for _, field := range []string{`┃ Expires`, `┃ IP addresses`, `┃ Referrers`, `┃ Endpoints`} {
			p.do("enter", field)
		}
		p.do("enter", `Environment +`+word)
		p.confirm("Key created")
		p.wait(name + ` +` + word + ` `)
		p.do("s", name+".key▏")
		p.confirm(`(?s)✓ .*written`)
		p.confirm(`▸ ` + name)
		p.gone("Key created")
		p.tally("create "+name, 20)
		secret := h.secretIn(t, name+".key")
		if !strings.HasPrefix(secret, prefix) {
			t.Errorf("%s begins with %.8s", name, secret)
		}
		return secret
	}
	live := create("shop", "LIVE", "sk_live_", func() { p.wait(`▸ LIVE`) })
	test := create("shop-ci", "test", "sk_test_", func() { p.do("right", `▸ test`) })
	p.wait(`shop +sk_live_.*▲ LIVE`)
	p.wait(`shop-ci +sk_test_.* test `)
	service := h.store(t)
	for secret, path := range map[string]string{live: "/v1/users/1", test: "/v1/users/1"} {
		if code := service.status(t, "GET", path, secret); code == 401 || code == 403 {
			t.Errorf("%.8s…: %d", secret, code)
		}
	}
	// On detent's own service the key decides: a live one's deletion wants its name, a test one's does not.
	p.do("g", "▸ shop ")
	p.do("d", "Type shop to confirm")
	p.armed()
	p.do("enter", "type the name exactly as it is shown")
	p.leave("esc", "Delete a key")
	p.do("G", "▸ shop-ci")
	p.do("d", "Delete a key")
	p.armed()
	p.do("y", "1 key ")
	if code := service.status(t, "GET", "/v1/users/1", test); code != 401 {
		t.Errorf("the deleted key's next request: %d, want 401", code)
	}
	if code := service.status(t, "GET", "/v1/users/1", live); code == 401 {
		t.Error("the other key is gone too")
	}
}

func TestASecretThatCannotBeSavedStaysOnTheScreen(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := h.sit(t, 80, 24)
	p.wait("No keys yet")
	p.do("n", "New Prosopo key")
	p.say("k", "› k▏")
	p.do("enter", `┃ +1h +1d`)
	p.do("enter", "0 of 23")
	p.do("space", "1 of 23")
	p.do("enter", `▸ Create ◂`)
	p.confirm("Key created")
	p.do("s", "k.key▏")
	p.do("ctrl+u", "▸ Path")
	p.say("no/such/folder/k", "no/such/folder/k▏")
	p.confirm("✗ ")
	p.wait("hidden, ")
	p.do("d", "cannot be undone")
	p.do("right", "▸ Delete this key ◂")
	p.confirm("No keys yet")
}
