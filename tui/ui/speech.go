package ui

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// Spoken is a screen that says in words what it shows, for those who hear the screen. It comes of the same state as what is
// drawn. A screen that is not Spoken is read from its View.
type Spoken interface{ Speak() Speech }

// Speech is what there is to hear of a screen.
type Speech struct {
	// Facts are said once each, in order.
	Facts []Fact
	// Answers are what came of the last answer: said whenever one is there that was not there before, and again after each answer.
	Answers []string
	// Progress is of something that goes on: said seldom, and only while it changes.
	Progress string
	// Ask is what the screen waits for; nil while it takes no answer.
	Ask *Ask
	// Meanwhile are what acts though nothing is asked, such as quitting while a list loads. They are not told.
	Meanwhile []Choice
}

// Unbroken is a width that breaks no line: who hears a line wants it whole.
const Unbroken = 500

// Fact is one line.
type Fact struct {
	Text string
	Same string // tells it from others where its words change by themselves, such as an age
	Ever bool   // of no screen alone, such as advice: said once in a program
}

// Ask is a question. What answers it are the keys that do so on the screen: nothing can be done by an answer that no key does.
type Ask struct {
	Words   string
	Choices []Choice // by number
	Brief   bool     // the choices are told on one line, by their keys
	// Other takes what is no choice, such as the number of a row; ok is false where it means nothing.
	Other func(typed string) (c Choice, ok bool)
	// Text makes keys of a line that is typed. Without it a choice is wanted.
	Text func(typed string) ([]tea.KeyMsg, error)
	// Keep are the keys for an empty line, which keeps what is there and goes on. It must confirm nothing.
	Keep   []tea.KeyMsg
	Secret bool // what is typed is not shown
}

// Choice is one answer.
type Choice struct {
	Words string
	Key   string // what may be typed in place of its number: the key's name on the screen
	Keys  []tea.KeyMsg
	Do    func() // before the keys, where it is a place that is chosen: what a click does
}

// Facts make lines facts, in words.
func Facts(lines ...string) []Fact {
	out := make([]Fact, 0, len(lines))
	for _, l := range lines {
		if words := InWords(l); words != "" {
			out = append(out, Fact{Text: words})
		}
	}
	return out
}

// Words are lines as they are said.
func Words(lines ...string) []string {
	var out []string
	for _, f := range Facts(lines...) {
		out = append(out, f.Text)
	}
	return out
}

// FactsOf are lines about one thing among several: of others the same words are said, too.
func FactsOf(thing string, lines ...string) []Fact {
	out := Facts(lines...)
	for i := range out {
		out[i].Same = thing + out[i].Text
	}
	return out
}

// Advice is what is said once, whatever screen it stands on.
func Advice(lines ...string) []Fact {
	out := Facts(lines...)
	for i := range out {
		out[i].Ever = true
	}
	return out
}

// signs are what stands for a word on the screen. A reader of the screen says nothing for most of them, or the name of the glyph.
var signs = strings.NewReplacer(
	"[x]", "ticked:", "[ ]", "not ticked:", "(•)", "chosen:", "( )", "",
	"✓", "done:", "✗", "failed:", "▸", "now:", "≠", "different:", "→", "to", "·", ",", "…", "", "↻", "",
	"•", "", "∅", "none:", "—", "none", "←", "left", "↑", "up", "↓", "down",
)

// signMarks are signs at the beginning of a line that mean something else within one.
var signMarks = []struct{ sign, word string }{{"! ", "warning: "}, {"? ", "not known: "}, {"= ", "the same: "}, {"~ ", "accepted: "}}

// gaps are what sets columns apart.
var gaps = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\s{2,}`) })

// InWords is a line of a screen as it is said: without styles and borders, signs as words, and what was set apart by space by commas.
func InWords(line string) string {
	line = strings.TrimSpace(Clean(Unstyled(line)))
	for _, m := range signMarks {
		if rest, is := strings.CutPrefix(line, m.sign); is {
			line = m.word + rest
		}
	}
	line = gaps().ReplaceAllString(strings.TrimSpace(strings.Map(spoken, signs.Replace(line))), ", ")
	for _, double := range [][2]string{{" ,", ","}, {",,", ","}, {":,", ":"}, {", ,", ","}} {
		line = strings.ReplaceAll(line, double[0], double[1])
	}
	return strings.Trim(line, " ,")
}

// spoken leaves out what draws a picture: lines, blocks, shapes, dots.
func spoken(r rune) rune {
	if r >= 0x2500 && r <= 0x25ff || r >= 0x2800 && r <= 0x28ff {
		return -1
	}
	return r
}

// Press is the key of a name, as bindings have it.
func Press(name string) tea.KeyMsg {
	if t, known := pressed[name]; known {
		return tea.KeyMsg{Type: t}
	}
	if name == " " || name == "space" {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

var pressed = func() map[string]tea.KeyType {
	out := map[string]tea.KeyType{}
	for t := tea.KeyType(-128); t < 128; t++ {
		if name := t.String(); len(name) > 1 {
			out[name] = t
		}
	}
	return out
}()

// Field is a field that is typed into.
type Field interface{ Len() int }

// Typed are the keys that put a text into a field in the place of what is there.
func Typed(in Field, text string) []tea.KeyMsg {
	keys := append([]tea.KeyMsg{Press("end")}, Times("backspace", in.Len())...)
	return append(keys, tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true})
}

// Line makes a typed line the text of a field, and goes on.
func Line(in Field) func(typed string) ([]tea.KeyMsg, error) {
	return func(typed string) ([]tea.KeyMsg, error) { return append(Typed(in, typed), Press("enter")), nil }
}

// Times is a key pressed n times.
func Times(name string, n int) []tea.KeyMsg {
	out := make([]tea.KeyMsg, max(n, 0))
	for i := range out {
		out[i] = Press(name)
	}
	return out
}

// Way are the keys from one place of a column to another.
func Way(from, to int) []tea.KeyMsg {
	if to < from {
		return Times("up", from-to)
	}
	return Times("down", to-from)
}

// ChoicesOf are bindings as choices; those that only move are none.
func ChoicesOf(k *Keys, bindings []key.Binding) []Choice {
	var out []Choice
	for _, b := range bindings {
		if !b.Enabled() || len(b.Keys()) == 0 || moves(k, b) {
			continue
		}
		out = append(out, Choice{Words: InWords(b.Help().Desc), Key: b.Keys()[0], Keys: []tea.KeyMsg{Press(b.Keys()[0])}})
	}
	return out
}

func moves(k *Keys, b key.Binding) bool {
	only := []key.Binding{k.Up, k.Down, k.Top, k.Bottom, k.HalfUp, k.HalfDown, k.PageUp, k.PageDown, k.Next, k.Prev}
	return slices.ContainsFunc(only, func(m key.Binding) bool { return b.Keys()[0] == m.Keys()[0] })
}
