//go:build unix

package delivery

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"detent/e2e/needs"
)

// gitIn runs git in a folder; its own settings come first.
func gitIn(t *testing.T, folder string, args ...string) {
	t.Helper()
	if out, err := gitAsked(t, folder, args...); err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
}

func gitAsked(t *testing.T, folder string, args ...string) (string, error) {
	t.Helper()
	git := needs.Program(t, "git")
	cmd := exec.Command(git, append([]string{"-C", folder, "-c", "user.name=x", "-c", "user.email=x@y", "-c", "protocol.file.allow=always"}, args...)...)
	cmd.Env = append(withoutGit(os.Environ()), "GIT_CONFIG_GLOBAL="+os.DevNull)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func isTracked(t *testing.T, what, path string, want bool) {
	t.Helper()
	plan, err := preflight(t, "env-file:"+path+":KEY", Job{})
	switch {
	case want && (err == nil || !strings.Contains(err.Error(), "git tracks")):
		t.Errorf("%s: tracked, and it is said %v %q", what, err, plan.Notes)
	case !want && err != nil:
		t.Errorf("%s: %v", what, err)
	case !want && strings.Contains(strings.Join(plan.Notes, "\n"), "not checked"):
		t.Errorf("%s: %q", what, plan.Notes)
	}
}

func TestAFileThatGitTracksIsRefused(t *testing.T) {
	git := needs.Program(t, "git")
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command(git, append([]string{"-C", dir, "-c", "user.name=x", "-c", "user.email=x@y"}, args...)...)
		cmd.Env = withoutGit(os.Environ())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	run("init", "-q")
	tracked, open, ignored := filepath.Join(dir, ".env"), filepath.Join(dir, "[o]pen.env"), filepath.Join(dir, "app.env")
	for _, path := range []string{tracked, open, ignored} {
		writeFile(t, path, "KEY=old\n", 0o600)
	}
	writeFile(t, filepath.Join(dir, ".gitignore"), "app.env*\n", 0o600)
	run("add", "-f", ".env", ".gitignore")
	mustDo(t, os.Symlink(".env", filepath.Join(dir, "link")))

	for _, path := range []string{tracked, filepath.Join(dir, "link")} {
		_, err := preflight(t, "env-file:"+path+":KEY", Job{})
		if err == nil || !strings.Contains(err.Error(), "git tracks") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if plan, err := preflight(t, "env-file:"+tracked+":KEY", Job{AllowTracked: true}); err != nil || !strings.Contains(strings.Join(plan.Notes, "\n"), "git tracks") {
		t.Errorf("allowed: %+v, %v", plan, err)
	}
	if plan, err := preflight(t, "env-file:"+open+":KEY", Job{}); err != nil || !strings.Contains(strings.Join(plan.Notes, "\n"), "does not ignore [o]pen.env") {
		t.Errorf("not ignored: %+v, %v", plan, err)
	}
	if plan, err := preflight(t, "env-file:"+ignored+":KEY", Job{}); err != nil || len(plan.Notes) != 0 {
		t.Errorf("ignored: %+v, %v", plan, err)
	}
	// A variable of the caller's must not turn git's eyes to another repository.
	t.Setenv("GIT_DIR", filepath.Join(t.TempDir(), "none"))
	if _, err := preflight(t, "env-file:"+tracked+":KEY", Job{}); err == nil {
		t.Error("GIT_DIR hid the tracked file")
	}
	d := must(Parse("env-file:"+tracked+":KEY", Options{LookPath: func(string) (string, error) { return "", exec.ErrNotFound }}))
	if plan, err := d.Preflight(context.Background(), Job{ID: testJob}); err != nil || !strings.Contains(strings.Join(plan.Notes, "\n"), "git is not installed") {
		t.Errorf("without git: %+v, %v", plan, err)
	}
}

// TestEveryKindOfRepositoryIsRead: where git keeps the index, and in which form.
func TestEveryKindOfRepositoryIsRead(t *testing.T) {
	commit := func(t *testing.T, dir string, init ...string) {
		gitIn(t, dir, append([]string{"init", "-q"}, init...)...)
		mustDo(t, os.MkdirAll(filepath.Join(dir, "app", "deep"), 0o755))
		for _, name := range []string{"app/.env", "app/deep/.env", ".env"} {
			writeFile(t, filepath.Join(dir, name), "KEY=old\n", 0o600)
		}
		gitIn(t, dir, "add", "-f", ".")
		gitIn(t, dir, "commit", "-qm", "x")
	}
	for name, set := range map[string]func(t *testing.T, dir string) string{
		"plain":  func(t *testing.T, dir string) string { commit(t, dir); return dir },
		"sha256": func(t *testing.T, dir string) string { commit(t, dir, "--object-format=sha256"); return dir },
		"split index": func(t *testing.T, dir string) string {
			commit(t, dir)
			gitIn(t, dir, "update-index", "--split-index")
			return dir
		},
		"version 4": func(t *testing.T, dir string) string {
			commit(t, dir)
			gitIn(t, dir, "update-index", "--index-version", "4")
			return dir
		},
		"separate git dir": func(t *testing.T, dir string) string {
			commit(t, dir, "--separate-git-dir="+filepath.Join(t.TempDir(), "elsewhere"))
			return dir
		},
		"linked work tree": func(t *testing.T, dir string) string {
			commit(t, dir)
			tree := filepath.Join(t.TempDir(), "tree")
			gitIn(t, dir, "worktree", "add", "-q", tree)
			return tree
		},
		"submodule": func(t *testing.T, dir string) string {
			other := t.TempDir()
			commit(t, other)
			commit(t, dir)
			gitIn(t, dir, "submodule", "--quiet", "add", other, "sub")
			return filepath.Join(dir, "sub")
		},
		"sparse index": func(t *testing.T, dir string) string {
			commit(t, dir)
			gitIn(t, dir, "sparse-checkout", "set", "--cone", "--sparse-index", "elsewhere")
			mustDo(t, os.MkdirAll(filepath.Join(dir, "app", "deep"), 0o755))
			for _, name := range []string{"app/.env", "app/deep/.env"} { // out of what is checked out, and tracked
				writeFile(t, filepath.Join(dir, name), "KEY=old\n", 0o600)
			}
			return dir
		},
		"another's": func(t *testing.T, dir string) string {
			commit(t, dir)
			if os.Geteuid() == 0 {
				mustDo(t, filepath.WalkDir(filepath.Join(dir, ".git"), func(path string, _ os.DirEntry, err error) error {
					if err == nil {
						err = os.Chown(path, nobody, nobody)
					}
					return err
				}))
			}
			return dir
		},
		"no commit, no index": func(t *testing.T, dir string) string { gitIn(t, dir, "init", "-q"); return "" },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			root := set(t, dir)
			if root == "" {
				writeFile(t, filepath.Join(dir, ".env"), "KEY=old\n", 0o600)
				isTracked(t, name, filepath.Join(dir, ".env"), false)
				return
			}
			for _, each := range []string{".env", "app/.env", "app/deep/.env"} {
				isTracked(t, each, filepath.Join(root, each), true)
			}
			for _, each := range []string{".env.local", "app/env", "app/deep/.envs", "app/deep/[.]env"} {
				writeFile(t, filepath.Join(root, each), "KEY=old\n", 0o600)
				isTracked(t, each, filepath.Join(root, each), false)
			}
		})
	}
}

