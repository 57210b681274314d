package ui

import (
	"slices"
	"time"

	"github.com/charmbracelet/lipgloss"

	"detent/apikey"
)

// Tone is how a piece of text is meant; Styles says how that looks.
type Tone int

// The tones. No meaning is carried by a tone alone: a glyph or a word says the same.
const (
	Plain Tone = iota
	Faint
	Good
	Warn
	Bad
	Accent
)

// Tone is the style of a tone.
func (s *Styles) Tone(t Tone) lipgloss.Style {
	switch t {
	case Faint:
		return s.Dim
	case Good:
		return s.Good
	case Warn:
		return s.Warn
	case Bad:
		return s.Bad
	case Accent:
		return s.Accent
	}
	return s.Base
}

// State is the condition of a key as a glyph, a word and a tone.
type State struct {
	Glyph, Word string
	Tone        Tone
}

// String is "glyph word".
func (s State) String() string {
	if s.Word == "" {
		return ""
	}
	return s.Glyph + " " + s.Word
}

// Marks is the set of findings of one key; it takes two bytes, for lists of 100,000 keys.
type Marks uint16

// MarkReplacement marks the new key of an open rotation; its old one has the finding alone.
const MarkReplacement Marks = 1 << 15

// marked are the findings that a mark stands for, in the order of their table; the place is the bit. urgent are those that STATUS
// shows, the first one first.
var marked, urgent = func() (marked []apikey.FindingKind, urgent []apikey.FindingInfo) {
	for f := range apikey.Findings() {
		if f.OfService {
			continue
		}
		marked = append(marked, f.Kind)
		if f.Status != "" {
			urgent = append(urgent, f)
		}
	}
	slices.SortFunc(urgent, func(a, b apikey.FindingInfo) int { return a.Urgency - b.Urgency })
	return marked, urgent
}()

// Urgency is a state that wants something done.
type Urgency struct {
	Kind apikey.FindingKind
	Word string
	Tone Tone
}

// State is how it is shown.
func (u Urgency) State() State {
	switch {
	case u.Tone == Bad:
		return State{"✗", u.Word, u.Tone}
	case u.Kind == apikey.FindingUnused:
		return State{"○", u.Word, u.Tone}
	}
	return State{"!", u.Word, u.Tone}
}

// Urgent are the states that want something done, the most urgent first: what has happened, then what the table of findings has.
var Urgent = func() []Urgency {
	out := []Urgency{{apikey.FindingExpired, "expired", Bad}}
	for _, f := range urgent {
		out = append(out, Urgency{f.Kind, f.Status, Warn})
	}
	return out
}()

// MarkOf is the mark of a finding; 0 for a finding that is about no key.
func MarkOf(kind apikey.FindingKind) Marks {
	if bit := slices.Index(marked, kind); bit >= 0 {
		return 1 << bit
	}
	return 0
}

// Warnings are the marks of the findings that are warnings.
var Warnings = func() (all Marks) {
	for f := range apikey.Findings() {
		if f.Warning {
			all |= MarkOf(f.Kind)
		}
	}
	return all
}()

// Has reports whether the key has the finding.
func (m Marks) Has(kind apikey.FindingKind) bool { return m&MarkOf(kind) != 0 }

// StateOf is the one state of a key that matters most now. A key about which the
// service says nothing special has an empty State: nothing is made up.
func StateOf(k *apikey.Key, marks Marks, now time.Time) State {
	switch at, ok := k.ExpiresAt.Time(); {
	case ok && !at.After(now):
		return State{"✗", "expired", Bad}
	case k.IsDisabled() && (marks&MarkReplacement != 0 || marks.Has(apikey.FindingRotationOpen)):
		return State{"↻", "disabled", Accent}
	case k.IsDisabled():
		return State{"○", "disabled", Faint}
	case marks&MarkReplacement != 0:
		return State{"↻", "new", Accent}
	case marks.Has(apikey.FindingRotationOpen):
		return State{"↻", "retiring", Accent}
	}
	for i := range urgent {
		if marks.Has(urgent[i].Kind) {
			return State{"!", urgent[i].Status, Warn}
		}
	}
	if k.Enabled != nil {
		return State{"●", "enabled", Good}
	}
	return State{}
}

// Needs is how many places Need has.
func Needs() int { return len(urgent) + 4 }

// NeedOf is the place of the keys with a finding that STATUS shows.
func NeedOf(kind apikey.FindingKind) int {
	return 2 + slices.IndexFunc(urgent, func(f apikey.FindingInfo) bool { return f.Kind == kind })
}

// Need is the place of a key among those that want something done, 0 the first: expired, in a rotation, the states of the table of
// findings, then those of which nothing is to be said, and those that are off.
func Need(ends apikey.Moment, off bool, marks Marks, now time.Time) int {
	at, ok := ends.Time()
	rotating := marks&MarkReplacement != 0 || marks.Has(apikey.FindingRotationOpen)
	switch {
	case ok && !at.After(now):
		return 0
	case rotating:
		return 1
	case off:
		return len(urgent) + 3
	}
	for i := range urgent {
		if marks.Has(urgent[i].Kind) {
			return i + 2
		}
	}
	return len(urgent) + 2
}

// EnvironmentState is an environment with its glyph: live and test never look alike.
func EnvironmentState(e apikey.Environment) State {
	switch e {
	case "":
		return State{}
	case apikey.Live:
		return State{"▲", "LIVE", Bad}
	}
	return State{"△", string(e), Faint}
}

// BadgeState is what a profile says of its environment, with its glyph.
func BadgeState(s apikey.Setting) State {
	switch word := s.Badge(); {
	case word == "":
		return State{}
	case s.LooksLive():
		return State{"▲", word, Bad}
	case word == apikey.WordUnreported:
		return State{"△", word, Warn}
	default:
		return State{"△", word, Faint}
	}
}

// OwnMark marks the credential that detent itself uses.
const OwnMark = "◆ own"
