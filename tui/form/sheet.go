package form

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"detent/client"
	"detent/tui/ui"
	"detent/tui/widget"
)

// sheet is a form of several pages that fills the frame: pages, a last one with what will be done, questions before
// anything is lost, and what became of the call. It stays open with everything that was typed until the call worked.
type sheet struct {
	env    *ui.Env
	self   ui.Screen // the screen that embeds it
	title  string
	pages  *pages
	review *review
	side   func() []fact // stands beside the pages where there is room; may be nil

	doing     string   // "creating…"
	notDone   string   // what is certain when nothing happened
	uncertain string   // what to do when that is not known
	waiting   string   // what ctrl+c during the call would lose; empty where nothing
	labels    []string // the buttons of the review
	unclear   []string // the same after a call without an answer
	forget    func()   // wipes what was typed when the form is left; may be nil
	advice    []string // stands on the review where there is room

	question    *question
	ticket      int
	err         error
	interrupted bool // ctrl+c was pressed during the call
	guard       int

	width, height int
}

const sideWidth = 46

// begin makes the form; the review is its last page.
func (s *sheet) begin(list []page, name string, facts func() []fact, press func(label string) tea.Cmd) {
	s.guard = 1
	s.review = newReview(s.env, name, s.labels)
	s.review.facts, s.review.below = facts, s.below
	s.review.press = func(button int) tea.Cmd {
		switch label := s.review.buttons.labels[button]; label {
		case "Back":
			s.review.buttons.at = 0
			s.pages.prev()
			return nil
		case "Cancel":
			return s.cancel()
		default:
			return press(label)
		}
	}
	s.pages = newPages(s.env, append(list, page{name: "Review", fields: []field{s.review}, advice: s.advice}))
}

// Title names the form.
func (s *sheet) Title() string { return s.title }

// WantsAll keeps the pages from jumping about.
func (s *sheet) WantsAll() bool { return true }

// Guard keeps an enter in flight from doing what the review or a question asks.
func (s *sheet) Guard() int {
	if s.question != nil || s.pages.focused() == s.review {
		return s.guard
	}
	return 0
}

// Typing is true while a text input has the keys.
func (s *sheet) Typing() bool { return s.question == nil && !s.review.busy && s.pages.typing() }

// HoldsKeys keeps ctrl+c from dropping an answer unasked that cannot be had again.
func (s *sheet) HoldsKeys() bool { return s.review.busy && s.waiting != "" }

// SetSize gives the form its place.
func (s *sheet) SetSize(width, height int) {
	s.width, s.height = width, height
	if s.hasSide() {
		width -= sideWidth + 3
	}
	s.pages.setSize(width, height)
}

func (s *sheet) hasSide() bool { return s.side != nil && s.width >= 60+sideWidth }

// Bindings are the keys that act now.
func (s *sheet) Bindings() []key.Binding {
	k := s.env.Keys
	switch {
	case s.question != nil:
		return s.question.bindings(s.env)
	case s.review.busy:
		return nil
	}
	if perms, ok := s.pages.focused().(*permissions); ok && !perms.filtering {
		own := perms.bindings()
		return append(append([]key.Binding{own[0], k.Confirm}, own[1:]...), k.Prev, k.Cancel)
	}
	return []key.Binding{k.Next, k.Prev, k.Confirm, k.Cancel}
}

// press takes a key.
func (s *sheet) press(msg tea.KeyMsg) tea.Cmd {
	switch {
	case s.review.busy:
		return s.wait(msg)
	case s.question != nil:
		return answer(&s.question, s.env, msg)
	case widget.IsText(msg):
		return s.move(msg)
	case msg.Type == tea.KeyCtrlC, msg.Type == tea.KeyEsc && !s.pages.focused().wants(msg):
		return s.cancel()
	}
	return s.move(msg)
}

// move hands a key to the pages; coming to the review starts its guard anew.
func (s *sheet) move(msg tea.KeyMsg) tea.Cmd {
	before := s.pages.focused()
	cmd := s.pages.update(msg)
	if after := s.pages.focused(); after != before && after == s.review {
		s.guard++
	}
	return cmd
}

