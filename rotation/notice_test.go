package rotation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
	"detent/rotation"
	"detent/rotation/world"
)

// parts sees of which rotation and stage the calls of a service are.
type parts struct {
	client.Service
	seen *[]string
}

func (p parts) note(ctx context.Context, call string) {
	part, ok := rotation.PartOf(ctx)
	if !ok {
		call += " outside"
	}
	*p.seen = append(*p.seen, fmt.Sprintf("%s %s %s", call, part.ID, part.Stage))
}

func (p parts) Create(ctx context.Context, d apikey.Draft) (apikey.Created, error) {
	p.note(ctx, "create")
	return p.Service.Create(ctx, d)
}

func (p parts) Update(ctx context.Context, id string, patch apikey.Patch) (apikey.Key, error) {
	p.note(ctx, "update")
	return p.Service.Update(ctx, id, patch)
}

func (p parts) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	p.note(ctx, "delete")
	return p.Service.Delete(ctx, id)
}

// puts sees the same of a destination.
type puts struct {
	delivery.Destination
	delivery.Holder
	parts
}

func (p puts) Put(ctx context.Context, job delivery.Job, secret apikey.Secret) (delivery.Report, error) {
	p.note(ctx, "put")
	if part, _ := rotation.PartOf(ctx); part.New.ID == "" || part.Old.ID != "old" {
		*p.seen = append(*p.seen, "put of no key")
	}
	return p.Destination.Put(ctx, job, secret)
}

// TestEveryActOfARotationSaysOfWhichItIsAPart, and what no call shows is told: how it began, the waits, the words.
func TestEveryActOfARotationSaysOfWhichItIsAPart(t *testing.T) {
	for name, sc := range shapes {
		for _, undo := range []bool{false, true} {
			f := in(t, sc)
			var seen, told []string
			r := f.Start(func(p *rotation.Params) {
				p.Service = parts{p.Service, &seen}
				for i, d := range p.Destinations {
					if h, reads := d.(delivery.Holder); reads {
						p.Destinations[i] = puts{d, h, parts{nil, &seen}}
					}
				}
				p.Notify = func(told_ rotation.Notice) {
					told = append(told, fmt.Sprintf("%s %s %s %s: %s", told_.Kind, told_.ID, told_.Stage, told_.Old.ID, told_.Text))
				}
				p.Drain, p.AcceptUnknown, p.NotMine = ptr(time.Duration(0)), "nobody else is there", "it is of the other team"
			})
			if undo {
				f.until(r, rotation.Drain)
				f.Fail("delete", refusal("delete", client.Forbidden, 403), false)
				if _, err := r.Undo(t.Context()); err == nil || !r.View().Undoing {
					t.Fatalf("%s: the undo does not stop half-way: %v", name, err)
				}
				f.drive(r) // goes on with the undo
			} else {
				f.drive(r)
			}
			for _, call := range []string{"create", "put", "delete"} {
				if !says(seen, call+" "+r.ID()+" ") {
					t.Errorf("%s, undo %v: no %s of the rotation in\n%s", name, undo, call, strings.Join(seen, "\n"))
				}
			}
			for _, s := range seen {
				if strings.Contains(s, "outside") || strings.Contains(s, "put of no key") || strings.HasSuffix(s, " ") {
					t.Errorf("%s, undo %v: %q", name, undo, s)
				}
			}
			want := []string{"begun ID preflight old: planned, strategy create, drain 0s as the operator named it, soak 10m by default",
				"word ID preflight old: accepted: what cannot be seen (nobody else is there)", "word ID preflight old: another marked key is no rival (it is of the other team)",
				"stage ID verify old: next: drain"}
			if !undo {
				want = append(want, "word ID drain old: nobody uses the old key (--drain 0)", "stage ID drain old: waited 0s as the operator named it; next: ", "old: the rotation is done")
			}
			for _, w := range want {
				if !says(told, strings.ReplaceAll(w, "ID", r.ID())) {
					t.Errorf("%s, undo %v: it was not told that %q\n%s", name, undo, w, strings.Join(told, "\n"))
				}
			}
			if f.Leaks(strings.Join(told, "\n")) {
				t.Errorf("%s: a secret was told", name)
			}
		}
	}
}

