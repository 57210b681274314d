package client

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"detent/apikey"
)

const (
	vertesiaKeys    = "/api/v1/apikeys"
	vertesiaKey     = "/api/v1/apikeys/{id}"
	vertesiaPublic  = "/api/v1/apikeys/pk"
	vertesiaVersion = "20260803"
)

// vertesia speaks to Composable Prompts, today Vertesia.
type vertesia struct {
	*transport
	exchange *exchange
	spelling verbatim
	level    atomic.Int32 // index in vertesiaLevels of the list that the credential may read
}

func openVertesia(opts Options) (*vertesia, *Error) {
	t, bad := newTransport(opts, vertesiaSpeaks)
	if bad != nil {
		return nil, bad
	}
	x, bad := newExchange(t)
	if bad != nil {
		return nil, bad
	}
	return &vertesia{transport: t, exchange: x}, nil
}

// Capabilities implements Service.
func (v *vertesia) Capabilities() apikey.Capabilities { return v.shownOnce(vertesiaCapabilities()) }

// call makes a call with the key itself, or with the JWT that the token server gave for it. A JWT
// that is refused is replaced once, for a read.
func (v *vertesia) call(ctx context.Context, c call, read func(*answer) error) error {
	c.paced, c.header = true, map[string]string{"x-api-version": vertesiaVersion}
	if c.write && v.opts.ReadOnly {
		return readOnly(c.op)
	}
	if !v.opts.Exchange {
		return v.do(ctx, c, read)
	}
	for {
		session, cached, err := v.exchange.session(ctx, c.op)
		if err != nil {
			return err
		}
		c.bearer = session
		err = v.do(ctx, c, read)
		if !IsKind(err, Unauthorized) {
			return err
		}
		v.exchange.forget(session)
		if c.write || !cached {
			return err
		}
	}
}

// vertesiaLevels are the ways to list, the widest first: a key of one project may not see the
// account, and an older service knows no levels.
var vertesiaLevels = []url.Values{{"level": {"account"}}, {"level": {"project"}}, nil}

// vertesiaLists are the members under which the list may be wrapped.
var vertesiaLists = []string{"data", "items", "apikeys"}

// read reads one list.
func (v *vertesia) read(ctx context.Context, level url.Values, start func(*answer), each func(apikey.Key), end func()) error {
	c := call{op: opList, method: http.MethodGet, path: vertesiaKeys, query: level, list: true, needs: "reader"}
	return v.call(ctx, c, func(a *answer) error {
		start(a)
		var row vertesiaRow
		_, err := decodeList(a.body, vertesiaLists, func(raw []byte) error {
			row = vertesiaRow{}
			if err := decodeRow(raw, &row, vertesiaNames); err != nil {
				return err
			}
			key, err := v.key(row)
			if err != nil {
				return err
			}
			each(key)
			return nil
		})
		if err == nil {
			end()
		}
		return err
	})
}

// OwnProject implements ProjectFinder by the list of the credential's own project.
func (v *vertesia) OwnProject(ctx context.Context) (project string, known bool, err error) {
	ctx, done := v.operation(ctx)
	defer done()
	seen := map[string]bool{}
	err = v.read(ctx, url.Values{"level": {"project"}}, func(*answer) { clear(seen) },
		func(k apikey.Key) { project = k.Project; seen[k.Project] = true }, func() {})
	return project, err == nil && len(seen) == 1 && project != "", err
}

// walk reads the widest list that the credential may read.
func (v *vertesia) walk(ctx context.Context, start func(*answer), each func(apikey.Key), end func()) error {
	var first error
	for i := v.level.Load(); int(i) < len(vertesiaLevels); i++ {
		err := v.read(ctx, vertesiaLevels[i], start, each, end)
		if err == nil {
			v.level.Store(i)
			return nil
		}
		if first == nil {
			first = err
		}
		if !IsKind(err, Forbidden) && !IsKind(err, Invalid) && !IsKind(err, NotFound) {
			return err
		}
	}
	return first
}

// List implements Service.
func (v *vertesia) List(ctx context.Context, each func([]apikey.Key)) error {
	ctx, done := v.operation(ctx)
	defer done()
	var c *collector
	return v.walk(ctx,
		func(a *answer) {
			c = &collector{each: each, answer: a, own: v.opts.Token, ownID: v.spelling.show(v.exchange.subject())}
		},
		func(k apikey.Key) { c.add(&k) },
		func() { c.finish() })
}

