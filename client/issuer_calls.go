package client

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"detent/apikey"
	"detent/client/kit"
)

// send makes a call with the key itself, or with the session that the token server gave for it. A session that is refused is
// replaced once, for a read.
func (s *issuer) send(ctx context.Context, c call, read func(*answer) error) error {
	c.paced, c.header, c.scheme = s.d.Paced, s.d.Headers, s.own
	if c.write && s.opts.ReadOnly {
		return readOnly(c.op)
	}
	if s.sessions == nil {
		return s.do(ctx, c, read)
	}
	for {
		session, cached, err := s.sessions.session(ctx, c.op)
		if err != nil {
			return err
		}
		c.bearer = session
		err = s.do(ctx, c, read)
		if !IsKind(err, Unauthorized) {
			return err
		}
		s.sessions.forget(session)
		if c.write || !cached {
			return err
		}
	}
}

// checkID refuses an id that is another call's path.
func (s *issuer) checkID(op, id string) *Error {
	wire := s.spelling.wire(id)
	if !usableID(wire) {
		return noID(op)
	}
	for _, other := range s.d.OtherIDs {
		if wire == other {
			return noID(op)
		}
	}
	return nil
}

// about is a call about one key. Where the issuer names it by its secret, that is looked for in the list first.
func (s *issuer) about(ctx context.Context, op string, declared *kit.Call, id string, values map[apikey.Field]any) (call, error) {
	if bad := s.checkID(op, id); bad != nil {
		return call{}, bad
	}
	if values == nil {
		values = map[apikey.Field]any{}
	}
	if !s.d.Row.SecretIsID {
		values[apikey.FieldID] = s.spelling.wire(id)
		return s.request(op, declared, id, values), nil
	}
	if s.opts.ReadOnly && op != opGet {
		return call{}, readOnly(op)
	}
	found, err := s.inList(ctx, id)
	if err != nil {
		return call{}, err
	}
	if found.secret.IsZero() {
		return call{}, &Error{Op: op, Kind: NotFound, Status: http.StatusNotFound, Outcome: NotDone, Message: "the list has no such key", Own: true}
	}
	values[apikey.FieldID] = found.secret
	c := s.request(op, declared, id, values)
	c.idSecret = found.secret
	return c, nil
}

// one makes a call whose answer is one key.
func (s *issuer) one(ctx context.Context, c call, names []string) (key apikey.Key, secret apikey.Secret, err error) {
	err = s.send(ctx, c, func(a *answer) error {
		r := newRecord(&s.d.Row)
		if err := r.read(a.body, names); err != nil {
			return err
		}
		key, err = s.key(r)
		secret = r.secret()
		return err
	})
	return key, secret, err
}

// Update implements Service.
func (s *issuer) Update(ctx context.Context, id string, patch apikey.Patch) (apikey.Key, error) {
	ctx, done := s.operation(ctx)
	defer done()
	declared := s.d.Update
	if patch.Enabled != nil && patch.Name == nil && patch.Role == nil && patch.Expiry == nil && len(patch.Numbers) == 0 && s.d.Enable != nil && s.d.Disable != nil {
		declared = map[bool]*kit.Call{true: s.d.Enable, false: s.d.Disable}[*patch.Enabled]
	}
	if declared == nil {
		return apikey.Key{}, unsupported(opUpdate, s.Capabilities().Rename)
	}
	if bad := s.checkID(opUpdate, id); bad != nil {
		return apikey.Key{}, bad
	}
	values := map[apikey.Field]any{}
	if patch.Name != nil {
		if bad := checkDraft(apikey.Draft{Name: *patch.Name}, s.opts.Now(), s.d.Longest); bad != nil {
			bad.Op = opUpdate
			return apikey.Key{}, bad
		}
		values[apikey.FieldName] = *patch.Name
	}
	if patch.Role != nil {
		values[apikey.FieldRole] = s.spelling.wire(*patch.Role)
	}
	if patch.Enabled != nil {
		values[apikey.FieldEnabled] = *patch.Enabled
	}
	if bad := s.limits(declared, patch, values); bad != nil {
		return apikey.Key{}, bad
	}
	if len(values) == 0 {
		return apikey.Key{}, &Error{Op: opUpdate, Kind: Invalid, Outcome: NotDone, Message: "there is nothing to change"}
	}
	if s.opts.ReadOnly { // before what is changed is read
		return apikey.Key{}, readOnly(opUpdate)
	}
	values[fillChange] = true
	c, err := s.about(ctx, opUpdate, declared, id, values)
	if err != nil {
		return apikey.Key{}, err
	}
	c.write = true
	if declared.Whole {
		if c.body, c.ifMatch, err = s.wholeBody(ctx, declared, id, c.body); err != nil {
			return apikey.Key{}, err
		}
	}
	if declared.Silent {
		err := s.send(ctx, c, func(a *answer) error {
			_, err := acknowledged(a, "the change", declared.EmptyYes)
			return err
		})
		if err != nil {
			return apikey.Key{}, err
		}
		return s.look(ctx, id, patch, declared.As(apikey.FieldExpiry))
	}
	key, _, err := s.one(ctx, c, declared.Key)
	return key, err
}

