package host

import (
	"slices"
	"strings"
	"sync"

	"detent/apikey"
	"detent/config"
)

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
