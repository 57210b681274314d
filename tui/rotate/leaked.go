package rotate

import (
	"slices"

	"detent/apikey"
	"detent/desk"
	"detent/rotation"
)

// Compromised is the setup for a key that somebody else has: there is no planned way for it, wherever the cursor is.
func (s *Setup) Compromised() {
	s.leaked = true
	begin := s.focus == s.rows()-1
	s.modes = slices.DeleteFunc(slices.Clone(s.modes), func(m mode) bool { return m.mode != rotation.Compromised })
	if s.mode = 0; begin { // there are fewer rows above it now
		s.focus = s.rows() - 1
	}
	s.refocus()
}

// ownTerminal is the place that everybody has who comes over SSH.
var ownTerminal = Named{Name: "clipboard", Describe: "your own terminal's clipboard: you put the secret where the application reads it"}

// noneNamed says what is left where the profile names no destination: what can be done from here, and who can change that.
func (s *Setup) noneNamed() []string {
	out := []string{"The profile names no destination on the server. For detent to deliver it there, an administrator runs on the server:",
		clean(desk.DestinationLine(s.place.Profile, s.key.Name))}
	if !s.leaked {
		return out
	}
	k := s.env.Keys
	for _, x := range []struct {
		key, does string
		can       apikey.Ability
	}{{k.Toggle.Help().Key, "switches it off", s.disable}, {k.Delete.Help().Key, "deletes it", s.remove}} {
		switch {
		case x.can.OK:
			out = append(out, "Without a new key: esc, and "+x.key+" on the key "+x.does+"; what uses it fails from then on.")
		case x.can.Why != "":
			out = append(out, "Nobody "+x.does+" from here: "+x.can.Why+".")
		}
	}
	return out
}
