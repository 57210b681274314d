package tui

import (
	"slices"

	"detent/client"
	"detent/tui/keylist"
	"detent/tui/ui"
)

// progress is what the header says while profiles are asked.
func (f *fleet) progress(s *ui.Styles) []string {
	if slices.ContainsFunc(f.members, func(m *member) bool { return m.hearing != nil && m.answered }) {
		return []string{s.Dim.Render("reloading …")}
	}
	return nil
}

// counts are those of the list.
func (a *App) counts() counts {
	if a.fleet == nil {
		return a.load.counts
	}
	var sum counts
	for _, m := range a.fleet.members {
		sum.rotating += m.counts.rotating
		sum.open = append(sum.open, m.counts.open...)
		sum.ends.Add(m.counts.ends)
		for i, n := range m.counts.of {
			sum.of[i] += n
		}
	}
	return sum
}

// chips are the counts as the list shows them, the most urgent first.
func (a *App) chips() ([]keylist.Chip, keylist.Expiries) {
	c := a.counts()
	var out []keylist.Chip
	for i, u := range ui.Urgent {
		if n := c.of[i]; n > 0 {
			out = append(out, keylist.Chip{State: u.State(), Count: n, Word: "status:" + u.Word})
		}
	}
	if c.rotating > 0 {
		out = append(out, keylist.Chip{State: ui.State{Glyph: "↻", Word: "rotating", Tone: ui.Accent}, Count: c.rotating, Word: "status:rotating"})
	}
	return out, c.ends
}

// placeholder is what stands where there are no keys of any profile.
func (f *fleet) placeholder(a *App) string {
	s := a.env.Styles
	if f.asks() {
		return s.Dim.Render("asking " + ui.Count(len(f.members), "profile") + " …")
	}
	return s.Strong.Render("No keys in any profile.") + "\n" + a.keyed(a.env.Keys.New.Help().Key, "makes one") + s.Dim.Render("   ") +
		a.keyed(a.env.Keys.Profiles.Help().Key, "adds a service")
}

// problems are a line for each profile that did not answer: why, and what mends it.
func (f *fleet) problems(a *App) []string {
	s := a.env.Styles
	var out []string
	for _, m := range f.failed() {
		e := a.env.Keys.Edit.Help().Key
		mends := e + " mends it"
		switch {
		case a.host.NeedsTerminal(m.want):
			mends = e + " opens it"
		case a.lock.NoProfiles != "":
			mends = a.env.Keys.Reload.Help().Key + " asks again"
		case m.conn != nil && m.conn.Profile.Embedded, client.IsKind(m.err, client.Unreachable), client.IsKind(m.err, client.Timeout):
			mends = e + " asks again"
		}
		line, tail := ui.Clean(m.want)+": "+a.shortly(m.err), " · "+mends
		room := a.shared.list - 5 - ui.Width(tail)
		out = append(out, s.Bad.Render("✗ "+ui.Truncate(line, room))+s.Dim.Render(tail))
	}
	return out
}
