package world

import (
	"slices"
	"time"

	"detent/apikey"
	"detent/client"
)

// timeout is how long the program waits for an answer.
const timeout = 2 * time.Second

// trouble is an answer that is none, or that says no.
type trouble struct {
	kind    string // one of the kinds below
	status  int
	unknown bool // of a write: it may have happened
}

// failure is a trouble as the client tells it; nil for none.
func failure(op string, t *trouble) error {
	if t == nil {
		return nil
	}
	e := &client.Error{Op: op, Status: t.status, Message: "the service's words", Outcome: client.NotDone, Own: t.kind == conflict || t.kind == missing || t.kind == unauthorized}
	if t.unknown {
		e.Outcome = client.Unknown
	}
	switch t.kind {
	case lostAnswer:
		e.Kind = client.Timeout
	case wallPage, emptyAnswer:
		e.Kind = client.BadAnswer
	case wallJSON, rateLimit403, badAddress:
		e.Kind = client.Forbidden
	case rateLimit:
		e.Kind = client.RateLimited
	case down:
		e.Kind = client.Unavailable
	case unauthorized:
		e.Kind = client.Unauthorized
	case missing:
		e.Kind = client.NotFound
	case conflict:
		e.Kind = client.Conflict
	}
	return e
}

// The kinds of trouble.
const (
	lostAnswer   = "lost"
	wallPage     = "wall page"  // a wall in front of the service, in HTML
	wallJSON     = "wall json"  // the same in JSON
	rateLimit403 = "rate 403"   // a rate limit, told as 403 with Retry-After
	rateLimit    = "rate 429"   // as it should be
	down         = "down"       // 503
	unauthorized = "credential" // the program's own credential is refused
	missing      = "missing"    // no such key
	emptyAnswer  = "empty"      // 200 without anything
	conflict     = "conflict"   // 409, in the service's own shape
	badAddress   = "address"    // 403: not from this address
)

// lie is something that the service does wrong: to the next calls of an op, or to all until it is taken back.
type lie struct {
	op   string // empty: any call
	kind string
	left int           // how many calls more
	late time.Duration // for an effect that comes after the answer was given up
}

// Lies that are not troubles.
const (
	lostBefore = "lost before"
	lostAfter  = "lost after"
	lostLate   = "lost late"
	downAfter  = "down after"
)

func (w *world) lieTo(op string) *lie {
	for i, l := range w.lies {
		if l.op == "" || l.op == op {
			if l.left--; l.left <= 0 {
				w.lies = slices.Delete(w.lies, i, i+1)
			}
			return l
		}
	}
	return nil
}

// call is one request of the program's. decided runs where it will have an effect, at the moment that it is sent.
func (w *world) call(op string, write bool, decided func(), effect func() *trouble) (t *trouble) {
	w.calls++
	w.point("call before: " + op)
	defer func() { w.point("call after: " + op) }()
	w.pass(w.sc.Latency, true)
	l := w.lieTo(op)
	happens := func() *trouble {
		if decided != nil {
			decided()
		}
		return effect()
	}
	if l == nil {
		return happens()
	}
	switch l.kind {
	case lostBefore:
		w.pass(timeout, true)
		return &trouble{lostAnswer, 0, write}
	case lostAfter:
		happens()
		w.pass(timeout, true)
		return &trouble{lostAnswer, 0, write}
	case lostLate:
		if decided != nil {
			decided()
		}
		w.afterwards(l.late, func() { effect() })
		w.pass(timeout, true)
		return &trouble{lostAnswer, 0, write}
	case downAfter:
		happens()
		return &trouble{down, 503, write}
	case down:
		return &trouble{down, 503, write}
	case rateLimit:
		return &trouble{rateLimit, 429, false}
	case emptyAnswer:
		return &trouble{emptyAnswer, 200, write}
	case unauthorized:
		return &trouble{unauthorized, 401, false}
	case conflict:
		return &trouble{conflict, 409, false}
	}
	return &trouble{l.kind, 403, false}
}

// list shows all keys.
func (w *world) list() (rows []apikey.Key, t *trouble) {
	t = w.call("list", false, nil, func() *trouble {
		rows = w.listed()
		return nil
	})
	if t != nil {
		return nil, t
	}
	for i := range rows {
		rows[i] = w.reported(rows[i])
	}
	w.event(event{kind: "listed", rows: w.asTwo(rows)})
	return rows, nil
}

