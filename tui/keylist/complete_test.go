package keylist

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
	"detent/tui/ui"
)

func tab(l *List) { run(l, l.Update(tea.KeyMsg{Type: tea.KeyTab})) }

func TestTabCompletesFieldsAndValues(t *testing.T) {
	for _, tc := range []struct {
		typed string
		tabs  int
		want  string
	}{
		{"en", 1, "env:"},
		{"en", 2, "enabled"},
		{"en", 3, "env:"}, // it goes round
		{"env:", 1, "env:live"},
		{"env:", 2, "env:test"},
		{"payments en", 1, "payments env:"},
		{"!env:t", 1, "!env:test"},
		{"role:", 1, "role:admin"},
		{"perm:d", 2, "perm:deleterulegroup"},
		{"status:exp", 1, "status:expired"},
		{"expires<", 2, "expires<7d"},
		{"unused>9", 1, "unused>90d"},
		{"name:pay", 1, `name:"payments api"`},
		{`name:"payments a`, 1, `name:"payments api"`},
		{"project:s", 1, "project:shop"},
		{"zzz", 1, "zzz"},
		{"name<", 1, "name<"},
		{`"en`, 1, `"en`},
	} {
		l := newList(filterKeys()...)
		typeFilter(l, tc.typed)
		for range tc.tabs {
			tab(l)
		}
		if got := l.input.Value(); got != tc.want {
			t.Errorf("%s, tab ×%d: %q, want %q", tc.typed, tc.tabs, got, tc.want)
		}
		if !l.Typing() {
			t.Errorf("%s: tab ended the filter", tc.typed)
		}
	}
}

// TestTabCompletesWhatKeysHaveBeside: the names that the services declare, as far as some key has them, and the words that keys have.
func TestTabCompletesWhatKeysHaveBeside(t *testing.T) {
	for typed, want := range map[string]string{"spen": "spendlimit:", "zo": "zones:", "zones:ex": "zones:example.com", "!zones:": "!zones:example.com", "spendlimit:": "spendlimit:20.5", "tier": "tier", "zones<": "zones<"} {
		l := newList(apikey.Key{ID: "a", Extra: map[string]json.RawMessage{"spendLimit": json.RawMessage("20.5"), "zones": json.RawMessage(`["Example.com","x y"]`)}}, apikey.Key{ID: "b"})
		l.profiles = []Profile{{Properties: []apikey.Property{{Field: "spendLimit"}, {Field: "zones", Kind: apikey.ListProperty}, {Field: "tier", Kind: apikey.ChoiceProperty}}}}
		typeFilter(l, typed)
		tab(l)
		if got := l.input.Value(); got != want {
			t.Errorf("%s: %q, want %q", typed, got, want)
		}
		if strings.Contains(want, "example") && (l.wrong != nil || len(l.idx) != 1) {
			t.Errorf("%s finds %d, %v", want, len(l.idx), l.wrong)
		}
	}
}

// Whatever is offered is understood, and what is offered of a field's values finds a key.
func TestWhatIsOfferedIsUnderstoodAndFindsSomething(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	letters := append(append([]string{"!", `"`, ":", "<", ">", " ", "e", "n", "p", "中"}, fieldWords...), momentWords...)
	for range 800 {
		l := newList(filterKeys()...)
		l.typing = true
		text := ""
		for range 1 + r.IntN(4) {
			text += letters[r.IntN(len(letters))]
		}
		l.input.Set(text)
		run(l, l.refilter())
		before, words := l.offered()
		if !strings.HasPrefix(text, strings.TrimSuffix(before, "!")) {
			t.Fatalf("%q: what stands before the word is %q", text, before)
		}
		for _, w := range words {
			if strings.HasSuffix(w, ":") || strings.HasSuffix(w, "<") || strings.HasSuffix(w, ">") {
				continue
			}
			q, err := parse(w)
			if err != nil || len(q) != 1 {
				t.Fatalf("%q offers %q: %v", text, w, err)
			}
			if field := q[0].field; q[0].op == ':' && field != fieldStatus {
				one := newList(filterKeys()...)
				if typeFilter(one, w); one.Shown() == 0 {
					t.Fatalf("%q offers %q, which finds nothing", text, w)
				}
			}
		}
	}
}

// A service that does not report a field is not asked for it.
func TestAFieldThatNobodyReportsIsNotOffered(t *testing.T) {
	l := newList(apikey.Key{ID: "1", Name: "one"}, apikey.Key{ID: "2", Name: "two"})
	typeFilter(l, "e")
	if _, words := l.offered(); len(words) != 0 {
		t.Errorf("offered %q of keys that report a name alone", words)
	}
}

func TestWhatAFilterMeansIsSaidInWords(t *testing.T) {
	for filter, want := range map[string]string{
		"env:live":             "[environment live]",
		"!env:live":            "[not: environment live]",
		"expires<14d":          "[expires within 14d]",
		"expires>14d":          "[expires in more than 14d]",
		"unused>90d":           "[not used for 90d]",
		"used<2d":              "[last used less than 2d ago]",
		"created>2026-01-31":   "[created after 2026-01-31]",
		"created<2026-01-31":   "[created before 2026-01-31]",
		"perm:deleteRule":      "[may deleterule]",
		"status:expired":       "[status expired]",
		"own":                  "[own]",
		"!ci":                  "[without ci]",
		"pay env:test":         `["pay"] [environment test]`,
		"pay":                  "",
		"status:dis":           "",
		"updated>90d env:live": "[? updated more than 90d ago] [environment live]", // no key here says when it was changed
	} {
		l := newList(filterKeys()...)
		typeFilter(l, filter)
		for _, kept := range []bool{false, true} {
			if kept {
				press(l, "enter")
			}
			text := ansi.Strip(l.View())
			if want != "" && !strings.Contains(text, want+" ") {
				t.Errorf("%s (kept: %v) is not said as %s:\n%s", filter, kept, want, text)
			}
			if want == "" && strings.Contains(text, "[") {
				t.Errorf("%s needs no words:\n%s", filter, text)
			}
		}
	}
}

// At every width what the filter has to say is there, whole words of it, and some keys stay in sight.
func TestErrorsOfTheFilterWrap(t *testing.T) {
	for _, filter := range []string{"enw:live", "status:experid", "expries<14d", "rol:admin", "expires:14d", "expires<14x"} {
		for width := 40; width <= 220; width += 11 {
			for _, height := range []int{8, 12, 18} {
				l := newList(filterKeys()...)
				l.SetSize(width, height)
				typeFilter(l, "payments "+filter)
				lines := l.Lines()
				if len(lines) != height {
					t.Fatalf("%d lines in %d", len(lines), height)
				}
				for _, line := range lines {
					if ui.Width(line) != width {
						t.Fatalf("%q is %d cells wide, not %d", line, ui.Width(line), width)
					}
				}
				text := strings.Join(strings.Fields(ansi.Strip(strings.Join(lines, " "))), " ")
				says := strings.Join(strings.Fields(l.wrong.Error()), " ")
				if at := strings.Index(says, "did you mean"); at >= 0 {
					says = says[:at+len("did you mean")]
				}
				if height >= 12 && !strings.Contains(text, ui.Truncate(says, 60)) && !strings.Contains(text, says) {
					t.Errorf("%dx%d: %q is not said whole:\n%s", width, height, says, strings.Join(lines, "\n"))
				}
				if !strings.Contains(text, "Payments API") && !strings.Contains(text, "ci payments") {
					t.Errorf("%dx%d: no key is in sight:\n%s", width, height, strings.Join(lines, "\n"))
				}
			}
		}
	}
}
