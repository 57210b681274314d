//go:build unix

package delivery

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kballard/go-shellquote"

	"detent/apikey"
)

// shell is a command destination that runs a script with sh.
func shell(t *testing.T, script string, o Options) Destination {
	t.Helper()
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	return must(Parse("command:"+shellquote.Join("sh", "-c", script), o))
}

func TestTheCommandGetsExactlyTheSecretOnItsStandardInput(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	d := shell(t, "cat > "+out, Options{})
	mustDo(t, second(d.Put(context.Background(), Job{}, apikey.NewSecret(testSecret))))
	if got := must(os.ReadFile(out)); string(got) != testSecret {
		t.Errorf("it got %q", got)
	}
	if m, err := d.ReadBack(context.Background(), apikey.NewSecret(testSecret)); m != CannotTell || err != nil {
		t.Errorf("read back: %v, %v", m, err)
	}
}

func TestTheSecretIsNeitherInArgumentsNorInTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("DETENT_TOKEN", "tok_"+testSecret)
	t.Setenv("PROSOPO_TOKEN", "pro_"+testSecret)
	t.Setenv("KEPT", "yes")
	o := Options{Environ: slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "PROSOPO_TOKEN=") })}
	d := shell(t, "env > "+dir+"/env; tr '\\0' ' ' < /proc/$$/cmdline > "+dir+"/argv || echo \"$0 $*\" > "+dir+"/argv; cat > /dev/null", o)
	mustDo(t, second(d.Put(context.Background(), Job{}, apikey.NewSecret(testSecret))))
	for _, name := range []string{"env", "argv"} {
		got := string(must(os.ReadFile(filepath.Join(dir, name))))
		if strings.Contains(got, testSecret) || name == "env" && !strings.Contains(got, "KEPT=yes") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestWithoutAnEnvironmentTheChildHasNone(t *testing.T) {
	t.Setenv("DETENT_TOKEN", testSecret)
	out := filepath.Join(t.TempDir(), "env")
	d := must(Parse("command:"+must(filepath.EvalSymlinks("/bin/sh"))+" -c '/usr/bin/env > "+out+"'", Options{}))
	mustDo(t, second(d.Put(context.Background(), Job{}, apikey.NewSecret("x"))))
	if got := string(must(os.ReadFile(out))); strings.Contains(got, testSecret) || strings.Contains(got, "HOME=") {
		t.Errorf("it has %q", got)
	}
}

func TestCleanEnvironDropsTokensAlone(t *testing.T) {
	got := CleanEnviron([]string{"A=1", "DETENT_TOKEN=x", "DETENT_TOKEN_NOT=2", "TOK=y", "B", "DETENT_PROFILE=p"}, []string{"TOK"})
	if want := []string{"A=1", "DETENT_TOKEN_NOT=2", "B", "DETENT_PROFILE=p"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOutputIsShownWithoutTheSecretAndWithoutControls(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte(testSecret))
	d := shell(t, `s=$(cat); echo "got $s"; printf '\033]52;c;eA==\007\033[31mred\033[0m \342\200\256rtl\n' >&2; echo `+encoded+
		`; printf '%s\033[1m%s\n' "${s%789}" 789`, Options{})
	report, err := d.Put(context.Background(), Job{}, apikey.NewSecret(testSecret))
	mustDo(t, err)
	if report.Output != "got [secret]\nred rtl\n[secret]\n[secret]" {
		t.Errorf("output: %q", report.Output)
	}
}

func TestASecretWithControlsIsFoundBeforeTheyAreDropped(t *testing.T) {
	secret := apikey.NewSecret("first\x1b[1mhalf\u200bsecond")
	if got := scrub("it is "+secret.Reveal()+".", secret); got != "it is [secret]." {
		t.Errorf("%q", got)
	}
}

func TestAFailureHoldsTheExitCodeAndTheLastLines(t *testing.T) {
	d := shell(t, `s=$(cat); for i in 1 2 3 4 5 6 7; do echo "line $i $s"; done; exit 3`, Options{})
	_, err := d.Put(context.Background(), Job{}, apikey.NewSecret(testSecret))
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	if !strings.Contains(text, "exit code 3") || !strings.Contains(text, "line 7 [secret]") || strings.Contains(text, "line 2") || strings.Contains(text, testSecret) {
		t.Errorf("error: %q", text)
	}
	if _, err := shell(t, "kill -9 $$", Options{}).Put(context.Background(), Job{}, apikey.NewSecret("x")); err == nil || !strings.Contains(err.Error(), "signal") {
		t.Errorf("a signal: %v", err)
	}
}

func TestAProgramThatCannotBeStartedHasCertainlyDoneNothing(t *testing.T) {
	folder := t.TempDir()
	for _, look := range []func(string) (string, error){
		func(string) (string, error) { return folder, nil },
		func(string) (string, error) { return "", os.ErrNotExist },
	} {
		_, err := must(Parse("command:thing", Options{LookPath: look})).Put(context.Background(), Job{}, apikey.NewSecret("x"))
		var run *RunError
		if !errors.As(err, &run) || run.How != "not run" || !run.Certain || !strings.Contains(err.Error(), "thing") {
			t.Errorf("%v", err)
		}
	}
}

func TestACommandThatDoesNotReadIsNoFailure(t *testing.T) {
	d := shell(t, "exit 0", Options{})
	mustDo(t, second(d.Put(context.Background(), Job{}, apikey.NewSecret(strings.Repeat("x", 1<<20)))))
}

func TestATimeoutKillsTheWholeGroup(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	d := shell(t, "sleep 600 & echo $! > "+pidFile+"; wait", Options{Timeout: 300 * time.Millisecond})
	start := time.Now()
	_, err := d.Put(context.Background(), Job{}, apikey.NewSecret("x"))
	if err == nil || !strings.Contains(err.Error(), "was killed") || time.Since(start) > 10*time.Second {
		t.Fatalf("after %s: %v", time.Since(start), err)
	}
	var pid int
	if _, err := fmt.Sscan(string(must(os.ReadFile(pidFile))), &pid); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); !gone(pid); {
		if time.Now().After(deadline) {
			t.Fatalf("the grandchild %d lives on", pid)
		}
	}
}

// gone reports whether a process has ended; where nobody reaps orphans it stays a zombie.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func TestOnlyTheEndOfMuchOutputIsKept(t *testing.T) {
	d := shell(t, `s=$(cat); i=0; while [ $i -lt 300 ]; do echo "$i $s$s$s"; i=$((i+1)); done`, Options{MaxOutput: 1000})
	report, err := d.Put(context.Background(), Job{}, apikey.NewSecret(testSecret))
	mustDo(t, err)
	notes := report.Output
	if len(notes) > 1100 || !strings.Contains(notes, "299 [secret][secret][secret]") || !strings.Contains(notes, "not kept") || strings.Contains(notes, "canary") {
		t.Errorf("notes: %q", notes)
	}
	// 33 secrets and most of one more.
	d = shell(t, `s=$(cat); i=0; while [ $i -lt 300 ]; do printf %s "$s"; i=$((i+1)); done`, Options{MaxOutput: 34*len(testSecret) - 3})
	report, err = d.Put(context.Background(), Job{}, apikey.NewSecret(testSecret))
	mustDo(t, err)
	if notes := report.Output; strings.Contains(notes, "canary") || notes == "" {
		t.Errorf("a line cut in the middle of a secret: %q", notes)
	}
}

