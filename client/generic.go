package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"detent/apikey"
)

const (
	genericKeys = "/v1/api-keys"
	genericKey  = "/v1/api-keys/{id}"
	genericUser = "/v1/users/{id}"

	// probeUser is an id that no user has: the service says that after it has accepted the key.
	probeUser = "usr_detent_probe"

	pageSize  = 100     // where the first page does not show the service's own
	maxPages  = 100_000 // of a service that never stops
	maxBarren = 1000    // pages in a row that bring nothing new
	maxEmpty  = 10      // empty pages in a row, of a service that names a next one for ever
)

// genericLists are the members under which the list is wrapped.
var genericLists = []string{"data"}

var genericPrefixes = map[apikey.Environment]string{apikey.Live: "sk_live_", apikey.Test: "sk_test_"}

// generic speaks the /v1/api-keys convention.
type generic struct {
	*transport
	spelling verbatim
}

func openGeneric(opts Options) (*generic, *Error) {
	t, bad := newTransport(opts, genericSpeaks)
	if bad != nil {
		return nil, bad
	}
	return &generic{transport: t}, nil
}

// Capabilities implements Service.
func (g *generic) Capabilities() apikey.Capabilities {
	create := apikey.Can()
	if !g.opts.CanCreate {
		create = apikey.Cannot("keys are created in the service's dashboard (create = true in the profile, where the service offers it)")
	}
	immutable := apikey.Cannot("the service changes no key: create a replacement and delete the old one")
	return apikey.Capabilities{
		Service: apikey.Generic, Title: "API keys", Credential: apikey.EnvironmentOf(g.opts.Token),
		Create: create, Delete: apikey.Can(), Rename: immutable,
		ChangeRole: apikey.Cannot("keys have no role"),
		Disable:    apikey.Cannot("the service has no off switch for a key: it can only be deleted"),
		PublicKeys: apikey.Cannot("the service has no public keys"),
		Retrieve:   shownOnce,
		LastUsed:   apikey.Can(), Expiry: create, Restrictions: create,
		Environments:   []apikey.Environment{apikey.Live, apikey.Test},
		AccessFields:   []apikey.Field{apikey.FieldEnvironment, apikey.FieldRestrictions, apikey.FieldExpiry},
		SecretPrefixes: []string{genericPrefixes[apikey.Live], genericPrefixes[apikey.Test]},
		MaxName:        maxName,
		Advice:         advice[apikey.Generic],
	}
}

// genericRow is a key on the wire.
type genericRow struct {
	ID           text            `json:"id"`
	Name         text            `json:"name"`
	Prefix       text            `json:"prefix"`
	Masked       text            `json:"masked"`
	Environment  text            `json:"environment"`
	CreatedAt    wireTime        `json:"created_at"`
	LastUsed     wireTime        `json:"last_used"`
	LastUsedAt   wireTime        `json:"last_used_at"`
	ExpiresAt    wireTime        `json:"expires_at"`
	Restrictions json.RawMessage `json:"restrictions"`
	Key          token           `json:"key"`
	Secret       token           `json:"secret"`
	Value        token           `json:"value"`
	Token        token           `json:"token"`
}

var genericNames = memberNames(genericRow{})

func (r *genericRow) field(name []byte) json.Unmarshaler {
	switch string(name) {
	case "id":
		return &r.ID
	case "name":
		return &r.Name
	case "prefix":
		return &r.Prefix
	case "masked":
		return &r.Masked
	case "environment":
		return &r.Environment
	case "created_at":
		return &r.CreatedAt
	case "last_used":
		return &r.LastUsed
	case "last_used_at":
		return &r.LastUsedAt
	case "expires_at":
		return &r.ExpiresAt
	case "restrictions":
		return &r.Restrictions
	case "key":
		return &r.Key
	case "secret":
		return &r.Secret
	case "value":
		return &r.Value
	case "token":
		return &r.Token
	}
	return nil
}

func (r genericRow) secret() apikey.Secret { return firstToken(r.Key, r.Secret, r.Value, r.Token) }

