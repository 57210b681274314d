// Package trial tries an issuer's file on a service: it lists, and makes, proves, changes and deletes keys of its own. It says of each step
// what became of it, and records that without any name, id or secret of the service's.
//
// Its files, from the bottom up: record.go, what can be sent in; trial.go, what every step needs; fields.go, which members of rows came; make.go
// and second.go, the keys of its own; limits.go, roll.go and write.go, the steps that change them; and this one.
package trial

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/client/kit"
	"detent/desk"
)

// Options are what a trial is made of.
type Options struct {
	Issuer *kit.Declaration
	// Write makes keys, proves and changes them, and deletes them again; else it only reads.
	Write bool
	// Record takes which calls and fields held, and is closed; nil for none.
	Record io.WriteCloser
	// Out takes a line a step.
	Out   io.Writer
	Now   func() time.Time
	Pause func(ctx context.Context, d time.Duration) error
	// Open opens the service by the issuer's file; watch is to see every answer.
	Open func(ctx context.Context, watch *client.Trial) (Opened, error)
}

// Opened is the service that is tried, by a profile.
type Opened struct {
	Profile     string
	Environment apikey.Environment
	Desk        *desk.Desk
	Service     client.Service // its writes are orders
	Caps        apikey.Capabilities
	Token       apikey.Secret // what the profile authenticates with
	Parents     map[string]string
}

// Run tries an issuer's file, and reports whether all held. What it says of each step holds no name, id or secret beside the names of the
// keys that it makes itself.
func Run(ctx context.Context, o Options) (held bool, err error) {
	t := &trial{o: o, d: o.Issuer, record: newRecord(o.Issuer, o.Now(), o.Record), came: map[string]bool{}, others: map[string]bool{}}
	t.watch = &client.Trial{Of: t.d, Answered: t.answered, Row: t.showed, Passed: t.over}
	if t.s, err = o.Open(ctx, t.watch); err == nil {
		t.say("%s, proven by %s, against profile %s", t.d.Title, t.d.Proven, t.s.Profile)
		err = t.run(ctx)
	}
	return t.failures == 0, t.record.close(err)
}

// run reads, and writes where it may.
func (t *trial) run(ctx context.Context) error {
	if proves, err := t.reads(ctx); err != nil || !proves {
		return err
	}
	if t.o.Write {
		if t.d.Create == nil || !t.s.Caps.Create.OK {
			t.untried("create", "%s", t.s.Caps.Create.Why)
		} else if err := t.writes(ctx); err != nil {
			return err
		}
		t.refusals()
		t.unshown()
	} else {
		t.say("%-12s what needs a key of its own (%s): --write makes some, and deletes them", "not tried", strings.Join(t.needsKeys(), ", "))
	}
	return nil
}

// needsKeys is what of the file only keys of the trial's own can show.
func (t *trial) needsKeys() (out []string) {
	d := t.d
	for _, of := range []struct {
		what string
		has  bool
	}{
		{"create", d.Create != nil}, {"expiry", d.Can("expiry")}, {"limits and other properties", len(d.Properties) > 0}, {"update", d.Update != nil}, {"enable and disable", d.Can("disable")},
		{"roll", d.Roll != nil}, {"further pages", d.List.Pages != nil || d.List.Paging != ""}, {"delete", d.Delete != nil}, {"refusals", true},
	} {
		if of.has {
			out = append(out, of.what)
		}
	}
	return out
}

