//go:build unix

package delivery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
)

func holder(t *testing.T, spec string, o Options) interface {
	Destination
	Holder
} {
	t.Helper()
	return must(Parse(spec, o)).(interface {
		Destination
		Holder
	})
}

func isPlaceError(t *testing.T, what string, err error, kind PlaceKind) {
	t.Helper()
	var p *PlaceError
	if !errors.As(err, &p) || p.Kind != kind {
		t.Errorf("%s: %v (%+v), want kind %d", what, err, p, kind)
	}
}

func TestAPlaceThatCannotBeLookedAtIsNeverEmpty(t *testing.T) {
	dir := t.TempDir()
	mustDo(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	mustDo(t, os.Symlink("nowhere", filepath.Join(dir, "dangling")))
	mustDo(t, os.Symlink("nowhere", filepath.Join(dir, "lost")))
	mustDo(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	mustDo(t, os.Symlink("folder/", filepath.Join(dir, "to-folder")))
	mustDo(t, os.Symlink("folder/..", filepath.Join(dir, "to-parent")))
	writeFile(t, filepath.Join(dir, "file"), "x", 0o600)
	writeFile(t, filepath.Join(dir, "large"), strings.Repeat("#\n", maxFile), 0o600)
	for name, kind := range map[string]PlaceKind{
		"missing/.env": FolderMissing, "lost/.env": FolderMissing, "file/.env": FolderMissing, "missing/../.env2/x": FolderMissing,
		"dangling": Dangling, "folder": NoFile, "to-folder": NoFile, "to-parent": NoFile, "loop": Unreadable, "loop/x": Unreadable, "large": Unreadable,
	} {
		for _, spec := range []string{"file:" + dir + "/" + name, "env-file:" + dir + "/" + name + ":KEY"} {
			d := holder(t, spec, Options{})
			ctx, job := t.Context(), Job{ID: testJob}
			held, err := d.Held(ctx)
			isPlaceError(t, "held of "+spec, err, kind)
			if held.Exists || held.Where != "" {
				t.Errorf("%s: %+v beside an error", spec, held)
			}
			_, err = d.Former(ctx, job)
			isPlaceError(t, "former of "+spec, err, kind)
			isPlaceError(t, "put to "+spec, second(d.Put(ctx, job, apikey.NewSecret("new"))), kind)
			isPlaceError(t, "undo of "+spec, second(d.Undo(ctx, job)), kind)
			isPlaceError(t, "preflight of "+spec, second(d.Preflight(ctx, job)), kind)
		}
	}
	for _, content := range []string{"KEY='x\n", "A=1\nB=\"x\n", "KEY=$OTHER\n", "KEY=a`b\n", "KEY=\"a\\nb\"\n"} {
		path := filepath.Join(dir, "ambiguous")
		writeFile(t, path, content, 0o600)
		d := holder(t, "env-file:"+path+":KEY", Options{})
		isPlaceError(t, content, second(d.Held(t.Context())), Ambiguous)
		isPlaceError(t, content, second(d.Preflight(t.Context(), Job{ID: testJob})), Ambiguous)
	}
}

// A folder that is missing is named once; which part of its path is missing is said where that is another.
func TestAMissingFolderIsNamedOnce(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	mustDo(t, err)
	mustDo(t, os.Symlink("nowhere", filepath.Join(dir, "lost")))
	for name, want := range map[string]string{
		"missing/.env":      "the folder " + dir + "/missing does not exist",
		"missing/./.env":    "the folder " + dir + "/missing does not exist",
		"missing/deep/.env": "the folder " + dir + "/missing/deep does not exist: " + dir + "/missing is not there",
		"lost/.env":         "the folder " + dir + "/lost does not exist: " + dir + "/nowhere is not there",
	} {
		_, err := holder(t, "file:"+dir+"/"+name, Options{}).Held(t.Context())
		if isPlaceError(t, name, err, FolderMissing); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestWhatIsHeldIsSaidWithItsPlaceAndWhatLiesBeside(t *testing.T) {
	dir := t.TempDir()
	mustDo(t, os.MkdirAll(filepath.Join(dir, "releases", "1"), 0o700))
	mustDo(t, os.Symlink("releases/1", filepath.Join(dir, "current")))
	mustDo(t, os.Symlink("../../shared.env", filepath.Join(dir, "releases", "1", ".env")))
	shared := filepath.Join(dir, "shared.env")
	writeFile(t, shared, "A='a a'\nKEY="+oldSecret+"\nEMPTY=\nODD=$A\nKEY_2=b\n", 0o600)
	d := holder(t, "env-file:"+dir+"/current/.env:KEY", Options{})
	held, err := d.Held(t.Context())
	mustDo(t, err)
	if !held.Exists || !held.Secret.Equal(apikey.NewSecret(oldSecret)) || held.Where != shared+":KEY" {
		t.Errorf("%+v", held)
	}
	var others []string
	for _, o := range held.Others {
		others = append(others, o.Name+" "+o.Secret.Reveal())
	}
	if !slices.Equal(others, []string{"A a a", "KEY_2 b"}) || held.Others[1].Line != 5 {
		t.Errorf("%v", held.Others)
	}
	plan, err := d.Preflight(t.Context(), Job{ID: testJob})
	mustDo(t, err)
	if plan.Where != held.Where || !plan.Holds.Secret.Equal(held.Secret) || plan.Holds.Where != held.Where {
		t.Errorf("%+v", plan)
	}
	if empty, err := holder(t, "env-file:"+dir+"/current/.env:EMPTY", Options{}).Held(t.Context()); err != nil || empty.Exists || !empty.Secret.IsZero() || empty.Where != shared+":EMPTY" {
		t.Errorf("an empty value: %+v, %v", empty, err)
	}
	whole := holder(t, "file:"+dir+"/current/token", Options{})
	if held, err := whole.Held(t.Context()); err != nil || held.Exists || held.Where != dir+"/releases/1/token" {
		t.Errorf("no file: %+v, %v", held, err)
	}
	writeFile(t, dir+"/releases/1/token", "\ufeff"+oldSecret+"\r\n", 0o600)
	if held, err := whole.Held(t.Context()); err != nil || !held.Secret.Equal(apikey.NewSecret(oldSecret)) {
		t.Errorf("a byte order mark: %+v, %v", held, err)
	}
}

// places are a variable and a whole file, each holding a value or nothing.
func places(t *testing.T, try func(t *testing.T, spec, path string, write func(value string))) {
	for _, kind := range []string{"env-file", "file"} {
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "app")
			spec, write := "file:"+path, func(v string) { writeFile(t, path, v, 0o600) }
			if kind == "env-file" {
				spec, write = "env-file:"+path+":KEY", func(v string) { writeFile(t, path, "A=1\nKEY="+v+"\n", 0o600) }
			}
			try(t, spec, path, write)
		})
	}
}

func TestOnlyWhatIsExpectedIsReplaced(t *testing.T) {
	ctx, secret := context.Background(), apikey.NewSecret(testSecret)
	is := func(values ...string) func(Held) bool {
		return func(h Held) bool {
			return slices.ContainsFunc(values, func(v string) bool { return h.Secret.Equal(apikey.NewSecret(v)) || v == "" && !h.Exists })
		}
	}
	places(t, func(t *testing.T, spec, path string, write func(string)) {
		d := holder(t, spec, Options{})
		put := Job{ID: testJob, Expect: is("", "old")}
		for _, there := range []string{"third", "old2"} {
			write(there)
			before := string(must(os.ReadFile(path)))
			if report, err := d.Put(ctx, put, secret); !errors.Is(err, ErrUnexpected) || report.Did != Unreported {
				t.Errorf("over %s: %+v, %v", there, report, err)
			}
			isFile(t, path, before, 0o600)
			isAlone(t, path)
		}
		write("old")
		if report, err := d.Put(ctx, put, secret); err != nil || report.Did != Wrote {
			t.Errorf("%+v, %v", report, err)
		}
		if report, err := d.Put(ctx, put, secret); err != nil || report.Did != Already {
			t.Errorf("a second put is not asked about its own value: %+v, %v", report, err)
		}
		back := Job{ID: testJob, Expect: is(testSecret)}
		write("third")
		if report, err := d.Undo(ctx, back); !errors.Is(err, ErrUnexpected) || report.Did != Unreported {
			t.Errorf("an undo over a third value: %+v, %v", report, err)
		}
		write("old")
		if report, err := d.Undo(ctx, back); err != nil || report.Did != Already {
			t.Errorf("put back by hand: %+v, %v", report, err)
		}
		write(testSecret)
		if report, err := d.Undo(ctx, back); err != nil || report.Did != PutBack {
			t.Errorf("%+v, %v", report, err)
		}
		if held := must(d.Held(ctx)); !held.Secret.Equal(apikey.NewSecret("old")) {
			t.Error("the former value is not back")
		}
		mustDo(t, d.Finish(ctx, back))
		isAlone(t, path)
	})
}

// TestTheLastWordIsAskedForLast: who expected it a moment ago may not any more.
func TestTheLastWordIsAskedForLast(t *testing.T) {
	places(t, func(t *testing.T, spec, path string, write func(string)) {
		write("old")
		before := string(must(os.ReadFile(path)))
		var at []string
		d := holder(t, spec, Options{NoSync: true, Hook: func(p string) { at = append(at, p) }})
		asked := 0
		job := Job{ID: testJob, Expect: func(Held) bool { asked++; return asked < 2 }}
		if _, err := d.Put(t.Context(), job, apikey.NewSecret(testSecret)); !errors.Is(err, ErrUnexpected) || asked != 2 {
			t.Errorf("asked %d times: %v", asked, err)
		}
		isFile(t, path, before, 0o600)
		isAlone(t, path)
		asked = 0
		job.Expect = func(Held) bool {
			asked++
			if asked == 2 && at[len(at)-1] != pointAfter+stepRead {
				t.Errorf("after %q", at[len(at)-1])
			}
			return true
		}
		at = nil
		mustDo(t, second(d.Put(t.Context(), job, apikey.NewSecret(testSecret))))
		if i := slices.Index(at, pointBefore+stepRenameContent); asked != 2 || i < 1 || at[i-1] != pointAfter+stepRead {
			t.Errorf("asked %d times, and before the rename comes %q", asked, at[i-1])
		}
		write("old")
		// The copy stays where it was kept by an earlier put.
		asked = 2
		job.Expect = func(Held) bool { return false }
		if _, err := d.Put(t.Context(), job, apikey.NewSecret(testSecret)); !errors.Is(err, ErrUnexpected) {
			t.Error(err)
		}
		isBeside(t, path, backupPath(path, job))
	})
}

// TestWhatChangesUnderAPutIsAskedAboutAgain has somebody else write at each point of a put that expects the old value.
func TestWhatChangesUnderAPutIsAskedAboutAgain(t *testing.T) {
	for _, do := range []string{"put", "undo"} {
		places(t, func(t *testing.T, spec, path string, write func(string)) {
			met := 0
			for point := 1; ; point++ {
				write("old")
				mustDo(t, holder(t, spec, Options{}).Finish(t.Context(), Job{ID: testJob}))
				job, expected := Job{ID: testJob}, "old"
				if do == "undo" {
					mustDo(t, second(holder(t, spec, Options{NoSync: true}).Put(t.Context(), job, apikey.NewSecret(testSecret))))
					expected = testSecret
				}
				job.Expect = func(h Held) bool { return h.Secret.Equal(apikey.NewSecret(expected)) }
				n, at := 0, ""
				d := holder(t, spec, Options{NoSync: true, Hook: func(p string) {
					if n++; n == point {
						at = p
						write("third")
					}
				}})
				var err error
				if do == "put" {
					_, err = d.Put(t.Context(), job, apikey.NewSecret(testSecret))
				} else {
					_, err = d.Undo(t.Context(), job)
				}
				if at == "" {
					break
				}
				met++
				held := must(d.Held(t.Context()))
				late := at == pointBefore+stepRenameContent || at == pointAfter+stepRead && point > 3 // between the last look and the rename
				if third := held.Secret.Equal(apikey.NewSecret("third")); !third && !late {
					t.Errorf("%s: a third value written at %q was overwritten (%v)", do, at, err)
				} else if third && err == nil && at != pointAfter+stepRenameContent && !strings.HasSuffix(at, stepFolder) {
					t.Errorf("%s: a third value written at %q is no failure", do, at)
				}
			}
			if met < 12 {
				t.Errorf("only %d points of %s were met", met, do)
			}
		})
	}
}

func TestAPathThatLeadsElsewhereIsNotWritten(t *testing.T) {
	ctx, secret := context.Background(), apikey.NewSecret(testSecret)
	dir := t.TempDir()
	for _, release := range []string{"1", "2"} {
		mustDo(t, os.MkdirAll(filepath.Join(dir, release), 0o700))
		writeFile(t, filepath.Join(dir, release, ".env"), "KEY=old"+release+"\n", 0o600)
	}
	current := filepath.Join(dir, "current")
	point := func(release string) {
		_ = os.Remove(current)
		mustDo(t, os.Symlink(release, current))
	}
	for _, spec := range []string{"env-file:" + current + "/.env:KEY", "file:" + current + "/.env"} {
		point("1")
		d := holder(t, spec, Options{})
		job := Job{ID: testJob}
		job.Where = must(d.Preflight(ctx, job)).Where
		point("2")
		isPlaceError(t, "put", second(d.Put(ctx, job, secret)), Elsewhere)
		isFile(t, dir+"/2/.env", "KEY=old2\n", 0o600)
		point("1")
		mustDo(t, second(d.Put(ctx, job, secret)))
		point("2")
		isPlaceError(t, "undo", second(d.Undo(ctx, job)), Elsewhere)
		isPlaceError(t, "former", second(d.Former(ctx, job)), Elsewhere)
		isFile(t, dir+"/2/.env", "KEY=old2\n", 0o600)
		// The end removes the copy where it lies.
		mustDo(t, d.Finish(ctx, job))
		isAlone(t, dir+"/1/.env")
		isAlone(t, dir+"/2/.env")
		writeFile(t, dir+"/1/.env", "KEY=old1\n", 0o600)
	}
}

func TestAnUndoWithoutItsCopyIsAFailure(t *testing.T) {
	ctx, secret, job := context.Background(), apikey.NewSecret(testSecret), Job{ID: testJob}
	for name, lose := range map[string]func(t *testing.T, backup string){
		"removed": func(t *testing.T, backup string) { mustDo(t, os.Remove(backup)) },
		"a link": func(t *testing.T, backup string) {
			mustDo(t, os.Rename(backup, backup+"x"))
			mustDo(t, os.Symlink(backup+"x", backup))
		},
		"written by others": func(t *testing.T, backup string) { mustDo(t, os.Chmod(backup, 0o622)) },
		"another's": func(t *testing.T, backup string) {
			if os.Geteuid() != 0 {
				t.Skip("needs root")
			}
			mustDo(t, os.Chown(backup, nobody, nobody))
		},
		"a folder": func(t *testing.T, backup string) { mustDo(t, os.Remove(backup)); mustDo(t, os.Mkdir(backup, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			places(t, func(t *testing.T, spec, path string, write func(string)) {
				write("old")
				d := holder(t, spec, Options{})
				mustDo(t, second(d.Put(ctx, job, secret)))
				now := string(must(os.ReadFile(path)))
				lose(t, backupPath(path, job))
				if report, err := d.Undo(ctx, job); !errors.Is(err, ErrNoCopy) || report.Did != Unreported {
					t.Errorf("undo: %+v, %v", report, err)
				}
				if held, err := d.Former(ctx, job); !errors.Is(err, ErrNoCopy) || held.Exists {
					t.Errorf("former: %+v, %v", held, err)
				}
				isFile(t, path, now, 0o600)
				// A copy that is made now would hold the new secret as the former one.
				if name == "removed" {
					if report, err := d.Put(ctx, job, secret); err != nil || report.Did != Already {
						t.Errorf("put again: %+v, %v", report, err)
					}
					if _, err := d.Former(ctx, job); !errors.Is(err, ErrNoCopy) {
						t.Errorf("after a second put: %v", err)
					}
				}
			})
		})
	}
	for _, spec := range []string{"command:cat", "clipboard"} {
		if _, err := must(Parse(spec, Options{})).Undo(ctx, job); !errors.Is(err, ErrNoUndo) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestFormerIsWhatWasThereBeforeTheFirstPut(t *testing.T) {
	ctx, job := context.Background(), Job{ID: testJob}
	for _, c := range []struct {
		old   string // the file; "-" for none
		value string // of KEY; "" for nothing
	}{{"-", ""}, {"A=1\n", ""}, {"KEY=\n", ""}, {"A=1\nKEY='the old' # c\n", "the old"}, {"KEY=a\nKEY=b\n", "b"}} {
		path := filepath.Join(t.TempDir(), ".env")
		if c.old != "-" {
			writeFile(t, path, c.old, 0o600)
		}
		d := holder(t, "env-file:"+path+":KEY", Options{})
		for _, secret := range []string{"new1", "new2"} {
			mustDo(t, second(d.Put(ctx, job, apikey.NewSecret(secret))))
		}
		held, err := d.Former(ctx, job)
		if err != nil || held.Exists != (c.value != "") || held.Exists && !held.Secret.Equal(apikey.NewSecret(c.value)) || held.Where != path+":KEY" {
			t.Errorf("%q: %+v, %v", c.old, held, err)
		}
		want := PutBack
		if !strings.Contains(c.old, "KEY") {
			want = Removed
		}
		if report, err := d.Undo(ctx, job); err != nil || report.Did != want {
			t.Errorf("%q: %+v, %v, want %d", c.old, report, err, want)
		}
		if report, err := d.Undo(ctx, job); err != nil || report.Did != Already {
			t.Errorf("%q again: %+v, %v", c.old, report, err)
		}
	}
}

// TestCopiesOfEarlierVersionsAreRead has them written out as they have been since the first version.
func TestCopiesOfEarlierVersionsAreRead(t *testing.T) {
	const absent = "detent 7kq2m4xw5z: there was no file here before\n"
	for _, c := range []struct{ name, spec, now, copy, mode, value, want string }{
		{"a variable", "env-file:%:KEY", "A=1\nKEY='new'\n", "A=1\nKEY='old'\n", "", "old", "A=1\nKEY='old'\n"},
		{"a mode", "env-file:%:KEY", "KEY=new\n", "KEY=old\n", "0644\n", "old", "KEY=old\n"},
		{"no file", "env-file:%:KEY", "KEY=new\n", absent, "", "", ""},
		{"a whole file", "file:%", "new\n", "old\n", "0664\n", "old", "old\n"},
		{"no whole file", "file:%", "new", absent, "", "", ""},
	} {
		path := filepath.Join(t.TempDir(), "app")
		writeFile(t, path, c.now, 0o640)
		writeFile(t, path+".detent-7kq2m4xw5z", c.copy, 0o600)
		if c.mode != "" {
			writeFile(t, path+".detent-7kq2m4xw5z.mode", c.mode, 0o600)
		}
		writeFile(t, path+".detent-7kq2m4xw5z.new", "half of it", 0o600)
		d := holder(t, strings.Replace(c.spec, "%", path, 1), Options{})
		job := Job{ID: "7kq2m4xw5z"}
		if held, err := d.Former(t.Context(), job); err != nil || held.Exists != (c.value != "") || held.Exists && !held.Secret.Equal(apikey.NewSecret(c.value)) {
			t.Errorf("%s: %+v, %v", c.name, held, err)
		}
		mustDo(t, second(d.Undo(t.Context(), job)))
		if c.want == "" {
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: it is still there", c.name)
			}
		} else {
			isFile(t, path, c.want, map[string]os.FileMode{"": 0o640, "0644\n": 0o644, "0664\n": 0o664}[c.mode])
		}
		mustDo(t, d.Finish(t.Context(), job))
		isAlone(t, path)
	}
}

func TestAProbeIsAskedWithoutTheSecretAndItsAnswerIsItsExitCode(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, ".env")
	writeFile(t, path, "KEY="+testSecret+"\n", 0o600)
	t.Setenv("DETENT_TOKEN", "tok_canary")
	probe := []string{"sh", "-c", "env; cat; cat " + path + "; echo works; test ! -e " + dir + "/fail"}
	o := Options{Environ: os.Environ()}
	for _, c := range []Config{{EnvFile: &EnvFile{path, "KEY"}}, {File: path}, {Command: []string{"cat"}}} {
		c.Name = "payments"
		if configured, out, err := must(New(c, o)).Probe(t.Context()); configured || out != "" || err != nil {
			t.Errorf("none is configured: %v, %q, %v", configured, out, err)
		}
		c.Probe = probe
		d := must(New(c, o))
		configured, out, err := d.Probe(t.Context())
		if !configured || err != nil || !strings.HasSuffix(out, "works") {
			t.Errorf("%v, %q, %v", configured, out, err)
		}
		if c.Command == nil && strings.Contains(out, testSecret) || strings.Contains(out, "tok_canary") {
			t.Errorf("it shows a secret: %q", out)
		}
		writeFile(t, dir+"/fail", "", 0o600)
		configured, _, err = d.Probe(t.Context())
		var run *RunError
		if !configured || !errors.As(err, &run) || run.How != "exit code 1" || !strings.HasPrefix(err.Error(), "probe: ") {
			t.Errorf("a no: %v, %v", configured, err)
		}
		mustDo(t, os.Remove(dir+"/fail"))
		c.Probe = []string{"no-such-program-here"}
		if _, err := must(New(c, o)).Preflight(t.Context(), Job{ID: testJob}); err == nil || !strings.Contains(err.Error(), "probe: the program no-such-program-here") {
			t.Errorf("a probe that is not there: %v", err)
		}
	}
	if configured, _, err := must(Parse("clipboard", o)).Probe(t.Context()); configured || err != nil {
		t.Errorf("the clipboard: %v, %v", configured, err)
	}
}

// TestAYesToWhatIsThereCoversAValueThatIsReadDifferently, and nothing else of what is refused.
func TestAYesToWhatIsThereCoversAValueThatIsReadDifferently(t *testing.T) {
	for _, value := range []string{"$OTHER", "\"a\\nb\"", "`x`", "\"a$b\""} {
		path := filepath.Join(t.TempDir(), ".env")
		before := "A=1\nKEY=" + value + "\nB=2\n"
		writeFile(t, path, before, 0o600)
		d := holder(t, "env-file:"+path+":KEY", Options{NoSync: true})
		yes := Job{ID: testJob, Replace: true, Expect: func(h Held) bool { return h.Exists && h.Secret.IsZero() && h.Where == path+":KEY" }}
		plan, err := d.Preflight(t.Context(), yes)
		if err != nil || !plan.Holds.Exists || !plan.Holds.Secret.IsZero() || plan.Holds.Where != path+":KEY" {
			t.Errorf("%s: %+v, %v", value, plan.Holds, err)
		}
		mustDo(t, second(d.Put(t.Context(), yes, apikey.NewSecret(testSecret))))
		if held := must(d.Held(t.Context())); !held.Secret.Equal(apikey.NewSecret(testSecret)) {
			t.Errorf("%s: it was not replaced", value)
		}
		if held, err := d.Former(t.Context(), Job{ID: testJob}); err == nil {
			t.Errorf("%s: what nobody can read is said to be %+v", value, held)
		}
		mustDo(t, second(d.Undo(t.Context(), Job{ID: testJob, Replace: true})))
		isFile(t, path, before, 0o600)
	}
}

func TestAnUndoOfAFileThatCannotBeReadIsAFailure(t *testing.T) {
	ctx, job := context.Background(), Job{ID: testJob}
	for _, now := range []string{"KEY='x\n", "A=1\nKEY=old; B=2\n", "$ANSIBLE_VAULT;1.1;AES256\n66\n"} {
		path := filepath.Join(t.TempDir(), ".env")
		writeFile(t, path, "KEY=old\n", 0o600)
		d := holder(t, "env-file:"+path+":KEY", Options{NoSync: true})
		mustDo(t, second(d.Put(ctx, job, apikey.NewSecret(testSecret))))
		writeFile(t, path, now, 0o600)
		report, err := d.Undo(ctx, job)
		if err == nil || report.Did != Unreported || !strings.Contains(err.Error(), "the old content is in "+backupPath(path, job)) {
			t.Errorf("%q: %+v, %v", now, report, err)
		}
		isFile(t, path, now, 0o600)
	}
}

func TestReportsSayWhatWasDone(t *testing.T) {
	ctx, secret := context.Background(), apikey.NewSecret(testSecret)
	for _, s := range scenes {
		path := s.set(t)
		d := must(Parse(fmt.Sprintf(s.spec, path), Options{NoSync: true}))
		what := d.Describe()
		put := " replaced"
		switch {
		case s.absent:
			put = " written to a new file"
		case s.spec != "file:%s" && !strings.Contains(s.old, "KEY"):
			put = " added"
		}
		undone := PutBack
		if put != " replaced" {
			undone = Removed
		}
		job := Job{ID: testJob}
		first, err := d.Put(ctx, job, secret)
		mustDo(t, err)
		if first.Did != Wrote || first.Summary != what+put || (s.mode&0o007 != 0) != (len(first.Notes) == 1) {
			t.Errorf("%s: %+v", s.name, first)
		}
		again, err := d.Put(ctx, job, secret)
		mustDo(t, err)
		if again.Did != Already || again.Summary != what+" holds it already" || len(again.Notes) != 0 {
			t.Errorf("%s again: %+v", s.name, again)
		}
		for _, want := range []Report{
			{Did: undone, Summary: what + map[Did]string{PutBack: ": the old value is back", Removed: ": removed again, it was not there before"}[undone]},
			{Did: Already, Summary: what + ": held the former value already, nothing was written"},
		} {
			if got, err := d.Undo(ctx, job); err != nil || got.Did != want.Did || got.Summary != want.Summary || got.Notes != nil {
				t.Errorf("%s undone: %+v, %v, want %+v", s.name, got, err, want)
			}
		}
	}
	got, err := must(Parse("command:cat", Options{})).Put(ctx, Job{}, secret)
	if err != nil || got.Did != Wrote {
		t.Errorf("a command: %+v, %v", got, err)
	}
	got, err = must(Parse("clipboard", Options{Clipboard: func(apikey.Secret) error { return nil }})).Put(ctx, Job{}, secret)
	if err != nil || got.Did != Wrote || len(got.Notes) != 1 {
		t.Errorf("the clipboard: %+v, %v", got, err)
	}
}

// TestAFileThatNeverRestsIsLeft at an undo as at a put.
func TestAFileThatNeverRestsIsLeft(t *testing.T) {
	for _, old := range []string{"KEY=old\n", ""} {
		path, n, ctx, job := filepath.Join(t.TempDir(), ".env"), 0, context.Background(), Job{ID: testJob}
		if old != "" {
			writeFile(t, path, old, 0o600)
		}
		write := func() { n++; writeFile(t, path, fmt.Sprintf("KEY="+testSecret+"\nN=%d\n", n), 0o600) }
		spec := "env-file:" + path + ":KEY"
		mustDo(t, second(must(Parse(spec, Options{NoSync: true})).Put(ctx, job, apikey.NewSecret(testSecret))))
		looks := 0
		d := must(Parse(spec, Options{NoSync: true, Hook: func(p string) {
			if p == pointAfter+stepRead {
				if looks++; looks%2 == 1 {
					write()
				}
			}
		}}))
		if _, err := d.Undo(ctx, job); !errors.Is(err, errMoving) || looks != 10 {
			t.Errorf("%v after %d looks", err, looks)
		}
		isFile(t, path, fmt.Sprintf("KEY="+testSecret+"\nN=%d\n", n), 0o600)
		isBeside(t, path, backupPath(path, job))
	}
}

func isBeside(t *testing.T, path string, want ...string) {
	t.Helper()
	for i := range want {
		want[i] = filepath.Base(want[i])
	}
	if got := beside(t, path); !slices.Equal(got, want) {
		t.Errorf("beside it lies %q, want %q", got, want)
	}
}

func TestAValueIsKnownOnlyWhereEveryReaderReadsItAlike(t *testing.T) {
	for line, want := range map[string]string{ // "!" for no value that all agree about
		"KEY=old": "old", "KEY = old": "old", "KEY='old'": "old", "KEY=\"old\"": "old", "export KEY=old": "old", "KEY=old # c": "old", "KEY=old\t# c": "old", "KEY='old' # c # d": "old", "KEY='a#b'": "a#b",
		"KEY='a$b'": "a$b", "KEY='a\\b'": "a\\b", "KEY='a\"b'": "a\"b", "KEY='a`b'": "a`b", "KEY=\"a'b\"": "a'b", "KEY='a b'": "a b", "KEY=a=b": "a=b", "KEY: old": "old",
		"KEY=": "", "KEY=''": "", "KEY=\"\"": "", "KEY= # c": "", "KEY=  ": "",
		"KEY=a#b": "!", "KEY=old # c # d": "!", "KEY=$A": "!", "KEY=\"$A\"": "!", "KEY=\"a\\nb\"": "!", "KEY=\"a`b`\"": "!", "KEY=\"a\\\"b\"": "!", "KEY='a\\'b'": "!", "KEY=`old`": "!", "KEY=it's": "!",
		"KEY=a\\b": "!", "KEY=o\"ld": "!", "KEY='old' x": "!", "KEY=\"old\" x": "!", "KEY=a b": "!", "KEY=a;b": "!", "KEY='a\nb'": "a\nb",
	} {
		path := filepath.Join(t.TempDir(), ".env")
		writeFile(t, path, "A=1\n"+line+"\n", 0o600)
		held, err := holder(t, "env-file:"+path+":KEY", Options{}).Held(t.Context())
		if want == "!" {
			isPlaceError(t, line, err, Ambiguous)
			if err != nil && !strings.Contains(err.Error(), "line 2: ") {
				t.Errorf("%s: %v", line, err)
			}
		} else if err != nil || held.Secret.Reveal() != want || held.Exists != (want != "") {
			t.Errorf("%s: %q, %v, want %q", line, held.Secret.Reveal(), err, want)
		}
		var others []string
		d := holder(t, "env-file:"+path+":A", Options{})
		for _, o := range must(d.Held(t.Context())).Others {
			others = append(others, o.Name+o.Secret.Reveal())
		}
		if strings.HasPrefix(want, "!") || want == "" {
			if len(others) > 0 && want == "" {
				t.Errorf("%s: %q beside A", line, others)
			}
		} else if !slices.Equal(others, []string{"KEY" + want}) {
			t.Errorf("%s: %q beside A", line, others)
		}
	}
}

// TestTheModeComesBackWithTheContent: who puts the content back by hand has not put back who may read it.
func TestTheModeComesBackWithTheContent(t *testing.T) {
	ctx, job := context.Background(), Job{ID: testJob}
	for _, kind := range []string{"env-file:%:KEY", "file:%"} {
		path := filepath.Join(t.TempDir(), "app")
		writeFile(t, path, "KEY=old\n", 0o644)
		d := must(Parse(strings.Replace(kind, "%", path, 1), Options{NoSync: true}))
		mustDo(t, second(d.Put(ctx, job, apikey.NewSecret(testSecret))))
		writeFile(t, path, "KEY=old\n", 0o640)
		never := job
		never.Expect = func(Held) bool { return false } // the value is back: nothing of it is replaced
		if report, err := d.Undo(ctx, never); err != nil || report.Did != PutBack {
			t.Errorf("%+v, %v", report, err)
		}
		isFile(t, path, "KEY=old\n", 0o644)
		if report, err := d.Undo(ctx, never); err != nil || report.Did != Already {
			t.Errorf("again: %+v, %v", report, err)
		}
	}
}

func TestANewFileIsSaidToBeNew(t *testing.T) {
	for _, s := range scenes {
		plan, err := must(Parse(fmt.Sprintf(s.spec, s.set(t)), Options{NoSync: true})).Preflight(t.Context(), Job{ID: testJob})
		if said := slices.Contains(plan.Notes, "the file is new: mode 0600"); err != nil || said != s.absent {
			t.Errorf("%s: %q, %v", s.name, plan.Notes, err)
		}
	}
}

func TestOnlySeveralLinesAreWorthANote(t *testing.T) {
	for content, want := range map[string]string{"": "", "one": "", "one\n": "", "one\ntwo": "2 lines", "one\ntwo\n": "2 lines", "\n\none\n\n": ""} {
		path := filepath.Join(t.TempDir(), "token")
		writeFile(t, path, content, 0o600)
		plan, err := must(Parse("file:"+path, Options{NoSync: true})).Preflight(t.Context(), Job{ID: testJob})
		if notes := strings.Join(plan.Notes, "\n"); err != nil || want == "" && notes != "" || !strings.Contains(notes, want) {
			t.Errorf("%q: %q, %v", content, notes, err)
		}
	}
}

func TestTheLargestFileThatIsTaken(t *testing.T) {
	for size, taken := range map[int]bool{maxFile - 1: true, maxFile: true, maxFile + 1: false} {
		path := filepath.Join(t.TempDir(), "token")
		writeFile(t, path, strings.Repeat("x", size), 0o600)
		if _, err := holder(t, "file:"+path, Options{}).Held(t.Context()); (err == nil) != taken {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// TestWhoseCopiesAreBelieved: detent runs as the operator or as root, and gives files their owner's or their folder's owner.
func TestWhoseCopiesAreBelieved(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make other users' files")
	}
	for _, c := range []struct {
		copied, file, folder int
		believed             bool
	}{{0, 0, 0, true}, {nobody, 0, 0, false}, {nobody, nobody, 0, true}, {nobody, 0, nobody, true}, {nobody, 12345, 12345, false}, {0, nobody, nobody, true}} {
		dir := t.TempDir()
		path, job := filepath.Join(dir, ".env"), Job{ID: testJob}
		writeFile(t, path, "KEY=new\n", 0o600)
		writeFile(t, backupPath(path, job), "KEY=old\n", 0o600)
		mustDo(t, os.Chown(path, c.file, 0))
		mustDo(t, os.Chown(backupPath(path, job), c.copied, 0))
		mustDo(t, os.Chown(dir, c.folder, 0))
		if _, err := holder(t, "env-file:"+path+":KEY", Options{}).Former(t.Context(), job); (err == nil) != c.believed || err != nil && !errors.Is(err, ErrNoCopy) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestAYesDoesNotHideWhatCanBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	for content, kind := range map[string]PlaceKind{"KEY=" + oldSecret + "\n": -1, "KEY='x\n": Ambiguous, "KEY=ENC(x)\n": Sealed} {
		writeFile(t, path, content, 0o600)
		plan, err := must(Parse("env-file:"+path+":KEY", Options{NoSync: true})).Preflight(t.Context(), Job{ID: testJob, Replace: true})
		if kind >= 0 {
			isPlaceError(t, content, err, kind)
		} else if err != nil || !plan.Holds.Secret.Equal(apikey.NewSecret(oldSecret)) {
			t.Errorf("%+v, %v", plan.Holds, err)
		}
	}
}

// TestAKeptModeThatCannotBeBelievedIsNone: the copy beside it is not used then, and says why.
func TestAKeptModeThatCannotBeBelievedIsNone(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(mode string) error
		want  string
	}{
		"no mode":           {func(mode string) error { return os.WriteFile(mode, []byte("rw-r--r--\n"), 0o600) }, "holds no mode"},
		"one that is none":  {func(mode string) error { return os.WriteFile(mode, []byte("7777\n"), 0o600) }, "holds no mode"},
		"written by others": {func(mode string) error { return os.Chmod(mode, 0o622) }, "can be written by others"},
		"a folder":          {func(mode string) error { return errors.Join(os.Remove(mode), os.Mkdir(mode, 0o700)) }, "the kept mode: "},
		"the whole truth":   {func(string) error { return nil }, ""},
	} {
		path := filepath.Join(t.TempDir(), ".env")
		writeFile(t, path, "KEY=old\n", 0o644)
		d, job := must(Parse("env-file:"+path+":KEY", Options{NoSync: true})), Job{ID: testJob}
		mustDo(t, second(d.Put(t.Context(), job, apikey.NewSecret("new"))))
		mustDo(t, tc.spoil(path+".detent-"+testJob+".mode"))
		_, err := d.Undo(t.Context(), job)
		if tc.want == "" {
			mustDo(t, err)
			isFile(t, path, "KEY=old\n", 0o644)
			continue
		}
		if !errors.Is(err, ErrNoCopy) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
		isFile(t, path, "KEY=new\n", 0o640)
	}
}

// TestACopyThatIsNoDotenvGivesNoFormerValue: what others changed since cannot be told from it.
func TestACopyThatIsNoDotenvGivesNoFormerValue(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	writeFile(t, path, "KEY=old\n", 0o600)
	d, job := must(Parse("env-file:"+path+":KEY", Options{NoSync: true})), Job{ID: testJob}
	mustDo(t, second(d.Put(t.Context(), job, apikey.NewSecret("new"))))
	mustDo(t, os.WriteFile(path+".detent-"+testJob, []byte("KEY='old\n"), 0o600))
	if _, err := d.Undo(t.Context(), job); !errors.Is(err, ErrNoCopy) {
		t.Errorf("%v", err)
	}
	isFile(t, path, "KEY=new\n", 0o600)
}

// TestACopyThatIsOutOfReachIsSaid: wherever in a put the volume goes away, either nothing is left on it, or the error says that something may be.
func TestACopyThatIsOutOfReachIsSaid(t *testing.T) {
	for _, back := range []bool{false, true} { // the volume is mounted again at the next point
		places(t, func(t *testing.T, spec, path string, write func(string)) {
			folder := filepath.Dir(path)
			met, left := 0, 0
			for point := 1; ; point++ {
				write("old")
				mustDo(t, holder(t, spec, Options{}).Finish(t.Context(), Job{ID: testJob}))
				n, away, remount := 0, false, back
				d := holder(t, spec, Options{NoSync: true, Hook: func(string) {
					switch n++; {
					case n == point:
						mustDo(t, os.Rename(folder, folder+".away"))
						mustDo(t, os.Mkdir(folder, 0o700))
						away = true
					case away && remount:
						mustDo(t, os.RemoveAll(folder))
						mustDo(t, os.Rename(folder+".away", folder))
						away, remount = false, false
					}
				}})
				job := Job{ID: testJob, Expect: func(h Held) bool { return h.Secret.Equal(apikey.NewSecret("old")) }}
				_, err := d.Put(t.Context(), job, apikey.NewSecret(testSecret))
				if n < point {
					break
				}
				if away {
					mustDo(t, os.RemoveAll(folder))
					mustDo(t, os.Rename(folder+".away", folder))
				}
				met++
				var place *PlaceError
				nothing := errors.Is(err, ErrUnexpected) || errors.As(err, &place)
				beside := beside(t, path)
				if slices.ContainsFunc(beside, func(name string) bool { return strings.HasSuffix(name, ".new") }) && !errors.Is(err, ErrCopyLeft) && !errors.As(err, &place) {
					t.Errorf("with the volume away at point %d %q is left, and not said: %v", point, beside, err)
				}
				if nothing && len(beside) > 0 {
					left++
					if !errors.Is(err, ErrCopyLeft) && !errors.As(err, &place) {
						t.Errorf("with the volume away at point %d %q is left, and not said: %v", point, beside, err)
					}
				}
			}
			if met < 20 || !back && left == 0 {
				t.Errorf("%d points were met, and at %d something was left", met, left)
			}
		})
	}
}
