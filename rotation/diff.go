package rotation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
)

// slack is how far two lifetimes may differ and still be the same: rounding, and the time between
// asking and creating.
func slack(life time.Duration) time.Duration { return min(2*time.Minute, max(5*time.Second, life/20)) }

const untold = "unknown"

// diff compares the access of the old key and the new one, field by field, as far
// as keys of this service have the field. It is empty before create.
func (j *journal) diff() []Difference {
	if j.New == nil {
		return nil
	}
	out := compare(j.Old.key(), j.New.key(), j.Fields)
	for i, d := range out {
		if d.Verdict == NotTold && j.AcceptUnknown != "" {
			out[i].Verdict, out[i].Reason = Tolerated, j.AcceptUnknown
		}
		for _, a := range j.Accepted {
			if d.Blocks() && a.Field == d.Field && a.Old == d.Old && a.New == d.New {
				out[i].Verdict, out[i].Reason = Tolerated, a.Reason
			}
		}
	}
	return out
}

func compare(old, fresh apikey.Key, fields []apikey.Field) []Difference {
	var out []Difference
	for _, f := range fields {
		d := Difference{Field: f}
		if f == apikey.FieldExpiry {
			d.Old, d.New, d.Verdict = compareLifetime(old, fresh)
		} else {
			d.Old, d.New = value(f, old), value(f, fresh)
			switch {
			case d.Old == untold || d.New == untold:
				d.Verdict = NotTold
			case d.Old == d.New:
				d.Verdict = Equal
			default:
				d.Verdict = Differs
			}
		}
		out = append(out, d)
	}
	return out
}

// value is one field in words, made so that equal access gives equal words.
// A project or extra properties that are absent are reported as absent; the other fields every
// key of such a service has, so that without a word about them they are unknown.
func value(f apikey.Field, k apikey.Key) string {
	or := func(s, absent string) string {
		if s == "" {
			return absent
		}
		return s
	}
	switch f {
	case apikey.FieldPermissions:
		if len(k.Permissions) == 0 {
			return untold
		}
		var all []string
		for _, p := range k.Permissions {
			all = append(all, p.String())
		}
		slices.Sort(all)
		return strings.Join(slices.Compact(all), ", ")
	case apikey.FieldRole:
		return or(k.Role, untold)
	case apikey.FieldType:
		return or(k.Type, untold)
	case apikey.FieldEnvironment:
		return or(string(k.Environment), untold)
	case apikey.FieldProject:
		return or(k.Project, "none")
	case apikey.FieldRestrictions:
		return restrictionWords(k.Restrictions)
	case apikey.FieldExtra:
		return extraWords(k.Extra)
	}
	return untold
}

func restrictionWords(r *apikey.Restrictions) string {
	if r == nil {
		return untold
	}
	if r.Empty() {
		return "none"
	}
	var parts []string
	for _, p := range []struct {
		what   string
		values []string
	}{{"ip", r.IPAddresses}, {"referrer", r.Referrers}, {"endpoint", r.Endpoints}} {
		if len(p.values) > 0 {
			parts = append(parts, p.what+" "+strings.Join(slices.Sorted(slices.Values(p.values)), " "))
		}
	}
	return strings.Join(parts, "; ")
}

func extraWords(extra map[string]json.RawMessage) string {
	var parts []string
	for name, raw := range extra {
		text := canonical(raw)
		if text == "null" || text == "{}" || text == "[]" || text == "" {
			continue // as good as absent
		}
		parts = append(parts, name+" "+text)
	}
	if len(parts) == 0 {
		return "none"
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

// canonical writes JSON so that equal values are equal text: no blanks, members sorted, numbers as
// they came.
func canonical(raw json.RawMessage) string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return string(raw)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return string(raw)
	}
	return string(b)
}

// compareLifetime compares how long the keys live, not when they end.
func compareLifetime(old, fresh apikey.Key) (oldWords, newWords string, v Verdict) {
	oldWords, newWords = lifetimeWords(old), lifetimeWords(fresh)
	switch {
	case !old.ExpiresAt.Known() || !fresh.ExpiresAt.Known():
		return oldWords, newWords, NotTold
	case old.ExpiresAt.IsNever() || fresh.ExpiresAt.IsNever():
		if old.ExpiresAt.IsNever() && fresh.ExpiresAt.IsNever() {
			return oldWords, newWords, Equal
		}
		return oldWords, newWords, Differs
	}
	was, known := lifetime(old)
	is, alsoKnown := lifetime(fresh)
	if !known || !alsoKnown {
		// The draft ended with the old key then; the ends can be compared.
		oldEnd, _ := old.ExpiresAt.Time()
		newEnd, _ := fresh.ExpiresAt.Time()
		was, is = 0, newEnd.Sub(oldEnd)
	}
	if (is - was).Abs() <= slack(was) {
		return oldWords, newWords, Equal
	}
	return oldWords, newWords, Differs
}

// lifetime is how long the key lives from its creation; false where the service does not say, or
// where what it says makes no sense.
func lifetime(k apikey.Key) (time.Duration, bool) {
	end, ends := k.ExpiresAt.Time()
	start, starts := k.CreatedAt.Time()
	if !ends || !starts || !end.After(start) || end.Sub(start) > apikey.MaxLifetime {
		return 0, false
	}
	return end.Sub(start), true
}

func lifetimeWords(k apikey.Key) string {
	if k.ExpiresAt.IsNever() {
		return "never expires"
	}
	end, ok := k.ExpiresAt.Time()
	if !ok {
		return untold
	}
	if d, ok := lifetime(k); ok {
		return "lives " + span(d)
	}
	return "expires " + end.UTC().Format(time.RFC3339)
}

// span is a length of time as people say it, rounded to its larger units.
func span(d time.Duration) string {
	switch hours := d.Round(time.Hour); {
	case hours >= 24*time.Hour && (d-hours).Abs() <= slack(hours): // asked for 30 days, a key may live a moment less
		d = hours
	case d > time.Second:
		d = d.Round(time.Second)
	}
	days, rest := d/(24*time.Hour), d%(24*time.Hour)
	switch {
	case days > 0 && rest < time.Hour:
		return fmt.Sprintf("%dd", days)
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, rest/time.Hour)
	}
	text := d.String() // 15m, not 15m0s
	if d >= time.Minute && d%time.Minute == 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d >= time.Hour && d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// blocked lists the differences that hold the deletion back.
func blocked(diff []Difference) []Difference {
	return slices.DeleteFunc(slices.Clone(diff), func(d Difference) bool { return !d.Blocks() })
}

func diffWords(diff []Difference) []string {
	var out []string
	for _, d := range diff {
		switch d.Verdict {
		case Differs:
			out = append(out, fmt.Sprintf("%s differs: old %s, new %s", d.Field, d.Old, d.New))
		case NotTold:
			out = append(out, fmt.Sprintf("%s is not reported by the service: old %s, new %s", d.Field, d.Old, d.New))
		}
	}
	return out
}
