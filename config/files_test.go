//go:build unix

package config

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"detent/apikey"
	"detent/client/issuers"
	"detent/keyserver/wirename"
)

func TestConfigThatOthersMayWriteIsRefusedWithTheChmod(t *testing.T) {
	for _, mode := range []os.FileMode{0o600, 0o644, 0o400, 0o755} {
		if _, err := Load(writeFile(t, documented, mode), true); err != nil {
			t.Errorf("%04o: %v", mode, err)
		}
	}
	for _, mode := range []os.FileMode{0o620, 0o602, 0o666} {
		path := writeFile(t, documented, mode)
		_, err := Load(path, true)
		if err == nil || !strings.Contains(err.Error(), "chmod go-w "+path) {
			t.Fatalf("%04o: %v", mode, err)
		}
		// The command that the message names mends it.
		if err := os.Chmod(path, mode&^0o022); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path, true); err != nil {
			t.Errorf("%04o mended: %v", mode, err)
		}
	}
}

func TestConfigRulesHoldForTheTargetOfASymbolicLink(t *testing.T) {
	target := writeFile(t, documented, 0o666)
	link := filepath.Join(t.TempDir(), "config.toml")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(link, true); err == nil {
		t.Error("the target may be written by others")
	}
	if err := os.Chmod(target, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(link, true); err != nil {
		t.Error(err)
	}
}

func TestConfigOfAnotherUserIsRefused(t *testing.T) {
	path := writeFile(t, documented, 0o600)
	if os.Getuid() == 0 {
		if err := os.Chown(path, 12345, -1); err != nil {
			t.Fatal(err)
		}
	}
	uid := getuid
	t.Cleanup(func() { getuid = uid })
	getuid = func() int { return 54321 }
	_, err := Load(path, true)
	if err == nil || !strings.Contains(err.Error(), "neither you nor root: sudo chown 54321 "+path+" && chmod go-w "+path) {
		t.Errorf("%v", err)
	}
}

func TestConfigMustBeARegularFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, pipe} {
		if _, err := Load(path, true); err == nil || !strings.Contains(err.Error(), "regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A file of any length is read up to the limit alone, a command's endless line too.
func TestWhatIsTooLongToBeTrueIsNotReadToItsEnd(t *testing.T) {
	comment := writeFile(t, "", 0o600)
	if err := os.WriteFile(comment, bytes.Repeat([]byte("#\n"), maxFile), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(comment, true); err == nil || !strings.Contains(err.Error(), "over 1 MiB") {
		t.Errorf("%v", err)
	}
	p := Profile{Name: "p", Token: Token{File: comment}}
	if _, err := reader().Read(context.Background(), p); err == nil || !strings.Contains(err.Error(), "over 1 MiB") {
		t.Errorf("%v", err)
	}
	var endless firstLine
	for piece := bytes.Repeat([]byte("x"), maxFile/2+1); len(endless.line) < maxFile; {
		if n, err := endless.Write(piece); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
	}
	if _, _ = endless.Write([]byte("more\nsecond")); len(endless.line) != maxFile || !endless.done {
		t.Errorf("%d bytes are kept", len(endless.line))
	}
}

func reader(environ ...string) TokenReader {
	return TokenReader{Env: NewEnv(append(environ, "PATH="+os.Getenv("PATH"))), Config: WithoutFile("c"), Stderr: &bytes.Buffer{}}
}

func TestTokenFileWithAnyBitForOthersIsRefusedWithTheChmod(t *testing.T) {
	good := Profile{Name: "p", Token: Token{File: writeFile(t, canary+"\n", 0o600)}}
	if s, err := reader().Read(context.Background(), good); err != nil || s.Reveal() != canary {
		t.Errorf("%v", err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o601, 0o610, 0o620} {
		path := writeFile(t, canary, mode)
		_, err := reader().Read(context.Background(), Profile{Name: "p", Token: Token{File: path}})
		if err == nil || !strings.Contains(err.Error(), "chmod go-rwx "+path) || strings.Contains(err.Error(), canary) {
			t.Errorf("%04o: %v", mode, err)
		}
	}
}

func TestTokenFileThatIsNotThereSaysWhatIsAllowed(t *testing.T) {
	_, err := reader().Read(context.Background(), Profile{Name: "p", Token: Token{File: filepath.Join(t.TempDir(), "none")}})
	if err == nil || !strings.Contains(err.Error(), "there is no such file") || !strings.Contains(err.Error(), tokenForms) {
		t.Errorf("%v", err)
	}
}

func TestTokenFileIsFoundInTheHome(t *testing.T) {
	path := writeFile(t, canary, 0o600)
	p := Profile{Name: "p", Token: Token{File: "~/f"}}
	if s, err := reader("HOME="+filepath.Dir(path)).Read(context.Background(), p); err != nil || s.Reveal() != canary {
		t.Errorf("%v", err)
	}
	if _, err := reader().Read(context.Background(), p); err == nil || !strings.Contains(err.Error(), "HOME is not set") {
		t.Errorf("without a home: %v", err)
	}
}

func TestTokenComesFromTheNamedVariable(t *testing.T) {
	p := Profile{Name: "p", Token: Token{Env: "MY_TOKEN"}}
	if s, err := reader("MY_TOKEN="+canary).Read(context.Background(), p); err != nil || s.Reveal() != canary {
		t.Errorf("%v", err)
	}
	for _, environ := range []string{"OTHER=x", "MY_TOKEN="} {
		if _, err := reader(environ).Read(context.Background(), p); err == nil || !strings.Contains(err.Error(), "env MY_TOKEN: the variable is not set") {
			t.Errorf("%s: %v", environ, err)
		}
	}
}

func TestTokenThatCannotBeOneIsRefusedWithoutRepeatingIt(t *testing.T) {
	for _, text := range []string{`"` + canary + `"`, canary + " x", " " + canary, canary + "\n" + canary, "Bearer " + canary} {
		for _, p := range []Profile{{Name: "p", Token: Token{Env: "T"}}, {Name: "p", Token: Token{File: writeFile(t, text, 0o600)}}} {
			_, err := reader("T="+text).Read(context.Background(), p)
			if err == nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s from %s: %v", text, p.Token, err)
			}
		}
	}
}

func TestDetentTokenIsForTheProfileSelectedAtStartAlone(t *testing.T) {
	r := reader("DETENT_TOKEN="+canary, "T=other-secret-token")
	r.Start = "p"
	for _, c := range []struct {
		profile, want string
	}{{"p", canary}, {"q", "other-secret-token"}} {
		s, err := r.Read(context.Background(), Profile{Name: c.profile, Token: Token{Env: "T"}})
		if err != nil || s.Reveal() != c.want {
			t.Errorf("%s: %v", c.profile, err)
		}
	}
	r.Start = "local/prosopo"
	if _, err := r.Read(context.Background(), BuiltIn()[0]); err == nil {
		t.Error("an embedded profile took DETENT_TOKEN")
	}
}

func command(argv ...string) Profile { return Profile{Name: "p", Token: Token{Command: argv}} }

func TestTokenCommandGivesItsFirstLine(t *testing.T) {
	s, err := reader().Read(context.Background(), command("printf", `%s\nuser: me\nurl: "x"\n`, canary))
	if err != nil || s.Reveal() != canary {
		t.Errorf("%v", err)
	}
}

func TestTokenCommandHasNoShellNoInputAndNoCredential(t *testing.T) {
	r := reader("DETENT_TOKEN=x1", "PROSOPO_TOKEN=x2", "KEPT=kept")
	c, err := parse("c", []byte(documented))
	if err != nil {
		t.Fatal(err)
	}
	r.Config = c
	var stderr bytes.Buffer
	r.Stderr = &stderr
	s, err := r.Read(context.Background(), command("sh", "-c", `cat >&2; env >&2; echo "$1"`, "sh", "$(id);$HOME"))
	if err != nil || s.Reveal() != "$(id);$HOME" {
		t.Errorf("%v: the argument was expanded", err)
	}
	if text := stderr.String(); strings.Contains(text, "_TOKEN") || !strings.Contains(text, "KEPT=kept") {
		t.Errorf("the command saw\n%s", text)
	}
}

func TestTokenCommandThatFailsSaysSo(t *testing.T) {
	var stderr bytes.Buffer
	r := reader()
	r.Stderr = &stderr
	_, err := r.Read(context.Background(), command("sh", "-c", "echo "+canary+"; echo locked >&2; exit 3"))
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || strings.Contains(err.Error(), canary) || stderr.String() != "locked\n" {
		t.Errorf("%v, stderr %q", err, stderr.String())
	}
	if _, err := reader().Read(context.Background(), command("/no/such/program")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("%v", err)
	}
}

func TestTokenCommandIsStoppedWithAllThatItStarted(t *testing.T) {
	alive := filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(alive, 0o600); err != nil {
		t.Fatal(err)
	}
	r := reader()
	r.Patience = 300 * time.Millisecond
	// The grandchild holds the pipe open for as long as it lives.
	_, err := r.Read(context.Background(), command("sh", "-c", "sleep 600 3<>"+alive+" & echo started >"+alive+"; wait"))
	if err == nil || !strings.Contains(err.Error(), "took over 300ms") {
		t.Fatalf("%v", err)
	}
	ended := make(chan error, 1)
	go func() {
		f, err := os.Open(alive)
		if err == nil {
			_, err = f.Read(make([]byte, 64))
			_ = f.Close()
		}
		ended <- err
	}()
	// With no writer left, the open blocks; our own writer is then the only one.
	w, err := os.OpenFile(alive, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the grandchild still holds the pipe")
	}
}

func TestTokenCommandEndsWhenTheCallerGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := reader().Read(ctx, command("sleep", "600")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestAppendKeepsTheFileAndAddsAProfile(t *testing.T) {
	old := "# mine\n" + documented + "\n# the end, without a newline"
	path := writeFile(t, old, 0o600)
	added := Profile{Name: "new.one", Service: "vertesia", URL: "https://api.vertesia.io", Token: Token{Command: []string{"pass", `a "b" \c`}},
		Environment: apikey.Test, ReadOnly: true, MaxAge: 30 * 24 * time.Hour, Exchange: true}
	if err := Append(path, added, ""); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(data), old+"\n") {
		t.Errorf("the old text changed: %v\n%s", err, data)
	}
	c, err := Load(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := c.Lookup("new.one"); got.Token.Command[1] != `a "b" \c` || got.MaxAge != added.MaxAge || !got.Exchange || !got.ReadOnly || got.Environment != apikey.Test {
		t.Errorf("%+v", got)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestAppendWritesANewFileForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "config.toml")
	if err := Append(path, Profile{Name: "p", Service: "generic", URL: "https://x.example", Token: Token{File: "/t"}, CanCreate: true}, ""); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

func TestAppendFollowsASymbolicLink(t *testing.T) {
	target := writeFile(t, documented, 0o640)
	link := filepath.Join(t.TempDir(), "config.toml")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := Append(link, Profile{Name: "p", Service: "prosopo", URL: "https://x.example", Token: Token{Env: "T"}}, ""); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became a file: %v", err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the target's mode: %v %v", info.Mode(), err)
	}
}

func TestAppendRefusesWhatItsFileWouldRefuse(t *testing.T) {
	good := Profile{Name: "p", Service: "prosopo", URL: "https://x.example", Token: Token{Env: "T"}}
	with := func(change func(*Profile)) Profile { p := good; change(&p); return p }
	for want, p := range map[string]Profile{
		`already a profile "prod"`:          with(func(p *Profile) { p.Name = "prod" }),
		`already a profile "local/prosopo"`: with(func(p *Profile) { p.Name = "local/prosopo" }),
		`names that begin with local/`:      with(func(p *Profile) { p.Name = "local/x" }),
		`is no profile name`:                with(func(p *Profile) { p.Name = "a\n[profiles.evil]" }),
		`profiles.p.url: must be https`:     with(func(p *Profile) { p.URL = "http://x.example" }),
		`profiles.p.token: is missing`:      with(func(p *Profile) { p.Token = Token{} }),
		`profiles.p.token.env: must be`:     with(func(p *Profile) { p.Token.Env = "a-b" }),
		`profiles.p.create: is only`:        with(func(p *Profile) { p.CanCreate = true }),
		`profiles.p.service: must be`:       with(func(p *Profile) { p.Service = "x" }),
	} {
		path := writeFile(t, documented, 0o600)
		err := Append(path, p, "")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
		if data, _ := os.ReadFile(path); string(data) != documented {
			t.Errorf("%s: the file was changed", want)
		}
	}
}

func TestInitWritesOnceForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d", "config.toml")
	if err := Init(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("# mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Init(path); err == nil || !strings.Contains(err.Error(), "already there") {
		t.Errorf("%v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "# mine\n" {
		t.Errorf("overwritten: %s", data)
	}
}

func TestDebugLogIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "debug.log")
	for range 2 {
		f, err := OpenDebug(path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString("line\n")
		_ = f.Close()
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 10 {
		t.Errorf("%v %v", info, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDebug(path); err == nil || !strings.Contains(err.Error(), "chmod go-rwx "+path) {
		t.Errorf("%v", err)
	}
}

func FuzzConfigNeverPanicsAndNamesTheLine(f *testing.F) {
	f.Add(documented)
	f.Add(Template())
	for _, c := range refusals {
		f.Add(c.file)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parse("f", []byte(text))
		if err == nil {
			for _, p := range c.Profiles {
				if p.Embedded {
					continue
				}
				sources := slices.DeleteFunc([]bool{p.Token.Env != "", p.Token.File != "", len(p.Token.Command) > 0}, func(there bool) bool { return !there })
				if p.Service == "" || p.URL == "" || len(sources) != 1 {
					t.Fatalf("accepted %+v", p)
				}
			}
			return
		}
		var e *Error
		if !errors.As(err, &e) || e.Line < 1 || e.Line > strings.Count(text, "\n")+2 || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Fatalf("%q", err)
		}
	})
}

// FuzzAppend: the file stays as it is to the byte, and the profile that is read afterwards is the one that was added.
func FuzzAppend(f *testing.F) {
	for i, file := range []string{"", "\n", "# no newline", documented, Template(), "default_profile = \"new\"\n", "[profiles]\n", "[operators.a]\r\n", "x = \"\"\"\n"} {
		f.Add(file, "new", byte(i), "https://api.example", "TOKEN", "pass")
		f.Add(file, "a.b c", byte(i+3), "https://api.example/base", "~/token", `a "b" \c`)
	}
	f.Fuzz(func(t *testing.T, file, name string, kind byte, url, token, word string) {
		p := Profile{Name: name, Service: issuers.BuiltIn()[int(kind)%3], URL: url, ReadOnly: kind&4 != 0, Environment: []apikey.Environment{"", apikey.Live, apikey.Test, apikey.Dev}[kind>>3&3]}
		p.CanCreate = kind&32 != 0 && p.Service == wirename.Generic
		p.Exchange = kind&32 != 0 && p.Service == wirename.Vertesia
		switch {
		case kind>>6 == 0:
			p.Token.Env = token
		case kind>>6 == 1:
			p.Token.File = token
		default:
			p.Token.Command = []string{token, word}
		}
		text, err := appended("f", file, p)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Fatalf("%q", err)
			}
			return
		}
		if !strings.HasPrefix(text, file) {
			t.Fatalf("%q became %q", file, text)
		}
		before, err := parse("f", []byte(file))
		if err != nil {
			t.Fatalf("%q was no configuration: %v", file, err)
		}
		after, err := parse("f", []byte(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got, _ := after.Lookup(name); !reflect.DeepEqual(got, p) {
			t.Fatalf("added %+v, read %+v", p, got)
		}
		after.Profiles = slices.DeleteFunc(after.Profiles, func(q Profile) bool { return q.Name == name })
		if !reflect.DeepEqual(before.Profiles, after.Profiles) || before.Default != after.Default || !reflect.DeepEqual(before.Operators, after.Operators) {
			t.Fatalf("%q: the rest reads otherwise in %q", file, text)
		}
	})
}
