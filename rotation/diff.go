package rotation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
)

// diff compares the access of the new key with the old one's, and with what was asked for, field by field, as far
// as keys of this service have the field or it is reported all the same. It is empty before create.
func (j *journal) diff(now time.Time) []Difference {
	if j.New == nil {
		return nil
	}
	old, made := j.Old.key(), j.New.key()
	if j.renews() && made.ExpiresAt.Known() && made.ExpiresAt.Equal(old.ExpiresAt) { // taken over as it was, and not as long again
		made.CreatedAt = old.CreatedAt
	}
	out := compare(old, made, j.Fields)
	switch {
	case j.inPlace(): // it is the same key: what is not reported of it is as it was
		out = slices.DeleteFunc(out, func(d Difference) bool { return d.Verdict == Unreported })
	case j.renews():
	case !j.Manual && rule("compare: with what was asked"):
		out = stricter(out, apikey.CompareDraft(j.draft(), j.askedAt(now), j.New.key(), j.Fields))
	}
	for i, d := range out {
		if (d.Verdict == Unreported || !rule("compare: a reported difference needs a person")) && j.AcceptUnknown != "" {
			out[i].Verdict, out[i].Reason = Tolerated, j.AcceptUnknown
		}
		if d.Field == apikey.FieldEnabled && j.Revive && d.Blocks() {
			out[i].Verdict, out[i].Reason = Tolerated, "it may come alive again, as you said"
		}
		if reason, said := j.wasAccepted(d); said && d.Blocks() {
			out[i].Verdict, out[i].Reason = Tolerated, reason
		}
	}
	return out
}

// wasAccepted reports whether a person has accepted a difference, and why.
func (j *journal) wasAccepted(d Difference) (reason string, said bool) {
	for _, a := range j.Accepted {
		if a.Field == d.Field && a.Old == d.Old && a.New == d.New {
			return a.Reason, true
		}
	}
	return "", false
}

// askedAt is when the new key was asked for: its lifetime counts from there.
func (j *journal) askedAt(now time.Time) time.Time {
	if made, ok := j.New.CreatedAt.Time(); ok {
		return made
	}
	return now
}

// draft is what the new key is asked for with: the old one's access and lifetime.
func (j *journal) draft() apikey.Draft {
	return apikey.DraftOf(j.Old.key(), j.Name)
}

// stricter adds to the comparison with the old key what differs from the draft alone: access that nobody asked for.
func stricter(out []Difference, asked []apikey.Difference) []Difference {
	for _, d := range asked {
		if d.Verdict != apikey.Differs {
			continue
		}
		i := slices.IndexFunc(out, func(have Difference) bool { return have.Field == d.Field })
		switch {
		case i < 0:
			out = append(out, Difference{Field: d.Field, Old: d.Old, New: d.New, Verdict: Differs})
		case out[i].Verdict == Unreported && out[i].New != notReported:
			out[i].Verdict = Differs
		}
	}
	return out
}

// compare compares the access of two keys. That of another account is another, where both rows name theirs.
func compare(old, fresh apikey.Key, fields []apikey.Field) []Difference {
	var out []Difference
	for _, d := range apikey.Compare(old, fresh, fields) {
		out = append(out, Difference{Field: d.Field, Old: d.Old, New: d.New, Verdict: Verdict(d.Verdict)})
	}
	if old.Account != "" && fresh.Account != "" && old.Account != fresh.Account {
		out = append(out, Difference{Field: apikey.FieldAccount, Old: old.Account, New: fresh.Account, Verdict: Differs})
	}
	return out
}

const notReported = "unknown"

// value is a field of access in words. The field that stands for all further ones has a word for each.
func value(f apikey.Field, k apikey.Key) string {
	if f != apikey.FieldExtra {
		return apikey.FieldOf(f).Words(k)
	}
	var parts []string
	for row := range apikey.FieldsOf(&k) {
		if text := row.Words(k); row.IsExtra() && text != "none" {
			parts = append(parts, string(row.ID)+" "+text)
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, "; ")
}

// blocked lists the differences that hold the deletion back.
func blocked(diff []Difference) []Difference {
	return slices.DeleteFunc(slices.Clone(diff), func(d Difference) bool { return !d.Blocks() })
}

// sayable is what a person's own declaration of the service can say about what a key lacks, in brackets.
func (r *Rotation) sayable(f apikey.Field) string {
	if says := r.caps.Unreported[f]; says != "" {
		return " (" + says + ")"
	}
	return ""
}

func (r *Rotation) diffWords(diff []Difference) []string {
	var out []string
	for _, d := range diff {
		switch d.Verdict {
		case Differs:
			out = append(out, fmt.Sprintf("%s differs: old %s, new %s", d.Field, d.Old, d.New))
		case Unreported:
			out = append(out, fmt.Sprintf("%s is not reported by the service: old %s, new %s%s", d.Field, d.Old, d.New, r.sayable(d.Field)))
		}
	}
	return out
}

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

// unseen names what the list does not tell of the old key's access, so that a key that is made like it may have that otherwise. An end that
// nobody shows is an end that there may be.
func (j *journal) unseen() (out []string) {
	old := j.Old.key()
	for _, d := range apikey.Compare(old, old, j.Fields) {
		if d.Verdict == apikey.Unreported {
			out = append(out, string(d.Field))
		}
	}
	if expiry := string(apikey.FieldExpiry); !old.ExpiresAt.Known() && !slices.Contains(out, expiry) {
		out = append(out, expiry)
	}
	return out
}

// noneOfIt is how a field is told that a key has nothing of.
const noneOfIt = "none"