// Identify implements Identifier: by the subject of the secret's own session where a token server
// is configured, else by a mask that only one key has.
func (v *vertesia) Identify(ctx context.Context, secret apikey.Secret) (*apikey.Key, error) {
	ctx, done := v.operation(ctx)
	defer done()
	subject := ""
	if v.exchange.usable() && secret.Check() == nil {
		if s, err := v.exchange.issue(ctx, opProbe, secret); err == nil {
			subject = v.spelling.show(s.subject)
		}
	}
	var exact, masked []apikey.Key
	err := v.walk(ctx,
		func(*answer) { exact, masked = nil, nil },
		func(k apikey.Key) {
			if subject != "" && k.ID == subject {
				exact = append(exact, k)
			} else if maskOf(k.Masked, secret) {
				masked = append(masked, k)
			}
		}, func() {})
	if err != nil {
		return nil, err
	}
	if len(exact) == 0 {
		exact = masked
	}
	key := sameByMask(exact)
	if key != nil {
		key.Own = secret.Equal(v.opts.Token)
	}
	return key, nil
}

// Retrieve implements Retriever, for keys with can_retrieve_value.
func (v *vertesia) Retrieve(ctx context.Context, id string) (apikey.Secret, error) {
	ctx, done := v.operation(ctx)
	defer done()
	_, secret, err := v.get(ctx, id, url.Values{"withValue": {"true"}})
	return secret, err
}

func (v *vertesia) get(ctx context.Context, id string, query url.Values) (apikey.Key, apikey.Secret, error) {
	if bad := v.checkID(opGet, id); bad != nil {
		return apikey.Key{}, apikey.Secret{}, bad
	}
	return v.one(ctx, call{op: opGet, method: http.MethodGet, path: vertesiaKey, id: v.spelling.wire(id), query: query, needs: "reader"})
}

// one makes a call whose answer is one key.
func (v *vertesia) one(ctx context.Context, c call) (key apikey.Key, secret apikey.Secret, err error) {
	err = v.call(ctx, c, func(a *answer) error {
		_, raw, err := decodeObject(a.body, "data")
		if err != nil {
			return err
		}
		var row vertesiaRow
		if err := json.Unmarshal(raw, &row); err != nil {
			return err
		}
		key, err = v.key(row)
		secret = row.Value.Secret
		return err
	})
	return key, secret, err
}

// Create implements Service. The key lands in the project of the caller's credential.
func (v *vertesia) Create(ctx context.Context, draft apikey.Draft) (apikey.Created, error) {
	ctx, done := v.operation(ctx)
	defer done()
	if bad := checkDraft(draft, v.opts.Now()); bad != nil {
		return apikey.Created{}, bad
	}
	switch {
	case draft.Role == "":
		return apikey.Created{}, invalidDraft("a key needs a role")
	case draft.Type != "" && draft.Type != apikey.SecretKey && draft.Type != apikey.PublicKey:
		return apikey.Created{}, invalidDraft("a key's type is sk or pk")
	}
	body := map[string]any{"name": draft.Name, "role": v.spelling.wire(draft.Role)}
	if draft.Type != "" {
		body["type"] = draft.Type
	}
	now := v.now()
	if !draft.Expiry.IsNever() {
		body["expires_at"] = draft.Expiry.Instant(now).UTC().Format("2006-01-02T15:04:05.000Z07:00")
	}
	for name, raw := range draft.Extra {
		if slices.Contains(vertesiaExtras, name) {
			body[name] = raw
		}
	}
	key, secret, err := v.one(ctx, call{op: opCreate, method: http.MethodPost, path: vertesiaKeys, body: body, write: true, repeatable: true, needs: "developer"})
	if err != nil && !secret.IsZero() {
		return apikey.Created{Key: apikey.Key{Name: draft.Name}, Secret: secret, Notes: []string{noteNoID}}, nil
	}
	if err != nil {
		return apikey.Created{}, err
	}
	if secret.IsZero() {
		return apikey.Created{}, noSecret()
	}
	return apikey.Created{Key: key, Secret: secret, Bound: true, Notes: append(expiryNote(draft.Expiry, key.ExpiresAt, now), accessNotes(draft, key)...)}, nil
}

