//go:build unix

package e2e

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// sat starts the program for somebody.
type sat func(args ...string) *sitter

// at is somebody who has the keys of a profile before them.
func (s sat) at(profile string) *sitter {
	p := s("-p", profile)
	p.wait(`▸ \S`)
	return p
}

// find filters for a key by its name, and stands on it.
func (p *sitter) find(name string) {
	p.t.Helper()
	p.do("/", "words, env")
	p.say(name, name)
	p.do("enter", `▸ `+name)
}

// shows takes a picture of what a key brings.
func (p *sitter) shows(key, want, name string) {
	p.t.Helper()
	p.do(key, want)
	p.shot(name)
}

// steps goes through the steps of a rotation, each by what it says that enter does.
func (p *sitter) steps(say ...string) {
	p.t.Helper()
	for _, one := range say {
		p.step("enter", one)
	}
}

var exhibits = []exhibit{
	{name: "list", play: listExhibit}, {name: "marks", play: marksExhibit}, {name: "helpers", play: helpersExhibit}, {name: "demo", play: demoExhibit, unset: true},
	{name: "states", play: statesExhibit}, {name: "create", play: createExhibit}, {name: "vertesia", play: vertesiaExhibit}, {name: "guards", play: guardsExhibit},
	{name: "queue", play: queueExhibit}, {name: "rotation", play: rotationExhibit}, {name: "roll", play: rollExhibit}, {name: "leaked", play: leakedExhibit}, {name: "profiles", play: profilesExhibit},
	{name: "page", play: guardsPage, only: [][2]int{{80, 24}, {120, 40}}, looks: 2},
	{name: "rotation-page", play: rotationPage, only: [][2]int{{80, 24}, {120, 40}}, looks: 2},
}

func listExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	c.used(t, "prod", "shop-api", "shop", "--permission", "getRules", "--expires", "90d")
	p := sit.at("prod")
	p.shot("list")
	p.shows("0", "7 of 7 answered", "all-profiles")
	p.shows("tab", "enter", "all-chips")
	p.do("esc", "7 of 7")
	p.do("/", "words, env")
	p.say("ex", "expir")
	p.shot("filter-completion")
	p.say("pires<14d ba:", "ba:")
	p.shot("filter-not-understood")
	p.do("esc", "answered")
	p.do("/", "words, env")
	p.say("zzz", "zzz")
	p.shot("filter-nothing")
	p.do("esc", "answered")
	p.find("shop-api")
	p.shot("filter-kept")
	p.shows("enter", `id +\w`, "detail-focused")
	p.do("esc", "answered")
	p.do("esc", "58 keys")
	p.shows("enter", `id +\w`, "detail-expired")
}

func marksExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	p := sit.at("staging")
	p.do("0", "7 of 7 answered")
	p.do("/", "words, env")
	p.say("old !ci", "!ci")
	p.do("enter", "answered")
	p.shows("*", "marked", "marked")
	p.shows("d", "Delete", "bulk-delete")
	p.leave("esc", "one after another|One after another")
	p.shows("x", "Disable", "bulk-disable")
	p.leave("esc", "one after another|One after another")
	p.shows("r", "left out|✗", "queue-nothing-can")
}

func helpersExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	p := sit.at("prod")
	p.shows("?", "esc", "help")
	p.do("esc", "help")
	p.shows(":", "esc", "palette")
	p.say("rot", "rot")
	p.shot("palette-words")
	p.do("esc", `▸ \S`)
	p.shows("y", "esc", "copy")
	p.do("esc", `▸ \S`)
	p.shows("A", "esc", "history")
	p.do("esc", `▸ \S`)
	p.shows("R", "esc", "rotations-none")
}

func demoExhibit(t *testing.T, _ *company, sit sat) {
	p := sit("--demo")
	p.wait(`▸ \S`)
	p.shot("demo")
	p.shows("0", "answered", "demo-all")
	p.shows("R", "esc", "demo-board")
}

