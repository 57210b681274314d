package palette

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"detent/tui/ui"
)

func open(items []Item, many []Named, recent ...string) *Palette {
	env := &ui.Env{Styles: ui.StylesOf(lipgloss.NewRenderer(io.Discard), ui.Look{}), Keys: ui.NewKeys(), Now: time.Now, Zone: time.UTC}
	p := New(env, items, func() More {
		return More{Many: many, As: func(n Named) Item { return Item{ID: n.ID, Kind: "key", Name: n.Name, About: n.About} }}
	}, recent)
	p.SetSize(80, 20)
	p.Update(p.Init()())
	return p
}

func typed(p *Palette, text string) *Palette {
	for _, r := range text {
		p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	return p
}

func found(p *Palette) (names []string) {
	for _, m := range p.best {
		names = append(names, p.name(m.at))
	}
	return names
}

func thousands(n int) []Named {
	out := make([]Named, n)
	for i := range out {
		out[i] = Named{ID: fmt.Sprintf("id%05d", i), Name: fmt.Sprintf("%s-%s-%d", []string{"payments", "ci", "Web", "中文", "nightly"}[i%5], []string{"api", "deploy", "bot"}[i%3], i)}
	}
	return out
}

// What is found letter by letter is what is found of the whole text at once, and of whatever was erased between.
func TestEachLetterFindsAsTheWholeTextDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	many := thousands(500)
	for range 200 {
		letters, text := []rune("paymentsci中d-0123 "), ""
		p := open(nil, many)
		for range 1 + r.IntN(8) {
			if r.IntN(4) == 0 && text != "" {
				p.Update(tea.KeyMsg{Type: tea.KeyBackspace})
				text = string([]rune(text)[:len([]rune(text))-1])
				continue
			}
			c := string(letters[r.IntN(len(letters))])
			typed(p, c)
			text += c
		}
		at := open(nil, many)
		at.in.Set(text)
		at.refind(false)
		if got, want := found(p), found(at); !slices.Equal(got, want) {
			t.Fatalf("%q: %d found letter by letter, %d at once", text, len(got), len(want))
		}
		small := strings.ToLower(strings.ReplaceAll(text, " ", ""))
		for _, name := range found(p) {
			if !holds(name, small) && !strings.HasPrefix("id00000", small[:min(len(small), 3)]) {
				t.Fatalf("%q finds %q", text, name)
			}
		}
	}
}

func TestTheNearestNameIsFirst(t *testing.T) {
	many := []Named{{ID: "1", Name: "apple-payments-inbox"}, {ID: "2", Name: "payments-api"}, {ID: "3", Name: "plan-of-may"}, {ID: "4", Name: "Zahlung"}}
	for text, want := range map[string]string{"pay": "payments-api", "papi": "payments-api", "zah": "Zahlung", "ZAH": "Zahlung", "inbox": "apple-payments-inbox"} {
		if got := found(typed(open(nil, many), text)); len(got) == 0 || got[0] != want {
			t.Errorf("%s: %q, want %s first", text, got, want)
		}
	}
	if got := found(typed(open(nil, many), "xyz")); len(got) != 0 {
		t.Errorf("xyz finds %q", got)
	}
	long := []Named{{ID: "prod" + InProfile + "65f0a1b2c3", Name: "one"}, {ID: "77", Name: "two"}}
	if got := found(typed(open(nil, long), "65f0a")); !slices.Equal(got, []string{"one"}) {
		t.Errorf("by id: %q", got)
	}
}

// What comes later leaves the cursor on what it was on.
func TestWhatComesLaterLeavesTheCursorWhereItWas(t *testing.T) {
	p := open([]Item{{ID: "a", Name: "first"}, {ID: "b", Name: "second"}}, thousands(10))
	p.Update(tea.KeyMsg{Type: tea.KeyDown})
	p.Update(moreMsg{p, More{Items: []Item{{ID: "c", Name: "between"}}, Many: thousands(3), As: p.as}})
	if got := p.item(p.best[p.cursor].at).ID; got != "b" {
		t.Errorf("the cursor is on %s", got)
	}
}

// A choice that is told by number is what the screen chooses by the same keys, and no line that is typed chooses anything by itself.
func TestTheSpokenChoicesAreThoseOfTheScreen(t *testing.T) {
	p := typed(open([]Item{{ID: "a", Name: "alpha"}, {ID: "b", Name: "alpine", Why: "it is winter"}}, thousands(20)), "al")
	said := p.Speak().Ask
	if !strings.Contains(said.Choices[1].Words, "cannot: it is winter") && !strings.Contains(said.Choices[0].Words, "cannot: it is winter") {
		t.Errorf("%+v", said.Choices)
	}
	for i, c := range said.Choices[:2] {
		q := typed(open([]Item{{ID: "a", Name: "alpha"}, {ID: "b", Name: "alpine", Why: "it is winter"}}, thousands(20)), "al")
		var cmd tea.Cmd
		for _, k := range c.Keys {
			cmd = q.Update(k)
		}
		if got, ok := cmd().(Chosen); !ok || got.Item.ID != q.item(q.best[i].at).ID {
			t.Errorf("choice %d: %+v", i, got)
		}
	}
	keys, err := said.Text("night")
	if err != nil || slices.ContainsFunc(keys, func(k tea.KeyMsg) bool { return k.Type == tea.KeyEnter }) {
		t.Errorf("%v, %v", keys, err)
	}
}

func TestEveryLineOfThePaletteFits(t *testing.T) {
	p := open([]Item{{ID: "x", Name: "做 action 中文", Of: strings.Repeat("long ", 20), About: strings.Repeat("what it does ", 12), Key: "ctrl+shift+x"}}, thousands(100))
	for width := 20; width < 100; width += 7 {
		for _, height := range []int{5, 8, 12, 20} {
			p.SetSize(width, height)
			lines := strings.Split(p.View(), "\n")
			if len(lines) > height {
				t.Errorf("%dx%d: %d lines", width, height, len(lines))
			}
			for _, l := range lines {
				if ui.Width(l) > width {
					t.Errorf("%dx%d: %q is %d cells wide", width, height, ansi.Strip(l), ui.Width(l))
				}
			}
		}
	}
}

func BenchmarkLetterOfAHundredThousand(b *testing.B) {
	p := open(nil, thousands(100_000))
	for b.Loop() {
		p.in.Set("p")
		p.refind(false)
		p.in.Set("")
		p.refind(false)
	}
}
