package desk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detent/apikey"
	"detent/delivery"
)

// TestWhatADeliveryReplacedComesBackUntilItIsSettled: to whatever it was, an absent file and an added variable too.
func TestWhatADeliveryReplacedComesBackUntilItIsSettled(t *testing.T) {
	const absent = "\x00"
	for _, tc := range []struct{ spec, was, since, want string }{
		{"env-file:%:API_KEY", "A=1\nAPI_KEY='old' # mine\nB=2", "", "A=1\nAPI_KEY='old' # mine\nB=2"},
		{"env-file:%:API_KEY", "A=1\n", "", "A=1\n"},
		{"env-file:%:API_KEY", absent, "", absent},
		{"file:%", "old", "", "old"},
		{"file:%", absent, "", absent},
		{"file:%", "old", "theirs", "theirs"},
		{"env-file:%:API_KEY", "API_KEY=old\n", "API_KEY=theirs\nC=3\n", "API_KEY=theirs\nC=3\n"},
		{"env-file:%:API_KEY", "API_KEY=old\n", "C=3\nAPI_KEY=a-new-secret-0123456789\n", "C=3\nAPI_KEY=old\n"}, // an edit beside it stays
		{"file:%", "a-new-secret-0123456789", "", "a-new-secret-0123456789"},                                    // it was there already
	} {
		for _, settled := range []bool{false, true} {
			path := filepath.Join(t.TempDir(), ".env")
			if tc.was != absent {
				mustWrite(t, path, tc.was)
			}
			d, err := delivery.Parse(strings.ReplaceAll(tc.spec, "%", path), delivery.Options{})
			if err != nil {
				t.Fatal(err)
			}
			run := NewDelivery("", func(string) {})
			run.Job.Replace, run.Keeps = true, true
			places, secret := []delivery.Destination{d}, apikey.NewSecret("a-new-secret-0123456789")
			if err := errors.Join(run.Preflight(t.Context(), places, secret), run.Put(t.Context(), places, secret)); err != nil {
				t.Fatal(err)
			}
			if kept := len(run.Keeping()) == 1; kept != (tc.was != secret.Reveal()) {
				t.Errorf("%q: keeps %q", tc.was, run.Keeping())
			}
			if tc.since != "" {
				mustWrite(t, path, tc.since)
			}
			now, _ := os.ReadFile(path)
			want := tc.want
			if settled {
				run.Settle(t.Context())
				want = string(now)
			}
			for range 2 { // a second time it does nothing
				if err := run.TakeBack(t.Context()); err != nil {
					t.Errorf("%q: %v", tc.was, err)
				}
			}
			got, err := os.ReadFile(path)
			if errors.Is(err, os.ErrNotExist) {
				got = []byte(absent)
			}
			if string(got) != want {
				t.Errorf("%q, settled %v: %q, want %q", tc.was, settled, got, want)
			}
			if left, _ := filepath.Glob(path + ".detent-*"); len(left) > 0 {
				t.Errorf("%q: %q are left", tc.was, left)
			}
		}
	}
}

// TestWhatCannotBeTakenBackStaysKept: it can be tried again.
func TestWhatCannotBeTakenBackStaysKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "app")
	path := filepath.Join(dir, ".env")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, path, "API_KEY=old\n")
	d, err := delivery.Parse("env-file:"+path+":API_KEY", delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	run := NewDelivery("", func(string) {})
	run.Job.Replace, run.Keeps = true, true
	if err := run.Put(context.Background(), []delivery.Destination{d}, apikey.NewSecret("a-new-secret-0123456789")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if err := run.TakeBack(t.Context()); err == nil || len(run.Keeping()) != 1 {
		t.Fatalf("%v, and it keeps %q", err, run.Keeping())
	}
	if err := errors.Join(os.Rename(dir+".away", dir), run.TakeBack(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "API_KEY=old\n" {
		t.Errorf("%q", got)
	}
}

func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