// gated stands before a server and lets a request through when it may.
func gated(t *testing.T, to string) (at string, open func()) {
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	gate, pass := make(chan struct{}), httputil.NewSingleHostReverseProxy(target)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
			pass.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL, func() { close(gate) }
}

func statesExhibit(t *testing.T, c *company, sit sat) {
	slow, open := gated(t, c.server.url)
	all := append(c.usual(),
		c.profile("audit", "prosopo", "PROSOPO_TOKEN", "environment = \"live\"\nread_only = true\n"),
		c.profile("mirror", "prosopo", "PROSOPO_TOKEN", ""),
		c.profile("far", "prosopo", "PROSOPO_TOKEN", "url = \"http://127.0.0.1:9\"\nenvironment = \"live\"\n"),
		c.profile("revoked", "vertesia", "PROSOPO_TOKEN", "environment = \"live\"\n"),
		c.profile("slow", "prosopo", "PROSOPO_TOKEN", "environment = \"dev\"\nurl = \""+slow+"\"\n"),
		"[profiles.unset]\nservice = \"prosopo\"\nurl = \""+c.server.url+"\"\ntoken = { env = \"NOT_SET\" }\n",
	)
	c.profiles(t, all...)
	p := sit("-p", "slow")
	p.wait("loading")
	p.shot("loading")
	open()
	p.wait(`▸ \S`)
	p.shot("dev")
	p = sit.at("audit")
	p.shows("d", "read-only", "read-only")
	p.do("0", "of 1[0-9] answered")
	p.wait("far")
	p.shot("all-with-failures")
	p = sit("-p", "far")
	p.wait("could not be")
	p.shot("unreachable")
	p = sit("-p", "revoked")
	p.wait("could not be")
	p.shot("refused")
	p = sit("-p", "unset")
	p.wait("could not be")
	p.shot("cannot-open")
	p = sit.at("mirror")
	p.shot("mirror")
	p = sit("-p", "local/prosopo")
	p.wait("No keys yet")
	p.shot("empty")
	p = sit("-p", "local/generic", "--read-only")
	p.wait("No keys yet")
	p.shot("empty-read-only")
}

func createExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	p := sit.at("prod")
	p.shows("n", "New Prosopo key", "create-name")
	p.say("shop-worker", "› shop-worker▏")
	p.shows("tab", `\[90d\]`, "create-expiry")
	p.shows("enter", "0 of 23 picked", "create-permissions")
	p.do("space", "1 of 23 picked")
	p.move("j", "j", "j", "j")
	p.do("space", "2 of 23 picked")
	p.shows("enter", `▸ Create ◂`, "create-review")
	p.confirm("Key created")
	p.shot("show-once")
	p.shotOnce("show-once-revealed", func() { p.do("r", `psp_[a-z2-7]{20,}`) }) // a new size hides it
	p.shows("esc", `Leave .*\?`, "show-once-leave")
	p.do("esc", "hidden, ")
	p.shows("e", "▸ ", "show-once-env")
	p.do("esc", "hidden, ")
	p.shows("s", `shop-worker.key▏`, "show-once-save")
	p.confirm(`(?s)✓ .*written`)
	p.shot("show-once-saved")

	p = sit.at("payments")
	p.do("n", "New API key")
	p.say("checkout", "› checkout▏")
	p.shot("create-generic-name")
	for i, field := range []string{`LIVE`, `┃ Expires`, `┃ IP addresses`, `┃ Referrers`, `┃ Endpoints`} {
		p.do("enter", field)
		p.shot("create-generic-" + []string{"environment", "expires", "addresses", "referrers", "endpoints"}[i])
	}
	p.shows("enter", `Environment +`, "create-generic-review")
}

func vertesiaExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	p := sit.at("studio")
	p.shot("vertesia-list")
	p.shows("n", `▸ secret key`, "create-kind")
	p.do("enter", "New Vertesia key")
	p.say("web-backend", "› web-backend▏")
	p.do("enter", `┃ +1h +1d`)
	p.shows("enter", `▸ reader`, "create-role")
	p.shows("esc", "Discard this form", "create-abandon")
	p = sit.at("studio")
	p.find("doc-intake")
	p.shows("e", "Edit doc-intake", "edit-name")
	p.say("-2", "› doc-intake-2▏")
	p.shows("tab", `┃ Enabled`, "edit-enabled")
	p.shows("enter", `▸ application`, "edit-role")
	p.do("up", `▸ `)
	p.shows("enter", `→`, "edit-review")
	p.do("esc", "esc")
	p = sit.at("studio")
	p.do("n", `▸ secret key`)
	p.do("down", `▸ public key`)
	p.shows("enter", "Request a public key", "public-key")
	p.say("web", "› web▏")
	p.move("tab", "tab", "tab")
	p.confirm("is public by design")
	p.shot("public-key-value")
}

func guardsExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	p := sit.at("studio")
	p.find("doc-intake")
	p.shows("x", "Disable", "confirm-disable")
	p.do("esc", `▸ doc-intake`)
	p.shows("d", "Delete a key", "guard-typed-name")
	p.armed()
	p.shows("enter", "type the name", "guard-typed-name-wrong")
	p = sit.at("staging")
	p.shows("d", "Delete a key", "confirm-delete")
	p.do("esc", `▸ \S`)
	p.do("q", `^$`)
}

func queueExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	for _, name := range []string{"worker", "mailer"} {
		c.used(t, "staging", name+"-1", name, "--environment", "test")
	}
	c.used(t, "prod", "shop-api", "shop", "--permission", "getRules", "--expires", "90d")
	p := sit.at("staging")
	p.do("0", "7 of 7 answered")
	p.do("/", "words, env")
	for _, name := range []string{"worker-1", "mailer-1", "shop-api", "storefront"} {
		p.say(name, name)
		p.do("enter", `▸ `+name)
		p.do("space", "marked")
		p.do("/", "keep")
		p.do("ctrl+u", "words, env")
	}
	p.do("esc", "4 marked")
	p.do("r", "Type|✗")
	p.wait("Type")
	p.shot("queue-plan")
	n := p.wait(`Type (\d) to rotate`)[1]
	p.do("tab", "enter begin") // from the key that has no place
	p.armed()
	p.say(n, "rotate .*: "+n)
	p.shot("queue-typed")
	p.do("enter", "drain|delete|✓ done")
	p.wait("drain")
	p.shot("queue-runs")
	p.shows("esc", "answered", "all-rotating")
	p.shows("R", "esc", "board")
}

func rotationExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	c.used(t, "prod", "shop-api", "shop", "--permission", "getRules", "--expires", "90d")
	c.used(t, "staging", "mailer-1", "mailer", "--environment", "test")
	p := sit.at("prod")
	p.find("shop-api")
	p.shows("r", "begin with the preflight", "rotate-setup")
	p.step("enter", "begin with the preflight")
	p.wait(`enter +create the new key`)
	p.shot("rotate-preflight")
	p.shows("i", "esc", "rotate-evidence")
	p.do("i", `enter +create the new key`)
	p.shows("p", "esc", "rotate-plan")
	p.do("p", `enter +create the new key`)
	p.step("enter", `enter +create the new key`)
	p.wait(`enter +deliver the new secret`)
	p.shot("rotate-created")
	p.shows("esc", "only in memory", "rotate-leave-with-secret")
	p.do("esc", `enter +deliver the new secret`)
	p.step("enter", `enter +deliver the new secret`)
	p.wait(`enter +prove the new key`)
	p.shot("rotate-delivered")
	p.step("enter", `enter +prove the new key`)
	p.step("space", `▸ \[ \] What reads API_KEY`)
	p.shot("rotate-question")
	p.shows("u", "Undo", "rotate-undo")
	p.do("n", "Nothing else")
	p.step("space", `▸ \[ \] Nothing else uses the old key`)
	p.step("enter", `enter +all of it is so`)
	p.wait(`enter +delete the old key`)
	p.shot("rotate-before-delete")
	p.step("enter", `enter +delete the old key`)
	p.wait(`Done\.`)
	p.shot("rotate-done")

	p = sit.at("staging")
	p.find("mailer-1")
	p.do("r", "begin with the preflight")
	for _, row := range []string{`▸ +soak`, `▸ +drain`, `Begin: roll at once`} {
		p.do("shift+tab", row)
	}
	p.shows("shift+tab", `Begin: roll \]`, "rotate-setup-roll")
	for _, row := range []string{`Begin: roll at once`, `▸ +drain`, `▸ +soak`, `▸ +\[ Begin: planned`} {
		p.do("tab", row)
	}
	p.steps("begin with the preflight", `enter +create the new key`, `enter +deliver the new secret`, `enter +prove the new key`)
	p.wait(`quiet for|left`)
	p.shot("rotate-countdown")
	p.do("esc", "esc clear the filter")
	p.shows("esc", "enter detail", "list-rotating")
	p.shows("R", "esc", "board-one")
	p.do("enter", "quiet for|left")
	p.do("u", "Undo")
	p.step("y", "Undo")
	p.wait("Undone")
	p.shot("rotate-undone")
}

