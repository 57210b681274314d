package wire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

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

// Acknowledges reads an answer that is an object and shows no key: whether it says yes to what was asked for, of the key of an id, which it has
// under one of names; or that there was no such key. A no is an error; an answer that is neither is no yes.
func Acknowledges(members map[string]json.RawMessage, names []string, id, what string) (yes, none bool, err error) {
	objects := []map[string]json.RawMessage{members, Object(members["data"]), Object(members["result"])}
	for _, object := range objects {
		if err := denied(object, what); err != nil {
			return false, false, err
		}
	}
	var count *float64
	if raw := members["deletedCount"]; raw != nil {
		if err := json.Unmarshal(raw, &count); err != nil {
			return false, false, err
		}
	}
	return count != nil || granted(objects, names, id) || enveloped(members), count != nil && *count == 0, nil
}

// denied is the no that an object of the answer says.
func denied(object map[string]json.RawMessage, what string) error {
	for _, name := range yesFlags {
		if raw := object[name]; Says(raw, false) && (name != "result" || string(raw) != "0") { // 0 may be a result of "no error"
			return BadAnswer("the service does not acknowledge " + what + ": " + name + " is false")
		}
	}
	status := strings.ToLower(Literal(object["status"]))
	if n, err := strconv.Atoi(status); err == nil && n >= 400 || slices.Contains(noWords, status) {
		return BadAnswer("the service does not acknowledge " + what + ": its status is " + status)
	}
	return nil
}

// granted reports whether the objects of an answer say yes: by a flag or a status, or by the key's own id where nothing else is told. A yes
// that names another key is none to this one.
func granted(objects []map[string]json.RawMessage, names []string, id string) (yes bool) {
	rpc := objects[0]["jsonrpc"] != nil // whose id is that of the request
	told := false
	for _, object := range objects {
		told = told || slices.ContainsFunc([]string{"message", "msg", "detail", "reason"}, func(name string) bool { return !IsNothing(object[name]) })
	}
	for _, object := range objects {
		if raw := object["status"]; raw != nil {
			word := strings.ToLower(Literal(raw))
			n, err := strconv.Atoi(word)
			if done := Says(raw, true) || slices.Contains(yesWords, word) || err == nil && n/100 == 2 && n != http.StatusAccepted && n != http.StatusMultiStatus; !done {
				return false // "pending", and what is not known
			}
			yes = true
		}
		for name, raw := range object {
			if (name == "error" || name == "errors") && !IsNothing(raw) || countOf().MatchString(name) && (IsNothing(raw) || Literal(raw) == "0") {
				return false // a yes that has its no beside it
			}
			switch {
			case slices.Contains(yesFlags, name) && Says(raw, true):
				yes = true
			case idsOf().MatchString(name) && (isID(raw, id) || slices.ContainsFunc(List(raw), func(one json.RawMessage) bool { return isID(one, id) })):
				yes = true
			case slices.Contains(names, name) && id != "" && !IsNothing(raw) && !rpc:
				if !isID(raw, id) {
					return false
				}
				yes = yes || !told
			}
		}
	}
	return yes || rpc && !IsNothing(objects[0]["result"])
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

func isID(raw json.RawMessage, id string) bool {
	var t Text
	return id != "" && t.UnmarshalJSON(raw) == nil && string(t) == id
}