// reported is a row without what this service does not tell.
func (w *world) reported(k apikey.Key) apikey.Key {
	silent := func(whose string) bool {
		return whose == "all" || whose == "old" && k.CreatedAt.Before(epoch.Add(w.sc.Skew))
	}
	if silent(w.sc.Silent) {
		k.Permissions, k.Role, k.Restrictions = nil, "", nil
	}
	if silent(w.sc.SilentExpiry) {
		k.ExpiresAt = apikey.Moment{}
	}
	return k
}

// create makes a key. What the service does wrong at it is one of the lies of adversary.go.
func (w *world) create(d apikey.Draft) (row apikey.Key, secret apikey.Secret, t *trouble) {
	t = w.call("create", true, w.aboutToMint, func() *trouble {
		k := w.addKey(w.drafted(d), w.now)
		k.ours, k.asked = true, k.row
		row, secret = w.reported(w.shown(k, w.now)), k.secret
		switch w.createLie {
		case "restricted":
			w.narrow(k)
		case "short":
			k.row.ExpiresAt = apikey.At(w.now.Add(24 * time.Hour))
		case "wide":
			w.widen(k)
		}
		row = w.reported(w.shown(k, w.now))
		switch w.createLie {
		case "old secret":
			if w.recognised(w.old) { // else nobody could tell
				secret = w.old.secret
			}
		case "existing id":
			row.ID = w.other.id
		case "old id":
			row.ID = w.old.id
		case "no id":
			row.ID = ""
		case "no secret":
			secret = apikey.Secret{}
		}
		w.createLie = ""
		return nil
	})
	if t != nil {
		return apikey.Key{}, apikey.Secret{}, t
	}
	w.event(event{kind: "created", id: row.ID, secret: w.keyBySecret(secret)})
	return row, secret, nil
}

// drafted is the row that a draft asks for.
func (w *world) drafted(d apikey.Draft) apikey.Key {
	row := apikey.Key{Name: d.Name, Type: d.Type, CreatedAt: apikey.At(w.now.Truncate(time.Second)), ExpiresAt: apikey.Never()}
	if at := d.Expiry.Instant(w.now); !at.IsZero() {
		row.ExpiresAt = apikey.At(at.Truncate(time.Second))
	}
	if w.sc.Unsent {
		return row
	}
	switch w.sc.Access {
	case "permissions":
		row.Permissions = slices.Clone(d.Permissions)
	case "role":
		row.Role = d.Role
	case "restrictions":
		r := d.Restrictions
		row.Environment, row.Restrictions = d.Environment, &r
	}
	return row
}

// narrow and widen give a key another access than it was asked with.
func (w *world) narrow(k *key) {
	switch w.sc.Access {
	case "permissions":
		k.row.Permissions = k.row.Permissions[:min(1, len(k.row.Permissions))]
	case "role":
		k.row.Role = "viewer"
	case "restrictions":
		k.row.Restrictions = &apikey.Restrictions{IPAddresses: []string{"203.0.113.7/32"}}
	}
}

func (w *world) widen(k *key) {
	switch w.sc.Access {
	case "permissions":
		k.row.Permissions = append(slices.Clone(k.row.Permissions), apikey.Permission{Feature: "Keys", Name: "deleteApiKey"})
	case "role":
		k.row.Role = "admin"
	case "restrictions":
		k.row.Restrictions = &apikey.Restrictions{}
	}
}

// opOf is what a patch does to a key.
func opOf(p apikey.Patch) string {
	switch {
	case p.Enabled != nil && *p.Enabled:
		return "enable"
	case p.Enabled != nil:
		return "disable"
	case p.Name != nil:
		return "rename"
	}
	return "update"
}