// rolled begins a roll at the command line and leaves it in its drain.
func rolled(t *testing.T, c *company, sit sat, name string) {
	t.Helper()
	c.used(t, "staging", name+"-1", name, "--environment", "test")
	p := sit("-p", "staging", "rotate", name+"-1", "--strategy", "roll", "--overlap", "1h", "--deliver", name)
	p.wait(`Begin\?`)
	p.say("y", "y")
	p.do("enter", "drain: .*left")
	p.do("ctrl+c", "rotate --resume")
}

func rollExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	rolled(t, c, sit, "mailer")
	rolled(t, c, sit, "worker")
	p := sit.at("staging")
	p.shot("roll-list")
	p.shows("R", "worker-1", "roll-board")
	p.shows("enter", "quiet for|left", "roll-countdown")
	p.shows("p", "esc", "roll-plan")
	p.do("p", `quiet for|left`)
	p.shows("i", "WHAT WAS SEEN", "roll-evidence")
	p.do("i", `quiet for|left`)
	p.shows("u", "Undo", "roll-undo")
	p.step("y", "Undo")
	p.wait("Undone")
	p.shot("roll-undone")
	p.step("enter", "Undone")
	p.wait(`▸ \S`)
	p.do("R", "resume or undo")
	p.do("enter", "quiet for|left")
	p.shows("a", `▸ \[ \]`, "roll-question")
	p.do("*", `enter +all of it is so`)
	p.step("enter", `enter +all of it is so`)
	p.wait(`enter +end the overlap`)
	p.shot("roll-before-end")
	p.step("enter", `enter +end the overlap`)
	p.wait(`Done\.`)
	p.shot("roll-done")
}

func leakedExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	secret := c.used(t, "prod", "shop-api", "shop", "--permission", "getRules", "--expires", "90d")
	sit.at("staging").shows("v", "secret", "verify")
	pasted := func(text string) *sitter {
		p := sit.at("staging")
		p.do("v", "secret")
		p.paste(text, "secret")
		p.rest()
		return p
	}
	valid := func() *sitter {
		p := pasted(secret)
		p.do("enter", "valid")
		p.armed()
		return p
	}
	p := pasted(secret)
	p.shot("verify-pasted")
	p.shows("enter", "shop-api", "verify-asked")
	p.armed()
	p.shows("x", "Disable|cannot|no off", "leaked-switch-off")
	valid().shows("d", "Delete a key", "leaked-delete")
	valid().shows("r", "begin with the preflight|enter +create the new key", "leaked-replace")
	p = pasted("psp_" + strings.Repeat("a", 26) + strings.Repeat("b", 26))
	p.shot("verify-unknown-pasted")
	p.shows("enter", "Another one", "verify-refused")
}

func profilesExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	p := sit.at("prod")
	p.shows("p", "staging", "profiles")
	p.shows("t", "✓|valid|answers", "profiles-tested")
	p.shows("m", "esc", "profile-more")
	p.do("j", "take one away|what each holds")
	p.shows("enter", "shop.env", "places")
	p = sit.at("prod")
	p.do("p", "staging")
	p.shows("a", "Add a profile", "profile-new")
	p.say("edge", "› edge▏")
	p.shows("enter", "enter", "profile-service")
	p.shows("enter", "enter", "profile-url")
	p.shows("enter", "enter", "profile-token")
}

// onAnotherMachine is a server at an address of this machine that is not loopback's, and the authority that it is trusted by.
func onAnotherMachine(t *testing.T, to string) (at, ca string) {
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		of, isNet := a.(*net.IPNet)
		if !isNet || of.IP.IsLoopback() || of.IP.To4() == nil {
			continue
		}
		listener, err := net.Listen("tcp", net.JoinHostPort(of.IP.String(), "0"))
		if err != nil {
			continue
		}
		proven, ca := certificate(t, of.IP.String(), time.Now().Add(time.Hour))
		s := httptest.NewUnstartedServer(httputil.NewSingleHostReverseProxy(target))
		s.Listener, s.TLS = listener, &tls.Config{Certificates: []tls.Certificate{proven}}
		s.StartTLS()
		t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
		return s.URL, ca
	}
	t.Skip("this machine has no address but loopback's")
	return "", ""
}

