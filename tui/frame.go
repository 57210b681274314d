package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// View is the frame: exactly the terminal's size, whatever is in it.
func (a *App) View() string {
	// Keys of one read wait while a frame is made: that time is not between them.
	defer func() { a.read.last = a.env.Now() }()
	switch {
	case a.width <= 0 || a.height <= 0:
		return ""
	case a.lock.on:
		return a.lockedView()
	case a.tooSmall():
		return a.tooSmallView()
	}
	lines := make([]string, 0, a.height)
	lines = append(lines, a.header())
	lines = append(lines, a.body()...)
	lines = append(lines, a.footer())
	_, boxes := a.layers()
	for i, s := range boxes {
		a.place(lines, s, i < len(boxes)-1)
	}
	a.read.mouse.drawn = lines
	return strings.Join(lines, "\n")
}

func (a *App) tooSmallView() string {
	text := fmt.Sprintf("too small: %dx%d\nneeds %dx%d\nq quits", a.width, a.height, minWidth, minHeight)
	if a.held() != nil {
		text = fmt.Sprintf("too small: %dx%d\nneeds %dx%d\na secret waits\nto be stored", a.width, a.height, minWidth, minHeight)
	}
	return strings.Join(ui.Centre(text, a.width, a.height), "\n")
}

func (a *App) lockedView() string {
	// No lock: who sits there goes on. It keeps what is on the screen from who passes by.
	text := "covered: no key was pressed for " + ui.Span(a.lock.LockAfter) + "\n\nany key shows the screen again"
	return strings.Join(ui.Centre(text, a.width, a.height), "\n")
}

// line is the style of the frame's lines: a live environment colours them.
func (a *App) line() lipgloss.Style {
	if a.whose().Setting.LooksLive() {
		return a.env.Styles.Bad
	}
	return a.env.Styles.Dim
}

// rule is a horizontal line of the frame with words at its ends; left gives way first.
func (a *App) rule(from, left, right, to string) string {
	line := a.line()
	room := a.width - 2
	if right != "" {
		right = " " + ui.Truncate(right, room-2) + " "
	}
	left = ui.Truncate(left, max(room-2-ui.Width(right)-1, 0))
	if left != "" {
		left = " " + left + " "
	}
	gap := room - ui.Width(left) - ui.Width(right)
	return line.Render(from) + left + line.Render(strings.Repeat("─", max(gap, 0))) + right + line.Render(to)
}

// header says where one is, and over SSH who. Where the line is short the counts give way first, then the
// words; live and read-only stay.
func (a *App) header() string {
	s := a.env.Styles
	dot, dash := s.Dim.Render(" · "), a.line().Render(" ─ ")
	title := ""
	if wide, _ := a.layers(); wide != nil {
		if t, ok := wide.(ui.Titled); ok {
			title = dash + s.Strong.Render(ui.Clean(t.Title()))
		}
	}
	place, service := a.whose(), ""
	if place.Service != "" {
		service = dot + ui.Clean(place.Service)
	}
	badges := ""
	switch word := place.Setting.Badge(); {
	case word == "" || place.Profile == "":
	case place.Setting.LooksLive():
		badges = dot + s.Live.Render(word)
	case word == apikey.WordUnreported:
		badges = dot + s.Warn.Render(word)
	default:
		badges = dot + s.Test.Render(ui.Clean(word))
	}
	if _, no := a.noWritesOf(a.framed()); no {
		badges += dot + s.Warn.Render("read-only")
	}
	if place.Alarm != "" {
		badges += dot + s.Live.Render(place.Alarm)
	}
	name := ui.Clean(place.Profile)
	room := a.width - 6
	detent, who := s.Header.Render("detent")+dash, ""
	if a.lock.Who != "" {
		who = ui.Clean(a.lock.Who) + dash
		if a.width < short { // what it costs are our name and the service's, not the counts
			detent, service = "", ""
		}
	}
	left := detent + who + name + service + badges + title
	for _, shorter := range []string{detent + who + name + badges + title, who + name + badges + title, name + badges + title} {
		if ui.Width(left) > room {
			left = shorter
		}
	}
	if over := ui.Width(left) - room; over > 0 {
		left = ui.Truncate(name, max(ui.Width(name)-over, 4)) + badges + title
	}
	right := a.summary()
	for len(right) > 0 && ui.Width(left)+ui.Width(strings.Join(right, " · "))+7 > a.width {
		right = right[:len(right)-1]
	}
	return a.rule("┌", left, strings.Join(right, s.Dim.Render(" · ")), "┐")
}