func (g *generic) key(row genericRow) (apikey.Key, error) {
	if row.ID == "" {
		return apikey.Key{}, badAnswer("a key in the answer has no id")
	}
	k := apikey.Key{
		ID: g.spelling.show(string(row.ID)), Name: field(row.Name), Masked: field(row.Masked), CreatedAt: row.CreatedAt.reported(),
		LastUsedAt: firstTime(row.LastUsed, row.LastUsedAt).use(), ExpiresAt: row.ExpiresAt.orNever(),
		Restrictions: restrictions(row.Restrictions),
	}
	if k.Masked == "" && row.Prefix != "" {
		k.Masked = field(row.Prefix) + "…"
	}
	k.Environment = environmentOf(row)
	return k, nil
}

// environmentOf is the one that the service names, else that of the prefix, else that of a secret that it shows.
func environmentOf(row genericRow) apikey.Environment {
	if _, known := genericPrefixes[apikey.Environment(row.Environment)]; known {
		return apikey.Environment(row.Environment)
	}
	for env, prefix := range genericPrefixes {
		if strings.HasPrefix(string(row.Prefix), prefix) || row.Prefix == "" && row.secret().HasPrefix(prefix) {
			return env
		}
	}
	return ""
}

// restrictions are nil where the service does not report them, or reports a kind that is not known:
// a key with a restriction that would be lost in a copy must not look like one without.
func restrictions(raw json.RawMessage) *apikey.Restrictions {
	if len(raw) == 0 {
		return nil
	}
	var reply struct {
		IPAddresses texts `json:"ip_addresses"`
		Referrers   texts `json:"referrers"`
		Endpoints   texts `json:"endpoints"`
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if dec.Decode(&reply) != nil {
		return nil
	}
	return &apikey.Restrictions{IPAddresses: reply.IPAddresses, Referrers: reply.Referrers, Endpoints: reply.Endpoints}
}

// texts is a list of strings, or one.
type texts []string

func (t *texts) UnmarshalJSON(b []byte) error {
	var list []text
	var one text
	if json.Unmarshal(b, &list) != nil {
		if err := json.Unmarshal(b, &one); err != nil {
			return err
		}
		if one != "" {
			list = []text{one}
		}
	}
	for _, item := range list {
		*t = append(*t, field(item))
	}
	return nil
}

// walk reads the list, page by page. A key that moved to the next page meanwhile comes once. The list ends with the page
// that names no other, and with one that brings nothing and names one that was read: services name a page after the last,
// the last one again, or the first, and some have one name for all.
func (g *generic) walk(ctx context.Context, start func(*answer), each func(apikey.Key), end func()) error {
	seen, cursors := map[string]bool{}, map[string]bool{}
	var query url.Values
	barren := 0 // pages in a row without a key that is new
	for page := 0; ; page++ {
		count, before := 0, len(seen)
		var rest map[string]json.RawMessage
		c := call{op: opList, method: http.MethodGet, path: genericKeys, query: query, list: true}
		var keys []apikey.Key
		err := g.do(ctx, c, func(a *answer) error {
			count, keys = 0, nil
			streaming := page == 0
			if streaming {
				start(a)
				clear(seen)
			}
			var row genericRow
			var err error
			rest, err = decodeList(a.body, genericLists, func(raw []byte) error {
				row = genericRow{}
				if err := decodeRow(raw, &row, genericNames); err != nil {
					return err
				}
				key, err := g.key(row)
				if err != nil {
					return err
				}
				count++
				if streaming && !seen[key.ID] {
					seen[key.ID] = true
					each(key)
				} else if !streaming {
					keys = append(keys, key)
				}
				return nil
			})
			return err
		})
		if err != nil {
			return err
		}
		for _, key := range keys {
			if !seen[key.ID] {
				seen[key.ID] = true
				each(key)
			}
		}
		if barren++; len(seen) > before {
			barren = 0
		}
		cursor, more, bad := nextPage(rest, count == 0)
		more = more && (barren == 0 || !cursors[cursor]) && (barren < maxEmpty || count > 0 || saysMore(rest))
		if bad == "" && more && (page >= maxPages || barren >= maxBarren) {
			bad = "the list's pages do not come to an end"
		}
		if bad != "" {
			return &Error{Op: opList, Kind: BadAnswer, Status: http.StatusOK, Outcome: NotDone, Message: bad}
		}
		if !more {
			end()
			return nil
		}
		cursors[cursor] = true
		if query == nil {
			if count == 0 {
				count = pageSize
			}
			query = url.Values{"limit": {strconv.Itoa(count)}}
		}
		query.Set("cursor", cursor)
	}
}

// List implements Service.
func (g *generic) List(ctx context.Context, each func([]apikey.Key)) error {
	ctx, done := g.operation(ctx)
	defer done()
	var c *collector
	return g.walk(ctx,
		func(a *answer) { c = &collector{each: each, answer: a, own: g.opts.Token} },
		func(k apikey.Key) { c.add(&k) },
		func() { c.finish() })
}

// Identify implements Identifier: by a mask that only one key has. A prefix is an environment,
// never an identity.
func (g *generic) Identify(ctx context.Context, secret apikey.Secret) (*apikey.Key, error) {
	ctx, done := g.operation(ctx)
	defer done()
	var masked []apikey.Key
	err := g.walk(ctx,
		func(*answer) { masked = nil },
		func(k apikey.Key) {
			if maskOf(k.Masked, secret) {
				masked = append(masked, k)
			}
		}, func() {})
	if err != nil {
		return nil, err
	}
	key := sameByMask(masked)
	if key != nil {
		key.Own = secret.Equal(g.opts.Token)
	}
	return key, nil
}

// Create implements Service, where the profile says that the service offers it.
func (g *generic) Create(ctx context.Context, draft apikey.Draft) (apikey.Created, error) {
	ctx, done := g.operation(ctx)
	defer done()
	if !g.opts.CanCreate {
		return apikey.Created{}, unsupported(opCreate, g.Capabilities().Create)
	}
	if bad := checkDraft(draft, g.opts.Now()); bad != nil {
		return apikey.Created{}, bad
	}
	env, bad := g.environment(draft.Environment)
	if bad != nil {
		return apikey.Created{}, bad
	}
	now := g.now()
	body := map[string]any{"name": draft.Name, "environment": env}
	if !draft.Expiry.IsNever() {
		body["expires_at"] = draft.Expiry.Instant(now).UTC().Format(time.RFC3339)
	}
	if !draft.Restrictions.Empty() {
		body["restrictions"] = draft.Restrictions
	}
	var created apikey.Created
	c := call{op: opCreate, method: http.MethodPost, path: genericKeys, body: body, write: true, repeatable: true}
	err := g.do(ctx, c, func(a *answer) error {
		var row, beside genericRow
		err := decodeCreated(a.body, &row, &beside, "data")
		if err != nil {
			return err
		}
		created.Secret, created.Bound = bound(row.secret(), beside.secret(), string(row.ID))
		row.Key.Secret = created.Secret
		if created.Key, err = g.key(row); err != nil && !created.Secret.IsZero() {
			created.Notes, err = []string{noteNoID}, nil
		}
		return err
	})
	if err != nil {
		return apikey.Created{}, err
	}
	if created.Secret.IsZero() {
		return apikey.Created{}, noSecret()
	}
	if created.Key.Name == "" {
		created.Key.Name = draft.Name
	}
	created.Notes = append(created.Notes, expiryNote(draft.Expiry, created.Key.ExpiresAt, now)...)
	created.Notes = append(created.Notes, accessNotes(draft, created.Key)...)
	if got := created.Key.Environment; got != "" && got != env {
		created.Notes = append(created.Notes, fmt.Sprintf("asked for a %s key; the service made a %s one", env, got))
	}
	return created, nil
}

// environment is the one asked for, else that of our own credential, else the profile's.
func (g *generic) environment(asked apikey.Environment) (apikey.Environment, *Error) {
	if asked == "" {
		asked = g.opts.Environment
		for env, prefix := range genericPrefixes {
			if g.opts.Token.HasPrefix(prefix) {
				asked = env
			}
		}
	}
	if _, ok := genericPrefixes[asked]; !ok {
		return "", invalidDraft("a key's environment is live or test")
	}
	return asked, nil
}

// Update implements Service: there is no such call.
func (g *generic) Update(context.Context, string, apikey.Patch) (apikey.Key, error) {
	return apikey.Key{}, unsupported(opUpdate, g.Capabilities().Rename)
}

// Delete implements Service.
func (g *generic) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	ctx, done := g.operation(ctx)
	defer done()
	return remove(ctx, g.transport, g.do, call{op: opDelete, method: http.MethodDelete, path: genericKey, id: g.spelling.wire(id), write: true})
}
