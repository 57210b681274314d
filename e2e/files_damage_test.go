//go:build unix

package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"detent/cli"

	_ "modernc.org/sqlite"
)

// here runs the program in this process, in that home.
func (h *home) here(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Run(context.Background(), args, cli.World{In: strings.NewReader(stdin), Out: &out, Err: &errs, Environ: h.env, Now: time.Now, Zone: time.UTC,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	return result{out.String(), errs.String(), code}
}

// damages are what may have happened to a file at a byte.
var damages = []struct {
	name string
	do   func(b []byte, at int) []byte
}{
	{"flipped", func(b []byte, at int) []byte { c := bytes.Clone(b); c[at] ^= 0x15; return c }},
	{"zero", func(b []byte, at int) []byte { c := bytes.Clone(b); c[at] = 0; return c }},
	{"escape", func(b []byte, at int) []byte { c := bytes.Clone(b); c[at] = 0x1b; return c }},
	{"high", func(b []byte, at int) []byte { c := bytes.Clone(b); c[at] = 0xff; return c }},
	{"cut off", func(b []byte, at int) []byte { return bytes.Clone(b[:at]) }},
	{"gone", func(b []byte, at int) []byte { return append(bytes.Clone(b[:at]), b[at+1:]...) }},
	{"newline", func(b []byte, at int) []byte { return append(append(bytes.Clone(b[:at]), '\n'), b[at:]...) }},
}

// damaged writes every damage at every byte (each step-th), runs the commands, and holds that the file is as it was
// and that what is said is plain words. look judges the ends; it returns whether the file was refused.
func damaged(t *testing.T, path string, step int, run func() []result, secrets ...string) {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	runs, refused := 0, 0
	for at := 0; at < len(whole); at += step {
		d := damages[(at/step)%len(damages)]
		if step == 1 {
			d = damages[at%len(damages)]
		}
		content := d.do(whole, at)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, r := range run() {
			runs++
			said := r.stdout + r.stderr
			if i := strings.IndexFunc(said, func(c rune) bool { return c != '\n' && !unicode.IsGraphic(c) }); i >= 0 {
				t.Errorf("byte %d %s: a control character is said: %q", at, d.name, said)
			}
			for _, secret := range secrets {
				if strings.Contains(said, secret) {
					t.Errorf("byte %d %s: a secret is said", at, d.name)
				}
			}
			if r.code != 0 {
				refused++
				if strings.TrimSpace(said) == "" {
					t.Errorf("byte %d %s: exit %d without a word", at, d.name, r.code)
				}
			}
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, content) {
			t.Fatalf("byte %d %s: the file was changed", at, d.name)
		}
	}
	t.Logf("%s: %d bytes, %d runs over damaged ones, %d refused", filepath.Base(path), len(whole), runs, refused)
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestConfigurationDamagedAtAnyByteIsToldAndLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.config(t, "default_profile = \"prod\"\n\n[profiles.prod]\nservice = \"prosopo\"\nurl = \"https://api.prosopo.io\"\ntoken = { command = [\"echo\", \"psp_canary0123456789\"] }\n"+
		"environment = \"live\"\nread_only = true\nmax_age = \"90d\"\n\n[profiles.prod.deliver.pay]\nkeys = [\"pay-*\"]\nenv_file = { path = \"/srv/x/.env\", variable = \"K\" }\n"+
		"then = [\"systemctl\", \"restart\", \"pay\"]\n\n[profiles.\"two-words\"]\nservice = \"vertesia\"\nurl = \"http://127.0.0.1:1\"\ntoken = { file = \"~/t\" }\nauth = \"exchange\"\ntoken_url = \"http://127.0.0.1:1\"\n")
	path := h.path(".config", "detent", "config.toml")
	if r := h.here(t, "", "config", "show"); r.code != 0 {
		t.Fatalf("undamaged: %+v", r)
	}
	damaged(t, path, 1, func() []result {
		r := h.here(t, "", "config", "show")
		if r.code == 2 && (!strings.Contains(r.stderr, path) || strings.Count(r.stderr, "\n") != 1) {
			t.Errorf("not one line with the file: %q", r.stderr)
		}
		if r.code != 0 && r.code != 2 {
			t.Errorf("exit %d: %s", r.code, r.stderr)
		}
		return []result{r}
	}, "psp_canary0123456789")
}

func TestJournalDamagedAtAnyByteIsToldAndLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	if r := h.here(t, "", "create", "--name", "k", "--permission", "getRules"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if r := h.here(t, "", "rotate", "k", "--yes", "--deliver", "file:"+h.path("secret")); r.code != 1 {
		t.Fatalf("%+v", r)
	}
	files, _ := filepath.Glob(h.path(".local/state/detent/*.json"))
	if len(files) != 1 {
		t.Fatalf("%v", files)
	}
	id := strings.TrimSuffix(filepath.Base(files[0]), ".json")
	step := 3
	if testing.Short() {
		step = 23
	}
	damaged(t, files[0], step, func() []result {
		return []result{h.here(t, "", "rotations"), h.here(t, "", "rotations", "-o", "json")}
	})
	// What cannot be read is neither resumed nor undone, and its key is not rotated anew beside it.
	whole, _ := os.ReadFile(files[0])
	for name, content := range map[string][]byte{"cut off": whole[:len(whole)/2], "newer": regexp.MustCompile(`"version": \d+`).ReplaceAll(whole, []byte(`"version": 99`)), "empty": nil, "another's": []byte("{}")} {
		if err := os.WriteFile(files[0], content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"rotate", "--resume", id, "--yes"}, {"rotate", "--abort", id, "--yes"}, {"rotate", "k", "--yes", "--deliver", "file:" + h.path("other")}, {"check"}} {
			r := h.here(t, "", args...)
			names := strings.Contains(r.stderr, filepath.Base(files[0])) || args[0] == "rotate" && strings.Contains(r.stderr, "has no readable journal here")
			if want := map[string]int{"check": 2, "rotate": 1}[args[0]]; r.code != want || !names {
				t.Errorf("%s: %v: %+v", name, args, r)
			}
		}
		if r := h.here(t, "", "list", "-o", "json"); r.code != 0 || strings.Count(r.stdout, `"id"`) != 2 || !strings.Contains(r.stderr, filepath.Base(files[0])) {
			t.Errorf("%s: the list: %+v", name, r)
		}
		if after, _ := os.ReadFile(files[0]); !bytes.Equal(after, content) {
			t.Errorf("%s: the journal was changed", name)
		}
		if _, err := os.Stat(h.path("other")); err == nil {
			t.Errorf("%s: a second rotation went on", name)
		}
	}
}

// TestStoreDamagedAtAnyByteNeverBecomesAnother: it is told, or works; what is refused stays byte for byte as it was,
// and no damage makes a new and empty store of it.
func TestStoreDamagedAtAnyByteNeverBecomesAnother(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	for i := range 5 {
		if r := h.here(t, "", "create", "--name", fmt.Sprint("k", i), "--permission", "getRules"); r.code != 0 {
			t.Fatalf("%+v", r)
		}
	}
	path := h.path(".local/share/detent/keys.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	step := 211
	if testing.Short() {
		step = 2003
	}
	runs, refused, empty := 0, 0, 0
	for at := 0; at < len(whole); at += step {
		if at > 200 && at < 4000 && at%5 != 0 {
			continue
		}
		d := damages[(at/step)%len(damages)]
		content := d.do(whole, at)
		for _, beside := range []string{"-wal", "-shm"} {
			_ = os.Remove(path + beside)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		r := h.here(t, "", "list", "-o", "json")
		runs++
		if strings.Contains(r.stderr, "goroutine ") || r.code != 0 && (r.code != 1 || strings.TrimSpace(r.stderr) == "") {
			t.Errorf("byte %d %s: %+v", at, d.name, r)
		}
		after, err := os.ReadFile(path)
		if r.code != 0 {
			refused++
			if err != nil || !bytes.Equal(after, content) {
				t.Errorf("byte %d %s: refused with %s, and yet changed", at, d.name, r.stderr)
			}
			continue
		}
		if strings.TrimSpace(r.stdout) == "[]" {
			empty++
			if len(content) > 0 { // an empty file is a store that is not made yet
				t.Errorf("byte %d %s: five keys are silently none", at, d.name)
			}
		}
	}
	t.Logf("%d stores of %d bytes, each damaged: %d refused, %d work, %d began anew", runs, len(whole), refused, runs-refused-empty, empty)
}

// TestWhatANewerDetentWroteIsLeftAlone, in a home where everything else works.
func TestWhatANewerDetentWroteIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	if r := h.here(t, "", "create", "--name", "k", "--permission", "getRules"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	store := h.path(".local/share/detent/keys.db")
	db, err := sql.Open("sqlite", store)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE detent_meta SET value = '99' WHERE name = 'schema'`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(store)
	for _, args := range [][]string{{"list"}, {"create", "--name", "x", "--permission", "getRules"}, {"check"}, {"serve", "--listen", "127.0.0.1:0"}, {"serve", "admin-token", "prosopo"}} {
		if r := h.here(t, "", args...); r.code == 0 || r.stdout != "" || !strings.Contains(r.stderr, "newer version") || !strings.Contains(r.stderr, store) {
			t.Errorf("%v: %+v", args, r)
		}
	}
	p := h.sit(t, 100, 30)
	p.wait("newer version")
	p.do("p", "local/vertesia")
	p.keys("ctrl+c")
	p.exit()
	if after, _ := os.ReadFile(store); !bytes.Equal(before, after) {
		t.Error("the store was changed")
	}
	h.config(t, "format = 2\n[profiles.p]\nservice = \"prosopo\"\n")
	if r := h.here(t, "", "config", "show"); r.code != 2 || !strings.Contains(r.stderr, "config.toml:1") || !strings.Contains(r.stderr, "format") {
		t.Errorf("%+v", r)
	}
}