// Update implements Service.
func (v *vertesia) Update(ctx context.Context, id string, patch apikey.Patch) (apikey.Key, error) {
	ctx, done := v.operation(ctx)
	defer done()
	if bad := v.checkID(opUpdate, id); bad != nil {
		return apikey.Key{}, bad
	}
	body := map[string]any{}
	if patch.Name != nil {
		if bad := checkDraft(apikey.Draft{Name: *patch.Name}, v.opts.Now()); bad != nil {
			bad.Op = opUpdate
			return apikey.Key{}, bad
		}
		body["name"] = *patch.Name
	}
	if patch.Role != nil {
		body["role"] = v.spelling.wire(*patch.Role)
	}
	if patch.Enabled != nil {
		body["enabled"] = *patch.Enabled
	}
	if len(body) == 0 {
		return apikey.Key{}, &Error{Op: opUpdate, Kind: Invalid, Outcome: NotDone, Message: "there is nothing to change"}
	}
	key, _, err := v.one(ctx, call{op: opUpdate, method: http.MethodPut, path: vertesiaKey, id: v.spelling.wire(id), body: body, write: true, needs: "developer"})
	return key, err
}

// Delete implements Service.
func (v *vertesia) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	ctx, done := v.operation(ctx)
	defer done()
	if bad := v.checkID(opDelete, id); bad != nil {
		return apikey.Deleted{}, bad
	}
	return remove(ctx, v.transport, v.call, call{op: opDelete, method: http.MethodDelete, path: vertesiaKey, id: v.spelling.wire(id), write: true, needs: "admin"})
}

// checkID refuses an id that is another call's path: "pk" mints a public key.
func (v *vertesia) checkID(op, id string) *Error {
	if wire := v.spelling.wire(id); !usableID(wire) || wire == "pk" {
		return noID(op)
	}
	return nil
}

// RequestPublicKey implements PublicKeys. It is a GET that may mint, so that it counts as a write.
func (v *vertesia) RequestPublicKey(ctx context.Context, req apikey.PublicKeyRequest) (apikey.PublicKeyValue, error) {
	ctx, done := v.operation(ctx)
	defer done()
	if req.TTL < 0 || req.TTL > int64(apikey.MaxLifetime/time.Second) {
		return apikey.PublicKeyValue{}, &Error{Op: opPublic, Kind: Invalid, Outcome: NotDone, Message: "the lifetime must be from 1 second to 100 years"}
	}
	query := url.Values{}
	if req.Name != "" {
		query.Set("name", req.Name)
	}
	if req.Project != "" {
		query.Set("projectId", req.Project)
	}
	if req.TTL > 0 {
		query.Set("ttl", strconv.FormatInt(req.TTL, 10))
	}
	var out apikey.PublicKeyValue
	c := call{op: opPublic, method: http.MethodGet, path: vertesiaPublic, query: query, write: true, needs: "application"}
	err := v.call(ctx, c, func(a *answer) (err error) {
		out, err = decodePublicKey(a.body)
		return err
	})
	if err == nil {
		out.Rest, out.Notes = restNotes(req.TTL, out.ExpiresAt, v.now())
	}
	return out, err
}

// decodePublicKey reads {"expire_at","value"}, a JSON string, or the bare value.
func decodePublicKey(r io.Reader) (apikey.PublicKeyValue, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return apikey.PublicKeyValue{}, err
	}
	raw = bytes.TrimSpace(raw)
	var reply struct {
		Value     token    `json:"value"`
		ExpireAt  wireTime `json:"expire_at"`
		ExpiresAt wireTime `json:"expires_at"`
	}
	switch {
	case len(raw) == 0:
		return apikey.PublicKeyValue{}, io.EOF
	case looksLikeWebPage(raw):
		return apikey.PublicKeyValue{}, errWebPage
	case raw[0] == '{':
		_, object, err := decodeObject(bytes.NewReader(raw), "data")
		if err != nil {
			return apikey.PublicKeyValue{}, err
		}
		if err := json.Unmarshal(object, &reply); err != nil {
			return apikey.PublicKeyValue{}, err
		}
	case raw[0] == '"':
		if err := decodeOne(bytes.NewReader(raw), &reply.Value); err != nil {
			return apikey.PublicKeyValue{}, err
		}
	case isPrintable(string(raw)) && bytes.HasPrefix(raw, []byte("pk-")):
		reply.Value.Secret = apikey.NewSecret(string(raw))
	}
	if reply.Value.IsZero() {
		return apikey.PublicKeyValue{}, badAnswer("the answer holds no public key")
	}
	return apikey.PublicKeyValue{Value: reply.Value.Secret, ExpiresAt: firstTime(reply.ExpireAt, reply.ExpiresAt).orNever()}, nil
}

