package rotation

import (
	"context"
	"fmt"
	"strings"

	"detent/apikey"
	"detent/delivery"
)

// Part names the rotation that a call, or a delivery, is a part of. It goes with the context of every act (PartOf).
type Part struct {
	ID    string
	Stage Step
	// Old is the key that is replaced, New the one that takes its place; without an id before it was created.
	Old, New apikey.Key
}

type partKey struct{}

// PartOf is the rotation that a context comes from; false where it comes from none.
func PartOf(ctx context.Context) (Part, bool) {
	p, ok := ctx.Value(partKey{}).(Part)
	return p, ok
}

func (r *Rotation) part() Part {
	p := Part{ID: r.j.ID, Stage: r.j.Step, Old: apikey.Key{ID: r.j.Old.ID, Name: r.j.Old.Name}}
	if r.j.New != nil {
		p.New = apikey.Key{ID: r.j.New.ID, Name: r.j.New.Name}
		if r.j.inPlace() { // as the service calls it
			p.New.ID = r.j.Old.ID
		}
	}
	return p
}

func (r *Rotation) within(ctx context.Context) context.Context {
	return context.WithValue(ctx, partKey{}, r.part())
}

// NoticeKind is what a rotation tells.
type NoticeKind string

// What it tells.
const (
	NoticeBegun     NoticeKind = "begun" // the preflight is over: the mode, the waits, and what was allowed beforehand
	NoticeStage     NoticeKind = "stage" // a stage is over: how long it waited, where it did
	NoticeStatement NoticeKind = "word"  // a person's word, with the reason
)

// Notice is what no call shows, for whoever records what was done. No text holds a secret, nor the arguments of a command.
type Notice struct {
	Part
	Kind NoticeKind
	Text string
}

func (r *Rotation) notify(part Part, kind NoticeKind, text string) {
	if r.w.Notify == nil || r.planOnly {
		return
	}
	for _, d := range r.j.Destinations {
		short := delivery.Short(d.Spec)
		text = strings.ReplaceAll(strings.ReplaceAll(text, d.Describe, short), d.Spec, short)
	}
	r.w.Notify(Notice{part, kind, text})
}

// Redact masks in a text for a record what this process knows to be a secret.
func (r *Rotation) Redact(text string) string {
	r.busy.Lock()
	defer r.busy.Unlock()
	return r.withoutSecrets(text)
}

// withoutSecrets masks what this process knows to be one: a reason is typed where a secret was typed before.
func (r *Rotation) withoutSecrets(text string) string {
	known := []apikey.Secret{r.secret, r.old, r.w.Credential}
	if r.pasted != nil {
		known = append(known, r.pasted.secret)
	}
	for _, s := range r.formers {
		known = append(known, s)
	}
	for _, s := range known {
		text = s.Redact(text)
	}
	return text
}

// notifyBegun says how a rotation begins, and what was allowed beforehand.
func (r *Rotation) notifyBegun(part Part) {
	j := r.j
	how := []string{string(j.Mode) + ", strategy " + j.Strategy}
	if j.OldFirst {
		how = append(how, "the old key first")
	}
	if j.Mode == Planned {
		how = append(how, "drain "+waitOf(j, Drain), "soak "+waitOf(j, Soak))
	}
	for _, c := range []struct {
		is   bool
		text string
	}{{j.Replace, "may replace what a destination holds"}, {j.Revive, "may come alive again"}, {j.AllowMixed, "beside another environment's values"},
		{j.AllowTracked, "in a file that git tracks"}, {j.AllowOwner, "in a file of another owner"}} {
		if c.is {
			how = append(how, c.text)
		}
	}
	r.notify(part, NoticeBegun, strings.Join(how, ", "))
	if j.AcceptUnknown != "" {
		r.notify(part, NoticeStatement, r.withoutSecrets(fmt.Sprintf("accepted: what cannot be seen (%s)", j.AcceptUnknown)))
	}
	if j.NotMine != "" {
		r.notify(part, NoticeStatement, r.withoutSecrets(fmt.Sprintf("another marked key is no rival (%s)", j.NotMine)))
	}
}

// waitOf is how long a stage was to wait, and by whose word.
func waitOf(j *journal, stage Step) string {
	length, named := j.Drain, j.DrainExplicit
	if stage == Soak {
		length, named = j.Soak, j.SoakExplicit
	}
	if named {
		return span(length) + " as the operator named it"
	}
	return span(length) + " by default"
}

// stageOver tells of a stage that is over, where no call of it says so: one that looked or waited, one that was left for another than
// the next, and the last. from is where the rotation stood.
func (r *Rotation) stageOver(from Part, to Step) {
	if r.w.Notify == nil {
		return
	}
	if from.Stage == Preflight && to != Preflight {
		r.notifyBegun(from)
		return
	}
	v := viewOf(r.j, r.strategy, false)
	text := "next: " + string(to)
	switch {
	case from.Stage == Drain || from.Stage == Soak:
		text = "waited " + waitOf(r.j, from.Stage) + "; " + text
	case from.Stage == Verify:
	case to == Done:
		text = "the rotation is done"
	case to == r.strategy.after(from.Stage, &v):
		return
	}
	r.notify(from, NoticeStage, text)
}

// recordStatement records a person's word.
func (r *Rotation) recordStatement(subject, format string, args ...any) {
	text := r.withoutSecrets(fmt.Sprintf(format, args...))
	r.observed(PersonSaid, subject, "person", "%s", text)
	r.log("a person said: %s", text)
	r.notify(r.part(), NoticeStatement, text)
}
