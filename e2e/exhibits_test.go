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

type sat = func(args ...string) *sitter

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
	p := sit("-p", "prod")
	p.wait(`▸ \S`)
	p.shot("list")
	p.do("0", "7 of 7 answered")
	p.shot("all-profiles")
	p.do("tab", "enter")
	p.shot("all-chips")
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
	p.do("/", "words, env")
	p.say("shop-api", "shop-api")
	p.do("enter", `▸ shop-api`)
	p.shot("filter-kept")
	p.do("enter", `id +\w`)
	p.shot("detail-focused")
	p.do("esc", "answered")
	p.do("esc", "58 keys")
	p.do("enter", `id +\w`)
	p.shot("detail-expired")
}

func marksExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	p := sit("-p", "staging")
	p.wait(`▸ \S`)
	p.do("0", "7 of 7 answered")
	p.do("/", "words, env")
	p.say("old !ci", "!ci")
	p.do("enter", "answered")
	p.do("*", "marked")
	p.shot("marked")
	p.do("d", "Delete")
	p.shot("bulk-delete")
	p.leave("esc", "one after another|One after another")
	p.do("x", "Disable")
	p.shot("bulk-disable")
	p.leave("esc", "one after another|One after another")
	p.do("r", "left out|✗")
	p.shot("queue-nothing-can")
}

func helpersExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	p := sit("-p", "prod")
	p.wait(`▸ \S`)
	p.do("?", "esc")
	p.shot("help")
	p.do("esc", "help")
	p.do(":", "esc")
	p.shot("palette")
	p.say("rot", "rot")
	p.shot("palette-words")
	p.do("esc", `▸ \S`)
	p.do("y", "esc")
	p.shot("copy")
	p.do("esc", `▸ \S`)
	p.do("A", "esc")
	p.shot("history")
	p.do("esc", `▸ \S`)
	p.do("R", "esc")
	p.shot("rotations-none")
}

func demoExhibit(t *testing.T, _ *company, sit sat) {
	p := sit("--demo")
	p.wait(`▸ \S`)
	p.shot("demo")
	p.do("0", "answered")
	p.shot("demo-all")
	p.do("R", "esc")
	p.shot("demo-board")
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
	p = sit("-p", "audit")
	p.wait(`▸ \S`)
	p.do("d", "read-only")
	p.shot("read-only")
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
	p = sit("-p", "mirror")
	p.wait(`▸ \S`)
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
	p := sit("-p", "prod")
	p.wait(`▸ \S`)
	p.do("n", "New Prosopo key")
	p.shot("create-name")
	p.say("shop-worker", "› shop-worker▏")
	p.do("tab", `\[90d\]`)
	p.shot("create-expiry")
	p.do("enter", "0 of 23 picked")
	p.shot("create-permissions")
	p.do("space", "1 of 23 picked")
	p.move("j", "j", "j", "j")
	p.do("space", "2 of 23 picked")
	p.do("enter", `▸ Create ◂`)
	p.shot("create-review")
	p.confirm("Key created")
	p.shot("show-once")
	p.shotOnce("show-once-revealed", func() { p.do("r", `psp_[a-z2-7]{20,}`) }) // a new size hides it
	p.do("esc", `Leave .*\?`)
	p.shot("show-once-leave")
	p.do("esc", "hidden, ")
	p.do("e", "▸ ")
	p.shot("show-once-env")
	p.do("esc", "hidden, ")
	p.do("s", `shop-worker.key▏`)
	p.shot("show-once-save")
	p.confirm(`(?s)✓ .*written`)
	p.shot("show-once-saved")

	p = sit("-p", "payments")
	p.wait(`▸ \S`)
	p.do("n", "New API key")
	p.say("checkout", "› checkout▏")
	p.shot("create-generic-name")
	for i, field := range []string{`LIVE`, `┃ Expires`, `┃ IP addresses`, `┃ Referrers`, `┃ Endpoints`} {
		p.do("enter", field)
		p.shot("create-generic-" + []string{"environment", "expires", "addresses", "referrers", "endpoints"}[i])
	}
	p.do("enter", `Environment +`)
	p.shot("create-generic-review")
}

func vertesiaExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	p := sit("-p", "studio")
	p.wait(`▸ \S`)
	p.shot("vertesia-list")
	p.do("n", `▸ secret key`)
	p.shot("create-kind")
	p.do("enter", "New Vertesia key")
	p.say("web-backend", "› web-backend▏")
	p.do("enter", `┃ +1h +1d`)
	p.do("enter", `▸ reader`)
	p.shot("create-role")
	p.do("esc", "Discard this form")
	p.shot("create-abandon")
	p = sit("-p", "studio")
	p.wait(`▸ \S`)
	p.do("/", "words, env")
	p.say("doc-intake", "doc-intake")
	p.do("enter", `▸ doc-intake`)
	p.do("e", "Edit doc-intake")
	p.shot("edit-name")
	p.say("-2", "› doc-intake-2▏")
	p.do("tab", `┃ Enabled`)
	p.shot("edit-enabled")
	p.do("enter", `▸ application`)
	p.shot("edit-role")
	p.do("up", `▸ `)
	p.do("enter", `→`)
	p.shot("edit-review")
	p.do("esc", "esc")
	p = sit("-p", "studio")
	p.wait(`▸ \S`)
	p.do("n", `▸ secret key`)
	p.do("down", `▸ public key`)
	p.do("enter", "Request a public key")
	p.shot("public-key")
	p.say("web", "› web▏")
	p.move("tab", "tab", "tab")
	p.confirm("is public by design")
	p.shot("public-key-value")
}

func guardsExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	p := sit("-p", "studio")
	p.wait(`▸ \S`)
	p.do("/", "words, env")
	p.say("doc-intake", "doc-intake")
	p.do("enter", `▸ doc-intake`)
	p.do("x", "Disable")
	p.shot("confirm-disable")
	p.do("esc", `▸ doc-intake`)
	p.do("d", "Delete a key")
	p.shot("guard-typed-name")
	p.armed()
	p.do("enter", "type the name")
	p.shot("guard-typed-name-wrong")
	p = sit("-p", "staging")
	p.wait(`▸ \S`)
	p.do("d", "Delete a key")
	p.shot("confirm-delete")
	p.do("esc", `▸ \S`)
	p.do("q", `^$`)
}

func queueExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	for _, name := range []string{"worker", "mailer"} {
		c.used(t, "staging", name+"-1", name, "--environment", "test")
	}
	c.used(t, "prod", "shop-api", "shop", "--permission", "getRules", "--expires", "90d")
	p := sit("-p", "staging")
	p.wait(`▸ \S`)
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
	p.do("esc", "answered")
	p.shot("all-rotating")
	p.do("R", "esc")
	p.shot("board")
}

func rotationExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	c.used(t, "prod", "shop-api", "shop", "--permission", "getRules", "--expires", "90d")
	c.used(t, "staging", "mailer-1", "mailer", "--environment", "test")
	p := sit("-p", "prod")
	find := func(name string) {
		p.wait(`▸ \S`)
		p.do("/", "words, env")
		p.say(name, name)
		p.do("enter", `▸ `+name)
	}
	find("shop-api")
	p.do("r", "begin with the preflight")
	p.shot("rotate-setup")
	p.step("enter", "begin with the preflight")
	p.wait(`enter +create the new key`)
	p.shot("rotate-preflight")
	p.do("i", "esc")
	p.shot("rotate-evidence")
	p.do("i", `enter +create the new key`)
	p.do("p", "esc")
	p.shot("rotate-plan")
	p.do("p", `enter +create the new key`)
	p.step("enter", `enter +create the new key`)
	p.wait(`enter +deliver the new secret`)
	p.shot("rotate-created")
	p.do("esc", "only in memory")
	p.shot("rotate-leave-with-secret")
	p.do("esc", `enter +deliver the new secret`)
	p.step("enter", `enter +deliver the new secret`)
	p.wait(`enter +prove the new key`)
	p.shot("rotate-delivered")
	p.step("enter", `enter +prove the new key`)
	p.step("space", `▸ \[ \] What reads API_KEY`)
	p.shot("rotate-question")
	p.do("u", "Undo")
	p.shot("rotate-undo")
	p.do("n", "Nothing else")
	p.step("space", `▸ \[ \] Nothing else uses the old key`)
	p.step("enter", `enter +all of it is so`)
	p.wait(`enter +delete the old key`)
	p.shot("rotate-before-delete")
	p.step("enter", `enter +delete the old key`)
	p.wait(`Done\.`)
	p.shot("rotate-done")

	p = sit("-p", "staging")
	find("mailer-1")
	p.do("r", "begin with the preflight")
	p.step("enter", "begin with the preflight")
	p.step("enter", `enter +create the new key`)
	p.step("enter", `enter +deliver the new secret`)
	p.step("enter", `enter +prove the new key`)
	p.wait(`quiet for|left`)
	p.shot("rotate-countdown")
	p.do("esc", "esc clear the filter")
	p.do("esc", "enter detail")
	p.shot("list-rotating")
	p.do("R", "esc")
	p.shot("board-one")
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
	p := sit("-p", "staging")
	p.wait(`▸ \S`)
	p.shot("roll-list")
	p.do("R", "worker-1")
	p.shot("roll-board")
	p.do("enter", "quiet for|left")
	p.shot("roll-countdown")
	p.do("p", "esc")
	p.shot("roll-plan")
	p.do("p", `quiet for|left`)
	p.do("i", "WHAT WAS SEEN")
	p.shot("roll-evidence")
	p.do("i", `quiet for|left`)
	p.do("u", "Undo")
	p.shot("roll-undo")
	p.step("y", "Undo")
	p.wait("Undone")
	p.shot("roll-undone")
	p.step("enter", "Undone")
	p.wait(`▸ \S`)
	p.do("R", "resume or undo")
	p.do("enter", "quiet for|left")
	p.do("a", `▸ \[ \]`)
	p.shot("roll-question")
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
	p := sit("-p", "staging")
	p.wait(`▸ \S`)
	p.do("v", "secret")
	p.shot("verify")
	paste := func(text string) { p.rest(); p.write("\x1b[200~" + text + "\x1b[201~"); p.rest() }
	paste(secret)
	p.shot("verify-pasted")
	p.do("enter", "shop-api")
	p.shot("verify-asked")
	p.armed()
	p.do("x", "Disable|cannot|no off")
	p.shot("leaked-switch-off")
	p = sit("-p", "staging")
	p.wait(`▸ \S`)
	p.do("v", "secret")
	paste(secret)
	p.do("enter", "valid")
	p.armed()
	p.do("d", "Delete a key")
	p.shot("leaked-delete")
	p = sit("-p", "staging")
	p.wait(`▸ \S`)
	p.do("v", "secret")
	paste(secret)
	p.do("enter", "valid")
	p.armed()
	p.do("r", "begin with the preflight|enter +create the new key")
	p.shot("leaked-replace")
	p = sit("-p", "staging")
	p.wait(`▸ \S`)
	p.do("v", "secret")
	paste("psp_" + strings.Repeat("a", 26) + strings.Repeat("b", 26))
	p.shot("verify-unknown-pasted")
	p.do("enter", "Another one")
	p.shot("verify-refused")
}

