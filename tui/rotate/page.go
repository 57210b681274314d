package rotate

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"detent/tui/ui"
)

// page collects lines of one width.
type page struct {
	env   *ui.Env
	width int
	lines []string
}

func (p *page) line(text string)  { p.lines = append(p.lines, ui.Pad(text, p.width)) }
func (p *page) blank()            { p.line("") }
func (p *page) title(text string) { p.blank(); p.line(p.env.Styles.Column.Render(text)) }
func (p *page) style() *ui.Styles { return p.env.Styles }
func (p *page) split(l, r string) { p.lines = append(p.lines, ui.Spread(l, r, p.width)) }
func clean(s string) string       { return ui.Clean(s) }

// wrap writes text behind a lead, its further lines under the first word.
func (p *page) wrap(lead string, style lipgloss.Style, text string) {
	indent := ui.Width(lead)
	for i, l := range ui.Wrap(clean(text), p.width-indent) {
		if i > 0 {
			lead = strings.Repeat(" ", indent)
		}
		p.line(lead + style.Render(l))
	}
}

// list writes texts under a title, each behind a lead; nothing where there are none.
func (p *page) list(title, lead string, style lipgloss.Style, texts []string) {
	if len(texts) > 0 {
		p.title(title)
	}
	for _, t := range texts {
		p.wrap(lead, style, t)
	}
}

// withBar draws something with a bar beside it, so that it stands out.
func (p *page) withBar(bar lipgloss.Style, draw func(*page)) {
	in := page{env: p.env, width: p.width - 2}
	draw(&in)
	for _, l := range in.lines {
		p.line(bar.Render("▌") + " " + l)
	}
}

func bar(st *ui.Styles, part float64, width int) string {
	full := max(min(int(part*float64(width)+0.5), width), 0)
	return st.Accent.Render(strings.Repeat("█", full)) + st.Dim.Render(strings.Repeat("░", width-full))
}

func clock(d time.Duration) string {
	d = d.Round(time.Second)
	if d >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d:%02d", d/time.Minute, d%time.Minute/time.Second)
}
