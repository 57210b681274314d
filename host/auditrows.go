package host

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/audit"
	"detent/desk"
)

// AuditRow is one action: its end where there is one, with the time of its begin.
type AuditRow struct {
	Seq     uint64     `json:"seq"`
	Time    time.Time  `json:"time"`
	Ended   *time.Time `json:"ended,omitempty"`
	Who     string     `json:"who"`
	From    string     `json:"from"`
	Profile string     `json:"profile,omitempty"`
	Service string     `json:"service,omitempty"`
	Action  string     `json:"action"`
	KeyID   string     `json:"key_id,omitempty"`
	KeyName string     `json:"key_name,omitempty"`
	Detail  string     `json:"detail,omitempty"`
	// Since version 2 of the record: fields of a key by their ids, as a key's JSON has them, and the rotation that it is a part of.
	Granted  audit.Fields `json:"granted,omitempty"`
	Before   audit.Fields `json:"before,omitempty"`
	After    audit.Fields `json:"after,omitempty"`
	Rotation string       `json:"rotation,omitempty"`
	Stage    string       `json:"stage,omitempty"`
	Result   audit.Result `json:"result"`
	Certain  bool         `json:"certain"`
	Reason   string       `json:"reason,omitempty"`
}

// AuditRows pairs begins with ends as the records come.
type AuditRows struct {
	Since time.Time // only what was begun since
	Rows  []AuditRow
	open  map[uint64]int // rows whose end did not come yet, by the number of the begin
}

// Add takes the next record.
func (t *AuditRows) Add(r audit.Record) {
	if t.open == nil {
		t.open = map[uint64]int{}
	}
	row := AuditRow{Seq: r.Seq, Time: r.Time, Who: r.Who, From: r.From, Profile: r.Profile, Service: r.Service, Action: r.Action,
		KeyID: r.KeyID, KeyName: r.KeyName, Detail: r.Detail, Granted: r.Granted, Before: r.Before, After: r.After, Rotation: r.Rotation, Stage: r.Stage,
		Result: r.Result, Reason: r.Reason}
	if r.Certain != nil {
		row.Certain = *r.Certain
	}
	switch r.Kind {
	case audit.Begin:
		if !r.Time.Before(t.Since) {
			row.Result = audit.Unknown
			t.open[r.Seq] = len(t.Rows)
			t.Rows = append(t.Rows, row)
		}
	case audit.End:
		at, begun := t.open[r.Ref]
		if begun {
			row.Seq, row.Time, row.Ended = r.Ref, t.Rows[at].Time, &r.Time
			t.Rows[at] = row
			delete(t.open, r.Ref)
		}
	case audit.Event:
		if !r.Time.Before(t.Since) {
			t.Rows = append(t.Rows, row)
		}
	}
}

// AuditFilter is which rows are shown; what is empty asks for nothing.
type AuditFilter struct {
	Key, Operator string
	Sees          func(profile string) bool // nil is all
}

// Of are the rows that are asked for. With a key come the rotations that it takes part in, whole: what was done to the other key, and
// where its secret went, is a part of what became of it.
func (f AuditFilter) Of(rows []AuditRow) []AuditRow {
	rotations := map[string]bool{}
	for _, r := range rows {
		if f.Key != "" && r.Rotation != "" && r.concerns(f.Key) {
			rotations[r.Rotation] = true
		}
	}
	return slices.DeleteFunc(rows, func(r AuditRow) bool {
		return f.Operator != "" && r.Who != f.Operator || f.Key != "" && !r.concerns(f.Key) && !rotations[r.Rotation] || f.Sees != nil && r.Profile != "" && !f.Sees(r.Profile)
	})
}

// concerns reports whether a row is about a key, by its id, its name, or its name without the mark of a rotation.
func (r AuditRow) concerns(key string) bool {
	base, _ := apikey.SplitName(r.KeyName)
	return r.KeyID == key || r.KeyName == key || base == key
}

// inOrder are the ids of fields with their labels, in the order in which a key's fields are told, and then the others.
func inOrder(f audit.Fields) iter.Seq2[string, string] {
	return func(yield func(id, label string) bool) {
		left := maps.Clone(f)
		for info := range apikey.Fields() {
			id := string(info.ID)
			if _, there := left[id]; there && !yield(id, info.Label) {
				return
			}
			delete(left, id)
		}
		for _, id := range slices.Sorted(maps.Keys(left)) {
			if !yield(id, strings.ReplaceAll(id, "_", " ")) {
				return
			}
		}
	}
}

// FieldWords are fields in words.
func FieldWords(f audit.Fields) []string {
	var out []string
	for id, label := range inOrder(f) {
		out = append(out, label+" "+valueWords(id, f[id]))
	}
	return out
}

// valueWords are a value as JSON has it in words.
func valueWords(id string, value json.RawMessage) string {
	var v any
	if err := json.Unmarshal(value, &v); err != nil {
		return string(value)
	}
	info := apikey.FieldOf(apikey.Field(id))
	switch v := v.(type) {
	case string:
		return cmp.Or(v, "none")
	case bool:
		return map[bool]string{true: cmp.Or(info.Switch[0], "yes"), false: cmp.Or(info.Switch[1], "no")}[v]
	case nil:
		return "never" // the only field that says so is an end
	case []any:
		return listWords(v)
	case map[string]any:
		if info.Kind != apikey.KindRestrictions {
			break
		}
		var parts []any
		for _, name := range []string{"ip_addresses", "referrers", "endpoints"} {
			list, _ := v[name].([]any)
			parts = append(parts, list...)
		}
		return listWords(parts)
	}
	return string(value)
}

func listWords(list []any) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = fmt.Sprint(v)
	}
	return cmp.Or(strings.Join(words, " "), "none")
}

// More is what a row says beside who, which key and what came of it.
func (r AuditRow) More() []string {
	var out []string
	if r.Detail != "" && (r.Action != string(desk.Update) || len(r.After) == 0) { // a change of a key is told by what it replaces
		out = append(out, r.Detail)
	}
	if len(r.Granted) > 0 {
		out = append(out, "granted "+strings.Join(FieldWords(r.Granted), ", "))
	}
	if changes := r.changes(); len(changes) > 0 {
		out = append(out, strings.Join(changes, ", "))
	}
	if r.Rotation != "" && !strings.Contains(r.Detail, r.Rotation) {
		out = append(out, strings.TrimSuffix("rotation "+r.Rotation+" at "+r.Stage, " at "))
	}
	return out
}

// changes say what was replaced by what: "role reader → executor"; what is gone: "was role reader".
func (r AuditRow) changes() []string {
	var out []string
	both := maps.Clone(r.After)
	if both == nil {
		both = audit.Fields{}
	}
	maps.Copy(both, r.Before)
	for id, label := range inOrder(both) {
		before, was := r.Before[id]
		after, is := r.After[id]
		switch {
		case was && is:
			out = append(out, label+" "+valueWords(id, before)+" → "+valueWords(id, after))
		case is:
			out = append(out, label+" → "+valueWords(id, after))
		case was:
			out = append(out, "was "+label+" "+valueWords(id, before))
		}
	}
	return out
}