func TestNothingIsPutWhereThereIsNoSecret(t *testing.T) {
	dir := t.TempDir()
	path, ran := filepath.Join(dir, "app"), filepath.Join(dir, "ran")
	writeFile(t, path, "KEY="+oldSecret+"\n", 0o600)
	for _, spec := range []string{"file:" + path, "env-file:" + path + ":KEY", "command:touch " + ran, "clipboard"} {
		d := must(Parse(spec, Options{Environ: os.Environ(), Clipboard: func(apikey.Secret) error { t.Error("nothing was copied"); return nil }}))
		if _, err := d.Put(context.Background(), Job{ID: testJob}, apikey.Secret{}); err == nil {
			t.Errorf("%s: no secret was put there", spec)
		}
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("the command ran")
	}
	isFile(t, path, "KEY="+oldSecret+"\n", 0o600)
}

func TestThenRunsAfterADeliveryAndAfterAnUndo(t *testing.T) {
	dir := t.TempDir()
	path, log := filepath.Join(dir, ".env"), filepath.Join(dir, "log")
	writeFile(t, path, "KEY="+oldSecret+"\n", 0o600)
	o := Options{Environ: os.Environ()}
	d := must(New(Config{Name: "payments", EnvFile: &EnvFile{path, "KEY"},
		Then: []string{"sh", "-c", "cat; cat " + path + "; echo x >> " + log + "; test ! -e " + filepath.Join(dir, "fail")}}, o))
	if d.Spec() != "payments" {
		t.Errorf("spec %q", d.Spec())
	}
	ctx, job := context.Background(), Job{ID: testJob}
	mustDo(t, second(d.Preflight(ctx, job)))
	mustDo(t, second(d.Put(ctx, job, apikey.NewSecret(testSecret))))
	if out, err := d.Then(ctx); err != nil || out != "KEY=[secret]" {
		t.Errorf("then: %q, %v", out, err)
	}
	mustDo(t, second(d.Undo(ctx, job)))
	if out, err := d.Then(ctx); err != nil || out != "KEY=[secret]" {
		t.Errorf("then after undo: %q, %v", out, err)
	}
	writeFile(t, filepath.Join(dir, "fail"), "", 0o600)
	if _, err := d.Then(ctx); err == nil || !strings.HasPrefix(err.Error(), "then: sh failed with exit code 1") || strings.Contains(err.Error(), oldSecret) {
		t.Errorf("a failing then: %v", err)
	}
	if got := must(os.ReadFile(log)); string(got) != "x\nx\nx\n" {
		t.Errorf("it ran %q", got)
	}
	d = must(New(Config{Name: "n", File: path, Then: []string{"no-such-program-here"}}, o))
	if _, err := d.Preflight(ctx, job); err == nil || !strings.Contains(err.Error(), "then:") {
		t.Errorf("a then that is not there: %v", err)
	}
}

