package client

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"detent/apikey"
	"detent/client/kit"
)

// maxName is what the embedded service takes; no service publishes a limit.
const maxName = 200

// prosopoLists are the members under which a list or a key may be wrapped.
var prosopoLists = []string{"apiKeys", "api_keys", "keys", "data", "items", "results"}

// prosopo speaks to api.prosopo.io and to what speaks like it. All of its calls but the probes are POSTs.
type prosopo struct {
	*transport
	features       features
	authenticating callSet
	spelling       verbatim
}

func openProsopo(_ *kit.Declaration, opts Options) (Service, *Error) {
	t, bad := newTransport(opts, prosopoSpeaks)
	if bad != nil {
		return nil, bad
	}
	return &prosopo{transport: t}, nil
}

// Capabilities implements Service. Features are spelled as the account's keys showed them.
func (p *prosopo) Capabilities() apikey.Capabilities {
	return p.shownOnce(prosopoCapabilities(p.features.spelling()))
}

var prosopoList = call{op: opList, method: http.MethodPost, path: "/api-keys/get", body: struct{}{}, list: true, needs: "getApiKeys"}

// walk reads the list; start is called at each attempt, each for each row, whose key is gone at the next one, end at the end.
func (p *prosopo) walk(ctx context.Context, start func(*answer), each func(*apikey.Key, *prosopoRow), end func()) error {
	return p.do(ctx, prosopoList, func(a *answer) error {
		start(a)
		var row prosopoRow // of one element, then of the next
		var key apikey.Key
		sets := permissionSets{}
		_, err := decodeList(a.body, prosopoLists, func(raw []byte) error {
			row = prosopoRow{Permissions: row.Permissions[:0]}
			if err := decodeRow(raw, &row, prosopoNames); err != nil {
				return err
			}
			var err error
			if key, err = p.key(&row, sets); err != nil {
				return err
			}
			each(&key, &row)
			return nil
		})
		if err == nil {
			end()
		}
		return err
	})
}

// permissionSets are the permissions of a list's keys by how they stand on the wire: few sets are shared by many keys.
type permissionSets map[string][]apikey.Permission

// maxSets bounds what a list of all different sets costs.
const maxSets = 1000

// key translates a row. Its token is compared, masked and dropped.
func (p *prosopo) key(row *prosopoRow, sets permissionSets) (apikey.Key, error) {
	if row.id() == "" {
		return apikey.Key{}, badAnswer("a key in the answer has no id")
	}
	secret := row.token()
	k := apikey.Key{
		ID: p.spelling.show(row.id()), Name: field(row.Name), Masked: field(row.Masked),
		CreatedAt: firstTime(row.CreatedAt, row.Created).reported(), ExpiresAt: row.expiry().expiry(),
		CanRetrieve: !secret.IsZero(), Own: secret.Equal(p.opts.Token),
	}
	if k.Masked == "" && !secret.IsZero() {
		k.Masked = secret.Mask()
	}
	known, ok := sets[string(row.Permissions)]
	if !ok {
		known = p.permissions(row.Permissions)
		if len(sets) < maxSets && len(row.Permissions) > 0 && row.Permissions[0] == '{' { // a flat list's features may be learned later
			sets[string(row.Permissions)] = known
		}
	}
	k.Permissions = known
	return k, nil
}

// permissions are the rights of a key; nil where the service does not say, empty where it says none. Nobody may change
// the slice: other keys have it too.
func (p *prosopo) permissions(raw json.RawMessage) []apikey.Permission {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	out := []apikey.Permission{}
	for _, perm := range parsePermissions(raw) {
		if perm.Name == "" {
			continue
		}
		perm.Feature, perm.Name = p.spelling.show(perm.Feature), p.spelling.show(perm.Name)
		out = append(out, p.features.learn(perm))
	}
	return slices.Clip(inOrder(out))
}

// List implements Service.
func (p *prosopo) List(ctx context.Context, each func([]apikey.Key)) error {
	ctx, done := p.operation(ctx)
	defer done()
	var c *collector
	return p.walk(ctx,
		func(a *answer) { c = &collector{each: each, answer: a, own: p.opts.Token} },
		func(k *apikey.Key, _ *prosopoRow) { c.add(k) },
		func() { c.finish() })
}

// find lists until it knows the key that is wanted: by its token, else by its mask.
func (p *prosopo) find(ctx context.Context, secret apikey.Secret, wanted func(*apikey.Key, *prosopoRow) bool) (*apikey.Key, apikey.Secret, error) {
	var exact *apikey.Key
	var value apikey.Secret
	var masked []apikey.Key
	err := p.walk(ctx,
		func(*answer) { exact, value, masked = nil, apikey.Secret{}, nil },
		func(k *apikey.Key, row *prosopoRow) {
			switch {
			case wanted(k, row):
				found := *k
				exact, value = &found, row.token()
			case maskOf(k.Masked, secret) && !k.CanRetrieve:
				masked = append(masked, *k)
			}
		}, func() {})
	if err != nil {
		return nil, apikey.Secret{}, err
	}
	if exact == nil {
		exact = sameByMask(masked)
	}
	return exact, value, nil
}

// Identify implements Identifier: by the token in the list, else by a mask that only one key has.
func (p *prosopo) Identify(ctx context.Context, secret apikey.Secret) (*apikey.Key, error) {
	ctx, done := p.operation(ctx)
	defer done()
	key, _, err := p.find(ctx, secret, func(_ *apikey.Key, row *prosopoRow) bool { return row.token().Equal(secret) })
	if key != nil {
		key.Matched, key.Own = true, key.Own || secret.Equal(p.opts.Token)
	}
	return key, err
}

