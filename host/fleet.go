package host

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"detent/apikey"
	"detent/config"
	"detent/tui/keylist"
	"detent/tui/ui"
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

var _ ui.Fleet = (*Screens)(nil)

// Hear asks profiles, nil for all, as Host.Hear does. A profile whose token command may ask on the terminal cannot be opened under a
// screen: where it is not open, it is one that says why it does not answer.
func (h *Screens) Hear(ctx context.Context, only []string, each func(ui.Heard)) {
	cfg, err := h.Host.Config()
	if err != nil {
		each(ui.Heard{Done: true, Err: err})
		return
	}
	profiles := cfg.Profiles
	h.opening.Lock()
	if only == nil || h.known == nil {
		h.known = newOnce(cfg.Profiles)
	}
	known := h.known
	h.opening.Unlock()
	if only != nil {
		profiles = slices.DeleteFunc(slices.Clone(profiles), func(p config.Profile) bool { return !slices.Contains(only, p.Name) })
	}
	connections := map[string]*ui.Connection{} // by profile; calls of each come one at a time
	hearOnce(ctx, profiles, known, h.openUnderScreen, func(said Heard) {
		name := said.Profile.Name
		if said.Session != nil && connections[name] == nil {
			c := h.connection(said.Session)
			connections[name] = &c
		}
		each(ui.Heard{Profile: name, Connection: connections[name], Keys: said.Keys, Done: said.Done, Err: said.Err})
	})
}

// openUnderScreen opens a profile while others are, where that asks nothing on the terminal.
func (h *Screens) openUnderScreen(ctx context.Context, p config.Profile) (*Session, error) {
	if !h.NeedsTerminal(p.Name) {
		s, err := h.Host.OpenProfile(ctx, p)
		if err == nil {
			h.opening.Lock()
			defer h.opening.Unlock()
			h.keep(s)
		}
		return s, err
	}
	h.opening.Lock()
	defer h.opening.Unlock()
	if s := h.sessions[p.Name]; s != nil {
		return s, nil
	}
	return nil, errNeedsTerminal(p.Name)
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

// once tells the keys that a profile says from those that another has said: both may be of one service and one account.
type once struct {
	mu      sync.Mutex
	several map[string]bool // the profiles whose service another one is of, too
	said    map[string][]saidBy
}

// saidBy is a key and the profile that it came from.
type saidBy struct {
	profile config.Profile
	key     apikey.Key
}

func newOnce(profiles []config.Profile) *once {
	o := &once{several: map[string]bool{}, said: map[string][]saidBy{}}
	for _, p := range profiles {
		o.several[p.Name] = slices.ContainsFunc(profiles, func(other config.Profile) bool { return other.Name != p.Name && oneService(p, other) })
	}
	return o
}

// oneService reports whether two profiles may be of one service: it is at one address, or one of them is the embedded service and the
// other one on this machine, since `detent serve` serves the embedded service's store where nothing else is said.
func oneService(a, b config.Profile) bool {
	if a.Service != b.Service {
		return false
	}
	address := func(p config.Profile) string { return strings.TrimRight(strings.ToLower(p.Address()), "/") }
	return address(a) == address(b) || a.Embedded && onThisMachine(b) || b.Embedded && onThisMachine(a)
}

func onThisMachine(p config.Profile) bool { return !p.Embedded && !p.Setting(false).Remote }

// of leaves out what another profile has said.
func (o *once) of(p config.Profile, keys []apikey.Key) []apikey.Key {
	if !o.several[p.Name] {
		return keys
	}
	return slices.DeleteFunc(slices.Clone(keys), func(k apikey.Key) bool {
		id := p.Service + " " + k.ID
		if slices.ContainsFunc(o.said[id], func(s saidBy) bool {
			return s.profile.Name != p.Name && oneService(s.profile, p) && isOne(s.key, k)
		}) {
			return true
		}
		o.said[id] = append(o.said[id], saidBy{p, apikey.Key{Name: k.Name, Masked: k.Masked, Account: k.Account, Environment: k.Environment, CreatedAt: k.CreatedAt}})
		return false
	})
}

// isOne reports whether two rows of one id are one key. An id may be one within an account alone: what both say must not differ.
func isOne(a, b apikey.Key) bool {
	same := func(a, b string) bool { return a == b || a == "" || b == "" }
	made, known := a.CreatedAt.Time()
	also, too := b.CreatedAt.Time()
	return a.Name == b.Name && same(a.Masked, b.Masked) && same(a.Account, b.Account) && same(string(a.Environment), string(b.Environment)) &&
		(!known || !too || made.Equal(also))
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
	left, found.Unreported = f.Find(a.Keys, found.Findings, keylist.Profile{Name: a.Profile.Name, Setting: a.Session.Setting}, now)
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