// summary counts: keys, open rotations, and keys that want something done, the most urgent first.
func (a *App) summary() []string {
	s, n := a.env.Styles, a.list.Len()
	var parts []string
	switch {
	case a.whose().Profile != a.listed().Profile: // what is counted is another's
		return nil
	case a.fleet != nil:
		parts = append(parts, a.fleet.progress(s)...)
	case a.profile.err != nil || a.load.err != nil:
		parts = append(parts, s.Bad.Render(a.errorWord()))
	case a.profile.conn == nil:
		return []string{s.Dim.Render("opening …")}
	case a.load.running && !a.load.loaded:
		if n == 0 {
			return []string{s.Dim.Render("loading …")}
		}
		return []string{s.Dim.Render("loading … " + ui.Count(n, "key"))}
	case a.load.running:
		parts = append(parts, s.Dim.Render("reloading …"))
	}
	if a.list.Len() > 0 || a.load.loaded || a.fleet != nil {
		parts = append(parts, ui.Count(n, "key"))
	}
	if n := a.list.MarkCount(); n > 0 {
		parts = append([]string{s.Accent.Render(ui.Number(n) + " marked")}, parts...)
	}
	if n := a.countdown.waiting; n > 0 {
		word := " waits"
		if n > 1 {
			word = " wait"
		}
		text := s.Warn.Render(ui.Number(n) + word + " for you")
		if a.top() == nil { // else the key is another's
			text += s.Dim.Render(" · ") + s.Key.Render(a.env.Keys.Rotations.Help().Key)
		}
		parts = append(parts, text)
	} else if c := a.counts(); c.rotating > 0 {
		parts = append(parts, s.Accent.Render(ui.Count(c.rotating, "rotation")+" open"))
	}
	if a.list.Overview() {
		return parts
	}
	for i, u := range ui.Urgent { // what gives way first where the line is short comes last
		if n := a.counts().of[i]; n > 0 {
			parts = append(parts, s.Tone(u.Tone).Render(ui.Number(n)+" "+u.Word))
		}
	}
	return parts
}

// progress is what the header says while profiles are asked.
func (f *fleet) progress(s *ui.Styles) []string {
	if slices.ContainsFunc(f.members, func(m *member) bool { return m.hearing != nil && m.answered }) {
		return []string{s.Dim.Render("reloading …")}
	}
	return nil
}

func (a *App) footer() string {
	s := a.env.Styles
	if a.toast.text != "" {
		if a.toast.good {
			return a.rule("└", s.Good.Render("✓")+" "+a.toast.text, "", "┘")
		}
		return a.rule("└", s.Warn.Render("!")+" "+a.toast.text, "", "┘")
	}
	hints, always := a.hints()
	right := ui.Hints(s, always, a.width-6)
	if at, n := a.list.Position(); n > 0 && a.top() == nil && !a.list.Typing() {
		right = s.Dim.Render(fmt.Sprintf("%d/%d · ", at, n)) + right
	}
	return a.rule("└", ui.Hints(s, hints, a.width-7-ui.Width(right)), right, "┘")
}

// body is what the frame holds, line by line.
func (a *App) body() []string {
	m := a.shared
	line := a.line()
	side := line.Render("│")
	out := make([]string, m.body)
	wide, boxes := a.layers()
	shown := func(text string) string { return text }
	if len(boxes) > 0 {
		shown = a.behind
	}
	if wide != nil {
		for i, text := range ui.Fit(wide.View(), a.width-4, m.body) {
			out[i] = side + " " + shown(text) + " " + side
		}
		return out
	}
	if m.beside {
		list, about := a.list.Lines(), a.detail.Lines()
		middle := side
		if a.focus == onDetail && len(a.overlays) == 0 {
			middle = a.env.Styles.Accent.Render("│")
		}
		for i := range out {
			out[i] = side + shown(list[i]) + middle + " " + shown(about[i]) + " " + side
		}
		return out
	}
	if a.focus == onDetail {
		for i, text := range a.detail.Lines() {
			out[i] = side + " " + shown(text) + " " + side
		}
		return out
	}
	for i, text := range a.list.Lines() {
		out[i] = side + shown(text) + side
	}
	return out
}

// behind is how a line looks that a box stands before: the same words, and nothing that draws the eye.
func (a *App) behind(line string) string { return a.env.Styles.Dim.Render(ui.Unstyled(line)) }

// place puts an overlay's box on the frame, in the middle; under says that there is another on top of it.
func (a *App) place(lines []string, s ui.Screen, under bool) {
	box := a.box(s)
	for i := range box {
		if under {
			box[i] = a.behind(box[i])
		}
	}
	width := ui.Width(box[0]) + 2 // a cell of air on both sides
	x, y := (a.width-width)/2, max((len(lines)-len(box))/2, 0)
	a.read.mouse.box = area{x, y, width, len(box)}
	for i, row := range box {
		if y+i < len(lines) {
			lines[y+i] = widget.Splice(lines[y+i], x, " "+row+" ", width, a.width)
		}
	}
}

// box draws an overlay's content with its title above and its keys below.
func (a *App) box(s ui.Screen) []string {
	box := widget.Box{Lines: strings.Split(s.View(), "\n"), Keys: s.Bindings()}
	if d, ok := s.(ui.Danger); ok {
		box.Danger = d.Dangerous()
	}
	if t, ok := s.(ui.Titled); ok {
		box.Title = t.Title()
	}
	width, height := a.room(s)
	return box.Draw(a.env, width, height)
}
