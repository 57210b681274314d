//go:build unix

package issuers

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"detent/e2e/planned"
)

// rolling makes the key of an application and says how it is given a new secret at once.
func (h *home) rolling(is issuer, name string) (old key, secret string, args []string) {
	h.Helper()
	if is.roll == "" {
		h.Skip("it has no call for it")
	}
	old, secret, args = h.rotating(is, name)
	return old, secret, append(args, "--strategy", "roll-at-once", "--outage")
}

// rolled holds that the application has a new secret that works, that the key is the same, and that its former secret is dead.
func (h *home) rolled(is issuer, old key, secret string) {
	h.Helper()
	fresh := h.env()
	if fresh == secret || !h.alive(fresh) {
		h.Errorf("the application has a new secret: %v; it works: %v", fresh != secret, h.alive(fresh))
	}
	if left := h.named(old.Name); len(left) != 1 || left[0].ID != old.ID {
		h.Errorf("left: %+v, it was %s", left, old.ID)
	}
	if id := h.open(); id != "" {
		h.Errorf("the rotation %s is open", id)
	}
	h.refused(is, secret)
	h.leaks(secret, fresh)
}

// aRoll gives a key a new secret in place, and what the plan said of it went over the wire.
func aRoll(h *home, is issuer) {
	old, secret, args := h.rolling(is, "rolled")
	var plan struct {
		Outage string
		Stages []struct {
			ID   string
			Does []struct{ Call, Times string }
		}
	}
	h.into(h.must(append(slices.Clone(args), "--plan")...), &plan)
	method := regexp.MustCompile(`\((\S+)\)$`)
	acts := []planned.Act{{Line: "token.get", Times: "1, which finds the key"}} // before the rotation begins
	for _, stage := range plan.Stages {
		for _, act := range stage.Does {
			if m := method.FindStringSubmatch(act.Call); m != nil {
				acts = append(acts, planned.Act{Line: m[1], Times: act.Times})
			} else if act.Call != "" {
				h.Errorf("%s is planned, without its method", act.Call)
			}
		}
	}
	h.front.record()
	var end rotation
	h.into(h.must(args...), &end)
	wire := h.front.recorded()
	if end.State != "done" || !strings.Contains(strings.Join(end.Certain, "\n"), "was rolled at once, by which its former secret dies; its secret was refused") {
		h.Errorf("it ends as %+v", end)
	}
	if !strings.Contains(plan.Outage, "dead secret") {
		h.Errorf("the plan begins with %q", plan.Outage)
	}
	var letters planned.Alphabet
	want := "^" + letters.Expression(h.T, acts) + "$"
	if got := letters.Word(wire); !regexp.MustCompile(want).MatchString(got) {
		h.Errorf("%s does not match %s of %v\nhappened: %s\nplanned: %v", got, want, letters, strings.Join(wire, " · "), acts)
	}
	if n := count(wire, "token.generate"); n != 1 {
		h.Errorf("rolled %d times", n)
	}
	for _, certain := range end.Certain {
		h.Log(certain)
	}
	h.rolled(is, old, secret)
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// killedAfterTheRoll: the key has a secret that nobody has. The former one tells, and the key is rolled once more.
func killedAfterTheRoll(h *home, is issuer) {
	old, secret, args := h.rolling(is, "roll lost")
	h.killedAt(is.roll, true, args...)
	if h.alive(secret) {
		h.Fatal("the key was not rolled")
	}
	h.foundOut(is, old, secret, "is refused: the roll whose answer was lost was done, and nobody has its secret")
}

// killedBeforeTheRoll: the key has the secret that it had. Only when the former one is accepted past the time that a dead one may take is the
// key rolled.
func killedBeforeTheRoll(h *home, is issuer) {
	old, secret, args := h.rolling(is, "roll unsent")
	h.killedAt(is.roll, false, args...)
	if !h.alive(secret) {
		h.Fatal("the key was rolled")
	}
	h.foundOut(is, old, secret, "is accepted, as before: the roll whose answer was lost was not done")
}

// journal is what is kept of a rotation.
func (h *home) journal(id string) (text string) {
	h.Helper()
	err := filepath.WalkDir(h.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.Name() != id+".json" {
			return err
		}
		raw, err := os.ReadFile(path)
		text = string(raw)
		return err
	})
	if err != nil || text == "" {
		h.Fatalf("the journal of %s: %v", id, err)
	}
	return text
}

// foundOut resumes such a rotation.
func (h *home) foundOut(is issuer, old key, secret, want string) {
	h.Helper()
	id := h.open()
	if id == "" {
		h.Fatal("no rotation is open")
	}
	var all []rotation
	h.into(h.must("rotations", "-o", "json"), &all)
	for _, r := range all {
		if r.ID == id {
			h.Logf("killed, it stands at %s; certain: %s; unknown: %s", r.Step, strings.Join(r.Certain, "; "), strings.Join(r.Unknown, "; "))
			if strings.Contains(strings.Join(r.Certain, "\n"), "was rolled") {
				h.Errorf("it is claimed that the key was rolled: %v", r.Certain)
			}
		}
	}
	if r := h.run("", "rotate", "--abort", id, "--yes"); r.code == 0 {
		h.Errorf("it was undone, though the former secret may be dead\n%s", r.stdout)
	}
	h.front.record()
	h.must("rotate", "--resume", id, "--yes")
	wire := h.front.recorded()
	h.Logf("resumed: %s", strings.Join(slices.Compact(slices.Clone(wire)), " · "))
	if n := count(wire, is.roll); n != 1 {
		h.Errorf("resumed, it was rolled %d times", n)
	}
	if journal := h.journal(id); !strings.Contains(journal, want) {
		h.Errorf("%q is not in the journal:\n%s", want, journal)
	}
	h.rolled(is, old, secret)
}
