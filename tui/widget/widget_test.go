package widget

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/tui/ui"
)

func environment(profile termenv.Profile) *ui.Env {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	return &ui.Env{Styles: ui.StylesOf(r, ui.Look{}), Keys: ui.NewKeys(), Now: time.Now, Zone: time.UTC}
}

func typed(text string) tea.KeyMsg { return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text)} }

var odd = []string{
	"plain", "中文名字 payments", "שלום", "👨\u200d👩\u200d👧 family", "e\u0301te\u0301", "🇩🇪 flag", "❤\ufe0f heart", "\x1b]52;c;aGk=\x07", "\u009b31m", "tab\tand\nline",
	"\u202egnp.exe", "a\u200bb\ufeff", strings.Repeat("long ", 60),
}

// Letters that arrive in one read are one message; some such words are names of keys.
func TestWordsThatNameKeysAreText(t *testing.T) {
	for _, word := range []string{"up", "down", "left", "right", "end", "home", "enter", "tab", "esc", "delete", "backspace", "ctrl+e", "alt+d"} {
		f := NewText(environment(termenv.Ascii), "x")
		f.Update(typed(word))
		if f.Value() != "x"+word {
			t.Errorf("%q after x is %q", word, f.Value())
		}
	}
}

func TestAFieldIsAsWideAsItsPlaceWhateverWasPasted(t *testing.T) {
	for _, profile := range []termenv.Profile{termenv.Ascii, termenv.TrueColor} {
		for _, text := range odd {
			for _, width := range []int{0, 1, 3, 4, 5, 9, 16, 29} {
				f := NewText(environment(profile), "")
				for _, at := range []tea.KeyType{tea.KeyEnd, tea.KeyHome, tea.KeyRight} {
					if at == tea.KeyEnd {
						f.Update(typed(text))
					}
					f.Update(tea.KeyMsg{Type: at})
					got := ansi.Strip(f.View(width))
					if w := ansi.StringWidth(got); w != width || w != ansi.StringWidthWc(got) {
						t.Fatalf("%q in %d cells is %d or %d wide: %q", text, width, w, ansi.StringWidthWc(got), got)
					}
				}
			}
		}
	}
}

func TestTheEndOfALongTextShowsAtEveryWidth(t *testing.T) {
	f := NewText(environment(termenv.Ascii), "")
	f.Focus()
	f.View(4)
	for i := range 40 {
		f.Update(typed(fmt.Sprint(i % 10)))
	}
	for _, width := range []int{60, 12, 30, 8} {
		if got := f.View(width); !strings.Contains(got, "89"+Bar) || width > 41 && !strings.Contains(got, "0123") {
			t.Errorf("in %d cells: %q", width, got)
		}
	}
}

func TestTheCursorIsToBeSeenOnEveryTerminal(t *testing.T) {
	for _, profile := range []termenv.Profile{termenv.Ascii, termenv.ANSI, termenv.ANSI256, termenv.TrueColor} {
		f := NewText(environment(profile), "abc")
		without := f.View(12)
		f.Focus()
		if f.View(12) == without || ansi.Strip(f.View(12)) != "abc"+Bar+"        " {
			t.Errorf("profile %v: no cursor at the end of %q", profile, f.View(12))
		}
		f.Update(tea.KeyMsg{Type: tea.KeyHome})
		if ansi.Strip(f.View(12)) != Bar+"abc        " {
			t.Errorf("profile %v: no cursor at the start of %q", profile, f.View(12))
		}
		if f.Update(typed("\ufdd0")); f.Value() != "abc" {
			t.Errorf("the cursor's own mark was typed: %q", f.Value())
		}
	}
}

func TestLeftIsUsedUpToTheStart(t *testing.T) {
	f := NewText(environment(termenv.ANSI), "ab")
	f.Focus()
	f.View(20)
	var used []bool
	for range 3 {
		used = append(used, f.Update(tea.KeyMsg{Type: tea.KeyLeft}))
	}
	if !slices.Equal(used, []bool{true, true, false}) {
		t.Errorf("left was used: %v", used)
	}
}

