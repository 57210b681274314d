package form

import (
	"cmp"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// usualLifetimes are those that are offered where the service gives any.
var usualLifetimes = []string{"1h", "1d", "7d", "30d", "90d"}

// expiryExample is what may be typed instead of a preset.
const expiryExample = "45d, 12h or 2027-01-31"

// expiry asks for a lifetime: a preset, chosen with left and right, or anything typed. Typing
// goes to the open end of the row at once; what the choice comes to is shown as an instant.
type expiry struct {
	base
	gives   apikey.Lifetimes
	spans   []time.Duration // the lifetimes offered
	presets []string        // their words, and no end, where a key can be without one
	at      int             // in presets; len(presets) is what is typed
	first   int
	line    *widget.Text
	note    string // what a key without an end is, where the service says so
}

func newExpiry(env *ui.Env, gives apikey.Lifetimes) *expiry {
	e := &expiry{base: base{env: env, title: "Expires"}, gives: gives, line: widget.NewText(env, "")}
	e.line.Example(expiryExample)
	e.spans = slices.Clone(gives.Spans)
	for _, p := range usualLifetimes {
		if span, err := apikey.ParseSpan(p); !e.few() && err == nil && gives.Check(apikey.Expiry{After: span}, env.Now()) == nil {
			e.spans = append(e.spans, span)
		}
	}
	suggested := gives.Suggested()
	if !slices.Contains(e.spans, suggested) {
		e.spans = append(e.spans, suggested)
	}
	for _, span := range e.spans {
		e.presets = append(e.presets, apikey.SpanWords(span))
	}
	e.at = slices.Index(e.spans, suggested)
	if !gives.Always {
		e.presets = append(e.presets, "never")
	}
	e.help = "← → choose, or type a span, a date or seconds."
	if e.few() {
		e.help = "← → choose: the service gives no other lifetime."
	}
	e.first, e.self = e.at, e
	return e
}

// few reports whether the service gives a few lifetimes alone, so that none is typed.
func (e *expiry) few() bool { return len(e.gives.Spans) > 0 }

func (e *expiry) text() string {
	if e.at < len(e.presets) {
		return e.presets[e.at]
	}
	return e.line.Value()
}

func (e *expiry) value() (apikey.Expiry, error) {
	if e.at < len(e.spans) {
		return apikey.Expiry{After: e.spans[e.at]}, nil
	}
	out, err := apikey.ParseExpiry(e.text(), e.env.Now(), e.env.Zone)
	if err == nil {
		err = e.gives.Check(out, e.env.Now())
	}
	return out, err
}

func (e *expiry) check() error { _, err := e.value(); return err }
func (e *expiry) typing() bool { return !e.few() }
func (e *expiry) dirty() bool  { return e.at != e.first || e.line.Value() != "" }

// Update chooses a preset or types.
func (e *expiry) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	k, ok := msg.(tea.KeyMsg)
	switch {
	case !ok:
	case widget.IsText(k) && !e.few():
		e.at = len(e.presets)
		e.line.Update(k)
	case k.Type == tea.KeyLeft && e.at < len(e.presets):
		e.at = max(e.at-1, 0)
	case k.Type == tea.KeyRight && e.few():
		e.at = min(e.at+1, len(e.presets)-1)
	case k.Type == tea.KeyRight && e.at < len(e.presets):
		e.at++
	case e.at == len(e.presets):
		if used := e.line.Update(k); !used && k.Type == tea.KeyLeft { // at the start of what is typed
			e.at--
		}
	}
	return e, nil
}

func (e *expiry) lines(width int) []string {
	st := e.env.Styles
	var rows []string
	row, used := "", 0
	for i, p := range e.presets {
		if used > 0 && used+ui.Width(p)+2 > width {
			rows, row, used = append(rows, row), "", 0
		}
		text, style := " "+p+" ", st.Dim
		if i == e.at {
			text, style = "["+p+"]", st.Base
			if e.focused {
				style = st.Accent
			}
		}
		row += style.Render(text)
		used += ui.Width(text)
	}
	rows = append(rows, row)
	if e.few() {
		return append(rows, e.outcome(width)...)
	}
	label, style := " other:", st.Dim
	other := e.at == len(e.presets)
	if other {
		label, style = "[other]", st.Base
		if e.focused {
			style = st.Accent
		}
	}
	out := rows
	if e.line.Blur(); other && e.focused {
		e.line.Focus()
	}
	if need := used + 2 + ui.Width(label) + 1 + ui.Width(expiryExample) + 6; need <= width {
		out[len(out)-1] += style.Render(label) + " " + e.line.View(width-used-ui.Width(label)-1)
	} else {
		out = append(out, style.Render(label)+" "+e.line.View(max(width-ui.Width(label)-1, 4)))
	}
	return append(out, e.outcome(width)...)
}

// outcome is the instant that the choice comes to, or what is wrong with what was typed.
func (e *expiry) outcome(width int) []string {
	st := e.env.Styles
	if e.err != nil {
		return nil // the frame shows it
	}
	if e.at == len(e.presets) && e.line.Value() == "" {
		return ui.Styled(st.Dim.Render, "type a span, a date (its end, "+e.env.Now().In(e.env.Zone).Format("MST")+"), or seconds", width)
	}
	v, err := e.value()
	switch {
	case err != nil:
		return ui.Hanging(st.Bad.Render, "✗ ", err.Error(), width)
	case v.IsNever():
		return ui.Hanging(st.Warn.Render, "! ", cmp.Or(e.note, "never expires: it works until somebody deletes it"), width)
	}
	return ui.Styled(st.Base.Render, "→ "+expiryText(e.env, v), width)
}

// expiryText is a lifetime as the instant that it comes to when the key is created now.
func expiryText(env *ui.Env, e apikey.Expiry) string {
	if e.IsNever() {
		return "never"
	}
	at := e.Instant(env.Now())
	return ui.Exact(at, env.Zone) + " · " + ui.Relative(at.Add(time.Second-1), env.Now())
}
