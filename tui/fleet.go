package tui

import (
	"fmt"
	"slices"

	"detent/apikey"
	"detent/tui/keylist"
	"detent/tui/ui"
)

// fleet is all profiles in one list. Nil is the list of one profile.
type fleet struct {
	members []*member
	setting apikey.Setting       // of a demo, which has no others; else empty
	owners  map[ui.Screen]string // whose a screen is, by profile; the frame tells it
	making  string               // whose the screen is that is opened next
	chosen  *profile             // whose screens are made, where that is not the one of the row under the cursor
}

// member is a profile among all.
type member struct {
	profile
	hearing  *hearing // the question under way; answers to others are stale
	answered bool     // it said all its keys, or why not
	known
}

// stop asks no profile any more. What they have said stays.
func (f *fleet) stop() {
	if f == nil {
		return
	}
	for _, m := range f.members {
		m.stop()
	}
}

func (m *member) stop() {
	if m.hearing != nil {
		m.hearing.cancel()
		m.hearing = nil
	}
}

// examines reports whether what is to be said about the keys that some profile said last is not there yet.
func (f *fleet) examines() bool {
	return slices.ContainsFunc(f.members, func(m *member) bool { return m.found < m.came })
}

// asks reports whether some profile has not said all.
func (f *fleet) asks() bool {
	return slices.ContainsFunc(f.members, func(m *member) bool { return m.hearing != nil })
}

// forList are the profiles as the list knows them.
func (f *fleet) forList() []keylist.Profile {
	out := make([]keylist.Profile, len(f.members))
	for i, m := range f.members {
		out[i] = m.listed()
	}
	return out
}

// place is where a profile stands among all; -1 where it does not, or none is named.
func (f *fleet) place(name string) int {
	if f == nil {
		return -1
	}
	return slices.IndexFunc(f.members, func(m *member) bool { return m.want == name })
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

// owns takes note of whose a screen is that is about to be opened.
func (f *fleet) owns(s ui.Screen) {
	if f != nil && f.making != "" {
		f.owners[s], f.making = f.making, ""
	}
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
