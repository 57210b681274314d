package audit

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"
)

// TestARecordThatNoDetentWroteIsNone: of each kind a sound one, and each way in which it can lack something.
func TestARecordThatNoDetentWroteIsNone(t *testing.T) {
	yes := true
	sound := map[Kind]Record{
		Begin: {Kind: Begin, Action: "delete"}, End: {Kind: End, Action: "delete", Ref: 6, Result: Done, Certain: &yes},
		Event: {Kind: Event, Action: "login", Result: Done, Certain: &yes}, Recovered: {Kind: Recovered, Torn: &Torn{Bytes: 1, Hash: strings.Repeat("a", 64)}}, Continued: {Kind: Continued},
	}
	spoil := map[string]func(r *Record, of Kind) (applies bool){
		"no number":       func(r *Record, _ Kind) bool { r.Seq = 0; return true },
		"no time":         func(r *Record, _ Kind) bool { r.Time = time.Time{}; return true },
		"an unknown kind": func(r *Record, _ Kind) bool { r.Kind = "x"; return true },
		"no action":       func(r *Record, of Kind) bool { r.Action = ""; return of == Begin || of == End || of == Event },
		"no result":       func(r *Record, of Kind) bool { r.Result = ""; return of == End || of == Event },
		"not said whether certain": func(r *Record, of Kind) bool {
			r.Certain = nil
			return of == End || of == Event
		},
		"ended":                 func(r *Record, of Kind) bool { r.Result, r.Certain = Done, &yes; return of == Begin },
		"the end of nothing":    func(r *Record, of Kind) bool { r.Ref = 0; return of == End },
		"the end of itself":     func(r *Record, of Kind) bool { r.Ref = r.Seq; return of == End },
		"the end of what comes": func(r *Record, of Kind) bool { r.Ref = r.Seq + 1; return of == End },
		"seals nothing":         func(r *Record, of Kind) bool { r.Torn = nil; return of == Recovered },
		"seals no byte":         func(r *Record, of Kind) bool { r.Torn = &Torn{Hash: strings.Repeat("a", 64)}; return of == Recovered },
	}
	for kind, good := range sound {
		good.Version, good.Seq, good.Time, good.Prev = version, 7, time.Unix(1_800_000_000, 0), strings.Repeat("b", 64)
		if err := good.check(); err != nil {
			t.Errorf("%s: a sound one is refused: %v", kind, err)
		}
		for name, do := range spoil {
			bad := good
			if do(&bad, kind) && bad.check() == nil {
				t.Errorf("%s, %s: taken", kind, name)
			}
		}
	}
}

// TestLooseFilesAreMadeTheUsersAlone, and those that are so already stay as they are.
func TestLooseFilesAreMadeTheUsersAlone(t *testing.T) {
	for _, c := range []struct{ dir, file, wantDir, wantFile fs.FileMode }{
		{0o755, 0o644, 0o700, 0o600}, {0o710, 0o620, 0o700, 0o600}, {0o701, 0o601, 0o700, 0o600}, {0o700, 0o600, 0o700, 0o600}, {0o500 | 0o200, 0o600, 0o700, 0o600},
	} {
		dir := t.TempDir()
		l := Open(dir, clock())
		if err := l.Event(alice, Outcome{Result: Done}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Chmod(Path(dir), c.file), os.Chmod(dir, c.dir)); err != nil {
			t.Fatal(err)
		}
		if err := l.Event(alice, Outcome{Result: Done}); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]fs.FileMode{dir: c.wantDir, Path(dir): c.wantFile} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
				t.Errorf("%+v: %s is %v, %v", c, path, info.Mode(), err)
			}
		}
	}
}

// TestHeadsThatDoNotAgreeAreTold: two of one number, and one of a record before the file's first.
func TestHeadsThatDoNotAgreeAreTold(t *testing.T) {
	dir := t.TempDir()
	l := Open(dir, clock())
	for range 3 {
		if err := l.Event(alice, Outcome{Result: Done}); err != nil {
			t.Fatal(err)
		}
	}
	problems := func(noted ...Head) string {
		report, err := Read(dir, nil, noted, func(Record) {})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, p := range report.Problems {
			out = append(out, p.Text)
		}
		return strings.Join(out, "\n")
	}
	head, _, err := readHead(dir)
	if err != nil || problems(head, head, Head{}) != "" {
		t.Fatalf("the same head twice, and that of nothing: %v %s", err, problems(head, head, Head{}))
	}
	if got := problems(Head{3, strings.Repeat("c", 64)}); !strings.Contains(got, "is not the one that was noted") {
		t.Errorf("another head of one number: %q", got)
	}
	if err := os.Rename(Path(dir), dir+"/old"); err != nil {
		t.Fatal(err)
	}
	if err := l.Event(alice, Outcome{Result: Done}); err != nil {
		t.Fatal(err)
	}
	if got := problems(Head{1, strings.Repeat("d", 64)}); !strings.Contains(got, "record 1, which a head names, lies in another file") {
		t.Errorf("a head of the file before: %q", got)
	}
	if got := problems(Head{}); got != "" {
		t.Errorf("the head of nothing: %q", got)
	}
}
