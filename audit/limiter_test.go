package audit

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func refusedFrom(from string) Action {
	return Action{Actor: Actor{From: from}, Action: "login", Detail: "SHA256:x"}
}

// shown are the records of a log in few words.
func shown(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	for _, r := range sound(t, dir) {
		out = append(out, strings.TrimSpace(r.From+" "+r.Detail))
	}
	return strings.Join(out, "\n")
}

func TestAScannerCannotFillTheLog(t *testing.T) {
	dir := t.TempDir()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l := Open(dir, func() time.Time { return at })
	f := l.Limiter(2, 2, time.Hour)
	knock := func(from string) {
		t.Helper()
		if err := f.Event(from, refusedFrom(from), Outcome{Result: Refused, Certain: true, Reason: "unknown key"}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		knock("a")
		knock("b")
		knock(fmt.Sprint("other", i))
	}
	want := "a SHA256:x\nb SHA256:x\na SHA256:x\nb SHA256:x"
	if got := shown(t, dir); got != want {
		t.Errorf("in the hour:\n%s", got)
	}
	at = at.Add(time.Hour - time.Second)
	if err := f.Tick(); err != nil || shown(t, dir) != want {
		t.Errorf("before it is over: %v\n%s", err, shown(t, dir))
	}
	at = at.Add(time.Second)
	knock("c") // as Tick does, it tells what was counted first
	got := shown(t, dir)
	counted := "\na 98 more since 2026-03-01 12:00:00; the last: SHA256:x\nb 98 more since 2026-03-01 12:00:00; the last: SHA256:x\n" +
		"other99 100 more since 2026-03-01 12:00:00 from other addresses; the last: SHA256:x\n"
	if strings.Count(got, counted) != 1 {
		t.Errorf("%q is not there once:\n%s", counted, got)
	}
	if !strings.HasSuffix(got, "\nc SHA256:x") || strings.Count(got, "\n") != 7 {
		t.Errorf("after the hour:\n%s", got)
	}
	knock("c")
	knock("c")
	if err := f.Close(); err != nil || !strings.HasSuffix(shown(t, dir), "c 1 more since 2026-03-01 13:00:00; the last: SHA256:x") {
		t.Errorf("at the end: %v\n%s", err, shown(t, dir))
	}
	records := len(sound(t, dir))
	if err := f.Close(); err != nil || len(sound(t, dir)) != records {
		t.Errorf("it is told twice: %v", err)
	}
	if r := sound(t, dir)[4]; r.Kind != Event || r.Result != Refused || r.Reason != "unknown key" || r.Action != "login" {
		t.Errorf("%+v", r)
	}
}

func TestWhatTheLimiterCannotRecordIsToldAndForgotten(t *testing.T) {
	dir := t.TempDir()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f := Open(dir, func() time.Time { return at }).Limiter(1, 1, time.Hour)
	if err := os.Mkdir(Path(dir), 0o700); err != nil { // a folder in the log's place
		t.Fatal(err)
	}
	if err := f.Event("a", refusedFrom("a"), Outcome{Result: Refused}); err == nil {
		t.Error("nothing is said")
	}
	if err := f.Event("a", refusedFrom("a"), Outcome{Result: Refused}); err != nil {
		t.Errorf("what is only counted cannot fail: %v", err)
	}
	if err := f.Close(); err == nil {
		t.Error("the count is lost in silence")
	}
	if err := f.Close(); err != nil {
		t.Errorf("it is not forgotten: %v", err)
	}
}

// TestWhatWasCountedIsToldInTheOrderInWhichItCame, with many sources.
func TestWhatWasCountedIsToldInTheOrderInWhichItCame(t *testing.T) {
	dir := t.TempDir()
	f := Open(dir, func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }).Limiter(0, 20, time.Hour)
	var want []string
	for i := range 20 {
		from := fmt.Sprint("h", i*7%20)
		if err := f.Event(from, refusedFrom(from), Outcome{Result: Refused}); err != nil {
			t.Fatal(err)
		}
		want = append(want, from+" 1 more since 2026-03-01 12:00:00; the last: SHA256:x")
	}
	if err := f.Close(); err != nil || shown(t, dir) != strings.Join(want, "\n") {
		t.Errorf("%v\n%s", err, shown(t, dir))
	}
}
