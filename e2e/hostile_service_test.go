//go:build unix

package e2e

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// writes counts the calls that change something.
type writes struct {
	mu    sync.Mutex
	calls []string
}

func (w *writes) watch(next http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		list := r.URL.Path == "/api-keys/get" || r.Method == http.MethodGet && r.URL.Path != "/api/v1/apikeys/pk"
		if !list {
			w.mu.Lock()
			w.calls = append(w.calls, r.Method+" "+r.URL.Path)
			w.mu.Unlock()
		}
		next(rw, r)
	}
}

func (w *writes) seen() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.calls...)
}

const twoKeys = `[{"id":"k1","name":"alpha","type":"sk","role":"reader","maskedValue":"sk-a****","account":"acc","enabled":true,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"},
{"id":"k2","name":"beta","type":"sk","role":"a_role_of_tomorrow","maskedValue":"sk-b****","account":"acc","enabled":false,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","field_of_tomorrow":{"deep":[1,2,3]}}]`

func TestReadOnlyAnswersWhyAndSendsNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, why string
		args      []string
		config    string
		env       string
	}{
		{"--read-only", "detent was started read-only|the profile prod is read-only", []string{"--read-only"}, "", ""},
		{"DETENT_READ_ONLY", "detent was started read-only", nil, "", "DETENT_READ_ONLY=1"},
		{"read_only = true", "the profile prod is read-only", nil, "read_only = true", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var w writes
			h := pointed(t, "vertesia", fake(t, w.watch(answer(200, "application/json", twoKeys))), "sk-token", c.config)
			if c.env != "" {
				h.env = append(h.env, c.env)
			}
			p := h.sit(t, 100, 24, c.args...)
			p.wait(`▸ alpha`)
			p.wait(`read-only`)
			for _, key := range []string{"n", "e", "r", "x", "d"} {
				p.do(key, `^└ .*: (`+c.why+`)`)
				p.gone(`╭`)
				p.do("j", `^└ .*\? help`)
			}
			p.do("?", "half a page up")
			for _, gone := range []string{`n +new`, `e +edit`, `r +rotate`, `x +(enable|disable)`, `d +delete`} {
				if regexp.MustCompile(gone).MatchString(p.text()) {
					t.Errorf("help still offers %q", gone)
				}
			}
			if calls := w.seen(); len(calls) > 0 {
				t.Errorf("sent %v", calls)
			}
		})
	}
}

func TestASlowServiceLeavesTheKeysResponsive(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url := fake(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "[")
		w.(http.Flusher).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
			return
		}
		_, _ = io.WriteString(w, twoKeys[1:])
	})
	p := pointed(t, "vertesia", url, "sk-token").sit(t, 80, 24)
	p.wait("loading …")
	p.do("?", "half a page up")
	p.leave("esc", "half a page up")
	p.do("p", `▸ ● prod`)
	p.leave("esc", `● prod`)
	p.wait("loading …")
	p.do("n", `▸ secret key`)
	p.do("enter", "New Vertesia key")
	p.say("made-while-loading", "› made-while-loading▏")
	p.do("esc", "Discard")
	close(release)
	p.do("right", "▸ Discard ◂")
	p.confirm(`▸ alpha`)
	p.wait("2 keys")
}

func TestOfflineKeepsTheLastListAndRecovers(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	down := false
	url := fake(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if down {
			reset(w)
			return
		}
		answer(200, "application/json", twoKeys)(w, r)
	})
	set := func(to bool) { mu.Lock(); defer mu.Unlock(); down = to }
	p := pointed(t, "vertesia", url, "sk-token").sit(t, 100, 24, "--timeout", "1s")
	p.wait(`▸ alpha`)
	p.do("j", `▸ beta`)
	set(true)
	p.do("ctrl+r", "offline: this is the last list · ctrl\\+r tries again")
	p.wait(`▸ beta`)
	set(false)
	p.do("ctrl+r", "2 keys")
	p.gone("offline")
	p.wait(`▸ beta`)
}

