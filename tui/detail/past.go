package detail

import (
	"strings"

	"detent/tui/ui"
)

// past are the last things that were done with the key from here.
func (p *sheet) past(acts []ui.Act) {
	if len(acts) == 0 {
		return
	}
	st := p.env.Styles
	p.heading("HISTORY (" + p.env.Keys.History.Help().Key + ": all of it)")
	for _, a := range acts {
		style := st.Base
		if !a.Good {
			style = st.Warn
		}
		when := ui.Pad(ago(a.At, p.env.Now()), p.label)
		p.add(st.Dim.Render(when) + style.Render(ui.Clean(a.Action)+": "+ui.Clean(a.Outcome)) + st.Dim.Render(strings.TrimRight("  "+ui.Clean(a.Who), " ")))
	}
}