// TestTheRepositoryCannotMakeThePreflightRunItsPrograms: everything in a repository that has git run something, or write somewhere, at once.
func TestTheRepositoryCannotMakeThePreflightRunItsPrograms(t *testing.T) {
	dir := t.TempDir()
	signs := t.TempDir()
	program := func(name string) string {
		path := filepath.Join(signs, name+".sh")
		writeFile(t, path, "#!/bin/sh\ntouch "+filepath.Join(signs, name)+"\nexit 1\n", 0o755)
		return path
	}
	gitIn(t, dir, "init", "-q")
	mustDo(t, os.Mkdir(filepath.Join(dir, "app"), 0o755))
	writeFile(t, filepath.Join(dir, "app", "file"), "x", 0o600)
	writeFile(t, filepath.Join(dir, "file"), "x", 0o600)
	gitIn(t, dir, "add", ".")
	gitIn(t, dir, "commit", "-qm", "x")
	tree, err := gitAsked(t, dir, "rev-parse", "HEAD:app")
	mustDo(t, err)
	gitIn(t, dir, "sparse-checkout", "set", "--cone", "--sparse-index", "elsewhere")
	// The index has app as a whole, and what is in it has to be fetched.
	tree = strings.TrimSpace(tree)
	mustDo(t, os.Remove(filepath.Join(dir, ".git", "objects", tree[:2], tree[2:])))
	included := filepath.Join(dir, ".git", "more")
	writeFile(t, included, "[core]\n\tfsmonitor = "+program("include")+"\n", 0o644)
	for key, value := range map[string]string{
		"core.fsmonitor": program("fsmonitor"), "core.sshCommand": program("ssh"), "core.pager": program("pager"), "core.hooksPath": signs, "core.alternateRefsCommand": program("alternate"),
		"extensions.partialClone": "origin", "remote.origin.promisor": "true", "remote.origin.url": dir, "remote.origin.uploadpack": program("uploadpack"),
		"filter.x.clean": program("clean"), "filter.x.process": program("process"), "diff.external": program("diff"), "credential.helper": program("credential"), "alias.ls-files": "!" + program("alias"),
		"include.path": included, "trace2.eventTarget": filepath.Join(signs, "trace"), "core.excludesFile": filepath.Join(signs, "pipe"),
	} {
		gitIn(t, dir, "config", key, value)
	}
	writeFile(t, filepath.Join(signs, "post-index-change"), "#!/bin/sh\ntouch "+filepath.Join(signs, "hook")+"\n", 0o755)
	writeFile(t, filepath.Join(dir, ".gitattributes"), "* filter=x diff=x\n", 0o644)
	mustDo(t, syscall.Mkfifo(filepath.Join(signs, "pipe"), 0o600))
	mustDo(t, os.MkdirAll(filepath.Join(dir, "app"), 0o755))
	path := filepath.Join(dir, "app", ".env")
	writeFile(t, path, "KEY=old\n", 0o600)
	before := must(os.ReadDir(signs))
	_, err = preflight(t, "env-file:"+path+":KEY", Job{})
	mustDo(t, err)
	_, err = preflight(t, "env-file:"+filepath.Join(dir, "new.env")+":KEY", Job{})
	mustDo(t, err)
	if after := must(os.ReadDir(signs)); len(after) != len(before) {
		t.Errorf("something ran: %v", after)
	}
	// The trap is a trap: git by itself runs into it.
	_, _ = gitAsked(t, dir, "-c", "core.excludesFile="+os.DevNull, "ls-files", "--error-unmatch", "--", "app/.env")
	if after := must(os.ReadDir(signs)); len(after) == len(before) {
		t.Error("git itself runs nothing there: the test shows nothing")
	}
}

func TestNoStandInRepositoryStays(t *testing.T) {
	dir, temporary := t.TempDir(), t.TempDir()
	gitIn(t, dir, "init", "-q")
	t.Setenv("TMPDIR", temporary)
	mustDo(t, second(preflight(t, "file:"+filepath.Join(dir, "token"), Job{})))
	if left := must(os.ReadDir(temporary)); len(left) > 0 {
		t.Errorf("%v stays", left)
	}
	t.Setenv("TMPDIR", filepath.Join(temporary, "missing"))
	if plan, err := preflight(t, "file:"+filepath.Join(dir, "token"), Job{}); err != nil || !strings.Contains(strings.Join(plan.Notes, "\n"), "was not checked") {
		t.Errorf("%q, %v", plan.Notes, err)
	}
}

func TestWhatIsNoRepositoryIsNone(t *testing.T) {
	for name, set := range map[string]func(path string) error{
		"text":        func(path string) error { return os.WriteFile(path, []byte("not a gitdir\n"), 0o600) },
		"nothing":     func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"a pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a lost link": func(path string) error { return os.Symlink("nowhere", path) },
	} {
		dir := t.TempDir()
		mustDo(t, set(filepath.Join(dir, ".git")))
		if r, found := repositoryAt(dir); found {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