// The calls that a secret can be checked with.
const (
	vertesiaIssueCall   = "POST " + exchangePath
	vertesiaListCall    = "GET " + vertesiaKeys
	vertesiaSessionCall = vertesiaIssueCall + ", " + vertesiaListCall // a session that is no JWT: the list tells whether it is one
)

// Probe implements Service: by exchanging the secret where a token server is configured, else by the list, which the
// service's own 403 proves as well as a 200.
func (v *vertesia) Probe(ctx context.Context, secret apikey.Secret, call string) (apikey.Proof, error) {
	ctx, done := v.operation(ctx)
	defer done()
	if proof, bad := unusable(secret); bad {
		return proof, nil
	}
	switch {
	case call == vertesiaListCall, call == "" && !v.exchange.usable():
		return v.probeList(ctx, secret, vertesiaListCall)
	case !v.exchange.usable() || call != "" && call != vertesiaIssueCall && call != vertesiaSessionCall:
		return apikey.Proof{}, noSuchCall(call)
	}
	session, err := v.exchange.issue(ctx, opProbe, secret)
	e := asError(err)
	switch {
	case e == nil && !session.isJWT && call != vertesiaIssueCall:
		proof, err := v.probeList(ctx, session.token, vertesiaSessionCall)
		if proof.Verdict == apikey.Refused { // what was given for the secret is no session: who gave it is not the token server
			proof.Verdict, proof.Why = apikey.Silent, errForeign.Error()
		}
		return proof, err
	case e == nil && !session.isJWT:
		return apikey.Proof{Call: call, Status: http.StatusOK, Evidence: vertesiaIssueCall + " answered 200", Why: errForeign.Error()}, nil
	case e == nil:
		return apikey.Proof{Verdict: apikey.Accepted, Call: vertesiaIssueCall, Status: http.StatusOK, Evidence: vertesiaIssueCall + " answered 200",
			Can: []string{"be exchanged for a session"}, Unknown: []string{openRole}}, nil
	case call == "" && (e.Kind == Forbidden || e.Kind == NotFound || e.Kind == Invalid):
		return v.probeList(ctx, secret, vertesiaListCall) // a token server that does not serve: the key itself may
	}
	proof, err := v.judge(vertesiaIssueCall, answeredWith(vertesiaIssueCall), e)
	if call != "" {
		proof.Call = call
	}
	return proof, err
}

func (v *vertesia) probeList(ctx context.Context, bearer apikey.Secret, name string) (apikey.Proof, error) {
	c := call{op: opProbe, method: http.MethodGet, path: vertesiaKeys, bearer: bearer, list: true, needs: "reader", paced: true,
		header: map[string]string{"x-api-version": vertesiaVersion}}
	e := asError(v.do(ctx, c, listed(vertesiaLists, func(raw []byte) error {
		var row vertesiaRow
		err := decodeRow(raw, &row, vertesiaNames)
		return requireKey(string(row.ID), err)
	})))
	proof, err := v.judge(name, answeredWith(vertesiaListCall), e)
	switch {
	case proof.Verdict == apikey.Accepted && proof.Status == http.StatusOK:
		proof.Can = []string{"list keys"}
	case proof.Verdict == apikey.Accepted:
		proof.Cannot = []string{"list keys"}
	case proof.Verdict == apikey.Known:
		proof.Cannot = []string{"list keys from here"}
	}
	if proof.Verdict == apikey.Accepted || proof.Verdict == apikey.Known {
		proof.Unknown = []string{openRole}
	}
	return proof, err
}

// vertesiaSpeaks: {"error":"…","status":403}, with a message and details at most. A gateway's error often has more.
var vertesiaSpeaks = dialect{names: namedRole, verdict: roleVerdict, own: func(f fault) bool {
	known := []string{"details", "error", "message", "status"}
	return f.shape.text && f.status != 0 && !slices.ContainsFunc(strings.Fields(f.shape.members), func(name string) bool { return !slices.Contains(known, name) })
}}

// namedRole is the role that a refusal says is needed, else the one that the call needs.
func namedRole(message, needed string) string {
	words := strings.FieldsFunc(strings.ToLower(message), func(r rune) bool { return r != '_' && !unicode.IsLetter(r) })
	for i := range words {
		if i+3 < len(words) && words[i] == "role" && words[i+2] == "is" && words[i+3] == "needed" {
			return words[i+1]
		}
	}
	return needed
}
