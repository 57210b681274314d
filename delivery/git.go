package delivery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// git is asked whether it tracks the file, since the next commit would then publish the secret. A repository's own configuration
// can make git run programs (a monitor, a hook, a fetch of missing objects, an include of another file), and who wrote it need not be
// the operator. So git is given a repository of our own, empty, that borrows the index and the objects of theirs
// and nothing else.

// repository is where git keeps what belongs to a folder.
type repository struct {
	root   string // the work tree
	folder string // with the index
	common string // with the objects
}

// findRepository looks for the work tree that a folder is in.
func findRepository(folder string) (repository, bool) {
	for {
		if r, ok := repositoryAt(folder); ok {
			return r, true
		}
		up := filepath.Dir(folder)
		if up == folder {
			return repository{}, false
		}
		folder = up
	}
}

func repositoryAt(root string) (repository, bool) {
	folder := filepath.Join(root, ".git")
	info, err := os.Stat(folder)
	if err != nil {
		return repository{}, false
	}
	if !info.IsDir() { // of a linked work tree or a submodule
		text, _, err := readRegular(folder)
		to, found := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
		if err != nil || !found {
			return repository{}, false
		}
		if folder = to; !filepath.IsAbs(to) {
			folder = filepath.Join(root, to)
		}
	}
	r := repository{root, folder, folder}
	if text, _, err := readRegular(filepath.Join(folder, "commondir")); err == nil {
		if r.common = strings.TrimSpace(string(text)); !filepath.IsAbs(r.common) {
			r.common = filepath.Join(folder, r.common)
		}
	}
	return r, true
}

// objectFormat is the one setting that is taken over: without it the index cannot be read.
var objectFormat = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?im)^[ \t]*objectformat[ \t]*=[ \t]*"?sha256"?`) })

// stand makes the repository of our own, in a folder that is removed after use.
func (r repository) stand() (folder string, err error) {
	folder, err = os.MkdirTemp("", "detent-git-")
	if err != nil {
		return "", err
	}
	settings := "[core]\n\trepositoryformatversion = 0\n"
	if text, _, err := readRegular(filepath.Join(r.common, "config")); err == nil && objectFormat().Match(text) {
		settings = "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"
	}
	for _, each := range []string{"objects", "refs", "info"} {
		err = errors.Join(err, os.Mkdir(filepath.Join(folder, each), 0o700))
	}
	err = errors.Join(err, os.WriteFile(filepath.Join(folder, "HEAD"), []byte("ref: refs/heads/none\n"), 0o600), os.WriteFile(filepath.Join(folder, "config"), []byte(settings), 0o600))
	shared, _ := filepath.Glob(globEscape(r.folder) + "/sharedindex.*")
	for _, each := range shared {
		err = errors.Join(err, os.Symlink(each, filepath.Join(folder, filepath.Base(each))))
	}
	if exclude, _, readErr := readRegular(filepath.Join(r.common, "info", "exclude")); readErr == nil {
		err = errors.Join(err, os.WriteFile(filepath.Join(folder, "info", "exclude"), exclude, 0o600))
	}
	if err != nil {
		_ = os.RemoveAll(folder)
	}
	return folder, err
}

// gitRunner asks git about the names of a folder, and says how it ended.
func (p place) gitRunner(ctx context.Context, git string, r repository, own, folder string) func(args ...string) int {
	environ := append(withoutGit(p.o.Environ), "GIT_DIR="+own, "GIT_WORK_TREE="+r.root, "GIT_INDEX_FILE="+filepath.Join(r.folder, "index"),
		"GIT_OBJECT_DIRECTORY="+filepath.Join(r.common, "objects"), "GIT_NO_LAZY_FETCH=1")
	return func(args ...string) int {
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		// What the operator's own configuration says about every repository is not needed either.
		cmd := exec.CommandContext(limited, git, append([]string{"-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "protocol.allow=never", "-C", folder}, args...)...)
		cmd.Env = environ
		cmd.WaitDelay = time.Second
		_ = cmd.Run()
		if cmd.ProcessState == nil {
			return -1
		}
		return cmd.ProcessState.ExitCode()
	}
}

// checkGit refuses a file that git tracks.
func (p place) checkGit(ctx context.Context, s snapshot, job Job) (notes []string, err error) {
	git, err := p.o.LookPath("git")
	if err != nil {
		return []string{"git is not installed: whether it tracks the file was not checked"}, nil
	}
	folder := filepath.Dir(s.where)
	r, found := findRepository(folder)
	if !found {
		return nil, nil
	}
	own, err := r.stand()
	if err != nil {
		return []string{fmt.Sprintf("whether git tracks the file was not checked: %v", cause(err))}, nil
	}
	defer func() { _ = os.RemoveAll(own) }()
	ask := p.gitRunner(ctx, git, r, own, folder)
	name := filepath.Base(s.real)
	switch ask("ls-files", "--error-unmatch", "--", ":(literal)"+name) {
	case 0:
		if job.AllowTracked {
			return []string{"git tracks the file, and you allowed that: do not commit the secret"}, nil
		}
		return nil, &ConsentError{TrackedByGit, fmt.Errorf("git tracks %s: the secret would be in the next commit; take the file out of git (git rm --cached), or say yes to that explicitly", display(s.real))}
	case 1:
	default:
		return []string{"git does not answer: whether it tracks the file was not checked"}, nil
	}
	var open []string
	for _, each := range []string{name, filepath.Base(backupPath(s.real, job))} {
		if ask("check-ignore", "-q", "--", each) == 1 {
			open = append(open, display(each))
		}
	}
	if len(open) > 0 {
		notes = append(notes, "git does not ignore "+strings.Join(open, " and ")+": take care not to add it")
	}
	return notes, nil
}

// withoutGit drops the variables that point git at another repository.
func withoutGit(environ []string) []string {
	out := []string{"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0"}
	for _, entry := range environ {
		if !strings.HasPrefix(entry, "GIT_") {
			out = append(out, entry)
		}
	}
	return out
}
