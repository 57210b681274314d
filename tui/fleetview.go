package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"detent/client"
	"detent/tui/keylist"
	"detent/tui/ui"
)

// owns takes note of whose a screen is that is about to be opened.
func (f *fleet) owns(s ui.Screen) {
	if f != nil && f.making != "" {
		f.owners[s], f.making = f.making, ""
	}
}

// owner is the profile that the topmost screen is of which is of one; empty where the frame speaks of the list.
func (a *App) owner() string {
	if a.fleet != nil {
		for i := len(a.overlays) - 1; i >= 0; i-- {
			if name := a.fleet.owners[a.overlays[i]]; name != "" {
				return name
			}
		}
	}
	return ""
}

// connectionOf is that of a screen's profile.
func (a *App) connectionOf(s ui.Screen) *ui.Connection {
	if a.fleet == nil {
		return a.profile.conn
	}
	return a.named(a.fleet.owners[s]).conn
}

// framed is the profile that the frame speaks of; of all of them, none.
func (a *App) framed() *profile {
	switch name := a.owner(); {
	case a.fleet == nil:
		return &a.profile
	case name != "":
		return a.named(name)
	}
	return &profile{}
}

// allProfiles is how the list of all of them is called.
const allProfiles = "all profiles"

// listed is what the frame says of the list: in the service's place, how many have answered.
func (f *fleet) listed() ui.Place {
	answered := 0
	for _, m := range f.members {
		if m.answered && m.err == nil {
			answered++
		}
	}
	return ui.Place{Profile: allProfiles, Service: fmt.Sprintf("%d of %d answered", answered, len(f.members)), Setting: f.setting}
}

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

// failed are the profiles that did not answer.
func (f *fleet) failed() (out []*member) {
	if f == nil {
		return nil
	}
	for _, m := range f.members {
		if m.err != nil {
			out = append(out, m)
		}
	}
	return out
}

// onProblem is the profile on whose line the cursor stands; nil for none.
func (f *fleet) onProblem(a *App) *member {
	failed := f.failed()
	if at := a.list.Problem(); at >= 0 && at < len(failed) && a.focus == onList {
		return failed[at]
	}
	return nil
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

// shortly is a failure in a few words.
func (a *App) shortly(err error) string {
	var e *client.Error
	if errors.As(err, &e) {
		switch {
		case client.IsKind(err, client.Unauthorized):
			return fmt.Sprintf("refused the token (%d)", e.Status)
		case e.Status != 0:
			return fmt.Sprintf("answered %d %s", e.Status, ui.Clean(string(e.Kind)))
		case client.IsKind(err, client.Timeout):
			return "did not answer in time"
		case client.IsKind(err, client.Unreachable):
			return "not reachable: " + ui.Clean(e.Message)
		}
	}
	return ui.Clean(strings.SplitN(err.Error(), "\n", 2)[0])
}
