package cli

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestAPublicKeyIsNotDeliveredOverWhatAPlaceHoldsUnasked: nothing is requested, and the yes keeps it until the new one is there.
func TestAPublicKeyIsNotDeliveredOverWhatAPlaceHoldsUnasked(t *testing.T) {
	for what, c := range map[string]struct {
		file, text, variable string
		holds                bool
	}{
		"a variable with a value":     {".env", "A=1\nPUBLIC_KEY=old\n", "PUBLIC_KEY", true},
		"one that is quoted":          {".env", "PUBLIC_KEY=\"old value\"\n", "PUBLIC_KEY", true},
		"a variable without a value":  {".env", "PUBLIC_KEY=\n", "PUBLIC_KEY", false},
		"a file without the variable": {".env", "OTHER=1\n", "PUBLIC_KEY", false},
		"a file with bytes":           {"key", "mine", "", true},
		"an empty file":               {"key", "", "", false},
	} {
		m := newMachine(t)
		path := m.write("app/"+c.file, c.text)
		spec, named := "file:"+path, `file = "`+path+`"`
		if c.variable != "" {
			spec, named = "env-file:"+path+":"+c.variable, `env_file = { path = "`+path+`", variable = "`+c.variable+`" }`
		}
		m.profile(newRemote(t), "vertesia", "[profiles.p.deliver.app]", named)
		for i, d := range []string{spec, "app"} {
			m.write("app/"+c.file, c.text)
			// Another name each time: a valid public key would be returned again.
			request := []string{"public-key", "--name", "web" + string(rune('0'+i)), "--deliver", d}
			keys := len(m.keys("p"))
			if c.holds {
				m.want(1, "holds a value already", request...)
				if got := read(t, path); got != c.text || len(m.keys("p")) != keys {
					t.Errorf("%s, %s: %d keys, it holds %q", what, d, len(m.keys("p")), got)
				}
				request = append(request, "--replace")
				// A place after it fails: what was there is back, and the key stays for the next request.
				m.want(1, "asking again returns it", append(request, "--deliver", "command:false")...)
				if got := read(t, path); got != c.text || len(m.keys("p")) != keys+1 {
					t.Errorf("%s, %s: %d keys, not put back: %q", what, d, len(m.keys("p")), got)
				}
			}
			r := m.run("", request...)
			if got := read(t, path); r.code != 0 || r.stdout != "" || strings.Contains(beside(got), "old") || !strings.Contains(got, "pk-") || !strings.Contains(r.stderr, "renew it after that") {
				t.Errorf("%s, %s: it holds %q, %+v", what, d, got, r)
			}
			if strings.Contains(r.stderr, "pk-") {
				t.Errorf("%s: standard error shows it: %s", what, r.stderr)
			}
			if left, _ := filepath.Glob(filepath.Join(m.home, "app", "*detent*")); len(left) != 0 {
				t.Errorf("%s, %s: left behind: %v", what, d, left)
			}
		}
	}
}

// beside is what a file holds beside a new secret, whose letters may be any.
func beside(text string) string {
	return regexp.MustCompile(`(pk-|psp_|sk-|sk_live_|sk_test_)\w+`).ReplaceAllString(text, "")
}

// TestAPublicKeyIsRenewedByTheSameCommand, with the command after it, and not requested where that cannot be.
func TestAPublicKeyIsRenewedByTheSameCommand(t *testing.T) {
	m := newMachine(t)
	r := newRemote(t)
	path, mark := filepath.Join(m.home, "app.env"), filepath.Join(m.home, "ran")
	m.profile(r, "vertesia", "[profiles.p.deliver.app]", `env_file = { path = "`+path+`", variable = "PUBLIC_KEY" }`, `then = ["touch", "`+mark+`"]`)
	renew := []string{"public-key", "--name", "web", "--deliver", "app", "--replace"}
	m.must(renew...)
	first := read(t, path)
	if read(t, mark); !strings.HasPrefix(first, "PUBLIC_KEY=pk-") {
		t.Errorf("it holds %q", first)
	}
	m.must(renew...) // within its life the same one
	if again := read(t, path); again != first {
		t.Errorf("it holds %q, then %q", first, again)
	}
	keys := len(m.keys("p"))
	for _, bad := range [][]string{
		{"public-key", "--name", "x", "--deliver", "nowhere"}, {"public-key", "--name", "x", "--deliver", "file:/no/such/folder/x"},
		{"public-key", "--name", "x", "--deliver", "file:" + m.home + "/x", "--read-only"}, {"public-key", "--name", "x", "--ttl", "0", "--deliver", "app", "--replace"},
	} {
		if r := m.run("", bad...); r.code != 2 || r.stdout != "" || len(m.keys("p")) != keys {
			t.Errorf("%v: %+v, %d keys", bad, r, len(m.keys("p")))
		}
	}
}

// TestAPublicKeyThatEndsSoonerThanAskedIsSaid, with the time that is left, whether it is printed or delivered.
func TestAPublicKeyThatEndsSoonerThanAskedIsSaid(t *testing.T) {
	for _, c := range []struct{ first, then, says string }{
		{"1h", "2h", "not for the 2h asked for"}, {"10m", "", "not for the 1d that is usual"}, {"2m", "90m", "not for the 1h30m asked for"},
		{"2d", "1h", "longer than the 1h asked for"}, {"", "30m", "longer than the 30m asked for"}, {"", "", ""}, {"1h", "1h", ""}, {"100s", "100s", ""},
	} {
		m := newMachine(t)
		request := func(ttl string, more ...string) result {
			args := append([]string{"public-key", "-p", "local/vertesia", "--name", "web"}, more...)
			if ttl != "" {
				args = append(args, "--ttl", ttl)
			}
			return m.run("", args...)
		}
		first := request(c.first)
		if first.code != 0 || strings.Contains(first.stderr, "valid for") || !strings.Contains(first.stderr, "expires: 20") || !strings.Contains(first.stderr, ", in ") {
			t.Errorf("%+v: a new one: %+v", c, first)
		}
		for _, r := range []result{request(c.then), request(c.then, "--deliver", "file:"+m.home+"/k")} {
			if said := strings.Contains(r.stderr, "it is valid for "); r.code != 0 || said != (c.says != "") || !strings.Contains(r.stderr, c.says) {
				t.Errorf("%+v: %+v", c, r)
			}
		}
	}
}
