package tui

import (
	"iter"
	"math"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/keylist"
	"detent/tui/ui"
)

// counts are what the header says.
type counts struct {
	of       [8]int // keys, by the place of their state in ui.Urgent
	rotating int
	ends     keylist.Expiries
	open     []rotation.View
	until    time.Time // past it, some key is to be said to be old, near its end, over or unused; zero where none will be
}

// examined are the findings of a load, as marks by key, and which examination found them.
type examined struct {
	gen    int
	nr     int
	marks  []ui.Marks
	counts counts
}

// examine finds what is to be said about the keys, once a load, in a command.
func (a *App) examine() tea.Cmd {
	if a.fleet != nil {
		return a.fleet.examine(a, nil)
	}
	if a.profile.conn == nil {
		return nil
	}
	a.load.asked++
	keys, p, gen, nr, now := a.list.Keys(), a.profile, a.load.gen, a.load.asked, a.env.Now()
	return func() tea.Msg {
		out := p.examine(keys.Len(), keys.All(), now)
		out.gen, out.nr = gen, nr
		return out
	}
}

// examine finds what is to be said about n keys of the profile. It runs in a command.
func (p *profile) examine(n int, keys iter.Seq2[int, *apikey.Key], now time.Time) examined {
	out := examined{marks: make([]ui.Marks, n)}
	open := openRotations(p.conn)
	out.counts.until = apikey.ExamineKinds(n, keys, p.caps, p.conn.Policy, rotation.Concerns(open, p.conn.Profile.Name), now, func(at int, kind apikey.FindingKind) {
		out.marks[at] |= ui.MarkOf(kind)
		if i := slices.IndexFunc(ui.Urgent, func(u ui.Urgency) bool { return u.Kind == kind }); i >= 0 {
			out.counts.of[i]++
		}
	})
	replacements := make(map[string]bool, len(open))
	for _, v := range open {
		replacements[v.NewID()] = true
	}
	if len(open) > 0 {
		for i, k := range keys {
			if replacements[k.ID] {
				out.marks[i] |= ui.MarkReplacement
			}
		}
	}
	for _, k := range keys {
		days := 0
		if at, ok := k.ExpiresAt.Time(); ok {
			days = int(math.Floor(at.Sub(now).Hours() / 24))
		}
		out.counts.ends.Count(k.ExpiresAt, days)
	}
	out.counts.rotating, out.counts.open = len(open), open
	return out
}

func openRotations(c *ui.Connection) []rotation.View {
	if c.Rotations == nil {
		return nil
	}
	return c.Rotations()
}

func (a *App) examineDone(of tea.Msg) tea.Cmd {
	if a.shown != nil {
		a.shown()
	}
	msg, one := of.(examined)
	if !one {
		return a.fleetExamined(of.(fleetExamined))
	}
	if msg.gen != a.load.gen || msg.nr != a.load.asked {
		return nil
	}
	a.load.counts, a.spoken.examined = msg.counts, msg.gen
	a.list.SetOverview(a.chips())
	return tea.Batch(a.list.SetMarks(msg.marks), a.recall(), a.ahead())
}

// boundMsg has the keys examined anew, where no list that comes does that anyway.
type boundMsg struct{}

// ahead keeps an examination on its way where what is found of the keys changes within a minute; what is further away is left to the
// minute after it. A second at least lies between two.
func (a *App) ahead() tea.Cmd {
	until, now := a.counts().until, a.env.Now()
	if a.bound || until.IsZero() || until.Sub(now) > time.Minute {
		return nil
	}
	a.bound = true
	return a.env.Later(max(until.Sub(now)+1, time.Second), boundMsg{})
}

func (a *App) bounded() tea.Cmd {
	a.bound = false
	if a.load.running || a.fleet != nil && a.fleet.asks() {
		return nil
	}
	return a.examine()
}

// fleetExamined are the findings of the profiles that were looked at.
type fleetExamined struct {
	fleet *fleet
	of    map[int]examined // by the place of the profile
}

// examine finds what is to be said about the keys of the profiles that have answered, by their places; nil for all of them.
func (f *fleet) examine(a *App, places map[int]bool) tea.Cmd {
	keys, now, of, nr := a.list.Keys(), a.env.Now(), map[int]profile{}, map[int]int{}
	for at, m := range f.members {
		if _, meant := places[at]; m.conn != nil && (meant || places == nil) {
			m.asked++
			of[at], nr[at] = m.profile, m.asked
		}
	}
	if len(of) == 0 {
		return nil
	}
	return func() tea.Msg {
		out := fleetExamined{f, map[int]examined{}}
		for at, p := range of {
			n, seq := keys.Of(at)
			found := p.examine(n, seq, now)
			found.nr = nr[at]
			out.of[at] = found
		}
		return out
	}
}

func (a *App) fleetExamined(msg fleetExamined) tea.Cmd {
	if msg.fleet != a.fleet {
		return nil
	}
	a.spoken.examined = a.load.gen
	var cmds []tea.Cmd
	for at, found := range msg.of {
		if found.nr != a.fleet.members[at].asked {
			continue
		}
		a.fleet.members[at].counts, a.fleet.members[at].found = found.counts, found.nr
		cmds = append(cmds, a.list.SetMarksOf(at, found.marks))
	}
	a.list.SetOverview(a.chips())
	return tea.Batch(append(cmds, a.recall(), a.ahead())...)
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
		if until := m.counts.until; sum.until.IsZero() || !until.IsZero() && until.Before(sum.until) {
			sum.until = until
		}
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

// openViews are the open rotations, as they were when the keys were examined, by the place of their profile.
func (a *App) openViews() map[int][]rotation.View {
	if a.fleet == nil {
		return map[int][]rotation.View{0: a.load.counts.open}
	}
	out := map[int][]rotation.View{}
	for i, m := range a.fleet.members {
		out[i] = m.counts.open
	}
	return out
}
