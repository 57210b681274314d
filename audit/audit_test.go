package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var alice = Action{Actor: Actor{"alice", "192.0.2.7:4711"}, Profile: "prod", Service: "prosopo", Action: "delete", KeyID: "k1", KeyName: "payments"}

func clock() func() time.Time {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return func() time.Time { at = at.Add(time.Second); return at }
}

func done(t *testing.T, l *Log, a Action) {
	t.Helper()
	e, err := l.Begin(a)
	if err == nil {
		err = e.End(Outcome{Result: Done, Certain: true})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir string, noted ...Head) ([]Record, Report) {
	t.Helper()
	var all []Record
	report, err := Read(dir, nil, noted, func(r Record) { all = append(all, r) })
	if err != nil {
		t.Fatal(err)
	}
	return all, report
}

// sound reads a log whose chain must hold.
func sound(t *testing.T, dir string) []Record {
	t.Helper()
	all, report := read(t, dir)
	if len(report.Problems) > 0 {
		t.Fatalf("%v", report.Problems)
	}
	return all
}

func lines(t *testing.T, dir string) []string {
	t.Helper()
	b, err := os.ReadFile(Path(dir))
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n")
}

func rewrite(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(Path(dir), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAnActionIsOnRecordBeforeAndAfter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "detent")
	l := Open(dir, clock())
	e, err := l.Begin(alice)
	if err != nil {
		t.Fatal(err)
	}
	if got := sound(t, dir); len(got) != 1 || got[0].Kind != Begin || got[0].Result != "" {
		t.Fatalf("before the call: %+v", got)
	}
	if err := e.End(Outcome{Result: Failed, Reason: "timeout"}); err != nil {
		t.Fatal(err)
	}
	all := sound(t, dir)
	end := all[1]
	if end.Kind != End || end.Ref != 1 || end.Who != "alice" || end.From != "192.0.2.7:4711" || end.KeyID != "k1" || end.KeyName != "payments" ||
		end.Profile != "prod" || end.Action != "delete" || end.Result != Failed || *end.Certain || end.Reason != "timeout" {
		t.Errorf("after the call: %+v", end)
	}
	for name, want := range map[string]os.FileMode{".": 0o700, logName: 0o600, headName: 0o600, lockName: 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

func TestHostileTextStaysOneHarmlessLine(t *testing.T) {
	dir := t.TempDir()
	l := Open(dir, clock())
	hostile := alice
	hostile.KeyName = "a\n{\"v\":1}\x1b]0;x\x07\u009b31m\u202e\u2028\xff\x7f" + string(rune(0xe0001)) + "<b>"
	hostile.KeyID = strings.Repeat("ü", 2500)
	done(t, l, hostile)
	all := sound(t, dir)
	if got := all[1].KeyName; got != strings.ToValidUTF8(hostile.KeyName, "\ufffd") {
		t.Errorf("the name came back as %q", got)
	}
	if got := all[1].KeyID; len(got) > maxText || !strings.HasSuffix(got, "ü…") {
		t.Errorf("5 kB became %d bytes: %.20q", len(got), got)
	}
	raw, _ := os.ReadFile(Path(dir))
	for _, r := range string(raw) {
		if r < 0x20 && r != '\n' || r >= 0x7f && r < 0xa0 || r == '\u202e' || r == '\u2028' || r == 0xe0001 {
			t.Errorf("%q is in the file as it is", r)
		}
	}
	for _, line := range lines(t, dir) {
		if !json.Valid([]byte(line)) || len(line) > maxLine {
			t.Errorf("%d bytes: %.60s", len(line), line)
		}
	}
}

func TestTornLineIsSealedAndTheChainHolds(t *testing.T) {
	for _, left := range []string{"{", `{"v":1,"seq":3`, "\x00\x00\x00", "half\nand half", "half\n", "\n", strings.Repeat("x", 300_000)} {
		dir := t.TempDir()
		l := Open(dir, clock())
		done(t, l, alice)
		f, err := os.OpenFile(Path(dir), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteString(left)
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		done(t, l, alice)
		all := sound(t, dir)
		if len(all) != 5 || all[2].Kind != Recovered || all[2].Torn.Bytes < int64(len(left)) {
			t.Errorf("%.20q: %+v", left, all)
		}
		if raw, _ := os.ReadFile(Path(dir)); !bytes.Contains(raw, []byte(left)) {
			t.Errorf("%.20q was taken away", left)
		}
		// What was sealed cannot be changed either.
		if len(left) > 2 {
			raw, _ := os.ReadFile(Path(dir))
			rewrite(t, dir, strings.Replace(string(raw), left, "y"+left[1:], 1))
			if _, report := read(t, dir); len(report.Problems) == 0 {
				t.Errorf("%.20q was changed and not found", left)
			}
		}
	}
}

func TestEveryCutOfTheLastLineIsSealed(t *testing.T) {
	dir := t.TempDir()
	done(t, Open(dir, clock()), alice)
	whole, _ := os.ReadFile(Path(dir))
	last := lines(t, dir)[1]
	before := len(whole) - len(last) - 1
	e, _ := ParseHead("1:" + lineHash(bytes.TrimSuffix(whole[:before], []byte("\n"))))
	for cut := before; cut <= len(whole); cut++ {
		rewrite(t, dir, string(whole[:cut]))
		if err := writeHead(dir, e); err != nil { // as it is when the record is being written
			t.Fatal(err)
		}
		_, report := read(t, dir)
		if ahead := cut >= len(whole)-1; len(report.Problems) > 0 || (report.Ahead == 1) != ahead || report.Torn != (cut > before && !ahead) {
			t.Fatalf("cut to %d: %+v", cut, report)
		}
		done(t, Open(dir, clock()), alice)
		want := 3
		switch {
		case cut >= len(whole)-1: // the record is whole, with or without the line's end
			want = 4
		case cut > before:
			want = 4 // and the one that seals
		}
		if got := sound(t, dir); len(got) != want {
			t.Fatalf("cut to %d: %d records, want %d", cut, len(got), want)
		}
	}
}

func TestMovedLogIsContinuedByTheNext(t *testing.T) {
	dir := t.TempDir()
	l := Open(dir, clock())
	done(t, l, alice)
	old := filepath.Join(dir, "audit.2026.log")
	if err := os.Rename(Path(dir), old); err != nil {
		t.Fatal(err)
	}
	if _, report := read(t, dir); len(report.Problems) != 1 || !strings.Contains(report.Problems[0].Text, "2 missing at the end") {
		t.Errorf("a log that is gone: %v", report.Problems)
	}
	done(t, l, alice)
	all, report := read(t, dir)
	if len(report.Problems) > 0 || all[0].Kind != Continued || report.First != 3 {
		t.Errorf("%+v %+v", report, all)
	}
	var n int
	report, err := Read(dir, []string{old}, nil, func(Record) { n++ })
	if err != nil || len(report.Problems) > 0 || n != 5 || report.First != 1 {
		t.Errorf("both: %d records, %+v %v", n, report, err)
	}
	b, _ := os.ReadFile(old)
	if err := os.WriteFile(old, bytes.Replace(b, []byte("alice"), []byte("mally"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if report, _ = Read(dir, []string{old}, nil, func(Record) {}); len(report.Problems) == 0 {
		t.Error("a change in the old file was not found")
	}
	if err := os.Truncate(old, int64(bytes.IndexByte(b, '\n')+1)); err != nil {
		t.Fatal(err)
	}
	if report, _ = Read(dir, []string{old}, nil, func(Record) {}); len(report.Problems) == 0 {
		t.Error("the cut end of the old file was not found")
	}
}

func TestNothingRecordedIsNoProblem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	if all, report := read(t, dir); len(all) != 0 || len(report.Problems) != 0 {
		t.Errorf("%v %+v", all, report)
	}
	done(t, Open(dir, clock()), alice)
	if err := os.Remove(filepath.Join(dir, headName)); err != nil {
		t.Fatal(err)
	}
	if _, report := read(t, dir); len(report.Problems) != 1 || !strings.Contains(report.Problems[0].Text, headName) {
		t.Errorf("a log without its head: %+v", report)
	}
}

func TestWhatCannotBeWrittenIsAnErrorAndLosesNothing(t *testing.T) {
	dir := t.TempDir()
	l := Open(dir, clock())
	done(t, l, alice)
	for name, text := range map[string]string{
		"newer record": fmt.Sprintf(`{"v":%d,"seq":3,"shape":"new"}`, version+1) + "\n",
		"not ours":     strings.Repeat("x", maxTorn+10) + "\n",
	} {
		before, _ := os.ReadFile(Path(dir))
		rewrite(t, dir, string(before)+text)
		_, err := l.Begin(alice)
		if err == nil {
			t.Errorf("%s: written", name)
		}
		if err := l.Writable(); err == nil {
			t.Errorf("%s: said to be writable", name)
		}
		if now, _ := os.ReadFile(Path(dir)); string(now) != string(before)+text {
			t.Errorf("%s: the file was changed", name)
		}
		rewrite(t, dir, string(before))
	}
	if err := os.WriteFile(filepath.Join(dir, headName), []byte(`{"v":2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Begin(alice); !errors.Is(err, errNewer) {
		t.Errorf("a newer head: %v", err)
	}
	blocked := Open(filepath.Join(Path(dir), "below-a-file"), clock())
	if _, err := blocked.Begin(alice); err == nil {
		t.Error("written below a file")
	}
}

func TestNotedHeadFindsALogThatWasMadeAnew(t *testing.T) {
	dir, forged := t.TempDir(), t.TempDir()
	done(t, Open(dir, clock()), alice)
	_, report := read(t, dir)
	noted, err := ParseHead(report.Head.String())
	if err != nil || noted != report.Head {
		t.Fatalf("%v %v", noted, err)
	}
	if report.Ahead != 0 {
		t.Errorf("%d records ahead of the head", report.Ahead)
	}
	other := alice
	other.Name = "mallory"
	done(t, Open(forged, clock()), other)
	done(t, Open(forged, clock()), other)
	if _, report := read(t, forged); len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	if _, report := read(t, forged, noted); len(report.Problems) != 1 || report.Problems[0].Line != 2 {
		t.Errorf("%v", report.Problems)
	}
	for _, bad := range []string{"", "x", "1:", "1:zz", ":" + noted.Hash, "-1:" + noted.Hash} {
		if _, err := ParseHead(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// chain makes the lines of a sound log in memory, the first half of them as version 1 wrote them.
func chain(n int) (out [][]byte, head Head) {
	at := clock()
	for i := range n {
		a := alice
		a.KeyName = fmt.Sprintf("key %d", i/2)
		if i >= n/2 {
			a.Granted, a.Before, a.Rotation, a.Stage = Fields{"role": text("reader")}, Fields{"name": text("web")}, "r7k2mq4xzp", "create"
		}
		r := record(Begin, a)
		if i%2 == 1 {
			r = record(End, a)
			r.Ref = head.Seq
			r.end(Outcome{Result: Done, Certain: true})
		}
		if i < n/2 {
			r.Version = 1
		}
		r.Seq, r.Prev, r.Time = head.Seq+1, head.Hash, at()
		line, _ := encode(r)
		out, head = append(out, line), Head{r.Seq, lineHash(line)}
	}
	return out, head
}

// TestEveryTamperedRecordIsFound spoils each of 10,000 records in each way. The verifier is a value: it goes on from where the
// records before stand, over the next few lines and to the end, so that each case costs a few lines and not the whole log.
func TestEveryTamperedRecordIsFound(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 1000
	}
	log, head := chain(n)
	kinds := map[string]func(i int) [][]byte{ // what stands in place of lines i to i+2
		"changed": func(i int) [][]byte {
			return around(log, i, bytes.Replace(log[i], []byte("alice"), []byte("mally"), 1))
		},
		"result":       func(i int) [][]byte { return around(log, i, bytes.Replace(log[i], []byte(`"k1"`), []byte(`"k2"`), 1)) },
		"time":         func(i int) [][]byte { return around(log, i, bytes.Replace(log[i], []byte("2026"), []byte("2025"), 1)) },
		"a bit":        func(i int) [][]byte { return around(log, i, flip(log[i], i)) },
		"a space":      func(i int) [][]byte { return around(log, i, bytes.Replace(log[i], []byte(","), []byte(", "), 1)) },
		"emptied":      func(i int) [][]byte { return around(log, i, nil) },
		"missing":      func(i int) [][]byte { return around(log, i) },
		"repeated":     func(i int) [][]byte { return around(log, i, log[i], log[i]) },
		"inserted":     func(i int) [][]byte { return around(log, i, log[i], inserted(log, i)) },
		"noise":        func(i int) [][]byte { return around(log, i, log[i], []byte("# a note")) },
		"next swapped": func(i int) [][]byte { return swapped(log, i) },
	}
	before := newVerifier("log", head)
	for i := range log {
		for kind, spoil := range kinds {
			if kind == "inserted" && i == n-1 {
				continue // behind the last record this is one more, as a writer killed before the head leaves it: Report.Ahead says so
			}
			v := before
			for _, line := range spoil(i) {
				v.next(line)
			}
			if len(v.found) == 0 && i < n-4 {
				t.Fatalf("record %d, %s: not found in the lines after it", i+1, kind)
			}
			if i >= n-4 { // at the end it is the head that tells
				for _, line := range log[min(i+3, n):] {
					v.next(line)
				}
				if _, r := v.finish(nil); len(r.Problems) == 0 && !r.Torn {
					t.Fatalf("record %d of %d, %s: not found", i+1, n, kind)
				}
			}
		}
		before.next(log[i])
		cut := before
		if _, r := cut.finish(nil); (len(r.Problems) == 0) != (i == n-1) {
			t.Fatalf("cut after record %d: %v", i+1, r.Problems)
		}
	}
}

// around are lines i to i+2 with others in place of line i.
func around(log [][]byte, i int, instead ...[]byte) [][]byte {
	return append(slices.Clone(instead), log[i+1:min(i+3, len(log))]...)
}

func flip(line []byte, i int) []byte {
	out := bytes.Clone(line)
	out[(i*7919)%len(out)] ^= 1
	return out
}

// inserted is a forged record that follows from line i as it should.
func inserted(log [][]byte, i int) []byte {
	r, _ := decode(log[i])
	r.Seq, r.Prev, r.Who = r.Seq+1, lineHash(log[i]), "mallory"
	line, _ := encode(r)
	return line
}

// swapped exchanges line i with the next; the last one with the one before it, which is a record moved to the end.
func swapped(log [][]byte, i int) [][]byte {
	if i == len(log)-1 {
		return [][]byte{log[i-1], log[i]}
	}
	return append([][]byte{log[i+1], log[i]}, log[min(i+2, len(log)):min(i+3, len(log))]...)
}

func FuzzRead(f *testing.F) {
	log, head := chain(4)
	f.Add(bytes.Join(log, []byte("\n")))
	f.Add([]byte("{}\n{\"v\":2}\n\n{\"v\":1,\"seq\":1"))
	sound := bytes.Join(log, []byte("\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		v := newVerifier("log", head)
		rest, err := v.read(bytes.NewReader(b), func(Record, []byte) error { return nil })
		if err != nil {
			return // refused: it does not pass for a log at all
		}
		_, r := v.finish(rest)
		if len(r.Problems) == 0 && !bytes.HasPrefix(b, sound) {
			t.Errorf("another log passes for this one: %q", b)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	l := Open(b.TempDir(), time.Now)
	for b.Loop() {
		if _, err := l.Begin(alice); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	log, head := chain(10_000)
	text := append(bytes.Join(log, []byte("\n")), '\n')
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		v := newVerifier("log", head)
		rest, err := v.read(bytes.NewReader(text), func(Record, []byte) error { return nil })
		if _, r := v.finish(rest); err != nil || len(r.Problems) > 0 {
			b.Fatal(err, r.Problems)
		}
	}
}
