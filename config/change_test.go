package config

import (
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
	"detent/keyserver/wirename"
)

const team = `# ours
default_profile = "prod"

[profiles.prod]            # the real one
service     = "vertesia"
url         = "https://api.vertesia.io"   # not the old host
token       = { env = "PROD" }  # see the runbook #7
environment = "live"
# nobody changes things on a Friday
read_only   = true
auth        = "exchange"

[profiles.prod.deliver.payments]
keys     = ["payments-*"]
env_file = { path = "/srv/.env", variable = "API_KEY" }

[profiles."a.b"]
  service = "generic"
  url = "https://keys.example.com/base"
  token = { command = [
    "pass", # the manager
    "show", "x = # \" ]",
  ] }

[operators.alice]
keys     = ["KEY1"]
role     = "admin"
profiles = ["prod", # hers
  "a.b"]

[operators.bob]
keys     = ["KEY2"]
role     = "admin"
profiles = ["*"]
`

// teamFile is team with real keys.
func teamFile(t testing.TB) string {
	return strings.NewReplacer("KEY1", publicKey(t, 1), "KEY2", publicKey(t, 2)).Replace(team)
}

// changedLines are the lines that only one of two texts has, with - and +.
func changedLines(before, after string) string {
	var out []string
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(a) > 0 && len(b) > 0 && a[0] == b[0]:
			a, b = a[1:], b[1:]
		case len(a) > 0 && !slices.Contains(b, a[0]):
			out, a = append(out, "-"+a[0]), a[1:]
		case len(b) > 0:
			out, b = append(out, "+"+b[0]), b[1:]
		default:
			out, a = append(out, "-"+a[0]), a[1:]
		}
	}
	return strings.Join(out, "\n")
}

func TestChangeTouchesTheFieldsThatChangedAndNothingElse(t *testing.T) {
	for _, c := range []struct {
		name, profile string
		change        func(*Profile)
		want          string
	}{
		{"nothing", "prod", func(*Profile) {}, ""},
		{"a value keeps the comment behind it", "prod", func(p *Profile) { p.URL = "https://api.new.example/" },
			"-url         = \"https://api.vertesia.io\"   # not the old host\n+url         = \"https://api.new.example\"   # not the old host"},
		{"a token keeps a comment with a number sign", "prod", func(p *Profile) { p.Token = Token{File: "/t/# x"} },
			"-token       = { env = \"PROD\" }  # see the runbook #7\n+token       = { file = \"/t/# x\" }  # see the runbook #7"},
		{"off is said where on was", "prod", func(p *Profile) { p.ReadOnly, p.Exchange = false, false },
			"-read_only   = true\n-auth        = \"exchange\"\n+read_only   = false\n+auth        = \"direct\""},
		{"what is not said any more goes", "prod", func(p *Profile) { p.Environment = "" }, "-environment = \"live\""},
		{"a new field stands in line", "prod", func(p *Profile) { p.MaxAge = 3 * time.Hour }, "+max_age     = \"10800s\""},
		{"in line where nothing is aligned", "a.b", func(p *Profile) { p.ReadOnly, p.CanCreate = true, true }, "+  read_only = true\n+  create    = true"},
		{"a value of many lines", "a.b", func(p *Profile) { p.Token = Token{Env: "AB"} },
			"-  token = { command = [\n-    \"pass\", # the manager\n-    \"show\", \"x = # \\\" ]\",\n-  ] }\n+  token = { env = \"AB\" }"},
		{"all of it", "prod", func(p *Profile) {
			*p = Profile{Service: "generic", URL: "http://127.0.0.1:1", Token: Token{Command: []string{"pass", `a "b"`}}, Environment: apikey.Test, CanCreate: true}
		}, "-service     = \"vertesia\"\n-url         = \"https://api.vertesia.io\"   # not the old host\n-token       = { env = \"PROD\" }  # see the runbook #7\n-environment = \"live\"\n" +
			"+service     = \"generic\"\n+url         = \"http://127.0.0.1:1\"   # not the old host\n+token       = { command = [\"pass\", \"a \\\"b\\\"\"] }  # see the runbook #7\n+environment = \"test\"\n" +
			"-read_only   = true\n-auth        = \"exchange\"\n+read_only   = false\n+auth        = \"direct\"\n+create      = true"},
	} {
		for _, newline := range []string{"\n", "\r\n"} {
			text := strings.ReplaceAll(teamFile(t), "\n", newline)
			path := writeFile(t, text, 0o640)
			conf, err := Load(path, true)
			if err != nil {
				t.Fatal(err)
			}
			before, _ := conf.Lookup(c.profile)
			after := before
			c.change(&after)
			if err := Change(path, before, after); err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if newline == "\r\n" && strings.Count(string(data), "\n") != strings.Count(string(data), newline) {
				t.Errorf("%s: ends of lines are mixed: %q", c.name, data)
			}
			if got := strings.ReplaceAll(changedLines(text, string(data)), "\r", ""); got != c.want {
				t.Errorf("%s: changed\n%s\nnot\n%s", c.name, got, c.want)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("%s: %v %v", c.name, info.Mode(), err)
			}
		}
	}
}