func TestTheClipboardOfTheMachineIsNotRead(t *testing.T) {
	f := NewText(environment(termenv.Ascii), "a")
	f.Focus()
	if f.Update(tea.KeyMsg{Type: tea.KeyCtrlV}) || f.Value() != "a" {
		t.Errorf("ctrl+v did something: %q", f.Value())
	}
}

func TestASecretIsInNoPrintAndGoneWhenWiped(t *testing.T) {
	const canary = "pk_canary_0123456789"
	f := NewSecret(environment(termenv.Ascii))
	f.Focus()
	f.Update(typed(canary))
	held := *f.hidden
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", *f, f, f), f.View(60)} {
		if strings.Contains(text, "canary") {
			t.Fatalf("the secret is in %q", text)
		}
	}
	if f.Value() != canary || f.Len() != len(canary) {
		t.Fatalf("typed %q", f.Value())
	}
	f.Wipe()
	if f.Value() != "" || strings.Trim(string(held), "\x00") != "" {
		t.Errorf("after wiping: %q, and in memory %q", f.Value(), string(held))
	}
}

func TestASecretOfTwoLinesIsRefusedWhole(t *testing.T) {
	f := NewSecret(environment(termenv.Ascii))
	for _, text := range []string{"one\ntwo", "one\r\ntwo\r\n", "\none"} {
		if f.Update(typed(text)); f.Value() != "" || f.Problem() == "" {
			t.Errorf("%q: took %q, and says %q", text, f.Value(), f.Problem())
		}
	}
	for _, text := range []string{"one", "one\n", "one\r\n"} {
		f.Wipe()
		if f.Update(typed(text)); f.Value() != "one" || f.Problem() != "" {
			t.Errorf("%q: took %q, and says %q", text, f.Value(), f.Problem())
		}
	}
}

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("line %d", i)
	}
	return out
}

func TestEveryLineCanBeScrolledTo(t *testing.T) {
	k := ui.NewKeys()
	for _, keys := range [][2]string{{"j", "k"}, {"pgdown", "pgup"}, {"ctrl+d", "ctrl+u"}} {
		for _, height := range []int{2, 3, 7, 20} {
			s := NewScroller(environment(termenv.Ascii))
			s.SetSize(40, height)
			body, foot := numbered(33), []string{"foot"}
			if height < 4 {
				foot = nil
			}
			seen := map[string]bool{}
			look := func() []string {
				lines := s.Lines(body, foot)
				if len(lines) > height || foot != nil && lines[len(lines)-1] != "foot" {
					t.Fatalf("%d lines in %d: %q", len(lines), height, lines)
				}
				for _, l := range lines {
					seen[l] = true
				}
				return lines
			}
			for range 40 {
				look()
				if !s.Update(press(k, keys[0])) {
					t.Fatalf("%s does not scroll", keys[0])
				}
			}
			for _, l := range body {
				if !seen[l] {
					t.Fatalf("height %d: %s never shows %q", height, keys[0], l)
				}
			}
			for range 40 {
				s.Update(press(k, keys[1]))
			}
			if look()[0] != "line 0" {
				t.Errorf("height %d: %s does not come back to the top", height, keys[1])
			}
		}
	}
}

func press(_ *ui.Keys, name string) tea.KeyMsg {
	if typ, ok := map[string]tea.KeyType{"pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "ctrl+d": tea.KeyCtrlD, "ctrl+u": tea.KeyCtrlU, "up": tea.KeyUp, "down": tea.KeyDown}[name]; ok {
		return tea.KeyMsg{Type: typ}
	}
	return typed(name)
}

