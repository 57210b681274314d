package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
	"detent/audit"
	"detent/desk"
	"detent/host"
	"detent/table"
)

// auditRow is one action: its end where there is one, with the time of its begin.
type auditRow struct {
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

// auditRows pairs begins with ends as the records come.
type auditRows struct {
	since time.Time
	rows  []auditRow
	open  map[uint64]int // rows whose end did not come yet, by the number of the begin
}

func (t *auditRows) add(r audit.Record) {
	row := auditRow{Seq: r.Seq, Time: r.Time, Who: r.Who, From: r.From, Profile: r.Profile, Service: r.Service, Action: r.Action,
		KeyID: r.KeyID, KeyName: r.KeyName, Detail: r.Detail, Granted: r.Granted, Before: r.Before, After: r.After, Rotation: r.Rotation, Stage: r.Stage,
		Result: r.Result, Reason: r.Reason}
	if r.Certain != nil {
		row.Certain = *r.Certain
	}
	switch r.Kind {
	case audit.Begin:
		if !r.Time.Before(t.since) {
			row.Result = audit.Unknown
			t.open[r.Seq] = len(t.rows)
			t.rows = append(t.rows, row)
		}
	case audit.End:
		at, begun := t.open[r.Ref]
		if begun {
			row.Seq, row.Time, row.Ended = r.Ref, t.rows[at].Time, &r.Time
			t.rows[at] = row
			delete(t.open, r.Ref)
		}
	case audit.Event:
		if !r.Time.Before(t.since) {
			t.rows = append(t.rows, row)
		}
	}
}

// auditFilter is which rows are shown; what is empty asks for nothing.
type auditFilter struct {
	key, operator string
	sees          func(profile string) bool // nil is all
}

// of are the rows that are asked for. With a key come the rotations that it takes part in, whole: what was done to the other key, and
// where its secret went, is a part of what became of it.
func (f auditFilter) of(rows []auditRow) []auditRow {
	rotations := map[string]bool{}
	for _, r := range rows {
		if f.key != "" && r.Rotation != "" && r.concerns(f.key) {
			rotations[r.Rotation] = true
		}
	}
	return slices.DeleteFunc(rows, func(r auditRow) bool {
		return f.operator != "" && r.Who != f.operator || f.key != "" && !r.concerns(f.key) && !rotations[r.Rotation] || f.sees != nil && r.Profile != "" && !f.sees(r.Profile)
	})
}

// concerns reports whether a row is about a key, by its id, its name, or its name without the mark of a rotation.
func (r auditRow) concerns(key string) bool {
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

// fieldWords are fields in words.
func fieldWords(f audit.Fields) []string {
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
		return orElse(v, "none")
	case bool:
		return map[bool]string{true: orElse(info.Switch[0], "yes"), false: orElse(info.Switch[1], "no")}[v]
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
	return orElse(strings.Join(words, " "), "none")
}

func orElse(text, or string) string {
	if text == "" {
		return or
	}
	return text
}

// more is what a row says beside who, which key and what came of it.
func (r auditRow) more() []string {
	var out []string
	if r.Detail != "" && (r.Action != string(desk.Update) || len(r.After) == 0) { // a change of a key is told by what it replaces
		out = append(out, r.Detail)
	}
	if len(r.Granted) > 0 {
		out = append(out, "granted "+strings.Join(fieldWords(r.Granted), ", "))
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
func (r auditRow) changes() []string {
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

// writeAudit writes a table; where that is wider than the terminal, each action in lines of its own.
func (a *app) writeAudit(rows []auditRow) error {
	if len(rows) == 0 {
		a.say("nothing is on record here")
		return nil
	}
	var buffer bytes.Buffer
	if err := writeAuditTable(&buffer, rows); err != nil {
		return err
	}
	text := buffer.String()
	width := widthOf(a.world.Out)
	for line := range strings.SplitSeq(text, "\n") {
		if width > 0 && ansi.StringWidth(line) > width {
			return writeAuditLines(a.out, rows, width)
		}
	}
	_, err := io.WriteString(a.out, text)
	return err
}

// auditTime is how a time is shown.
const auditTime = "2006-01-02T15:04:05Z"

// oneLine is a text that stays in its cell.
func oneLine(text string) string { return strings.Join(strings.Fields(host.Plain(text)), " ") }

// outcome says what came of an action.
func (r auditRow) outcome() string {
	text := string(r.Result)
	if !r.Certain && r.Result != audit.Unknown {
		text += ", not certain"
	}
	if r.Reason != "" {
		text += " (" + oneLine(r.Reason) + ")"
	}
	return text
}

func writeAuditTable(w io.Writer, rows []auditRow) error {
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = []string{r.Time.UTC().Format(auditTime), r.Who, r.From, r.Profile, r.Action, r.KeyName, r.KeyID, r.outcome(), strings.Join(r.more(), "; ")}
		for c, cell := range cells[i] {
			if cells[i][c] = oneLine(cell); cells[i][c] == "" {
				cells[i][c] = "-"
			}
		}
	}
	return table.Write(w, []string{"TIME", "WHO", "FROM", "PROFILE", "ACTION", "KEY", "ID", "RESULT", "DETAIL"}, cells)
}

// writeAuditLines writes an action as a sentence under who did it, broken to the width.
func writeAuditLines(w io.Writer, rows []auditRow, width int) error {
	var b strings.Builder
	part := func(before, text, after string) string {
		if text = oneLine(text); text == "" {
			return ""
		}
		return before + text + after
	}
	for _, r := range rows {
		who := oneLine(r.Who)
		if who == "" {
			who = "somebody"
		}
		what := oneLine(r.Action) + part(" ", r.KeyName, "") + part(" (", r.KeyID, ")") + part(" on ", r.Profile, "") + ": " + r.outcome() + part("; ", strings.Join(r.more(), "; "), "")
		head := r.Time.UTC().Format(auditTime) + "  " + who + part(" from ", r.From, "")
		b.WriteString(ansi.Wrap(head, width, "") + "\n  " + strings.ReplaceAll(ansi.Wrap(what, max(width-2, 1), ""), "\n", "\n  ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeAuditCSV writes a line an action, as RFC 4180 has it.
func writeAuditCSV(w io.Writer, rows []auditRow) error {
	cells := make([][]string, len(rows))
	for i, r := range rows {
		ended := ""
		if r.Ended != nil {
			ended = r.Ended.UTC().Format(time.RFC3339Nano)
		}
		cells[i] = []string{strconv.FormatUint(r.Seq, 10), r.Time.UTC().Format(time.RFC3339Nano), ended, r.Who, r.From, r.Profile, r.Service, r.Action, r.KeyID, r.KeyName,
			r.Rotation, r.Stage, strings.Join(fieldWords(r.Granted), "; "), strings.Join(fieldWords(r.Before), "; "), strings.Join(fieldWords(r.After), "; "),
			r.Detail, string(r.Result), strconv.FormatBool(r.Certain), r.Reason}
	}
	return writeCSV(w, []string{"seq", "time", "ended", "who", "from", "profile", "service", "action", "key_id", "key_name",
		"rotation", "stage", "granted", "before", "after", "detail", "result", "certain", "reason"}, cells)
}
