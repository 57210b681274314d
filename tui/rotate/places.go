package rotate

import (
	"context"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/desk"
)

// Places is a Host that can look at a place, and keep one for the next time. Its methods are called in commands, but for CanRemember.
type Places interface {
	// Look says what a place holds now, in words. Nothing is changed, and nothing is run.
	Look(ctx context.Context, profile string, k apikey.Key, spec string) (string, error)
	// CanRemember says whether places of a profile can be kept: it is in a file that may be written.
	CanRemember(profile string) bool
	// Remember keeps a place under a name, for keys of this one's name.
	Remember(ctx context.Context, profile string, k apikey.Key, spec string) (name string, err error)
}

// lookedMsg is what a place was found to hold.
type lookedMsg struct {
	setup *Setup
	spec  string
	words string
	err   error
}

// rememberedMsg ends what begins a rotation whose place is to be kept.
type rememberedMsg struct {
	setup *Setup
	name  string
	plan  Plan
	err   error
}

// look asks what a place holds, once.
func (s *Setup) look(spec string) tea.Cmd {
	places, ok := s.host.(Places)
	if _, asked := s.holds[spec]; !ok || asked || spec == "" {
		return nil
	}
	s.holds[spec] = lookedMsg{spec: spec}
	profile, k := s.place.Profile, s.key
	return func() tea.Msg {
		words, err := places.Look(context.Background(), profile, k, spec)
		return lookedMsg{s, spec, words, err}
	}
}

// lookAll asks what the named places hold.
func (s *Setup) lookAll() tea.Cmd {
	var cmds []tea.Cmd
	for _, n := range s.named {
		cmds = append(cmds, s.look(n.Name))
	}
	return tea.Batch(cmds...)
}

// typedPlace is the place that was typed, as a destination.
func (s *Setup) typedPlace() string {
	if spec := strings.TrimSpace(s.other.Value()); spec != "" {
		return destination(spec)
	}
	return ""
}

// wholePlace is the typed place where it is one already, and nothing that is only begun.
func (s *Setup) wholePlace() string {
	spec := s.typedPlace()
	if strings.HasSuffix(spec, ":") || strings.HasSuffix(spec, "/") || !strings.HasPrefix(spec, "env-file:") && !strings.HasPrefix(spec, "file:") {
		return ""
	}
	return spec
}

// keeps reports whether a typed place can be kept for the next time.
func (s *Setup) keeps() bool {
	places, ok := s.host.(Places)
	return ok && !s.env.Remote && places.CanRemember(s.place.Profile)
}

// viewHolds is what a place holds, under its row.
func (s *Setup) viewHolds(p *page, spec string) {
	st := p.style()
	switch seen := s.holds[spec]; {
	case seen.err != nil:
		p.wrap("      ", st.Warn, "! "+clean(seen.err.Error()))
	case seen.words != "":
		p.wrap("      ", st.Dim, clean(told(spec, seen.words)))
	}
}

// told is what a place holds as a sentence about the variable, where that was typed.
func told(spec, words string) string {
	if i := strings.LastIndexByte(spec, ':'); strings.HasPrefix(words, "holds ") && strings.HasPrefix(spec, "env-file:") && i > len("env-file:") {
		return spec[i+1:] + " " + words
	}
	return words
}

func baseName(name string) string {
	base, _ := apikey.SplitName(name)
	return base
}

// destination takes PATH:VARIABLE for a .env file, the usual case; everything else is as docs/REFERENCE.md writes it.
func destination(text string) string {
	for _, scheme := range []string{"env-file:", "file:", "command:"} {
		if strings.HasPrefix(text, scheme) {
			return text
		}
	}
	if first, _, variable := strings.Cut(text, ":"); variable && strings.ContainsAny(first, "/~.") {
		return "env-file:" + text
	}
	return text
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
