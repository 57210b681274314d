package cli

import (
	"strings"
	"testing"

	"detent/keyserver/wirename"
)

// TestAnOverlapIsOfARoll: what does not go together is refused before anything is opened, and a service without such a call says so.
func TestAnOverlapIsOfARoll(t *testing.T) {
	m, _, _, env := shop(t, wirename.Prosopo)
	place := "env-file:" + env + ":API_KEY"
	m.want(2, "--overlap goes with --strategy roll", "rotate", "shop", "--overlap", "1h", "--deliver", place, "--yes")
	m.want(2, "--outage goes with", "rotate", "shop", "--strategy", "roll", "--outage", "--deliver", place, "--yes")
	m.want(1, "gives no key a new secret", "rotate", "shop", "--strategy", "roll", "--deliver", place, "--yes")
}

// TestARollAtOnceNeedsAWord: the plan's first line says what stops, and without a terminal nothing is begun before somebody said that it may.
func TestARollAtOnceNeedsAWord(t *testing.T) {
	m, _, _, env := shop(t, wirename.Generic)
	place := "env-file:" + env + ":API_KEY"
	for _, how := range [][]string{{"--strategy", "roll-at-once"}, {"--strategy", "roll", "--overlap", "0"}} {
		begin := append([]string{"rotate", "shop", "--deliver", place}, how...)
		if plan := m.rotate(newClock(), append(begin, "--plan")...); plan.code != 0 || !strings.HasPrefix(plan.stdout, "! the application has a dead secret") {
			t.Errorf("exit %d\n%s%s", plan.code, plan.stdout, plan.stderr)
		}
		before := readFile(t, env)
		m.want(1, "--outage", append(begin, "--yes")...)
		if readFile(t, env) != before {
			t.Error("something was changed")
		}
		res := m.rotate(newClock(), append(begin, "--yes", "--outage", "-o", "json", "--accept-unknown", "known")...)
		if got := decodeRotated(t, res.stdout); res.code != 0 || got.State != "done" || readFile(t, env) == before {
			t.Errorf("exit %d\n%s%s", res.code, res.stdout, res.stderr)
		}
	}
}

// TestAKeyIsRolledOnTheEmbeddedService: the key stays, with a new secret, and so does its id in what scripts read.
func TestAKeyIsRolledOnTheEmbeddedService(t *testing.T) {
	m, _, _, env := shop(t, wirename.Generic)
	place := "env-file:" + env + ":API_KEY"
	before, ids := readFile(t, env), strings.Join(keyIDs(m.keys("p")), " ")
	m.want(1, "before the drain of 2h is over", "rotate", "shop", "--strategy", "roll", "--overlap", "1h", "--drain", "2h", "--deliver", place, "--yes")
	res := m.rotate(newClock(), "rotate", "shop", "--strategy", "roll", "--overlap", "1h", "--drain", "0", "--deliver", place, "--yes", "-o", "json", "--accept-unknown", "known")
	got := decodeRotated(t, res.stdout)
	if res.code != 0 || got.State != "done" || got.New["id"] == nil || got.New["id"] != got.Old["id"] || readFile(t, env) == before || strings.Join(keyIDs(m.keys("p")), " ") != ids {
		t.Fatalf("exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
}
