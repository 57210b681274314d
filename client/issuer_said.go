package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"detent/apikey"
	"detent/client/wire"
)

// said is what an answer that shows no key says of what was asked for. A no is an error.
type said struct {
	none bool   // there was no such key
	open string // what was answered, where that is no yes and no no; empty for a yes
}

// What an answer says yes or no by: flags that are true or false, and a status in words or of HTTP.
var (
	yesFlags = []string{"success", "acknowledged", "deleted", "removed", "revoked", "invalidated", "updated", "ok", "result"}
	yesWords = []string{"ok", "success", "successful", "succeeded", "deleted", "removed", "revoked", "invalidated", "done", "completed"}
	noWords  = []string{"error", "failed", "failure", "fail", "denied", "rejected"}
	idsOf    = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:previously_?)?(?:deleted|removed|revoked|invalidated)`)
	})
	// countOf is what an answer says of how many keys something was done to.
	countOf = sync.OnceValue(func() *regexp.Regexp {
		const done = `(?:deleted|removed|revoked|invalidated|affected|matched|modified|updated|changed)`
		return regexp.MustCompile(`(?i)^(?:` + done + `(?:_?(?:count|rows|keys|tokens|items))?|(?:count|rows|keys|tokens|items|num|number|total)_?` + done + `|count|changes|n)$`)
	})
)

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
	objects := []map[string]json.RawMessage{members, wire.Object(members["data"]), wire.Object(members["result"])}
	for _, object := range objects {
		if err := denied(object, what); err != nil {
			return said{}, err
		}
	}
	var count *float64
	if raw := members["deletedCount"]; raw != nil {
		if err := json.Unmarshal(raw, &count); err != nil {
			return said{}, err
		}
	}
	switch {
	case count != nil && *count == 0:
		return said{none: true}, nil
	case begun || members == nil:
	case count != nil, s.granted(objects, c.id), enveloped(members):
		return said{}, nil
	}
	return open, nil
}

// enveloped reports whether an answer is an envelope around nothing, as a service has it that puts what it says into data.
func enveloped(members map[string]json.RawMessage) bool {
	for name, raw := range members {
		if name != "meta" && (name != "data" || string(bytes.TrimSpace(raw)) != "{}") {
			return false
		}
	}
	return members["data"] != nil
}

// denied is the no that an object of the answer says.
func denied(object map[string]json.RawMessage, what string) error {
	for _, name := range yesFlags {
		if raw := object[name]; wire.Says(raw, false) && (name != "result" || string(raw) != "0") { // 0 may be a result of "no error"
			return wire.BadAnswer("the service does not acknowledge " + what + ": " + name + " is false")
		}
	}
	status := strings.ToLower(wire.Literal(object["status"]))
	if n, err := strconv.Atoi(status); err == nil && n >= 400 || slices.Contains(noWords, status) {
		return wire.BadAnswer("the service does not acknowledge " + what + ": its status is " + status)
	}
	return nil
}

// granted reports whether the objects of an answer say yes: by a flag or a status, or by the key's own id where nothing else is told. A yes
// that names another key is none to this one.
func (s *issuer) granted(objects []map[string]json.RawMessage, id string) (yes bool) {
	names := slices.Concat(s.d.Row.ID, []string{"id", "_id"})
	rpc := objects[0]["jsonrpc"] != nil // whose id is that of the request
	told := false
	for _, object := range objects {
		told = told || slices.ContainsFunc([]string{"message", "msg", "detail", "reason"}, func(name string) bool { return !wire.IsNothing(object[name]) })
	}
	for _, object := range objects {
		if raw := object["status"]; raw != nil {
			word := strings.ToLower(wire.Literal(raw))
			n, err := strconv.Atoi(word)
			if done := wire.Says(raw, true) || slices.Contains(yesWords, word) || err == nil && n/100 == 2 && n != http.StatusAccepted && n != http.StatusMultiStatus; !done {
				return false // "pending", and what is not known
			}
			yes = true
		}
		for name, raw := range object {
			if (name == "error" || name == "errors") && !wire.IsNothing(raw) || countOf().MatchString(name) && (wire.IsNothing(raw) || wire.Literal(raw) == "0") {
				return false // a yes that has its no beside it
			}
			switch {
			case slices.Contains(yesFlags, name) && wire.Says(raw, true):
				yes = true
			case idsOf().MatchString(name) && (isID(raw, id) || slices.ContainsFunc(wire.List(raw), func(one json.RawMessage) bool { return isID(one, id) })):
				yes = true
			case slices.Contains(names, name) && id != "" && !wire.IsNothing(raw) && !rpc:
				if !isID(raw, id) {
					return false
				}
				yes = yes || !told
			}
		}
	}
	return yes || rpc && !wire.IsNothing(objects[0]["result"])
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

func isID(raw json.RawMessage, id string) bool {
	var t wire.Text
	return id != "" && t.UnmarshalJSON(raw) == nil && string(t) == id
}

// shortened is what is repeated of an answer.
func shortened(text string) string {
	const most = 120
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return text
}

// ErrStillListed is why it is open whether a key was deleted that the list still has.
var ErrStillListed = fmt.Errorf("the list still has the key")

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