// TestEveryWordOfAPersonIsTold as it is journaled, whatever is asked.
func TestEveryWordOfAPersonIsTold(t *testing.T) {
	for name, sc := range map[string]world.Scenario{"manual": manualLike, "revive": with(vertesiaLike, func(sc *world.Scenario) { sc.Off = true }),
		"silent": with(prosopoLike, func(sc *world.Scenario) { sc.Silent = "all" }), "replace": with(genericLike, func(sc *world.Scenario) { sc.Wrong = "stranger" })} {
		f := in(t, sc)
		var told []string
		r := f.Start(func(p *rotation.Params) {
			p.Notify = func(t rotation.Notice) {
				if t.Kind == rotation.NoticeStatement {
					told = append(told, t.Text)
				}
			}
		})
		for range 60 {
			res := f.do(r)
			if res.Status == rotation.Finished {
				break
			}
			if q := res.Question; q != nil && q.Kind == rotation.AskPaste {
				secret := f.ByHand("made", r.View().NewName)
				if _, err := r.Answer(t.Context(), rotation.Answer{Kind: q.Kind, Subject: q.Subject, Choice: rotation.Yes, Secret: secret}); err != nil {
					t.Fatal(err)
				}
				continue
			}
			f.react(r, res)
		}
		var journaled []string
		for _, c := range r.View().Claims {
			if c.Kind() == rotation.PersonSaid {
				journaled = append(journaled, c.Evidence().Detail)
			}
		}
		if len(journaled) == 0 || !slices.Equal(told, journaled) {
			t.Errorf("%s: told\n%s\njournaled\n%s", name, strings.Join(told, "\n"), strings.Join(journaled, "\n"))
		}
	}
}

// TestAReasonHoldsNoSecretThatIsKnownHere, and the words of a command are none of a record's.
func TestAReasonHoldsNoSecretThatIsKnownHere(t *testing.T) {
	f := in(t, manualLike)
	var told []string
	r := f.Start(func(p *rotation.Params) {
		p.Notify = func(t rotation.Notice) { told = append(told, t.Text) }
		p.Credential = apikey.NewSecret("sk_live_the-administrators-own-0123456789")
	})
	f.until(r, rotation.Create)
	res := f.do(r)
	if res.Question == nil || res.Question.Kind != rotation.AskPaste {
		t.Fatalf("%+v", res)
	}
	secret := f.ByHand("made", r.View().NewName)
	if _, err := r.Answer(t.Context(), rotation.Answer{Kind: rotation.AskPaste, Subject: res.Question.Subject, Choice: rotation.Yes, Secret: secret}); err != nil {
		t.Fatal(err)
	}
	f.until(r, rotation.Drain)
	if err := r.Attest("nobody uses it: " + secret.Reveal() + " sk_live_the-administrators-own-0123456789"); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(told, "\n") + fmt.Sprint(r.View().Claims, r.View().History)
	if strings.Contains(all, secret.Reveal()) || strings.Contains(all, "administrators") || !strings.Contains(all, "nobody uses it: ") {
		t.Error(all)
	}
}

// wordy is a place that nobody can read, with words that may hold anything.
type wordy struct{ delivery.Destination }

func (wordy) Spec() string { return "command:/usr/bin/curl\t-H 'token: hunter2-of-the-command'" }
func (wordy) Describe() string {
	return "the standard input of curl -H 'token: hunter2-of-the-command'"
}
func (wordy) CanUndo() bool { return false }

func (w wordy) Put(ctx context.Context, job delivery.Job, secret apikey.Secret) (delivery.Report, error) {
	job.Expect = nil // it was not read
	return w.Destination.Put(ctx, job, secret)
}

func (wordy) ReadBack(context.Context, apikey.Secret) (delivery.Match, error) {
	return delivery.CannotTell, nil
}

func TestWhatIsToldHasNoWordsOfACommand(t *testing.T) {
	f := in(t, prosopoLike)
	var told []string
	r := f.Start(func(p *rotation.Params) {
		p.Destinations = []delivery.Destination{wordy{p.Destinations[0]}}
		p.Notify = func(t rotation.Notice) { told = append(told, t.Text) }
		p.Drain, p.AcceptUnknown = ptr(time.Duration(0)), "it was looked at"
	})
	f.drive(r)
	all := strings.Join(told, "\n")
	if strings.Contains(all, "hunter2") || !strings.Contains(all, "command:curl counts as using the new key (it was looked at)") {
		t.Error(all)
	}
}
