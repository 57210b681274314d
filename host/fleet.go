package host

import (
	"context"
	"strings"
	"sync"
	"time"

	"detent/apikey"
	"detent/config"
	"detent/tui/keylist"
)

// Heard is a part of what profiles say when they are asked together.
type Heard struct {
	Profile config.Profile
	// Session is the profile, open; nil where it could not be opened.
	Session *Session
	Keys    []apikey.Key
	// Done says that nothing more comes of this profile; with Err, that what came is not all.
	Done bool
	Err  error
}

// Hear asks profiles for their keys, side by side, and hands over what each says as it comes, one call at a time. It returns when all
// have said it, or why not: one that is slow or dead holds up itself alone. A key that two profiles reach is handed over once, with the
// profile that had it first.
func (h *Host) Hear(ctx context.Context, profiles []config.Profile, each func(Heard)) {
	hearOnce(ctx, profiles, newOnce(profiles), h.openBeside, each)
}

// aMoment is many times what a key service on this machine needs for its list; one that hangs holds the embedded one up no longer.
const aMoment = 250 * time.Millisecond

// opening opens a profile.
type opening func(ctx context.Context, p config.Profile) (*Session, error)

func hearOnce(ctx context.Context, profiles []config.Profile, known *once, open opening, each func(Heard)) {
	var handing sync.Mutex
	hear(ctx, profiles, open, func(i int, said Heard) {
		handing.Lock()
		defer handing.Unlock()
		known.mu.Lock()
		said.Keys = known.of(profiles[i], said.Keys)
		known.mu.Unlock()
		if len(said.Keys) > 0 || said.Done {
			each(said)
		}
	})
}

// hear is Hear with every key, and calls from several goroutines. The embedded service waits a moment for the profiles that may be of it:
// the key of a profile that somebody made is that profile's.
func hear(ctx context.Context, profiles []config.Profile, open opening, each func(i int, said Heard)) {
	var all sync.WaitGroup
	done := make([]chan struct{}, len(profiles))
	for i := range profiles {
		done[i] = make(chan struct{})
	}
	for i, p := range profiles {
		all.Go(func() {
			defer close(done[i])
			if p.Embedded {
				moment := time.NewTimer(aMoment)
				defer moment.Stop()
				for j, other := range profiles {
					if !other.Embedded && oneService(p, other) {
						select {
						case <-done[j]:
						case <-moment.C: // a fired timer is not asked again: each of the others gets no more
							moment.Reset(0)
						case <-ctx.Done():
						}
					}
				}
			}
			s, err := open(ctx, p)
			if err == nil {
				err = s.Service.List(ctx, func(batch []apikey.Key) { each(i, Heard{Profile: p, Session: s, Keys: batch}) })
			}
			each(i, Heard{Profile: p, Session: s, Done: true, Err: err})
		})
	}
	all.Wait()
}

// openBeside opens a profile while others are. Two commands for tokens do not ask on one terminal at once.
func (h *Host) openBeside(ctx context.Context, p config.Profile) (*Session, error) {
	tokens, err := h.tokens()
	if err != nil {
		return nil, err
	}
	if h.o.Terminal != nil && !p.Embedded && tokens.NeedsTerminal(p) {
		h.resources.asking.Lock()
		defer h.resources.asking.Unlock()
	}
	return h.OpenProfile(ctx, p)
}

// Answer is what a profile said in the end: all its keys, or why not.
type Answer struct {
	Profile config.Profile
	Session *Session
	Keys    []apikey.Key // nil with Err
	Err     error
}

// Ask is Hear for whoever shows nothing before all is there. The answers are in the order of the profiles, and a key that two of them
// reach is in the first one's.
func (h *Host) Ask(ctx context.Context, profiles []config.Profile) []Answer {
	answers := make([]Answer, len(profiles))
	hear(ctx, profiles, h.openBeside, func(i int, said Heard) { // of one profile from one goroutine
		a := &answers[i]
		a.Profile, a.Session, a.Err = said.Profile, said.Session, said.Err
		if a.Keys = append(a.Keys, said.Keys...); a.Err != nil {
			a.Keys = nil
		}
	})
	known := newOnce(profiles)
	for _, embedded := range []bool{false, true} {
		for i, a := range answers {
			if a.Profile.Embedded == embedded {
				answers[i].Keys = known.of(a.Profile, a.Keys)
			}
		}
	}
	return answers
}

// Found is what a filter leaves of an answer.
type Found struct {
	Keys     []apikey.Key
	Findings []apikey.Finding // about all keys of the answer, so that a name that two have is known
	// Unreported are the fields that the filter asks for and no key reports.
	Unreported []string
}

// Find looks for the keys that a filter means. rotating are those that open rotations of the profile concern.
func (a Answer) Find(f keylist.Filter, rotating map[string]bool, now time.Time) Found {
	if len(a.Keys) == 0 { // that no key reports a field says nothing where there is none
		return Found{}
	}
	found := Found{Findings: a.Session.Examine(a.Keys, rotating, now)}
	if f.Empty() {
		found.Keys = a.Keys
		return found
	}
	var left []int
	left, found.Unreported = f.Find(a.Keys, found.Findings, keylist.Profile{Name: a.Profile.Name, Setting: a.Session.Setting, Properties: a.Session.Caps.Properties}, now)
	for _, i := range left {
		found.Keys = append(found.Keys, a.Keys[i])
	}
	return found
}

// Doubt says what is not known of a filter's answer, in words; empty where all is.
func (f Found) Doubt() string {
	switch fields := strings.Join(f.Unreported, ", "); {
	case fields == "":
		return ""
	case len(f.Keys) == 0:
		return "no key reports " + fields + ": which keys the filter means is not known"
	default:
		return "no key reports " + fields + ": the filter left none out by it"
	}
}