// Retrieve implements Retriever: a list of the real service holds every token.
func (p *prosopo) Retrieve(ctx context.Context, id string) (apikey.Secret, error) {
	ctx, done := p.operation(ctx)
	defer done()
	_, secret, err := p.find(ctx, apikey.Secret{}, func(k *apikey.Key, _ *prosopoRow) bool { return k.ID == id })
	return secret, err
}

// Create implements Service. The expiry is always sent, 0 for never, and read back.
func (p *prosopo) Create(ctx context.Context, draft apikey.Draft) (apikey.Created, error) {
	ctx, done := p.operation(ctx)
	defer done()
	if bad := checkDraft(draft, p.opts.Now(), maxName); bad != nil {
		return apikey.Created{}, bad
	}
	if len(draft.Permissions) == 0 {
		return apikey.Created{}, invalidDraft("a key needs at least one permission")
	}
	permissions, bad := p.wirePermissions(draft.Permissions)
	if bad != nil {
		return apikey.Created{}, bad
	}
	seconds, bad := p.lifetime(draft.Expiry)
	if bad != nil {
		return apikey.Created{}, bad
	}
	body := map[string]any{"name": draft.Name, "permissions": permissions, "expiresIn": seconds}
	var created apikey.Created
	var reported bool
	c := call{op: opCreate, method: http.MethodPost, path: "/api-keys/create", body: body, write: true, repeatable: true, needs: "createApiKey"}
	err := p.do(ctx, c, func(a *answer) error {
		var row, beside prosopoRow
		err := decodeCreated(a.body, &row, &beside, "data", "apiKey", "key", "result")
		if err != nil {
			return err
		}
		created.Secret, created.Bound = bound(row.token(), beside.token(), row.id())
		row.Token.Secret, reported = created.Secret, row.expiry().set
		if created.Secret.IsZero() {
			return badAnswer("the answer to the create holds no secret")
		}
		if row.id() != "" {
			created.Key, err = p.key(&row, permissionSets{})
		}
		return err
	})
	if err != nil {
		return apikey.Created{}, err
	}
	if created.Key.ID == "" || !reported {
		p.readBack(ctx, &created)
	}
	if created.Key.Name == "" {
		created.Key.Name = draft.Name
	}
	if created.Key.ID != "" && created.Key.ExpiresAt.Known() {
		created.Notes = append(created.Notes, expiryNote(draft.Expiry, created.Key.ExpiresAt, p.now())...)
	}
	created.Notes = append(created.Notes, accessNotes(draft, created.Key)...)
	return created, nil
}

// lifetime is the expiry in seconds from now by the service's clock, which may be ahead of ours. A Date header cuts
// a part of a second off, so that the service may be a second further: the key must not end later than asked.
func (p *prosopo) lifetime(e apikey.Expiry) (int64, *Error) {
	now := p.now()
	if _, _, told := p.ServerTime(); told {
		now = now.Add(time.Second)
	}
	if err := e.Check(now); err != nil {
		return 0, invalidDraft(err.Error() + ", by the service's clock")
	}
	return e.Seconds(now), nil
}

// readBack completes a create's short answer from the list. The key exists and its secret is
// here: what fails now is a note, never an error that would lose them.
func (p *prosopo) readBack(ctx context.Context, created *apikey.Created) {
	id := created.Key.ID
	key, _, err := p.find(ctx, created.Secret, func(k *apikey.Key, row *prosopoRow) bool {
		return k.ID == id && id != "" || row.token().Equal(created.Secret)
	})
	switch {
	case key != nil:
		created.Key = *key
		created.Key.Matched = false
	case err != nil:
		created.Key.ExpiresAt = apikey.Moment{}
		created.Notes = append(created.Notes, "the expiry could not be read back: "+err.Error())
	default:
		created.Key.ExpiresAt = apikey.Moment{}
		created.Notes = append(created.Notes, "the new key is not in the list yet, so that its expiry could not be read back")
	}
}

// wirePermissions groups permissions by feature; a flat list where a feature is not known.
func (p *prosopo) wirePermissions(list []apikey.Permission) (any, *Error) {
	grouped, flat, unknown := map[string][]string{}, []string{}, false
	for _, perm := range list {
		if perm.Name == "" {
			return nil, invalidDraft("a permission has no name")
		}
		perm = p.features.place(perm)
		unknown = unknown || perm.Feature == ""
		name, feature := p.spelling.wire(perm.Name), p.spelling.wire(perm.Feature)
		grouped[feature] = append(grouped[feature], name)
		flat = append(flat, name)
	}
	if unknown {
		return flat, nil
	}
	return grouped, nil
}

// Update implements Service: there is no such call.
func (p *prosopo) Update(context.Context, string, apikey.Patch) (apikey.Key, error) {
	return apikey.Key{}, unsupported(opUpdate, p.Capabilities().Rename)
}

// Delete implements Service.
func (p *prosopo) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	ctx, done := p.operation(ctx)
	defer done()
	if id == "" {
		return apikey.Deleted{}, noID(opDelete)
	}
	c := call{op: opDelete, method: http.MethodPost, path: "/api-keys/delete", write: true, needs: "deleteApiKey",
		body: map[string]string{"apiKeyId": p.spelling.wire(id)}}
	return remove(ctx, p.transport, p.do, c)
}