// guardsPage are the pictures of docs/GUARDS.md, as this version has them.
func guardsPage(t *testing.T, c *company, sit sat) {
	far, ca := onAnotherMachine(t, c.server.url)
	c.profiles(t,
		c.profile("prod", "prosopo", "PROSOPO_TOKEN", "environment = \"live\"\n"),
		c.profile("gentest", "generic", "GENERIC_TEST_TOKEN", "environment = \"test\"\ncreate = true\n"),
		c.profile("wrong", "generic", "GENERIC_LIVE_TOKEN", "environment = \"test\"\ncreate = true\n"),
		c.profile("unset", "prosopo", "PROSOPO_TOKEN", fmt.Sprintf("url = %q\nca = %q\n", far, ca)),
	)
	sit.at("prod").shot("guards-live")
	p := sit.at("unset")
	p.wait(`env\?`)
	p.shot("guards-unset")
	p.find("hr-offboarding")
	p.shows("d", "Delete a key", "guards-delete")
	p = sit.at("wrong")
	p.wait("the profile says test")
	p.shot("guards-token")
	p = sit.at("prod")
	p.do("/", "words, env")
	p.say("unused>90d", "0 of")
	p.shot("guards-filter")
	p = sit.at("prod")
	p.find("grafana-readonly")
	p.do("r", "WHERE DOES")
	for range 6 {
		if strings.Contains(p.text(), "▸ (•) compromised ") {
			break
		}
		p.move("tab")
		p.rest()
	}
	p.wait(`▸ \(•\) compromised `)
	p.shot("guards-compromised")

	env := c.path("shop.env")
	if err := os.WriteFile(env, []byte("API_KEY=another-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p = sit.at("gentest")
	p.do("n", "New API key")
	p.say("shop", "› shop▏")
	p.do("enter", "LIVE")
	p.do("down", "▸ test")
	for _, field := range []string{`┃ Expires`, `┃ IP addresses`, `┃ Referrers`, `┃ Endpoints`, `Environment +`} {
		p.do("enter", field)
	}
	p.confirm("Key created")
	p.do("e", "Variable")
	p.do("ctrl+u", "▸ Path")
	p.say(env, "shop.env▏")
	p.do("tab", "▸ Variable")
	p.confirm("Replace what is there")
	p.shot("guards-overwriting")

	c.used(t, "prod", "shop-api", "shop", "--permission", "getRules")
	p = sit.at("prod")
	p.find("shop-api")
	p.do("r", "WHERE DOES")
	p.paste(env+":API_KEY", "shop.env:API_KEY")
	p.steps("begin with the preflight", `enter +create the new key`, `enter +deliver the new secret`, `enter +prove the new key`)
	p.wait("Nothing else uses the old key")
	p.hangUp()
	p.exit()
	p = sit.at("gentest")
	p.do("R", "shop-api")
	p.shows("enter", "Nothing else uses|enter +prove|enter +look", "guards-rotation")
	p = sit("--demo")
	p.wait(`▸ \S`)
	p.shows("1", "local/prosopo", "guards-demo")
}

// rotationPage are the pictures of docs/ROTATION.md, as this version has them.
func rotationPage(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	begin := func(profile, name string, say ...string) *sitter {
		p := sit.at(profile)
		p.find(name)
		p.do("r", "begin with the preflight")
		for _, place := range say {
			p.paste(place, `place +\S`)
		}
		p.step("enter", "begin with the preflight")
		return p
	}
	put := func(path, secret string) {
		if err := os.WriteFile(path, []byte("# "+path+"\nPORT=8080\nAPI_KEY="+secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	// A deploy has put the old file back.
	old := c.used(t, "staging", "mailer-1", "mailer", "--environment", "test")
	p := begin("staging", "mailer-1")
	p.wait(`enter +create the new key`)
	p.shows("p", "proves", "rotation-plan")
	p.do("p", `enter +create the new key`)
	p.steps(`enter +create the new key`, `enter +deliver the new secret`, `enter +prove the new key`)
	p.wait(`quiet for`)
	p.shows("i", "WHAT WAS SEEN", "rotation-evidence")
	p.do("i", `quiet for`)
	p.do("a", `▸ \[ \]`)
	p.do("*", `enter +all of it is so`)
	p.step("enter", `enter +all of it is so`)
	p.wait(`enter +delete the old key`)
	put(c.path("mailer.env"), old)
	p.step("enter", `enter +delete the old key`)
	p.wait("deliver it again")
	p.shot("rotation-deploy")

	// The place holds another key.
	c.used(t, "prod", "shop-api", "shop", "--permission", "getRules", "--expires", "90d")
	c.used(t, "prod", "search-api", "search", "--permission", "getRules", "--expires", "90d")
	put(c.path("search.env"), variable(t, c.path("shop.env"), "API_KEY"))
	p = begin("prod", "search-api")
	p.wait("is it the right place")
	p.shot("rotation-place")

	// Somebody has switched the old key off, and an undo would go back to it.
	c.used(t, "studio", "web-1", "web", "--role", "executor")
	p = begin("studio", "web-1", c.path("web.env")+":API_KEY")
	p.steps(`enter +create the new key`, `enter +deliver the new secret`)
	p.wait(`enter +prove the new key`)
	c.must(t, "", "-p", "studio", "update", c.oldest(t, "studio", "web-1"), "--disable")
	p.do("u", "Undo")
	p.step("y", "Undo")
	p.wait("no undo")
	p.shot("rotation-disabled")

	// Both keys are gone.
	c.used(t, "payments", "ledger-1", "ledger", "--environment", "live")
	p = begin("payments", "ledger-1", c.path("ledger.env")+":API_KEY")
	p.steps(`enter +create the new key`, `enter +deliver the new secret`)
	p.wait(`enter +prove the new key`)
	for range 2 {
		c.must(t, "", "-p", "payments", "delete", c.oldest(t, "payments", "ledger-1"), "--yes")
	}
	p.step("enter", `enter +prove the new key`)
	p.wait(`(?s)✗|gone`)
	p.do("c", "Close this rotation")
	p.step("y", "Close this rotation")
	p.wait("Reason")
	p.say("both were deleted", "both were deleted▏")
	p.confirm("Closed as it stands")
	p.shot("rotation-gone")
}

// oldest is the id of the first of the keys with that name, or with its mark.
func (c *company) oldest(t *testing.T, profile, name string) string {
	t.Helper()
	for _, k := range c.keysOf(t, profile) {
		if k.Name == name || strings.HasPrefix(k.Name, name+" ~") {
			return k.ID
		}
	}
	t.Fatalf("no key %s", name)
	return ""
}
