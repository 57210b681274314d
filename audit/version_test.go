package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// firstVersion is a copy of a log that version 1 wrote, in two files: with hostile names, a line that a killed process left, a
// refusal, and an action without an end.
func firstVersion(t *testing.T) (dir, older string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"older.log", logName, headName} {
		b, err := os.ReadFile(filepath.Join("testdata", "v1", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, filepath.Join(dir, "older.log")
}

// whole reads both files of it.
func whole(t *testing.T, dir, older string) ([]Record, Report) {
	t.Helper()
	var all []Record
	report, err := Read(dir, []string{older}, nil, func(r Record) { all = append(all, r) })
	if err != nil {
		t.Fatal(err)
	}
	return all, report
}

func TestALogOfTheFirstVersionIsReadAndGoesOn(t *testing.T) {
	dir, older := firstVersion(t)
	first, report := whole(t, dir, older)
	if len(report.Problems) > 0 || len(first) != 12 || report.Head.Seq != 12 || report.Ahead != 0 {
		t.Fatalf("as it was written: %+v", report)
	}
	made := Action{Actor: alice.Actor, Action: "create", KeyName: "n", Granted: Fields{"role": text("reader"), "expires_at": json.RawMessage("null")},
		Rotation: "r7k2mq4xzp", Stage: "create"}
	e, err := Open(dir, clock()).Begin(made)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.End(Outcome{Result: Done, Certain: true, KeyID: "k9", KeyName: "n", Granted: Fields{"role": text("viewer")}}); err != nil {
		t.Fatal(err)
	}
	all, report := whole(t, dir, older)
	if len(report.Problems) > 0 || len(all) != 14 {
		t.Fatalf("after a record of this version: %+v", report)
	}
	begin, end := all[12], all[13]
	if all[11].Version != 1 || begin.Version != version || string(begin.Granted["role"]) != `"reader"` || string(begin.Granted["expires_at"]) != "null" ||
		begin.Rotation != "r7k2mq4xzp" || begin.Stage != "create" {
		t.Errorf("begun: %+v", begin)
	}
	if string(end.Granted["role"]) != `"viewer"` || end.Rotation != begin.Rotation || end.KeyID != "k9" {
		t.Errorf("the end has what the service said: %+v", end)
	}
}

// TestWhatIsForgedInAMixedLogIsFound: every line of it, changed, taken out, repeated, or with fields that its version did not have.
func TestWhatIsForgedInAMixedLogIsFound(t *testing.T) {
	dir, older := firstVersion(t)
	made := alice
	made.Granted = Fields{"role": text("reader")}
	for range 2 {
		done(t, Open(dir, clock()), made)
	}
	for _, name := range []string{older, Path(dir)} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all := bytes.SplitAfter(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
		for i, line := range all {
			for what, instead := range map[string][]byte{
				"taken out": nil,
				"repeated":  append(bytes.Clone(append(bytes.TrimSuffix(bytes.Clone(line), []byte("\n")), '\n')), line...),
				"a word":    bytes.Replace(line, []byte("alice"), []byte("mally"), 1),
				"granted":   bytes.Replace(line, []byte(`"reader"`), []byte(`"admin"`), 1),
				"promoted":  bytes.Replace(line, []byte(`"v":1`), []byte(`"v":2`), 1),
				"demoted":   bytes.Replace(line, []byte(`"v":2`), []byte(`"v":1`), 1),
				"enriched":  bytes.Replace(line, []byte(`,"kind"`), []byte(`,"stage":"drain","kind"`), 1),
			} {
				if bytes.Equal(instead, line) {
					continue
				}
				forged := bytes.Join([][]byte{bytes.Join(all[:i], nil), instead, bytes.Join(all[i+1:], nil)}, nil)
				if err := os.WriteFile(name, append(forged, '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
				if _, report := whole(t, dir, older); len(report.Problems) == 0 && !report.Torn {
					t.Errorf("%s:%d, %s: not found", filepath.Base(name), i+1, what)
				}
			}
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, report := whole(t, dir, older); len(report.Problems) > 0 {
		t.Errorf("put back: %v", report.Problems)
	}
}

func TestARecordOfTheFirstVersionHasNothingOfTheSecond(t *testing.T) {
	r := record(Begin, alice)
	r.Seq, r.Time = 1, clock()()
	for what, spoil := range map[string]func(r *Record){
		"granted":  func(r *Record) { r.Granted = Fields{"role": text("reader")} },
		"before":   func(r *Record) { r.Before = Fields{"role": text("reader")} },
		"after":    func(r *Record) { r.After = Fields{"role": text("reader")} },
		"rotation": func(r *Record) { r.Rotation = "r" },
		"stage":    func(r *Record) { r.Stage = "drain" },
	} {
		for v, ok := range map[int]bool{1: false, 2: true} {
			with := r
			with.Version = v
			spoil(&with)
			line, err := encode(with)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := decode(line); (err == nil) != ok {
				t.Errorf("version %d with %s: %v", v, what, err)
			}
		}
	}
}

// TestFieldsAreKeptWholeUpToABound, and a record of any size can be read again and gone on from.
func TestFieldsAreKeptWholeUpToABound(t *testing.T) {
	var permissions []string
	for i := range 500 {
		permissions = append(permissions, fmt.Sprintf("SomeFeature.permission%d", i))
	}
	list, err := json.Marshal(permissions)
	if err != nil {
		t.Fatal(err)
	}
	many := Fields{}
	for i := range 100 {
		many[fmt.Sprintf("field %03d", i)] = text("x")
	}
	steers := text(strings.Repeat("\u202e", maxValues/3-2))
	for what, c := range map[string]struct {
		given Fields
		want  map[string]string // a part of each value
		size  int
	}{
		"an account's whole list": {Fields{"permissions": list}, map[string]string{"permissions": `"SomeFeature.permission499"`}, 1},
		"more than there is room": {Fields{"a": text(strings.Repeat("a", maxValues)), "b": text("kept")}, map[string]string{"a": "not kept: 32770 bytes", "b": "kept"}, 2},
		"together more":           {Fields{"a": text(strings.Repeat("a", maxValues-100)), "b": text(strings.Repeat("b", 200))}, map[string]string{"b": "not kept: 202 bytes"}, 2},
		"many":                    {many, map[string]string{"…": "36 more", "field 000": "x"}, maxFields + 1},
		"no JSON":                 {Fields{"a": json.RawMessage(`{"x`), "b": nil}, map[string]string{"a": "no JSON", "b": "no JSON"}, 2},
		"what steers":             {Fields{"a": steers}, map[string]string{"a": "\u202e"}, 1},
		"none":                    {Fields{}, nil, 0},
	} {
		dir := t.TempDir()
		a := alice
		a.Granted, a.Before, a.After = c.given, c.given, c.given
		done(t, Open(dir, clock()), a)
		done(t, Open(dir, clock()), a)
		for _, r := range sound(t, dir) {
			for _, got := range []Fields{r.Granted, r.Before, r.After} {
				if len(got) != c.size {
					t.Errorf("%s: %d fields, want %d", what, len(got), c.size)
				}
				for id, part := range c.want {
					var value any
					if err := json.Unmarshal(got[id], &value); err != nil || !strings.Contains(fmt.Sprintf("%q", value), strings.Trim(fmt.Sprintf("%q", part), `"`)) && !strings.Contains(string(got[id]), part) {
						t.Errorf("%s: %s is %.80s, want %q in it", what, id, got[id], part)
					}
				}
			}
		}
		raw, err := os.ReadFile(Path(dir))
		if err != nil || strings.ContainsAny(string(raw), "\u202e\x1b") {
			t.Errorf("%s: what steers a terminal is in the file as it is: %v", what, err)
		}
	}
}
