//go:build unix

package delivery

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"detent/apikey"
)

func preflight(t *testing.T, spec string, job Job) (Plan, error) {
	t.Helper()
	job.ID = testJob
	return must(Parse(spec, Options{Environ: os.Environ()})).Preflight(context.Background(), job)
}

func TestPreflightLeavesEverythingAsItWas(t *testing.T) {
	for _, s := range scenes {
		path := s.set(t)
		plan, err := preflight(t, fmt.Sprintf(s.spec, path), Job{})
		mustDo(t, err)
		if plan.Backup != path+".detent-"+testJob {
			t.Errorf("the backup is said to be %q", plan.Backup)
		}
		s.isOld(t, path)
		isAlone(t, path)
	}
}

func TestPreflightRefusesWhatPutCouldNotDo(t *testing.T) {
	dir := t.TempDir()
	mustDo(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	mustDo(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	socket, err := net.Listen("unix", filepath.Join(dir, "socket"))
	mustDo(t, err)
	defer func() { _ = socket.Close() }()
	mustDo(t, os.Symlink("nowhere", filepath.Join(dir, "dangling")))
	mustDo(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	writeFile(t, filepath.Join(dir, "large"), strings.Repeat("#\n", maxFile), 0o600)
	writeFile(t, filepath.Join(dir, "broken"), "A=1\nB=\"x\n", 0o600)
	writeFile(t, filepath.Join(dir, "file"), "x", 0o600)
	for name, want := range map[string]string{
		"folder": "is a folder", "pipe": "no regular file", "socket": "no regular file", "dangling": "which does not exist",
		"loop": "too many symbolic links", "large": "larger than 1 MiB", "broken": "line 2", "missing/.env": "does not exist", "file/.env": "not a directory",
	} {
		_, err := preflight(t, "env-file:"+filepath.Join(dir, name)+":KEY", Job{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if _, err := preflight(t, "file:"+filepath.Join(dir, name), Job{}); err == nil && name != "broken" {
			t.Errorf("file: %s was taken", name)
		}
	}
	if _, err := preflight(t, "command:no-such-program-here x", Job{}); err == nil || !strings.Contains(err.Error(), "no-such-program-here") {
		t.Errorf("a missing program: %v", err)
	}
	if _, err := preflight(t, "clipboard", Job{}); err == nil {
		t.Error("a clipboard without a terminal was taken")
	}
	for _, id := range []string{"", "../x", "a/b", ".x", "a b"} {
		d := must(Parse("file:"+filepath.Join(dir, "f"), Options{}))
		for _, err := range []error{
			second(d.Preflight(context.Background(), Job{ID: id})), second(d.Put(context.Background(), Job{ID: id}, apikey.NewSecret("x"))),
			second(d.Undo(context.Background(), Job{ID: id})), d.Finish(context.Background(), Job{ID: id}),
		} {
			if err == nil {
				t.Errorf("the id %q was taken", id)
			}
		}
	}
}

// asNobody runs the errand as another user than root.
func asNobody(t *testing.T, e errand, secret string) (string, error) {
	t.Helper()
	cmd := helper(t, e, secret)
	if os.Geteuid() == 0 {
		copied := filepath.Join(t.TempDir(), "helper")
		program := must(os.ReadFile(os.Args[0]))
		writeFile(t, copied, string(program), 0o755)
		cmd.Path, cmd.Args[0] = copied, copied
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

const nobody = 65534

func TestWhoCanGiveAFileItsOwnerAndGroup(t *testing.T) {
	for _, tc := range []struct {
		uid, gid, me int
		groups       []int
		want         string
	}{
		{1000, 1000, 0, nil, ""}, {0, 0, 0, []int{0}, ""}, {1000, 1000, 1000, []int{1000}, ""}, {1000, 44, 1000, []int{4, 44, 1000}, ""},
		{1001, 1000, 1000, []int{1000}, "belongs to user 1001 and you are user 1000"}, {0, 1000, 1000, []int{1000}, "belongs to user 0"},
		{1000, 44, 1000, []int{1000}, "belongs to group 44, which you are not in"}, {1000, 0, 1000, nil, "belongs to group 0"},
	} {
		err := canChown("/srv/app/.env", tc.uid, tc.gid, tc.me, tc.groups)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}

func TestAccessThatCannotBeKeptIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make other users' files")
	}
	open := func(t *testing.T) string {
		dir := t.TempDir()
		for _, d := range []string{dir, filepath.Dir(dir)} {
			mustDo(t, os.Chmod(d, 0o777))
		}
		return dir
	}
	for _, c := range []struct {
		name, want string
		set        func(t *testing.T, path string)
	}{
		{"another owner", "belongs to user 0", func(t *testing.T, path string) {
			writeFile(t, path, "KEY=old\n", 0o666)
		}},
		{"a group that we are not in", "belongs to group 12345", func(t *testing.T, path string) {
			writeFile(t, path, "KEY=old\n", 0o660)
			mustDo(t, os.Chown(path, nobody, 12345))
		}},
		{"a folder that we may not write", "you may not create files in", func(t *testing.T, path string) {
			writeFile(t, path, "KEY=old\n", 0o600)
			mustDo(t, os.Chown(path, nobody, nobody))
			mustDo(t, os.Chmod(filepath.Dir(path), 0o755))
		}},
		{"a file that we may not read", "permission denied", func(t *testing.T, path string) {
			writeFile(t, path, "KEY=old\n", 0o600)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(open(t), ".env")
			c.set(t, path)
			out, err := asNobody(t, errand{Spec: "env-file:" + path + ":KEY", ID: testJob, Do: "preflight"}, "")
			if err == nil || !strings.Contains(out, c.want) {
				t.Fatalf("%v: %q, want %q", err, out, c.want)
			}
		})
	}
	t.Run("our own file is taken", func(t *testing.T) {
		path := filepath.Join(open(t), ".env")
		writeFile(t, path, "KEY=old\n", 0o400)
		mustDo(t, os.Chown(path, nobody, nobody))
		for _, do := range []string{"preflight", "put"} {
			if out, err := asNobody(t, errand{Spec: "env-file:" + path + ":KEY", ID: testJob, Do: do}, testSecret); err != nil {
				t.Fatalf("%s: %v: %s", do, err, out)
			}
		}
		isFile(t, path, "KEY="+testSecret+"\n", 0o400)
	})
	t.Run("root keeps the owner and group of another's file", func(t *testing.T) {
		path := filepath.Join(open(t), ".env")
		writeFile(t, path, "KEY=old\n", 0o664)
		mustDo(t, os.Chown(path, nobody, 12345))
		d, job := must(Parse("env-file:"+path+":KEY", Options{})), Job{ID: testJob, AllowOwner: true}
		owned := func(mode os.FileMode) {
			t.Helper()
			info := must(os.Stat(path))
			if uid, gid := owner(info); uid != nobody || gid != 12345 || info.Mode() != mode {
				t.Fatalf("owner %d, group %d, mode %v", uid, gid, info.Mode())
			}
		}
		mustDo(t, second(d.Put(context.Background(), job, apikey.NewSecret(testSecret))))
		owned(0o660)
		mustDo(t, second(d.Undo(context.Background(), job)))
		owned(0o664)
	})
}

func TestASymbolicLinkStaysAndItsTargetIsReplaced(t *testing.T) {
	dir := t.TempDir()
	mustDo(t, os.Mkdir(filepath.Join(dir, "shared"), 0o700))
	target := filepath.Join(dir, "shared", "env")
	writeFile(t, target, "KEY=old\n", 0o600)
	mustDo(t, os.Symlink(filepath.Join("shared", "env"), filepath.Join(dir, "middle")))
	link := filepath.Join(dir, ".env")
	mustDo(t, os.Symlink(filepath.Join(dir, "middle"), link))
	plan, err := preflight(t, "env-file:"+link+":KEY", Job{})
	mustDo(t, err)
	if plan.Backup != target+".detent-"+testJob || !strings.Contains(strings.Join(plan.Notes, "\n"), "symbolic link") {
		t.Errorf("plan %+v", plan)
	}
	d := must(Parse("env-file:"+link+":KEY", Options{}))
	ctx, job := context.Background(), Job{ID: testJob}
	mustDo(t, second(d.Put(ctx, job, apikey.NewSecret("new"))))
	isFile(t, target, "KEY=new\n", 0o600)
	if to, err := os.Readlink(link); err != nil || to != filepath.Join(dir, "middle") {
		t.Errorf("the link became %q, %v", to, err)
	}
	mustDo(t, second(d.Undo(ctx, job)))
	isFile(t, target, "KEY=old\n", 0o600)
	mustDo(t, d.Finish(ctx, job))
	isAlone(t, target)
}

func TestALeftoverThatIsALinkIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	writeFile(t, victim, "keep", 0o600)
	path := filepath.Join(dir, ".env")
	writeFile(t, path, "KEY=old\n", 0o600)
	mustDo(t, os.Symlink(victim, newPath(path, Job{ID: testJob})))
	d := must(Parse("env-file:"+path+":KEY", Options{}))
	mustDo(t, second(d.Put(context.Background(), Job{ID: testJob}, apikey.NewSecret("new"))))
	isFile(t, victim, "keep", 0o600)
	isFile(t, path, "KEY=new\n", 0o600)
}

func TestTheOperatorIsToldBeforeAnythingHappens(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, ".env")
	writeFile(t, path, "KEY=a\nB=1\nKEY=b\n", 0o644)
	writeFile(t, path+".detent-other", "x", 0o600)
	mustDo(t, os.Link(path, filepath.Join(dir, "second")))
	plan, err := preflight(t, "env-file:"+path+":KEY", Job{})
	mustDo(t, err)
	for _, want := range []string{"mode 0644 becomes 0640", "lines 1, 3", "2 names", "another rotation's backup", ".detent-other"} {
		if !strings.Contains(strings.Join(plan.Notes, "\n"), want) {
			t.Errorf("%q is not said in %q", want, plan.Notes)
		}
	}
	plan, err = preflight(t, "env-file:"+path+":MORE", Job{})
	mustDo(t, err)
	if !strings.Contains(strings.Join(plan.Notes, "\n"), "added at its end") {
		t.Errorf("%q", plan.Notes)
	}
	plan, err = preflight(t, "file:"+path, Job{})
	mustDo(t, err)
	if !strings.Contains(strings.Join(plan.Notes, "\n"), "3 lines") {
		t.Errorf("%q", plan.Notes)
	}
	for _, spec := range []string{"command:cat"} {
		d := must(Parse(spec, Options{}))
		plan, err := d.Preflight(context.Background(), Job{ID: testJob})
		mustDo(t, err)
		if d.CanUndo() || !strings.Contains(strings.Join(plan.Notes, "\n"), "cannot be undone") {
			t.Errorf("%s: %q", spec, plan.Notes)
		}
	}
}

func TestLiveAndTestAreNotMixedWithoutAYes(t *testing.T) {
	for _, c := range []struct {
		src  string
		env  apikey.Environment
		line string // "" for no objection
	}{
		{"A=1\nSTRIPE=sk_test_51abcdef\n", apikey.Live, "line 2 (STRIPE)"},
		{"STRIPE='pk_live_51abcdef'\n", apikey.Test, "line 1 (STRIPE)"},
		{"STRIPE=pk_live_51abcdef\n", apikey.Dev, "line 1 (STRIPE)"},
		{"STRIPE=pk_live_51abcdef\n", apikey.Live, ""},
		{"STRIPE=sk_test_51abcdef\n", apikey.Test, ""},
		{"STRIPE=sk_test_51abcdef\n", apikey.Dev, ""},
		{"STRIPE=sk_test_51abcdef\n", "", ""},
		{"KEY=sk_test_51abcdef\n", apikey.Live, ""}, // the value that is replaced
		{"APP_ENV=test\n", apikey.Live, "line 1 (APP_ENV)"},
		{"NODE_ENV=\"development\"\n", apikey.Live, "line 1 (NODE_ENV)"},
		{"NODE_ENV=production\n", apikey.Test, ""}, // a build mode, in test deployments too
		{"ENVIRONMENT=production\n", apikey.Test, "line 1 (ENVIRONMENT)"},
		{"APP_ENV=staging\nURL=https://test.example\nNAME=test\nTEST=1\n", apikey.Live, ""},
		{"# STRIPE=sk_test_51abcdef\n", apikey.Live, ""},
	} {
		path := filepath.Join(t.TempDir(), ".env")
		writeFile(t, path, c.src, 0o600)
		_, err := preflight(t, "env-file:"+path+":KEY", Job{Environment: c.env})
		switch {
		case c.line == "":
			if err != nil {
				t.Errorf("%q for %s: %v", c.src, c.env, err)
			}
			continue
		case err == nil || !strings.Contains(err.Error(), c.line):
			t.Errorf("%q for %s: %v, want %s", c.src, c.env, err, c.line)
			continue
		case strings.Contains(err.Error(), "51abcdef"):
			t.Errorf("the error holds the value: %v", err)
		}
		plan, err := preflight(t, "env-file:"+path+":KEY", Job{Environment: c.env, AllowMixed: true})
		if err != nil || !strings.Contains(strings.Join(plan.Notes, "\n"), "allowed by you") {
			t.Errorf("allowed: %+v, %v", plan, err)
		}
	}
}

func TestEachVariableThatNamesAnEnvironmentCounts(t *testing.T) {
	for name, deployment := range map[string]bool{"APP_ENV": true, "APP_ENVIRONMENT": true, "ENVIRONMENT": true, "ENV": true, "DEPLOY_ENV": true, "DEPLOYMENT_ENVIRONMENT": true,
		"NODE_ENV": false, "RAILS_ENV": false, "RACK_ENV": false, "FLASK_ENV": false, "MIX_ENV": false, "app_env": true} {
		for value, says := range map[string]apikey.Environment{"test": apikey.Test, "testing": apikey.Test, "dev": apikey.Test, "Development": apikey.Test, "local": apikey.Test, "live": apikey.Live, "prod": apikey.Live, "PRODUCTION": apikey.Live, "staging": ""} {
			if says == apikey.Live && !deployment {
				says = ""
			}
			if got := environmentOf(name, value); got != says {
				t.Errorf("%s=%s says %q, want %q", name, value, got, says)
			}
		}
	}
}