func TestChangeIsRefusedAndTheFileStays(t *testing.T) {
	subTable := "[profiles.p]\nservice = \"prosopo\"\nurl = \"https://x.example\"\n[profiles.p.token]\nenv = \"T\"\n"
	inline := "[profiles]\np = { service = \"prosopo\", url = \"https://x.example\", token = { env = \"T\" } }\n"
	dotted := "profiles.p.service = \"prosopo\"\nprofiles.p.url = \"https://x.example\"\nprofiles.p.token.env = \"T\"\n"
	plain := "[profiles.p]\nservice = \"prosopo\"\nurl = \"https://x.example\"\ntoken = { env = \"T\" }\n"
	for _, c := range []struct {
		name, text string
		change     func(before, after *Profile)
		want       string
	}{
		{"a token with a table of its own", subTable, func(_, a *Profile) { a.Token.Env = "U" }, "[profiles.p] is written in a way that only a person changes"},
		{"a profile in one line", inline, func(_, a *Profile) { a.URL = "https://y.example" }, "only a person changes"},
		{"a profile of dotted keys", dotted, func(_, a *Profile) { a.URL = "https://y.example" }, "only a person changes"},
		{"an address in the clear", plain, func(_, a *Profile) { a.URL = "http://x.example" }, "profiles.p.url: must be https"},
		{"another service's field", plain, func(_, a *Profile) { a.CanCreate = true }, "profiles.p.create: is only"},
		{"no token", plain, func(_, a *Profile) { a.Token = Token{} }, "profiles.p.token: is missing"},
		{"somebody was faster", plain, func(b, a *Profile) { b.ReadOnly, a.URL = true, "https://y.example" }, "changed in the file since"},
		{"it is gone", plain, func(b, _ *Profile) { b.Name = "q" }, "changed in the file since"},
		{"a built-in one", plain, func(b, _ *Profile) { *b = BuiltIn()[0] }, "changed in the file since"},
	} {
		path := writeFile(t, c.text, 0o600)
		conf, err := Load(path, true)
		if err != nil {
			t.Fatal(err)
		}
		before, _ := conf.Lookup("p")
		after := before
		c.change(&before, &after)
		if err := Change(path, before, after); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != c.text {
			t.Errorf("%s: the file became %q, %v", c.name, data, err)
		}
	}
}

