//go:build unix

package e2e

import (
	"os"
	"testing"
)

// TestAPlaceThatIsRememberedMakesTheSecondRotationTwoKeysAndItsGates: r and enter, then what each step asks.
func TestAPlaceThatIsRememberedMakesTheSecondRotationTwoKeysAndItsGates(t *testing.T) {
	t.Parallel()
	there := newHome(t).serve(t)
	h := newHome(t)
	h.env = append(h.env, "SHOP_TOKEN="+there.tokens["PROSOPO_TOKEN"])
	h.config(t, "default_profile = \"shop\"\n[profiles.shop]\nservice = \"prosopo\"\nurl = \""+there.url+"\"\nenvironment = \"test\"\ntoken = { env = \"SHOP_TOKEN\" }\n")
	env := h.path("app", ".env")
	if err := os.MkdirAll(h.path("app"), 0o700); err != nil {
		t.Fatal(err)
	}
	h.must(t, "", "create", "--name", "payments", "--permission", "getRules", "--deliver", "env-file:"+env+":API_KEY")
	former := variable(t, env, "API_KEY")

	p := h.sit(t, 120, 40)
	p.wait(`payments`)
	p.do("/", "▏")
	p.say("payments", "payments▏")
	p.do("enter", `▸ payments`)
	gates := func() {
		p.confirm(`enter +create the new key`)
		p.confirm(`enter +deliver the new secret`)
		p.confirm(`enter +prove the new key`)
		p.confirm(`▸ \[ \] What reads API_KEY`)
		p.do("space", `▸ \[ \] Nothing else uses`)
		p.do("space", `enter +all of it is so`)
		p.confirm(`enter +delete the old key`)
		p.confirm(`Done\.`)
		p.confirm(`▸ payments`)
	}
	const ofGates = 9

	p.do("r", "WHERE DOES THE APPLICATION READ THIS KEY")
	p.presses = 0
	for _, typed := range []struct{ text, becomes string }{{"app/", `app/▏`}, {"", `app/\.env:▏`}, {"", `app/\.env:API_KEY▏`}} { // tab has the rest
		p.rest()
		p.write(typed.text)
		if typed.text == "" {
			p.keys("tab")
		}
		p.wait(typed.becomes)
	}
	p.wait(`API_KEY holds payments \(psp_`)
	p.do("tab", `▸ \[ \] remember this place for payments`)
	p.do("space", `\[x\] remember this place`)
	gates()

	p.presses = 0
	p.do("r", `\[x\] payments`)
	p.wait(`holds payments \(psp_`)
	gates()
	p.tally("the second rotation of a key whose place is remembered", 1+ofGates)
	if now := variable(t, env, "API_KEY"); now == former || there.status(t, "GET", "/v1/prosopo/provider/admin/rules", former) != 401 || there.status(t, "GET", "/v1/prosopo/provider/admin/rules", now) != 200 {
		t.Error("the file does not hold the key that works, or the former one works still")
	}
}
