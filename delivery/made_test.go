//go:build unix

package delivery

import (
	"context"
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