// update changes a key.
func (w *world) update(id string, p apikey.Patch) (row apikey.Key, t *trouble) {
	op, k := opOf(p), w.keyByID(id)
	w.event(event{kind: op + " sent", id: id})
	t = w.call(op, true, func() {
		if op == "disable" && w.alive(k) {
			w.aboutToDie(k, op)
		}
	}, func() *trouble {
		if k == nil || !k.gone.IsZero() {
			return &trouble{missing, 404, false}
		}
		if p.Enabled != nil {
			w.enable(k, *p.Enabled)
		}
		if p.Name != nil {
			w.change(k, func(row *apikey.Key) { row.Name = *p.Name })
		}
		w.event(event{kind: op + " done", id: id})
		row = w.reported(w.shown(k, w.now))
		return nil
	})
	if t == nil {
		w.event(event{kind: op + " answered", id: id})
	}
	return row, t
}

// delete removes a key; already says that it was not there.
func (w *world) delete(id string) (already bool, t *trouble) {
	k := w.keyByID(id)
	w.event(event{kind: "delete sent", id: id})
	t = w.call("delete", true, func() {
		if k != nil && k.gone.IsZero() {
			w.aboutToDie(k, "delete")
		}
	}, func() *trouble {
		if k == nil || !k.gone.IsZero() {
			already = true
			return nil
		}
		w.remove(k)
		w.event(event{kind: "delete done", id: id})
		return nil
	})
	if t == nil {
		w.event(event{kind: "delete answered", id: id})
	}
	return already, t
}

// probed is the answer to a request that carries a secret.
type probed struct {
	accepted bool
	no       string // why not: empty for 401, else one of the troubles
}

// probe asks with a secret.
func (w *world) probe(secret apikey.Secret) (a probed, t *trouble) {
	k := w.keyBySecret(secret)
	truth, all := false, false
	t = w.call("probe", false, nil, func() *trouble {
		truth, all = w.accepts(k), w.acceptAll
		if w.sc.NoTryDead && k == w.old && !w.pastedUnknown(k) {
			w.fail("I1", "the service is asked with the secret of %s, and must not be asked with a dead one", k)
		}
		if k != nil {
			w.seq++
			k.probed = w.seq
			if truth {
				k.taken = w.now
			}
		}
		switch {
		case w.acceptAll:
			a.accepted = true
		case k != nil && w.accepts(k) && w.badAddress(k):
			a.no = badAddress
		case k != nil && w.accepts(k):
			a.accepted = true
			w.use(k, w.now)
		}
		return nil
	})
	if t != nil {
		return probed{}, t
	}
	w.blind = w.blind || all && w.step == "preflight"
	w.controlled = w.controlled || k == nil && !a.accepted && a.no == ""
	w.event(event{kind: "probed", secret: k, ok: a.accepted, no: a.no, truth: truth, all: all})
	return a, nil
}

// pastedUnknown: the operator pasted that secret, and nothing that the program has ever had tells whose it is.
func (w *world) pastedUnknown(k *key) bool {
	return k == w.pastedKey && !w.recognised(k)
}

// badAddress: the key may not be used from where we are, as its own restriction says, or as a wall that confuses addresses does.
func (w *world) badAddress(k *key) bool {
	return w.confused && k != w.old || k.row.Restrictions != nil && slices.Contains(k.row.Restrictions.IPAddresses, "203.0.113.7/32")
}

// retrieve gives a secret again.
func (w *world) retrieve(id string) (secret apikey.Secret, t *trouble) {
	k := w.keyByID(id)
	t = w.call("retrieve", false, nil, func() *trouble {
		if k == nil || !k.gone.IsZero() {
			return &trouble{missing, 404, false}
		}
		secret = k.secret
		return nil
	})
	return secret, t
}

// identify says whose a secret is.
func (w *world) identify(secret apikey.Secret) (row *apikey.Key, t *trouble) {
	k := w.keyBySecret(secret)
	t = w.call("identify", false, nil, func() *trouble {
		if k != nil && w.accepts(k) {
			shown := w.reported(w.shown(k, w.now))
			row = &shown
		}
		return nil
	})
	return row, t
}

// listed are the rows that a list shows now.
func (w *world) listed() []apikey.Key {
	at := w.listTime()
	var out []apikey.Key
	for _, k := range w.keys {
		switch {
		case k.rolled.Known():
		case w.sc.Roll > 0 && k == w.old:
			if row, there := w.oneRow(at); there {
				out = append(out, row)
			}
		case k.born.After(at), w.unlisted(k, at):
		default:
			out = append(out, w.shown(k, at))
		}
	}
	return out
}
