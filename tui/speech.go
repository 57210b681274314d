package tui

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// spoken is what a front without a picture (package lines) asks of the root: the same screens, said.
type spoken struct {
	on   bool
	from int // the first row that is told
	// examined is the load whose findings are known: before, what is to be said of a key is not whole.
	examined int
	open     string         // the key that was opened
	visit    int            // of a key: what was said of it before is said again to who comes to it anew
	numbers  map[string]int // of keys, which they keep for as long as the program runs
	ids      []string       // by number, from 1
}

// age is what changes by itself in a line.
var age = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<?\d+(s|m|h|d|w|y|mo)\b( ago)?|\d+(:\d\d)+`) })

// size is the room that screens have: where nothing is drawn, all of a text, and no line broken.
func (s *spoken) size(width, height int) (int, int) {
	if s.on {
		return ui.Unbroken, ui.Unbroken
	}
	return width, height
}

// rowsTold is how many keys are told at a time.
const rowsTold = 20

// Later sends a message after a time, by the program's clock.
func (a *App) Later(d time.Duration, msg tea.Msg) tea.Cmd { return a.env.Later(d, msg) }

// Now is the program's clock.
func (a *App) Now() time.Time { return a.env.Now() }

// News is the line that the footer shows, and which one it is.
func (a *App) News() (id int, text string) { return a.toast.id, a.toast.text }

// Guarded says whether what is asked must not be answered by what was typed before it was asked, and how long it takes no answer yet.
func (a *App) Guarded() (guarded bool, left time.Duration) {
	if a.read.guard == 0 {
		return false, 0
	}
	return true, max(a.read.until.Sub(a.env.Now()), 0)
}

// Speak is what there is to hear now, and of whom.
func (a *App) Speak() (who any, said ui.Speech) {
	switch top := a.top(); {
	case a.lock.on:
		return "covered", ui.Speech{Facts: ui.Facts("No key was pressed for " + ui.Span(a.lock.LockAfter) + "."), Ask: &ui.Ask{Words: "An empty line goes on", Keep: ui.Times("enter", 1)}}
	case top != nil:
		return top, a.speakScreen(top)
	case a.focus == onDetail:
		return a.speakDetail()
	}
	if who, said = a.speakList(); said.Ask == nil {
		said.Meanwhile = ui.ChoicesOf(a.env.Keys, a.able(false))
	}
	return who, said
}

// speakScreen is an overlay, with its title. One that has no words of its own is read from its View.
func (a *App) speakScreen(s ui.Screen) ui.Speech {
	var out ui.Speech
	if t, ok := s.(ui.Titled); ok {
		out.Facts = ui.Facts(t.Title())
	}
	if p, ok := s.(ui.Placed); ok && len(out.Facts) > 0 {
		place := p.Place()
		out.Facts[0].Ever = true // its questions have the title, too
		for _, word := range []string{place.Profile, place.Setting.Badge(), place.Alarm} {
			if word != "" {
				out.Facts[0].Text += ", " + ui.InWords(word)
			}
		}
	}
	if words, ok := s.(ui.Spoken); ok {
		said := words.Speak()
		said.Facts = append(out.Facts, said.Facts...)
		return said
	}
	out.Facts = append(out.Facts, ui.Facts(strings.Split(s.View(), "\n")...)...)
	out.Ask = &ui.Ask{Words: "What now", Choices: ui.ChoicesOf(a.env.Keys, s.Bindings())}
	if len(out.Facts) > 0 {
		out.Ask.Words = out.Facts[0].Text
	}
	if t, ok := s.(ui.Typist); ok && t.Typing() {
		out.Ask.Text = ui.Line(unknownField{})
	}
	return out
}

// unknownField is one of a screen that does not say how much is in it.
type unknownField struct{}

func (unknownField) Len() int { return 100 }

// speakDetail is a key, whole: said once, whatever its ages become.
func (a *App) speakDetail() (who any, out ui.Speech) {
	k, _, ok := a.list.Selected()
	if !ok {
		return "nothing", ui.Speech{}
	}
	who = fmt.Sprint("detail ", a.spoken.visit, k.ID)
	for _, f := range ui.Facts(joined(a.detail.Words())...) {
		f.Same = "line " + age().ReplaceAllString(f.Text, "")
		out.Facts = append(out.Facts, f)
	}
	acts := append(a.able(true), a.env.Keys.Back, a.env.Keys.Help, a.env.Keys.Quit)
	out.Ask = &ui.Ask{Other: a.refused(true), Words: ui.Clean(k.Name), Choices: a.ofMarks(acts)}
	return who, out
}

// able are the acts on a key, or on none, that can act now. What opens a key is no choice where it is open.
func (a *App) able(ofKey bool) (out []key.Binding) {
	for i := range a.actions {
		x := &a.actions[i]
		if x.needsKey == ofKey && a.refusal(x) == "" && !key.Matches(ui.Press(x.binding.Keys()[0]), a.env.Keys.Open) {
			out = append(out, x.binding)
		}
	}
	return out
}

// hearing says that keys are still to come, or what is to be said about them.
func (a *App) hearing() bool {
	if a.fleet != nil && (a.fleet.asks() || a.fleet.examines()) {
		return true
	}
	return a.load.running || a.load.err == nil && a.list.Len() > 0 && a.spoken.examined != a.load.gen
}

// joined are the lines of a detail without the name, which the question has; what is set in belongs to the line before.
func joined(lines []string) []string {
	var out []string
	for _, l := range lines[min(1, len(lines)):] {
		if l = ui.Unstyled(l); strings.HasPrefix(l, "    ") && len(out) > 0 {
			out[len(out)-1] += "  " + strings.TrimSpace(l)
			continue
		}
		out = append(out, l)
	}
	return out
}

// leave goes back to the list where the key is gone that was opened: another one that came in its place was not asked for.
func (s *spoken) leave(a *App) {
	if s.on && a.focus == onDetail && a.list.SelectedRef() != s.open {
		a.focus = onList
	}
}

// refused takes an act that is no choice because it cannot act now: its key answers why.
func (a *App) refused(ofKey bool) func(typed string) (ui.Choice, bool) {
	return func(typed string) (ui.Choice, bool) {
		for i := range a.actions {
			x := &a.actions[i]
			if h := x.binding.Help(); x.needsKey == ofKey && a.refusal(x) != "" && (typed == h.Key || strings.EqualFold(typed, h.Desc)) {
				return ui.Choice{Keys: ui.Times(x.binding.Keys()[0], 1)}, true
			}
		}
		return ui.Choice{}, false
	}
}

// ofMarks are acts as choices, which say so where they are of the marked keys.
func (a *App) ofMarks(acts []key.Binding) []ui.Choice {
	out, k := ui.ChoicesOf(a.env.Keys, acts), a.env.Keys
	for i, c := range out {
		if n := a.list.MarkCount(); n > 0 && key.Matches(ui.Press(c.Key), k.Rotate, k.Toggle, k.Delete) {
			out[i].Words += " the " + ui.Count(n, "marked key")
		}
	}
	return out
}

// speakList is where one is, how many keys there are, and some of them by number.
func (a *App) speakList() (who any, out ui.Speech) {
	text, warning := a.list.Filter()
	place := a.listed()
	who = fmt.Sprint("list ", a.fleet != nil, a.profile.gen)
	where := "Profile " + place.Profile
	for _, word := range []string{place.Service, place.Setting.Badge(), place.Alarm} {
		if word != "" {
			where += ", " + word
		}
	}
	if a.lock.Who != "" {
		where += ", you are " + a.lock.Who
	}
	if why, no := a.noWrites(); no {
		where += ", read-only: " + why
	}
	if a.fleet == nil && a.profile.conn == nil && a.profile.err == nil {
		out.Progress = "opening " + place.Profile
		return who, out
	}
	out.Facts = ui.Facts(where)
	switch {
	case a.list.Typing():
		out.Ask = &ui.Ask{Words: "Filter, an empty line shows all", Keep: ui.Times("esc", 1), Text: ui.Line(a.list.Field())}
		return who, out
	case a.fleet == nil && a.profile.err == nil && a.load.err == nil && !a.load.loaded:
		out.Progress = "loading"
		return who, out
	case a.hearing() && a.fleet != nil: // how many have answered is a fact when all have
		out.Facts, out.Progress = nil, allProfiles+", "+place.Service
		return who, out
	case a.hearing():
		return who, out
	}
	a.speakRows(&out, text, warning)
	if len(out.Facts) == 1 {
		out.Facts = append(out.Facts, ui.Advice(strings.Split(a.placeholder(), "\n")...)...)
	} else if b := a.banner(); b != "" {
		out.Answers = append(out.Answers, ui.InWords(b))
	}
	for _, p := range a.fleet.problems(a) {
		out.Answers = append(out.Answers, ui.InWords(p))
	}
	out.Ask = a.askList()
	return who, out
}

// speakRows are the keys that are told at a time, and the one under the cursor where it was put there.
func (a *App) speakRows(out *ui.Speech, text, warning string) {
	n := a.list.Shown()
	if a.list.Len() == 0 {
		return
	}
	var counts []string
	for _, c := range a.summary() {
		counts = append(counts, ui.InWords(c))
	}
	if chips, _ := a.chips(); a.list.Overview() { // then the header leaves them out
		for _, c := range chips {
			counts = append(counts, ui.Number(c.Count)+" "+c.State.Word)
		}
	}
	out.Facts = append(out.Facts, ui.Facts(strings.Join(counts, ", "))...)
	if text != "" {
		out.Facts = append(out.Facts, ui.Facts("filter "+text+": "+ui.Count(n, "key"))...)
	}
	if warning != "" {
		out.Answers = append(out.Answers, ui.InWords(warning))
	}
	if a.spoken.from >= n {
		a.spoken.from = 0
	}
	from := a.spoken.from
	told := a.list.Rows(from, rowsTold)
	if line, chosen := a.list.Cursor(); chosen && (line < from || line >= from+rowsTold) {
		told = append(told, a.list.Rows(line, 1)...)
	}
	if n > rowsTold {
		out.Facts = append(out.Facts, ui.Facts(fmt.Sprintf("keys %d to %d of %d, by %s", from+1, min(from+rowsTold, n), n, a.list.Order()))...)
	}
	way := fmt.Sprint(text, a.list.Order(), from) // told anew in another order
	for _, r := range told {
		out.Facts = append(out.Facts, ui.Fact{Text: strconv.Itoa(a.spoken.number(r.ID)) + " " + r.Words, Same: way + r.ID + age().ReplaceAllString(r.Words, "")})
	}
}

// number is that of a key: the same whenever it is told.
func (s *spoken) number(id string) int {
	if s.numbers == nil {
		s.numbers = map[string]int{}
	}
	if s.numbers[id] == 0 {
		s.ids = append(s.ids, id)
		s.numbers[id] = len(s.ids)
	}
	return s.numbers[id]
}

// askList takes the number of a key, a filter, and what acts on no key.
func (a *App) askList() *ui.Ask {
	out := &ui.Ask{Words: ui.Clean(a.listed().Profile) + ", number or name of a key, or a letter", Brief: true}
	k, acts := a.env.Keys, a.able(false)
	if a.list.Len() > 0 {
		acts = append(acts, k.Filter, k.Sort, k.Reverse)
	}
	out.Choices = ui.ChoicesOf(k, acts)
	if a.list.Len() > 0 {
		out.Choices = append(out.Choices, a.ofMarks([]key.Binding{k.MarkAll})...)
	}
	if a.list.MarkCount() > 0 {
		out.Choices = append(out.Choices, a.ofMarks([]key.Binding{k.Rotate, k.Toggle, k.Delete})...)
	}
	if a.list.Shown() > rowsTold {
		out.Choices = append(out.Choices, ui.Choice{Words: "more keys", Key: "m", Do: func() { a.spoken.from += rowsTold }})
	}
	out.Other = func(typed string) (ui.Choice, bool) {
		if words, is := strings.CutPrefix(typed, "/"); is && words != "" && a.list.Len() > 0 {
			keys := append([]tea.KeyMsg{ui.Press("/")}, ui.Typed(a.list.Field(), words)...)
			return ui.Choice{Keys: append(keys, ui.Press("enter")), Do: func() { a.spoken.from = 0 }}, true
		}
		name, mark := strings.CutPrefix(typed, "mark ")
		if mark {
			typed = name
		}
		id, ok := a.list.Named(typed)
		if n, err := strconv.Atoi(typed); !ok && err == nil && n > 0 && n <= len(a.spoken.ids) {
			id = a.spoken.ids[n-1]
		}
		if !ok && id == "" {
			return a.refused(false)(typed)
		}
		if mark {
			return ui.Choice{Keys: ui.Times(k.Mark.Keys()[0], 1), Do: func() { a.list.Select(id) }}, a.list.Has(id)
		}
		return ui.Choice{Keys: ui.Times("enter", 1), Do: func() { a.list.Select(id); a.spoken.open = id; a.spoken.visit++ }}, a.list.Has(id)
	}
	return out
}
