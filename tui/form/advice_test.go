package form

import (
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
	"detent/client"
	"detent/keyserver/wirename"
	"detent/tui/ui"
)

// adviser is a service as its client describes it, with and without what its documents advise.
func adviser(t *testing.T, service string) (with, without apikey.Capabilities) {
	t.Helper()
	s, err := client.Open(client.Options{Service: service, URL: "https://api.example.com", Token: apikey.NewSecret("sk_test_0123456789abcdef"), CanCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	with = s.Capabilities()
	without = with
	without.Advice = apikey.Advice{}
	return with, without
}

// advising is a service whose documents advise.
func advising() apikey.Capabilities {
	caps := prosopo()
	caps.Advice = apikey.Advice{Keep: "Never in code that a browser or an app runs, nor in a public repository.", Browser: "In a browser use a site key.",
		Least: "Grant what the key needs, no more.", Separate: "One key for each use.", Life: "Let it end where its use does."}
	return caps
}

// advisedStates are the keys that lead to each page of the form, and to each state of the secret.
var advisedStates = map[string]struct {
	secret bool
	keys   []string
}{
	"basics":      {false, nil},
	"a bad name":  {false, []string{"enter"}},
	"basics, end": {false, []string{"n", "tab", "tab"}},
	"next":        {false, []string{"n", "enter", "enter", "enter"}},
	"picked":      {false, []string{"n", "enter", "enter", "a"}},
	"preset":      {false, []string{"n", "enter", "enter", "p"}},
	"filter":      {false, []string{"n", "enter", "enter", "/", "key"}},
	"wrong":       {false, []string{"n", "enter", "enter", "enter", "x", "enter"}},
	"review":      {false, []string{"n", "enter", "enter", "p", "enter", "enter", "enter", "enter"}},
	"question":    {false, []string{"n", "esc"}},
	"hidden":      {true, nil},
	"shown":       {true, []string{"r"}},
	"copied":      {true, []string{"c"}},
	"a place":     {true, []string{"e"}},
	"leaving":     {true, []string{"esc"}},
}

// TestAdviceTakesOnlyRoomThatNothingElseNeeds: what stands on a screen without it stands there with it too, the pages in the
// same lines, at every size.
func TestAdviceTakesOnlyRoomThatNothingElseNeeds(t *testing.T) {
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		with, without := adviser(t, service)
		for name, c := range advisedStates {
			for _, width := range []int{52, 72, 116} {
				for _, height := range []int{8, 14, 16, 20, 36} {
					show := func(caps apikey.Capabilities) string {
						var s ui.Screen
						if c.secret {
							s = NewSecret(plainEnvironment(), caps, prodProfile, apikey.Created{Key: apikey.Key{ID: "k1", Name: "payments"}, Secret: apikey.NewSecret(canary), Notes: []string{"30 days"}})
						} else {
							s = NewCreate(plainEnvironment(), caps, prodProfile, nil)
						}
						d := drive(t, s)
						s.SetSize(width, height)
						d.press(c.keys...)
						return s.View()
					}
					got, bare := show(with), show(without)
					fits(t, got, width, height)
					if at := missing(lines(got), lines(bare), !c.secret); at != "" {
						t.Fatalf("%s, %s, %dx%d: %q is not where it was:\n%s\nwithout advice:\n%s", service, name, width, height, at, ansi.Strip(got), ansi.Strip(bare))
					}
				}
			}
		}
	}
}

func lines(view string) []string {
	out := strings.Split(beside.ReplaceAllString(ansi.Strip(view), ""), "\n")
	for i := range out {
		out[i] = strings.TrimRight(out[i], " ")
	}
	return out
}

// missing is the first line of a screen that is not on the other: on the same row where still, else after those before it.
func missing(got, bare []string, still bool) string {
	next := 0
	for row, line := range bare {
		switch {
		case strings.Trim(line, " ┃│") == "":
			continue
		case still && (row >= len(got) || got[row] != line):
			return line
		}
		for next < len(got) && got[next] != line {
			next++
		}
		if next == len(got) {
			return line
		}
	}
	return ""
}

// TestAdviceStandsOnTheFormAndAtTheSecret at the sizes that terminals have: where a key must not stand, the least that it
// should be allowed, and one key for each use.
func TestAdviceStandsOnTheFormAndAtTheSecret(t *testing.T) {
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		caps, _ := adviser(t, service)
		for _, size := range sizes {
			d := drive(t, NewCreate(plainEnvironment(), caps, testProfile, nil))
			d.screen.SetSize(place(d.screen, size))
			seen := func(text string) bool { return strings.Contains(flat(d.view()), text) }
			keep, least := false, false
			if d.press("n"); size[0] >= 80 && !seen(caps.Advice.Separate) {
				t.Errorf("%s at %v: not said on the first page:\n%s", service, size, d.view())
			}
			d.press("enter")
			for range 8 {
				keep, least = keep || seen(caps.Advice.Keep), least || seen(caps.Advice.Least)
				if d.screen.(*Create).permissions != nil && len(d.screen.(*Create).permissions.value()) == 0 && seen("of 23 picked") {
					d.press("p")
				}
				d.press("enter")
			}
			if !keep || !least {
				t.Errorf("%s at %v: keep %v, least %v", service, size, keep, least)
			}
			s := drive(t, NewSecret(plainEnvironment(), caps, prodProfile, apikey.Created{Key: apikey.Key{ID: "k1", Name: "payments"}, Secret: apikey.NewSecret(canary)}))
			s.screen.SetSize(place(s.screen, size))
			for _, text := range caps.Advice.Storing() {
				if !strings.Contains(flat(s.view()), text) && (size[0] >= 80 || text == caps.Advice.Keep) {
					t.Errorf("%s at %v: %q is not said:\n%s", service, size, text, s.view())
				}
			}
		}
	}
}

// beside is what stands at the side of a page.
var beside = regexp.MustCompile(`(?m)│.*$`)

// flat is what is said on a page, without its lines and marks.
func flat(view string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("┃", " ", "· ", " ").Replace(beside.ReplaceAllString(view, ""))), " ")
}
