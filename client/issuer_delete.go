package client

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"detent/apikey"
	"detent/client/kit"
)

// removed are the members by which a service says what it did. An object that has others alone is somebody else's answer.
var removed = []string{"success", "message", "acknowledged", "deletedCount", "deleted", "ok", "status", "result", "data", "id", "_id", "apiKeyId", "apiKey", "key", "object", "error", "errors", "revoked"}

// remove makes a delete idempotent: a key that the service does not know is gone already.
func (s *issuer) remove(ctx context.Context, c call, send func(context.Context, call, func(*answer) error) error) (apikey.Deleted, error) {
	var out apikey.Deleted
	err := send(ctx, c, func(a *answer) (err error) {
		out, err = acknowledged(a, "the delete", c.emptyYes)
		return err
	})
	if IsKind(err, NotFound) {
		return apikey.Deleted{AlreadyGone: true}, nil
	}
	if err != nil {
		return apikey.Deleted{}, err
	}
	return out, nil
}

// acknowledged reads an answer that shows no key, and may say no all the same. What it does not say is not taken for said: an empty 200,
// one that cannot be read and one of another shape are lost answers.
func acknowledged(a *answer, what string, emptyYes bool) (apikey.Deleted, error) {
	raw, err := io.ReadAll(a.body)
	switch empty := len(bytes.TrimSpace(raw)) == 0; {
	case err != nil:
		return apikey.Deleted{}, err
	case empty && (a.status == http.StatusNoContent || emptyYes && a.status == http.StatusOK):
		return apikey.Deleted{}, nil
	case empty:
		return apikey.Deleted{}, io.EOF // an empty 200 is not what any service says: was it the service?
	case looksLikeWebPage(raw):
		return apikey.Deleted{}, errWebPage
	}
	members, _, err := decodeObject(bytes.NewReader(raw))
	if err != nil {
		return apikey.Deleted{}, err
	}
	known := func(name string) bool { return members[name] != nil }
	if len(members) > 0 && !slices.ContainsFunc(removed, known) {
		return apikey.Deleted{}, &foreignError{badAnswer("the answer does not say what was done")}
	}
	for _, object := range []map[string]json.RawMessage{members, objectOf(members["data"])} {
		for _, name := range []string{"success", "acknowledged", "deleted", "ok", "revoked", "result"} {
			if raw := object[name]; says(raw, false) && (name != "result" || string(raw) != "0") { // 0 may be a result of "no error"
				return apikey.Deleted{}, badAnswer("the service does not acknowledge " + what + ": " + name + " is false")
			}
		}
		status := strings.ToLower(literal(object["status"]))
		if n, err := strconv.Atoi(status); err == nil && n >= 400 || slices.Contains([]string{"error", "failed", "failure", "fail", "denied", "rejected"}, status) {
			return apikey.Deleted{}, badAnswer("the service does not acknowledge the delete: its status is " + status)
		}
	}
	var count *float64
	if raw := members["deletedCount"]; raw != nil {
		if err := json.Unmarshal(raw, &count); err != nil {
			return apikey.Deleted{}, err
		}
	}
	return apikey.Deleted{AlreadyGone: count != nil && *count == 0}, nil
}

// Delete implements Service.
func (s *issuer) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	ctx, done := s.operation(ctx)
	defer done()
	if s.d.Delete == nil {
		return apikey.Deleted{}, unsupported(opDelete, s.Capabilities().Delete)
	}
	c, err := s.about(ctx, opDelete, s.d.Delete, id, nil)
	if IsKind(err, NotFound) && s.d.Row.SecretIsID {
		return apikey.Deleted{AlreadyGone: true}, nil
	}
	if err != nil {
		return apikey.Deleted{}, err
	}
	c.write, c.emptyYes = true, s.d.Delete.EmptyYes
	gone, err := s.remove(ctx, c, s.send)
	if e := asError(err); e != nil && e.Outcome == NotDone && s.d.Delete.MaybeGone != "" && anyOf(strings.ToLower(e.Message), s.d.Delete.MaybeGone) {
		if listed, failed := s.inList(ctx, id); failed == nil && listed.key.ID == "" {
			return apikey.Deleted{AlreadyGone: true}, nil
		}
	}
	return gone, err
}

// DeleteBySecret implements SelfDeleter.
func (s *issuer) DeleteBySecret(ctx context.Context, id string, secret apikey.Secret) (apikey.Deleted, error) {
	ctx, done := s.operation(ctx)
	defer done()
	if s.selfDelete() == "" {
		return apikey.Deleted{}, unsupported(opDelete, apikey.Cannot("the service has no call by which a secret deletes its own key"))
	}
	if bad := s.checkID(opDelete, id); bad != nil {
		return apikey.Deleted{}, bad
	}
	c := s.byKey(s.request(opDelete, &kit.Call{Call: s.selfDelete()}, id, nil), secret)
	c.write, c.emptyYes = true, s.d.Delete.EmptyYes
	out, err := s.remove(ctx, c, s.do)
	if e := asError(err); e != nil && e.Kind == Unauthorized {
		e.Hint = "It is the leaked secret that was refused: it is dead already, or may not do this. Verify it, or delete the key with the profile's credential."
	}
	return out, err
}
