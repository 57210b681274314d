package trial

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/client/kit"
)

// trial is one run of an issuer's file.
type trial struct {
	o        Options
	d        *kit.Declaration
	s        Opened
	watch    *client.Trial
	record   *record
	made     []*trialKey
	names    []string // that keys were asked for by, and nobody else has
	failures int
	needsEnd bool // the service makes no key without one
	plain    bool // it takes no name that is made as a rotation's

	mu      sync.Mutex
	answers []client.Answer
	came    map[string]bool // the declared members that any row had
	others  map[string]bool // how other members of rows are called
	passed  int             // rows that list.only passes over
}

func (t *trial) answered(a client.Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answers = append(t.answers, a)
	t.record.call(a)
}

// since are the answers after the first n.
func (t *trial) since(n int) []client.Answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.answers[n:])
}

func (t *trial) say(format string, args ...any) { _, _ = fmt.Fprintf(t.o.Out, format+"\n", args...) }

// held, failure and untried say what became of a step. What they are given holds no word of the service's: it is recorded as it is.
func (t *trial) held(step, format string, args ...any) { t.note(step, "held", format, args...) }

func (t *trial) failure(step, format string, args ...any) {
	t.failures++
	t.note(step, "failed", format, args...)
}

func (t *trial) untried(step, format string, args ...any) {
	t.note(step, "not tried", format, args...)
}

func (t *trial) note(step, outcome, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	t.record.step(step, outcome, text)
	if outcome != "held" {
		text = outcome + ": " + text
	}
	t.say("%-12s %s", step, text)
}

// verdictWord is what an answer says of a secret.
func verdictWord(p apikey.Proof) string {
	switch {
	case p.Refused():
		return "refused"
	case p.Accepted():
		return "accepted"
	}
	return "nothing is shown"
}

// because are the service's own words for it, which are for whoever sees the screen.
func because(p apikey.Proof) string {
	if p.Why == "" {
		return ""
	}
	return " (" + p.Why + ")"
}

func nonce() string {
	raw := make([]byte, 4)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}

// trialKey is a key that a trial made.
type trialKey struct {
	key    apikey.Key
	secret apikey.Secret
	gone   bool
}

const (
	// trialWait is how long a change may take to show where nothing is declared, and refusal how long a dead secret may be accepted.
	trialWait    = 10 * time.Second
	trialRefusal = 60 * time.Second
	trialMargin  = 30 * time.Second // beyond a declared lag
	trialLife    = 48 * time.Hour   // of the key that ends
	trialMoved   = 72 * time.Hour   // to where an end is moved
)

// wrong says that a call failed: what the service said about it is for the screen alone.
func (t *trial) wrong(step, what string, err error) {
	if e := (*client.Error)(nil); errors.As(err, &e) && e.Status != 0 {
		what += fmt.Sprintf(", answered %d", cmp.Or(e.Came, e.Status))
	}
	t.failure(step, "%s", what)
	t.say("%-12s %v", "", err)
}

// isThere fits a key that the list has.
func isThere(k *apikey.Key) bool { return k != nil }

// find looks for a key in the list until it fits, as long as the list may be behind; nil is a key that the list does not have.
func (t *trial) find(ctx context.Context, id string, fits func(k *apikey.Key) bool) (found *apikey.Key, fit bool, err error) {
	for begin := t.o.Now(); ; {
		all, err := client.ListAll(ctx, t.s.Service)
		if err != nil {
			return nil, false, err
		}
		found = nil
		if at := slices.IndexFunc(all, func(k apikey.Key) bool { return k.ID == id }); at >= 0 {
			found = &all[at]
		}
		if fits(found) {
			return found, true, nil
		}
		if t.o.Now().Sub(begin) >= max(trialWait, t.s.Caps.ListLag) {
			return found, false, nil
		}
		if err := t.o.Pause(ctx, time.Second); err != nil {
			return nil, false, err
		}
	}
}

// row is the key in the list.
func (t *trial) row(ctx context.Context, id string) (row apikey.Key, there bool) {
	_, there, err := t.find(ctx, id, func(k *apikey.Key) bool {
		if k != nil {
			row = *k
		}
		return k != nil
	})
	return row, there && err == nil
}

// until tries a secret until it is accepted, or refused, as long as the issuer may take for it. It says how long that took, and
// where it is not, what came last: no answer is not a no.
func (t *trial) until(ctx context.Context, secret apikey.Secret, call string, accepted bool) (after string, ok bool) {
	most := trialRefusal
	if lag := t.s.Caps.RevokeLag; lag > 0 {
		most = lag + trialMargin
	}
	begin, wait := t.o.Now(), time.Second
	for {
		proof, err := t.s.Service.Probe(ctx, secret, call)
		passed := t.o.Now().Sub(begin).Round(time.Second)
		if err == nil && (accepted && proof.Accepted() || !accepted && proof.Refused()) {
			if passed == 0 {
				return " at once", true
			}
			return " after " + passed.String(), true
		}
		if passed >= most || t.o.Pause(ctx, wait) != nil {
			last := "no answer"
			if err == nil {
				last = verdictWord(proof)
			}
			return ", " + passed.String() + " later: " + last, false
		}
		wait = min(2*wait, 10*time.Second)
	}
}
