package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/desk"
	"detent/tui/ui"
)

// Remote says what is different where the operator sits at another machine.
type Remote struct {
	On bool
	// Who is the operator with their role, for the header.
	Who string
	// NoWrites says why nothing may be changed, NoProfiles why no profile is added or edited; empty where it may.
	NoWrites, NoProfiles string
	// LockAfter and EndAfter are how long no key is pressed before the screen is covered, and before the program ends.
	LockAfter, EndAfter time.Duration
	// Refused is told which order was asked for, on which profile, and was refused because of the role. It is called in a command; nil
	// for nobody.
	Refused func(profile string, o desk.Order)
}

// refused tells of a refusal.
func (r Remote) refused(profile string, o desk.Order, why string) tea.Cmd {
	if r.Refused == nil || !desk.OfRole(why) {
		return nil
	}
	return func() tea.Msg { r.Refused(profile, o); return nil }
}

// News is what happens outside of the screens while they are open: the configuration is changed, say.
type News struct {
	// Next waits for a line to show, and returns false when there will be none any more. It is called in a command; nil for no news.
	Next func() (string, bool)
	// Look looks whether there is any, where nobody does by themselves. It is called in a command, when somebody comes back to the
	// terminal and once a minute; nil for never.
	Look func()
}

type newsMsg struct{ text string }

// listen waits for the next line.
func (n News) listen() tea.Cmd {
	if n.Next == nil {
		return nil
	}
	return func() tea.Msg {
		if text, ok := n.Next(); ok {
			return newsMsg{text}
		}
		return nil
	}
}

// look looks whether there is one.
func (n News) look() tea.Cmd {
	if n.Look == nil {
		return nil
	}
	return func() tea.Msg { n.Look(); return nil }
}

// lock covers the screen of somebody who has gone away, and ends the program later. It tells whoever is there of what happens elsewhere.
type lock struct {
	Remote
	News
	last  time.Time // of the last key
	on    bool
	ended string // why the program ended by itself
}

type lockMsg struct{}

// begin starts the clock.
func (l *lock) begin(a *App) tea.Cmd {
	if !l.On {
		return nil
	}
	return a.env.Later(l.LockAfter, lockMsg{})
}

// locking takes what the lock is about; done says that nobody else gets the message.
func (a *App) locking(msg tea.Msg) (cmd tea.Cmd, done bool) {
	l := &a.lock
	switch msg := msg.(type) {
	case newsMsg:
		return tea.Batch(a.say(msg.text, false), l.listen()), true
	case tea.FocusMsg:
		return l.look(), true
	case tea.KeyMsg:
		l.last = a.env.Now()
		if l.on {
			l.on = false
			return nil, true
		}
	case lockMsg:
		idle := a.env.Now().Sub(l.last)
		switch {
		case idle >= l.EndAfter:
			l.ended = "nobody pressed a key for " + ui.Span(l.EndAfter) + ": the session has ended; an open rotation is kept"
			return a.quit(), true
		case idle < l.LockAfter:
			return a.env.Later(l.LockAfter-idle, lockMsg{}), true
		}
		l.on = true
		return tea.Batch(a.tellAll(tea.BlurMsg{}), a.env.Later(l.EndAfter-idle, lockMsg{})), true
	}
	return nil, false
}

// Ended says why the program ended by itself; empty where somebody ended it.
func (a *App) Ended() string { return a.lock.ended }