// wait answers keys during the call: it is not cancelled, since it may have happened already.
func (s *sheet) wait(msg tea.KeyMsg) tea.Cmd {
	if msg.Type != tea.KeyCtrlC || s.waiting == "" {
		return nil
	}
	if s.interrupted {
		return ui.Do(ui.Quit{})
	}
	s.interrupted = true
	s.pages.refresh()
	return nil
}

// leave closes the form.
func (s *sheet) leave() tea.Cmd {
	if s.forget != nil {
		s.forget()
	}
	return ui.Do(ui.Pop{Screen: s.self})
}

// cancel closes the form, and asks first where something would be lost.
func (s *sheet) cancel() tea.Cmd {
	if !s.pages.dirty() {
		return s.leave()
	}
	text := "What you entered is lost. Nothing has been done."
	if client.MayHaveHappened(s.err) {
		text = "What you entered is lost. " + s.uncertain
	}
	s.ask(s.env.Styles.Strong.Render("Discard this form?"), text, []string{"Keep editing", "Discard"}, s.leave)
	return nil
}

// ask puts a question whose first answer is the safe one and changes nothing.
func (s *sheet) ask(head, text string, labels []string, yes func() tea.Cmd) {
	s.guard++
	s.question = ask([]string{head, text}, labels, func(i int) tea.Cmd {
		if i == 1 {
			return yes()
		}
		return nil
	})
	s.question.yes = 1
}

// start notes that the call is under way, and gives its ticket.
func (s *sheet) start() int {
	s.review.busy, s.interrupted, s.err = true, false, nil
	s.ticket = s.env.Ticket()
	return s.ticket
}

// isOwn reports whether a result is that of the call under way.
func (s *sheet) isOwn(ticket int) bool { return s.review.busy && ticket == s.ticket }

// finish closes the form when the call worked, else keeps it with the reason.
func (s *sheet) finish(err error) tea.Cmd {
	s.review.busy = false
	s.guard++
	if err == nil {
		return s.leave()
	}
	s.err = err
	s.review.buttons = buttons{labels: s.labels}
	if client.MayHaveHappened(err) && len(s.unclear) > 0 {
		s.review.buttons.labels = s.unclear
	}
	s.pages.refresh()
	return nil
}

// below is what is under way, or what went wrong with what is certain about it.
func (s *sheet) below(width int) []string {
	st := s.env.Styles
	switch {
	case s.review.busy && s.interrupted:
		return append([]string{"", st.Strong.Render(s.doing)}, ui.Hanging(st.Warn.Render, "! ", s.waiting+" ctrl+c again quits without it.", width)...)
	case s.review.busy:
		return []string{"", st.Strong.Render(s.doing)}
	case s.err == nil:
		return nil
	}
	return append([]string{""}, failure(s.env, s.err, s.notDone, s.uncertain, width)...)
}

// View is the page, or a question instead of it, and beside it what will be done.
func (s *sheet) View() string {
	st := s.env.Styles
	var left []string
	if s.question != nil {
		left = append([]string{s.pages.steps(), ""}, s.question.view(s.env, s.pages.width)...)
	} else {
		left = s.pages.view()
	}
	if !s.hasSide() || s.pages.focused() == s.review {
		return clamp(left, s.width, s.height)
	}
	lines := append([]string{st.Dim.Render(s.review.title), ""}, factLines(s.env, s.side(), sideWidth)...)
	right := ui.Fit(strings.Join(lines, "\n"), sideWidth, s.height)
	rule := make([]string, s.height)
	for i := range rule {
		rule[i] = st.Dim.Render(" │ ")
	}
	form := ui.Fit(strings.Join(left, "\n"), s.pages.width, s.height)
	return lipgloss.JoinHorizontal(lipgloss.Top, strings.Join(form, "\n"), strings.Join(rule, "\n"), strings.Join(right, "\n"))
}
