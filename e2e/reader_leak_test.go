//go:build unix

package e2e

import (
	"strings"
	"testing"
)

// TestALeakedKeyIsReplacedByEar, of a profile that is not in use, and its secret is never said.
func TestALeakedKeyIsReplacedByEar(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.make(t, "shop")
	former := e.make(t, "cms")
	p := e.hear(t)
	p.ask("shop, number", "0") // all have answered then: before that, others might be asked whose secrets begin anyhow
	p.says("9 of 9 answered")
	p.ask("all profiles, number", "v")
	p.ask("Secret, it is not shown", "API_KEY="+former)
	p.ask("Send it", "")
	p.ask("Send it", "1")
	p.ask("Verify a secret", "It leaked: replace it")
	for range 3 { // create, deliver, prove
		p.ask("Rotate cms-app", "")
		p.ask("Rotate cms-app", "1")
	}
	p.says("delete the old key")
	p.ask("Rotate cms-app", "1")
	p.says(`Done\.`)
	p.ask("Rotate cms-app", "1")
	p.ask("all profiles, number", "q")
	if code := p.exit(); code != 0 {
		t.Errorf("exit %d", code)
	}
	p.once(paper(t, p.output()))
	now := variable(t, e.path("cms", ".env"), "API_KEY")
	if now == former || !e.accepted(t, "cms", now) || e.accepted(t, "cms", former) {
		t.Error("the file does not hold the key that works, or the leaked one works still")
	}
	if text := string(p.output()); strings.Contains(text, former) || strings.Contains(text, now) {
		t.Error("a secret was said")
	}
}

// TestKeysAreRotatedTogetherByEarOnTheProgram: neither an empty line nor another number begins anything, and each fact is told once.
func TestKeysAreRotatedTogetherByEarOnTheProgram(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	former := map[string]string{"shop": e.make(t, "shop"), "forum": e.make(t, "forum")}
	p := e.hear(t)
	p.ask("shop, number", "0")
	p.ask("all profiles, number", "mark shop-app")
	p.says("1 marked")
	p.ask("all profiles, number", "mark forum-app")
	p.says("2 marked")
	p.ask("all profiles, number", "r")
	if said := p.ask("Type 2 to rotate 2 keys", ""); strings.Count(said, "API_KEY in ") != 2 {
		t.Errorf("the plan says\n%s", said)
	}
	p.ask("Type 2 to rotate 2 keys", "1")
	p.says("type the number of the keys that are rotated: 2")
	p.ask("Type 2 to rotate 2 keys", "w")
	p.ask("How many may be under way at once", "1")
	for profile, secret := range former {
		if variable(t, e.path(profile, ".env"), "API_KEY") != secret {
			t.Fatalf("%s was changed before its number was typed", profile)
		}
	}
	p.ask("Type 2 to rotate 2 keys", "2")
	p.says("0 of 2 keys rotated, 2 wait for you")
	p.ask("Rotate 2 keys", "0")
	p.ask("all profiles, number", "q")
	if code := p.exit(); code != 0 {
		t.Errorf("exit %d", code)
	}
	p.once(paper(t, p.output()))
	for profile, secret := range former {
		if variable(t, e.path(profile, ".env"), "API_KEY") == secret {
			t.Errorf("%s has the former secret", profile)
		}
	}
}
