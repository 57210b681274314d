package client

import (
	"encoding/json"
	"strconv"
	"strings"

	"detent/apikey"
)

// fault is what an error body says, in any of the services' shapes:
//
//	{"error":{"code":403,"message":"…","key":"API.…"}}   {"error":"…"}   {"message":"…"}
//	{"error":"…","status":403,"message":"…","details":"…"}   {"success":false,"error":{"message":"…"}}
//
// Its strings are raw until fail scrubs them.
type fault struct {
	code    string
	message string
	status  int
	web     bool // the body is a web page
	json    bool // the body is a JSON object, as the services write their errors
}

// parseFault reads an error body; what it cannot read is an empty fault.
func parseFault(body []byte) fault {
	if looksLikeWebPage(body) {
		return fault{message: "answered with a web page instead of JSON: is the URL right, or is a proxy in between?", web: true}
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) == nil && members != nil {
		return faultOf(members)
	}
	var bare string
	if json.Unmarshal(body, &bare) != nil {
		bare = string(body)
	}
	return fault{message: bare}
}

func faultOf(members map[string]json.RawMessage) fault {
	f := fault{json: true}
	var inner struct {
		Code    text `json:"code"`
		Key     text `json:"key"`
		Type    text `json:"type"`
		Message text `json:"message"`
		Status  text `json:"status"`
	}
	var outer struct {
		Code    text            `json:"code"`
		Key     text            `json:"key"`
		Status  text            `json:"status"`
		Message text            `json:"message"`
		Error   text            `json:"error"`
		Details json.RawMessage `json:"details"`
	}
	raw, _ := json.Marshal(members)
	_ = json.Unmarshal(raw, &outer)
	_ = json.Unmarshal(members["error"], &inner)
	for _, number := range []text{inner.Status, inner.Code, outer.Status, outer.Code} {
		if n, err := strconv.Atoi(string(number)); err == nil && n >= 400 && n < 600 && f.status == 0 {
			f.status = n
		}
	}
	for _, code := range []text{inner.Key, inner.Code, inner.Type, outer.Code, outer.Key} {
		if _, err := strconv.Atoi(string(code)); err != nil && code != "" && f.code == "" {
			f.code = string(code)
		}
	}
	for _, said := range []text{outer.Error, inner.Message, outer.Message} {
		if f.code == "" && namesCode(string(said)) {
			f.code = string(said)
		}
	}
	parts := []string{firstOf(inner.Message, outer.Error)}
	for _, more := range []string{string(outer.Message), details(outer.Details)} {
		if more != "" && !strings.Contains(strings.Join(parts, ": "), more) {
			parts = append(parts, more)
		}
	}
	f.message = strings.TrimPrefix(strings.Join(parts, ": "), ": ")
	return f
}

// namesCode reports whether a message is a code of the service's and no words: API.INSUFFICIENT_PERMISSIONS.
func namesCode(said string) bool {
	return strings.Contains(said, ".") && !strings.ContainsFunc(said, func(r rune) bool {
		return r != '.' && r != '_' && (r < 'A' || r > 'Z')
	})
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

// words makes a text of the service fit for an error: no secret that is known or looks like one,
// no control characters, not too long. Redacted twice, as scrubbing may join what was cut apart.
func words(raw string, known ...apikey.Secret) string {
	hide := func(s string) string {
		for _, secret := range known {
			if secret.Len() >= 8 {
				s = secret.Redact(s)
			}
		}
		return secretLooking().ReplaceAllString(s, "[secret]")
	}
	return scrub(hide(scrub(hide(raw), len(raw)+1)), maxMessage)
}
