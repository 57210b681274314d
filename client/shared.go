package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"detent/apikey"
)

// What is tried, as the user would say it.
const (
	opList   = "list keys"
	opCreate = "create the key"
	opUpdate = "change the key"
	opDelete = "delete the key"
	opProbe  = "check the secret"
	opPublic = "request a public key"
	opGet    = "read the key"
)

func asError(err error) *Error {
	var e *Error
	errors.As(err, &e)
	return e
}

func unsupported(op string, why apikey.Ability) *Error {
	return &Error{Op: op, Kind: Unsupported, Outcome: NotDone, Message: why.Why}
}

var shownOnce = apikey.Cannot("the service shows a secret once")

// shownOnce takes back what a service of this contract can do and this one cannot.
func (t *transport) shownOnce(c apikey.Capabilities) apikey.Capabilities {
	if t.opts.ShownOnce {
		c.Retrieve = shownOnce
	}
	return c
}

func noID(op string) *Error {
	return &Error{Op: op, Kind: Invalid, Outcome: NotDone, Message: "there is no key with such an id"}
}

func invalidDraft(message string) *Error {
	return &Error{Op: opCreate, Kind: Invalid, Outcome: NotDone, Message: message}
}

// checkDraft refuses before anything is sent what every service would refuse.
func checkDraft(d apikey.Draft, now time.Time) *Error {
	switch {
	case strings.TrimSpace(d.Name) == "":
		return invalidDraft("a key needs a name")
	case utf8.RuneCountInString(d.Name) > maxName:
		return invalidDraft(fmt.Sprintf("the name is over %d characters", maxName))
	}
	if err := d.Expiry.Check(now); err != nil {
		return invalidDraft(err.Error())
	}
	return nil
}

// unusable is the proof for what cannot be a secret: nothing is sent.
func unusable(secret apikey.Secret) (apikey.Proof, bool) {
	if err := secret.Check(); err != nil {
		return apikey.Proof{Did: "nothing was sent: " + err.Error()}, true
	}
	return apikey.Proof{}, false
}

// doer makes a call with the service's own way of authenticating.
type doer func(ctx context.Context, c call, read func(*answer) error) error

// noteNoID goes with a secret whose key is not named: what is in hand is not lost for that.
const noteNoID = "the answer does not say the new key's id: look it up in the list by its name"

// decodeCreated reads the answer to a create into row. A secret may stand beside the wrapped key: beside is what
// the answer as a whole says.
func decodeCreated[R any](r io.Reader, row, beside *R, names ...string) error {
	var whole json.RawMessage
	if err := decodeOne(r, &whole); err != nil {
		return err
	}
	_, raw, err := decodeObject(bytes.NewReader(whole), names...)
	if err != nil {
		return err
	}
	return errors.Join(json.Unmarshal(raw, row), json.Unmarshal(whole, beside))
}

// noSecret is a create that was answered, but without what it is for.
func noSecret() *Error {
	return &Error{Op: opCreate, Kind: BadAnswer, Outcome: Unknown, Message: "the answer to the create holds no secret", Hint: hintLook}
}

// remove makes a delete idempotent: a key that the service does not know is gone already.
func remove(ctx context.Context, t *transport, do doer, c call) (apikey.Deleted, error) {
	var out apikey.Deleted
	err := do(ctx, c, func(a *answer) error {
		raw, err := io.ReadAll(a.body)
		switch {
		case err != nil || len(raw) == 0 && a.status == http.StatusNoContent:
			return err
		case len(bytes.TrimSpace(raw)) == 0:
			return io.EOF // an empty 200 is not what any service says: was it the service?
		}
		if looksLikeWebPage(raw) {
			return errWebPage
		}
		members, _, err := decodeObject(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		var said struct {
			Message      text     `json:"message"`
			Acknowledged *bool    `json:"acknowledged"`
			DeletedCount *float64 `json:"deletedCount"`
		}
		whole, _ := json.Marshal(members)
		if err := json.Unmarshal(whole, &said); err != nil {
			return err
		}
		if said.Acknowledged != nil && !*said.Acknowledged {
			return badAnswer("the service does not acknowledge the delete")
		}
		out.AlreadyGone = said.DeletedCount != nil && *said.DeletedCount == 0
		out.Message = words(string(said.Message), t.secrets(c)...)
		return nil
	})
	if e := asError(err); e != nil && e.Kind == NotFound {
		return apikey.Deleted{AlreadyGone: true, Message: e.Message}, nil
	}
	return out, err
}
