//go:build unix

package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"detent/apikey"
)

const helperVariable = "DELIVERY_TEST_HELPER"

// errand is what a helper process is to do with one destination. The secret is not
// in it: it comes on standard input, as it would from a service.
type errand struct {
	Spec, ID, Do string
	KillAt       int // the number of the step before which it kills itself; 0 for none
}

func TestMain(m *testing.M) {
	if text := os.Getenv(helperVariable); text != "" {
		if err := runErrand(text); err != nil {
			fmt.Print(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func runErrand(text string) error {
	var e errand
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return err
	}
	step := 0
	d, err := Parse(e.Spec, Options{Hook: func(string) {
		if step++; step == e.KillAt {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}})
	if err != nil {
		return err
	}
	var secret bytes.Buffer
	if _, err := secret.ReadFrom(os.Stdin); err != nil {
		return err
	}
	ctx, job := context.Background(), Job{ID: e.ID}
	switch e.Do {
	case "preflight":
		_, err = d.Preflight(ctx, job)
	case "put":
		_, err = d.Put(ctx, job, apikey.NewSecret(secret.String()))
	case "undo":
		_, err = d.Undo(ctx, job)
	case "finish":
		err = d.Finish(ctx, job)
	}
	return err
}

func helper(t *testing.T, e errand, secret string) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{helperVariable + "=" + string(text)}
	cmd.Stdin = strings.NewReader(secret)
	return cmd
}

// killed runs the errand and reports whether it was killed on its way; otherwise it is done.
func killed(t *testing.T, e errand, secret string) bool {
	t.Helper()
	out, err := helper(t, e, secret).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		t.Fatalf("%+v: %v: %s", e, err, out)
	}
	return false
}

// scene is a file before a delivery and what it is to hold after it.
type scene struct {
	name, spec  string // %s is the path
	old         string
	absent      bool
	mode, after fs.FileMode
	want        string
}

const (
	testJob    = "7kq2m4xw5z"
	testSecret = "sk_live_canaryCANARY0123456789"
	oldSecret  = "sk_live_oldOLDold0123456789"
)

var scenes = []scene{
	{name: "env file", spec: "env-file:%s:KEY", old: "A=1\nKEY='" + oldSecret + "'\nB=2", mode: 0o644, after: 0o640, want: "A=1\nKEY='" + testSecret + "'\nB=2"},
	{name: "env file without the variable", spec: "env-file:%s:KEY", old: "A=1", mode: 0o600, after: 0o600, want: "A=1\nKEY=" + testSecret + "\n"},
	{name: "new env file", spec: "env-file:%s:KEY", absent: true, after: 0o600, want: "KEY=" + testSecret + "\n"},
	{name: "file", spec: "file:%s", old: oldSecret + "\n", mode: 0o664, after: 0o660, want: testSecret + "\n"},
	{name: "empty file", spec: "file:%s", old: "", mode: 0o600, after: 0o600, want: testSecret},
	{name: "new file", spec: "file:%s", absent: true, after: 0o600, want: testSecret},
}

// killScenes are those whose every step is killed: under -short, as the race
// detector is run, one existing file and one new one.
func killScenes() []scene {
	if testing.Short() {
		return []scene{scenes[0], scenes[5]}
	}
	return scenes
}

func (s scene) set(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "app.env")
	if !s.absent {
		writeFile(t, path, s.old, s.mode)
	}
	return path
}

// writeFile writes a file, or a program: none may be forked while it is open for writing, or running it is refused ("text file busy").
func writeFile(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, []byte(content), mode)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func (s scene) isOld(t *testing.T, path string) {
	t.Helper()
	if s.absent {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("the file is still there (%v)", err)
		}
		return
	}
	isFile(t, path, s.old, s.mode)
}

func isFile(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != content {
		t.Fatalf("%s holds %q (%v), want %q", path, got, err, content)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != mode {
		t.Fatalf("%s has mode %v (%v), want %v", path, info.Mode(), err, mode)
	}
}

func isAlone(t *testing.T, path string) {
	t.Helper()
	for _, name := range beside(t, path) {
		t.Errorf("%s is left over", name)
	}
}

func beside(t *testing.T, path string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			names = append(names, e.Name())
		}
	}
	return names
}