func TestAPagerLeavesTheLettersToTheScreen(t *testing.T) {
	s := NewPager(environment(termenv.Ascii))
	for _, name := range []string{"j", "k", "g", "G", "up", "down", "x", "home"} {
		if s.Update(press(nil, name)) {
			t.Errorf("%s scrolls", name)
		}
	}
}

func TestTheScrollerCountsWhatItHides(t *testing.T) {
	s := NewScroller(environment(termenv.Ascii))
	s.SetSize(40, 6)
	for _, c := range []struct{ key, want string }{{"", "↓ 15 more lines"}, {"j", "↓ 14 more lines, ↑ 1"}, {"G", "↑ 15 lines above"}} {
		if c.key != "" {
			s.Update(typed(c.key))
		}
		if lines := s.Lines(numbered(20), nil); lines[5] != c.want {
			t.Errorf("after %q: %q, want %q", c.key, lines[5], c.want)
		}
	}
	if lines := s.Lines(numbered(6), nil); len(lines) != 6 || lines[5] != "line 5" {
		t.Errorf("what fits is not whole: %q", lines)
	}
}

func options(n int) (out []Option) {
	for i := range n {
		out = append(out, Option{Value: fmt.Sprint(i), Label: fmt.Sprintf("option%d", i), About: fmt.Sprintf("means %d", i)})
	}
	return out
}

func TestAChoiceStaysAtItsEndsAndShowsWhatIsRoundIt(t *testing.T) {
	for n := 1; n < 8; n++ {
		for begin := range n {
			for _, height := range []int{0, 3, 4} {
				c := NewChoice(environment(termenv.Ascii), options(n), fmt.Sprint(begin))
				c.Focus()
				at := begin
				for _, key := range []string{"", "up", "up", "k", "up", "up", "up", "up", "up", "down", "j", "down", "down", "down", "down", "down", "down", "up"} {
					switch {
					case key == "up" || key == "k":
						at = max(at-1, 0)
					case key != "":
						at = min(at+1, n-1)
					}
					if key != "" {
						c.Update(press(nil, key))
					}
					lines := c.Lines(40, height)
					text := strings.Join(lines, "\n")
					if c.Value() != fmt.Sprint(at) || !strings.Contains(text, fmt.Sprintf("▸ option%d", at)) {
						t.Fatalf("%d of %d from %d, after %q: chosen %s\n%s", at, n, begin, key, c.Value(), text)
					}
					if height == 0 && strings.Count(text, "option") != n || height > 0 && len(lines) > max(height, 2) {
						t.Fatalf("%d options in %d lines from %d after %q:\n%s", n, height, begin, key, text)
					}
				}
			}
		}
	}
}

func TestANoteShowsItsLettersAsTheyAre(t *testing.T) {
	for _, profile := range []termenv.Profile{termenv.Ascii, termenv.TrueColor} {
		env := environment(profile)
		for _, lines := range [][]string{
			{"my_api_key and _other_"}, {"*stars* and `code` and \\ and \\_"}, {"one", "", "three_"}, {env.Styles.Warn.Render("! styled_text_"), env.Styles.Dim.Render("dim*")},
		} {
			if got := NewNote(env).Lines(lines, 60); !slices.Equal(got, lines) {
				t.Errorf("%q became %q", lines, got)
			}
		}
	}
}

func TestYesOrNoIsAnsweredByLettersAndArrows(t *testing.T) {
	y := NewYesNo(environment(termenv.Ascii), "on", "off", true)
	for _, c := range []struct {
		key  string
		want bool
	}{{"n", false}, {"n", false}, {"y", true}, {" ", false}, {"h", true}, {"l", false}} {
		y.Update(typed(c.key))
		if text := strings.Join(y.Lines(30), "\n"); y.On() != c.want || !strings.Contains(text, map[bool]string{true: "[ on ]", false: "[ off ]"}[c.want]) {
			t.Errorf("after %q it is %v: %s", c.key, y.On(), text)
		}
	}
}
