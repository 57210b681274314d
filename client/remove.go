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
	var inside map[string]json.RawMessage
	_ = json.Unmarshal(members["data"], &inside)
	for _, object := range []map[string]json.RawMessage{members, inside} {
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
