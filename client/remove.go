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

// remove makes a delete idempotent: a key that the service does not know is gone already. What an answer does not say is
// not taken for said: an empty 200, one that cannot be read and one of another shape are lost answers.
func (s *issuer) remove(ctx context.Context, c call) (apikey.Deleted, error) {
	var out apikey.Deleted
	err := s.send(ctx, c, func(a *answer) error {
		raw, err := io.ReadAll(a.body)
		switch {
		case err != nil:
			return err
		case len(bytes.TrimSpace(raw)) == 0 && (a.status == http.StatusNoContent || c.emptyYes && a.status == http.StatusOK):
			return nil
		case len(bytes.TrimSpace(raw)) == 0:
			return io.EOF // an empty 200 is not what any service says: was it the service?
		}
		if looksLikeWebPage(raw) {
			return errWebPage
		}
		out, err = readRemoved(raw, func(said string) string { return s.words(c, said) })
		return err
	})
	if e := asError(err); e != nil && e.Kind == NotFound {
		return apikey.Deleted{AlreadyGone: true, Message: e.Message}, nil
	}
	if err != nil {
		return apikey.Deleted{}, err
	}
	return out, nil
}

func readRemoved(raw []byte, words func(string) string) (apikey.Deleted, error) {
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
				return apikey.Deleted{}, badAnswer("the service does not acknowledge the delete: " + name + " is false")
			}
		}
		status := strings.ToLower(literal(object["status"]))
		if n, err := strconv.Atoi(status); err == nil && n >= 400 || slices.Contains([]string{"error", "failed", "failure", "fail", "denied", "rejected"}, status) {
			return apikey.Deleted{}, badAnswer("the service does not acknowledge the delete: its status is " + status)
		}
	}
	var reply struct {
		Message      text     `json:"message"`
		DeletedCount *float64 `json:"deletedCount"`
	}
	whole, _ := json.Marshal(members)
	if err := json.Unmarshal(whole, &reply); err != nil {
		return apikey.Deleted{}, err
	}
	return apikey.Deleted{AlreadyGone: reply.DeletedCount != nil && *reply.DeletedCount == 0, Message: words(string(reply.Message))}, nil
}