// isOneOfTwo holds what must be true after a kill at any moment: the file is the
// old or the new one as a whole, whatever lies beside it is 0600 and named as
// promised, and the new secret is in the file or in its .new alone.
func (s scene) isOneOfTwo(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.absent:
	case err != nil, string(content) != s.old && string(content) != s.want, s.absent && string(content) != s.want:
		t.Fatalf("half a file: %q (%v)", content, err)
	}
	base := filepath.Base(path) + ".detent-" + testJob
	for _, name := range beside(t, path) {
		if !slices.Contains([]string{base, base + ".new", base + ".mode", base + ".test", base + ".try"}, name) {
			t.Errorf("%s lies beside the file", name)
		}
		info, err := os.Lstat(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			t.Fatal(err)
		}
		// A replacement gets the file's mode just before it is renamed.
		if perm := info.Mode().Perm(); perm != 0o600 && (name != base+".new" || perm != s.after && perm != s.mode) {
			t.Errorf("%s has mode %v", name, perm)
		}
		got, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(got, []byte(testSecret)) && !strings.HasSuffix(name, ".new") {
			t.Errorf("%s holds the new secret", name)
		}
	}
}

func TestAKillAtAnyStepOfAPutCanBeResumedOrUndone(t *testing.T) {
	ctx, job, secret := context.Background(), Job{ID: testJob}, apikey.NewSecret(testSecret)
	points := 0
	for _, s := range killScenes() {
		t.Run(s.name, func(t *testing.T) {
			for kill := 1; ; kill++ {
				path := s.set(t)
				spec := fmt.Sprintf(s.spec, path)
				if !killed(t, errand{Spec: spec, ID: testJob, Do: "put", KillAt: kill}, testSecret) {
					break
				}
				points++
				s.isOneOfTwo(t, path)
				d := must(Parse(spec, Options{}))
				if kill%2 == 0 { // resume, then undo after all
					mustDo(t, second(d.Put(ctx, job, secret)))
					isFile(t, path, s.want, s.after)
					if m, err := d.ReadBack(ctx, secret); m != Same || err != nil {
						t.Fatalf("read back %v, %v", m, err)
					}
				}
				// Killed before the copy was kept, nothing was written and nothing is undone.
				if _, err := d.Undo(ctx, job); err != nil && (kill%2 == 0 || !errors.Is(err, ErrNoCopy)) {
					t.Fatal(err)
				}
				s.isOld(t, path)
				mustDo(t, second(d.Put(ctx, job, secret)))
				isFile(t, path, s.want, s.after)
				mustDo(t, d.Finish(ctx, job))
				isAlone(t, path)
			}
		})
	}
	if t.Logf("%d kill points of put", points); points < 12*len(killScenes())-8 {
		t.Errorf("only %d kill points were met", points)
	}
}

func TestAKillAtAnyStepOfAnUndoOrAFinishCanBeRepeated(t *testing.T) {
	ctx, job, secret := context.Background(), Job{ID: testJob}, apikey.NewSecret(testSecret)
	for _, do := range []string{"undo", "finish"} {
		for _, s := range killScenes() {
			t.Run(do+" of "+s.name, func(t *testing.T) {
				for kill := 1; ; kill++ {
					path := s.set(t)
					spec := fmt.Sprintf(s.spec, path)
					d := must(Parse(spec, Options{}))
					mustDo(t, second(d.Put(ctx, job, secret)))
					if !killed(t, errand{Spec: spec, ID: testJob, Do: do, KillAt: kill}, "") {
						break
					}
					s.isOneOfTwo(t, path)
					if do == "undo" {
						mustDo(t, second(d.Undo(ctx, job)))
						s.isOld(t, path)
					}
					mustDo(t, d.Finish(ctx, job))
					isAlone(t, path)
				}
			})
		}
	}
}

func TestPutUndoAndFinishAreIdempotent(t *testing.T) {
	ctx, job, secret := context.Background(), Job{ID: testJob}, apikey.NewSecret(testSecret)
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			path := s.set(t)
			d := must(Parse(fmt.Sprintf(s.spec, path), Options{}))
			if _, err := d.Undo(ctx, job); !errors.Is(err, ErrNoCopy) {
				t.Errorf("nothing was put, and its undo: %v", err)
			}
			s.isOld(t, path)
			mustDo(t, d.Finish(ctx, job))
			mustDo(t, second(d.Put(ctx, job, secret)))
			isFile(t, path, s.want, s.after)
			first := must(os.Stat(path))
			mustDo(t, second(d.Put(ctx, job, secret)))
			isFile(t, path, s.want, s.after)
			if !os.SameFile(first, must(os.Stat(path))) {
				t.Error("the second put replaced what was right already")
			}
			// A second secret of the same job keeps the first backup.
			mustDo(t, second(d.Put(ctx, job, apikey.NewSecret("sk_live_second"))))
			for range 2 {
				mustDo(t, second(d.Undo(ctx, job)))
				s.isOld(t, path)
			}
			for range 2 {
				mustDo(t, d.Finish(ctx, job))
				isAlone(t, path)
			}
			if _, err := d.Undo(ctx, job); !errors.Is(err, ErrNoCopy) {
				t.Errorf("an undo after the end: %v", err)
			}
			s.isOld(t, path)
		})
	}
}