func profilesExhibit(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	p := sit("-p", "prod")
	p.wait(`▸ \S`)
	p.do("p", "staging")
	p.shot("profiles")
	p.do("t", "✓|valid|answers")
	p.shot("profiles-tested")
	p.do("m", "esc")
	p.shot("profile-more")
	p.do("j", "take one away|what each holds")
	p.do("enter", "shop.env")
	p.shot("places")
	p = sit("-p", "prod")
	p.wait(`▸ \S`)
	p.do("p", "staging")
	p.do("a", "Add a profile")
	p.shot("profile-new")
	p.say("edge", "› edge▏")
	p.do("enter", "enter")
	p.shot("profile-service")
	p.do("enter", "enter")
	p.shot("profile-url")
	p.do("enter", "enter")
	p.shot("profile-token")
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
	at := func(profile string) *sitter {
		p := sit("-p", profile)
		p.wait(`▸ \S`)
		return p
	}
	find := func(p *sitter, name string) {
		p.do("/", "words, env")
		p.say(name, name)
		p.do("enter", `▸ `+name)
	}
	at("prod").shot("guards-live")
	p := at("unset")
	p.wait(`env\?`)
	p.shot("guards-unset")
	find(p, "hr-offboarding")
	p.do("d", "Delete a key")
	p.shot("guards-delete")
	p = at("wrong")
	p.wait("the profile says test")
	p.shot("guards-token")
	p = at("prod")
	p.do("/", "words, env")
	p.say("unused>90d", "0 of")
	p.shot("guards-filter")
	p = at("prod")
	find(p, "grafana-readonly")
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
	p = at("gentest")
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
	p = at("prod")
	find(p, "shop-api")
	p.do("r", "WHERE DOES")
	p.write("\x1b[200~" + env + ":API_KEY\x1b[201~")
	p.wait("shop.env:API_KEY")
	p.step("enter", "begin with the preflight")
	p.step("enter", `enter +create the new key`)
	p.step("enter", `enter +deliver the new secret`)
	p.step("enter", `enter +prove the new key`)
	p.wait("Nothing else uses the old key")
	p.hangUp()
	p.exit()
	p = at("gentest")
	p.do("R", "shop-api")
	p.do("enter", "Nothing else uses|enter +prove|enter +look")
	p.shot("guards-rotation")
	p = sit("--demo")
	p.wait(`▸ \S`)
	p.do("1", "local/prosopo")
	p.shot("guards-demo")
}

// rotationPage are the pictures of docs/ROTATION.md, as this version has them.
func rotationPage(t *testing.T, c *company, sit sat) {
	c.profiles(t, c.usual()...)
	begin := func(profile, name string, say ...string) *sitter {
		p := sit("-p", profile)
		p.wait(`▸ \S`)
		p.do("/", "words, env")
		p.say(name, name)
		p.do("enter", `▸ `+name)
		p.do("r", "begin with the preflight")
		for _, place := range say {
			p.write("\x1b[200~" + place + "\x1b[201~")
			p.wait(`place +\S`)
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
	p.do("p", "proves")
	p.shot("rotation-plan")
	p.do("p", `enter +create the new key`)
	p.step("enter", `enter +create the new key`)
	p.step("enter", `enter +deliver the new secret`)
	p.step("enter", `enter +prove the new key`)
	p.wait(`quiet for`)
	p.do("i", "WHAT WAS SEEN")
	p.shot("rotation-evidence")
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
	p.step("enter", `enter +create the new key`)
	p.step("enter", `enter +deliver the new secret`)
	p.wait(`enter +prove the new key`)
	c.must(t, "", "-p", "studio", "update", c.oldest(t, "studio", "web-1"), "--disable")
	p.do("u", "Undo")
	p.step("y", "Undo")
	p.wait("no undo")
	p.shot("rotation-disabled")

	// Both keys are gone.
	c.used(t, "payments", "ledger-1", "ledger", "--environment", "live")
	p = begin("payments", "ledger-1", c.path("ledger.env")+":API_KEY")
	p.step("enter", `enter +create the new key`)
	p.step("enter", `enter +deliver the new secret`)
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
