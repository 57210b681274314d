package tui

import "detent/tui/ui"

// Preferences are the user's: of the configuration, and of the session before.
type Preferences struct {
	Look ui.Look
	// Keys are the program's with those that the user gave to actions; nil for its own.
	Keys *ui.Keys
	// Columns and Order are those of the list, as keylist.Columns names them.
	Columns []string
	Order   string
	// Chosen are the things that were chosen last in the palette.
	Chosen []string
}

// prefer gives what is not said its usual value, and the list what the user prefers.
func (a *App) prefer(p Preferences) {
	a.list.Prefer(p.Columns, p.Order)
	a.chosen = p.Chosen
}

// Left is what to begin with next time. The profile is one that was open.
func (a *App) Left() (profile, order string, chosen []string) {
	if a.profile.conn != nil {
		profile = a.profile.want
	}
	return profile, a.list.SortedBy(), a.chosen
}
