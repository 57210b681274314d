package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/lipgloss"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

const (
	sideBySide = 90 // from this width on, list and detail share the frame, if the list keeps the columns that matter
	leastPane  = 36 // an instant with its zone fits beside its label
	short      = 90 // below, the header says less
	minWidth   = 40
	minHeight  = 10
)

// measures are the cells inside the frame.
type measures struct {
	list, detail, body int
	beside             bool // both are on the screen
}

// measure shares a terminal out: a border round everything, one cell of air beside the detail. Where there is nothing to show in it, or
// not enough room, the list has all.
func (a *App) measure() measures {
	width := a.width
	m := measures{list: width - 2, detail: width - 4, body: a.height - 2}
	_, _, selected := a.list.Selected()
	room := width - 3 - a.list.Wants()
	if width < sideBySide || room < leastPane || !selected {
		return m
	}
	pane := min(max(min(width/3, 60), 40), room)
	if a.focus == onDetail {
		pane = width * 3 / 5
	}
	if to := a.read.mouse.list; to > 0 { // where the divider was dragged
		pane = max(min(width-3-to, width-3-leastPane), leastPane)
	}
	m.list, m.detail, m.beside = width-3-pane, pane-2, true
	return m
}

// share gives list and detail their sizes, where those have changed.
func (a *App) share() {
	if m := a.measure(); m != a.shared {
		a.shared = m
		a.list.SetSize(m.list, m.body)
		a.detail.SetSize(m.detail, m.body)
	}
}

func (a *App) tooSmall() bool { return a.width < minWidth || a.height < minHeight }

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

// line is the style of the frame's lines: a live environment colours them.
func (a *App) line() lipgloss.Style {
	if a.whose().Setting.LooksLive() {
		return a.env.Styles.Bad
	}
	return a.env.Styles.Dim
}

// whose is what the frame speaks of: of the screen in it, whose profile may be another than the list's; else of
// the profile in use.
func (a *App) whose() ui.Place {
	if wide, _ := a.layers(); wide != nil {
		if p, ok := wide.(ui.Placed); ok {
			return p.Place()
		}
	}
	if name := a.owner(); name != "" {
		return a.named(name).place()
	}
	return a.listed()
}

// listed is the profile in use, or on its way to be.
func (a *App) listed() ui.Place {
	if a.fleet != nil {
		return a.fleet.listed()
	}
	if a.profile.conn != nil {
		return a.profile.place()
	}
	p, _ := a.hosted(a.profile.want)
	return ui.Place{Profile: a.profile.want, Setting: p.Setting}
}

// hosted is a profile as the host knows it now.
func (a *App) hosted(name string) (ui.Profile, bool) {
	all := a.host.Profiles()
	at := slices.IndexFunc(all, func(p ui.Profile) bool { return p.Name == name })
	if at < 0 {
		return ui.Profile{}, false
	}
	return all[at], true
}

// place is what the frame says of an open profile.
func (p *profile) place() ui.Place {
	if p.conn == nil {
		return ui.Place{Profile: p.want}
	}
	out := ui.Place{Profile: p.want, Service: p.caps.Service, Setting: p.conn.Profile.Setting}
	if s := out.Setting; s.Contradicted() {
		out.Alarm = "the profile says " + string(s.Environment)
		if s.Token != apikey.Live {
			out.Alarm = "the token is " + string(s.Token)
		}
	}
	return out
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

// hints are the bindings that act now, the most used first, and those that always show.
func (a *App) hints() (now, always []key.Binding) {
	if top := a.top(); top != nil {
		always = []key.Binding{a.paletteKey(top), a.helpKey(top)}
		if wantsAll(top) {
			return top.Bindings(), always
		}
		return nil, always // the others are on the box itself
	}
	if a.list.Typing() {
		return a.list.Bindings(), nil
	}
	return a.bindings(), []key.Binding{a.env.Keys.Palette, a.env.Keys.Help}
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

func wantsAll(s ui.Screen) bool {
	w, ok := s.(ui.Wide)
	return ok && w.WantsAll()
}

// layers are what is drawn of the stack: the topmost overlay that takes the whole frame,
// and the boxes above it.
func (a *App) layers() (wide ui.Screen, boxes []ui.Screen) {
	for i := len(a.overlays) - 1; i >= 0; i-- {
		if wantsAll(a.overlays[i]) {
			return a.overlays[i], a.overlays[i+1:]
		}
	}
	return nil, a.overlays
}

// room is the largest content of an overlay.
func (a *App) room(s ui.Screen) (width, height int) {
	if wantsAll(s) {
		return max(a.width-4, 0), max(a.height-2, 0)
	}
	return max(a.width-8, 0), max(a.height-4, 0)
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
