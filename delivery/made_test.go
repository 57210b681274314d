//go:build unix

package delivery

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"detent/apikey"
)

// at hooks into every step of a name.
func at(name string, do func()) Options {
	return Options{Hook: func(step string) {
		if step == pointBefore+name {
			do()
		}
	}}
}

// atAny hooks into every step of several names.
func atAny(names []string, do func()) Options {
	return Options{Hook: func(point string) {
		if step, before := strings.CutPrefix(point, pointBefore); before && slices.Contains(names, step) {
			do()
		}
	}}
}

func TestWhoClosesAFileInTheMiddleOfAPutHasItClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	writeFile(t, path, "KEY=old\n", 0o640)
	d := must(Parse("env-file:"+path+":KEY", at(stepSettled, func() { mustDo(t, os.Chmod(path, 0o600)) })))
	mustDo(t, second(d.Put(context.Background(), Job{ID: testJob}, apikey.NewSecret("new"))))
	isFile(t, path, "KEY=new\n", 0o600)
}

// Whoever may write to the folder could else have the secret written to where they read it.
func TestASecretIsNeverWrittenThroughAPlantedLink(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	writeFile(t, path, "KEY=old\n", 0o600)
	writeFile(t, elsewhere, "theirs", 0o644)
	planted := newPath(path, Job{ID: testJob})
	d := must(Parse("env-file:"+path+":KEY", at(stepCreateContent, func() { mustDo(t, os.Symlink(elsewhere, planted)) })))
	if _, err := d.Put(context.Background(), Job{ID: testJob}, apikey.NewSecret("new")); err == nil || !strings.Contains(err.Error(), "no file can be created") {
		t.Errorf("%v", err)
	}
	isFile(t, elsewhere, "theirs", 0o644)
	isFile(t, path, "KEY=old\n", 0o600)
}

// TestWhatIsMadeIsTheOwnersFromItsFirstMoment goes with umasks that take nothing and everything.
func TestWhatIsMadeIsTheOwnersFromItsFirstMoment(t *testing.T) {
	for _, mask := range []int{0, 0o777} {
		path := filepath.Join(t.TempDir(), ".env")
		writeFile(t, path, "KEY=old\n", 0o644) // keeps a mode too
		made := 0
		d := must(Parse("env-file:"+path+":KEY", atAny([]string{stepWriteCopy, stepWriteMode, stepWriteContent}, func() {
			made++
			for _, name := range beside(t, path) {
				info, err := os.Lstat(filepath.Join(filepath.Dir(path), name))
				if err != nil || info.Mode().Perm()&0o077 != 0 {
					t.Errorf("umask %04o: %s is %v (%v)", mask, name, info.Mode(), err)
				}
			}
		})))
		before := syscall.Umask(mask)
		_, err := d.Put(context.Background(), Job{ID: testJob}, apikey.NewSecret("new"))
		syscall.Umask(before)
		mustDo(t, err)
		if made != 3 {
			t.Errorf("%d files were made, want the mode, the backup and the content", made)
		}
		isFile(t, path, "KEY=new\n", 0o640)
		isFile(t, backupPath(path, Job{ID: testJob}), "KEY=old\n", 0o600)
		isFile(t, modePath(path, Job{ID: testJob}), "0644\n", 0o600)
	}
}

func TestOnlyARotationsIDNamesABackup(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	writeFile(t, path, "KEY=old\n", 0o600)
	d := must(Parse("env-file:"+path+":KEY", Options{}))
	ctx, longest := context.Background(), strings.Repeat("a", 64)
	for _, id := range []string{"", ".", "..", "a/b", "../a", "-a", " a", "a\n", longest + "a"} {
		_, put := d.Put(ctx, Job{ID: id}, apikey.NewSecret("new"))
		_, undo := d.Undo(ctx, Job{ID: id})
		for call, err := range map[string]error{"put": put, "undo": undo, "finish": d.Finish(ctx, Job{ID: id})} {
			if err == nil || !strings.Contains(err.Error(), "cannot name a backup") {
				t.Errorf("%q: %s: %v", id, call, err)
			}
		}
	}
	isFile(t, path, "KEY=old\n", 0o600)
	mustDo(t, second(d.Put(ctx, Job{ID: longest}, apikey.NewSecret("new"))))
	mustDo(t, d.Finish(ctx, Job{ID: longest}))
	isFile(t, path, "KEY=new\n", 0o600)
	isAlone(t, path)
}

// TestAFolderThatIsSwappedInTheMiddleOfAPutIsFollowed, even to a file of the same content: what reads the path reads that one.
func TestAFolderThatIsSwappedInTheMiddleOfAPutIsFollowed(t *testing.T) {
	for _, at := range []string{stepCreateContent, stepSettled} {
		dir, swapped := t.TempDir(), false
		for _, release := range []string{"1", "2"} {
			mustDo(t, os.MkdirAll(filepath.Join(dir, "releases", release), 0o700))
			writeFile(t, filepath.Join(dir, "releases", release, ".env"), "KEY=old\n", 0o600)
		}
		link := filepath.Join(dir, "current")
		mustDo(t, os.Symlink("releases/1", link))
		d := must(Parse("env-file:"+filepath.Join(link, ".env")+":KEY", atAny([]string{at}, func() {
			if !swapped {
				swapped = true
				mustDo(t, os.Remove(link))
				mustDo(t, os.Symlink("releases/2", link))
			}
		})))
		mustDo(t, second(d.Put(t.Context(), Job{ID: testJob}, apikey.NewSecret("new"))))
		isFile(t, filepath.Join(dir, "releases", "2", ".env"), "KEY=new\n", 0o600)
		isFile(t, filepath.Join(dir, "releases", "1", ".env"), "KEY=old\n", 0o600)
	}
}

// TestAFinishRemovesTheCopyWhereItWasLeft: also where the path leads elsewhere by now, or nowhere, which is said.
func TestAFinishRemovesTheCopyWhereItWasLeft(t *testing.T) {
	for name, tc := range map[string]struct {
		swap  func(link string) error
		fails bool
	}{
		"as it was": {func(string) error { return nil }, false},
		"elsewhere": {func(link string) error { return errors.Join(os.Remove(link), os.Symlink("releases/2", link)) }, false},
		"nowhere":   {func(link string) error { return errors.Join(os.Remove(link), os.Symlink("releases/3", link)) }, true},
	} {
		dir := t.TempDir()
		for _, release := range []string{"1", "2"} {
			mustDo(t, os.MkdirAll(filepath.Join(dir, "releases", release), 0o700))
			writeFile(t, filepath.Join(dir, "releases", release, ".env"), "KEY=old\n", 0o600)
		}
		link := filepath.Join(dir, "current")
		mustDo(t, os.Symlink("releases/1", link))
		d, job := must(Parse("env-file:"+filepath.Join(link, ".env")+":KEY", Options{NoSync: true})), Job{ID: testJob}
		job.Where = must(d.Preflight(t.Context(), job)).Where
		mustDo(t, second(d.Put(t.Context(), job, apikey.NewSecret("new"))))
		mustDo(t, tc.swap(link))
		if err := d.Finish(t.Context(), job); (err != nil) != tc.fails {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "releases", "*", ".env.*")); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}