func TestAThenThatLeavesADaemonIsNotWaitedFor(t *testing.T) {
	d := must(New(Config{Name: "n", File: filepath.Join(t.TempDir(), "f"), Then: []string{"sh", "-c", "sleep 5 & echo started $!"}}, Options{Environ: os.Environ()}))
	start := time.Now()
	out, err := d.Then(context.Background())
	var pid int
	if _, scan := fmt.Sscanf(out, "started %d", &pid); err != nil || scan != nil || time.Since(start) > 4500*time.Millisecond {
		t.Fatalf("%q, %v, after %s", out, err, time.Since(start))
	}
	if gone(pid) {
		t.Error("what it started was killed")
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func TestTheClipboardIsTheHosts(t *testing.T) {
	var got apikey.Secret
	d := must(Parse("clipboard", Options{Clipboard: func(s apikey.Secret) error { got = s; return nil }}))
	plan, err := d.Preflight(context.Background(), Job{ID: testJob})
	mustDo(t, err)
	if d.CanUndo() || !strings.Contains(strings.Join(plan.Notes, "\n"), "cannot be undone") {
		t.Errorf("%+v", plan)
	}
	mustDo(t, second(d.Put(context.Background(), Job{}, apikey.NewSecret(testSecret))))
	if !got.Equal(apikey.NewSecret(testSecret)) {
		t.Error("it was not handed the secret")
	}
}

// TestAPlaceThatNobodyCanReadSaysSo: of what it can and cannot do, of each kind.
func TestAPlaceThatNobodyCanReadSaysSo(t *testing.T) {
	ctx := t.Context()
	noTerminal, unplugged := Options{}, Options{Clipboard: func(apikey.Secret) error { return errors.New("unplugged") }}
	for _, o := range []Options{noTerminal, unplugged} {
		d := must(Parse("clipboard", o))
		if rep, err := d.Put(ctx, Job{}, apikey.NewSecret(testSecret)); err == nil || rep.Did != Unreported {
			t.Errorf("%+v, %v", rep, err)
		}
	}
	then := Config{Name: "d", Command: []string{"cat"}, Then: []string{"true"}, Probe: []string{"true"}}
	for name, d := range map[string]Destination{"the clipboard": must(Parse("clipboard", unplugged)), "a command": must(Parse("command:cat", noTerminal)), "a command with others": must(New(then, noTerminal))} {
		named := name == "a command with others"
		if d.CanUndo() || d.HasThen() != named || d.HasProbe() != named {
			t.Errorf("%s: it can be undone %v, then %v, probe %v", name, d.CanUndo(), d.HasThen(), d.HasProbe())
		}
		if match, err := d.ReadBack(ctx, apikey.NewSecret(testSecret)); match != CannotTell || err != nil {
			t.Errorf("%s: %v, %v", name, match, err)
		}
		if out, err := d.Then(ctx); !named && (out != "" || err != nil) {
			t.Errorf("%s: %q, %v", name, out, err)
		}
		if err := d.Finish(ctx, Job{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, d := range []Destination{must(Parse("file:/srv/secret", noTerminal)), must(Parse("env-file:/srv/.env:K", noTerminal))} {
		if !d.CanUndo() {
			t.Errorf("%s cannot be undone", d.Spec())
		}
	}
}