// look finds a key that was changed, by an answer that shows none: whether it was is what the row shows. An end was sent in the form as.
func (s *issuer) look(ctx context.Context, id string, patch apikey.Patch, as string) (apikey.Key, error) {
	listed, err := s.inList(ctx, id)
	found := listed.key
	if e := asError(err); e != nil {
		e.Op, e.Outcome = opUpdate, Unknown
		return apikey.Key{}, e
	}
	if found.ID == "" {
		return found, &Error{Op: opUpdate, Kind: NotFound, Outcome: Unknown, Message: "the change was taken, and the list does not have the key", Hint: hintLook}
	}
	if patch.Name != nil && found.Name != *patch.Name || patch.Role != nil && found.Role != *patch.Role ||
		patch.Enabled != nil && found.Enabled != nil && *found.Enabled != *patch.Enabled || !s.showsLimits(found, patch, as) {
		return found, &Error{Op: opUpdate, Kind: BadAnswer, Outcome: Unknown, Message: "the change was answered, and the list does not show it", Hint: hintLook}
	}
	return found, nil
}

// Retrieve implements Retriever: by the declared call, else as far as the list has the secret.
func (s *issuer) Retrieve(ctx context.Context, id string) (apikey.Secret, error) {
	if !s.d.Can("retrieve") {
		return apikey.Secret{}, unsupported(opGet, s.Capabilities().Retrieve)
	}
	ctx, done := s.operation(ctx)
	defer done()
	if s.d.Retrieve == nil {
		listed, err := s.inList(ctx, id)
		return s.withID(id, listed.secret), err
	}
	c, err := s.about(ctx, opGet, s.d.Retrieve, id, nil)
	if err != nil {
		return apikey.Secret{}, err
	}
	_, secret, err := s.one(ctx, c, s.d.Retrieve.Key)
	return s.withID(id, secret), err
}

// OwnProject implements ProjectFinder: by the list of the credential's project.
func (s *issuer) OwnProject(ctx context.Context) (project string, known bool, err error) {
	if s.d.OwnProject == "" {
		return "", false, nil
	}
	ctx, done := s.operation(ctx)
	defer done()
	seen := map[string]bool{}
	_, err = s.page(ctx, s.queryOf(s.d.OwnProject), func(*answer) { clear(seen) },
		func(k *apikey.Key, _ apikey.Secret) { project = k.Project; seen[k.Project] = true })
	return project, err == nil && len(seen) == 1 && project != "", err
}

// RequestPublicKey implements PublicKeys. The call may mint, whatever its method, so that it counts as a write.
func (s *issuer) RequestPublicKey(ctx context.Context, req apikey.PublicKeyRequest) (apikey.PublicKeyValue, error) {
	if s.d.PublicKey == nil {
		return apikey.PublicKeyValue{}, unsupported(opPublic, s.Capabilities().PublicKeys)
	}
	ctx, done := s.operation(ctx)
	defer done()
	if req.TTL < 0 || req.TTL > int64(apikey.MaxLifetime/time.Second) {
		return apikey.PublicKeyValue{}, &Error{Op: opPublic, Kind: Invalid, Outcome: NotDone, Message: "the lifetime must be from 1 second to 100 years"}
	}
	p := s.d.PublicKey
	query := url.Values{}
	if req.Name != "" {
		query.Set(p.Name, req.Name)
	}
	if req.Project != "" {
		query.Set(p.Project, req.Project)
	}
	if req.TTL > 0 {
		query.Set(p.TTL, strconv.FormatInt(req.TTL, 10))
	}
	var out apikey.PublicKeyValue
	method, path, _ := strings.Cut(p.Call, " ")
	path = s.ofParents(path)
	err := s.send(ctx, call{op: opPublic, method: method, path: path, query: query, write: true, needs: p.Needs}, func(a *answer) (err error) {
		out, err = decodePublicKey(a.body)
		return err
	})
	if err == nil {
		out.Rest, out.Notes = restNotes(req.TTL, out.ExpiresAt, s.now())
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
