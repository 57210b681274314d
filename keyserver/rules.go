package keyserver

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"detent/apikey"
	"detent/keyserver/contract"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// The permissions that this service enforces a call by.
const (
	permListKeys  = "ApiKeys.getApiKeys"
	permCreateKey = "ApiKeys.createApiKey"
	permDeleteKey = "ApiKeys.deleteApiKey"
	permRules     = "AccessRules.getRules"
	permSites     = "Sites.getSites"
	permUsers     = "Users.getUsers"
)

// allPermissions grants the whole catalogue.
var allPermissions = sync.OnceValue(func() string {
	var all []apikey.Permission
	for _, f := range contract.Features {
		for _, p := range f.Permissions {
			all = append(all, apikey.Permission{Feature: f.Name, Name: p})
		}
	}
	return contract.GrantsJSON(all)
})

// A role's rank orders what its key may do; grant is the rank that it takes to give the role
// to a key or to change a key that has it.
type role struct {
	rank  rank
	grant rank
}

type rank int

// The document's five roles, and owner above them.
const (
	nobody rank = iota
	reader
	executor
	application
	developer
	admin
	owner
)

var rankNames = map[rank]string{reader: "reader", executor: "executor", application: "application", developer: "developer", admin: "admin", owner: "owner"}

// roles are the document's five, which are ranked, and those of today's client, which are not:
// they get the least and take an administrator to grant.
var roles = map[string]role{
	"reader":      {reader, reader},
	"executor":    {executor, executor},
	"application": {application, application},
	"developer":   {developer, developer},
	"admin":       {admin, admin},
	"owner":       {owner, owner},

	"manager":            {reader, admin},
	"automation":         {reader, admin},
	"content_processor":  {reader, admin},
	"consumer":           {reader, admin},
	"auditor":            {reader, admin},
	"support":            {reader, admin},
	"billing":            {reader, admin},
	"member":             {reader, admin},
	"app_member":         {reader, admin},
	"content_superadmin": {reader, admin},
}

// rankOf is what a Vertesia key may do. A public key manages and lists nothing.
func rankOf(k *store.Key) rank {
	if k.Type == apikey.PublicKey {
		return nobody
	}
	return roles[k.Role].rank
}

// canMint reports whether the key, while it works, can create keys such that a contract
// that has one is not locked out: a Vertesia administrator, a Prosopo key with createApiKey, a generic live key
// that may call the endpoint.
func canMint(k *store.Key) bool {
	switch k.Service {
	case wirename.Vertesia:
		return rankOf(k) >= admin
	case wirename.Prosopo:
		return k.Has(permCreateKey)
	default:
		limits, err := k.Limits()
		return err == nil && k.Environment == apikey.Live && allowsEndpoint(limits.Endpoints, contract.GenericKeysPath)
	}
}

// need is what a call asks of its caller; the field of the call's contract counts.
type need struct {
	permission string // Prosopo
	rank       rank   // Vertesia
}

// errUnknownKey answers for every credential that is not a key's: unknown, wrong,
// malformed, deleted, or of another service. They are not told apart.
var errUnknownKey = contract.Unauthorized("the key is not valid: it may be mistyped, revoked, or of another environment or service")

var (
	errNoCredential = contract.Unauthorized("no key: send the header Authorization: Bearer <key>")
	errDisabled     = contract.Unauthorized("the key is disabled")
	errExpired      = contract.Unauthorized("the key has expired")
	errTokenExpired = contract.Unauthorized("the token has expired: exchange the key again")
)

// permit is the last step of guard.
func permit(k *store.Key, n need) error {
	if n.permission != "" && !k.Has(n.permission) {
		return contract.Forbidden("the key lacks the permission %s", n.permission)
	}
	if rankOf(k) < n.rank {
		if k.Type == apikey.PublicKey {
			return contract.Forbidden("a public key manages and lists nothing: role %s of a secret key is needed", rankNames[n.rank])
		}
		return contract.Forbidden("the key's role %s is not enough: role %s is needed", k.Role, rankNames[n.rank])
	}
	return nil
}

// within reports whether a request keeps to a generic key's restrictions.
func within(limits apikey.Restrictions, r *http.Request) error {
	if len(limits.IPAddresses) > 0 && !allowsPeer(limits.IPAddresses, r.RemoteAddr) {
		return contract.Forbidden("the key is restricted to other IP addresses than the one that this request came from")
	}
	if len(limits.Referrers) > 0 && !allowsReferrer(limits.Referrers, r.Referer()) {
		return contract.Forbidden("the key is restricted to other referrers than the one of this request")
	}
	if len(limits.Endpoints) > 0 && !allowsEndpoint(limits.Endpoints, r.URL.Path) {
		return contract.Forbidden("the key is restricted to other endpoints than %s", r.URL.Path)
	}
	return nil
}