func TestWhatOthersChangedSinceStaysOnUndo(t *testing.T) {
	for _, c := range []struct{ name, old, edited, want string }{
		{"a line was added", "KEY='old'\n", "KEY='new'\nB=2\n", "KEY='old'\nB=2\n"},
		{"another value changed", "A=1\nKEY=old # c\n", "A=2\nKEY=new # c\n", "A=2\nKEY=old # c\n"},
		{"the variable was not there", "A=1\n", "A=2\nKEY=new\nC=3\n", "A=2\nC=3\n"},
		{"the variable was taken out", "A=1\nKEY=old\n", "A=1\n", "A=1\nKEY=old\n"},
		{"the variable was taken out and another changed", "A=1\nKEY=old\n", "A=2\n", "A=2\nKEY=old\n"},
		{"the file was not there", "", "KEY=new\nB=2\n", "B=2\n"},
		{"the file was taken away", "A=1\nKEY=old\n", "", "A=1\nKEY=old\n"},
		{"the value was quoted anew", "KEY=old\n", "KEY=\"new\"\n", "KEY=old\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, job := context.Background(), Job{ID: testJob}
			path := filepath.Join(t.TempDir(), ".env")
			if c.old != "" {
				writeFile(t, path, c.old, 0o600)
			}
			d := must(Parse("env-file:"+path+":KEY", Options{}))
			mustDo(t, second(d.Put(ctx, job, apikey.NewSecret("new"))))
			if c.edited != "" {
				writeFile(t, path, c.edited, 0o600)
			} else {
				mustDo(t, os.Remove(path))
			}
			for range 2 {
				mustDo(t, second(d.Undo(ctx, job)))
				isFile(t, path, c.want, 0o600)
			}
		})
	}
}

func TestTwoVariablesOfOneFileAreUndoneEachByItself(t *testing.T) {
	ctx, job := context.Background(), Job{ID: testJob}
	for _, s := range []scene{
		{old: "A=1\nK1=old # c\nK2='old'", mode: 0o644},
		{old: "A=1", mode: 0o640},
		{absent: true},
	} {
		for _, order := range [][]int{{0, 1}, {1, 0}} {
			path := s.set(t)
			var both []Destination
			for _, name := range []string{"K1", "K2"} {
				d := must(Parse("env-file:"+path+":"+name, Options{}))
				mustDo(t, second(d.Put(ctx, job, apikey.NewSecret(testSecret))))
				both = append(both, d)
			}
			for _, i := range order {
				mustDo(t, second(both[i].Undo(ctx, job)))
				if m, err := both[i].ReadBack(ctx, apikey.NewSecret(testSecret)); m != Different || err != nil {
					t.Errorf("after its undo: %v, %v", m, err)
				}
			}
			s.isOld(t, path)
			for _, d := range both {
				mustDo(t, d.Finish(ctx, job))
			}
			isAlone(t, path)
		}
	}
}

func TestAWriteInTheMiddleOfAPutIsNotLost(t *testing.T) {
	ctx, job := context.Background(), Job{ID: testJob}
	path := filepath.Join(t.TempDir(), ".env")
	writeFile(t, path, "A=1\nKEY=old\n", 0o600)
	times := 1
	o := Options{Hook: func(step string) {
		if step == pointBefore+stepSettled && times > 0 {
			times--
			writeFile(t, path, "A=2\nKEY=rotated-by-hand\n", 0o600)
		}
	}}
	d := must(Parse("env-file:"+path+":KEY", o))
	mustDo(t, second(d.Put(ctx, job, apikey.NewSecret("new"))))
	isFile(t, path, "A=2\nKEY=new\n", 0o600)
	mustDo(t, second(d.Undo(ctx, job)))
	isFile(t, path, "A=2\nKEY=rotated-by-hand\n", 0o600)

	writeFile(t, path, "A=1\nKEY=old\n", 0o600)
	n := 1
	o.Hook = func(step string) {
		if step == pointBefore+stepSettled {
			n++
			writeFile(t, path, fmt.Sprintf("A=%d\nKEY=old\n", n), 0o600)
		}
	}
	d = must(Parse("env-file:"+path+":KEY", o))
	if _, err := d.Put(ctx, Job{ID: "another"}, apikey.NewSecret("new")); !errors.Is(err, errMoving) {
		t.Fatalf("a file that never rests: %v", err)
	}
	isFile(t, path, fmt.Sprintf("A=%d\nKEY=old\n", n), 0o600)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func second[T any](_ T, err error) error { return err }

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