func TestAnAddedProfileIsItsOperatorsToo(t *testing.T) {
	file := teamFile(t)
	added := Profile{Name: "new", Service: "prosopo", URL: "https://x.example", Token: Token{Env: "T"}}
	for operator, want := range map[string][]string{"alice": {"prod", "a.b", "new"}, "bob": {"*"}} {
		path := writeFile(t, file, 0o600)
		if err := Append(path, added, operator); err != nil {
			t.Fatal(err)
		}
		c, err := Load(path, true)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(c.Operators, func(o Operator) bool { return o.Name == operator })
		if _, there := c.Lookup("new"); !there || !reflect.DeepEqual(c.Operators[i].Profiles, want) {
			t.Errorf("%s has %v", operator, c.Operators[i].Profiles)
		}
	}
	path := writeFile(t, file, 0o600)
	if err := Append(path, added, "carol"); err == nil {
		t.Error("added for nobody")
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != file {
		t.Errorf("the file changed: %v", err)
	}
}

func TestATypedTokenIsKeptInAFileOfItsOwnAndForgottenAlone(t *testing.T) {
	home := t.TempDir()
	env := NewEnv([]string{"HOME=" + home})
	var kept []Token
	for _, text := range []string{"first-token-canary", "second-token-canary"} {
		secret, err := apikey.ParseSecret(text)
		if err != nil {
			t.Fatal(err)
		}
		token, err := env.KeepToken("eu/prod", secret)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, token)
		got, err := TokenReader{Env: env, Config: WithoutFile("")}.Read(t.Context(), Profile{Name: "eu/prod", Token: token})
		if err != nil || !got.Equal(secret) {
			t.Errorf("read back: %v", err)
		}
		for path, want := range map[string]os.FileMode{token.File: 0o600, filepath.Dir(token.File): 0o700} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: %v %v", path, info.Mode(), err)
			}
		}
		if strings.Contains(token.File, "canary") || filepath.Dir(token.File) != filepath.Join(home, ".local/share/detent/tokens") {
			t.Error(token.File)
		}
	}
	other := filepath.Join(home, "mine.token")
	if err := os.WriteFile(other, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, token := range []Token{kept[0], {File: other}, {File: "~/mine.token"}, {Env: "T"}, {}} {
		if err := env.ForgetToken(token); err != nil {
			t.Error(err)
		}
	}
	for path, want := range map[string]bool{kept[0].File: false, kept[1].File: true, other: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := env.KeepToken("p", apikey.Secret{}); err == nil {
		t.Error("kept nothing")
	}
	if err := env.ForgetToken(kept[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// FuzzChange: a file that is changed says what it should, or stays; comments of a line of their own stay in any case.
func FuzzChange(f *testing.F) {
	for i, file := range []string{documented, teamFile(f), strings.ReplaceAll(teamFile(f), "\n", "\r\n"), "[profiles.p]\nservice='generic'\nurl = 'https://x.example'#c\n\ttoken.env = \"\"\"T\"\"\"\n"} {
		f.Add(file, 0, byte(i), "https://api.example", "TOKEN")
		f.Add(file, 1, byte(i+40), "https://api.example/b", "a\"# b")
	}
	comments := func(text string) (out []string) {
		for _, line := range strings.Split(text, "\n") {
			if strings.HasPrefix(line, "#") {
				out = append(out, line)
			}
		}
		return out
	}
	f.Fuzz(func(t *testing.T, file string, which int, kind byte, url, token string) {
		before, err := parse("f", []byte(file))
		if err != nil || which < 0 || which >= len(before.Profiles) || strings.Contains(file, "[[") || strings.Contains(file, `"""`) || strings.Contains(file, "'''") {
			return
		}
		p := before.Profiles[which]
		after := p
		after.URL, after.ReadOnly = url, kind&1 != 0
		after.Environment = []apikey.Environment{"", apikey.Live, apikey.Test, apikey.Dev}[kind>>1&3]
		if kind&8 != 0 {
			after.Token = Token{Command: []string{"pass", token}}
		}
		after.CanCreate = kind&16 != 0 && p.Service == wirename.Generic
		text, err := changed("f", file, p, after)
		if err != nil {
			return
		}
		got, err := parse("f", []byte(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		after.URL = got.Profiles[which].URL // as CheckURL writes it
		before.Profiles[which] = after
		if !reflect.DeepEqual(got.Profiles, before.Profiles) || !reflect.DeepEqual(got.Operators, before.Operators) {
			t.Fatalf("%q became %q", file, text)
		}
		if !strings.Contains(file, "[\n") && !slices.Equal(comments(file), comments(text)) {
			t.Fatalf("comments of %q became those of %q", file, text)
		}
	})
}

// A name so long that nothing can be made beside it stands for a folder that may not be written: it holds for root too.
func TestAFileThatCannotBeWrittenIsNamedAndNotTheOneThatWasToReplaceIt(t *testing.T) {
	const text = "[profiles.p]\nservice = \"prosopo\"\nurl = \"https://x.example\"\ntoken = { env = \"T\" }\n"
	folder := t.TempDir()
	path := filepath.Join(folder, strings.Repeat("c", 250))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	conf, err := Load(path, true)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := conf.Lookup("p")
	after := before
	after.ReadOnly = true
	want := path + " cannot be written: in its folder: " + syscall.ENAMETOOLONG.Error()
	added := Profile{Name: "new", Service: "prosopo", URL: "https://x.example", Token: Token{Env: "T"}}
	for name, err := range map[string]error{"change": Change(path, before, after), "add": Append(path, added, "")} {
		if err == nil || err.Error() != want || !errors.Is(err, syscall.ENAMETOOLONG) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != text {
		t.Errorf("the file became %q, %v", data, err)
	}
	if all, err := os.ReadDir(folder); err != nil || len(all) != 1 {
		t.Errorf("left beside it: %v, %v", all, err)
	}
}
