package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Fault is what an error body says, in any of the services' shapes:
//
//	{"error":{"code":403,"message":"…","key":"API.…"}}   {"error":"…"}   {"message":"…"}
//	{"error":"…","status":403,"message":"…","details":"…"}   {"success":false,"error":{"message":"…"}}
//
// and in those of what stands in front of them, whose words are not lost either:
//
//	{"errors":[{"message":"…","code":…}]}   {"errors":["…"]}   {"errors":{"name":["…"]}}   [{"message":"…"}]
//	{"title":"…","detail":"…"}   {"error":"…","error_description":"…"}   {"msg":"…"}
//
// Its strings are raw until fail scrubs them.
type Fault struct {
	Code    string
	Message string
	Status  int
	WebPage bool // the body is a web page
	JSON    bool // the body is a JSON object, as the services write their errors
	Shape   Shape
}

// Shape is how a fault was written, by which a service's own is told from that of something in front of it.
type Shape struct {
	Members []string // of the object, in order
	No      bool     // success is there, and false
	Text    bool     // error is there, and a text
	Object  bool     // error is there, and an object
	Plain   bool     // it was no JSON, but words
}

// ParseFault reads an error body; what it cannot read is an empty fault.
func ParseFault(body []byte) Fault {
	if LooksLikeWebPage(body) {
		return Fault{Message: "answered with a web page instead of JSON: is the URL right, or is a proxy in between?", WebPage: true}
	}
	if members := Object(body); members != nil {
		return faultOf(members)
	}
	if len(List(body)) > 0 {
		f := faultOf(map[string]json.RawMessage{"errors": body})
		f.JSON = false // no service of ours writes an error so
		return f
	}
	var bare string
	if json.Unmarshal(body, &bare) != nil {
		bare = string(body)
	}
	return Fault{Message: bare, Shape: Shape{Plain: strings.TrimSpace(bare) != ""}}
}

func faultOf(members map[string]json.RawMessage) Fault {
	message := bytes.TrimSpace(members["error"])
	f := Fault{JSON: true, Shape: Shape{Members: slices.Sorted(maps.Keys(members)), No: Says(members["success"], false),
		Text: bytes.HasPrefix(message, []byte{'"'}) && len(message) > 2, Object: bytes.HasPrefix(message, []byte{'{'})}}
	var inner struct {
		Code    Text            `json:"code"`
		Key     Text            `json:"key"`
		Type    Text            `json:"type"`
		Message Text            `json:"message"`
		Status  Text            `json:"status"`
		Data    json.RawMessage `json:"data"` // what JSON-RPC says besides
	}
	var outer struct {
		Code    Text            `json:"code"`
		Key     Text            `json:"key"`
		Status  Text            `json:"status"`
		Message Text            `json:"message"`
		Error   Text            `json:"error"`
		Details json.RawMessage `json:"details"`

		Title       Text            `json:"title"`
		Detail      json.RawMessage `json:"detail"`
		Description Text            `json:"error_description"`
		Reason      Text            `json:"reason"`
		Msg         Text            `json:"msg"`
	}
	raw, _ := json.Marshal(members)
	_ = json.Unmarshal(raw, &outer)
	_ = json.Unmarshal(members["error"], &inner)
	for _, number := range []Text{inner.Status, inner.Code, outer.Status, outer.Code} {
		if n, err := strconv.Atoi(string(number)); err == nil && n >= 400 && n < 600 && f.Status == 0 {
			f.Status = n
		}
	}
	for _, code := range []Text{inner.Key, inner.Code, inner.Type, outer.Code, outer.Key} {
		if _, err := strconv.Atoi(string(code)); err != nil && code != "" && f.Code == "" {
			f.Code = string(code)
		}
	}
	for _, message := range []Text{outer.Error, inner.Message, outer.Message} {
		if f.Code == "" && namesCode(string(message)) {
			f.Code = string(message)
		}
	}
	codes, several := errorList(members["errors"])
	_, found := errorList(members["detail"])
	for _, code := range codes {
		if n, err := strconv.Atoi(code); err == nil && n >= 400 && n < 600 && f.Status == 0 {
			f.Status = n
		} else if err != nil && f.Code == "" {
			f.Code = code
		}
	}
	parts := []string{FirstOf(inner.Message, outer.Error)}
	rest := []string{string(outer.Message), details(outer.Details), string(outer.Title), details(outer.Detail), string(outer.Description), string(outer.Reason), string(outer.Msg), details(inner.Data)}
	for _, more := range slices.Concat(rest, several, found) {
		if more != "" && !strings.Contains(strings.Join(parts, ": "), more) {
			parts = append(parts, more)
		}
	}
	f.Message = strings.TrimPrefix(strings.Join(parts, ": "), ": ")
	if f.Message == "" {
		f.Message = strings.Join(nestedWords(members, 4), ": ")
	}
	return f
}

// wordings are the members that hold words, in small letters and without "_"; holders are those that hold such members.
var (
	wordings   = []string{"message", "errormessage", "errordescription", "description", "detail", "details", "reason", "error", "faultstring", "title", "msg", "text", "messages", "errors", "usermessage"}
	containers = []string{"fault", "data", "result", "response", "meta", "status", "body", "exception", "cause"}
)

// nestedWords looks for words in the shapes that nobody foresaw: under the names that words have, some levels down.
func nestedWords(members map[string]json.RawMessage, levels int) (found []string) {
	add := func(words ...string) {
		for _, w := range words {
			if w != "" && !slices.Contains(found, w) && len(found) < 5 {
				found = append(found, w)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		plain := strings.ReplaceAll(strings.ToLower(name), "_", "")
		says := slices.Contains(wordings, plain)
		if levels == 0 || !says && !slices.Contains(containers, plain) {
			continue
		}
		if says {
			add(details(members[name]))
		}
		for _, inner := range append(List(members[name]), members[name]) {
			add(nestedWords(Object(inner), levels-1)...)
		}
	}
	return found
}

// namesCode reports whether a message is a code of the service's and no words: API.INSUFFICIENT_PERMISSIONS.
func namesCode(message string) bool {
	return strings.Contains(message, ".") && !strings.ContainsFunc(message, func(r rune) bool {
		return r != '.' && r != '_' && (r < 'A' || r > 'Z')
	})
}

// errorList reads a list of errors, each a text or an object of its own, or one for each field.
func errorList(raw json.RawMessage) (codes, messages []string) {
	const most = 5
	fields := Object(raw)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if words := details(fields[name]); words != "" {
			messages = append(messages, name+" "+words)
		}
	}
	for _, item := range List(raw) {
		var one struct {
			Code    Text            `json:"code"`
			Status  Text            `json:"status"`
			Message Text            `json:"message"`
			Title   Text            `json:"title"`
			Detail  json.RawMessage `json:"detail"`
			Msg     Text            `json:"msg"`
		}
		if words := details(item); words != "" {
			messages = append(messages, words)
		} else if json.Unmarshal(item, &one) == nil {
			for _, code := range []Text{one.Status, one.Code} {
				if code != "" {
					codes = append(codes, string(code))
				}
			}
			if words := FirstOf(string(one.Message), details(one.Detail), string(one.Title), string(one.Msg)); words != "" {
				messages = append(messages, words)
			}
		}
	}
	return codes, messages[:min(len(messages), most)]
}

// details are shown where they are words; anything else is for programs.
func details(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, ", ")
	}
	return ""
}
