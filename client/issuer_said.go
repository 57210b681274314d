package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client/wire"
)

// said is what an answer that shows no key says of what was asked for. A no is an error.
type said struct {
	none bool   // there was no such key
	open string // what was answered, where that is no yes and no no; empty for a yes
	took bool   // and that is 202, of what was begun
}

// acknowledged reads an answer that shows no key. What it does not say is not taken for said: an empty 200, one that is cut and a web page
// are lost answers; 202 and 207 say that something was begun, or done in part.
func (s *issuer) acknowledged(a *answer, c call, what string) (said, error) {
	raw, err := io.ReadAll(a.body)
	raw = bytes.TrimSpace(bytes.TrimPrefix(raw, []byte(wire.BOM)))
	begun := a.status == http.StatusAccepted || a.status == http.StatusMultiStatus
	open := said{open: strings.TrimSpace(fmt.Sprintf("%d %s", a.status, shortened(s.words(c, string(raw)))))}
	switch {
	case err != nil:
		return said{}, err
	case len(raw) == 0 && (a.status == http.StatusNoContent || c.emptyYes && a.status == http.StatusOK):
		return said{}, nil
	case len(raw) == 0 && begun:
		return open, nil
	case len(raw) == 0:
		return said{}, io.EOF // an empty 200 is not what any service says: was it the service?
	case wire.LooksLikeWebPage(raw):
		return said{}, wire.ErrWebPage
	case string(raw) == "true" && !begun:
		return said{}, nil
	case string(raw) == "false":
		return said{}, &wire.Refused{Fault: wire.Fault{Message: "the service answers " + what + " with false", JSON: true, Shape: wire.Shape{No: true}}}
	case raw[0] != '{' && raw[0] != '[' && raw[0] != '"':
		return open, nil // words, a number, null
	}
	var whole json.RawMessage
	if err := wire.DecodeOne(bytes.NewReader(raw), &whole); err != nil {
		return said{}, err
	}
	members := wire.Object(raw)
	if err := wire.Refusal(members); err != nil {
		return said{}, err
	}
	yes, none, err := wire.Acknowledges(members, slices.Concat(s.d.Row.ID, []string{"id", "_id"}), c.id, what)
	if err != nil {
		return said{}, err
	}
	if none || yes && !begun && members != nil {
		return said{none: none}, nil
	}
	open.took = members != nil && a.status == http.StatusAccepted
	return open, nil
}

// despite is the failure of a call whose answer of success says no, where that shows the key all the same: which of the two holds is not known.
// shows is asked of what is left of the answer without its no.
func (s *issuer) despite(no error, whole []byte, names []string, shows func(r *wire.Record) bool) error {
	if !errors.As(no, new(*wire.Refused)) {
		return no
	}
	members := wire.Object(whole)
	for _, name := range []string{"success", "error", "errors"} {
		delete(members, name)
	}
	rest, err := json.Marshal(members)
	for _, names := range [][]string{names, nil} {
		if r := wire.NewRecord(&s.d.Row); err == nil && r.Read(bytes.NewReader(rest), names) == nil && shows(r) {
			return wire.BadAnswer("the answer says no and shows the key all the same: " + no.Error())
		}
	}
	return no
}

// shortened is what is repeated of an answer.
func shortened(text string) string {
	const most = 120
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return text
}

// ErrStillListed is why it is open whether a key was deleted that the list still has; ErrBegun, where the service answered that it took the deletion.
var (
	ErrStillListed = fmt.Errorf("the list still has the key")
	ErrBegun       = fmt.Errorf("the deletion was taken, and %w", ErrStillListed)
)

// usualLag is how long the list is looked at where nothing is declared.
const usualLag = 5 * time.Second

// awaited looks at a key in the list until it fits, for as long as the list may be behind; a key without an id is one that the list does not
// have. A call that must not wait looks once.
func (s *issuer) awaited(ctx context.Context, id string, fits func(*apikey.Key) bool) (key apikey.Key, fit bool, err error) {
	lag, wait := s.d.Truth.ListLag.Duration, time.Second
	if lag == 0 {
		lag = usualLag
	}
	for waited := time.Duration(0); ; waited += wait {
		found, err := s.inListInTime(ctx, id)
		if err != nil && waited == 0 {
			return apikey.Key{}, false, err
		}
		if err == nil {
			key = found.key
		}
		if err == nil && fits(&key) {
			return key, true, nil
		}
		if err != nil || atOnce(ctx) || waited >= lag || s.opts.Sleep(ctx, wait) != nil {
			return key, false, nil
		}
	}
}

func (s *issuer) inListInTime(ctx context.Context, id string) (listedKey, error) {
	ctx, done := s.operation(ctx)
	defer done()
	return s.inList(ctx, id)
}

// openAnswer is the failure of a write whose answer leaves open what was done, and so does what was looked at then.
func openAnswer(c call, open, seen string) *Error {
	return &Error{Op: c.op, Kind: BadAnswer, Outcome: Unknown, Message: "the answer, " + open + ", is no yes and no no, and " + seen, Hint: hintLook}
}
