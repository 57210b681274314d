package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestWhatAPlaceHoldsIsNotOverwrittenUnasked: nothing is made, and the yes keeps it until the new secret is there.
func TestWhatAPlaceHoldsIsNotOverwrittenUnasked(t *testing.T) {
	for what, c := range map[string]struct {
		file, text string
		variable   string
		holds      bool
	}{
		"a variable with a value":      {".env", "A=1\nAPI_KEY=old\n", "API_KEY", true},
		"one that is quoted":           {".env", "API_KEY=\"old value\"\n", "API_KEY", true},
		"one that is exported":         {".env", "export API_KEY=old\n", "API_KEY", true},
		"a variable without a value":   {".env", "API_KEY=\n", "API_KEY", false},
		"a file without the variable":  {".env", "OTHER=1\n", "API_KEY", false},
		"a file with bytes":            {"key", "mine", "", true},
		"a file with one line's break": {"key", "\n", "", false},
		"an empty file":                {"key", "", "", false},
	} {
		m := newMachine(t)
		path := m.write("app/"+c.file, c.text)
		spec, named := "file:"+path, `file = "`+path+`"`
		if c.variable != "" {
			spec, named = "env-file:"+path+":"+c.variable, `env_file = { path = "`+path+`", variable = "`+c.variable+`" }`
		}
		m.profile(newRemote(t), "prosopo", "[profiles.p.deliver.app]", named)
		for _, d := range []string{spec, "app"} {
			m.write("app/"+c.file, c.text)
			create := []string{"create", "--name", "k", "--permission", "getRules", "--deliver", d}
			keys := len(m.keys("p"))
			if c.holds {
				m.want(1, "holds a value already", create...)
				if got := read(t, path); got != c.text || len(m.keys("p")) != keys {
					t.Errorf("%s, %s: %d keys, it holds %q", what, d, len(m.keys("p")), got)
				}
				create = append(create, "--replace")
				// A place after it fails: what was there is back.
				m.want(1, "was deleted again", append(create, "--deliver", "command:false")...)
				if got := read(t, path); got != c.text {
					t.Errorf("%s, %s: not put back: %q", what, d, got)
				}
			}
			m.must(create...)
			if got := read(t, path); got == c.text || strings.Contains(beside(got), "old") {
				t.Errorf("%s, %s: not delivered: %q", what, d, got)
			}
			if left, _ := filepath.Glob(filepath.Join(m.home, "app", "*detent*")); len(left) != 0 {
				t.Errorf("%s, %s: left behind: %v", what, d, left)
			}
		}
	}
}

// TestTheDemoWritesBelowItsFolderAlone, however a place is spelled.
func TestTheDemoWritesBelowItsFolderAlone(t *testing.T) {
	m := newMachine(t)
	m.write("app/.env", "")
	create := []string{"create", "--demo", "--name", "k", "--permission", "getRules", "--deliver"}
	for _, spec := range []string{"file:" + m.home + "/key", "env-file:" + m.home + "/app/.env:API_KEY", "file:../key", "env-file:sub/../../.env:A", "file:~/../key"} {
		m.want(2, "written below that alone", append(create, spec)...)
	}
	for _, spec := range []string{"file:key", "env-file:.env:API_KEY", "file:~/key"} {
		m.must(append(create, spec)...)
	}
	if left, _ := filepath.Glob(m.home + "/*/key"); read(t, m.home+"/app/.env") != "" || len(left) != 0 {
		t.Errorf("written outside: %v", left)
	}
}

// TestAValueThatReadersReadDifferentlyIsReplacedByAFlag: it is refused with its line, before a key is made; whoever says that it may go has it replaced,
// and back where another place fails.
func TestAValueThatReadersReadDifferentlyIsReplacedByAFlag(t *testing.T) {
	for _, value := range []string{"old#x", "$old", "`old`", `"old$x"`, "'old' x", "vault:secret/old#key", `"old\nx"`} {
		m := newMachine(t)
		text := "A=1\nAPI_KEY=" + value + "\nB=2\n"
		path := m.write(".env", text)
		m.profile(newRemote(t), "prosopo")
		create := []string{"create", "--name", "k", "--permission", "getRules", "--deliver", "env-file:" + path + ":API_KEY"}
		m.want(2, "line 2", create...)
		create = append(create, "--replace")
		keys := len(m.keys("p"))
		if value != "'old' x" {
			m.want(1, "was deleted again", append(create, "--deliver", "command:false")...)
		}
		if got := read(t, path); got != text || len(m.keys("p")) != keys {
			t.Errorf("%s: %d keys, and not put back: %q", value, len(m.keys("p")), got)
		}
		if value == "'old' x" { // no line that is changed alone: refused all the same, before a key is made
			m.want(2, "line 2", create...)
			continue
		}
		m.must(create...)
		if got := read(t, path); strings.Contains(beside(got), "old") || !strings.HasPrefix(got, "A=1\nAPI_KEY=") || !strings.HasSuffix(got, "\nB=2\n") {
			t.Errorf("%s: %q", value, got)
		}
	}
}