// TestWhatTheServiceAddsTomorrowIsShownAndKept: an unknown role, field and permission.
func TestWhatTheServiceAddsTomorrowIsShownAndKept(t *testing.T) {
	t.Parallel()
	p := pointed(t, "vertesia", fake(t, answer(200, "application/json", twoKeys)), "sk-token").sit(t, 120, 40)
	p.wait(`▸ alpha`)
	p.wait(`beta .*a_role_of_to.*disabled`)
	p.do("j", `▸ beta`)
	p.wait(`│.*a_role_of_tomorrow`)
	q := pointed(t, "prosopo", fake(t, answer(200, "application/json",
		`[{"_id":"k1","name":"alpha","permissions":{"AccessRules":["getRules","foldSpace"],"TimeTravel":["goBack"]},"somethingNew":1,"createdAt":"2026-01-01T00:00:00Z"}]`)), "psp_x").sit(t, 120, 40)
	for _, want := range []string{`▸ alpha`, `foldSpace`, `TimeTravel|Time Travel`, `goBack`} {
		q.wait(want)
	}
}

func TestDuplicateNamesAreWarnedAbout(t *testing.T) {
	t.Parallel()
	p := pointed(t, "vertesia", fake(t, answer(200, "application/json", strings.ReplaceAll(twoKeys, "beta", "alpha"))), "sk-token").sit(t, 120, 40)
	p.wait(`▸ alpha`)
	p.wait(`duplicate name`)
	p.do("n", `▸ secret key`)
	p.do("enter", "New Vertesia key")
	p.say("alpha", "! .*alpha|! .*this name|! .*same name")
}

// TestTenThousandKeysAnswerAtOnce: the list, the filter and the ends of it.
func TestTenThousandKeysAnswerAtOnce(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("makes 30,000 keys")
	}
	p := newHome(t).sit(t, 120, 40, "--demo", "--demo-keys", "10000")
	p.wait("10,?000 keys")
	p.rest()
	began := time.Now()
	first := regexp.QuoteMeta(p.wait(`▸ (\S+)`)[1])
	p.move("G")
	p.gone(`▸ ` + first)
	p.do("g", `▸ `+first)
	p.do("/", `▏`)
	p.say("a", `\d+ of 10,?000`)
	p.say("zzzzqqq", `0 of 10,?000|[Nn]o .*match|nothing`)
	p.do("esc", `10,?000 keys`)
	p.do("s", `▲|▼`)
	t.Logf("6 actions on 10,000 keys: %v, each with a rest of %v", time.Since(began).Round(time.Millisecond), pause)
}

// The form refuses what cannot be, says why, and keeps everything that was typed.
func TestTheFormRefusesWhatCannotBeAndLosesNothing(t *testing.T) {
	t.Parallel()
	p := newHome(t).sit(t, 80, 24)
	p.wait("No keys yet")
	p.do("n", "New Prosopo key")
	p.do("enter", "✗ .*name")
	p.say("   ", "› ")
	p.do("enter", "✗ .*name")
	p.say("kept", "kept▏")
	p.do("enter", `┃ +1h +1d`)
	for _, c := range []struct{ typed, why string }{
		{"2020-01-31", "past"},
		{"0", "a span of zero is refused"},
		{"-1", `"-1" is not an expiry: use never, a span such as`},
		{"1e99", "use never, a span such as"},
		{"2027-02-30", "2027-02-30 is a date that does not exist"},
		{"99999999999999999999", "is not an expiry"},
		{"200w00", "is not an expiry"},
		{"5300w", "over 100 years"},
	} {
		p.say(c.typed, regexp.QuoteMeta(c.typed))
		p.do("enter", "✗ ")
		p.wait(c.why)
		p.wait("kept")
		p.wait(regexp.QuoteMeta(c.typed))
		p.wait("▸ 1 Basics")
		for range c.typed {
			p.move("backspace")
		}
		p.gone(regexp.QuoteMeta(c.typed) + "▏")
	}
	p.say("45d", "45d")
	p.do("enter", "0 of 23 picked")
	p.do("enter", "✗ ")
	p.do("space", "1 of 23 picked")
	p.do("enter", "Name +kept")
	p.wait("in 45d")
}
