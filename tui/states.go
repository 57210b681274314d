package tui

import (
	"slices"
	"strings"

	"detent/client"
	"detent/tui/dialog"
	"detent/tui/ui"
)

// placeholder is what stands where there are no keys: opening, loading, empty, failed.
func (a *App) placeholder() string {
	s := a.env.Styles
	switch {
	case a.list.Shown() > 0:
		return "" // nobody sees it
	case a.fleet != nil:
		return a.fleet.placeholder(a)
	case a.begin.stage != nil && a.profile.gen == 0:
		return s.Dim.Render("setting up …")
	case a.profile.err != nil:
		return a.explain("The profile "+ui.Clean(a.profile.want)+" could not be opened", a.profile.err)
	case a.load.err != nil:
		return a.explain("The keys could not be listed", a.load.err)
	case a.profile.conn == nil:
		return s.Dim.Render("opening " + ui.Clean(a.profile.want) + " …")
	case a.load.running || !a.load.loaded:
		return s.Dim.Render("loading …")
	}
	return a.empty()
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

// empty explains a service without keys, and how to begin: with a key, with a service, or by looking on.
func (a *App) empty() string {
	s, c := a.env.Styles, a.profile.caps
	k := a.env.Keys
	title := s.Strong.Render("No keys yet.")
	if _, no := a.noWrites(); no {
		why := "This profile is read-only"
		if a.env.NoWrites != "" {
			why = "You may look, not change"
		}
		return title + "\n" + s.Dim.Render(why+": keys that others make show here.") +
			"\n" + a.keyed(k.Profiles.Help().Key, "chooses another profile")
	}
	if !c.Create.OK {
		return title + "\n" + s.Dim.Render(ui.Clean(c.Create.Why)) + "\n" + a.keyed(k.Profiles.Help().Key, "chooses another profile")
	}
	where := "detent shows the keys of a service, makes narrow ones, and replaces them safely."
	if a.profile.conn.Profile.Embedded {
		where = "This is detent's own key service, on this machine: try everything here."
		if a.env.Remote {
			where = "This is detent's own key service, on the server: try everything here."
		}
	}
	demo := ""
	if !a.env.Remote { // another program on the server is of no use to who sits here
		demo = "\n" + a.keyed("detent --demo", "shows it at work, with keys of its own")
	}
	width := max(min(a.shared.list-4, 76), 20)
	return title + "\n" + strings.Join(ui.Styled(s.Dim.Render, where, width), "\n") + "\n" +
		a.keyed(k.New.Help().Key, "makes the first one") + s.Dim.Render("   ") +
		a.keyed(k.Profiles.Help().Key, "adds your real service") + s.Dim.Render("   ") + a.keyed(k.Help.Help().Key, "help") + demo
}

func (a *App) keyed(k, does string) string {
	return a.env.Styles.Key.Render(k) + " " + a.env.Styles.Dim.Render(does)
}

// explain is an error in place of the list: what happened, what is certain, what to do.
func (a *App) explain(title string, err error) string {
	s := a.env.Styles
	width := max(min(a.shared.list-4, 70), 20)
	lines := []string{s.Bad.Render("✗") + " " + s.Strong.Render(title)}
	for _, part := range slices.Concat(dialog.Explain(err), a.whereFrom(err)) {
		lines = append(lines, "", s.Column.Render(part.Label))
		lines = append(lines, ui.Wrap(part.Text, width)...)
	}
	lines = append(lines, "", a.keyed(a.env.Keys.Reload.Help().Key, "tries again")+s.Dim.Render("   ")+
		a.keyed(a.env.Keys.Profiles.Help().Key, "chooses another profile"))
	return strings.Join(lines, "\n")
}

// banner says above the last good list why it is not the newest.
func (a *App) banner() string {
	if a.load.err == nil || a.list.Len() == 0 {
		return ""
	}
	s := a.env.Styles
	why := a.load.err.Error()
	if parts := dialog.Explain(a.load.err); len(parts) > 0 {
		why = parts[0].Text
	}
	from := ""
	for _, part := range a.whereFrom(a.load.err) {
		from = " · the token is " + part.Text
	}
	state := "this is the last list"
	if !a.load.loaded {
		state = "this list is not complete"
	}
	return " " + s.Bad.Render("✗ "+a.errorWord()) + s.Dim.Render(": "+state+" · ") + a.keyed(a.env.Keys.Reload.Help().Key, "tries again") + s.Dim.Render(from+" · "+ui.Clean(why))
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
