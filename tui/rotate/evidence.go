package rotate

import (
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/rotation"
	"detent/tui/ui"
	"detent/tui/widget"
)

// Evidence shows by what detent knows what it says of a rotation: every observation, the newest first, and what
// happened. It reads what is there already, and asks nobody.
type Evidence struct {
	env   *ui.Env
	place ui.Place
	view  func() rotation.View
	text  widget.Scroller
}

// NewEvidence shows that of a rotation.
func NewEvidence(env *ui.Env, place ui.Place, view func() rotation.View) *Evidence {
	return &Evidence{env: env, place: place, view: view, text: widget.NewScroller(env)}
}

// Title names the frame.
func (e *Evidence) Title() string { return "Evidence " + ui.Clean(e.view().Old.Called()) }

// Place is where the rotation is.
func (e *Evidence) Place() ui.Place { return e.place }

// WantsAll takes the whole frame.
func (e *Evidence) WantsAll() bool { return true }

// SetSize sets the size of the content.
func (e *Evidence) SetSize(width, height int) { e.text.SetSize(width, height) }

// Bindings are the keys that act now.
func (e *Evidence) Bindings() []key.Binding {
	k := e.env.Keys
	return []key.Binding{ui.Does(k.Cancel, "back"), k.Down, k.Up}
}

// Update scrolls, and closes.
func (e *Evidence) Update(msg tea.Msg) tea.Cmd {
	press, ok := msg.(tea.KeyMsg)
	if !ok {
		return nil
	}
	k := e.env.Keys
	if key.Matches(press, k.Cancel, k.Back, k.Quit, k.Confirm, k.Evidence) {
		return ui.Do(ui.Pop{Screen: e})
	}
	e.text.Update(press)
	return nil
}

// View draws the observations.
func (e *Evidence) View() string { return strings.Join(e.text.Lines(e.lines(), nil), "\n") }

func (e *Evidence) lines() []string {
	v, st := e.view(), e.env.Styles
	p := page{env: e.env, width: e.text.Width}
	head, about := "WHAT WAS SEEN", ui.Count(len(v.Claims), "observation")+", the newest first · times in UTC"
	if ui.Width(head)+ui.Width(about)+2 > p.width {
		about = "the newest first, in UTC"
	}
	p.split(st.Column.Render(head), st.Dim.Render(about))
	if len(v.Claims) == 0 {
		p.wrap("  ", st.Base, "Nothing was observed yet, or the journal is of a version that kept no observations: what it says was not seen by it.")
	}
	day, widest := "", 0
	for _, c := range v.Claims {
		widest = max(widest, ui.Width(clean(subjectWords(v, c.Subject()))))
	}
	for _, c := range slices.Backward(v.Claims) {
		if d := c.Evidence().At.UTC().Format(time.DateOnly); d != day {
			day = d
			p.line(st.Dim.Render("  " + d))
		}
		viewClaim(&p, v, c, widest)
	}
	if len(v.Diff) > 0 {
		p.title("OLD AND NEW ACCESS")
		for _, d := range v.Diff {
			difference(&p, d)
		}
	}
	p.list("NOT KNOWN", st.Warn.Render("  ? "), st.Base, v.Unknown)
	p.list("FOUND IN PREFLIGHT", st.Dim.Render("  · "), st.Base, v.Notes)
	if len(v.History) > 0 {
		p.title("WHAT HAPPENED")
		for _, h := range v.History {
			p.wrap(st.Dim.Render("  "+h.At.UTC().Format("01-02 15:04:05")+"  "), st.Base, h.Text)
		}
	}
	return p.lines
}

// viewClaim is one observation: when, what, of whom, by what, and its words. The widest subject keeps the columns together.
func viewClaim(p *page, v rotation.View, c rotation.Claim, widest int) {
	st, ev := p.style(), c.Evidence()
	kind := st.Good
	switch c.Kind() {
	case rotation.PersonSaid, rotation.RowMissing, rotation.SecretKnown, rotation.DeleteSent, rotation.DisableSent:
		kind = st.Warn
	}
	at := st.Dim.Render("  " + ev.At.UTC().Format(time.TimeOnly) + "  ")
	const words, way = 22, 15 // "made-up secret refused", "  by comparison"
	what, whom, by := kind.Render(claimWords(c.Kind())), clean(subjectWords(v, c.Subject())), st.Dim.Render("by "+clean(ev.By))
	if room := p.width - ui.Width(at) - words - 2 - way; room < 24 {
		p.split(at+what+"  "+whom, by)
	} else {
		p.line(at + ui.Pad(what, words) + "  " + ui.Pad(whom, min(widest, room)) + "  " + by)
	}
	if ev.Detail != "" {
		p.wrap(ui.Pad("", ui.Width(at)), st.Dim, ev.Detail)
	}
}

// claimWords is what was observed, as people read it.
func claimWords(kind rotation.ClaimKind) string {
	switch kind {
	case rotation.ControlRefused:
		return "made-up secret refused"
	case rotation.RowSeen:
		return "listed"
	case rotation.RowMissing:
		return "not listed"
	case rotation.PlaceHeld:
		return "place held, before"
	case rotation.PersonSaid:
		return "a person's word"
	}
	return strings.ReplaceAll(string(kind), "-", " ")
}

// subjectWords is whom a claim is about, as people read it.
func subjectWords(v rotation.View, subject string) string {
	old, made := v.Sides()
	switch subject {
	case rotation.SubjectOld:
		return old
	case rotation.SubjectNew:
		return made
	}
	for _, d := range v.Destinations {
		if d.Spec == subject {
			return d.Describe
		}
	}
	return subject
}