// reads lists, says which declared fields came, and holds a made-up secret against the probes.
func (t *trial) reads(ctx context.Context) (proves bool, err error) {
	keys, err := client.ListAll(ctx, t.s.Service)
	if err != nil {
		t.failure("list", "%s", t.d.List.Call.Call)
		return false, err
	}
	others := ""
	if len(t.d.List.Only) > 0 {
		others = fmt.Sprintf(", and %s of another kind, which list.only passes over", apikey.Count(t.passed, "row"))
	}
	t.held("list", "%s: %s%s", t.d.List.Call.Call, apikey.Count(len(keys), "key"), others)
	t.fieldsOf(keys)
	t.catalogues(ctx)
	t.parents(ctx)
	proof, err := t.s.Service.Probe(ctx, apikey.MadeUp(t.s.Token, rand.Reader), "")
	if err != nil {
		t.failure("probe", "%s, with a made-up secret", t.d.Probes[0].Call)
		return false, err
	}
	if proof.TurnedAway() {
		t.held("probe", "a made-up secret: refused: %s", proof.Evidence)
		return true, nil
	}
	t.failure("probe", "a made-up secret: %s: %s", verdictWord(proof), proof.Evidence)
	t.say("%-12s nothing is proven as long as a made-up secret is not refused: choose another probe%s", "", because(proof))
	return false, nil
}

// catalogues asks what a new key can be given, where the file says that the service tells: what is tried after it is of that.
func (t *trial) catalogues(ctx context.Context) {
	catalogue := t.s.Service.Abilities().Catalogue
	if catalogue == nil {
		return
	}
	told, err := catalogue(ctx)
	switch {
	case client.IsKind(err, client.Forbidden):
		t.untried("catalogue", "what a new key can be given: the profile's credential may not ask")
		return
	case err != nil:
		t.wrong("catalogue", "what a new key can be given", err)
		return
	}
	var parts []string
	words := 0
	for _, of := range told.Choices {
		words += len(of)
	}
	for what, n := range map[string]int{"permission": len(told.Permissions), "role": len(told.Roles), "environment": len(told.Environments), "choice": words} {
		if n > 0 {
			parts = append(parts, apikey.Count(n, what))
		}
	}
	slices.Sort(parts)
	t.held("catalogue", "the service names %s", strings.Join(parts, ", "))
	now := t.s.Service.Capabilities()
	t.s.Caps.PermissionGroups, t.s.Caps.Roles, t.s.Caps.Environments, t.s.Caps.Properties = now.PermissionGroups, now.Roles, now.Environments, now.Properties
}

// parents asks what keys can belong to, where the file says that the service tells. What the profile has should be among that.
func (t *trial) parents(ctx context.Context) {
	for _, p := range t.d.Parents {
		choices := t.s.Service.Abilities().ParentChoices
		if p.Catalogue == nil || choices == nil {
			continue
		}
		step := "parent"
		told, err := choices(ctx, p.Name)
		is := func(c client.Choice) bool { return c.ID == t.s.Parents[p.Name] }
		switch {
		case client.IsKind(err, client.Forbidden):
			t.untried(step, "%s: which there are: the profile's credential may not ask", p.Name)
		case err != nil:
			t.wrong(step, p.Name+": which there are", err)
		case !told.More && !slices.ContainsFunc(told.All, is):
			t.untried(step, "%s: the service names %d, and the profile's is none of them: is the id of a row what calls take?", p.Name, len(told.All))
		default:
			t.held(step, "%s: the service names %d%s", p.Name, len(told.All), map[bool]string{true: ", and has more"}[told.More])
		}
	}
}

// refusals says whether a refusal of the issuer's own was told from one of a proxy's by what the file has for it.
func (t *trial) refusals() {
	own, others, statuses := 0, 0, []string{}
	for _, a := range t.since(0) {
		switch {
		case a.Status < 400 && !a.Own, a.Status >= 500, a.Status == 429:
		case a.Own:
			own++
		default:
			others++
			if status := fmt.Sprint(a.Status); !slices.Contains(statuses, status) {
				statuses = append(statuses, status)
			}
		}
	}
	step := "refusals.own"
	switch {
	case own > 0 && others > 0:
		t.failure(step, "of %s %d are not in the shape that is declared (%s): a proxy's are taken for what they are, and so are these", apikey.Count(own+others, "refusal"), others, strings.Join(statuses, ", "))
	case own > 0:
		t.held(step, "%s, each in the shape that is declared", apikey.Count(own, "refusal"))
	case others > 0:
		t.failure(step, "no refusal was in the shape that is declared (%s): they are taken for those of a proxy", strings.Join(statuses, ", "))
	default:
		t.untried(step, "the service refused nothing")
	}
}