// allowsPeer looks at the TCP peer alone: a forwarded header can be written by anyone.
func allowsPeer(allowed []string, peer string) bool {
	ap, err := netip.ParseAddrPort(peer)
	if err != nil {
		return false
	}
	addr := ap.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(allowed, func(text string) bool {
		p, ok := contract.ParseNet(text)
		return ok && p.Contains(addr)
	})
}

func allowsReferrer(allowed []string, referrer string) bool {
	from, _, ok := contract.ParseOrigin(referrer)
	return ok && slices.ContainsFunc(allowed, func(text string) bool {
		origin, ok := contract.ParseReferrer(text)
		return ok && origin == from
	})
}

// allowsEndpoint compares by whole segments: /v1/users allows /v1/users/1 and not /v1/users2.
func allowsEndpoint(allowed []string, path string) bool {
	if len(allowed) == 0 {
		return true
	}
	path = strings.TrimSuffix(path, "/")
	return slices.ContainsFunc(allowed, func(text string) bool {
		prefix, ok := contract.CleanEndpoint(text)
		return ok && (path == prefix || strings.HasPrefix(path, prefix+"/"))
	})
}

// narrower reports whether every request that inner lets through, outer lets through too.
func narrower(inner, outer apikey.Restrictions) bool {
	covered := func(in, out []string, by func(in, out string) bool) bool {
		if len(out) == 0 {
			return true
		}
		return len(in) > 0 && !slices.ContainsFunc(in, func(i string) bool {
			return !slices.ContainsFunc(out, func(o string) bool { return by(i, o) })
		})
	}
	return covered(inner.IPAddresses, outer.IPAddresses, func(in, out string) bool {
		i, ok1 := contract.ParseNet(in)
		o, ok2 := contract.ParseNet(out)
		return ok1 && ok2 && o.Bits() <= i.Bits() && o.Contains(i.Addr())
	}) && covered(inner.Referrers, outer.Referrers, func(in, out string) bool {
		i, ok1 := contract.ParseReferrer(in)
		o, ok2 := contract.ParseReferrer(out)
		return ok1 && ok2 && i == o
	}) && covered(inner.Endpoints, outer.Endpoints, func(in, out string) bool {
		i, ok := contract.CleanEndpoint(in)
		return ok && allowsEndpoint([]string{out}, i)
	})
}

// mayGive refuses a caller a secret that reaches further than its own; does is what it does to the key.
func (c *call) mayGive(does string, limits apikey.Restrictions) error {
	own, err := c.who.Limits()
	if err == nil && !narrower(limits, own) {
		err = contract.Forbidden("a restricted key %s only keys that are restricted at least as much", does)
	}
	return err
}

// minting says how far a contract may rely on a key to create keys.
type minting int

const (
	mintsNot minting = iota
	mintsNow         // but not for long, or not from everywhere
	mintsOn          // enabled, with more than lastingAdmin to live and no restriction: what the last administrator must be
)

// lastingAdmin is how long a key must live on to count as an administrator that is left.
const lastingAdmin = 24 * time.Hour

func mintingOf(k *store.Key, now time.Time) minting {
	switch {
	case !k.Enabled || k.Expired(now) || !canMint(k):
		return mintsNot
	case k.Expired(now.Add(lastingAdmin)) || k.Restrictions != "":
		return mintsNow
	default:
		return mintsOn
	}
}

// otherMinters counts the keys, id aside, that a contract may rely on at least as far to create keys.
func otherMinters(ctx context.Context, q store.Queryer, service, id string, least minting, now time.Time) (int, error) {
	if least == mintsOn {
		return store.CountMinters(ctx, q, service, id, now.Add(lastingAdmin), true)
	}
	return store.CountMinters(ctx, q, service, id, now, false)
}

// keepLast refuses what would leave a contract with no administrator as good as the one that is changed. after is the
// key as it would be, nil if it would be gone.
func (s *Server) keepLast(ctx context.Context, q store.Queryer, caller, k, after *store.Key, now time.Time) error {
	is := mintingOf(k, now)
	if is == mintsNot || after != nil && mintingOf(after, now) >= is {
		return nil
	}
	if caller.Session && k.Service == wirename.Generic && !k.Admin {
		return nil
	}
	others, err := otherMinters(ctx, q, k.Service, k.ID, is, now)
	if err != nil || others > 0 {
		return err
	}
	return contract.Conflict("this is the last key that can create keys (one that ends within a day or is restricted does not count): create another one first")
}
