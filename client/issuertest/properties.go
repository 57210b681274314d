package issuertest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"

	"detent/apikey"
	"detent/client"
)

// oddValues are what a row may have in the place of a property: none of them may break a list, or reach a terminal as it came.
func oddValues() map[string]any {
	many := make([]any, 20_000)
	for i := range many {
		many[i] = "word"
	}
	return map[string]any{"null": nil, "a text": "x", "a number": 7, "a flag": true, "an array": []any{"b", "a", "b"}, "objects": []any{map[string]any{"name": "a"}, map[string]any{"other": 1}}, "an object": map[string]any{"a": "b"},
		"nested": json.RawMessage(strings.Repeat("[", 40) + strings.Repeat("]", 40)), "many": many, "long": strings.Repeat("x", 100_000),
		"hostile": "a\x1b[2J\u202eb\u0085", "hostile words": []any{"a\x1b]0;x\x07", "\u200b"}, "hostile names": map[string]any{"\x1b[2J": true}, "an instant": "2026-11-23T10:00:00+01:00", "no instant": "0000-00-00"}
}

// properties asks of what keys have beside what holds for each kind: what a row has is scrubbed, bounded and JSON, in order where it is a list,
// and a value of another kind is not sent.
func (u *suite) properties(t *testing.T) {
	list, create := u.need(t, "list"), u.first("create")
	body := list.exchanges[len(list.exchanges)-1].answer.body
	id, name := u.shown(t, list)
	id = u.raw(body, id)
	for _, p := range u.open(t, list, "https://issuer.example").Capabilities().Properties {
		field := string(p.Field)
		shown := false
		row(t, body, func(r map[string]any) { _, shown = r[field] }, id, name)
		for what, value := range oddValues() {
			if !shown {
				break
			}
			u.made++
			t.Run(field+", "+what, func(t *testing.T) {
				odd := row(t, body, func(r map[string]any) { r[field] = value }, id, name)
				r, err := u.do(t.Context(), t, u.open(t, list, list.altered(t, func(_ int, usual reply) reply { return usual.with(odd) }).URL), list)
				if err != nil || r.first == nil {
					t.Fatalf("the list is lost: %v", err)
				}
				raw := r.first.Extra[field]
				plain := !strings.ContainsFunc(string(raw), func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) })
				if raw != nil && !json.Valid(raw) || !plain {
					t.Errorf("it is %.200q", raw)
				}
				words := apikey.PropertyWords(raw)
				if p.Listed() && !slices.IsSorted(words) || !p.Numeric() && (len(raw) > 10_000 || strings.Contains(string(raw), `\u001b`) || strings.Contains(string(raw), `\u202e`)) {
					t.Errorf("it is %.200q", raw)
				}
			})
		}
		if create == nil {
			continue
		}
		wrong := map[bool]string{true: `"x"`, false: `{"a":1}`}[p.Listed()]
		u.unsent(t, field+" of another kind", create, client.Invalid, field, func(s client.Service) error {
			draft := create.args.draft(t)
			draft.Extra = map[string]json.RawMessage{field: json.RawMessage(wrong)}
			_, err := s.Create(t.Context(), draft)
			return err
		})
	}
}
