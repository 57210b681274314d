package host

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client"
)

// TryOptions are those of a trial.
type TryOptions struct {
	// Write makes keys, proves and changes them, and deletes them again; else it only reads.
	Write bool
	// Record is a file, which is not there yet, for which calls and fields held; empty for none.
	Record string
}

// TryIssuer tries a user's own file on the service of the selected profile: its address, its credential and its parents, whatever
// issuer it names. What it says of each step holds no name, id or secret beside the names of the keys that it makes itself.
func (h *Host) TryIssuer(ctx context.Context, file string, o TryOptions, out io.Writer) error {
	d, err := h.CheckIssuer(file)
	if err != nil {
		return err
	}
	p, err := h.Selected()
	if err != nil {
		return err
	}
	if p.Embedded {
		return Usagef("profile %s is on the key service inside detent: name one of the service that %s describes with --profile", p.Name, file)
	}
	readOnly, err := h.ReadOnly(p)
	if err != nil {
		return err
	}
	if o.Write && readOnly {
		return Usagef("--write: the profile is read-only")
	}
	t := &trial{h: h, out: out, d: d, record: newRecord(d, h.o.Now())}
	if o.Record != "" {
		if err := t.record.open(o.Record); err != nil {
			return Usage(fmt.Errorf("--record: %w", err))
		}
	}
	t.watch = &client.Trial{Answered: t.answered}
	p.Service = d.Name
	if t.s, err = h.openWith(ctx, p, filepath.Dir(file), !o.Write, t.watch); err != nil {
		return t.record.close(err)
	}
	t.say("%s, proven by %s, against profile %s", d.Title, d.Proven, p.Name)
	err = t.run(ctx, o.Write)
	return t.record.close(err)
}

// run reads, and writes where it may.
func (t *trial) run(ctx context.Context, write bool) error {
	if err := t.reads(ctx); err != nil {
		return err
	}
	if write {
		if t.d.Create == nil || !t.s.Caps.Create.OK {
			t.untried("create", "%s", t.s.Caps.Create.Why)
		} else if err := t.writes(ctx); err != nil {
			return err
		}
		t.refusals()
		t.left()
	} else {
		t.say("%-12s what needs a key of its own (create, expiry, further pages, update, delete, refusals): --write makes some, and deletes them", "not tried")
	}
	if t.failed {
		return ErrNo
	}
	return nil
}

// reads lists, says which declared fields came, and holds a made-up secret against the probes.
func (t *trial) reads(ctx context.Context) error {
	keys, err := t.s.List(ctx)
	if err != nil {
		t.failure("list", "%s", t.d.List.Call.Call)
		return err
	}
	t.held("list", "%s: %d keys", t.d.List.Call.Call, len(keys))
	for _, f := range t.fields() {
		n := 0
		for _, k := range keys {
			if f.has(k) {
				n++
			}
		}
		if !f.declared {
			continue
		}
		t.record.field(f.name, n, len(keys))
		switch {
		case len(keys) == 0:
		case n == 0:
			t.say("%-12s %s: of none of the keys: is it called otherwise?", "field", f.name)
		default:
			t.say("%-12s %s: of %d of %d", "field", f.name, n, len(keys))
		}
	}
	proof, err := t.s.Service.Probe(ctx, apikey.MadeUp(t.s.token, rand.Reader), "")
	if err != nil {
		t.failure("probe", "%s, with a made-up secret", t.d.Probes[0].Call)
		return err
	}
	if proof.Refused() {
		t.held("probe", "a made-up secret: refused: %s", proof.Evidence)
		return nil
	}
	t.failure("probe", "a made-up secret: %s: %s", verdictWord(proof), proof.Evidence)
	t.say("%-12s nothing is proven as long as a made-up secret is not refused: choose another probe%s", "", because(proof))
	return ErrNo
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
		t.failure(step, "of %d refusals %d are not in the shape that is declared (%s): a proxy's are taken for what they are, and so are these", own+others, others, strings.Join(statuses, ", "))
	case own > 0:
		t.held(step, "%d refusals, each in the shape that is declared", own)
	case others > 0:
		t.failure(step, "no refusal was in the shape that is declared (%s): they are taken for those of a proxy", strings.Join(statuses, ", "))
	default:
		t.untried(step, "the service refused nothing")
	}
}
