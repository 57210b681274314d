package rotation

import (
	"fmt"
	"strings"
	"time"

	"detent/apikey"
)

// lack is access of the old key that a create cannot ask for: what the new key has of it is the service's choice.
type lack struct {
	Field apikey.Field `json:"field"`
	Old   string       `json:"old"`
	// New is what the new key will have instead, where that is known.
	New string `json:"new,omitzero"`
}

func (l lack) words() string {
	switch {
	case l.New != "":
		return fmt.Sprintf("%s: old %s, and a new key: %s at most", l.Field, l.Old, strings.TrimPrefix(l.New, "lives "))
	case l.Field == apikey.FieldRestrictions:
		return fmt.Sprintf("%s: the old key has %s, which a create cannot ask for: the new key may have none, and could do more", l.Field, l.Old)
	}
	return fmt.Sprintf("%s: the old key has %s, which a create cannot ask for: the new key may have none, or what the service chooses", l.Field, l.Old)
}

// findLacks compares what the old key is seen to have with what a create can ask for. A person in a dashboard can ask for all, and a roll takes
// over what there is.
func (r *Rotation) findLacks(old apikey.Key) {
	r.j.Lacks = nil
	if r.j.Manual || r.j.Roll != nil {
		return
	}
	for _, id := range r.caps.Unsent {
		f := apikey.FieldOf(id)
		if words := f.Words(old); f.Reported(&old) && words != noneOfIt && words != f.Usual {
			r.j.Lacks = append(r.j.Lacks, lack{Field: id, Old: words})
		}
	}
	asked := apikey.LifetimeOf(old)
	fit, fits := r.caps.Lifetimes.Fit(asked, r.w.Wall())
	if fits && r.caps.Expiry.OK && shorter(asked, fit, r.w.Wall()) {
		r.j.Lacks = append(r.j.Lacks, lack{Field: apikey.FieldExpiry, Old: apikey.LifetimeWords(old), New: "lives " + span(fit.After)})
	}
}

// noneOfIt is how a field is told that a key has nothing of.
const noneOfIt = "none"

// shorter reports whether a lifetime is shorter by more than what rounding takes.
func shorter(asked, fit apikey.Expiry, now time.Time) bool {
	switch {
	case fit.IsNever():
		return false
	case asked.IsNever():
		return true
	}
	life := asked.Instant(now).Sub(now)
	return life-fit.Instant(now).Sub(now) > life/20
}

// askLacks: less access in production stops an application, and more is a risk: a person says beforehand that the new key may differ so.
func (r *Rotation) askLacks() *Question {
	var open []string
	for _, l := range r.j.Lacks {
		if reason, said := r.j.wasAccepted(Difference{Field: l.Field, Old: l.Old, New: l.instead()[0]}); said {
			r.note("%s. So it is made, as you said (%s)", l.words(), reason)
		} else {
			open = append(open, l.words())
		}
	}
	if len(open) == 0 {
		return nil
	}
	return &Question{Kind: AskLacks, Text: "the new key would not have the access of the old one", Lines: open,
		Choices: yesNo("create it all the same", "the new key is made without what cannot be asked for, and is compared with the old one before it is delivered", WantsReason), Default: No}
}

// instead are what the new key is told to have where a person has accepted that it lacks this.
func (l lack) instead() []string {
	if l.New != "" {
		return []string{l.New}
	}
	return []string{notReported, noneOfIt}
}

// without names the fields that the new key is not asked to have.
func (j *journal) without() []string {
	var out []string
	for _, l := range j.Lacks {
		out = append(out, string(l.Field))
	}
	return out
}
