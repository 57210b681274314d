package kit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"detent/apikey"
)

// Call is one request.
type Call struct {
	// Call is the method and the path: "GET /v1/keys/{id}". {id} is one segment, whatever the id holds; {NAME} is a parent's.
	Call string `toml:"call"`
	// Send is the body, member by member: a text, number, boolean, list or table as it is sent, and in any place of it a Value. An
	// empty table is an empty object; without it there is no body.
	Send map[string]any `toml:"send"`
	// SendAs is "form" for a body that is written as a form of a web page (application/x-www-form-urlencoded), and JSON where nothing is said.
	SendAs string `toml:"send_as"`
	// Fields are sent under the members that the row has for them: a time as rfc3339, permissions as a list. What goes otherwise is in Send.
	Fields []apikey.Field `toml:"fields"`
	// Body is Send and Fields, read.
	Body map[string]Value `toml:"-"`
	// Query is the query of the address: "withValue=true&project={project}". In a call about a key it may have {id} in the path's place.
	Query string `toml:"query"`
	// Key are the members under which a key may be in the answer, where it is not the answer itself: "data", "result.tokens.0".
	Key Members `toml:"key"`
	// Silent says that the answer to an update shows no key: it is looked up in the list.
	Silent bool `toml:"silent"`
	// Whole says that a change sends the whole object: it is read by Read first ("GET /v1/keys/{id}", under Key where it is not the answer
	// itself), what Send has takes its place in it, and what Omit names or leads to is left out. Between, it is read once more: where somebody else
	// wrote meanwhile, nothing is sent, and the error names what differs. An ETag is sent back as If-Match.
	Whole bool    `toml:"whole"`
	Read  string  `toml:"read"`
	Omit  Members `toml:"omit"`
	// Needs is the role or permission without which the call is refused.
	Needs string `toml:"needs"`
	// EmptyYes says that an empty answer of 200 is the issuer's yes to a deletion, or to a silent change. Else it is no answer.
	EmptyYes bool `toml:"empty_yes"`
	// MaybeGone are words "a|b", in small letters, of a refusal of a deletion that is said of a key that is not there, and of other
	// things too: then the list tells.
	MaybeGone string `toml:"maybe_gone"`
	// OffFirst says that only a key that is off can be deleted: it is switched off before.
	OffFirst bool `toml:"off_first"`
	// BySecret is the call by which a secret deletes its own key, sent as the key's own requests are: "DELETE /v1/keys/self". One that
	// leaked ends so, whatever the profile's credential may.
	BySecret string `toml:"by_secret"`
}

// Value is what a member of a body holds. In a declaration, a table that has field, parent, login or secret is a place for
//
//	{ field = "name" }        a field of the draft or the change, or the id of the key that the call is about
//	{ parent = "project" }    a parent of the profile
//	{ login = "user" }        the first half of a credential USER:PASSWORD, "password" the second; in the call of a login alone
//	{ secret = true }         the secret that is tried; in a probe alone
//
// and everything else is sent as it stands. Where there is nothing for a field, its member is left out, unless else says what is
// sent then, or null = true that null is.
type Value struct {
	Field apikey.Field
	// As is how a field is written. A time: "rfc3339", "rfc3339-ms", "date", "unix", "unix-ms", "unix-text"; what is left of it:
	// "seconds", "seconds-text", "days"; "word" for that of expiry.words. Permissions: "list" of their names, "grouped" under their features where all of them are known, "words" with a blank
	// between, "objects" for [{Member: …}], "members" for {Each: Value}, "ids" for [{"id": …}] of each. A role: "number". Enabled: "state" for the first word of row.state's on or off.
	As string
	// Member is that of each object of as = "objects"; Each, with {} for the word, and Value are the name and the value of each member of as =
	// "members".
	Member string
	Each   string
	Value  any
	Else   any
	Null   bool
	Parent string
	Login  string
	Secret bool

	Object  map[string]Value
	List    []Value
	Literal any
}

// maxNested bounds how deep a body is.
const maxNested = 8

// readBody reads what a declaration has sent. What a place says wrong is refused by its member; what else it says counts.
func (c *checker) readBody(field string, send map[string]any) map[string]Value {
	if send == nil {
		return nil
	}
	out := map[string]Value{}
	for _, name := range slices.Sorted(maps.Keys(send)) {
		v, err := readValue(send[name], 1)
		if err != nil {
			c.undecoded(field+"."+name, "%s", err)
		}
		out[name] = v
	}
	return out
}

func readValue(raw any, depth int) (v Value, err error) {
	if depth > maxNested {
		return v, fmt.Errorf("is nested over %d deep", maxNested)
	}
	switch raw := raw.(type) {
	case []any:
		v.List = []Value{}
		for _, item := range raw {
			one, bad := readValue(item, depth+1)
			err, v.List = cmp.Or(err, bad), append(v.List, one)
		}
		return v, err
	case map[string]any:
		return readTable(raw, depth)
	case float64:
		if math.IsNaN(raw) || math.IsInf(raw, 0) {
			return v, fmt.Errorf("is no number that JSON has")
		}
		v.Literal = raw
		return v, nil
	case string, bool, int64:
		v.Literal = raw
		return v, nil
	}
	return v, fmt.Errorf("is no text, number, boolean, list or table")
}

// stands checks a part of a place that is sent as it stands.
func stands(raw any) error {
	v, err := readValue(raw, 1)
	(&Call{Body: map[string]Value{"": v}}).each(func(_ string, v Value) {
		if err == nil && v.Literal == nil {
			err = fmt.Errorf("is sent as it stands: there is no place in it")
		}
	})
	return err
}

func readTable(raw map[string]any, depth int) (v Value, err error) {
	for _, kind := range []string{"field", "parent", "login", "secret"} {
		if _, has := raw[kind]; has {
			return v, v.place(kind, raw)
		}
	}
	v.Object = map[string]Value{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		item, bad := readValue(raw[name], depth+1)
		if bad != nil {
			err = cmp.Or(err, fmt.Errorf("%s: %w", name, bad))
		}
		v.Object[name] = item
	}
	return v, err
}

// place reads a table that stands for what is not known before the call.
func (v *Value) place(kind string, raw map[string]any) (err error) {
	allowed := map[string][]string{"field": {"field", "as", "member", "each", "value", "else", "null"}, "parent": {"parent"}, "login": {"login"}, "secret": {"secret"}}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		item := raw[name]
		text, isText := item.(string)
		flag, isFlag := item.(bool)
		switch {
		case !slices.Contains(allowed[kind], name):
			err = cmp.Or(err, fmt.Errorf("a place for %q has no %q: %s", kind, name, oneOf(allowed[kind])))
		case name == "else" || name == "value":
			if bad := stands(item); bad != nil {
				err = cmp.Or(err, fmt.Errorf("%q %w", name, bad))
			}
			if name == "else" {
				v.Else = item
			} else {
				v.Value = item
			}
		case name == "member" && isText:
			v.Member = text
		case name == "each" && isText:
			v.Each = text
		case (name == "field" || name == "parent") && isText && text == "":
			err = cmp.Or(err, fmt.Errorf("%q is empty", name))
		case name == "null" && isFlag:
			v.Null = flag
		case name == "secret" && isFlag && flag:
			v.Secret = true
		case name == "field" && isText:
			v.Field = apikey.Field(text)
		case name == "as" && isText:
			v.As = text
		case name == "parent" && isText:
			v.Parent = text
		case name == "login" && isText && (text == "user" || text == "password"):
			v.Login = text
		default:
			err = cmp.Or(err, fmt.Errorf("%q is not allowed to be %v: it is %s", name, item, ofPlace[name]))
		}
	}
	return err
}

// ofPlace is what each part of a place may be.
var ofPlace = map[string]string{"field": "a text, in quotes", "as": "a text, in quotes", "member": "a text, in quotes", "each": "a text, in quotes", "parent": "a text, in quotes", "login": `"user" or "password"`, "secret": "true", "null": "true or false"}

// Sends reports whether a field is anywhere in the body.
func (c *Call) Sends(field apikey.Field) bool {
	_, sends := c.Value(field)
	return sends
}

// Value is the place of a field in the body.
func (c *Call) Value(field apikey.Field) (found Value, sends bool) {
	c.each(func(_ string, v Value) {
		if v.Field == field {
			found, sends = v, true
		}
	})
	return found, sends
}

// As is how a field is written in the body.
func (c *Call) As(field apikey.Field) string {
	v, _ := c.Value(field)
	return v.As
}

// Names reports whether a parent is in the path, the query or the body.
func (c *Call) Names(parent string) (names bool) {
	place := "{" + parent + "}"
	c.each(func(_ string, v Value) { names = names || v.Parent == parent })
	return names || strings.Contains(c.Call, place) || strings.Contains(c.Query, place)
}

// Constants are what is sent as it stands, each with the path to it. The envelope of JSON-RPC is none of it.
func (c *Call) Constants() (out []string) {
	_, rpc := c.Body["jsonrpc"]
	c.each(func(path string, v Value) {
		if rpc && slices.Contains([]string{"jsonrpc", "id", "method"}, path) {
			return
		}
		if text, err := json.Marshal(v.Literal); err == nil && v.Literal != nil {
			out = append(out, path+" = "+string(text))
		}
	})
	slices.Sort(out)
	return out
}

// each calls f with every value of the body that is no table or list, and with the path to it.
func (c *Call) each(f func(path string, v Value)) {
	var in func(path string, v Value)
	in = func(path string, v Value) {
		switch {
		case v.Object != nil:
			for name, item := range v.Object {
				in(path+"."+name, item)
			}
		case v.List != nil:
			for _, item := range v.List {
				in(path, item)
			}
		default:
			f(path, v)
		}
	}
	for name, v := range c.Body {
		in(name, v)
	}
}

// List is the call that lists keys. What is not said is a bare array, or one of the usual envelopes.
type List struct {
	Call
	// Rows are the members under which the array may be.
	Rows Members `toml:"rows"`
	// Only are paths to members of a row with the values of those that are keys: only = { type = ["auth"] }. All others are passed over.
	Only map[string][]string `toml:"only"`
	// Queries are the ways to list, the widest first: where one is refused, the next is taken. The last may be empty.
	Queries []string `toml:"queries"`
	// Paging is "cursor" for the convention {"next_cursor","has_more"} with ?cursor=&limit=, in any of its spellings, and "" for a
	// list that is whole, or whose pages Pages describes.
	Paging string `toml:"paging"`
	Pages  *Pages `toml:"pages"`
	// Each is the call that shows one key, where the list shows ids alone, or too little of a key: it is made for each row.
	Each *Call `toml:"each"`
	// Secrets says that the list is where a secret can be had again, for a person who asks for it and after a create whose answer was
	// lost. A row without a mask is masked by its secret then.
	Secrets bool `toml:"secrets"`
}

// Pages say how further pages are asked for. The list ends with a page that is empty, brings nothing new, or says that it is the last.
type Pages struct {
	// Kind is "page" for the number of a page, "offset" for how many were read, "after-id" for the id of the last one, "cursor" for
	// what each page names, and "link" for the address of the next page in the header Link or in a member; of it the query is taken.
	Kind string `toml:"kind"`
	// By is the member of the query that holds that number, id or cursor: "page", "offset", "after", "cursor".
	By string `toml:"by"`
	// First is the number of the first page; 1 where nothing is said.
	First *int `toml:"first"`
	// Size is the member of the query for how many keys a page may have, Most how many are asked for.
	Size string `toml:"size"`
	Most int    `toml:"most"`
	// Next is where a page names the next one: "next_cursor", "pagination.next". More is where it says whether there is more.
	Next string `toml:"next"`
	More string `toml:"more"`
	// Last is where a page says how many pages there are, in a count: "result_info.total_pages".
	Last string `toml:"last"`
	// InBody says that these members are sent in the body, not in the query.
	InBody bool `toml:"in_body"`
}

// Create is the call that makes a key.
type Create struct {
	Call
	// Whole says that the answer is the whole key: a name that is not in it, the key does not have.
	Whole bool `toml:"whole"`
	// ReadBack says that the answer may lack the id and the end: the list is asked for what it lacks.
	ReadBack bool `toml:"read_back"`
	// Setting is a setting of the profile that must be on: the call is not offered by every service of this kind.
	Setting string `toml:"setting"`
	// ID is the path in the whole answer to the new key's id: "result.tokenids.0". It counts before one where the row has its own. Without
	// Key, the answer says nothing else of a key then.
	ID string `toml:"id"`
	// Secret is a second call, which gives the new key its secret.
	Secret *Call `toml:"secret"`
	// Named is a second call, which gives the new key its name and whatever else the first takes none of.
	Named *Call `toml:"named"`
}

// Value is the place of a field in what is sent, by the first call or by the one that names.
func (c *Create) Value(field apikey.Field) (found Value, sends bool) {
	if found, sends = c.Call.Value(field); !sends && c.Named != nil {
		return c.Named.Value(field)
	}
	return found, sends
}

// Sends reports whether a field is sent.
func (c *Create) Sends(field apikey.Field) bool {
	_, sends := c.Value(field)
	return sends
}

// As is how a field is written.
func (c *Create) As(field apikey.Field) string {
	v, _ := c.Value(field)
	return v.As
}

// Probe is a harmless read whose answer tells whether a secret is accepted. Several are tried in order while none tells.
type Probe struct {
	Call string `toml:"call"`
	// Send, SendAs and Query are as those of every call.
	Send   map[string]any   `toml:"send"`
	SendAs string           `toml:"send_as"`
	Body   map[string]Value `toml:"-"`
	Query  string           `toml:"query"`
	// ID is what {id} stands for: an id that nothing has.
	ID string `toml:"id"`
	// Answers is the shape of an answer that only an accepted secret gets: "keys" for the issuer's own list, "object" for one
	// object with an id, bare or enveloped, "list" for objects under one of Rows or where the issuer's own list is, "members" for one that has all of Members, and "verdict" for one that says it in Accepts
	// and Refuses. What has another shape may come from anybody, and proves nothing.
	Answers string   `toml:"answers"`
	Rows    Members  `toml:"rows"`
	Members []string `toml:"members"`
	// Accepts and Refuses are paths to members with the values that say so: accepts = { "data.code" = ["VALID"] }.
	Accepts map[string][]string `toml:"accepts"`
	Refuses map[string][]string `toml:"refuses"`
	// KeyID is the path in the answer to the id of the key that the secret is of, where it names that: "data.keyId".
	KeyID string `toml:"key_id"`
	// NotFound says that the issuer's own "not found" is given only to a secret that it accepts, NotFoundRefuses that it is what a
	// secret gets that it does not know.
	NotFound        bool `toml:"not_found_accepts"`
	NotFoundRefuses bool `toml:"not_found_refuses"`
	// Own says that the call is made with the profile's own credential, and the secret that is tried is in the body.
	Own bool `toml:"by_own_credential"`
	// Can is what a secret can do that this is answered to, in words: "list keys".
	Can string `toml:"can"`
	// Needs is the role or permission without which it is refused.
	Needs string `toml:"needs"`
}

// Requests are all calls of a declaration beside its probes, by their fields.
func (d *Declaration) Requests() map[string]*Call {
	out := map[string]*Call{"list": &d.List.Call}
	if d.Create != nil {
		out["create"], out["create.secret"], out["create.named"] = &d.Create.Call, d.Create.Secret, d.Create.Named
	}
	if d.Auth.Login != nil {
		out["auth.login"] = &d.Auth.Login.Call
	}
	for field, k := range d.Catalogues() {
		if !k.Keys {
			out[field] = &k.Call
		}
	}
	for i, p := range d.Parents {
		if p.Catalogue != nil {
			out[fmt.Sprintf("parent[%d].catalogue", i)] = &p.Catalogue.Call
		}
	}
	out["list.each"], out["update"], out["delete"], out["retrieve"] = d.List.Each, d.Update, d.Delete, d.Retrieve
	out["enable"], out["disable"] = d.Enable, d.Disable
	if d.Roll != nil {
		out["roll"], out["roll.end"], out["roll.keep"] = &d.Roll.Call, d.Roll.End, d.Roll.Keep
	}
	maps.DeleteFunc(out, func(_ string, c *Call) bool { return c == nil })
	return out
}

// NamedCall is a call by its field.
type NamedCall struct{ Name, Call string }

// Calls are all calls of a declaration beside its probes, by the names of their fields.
func (d *Declaration) Calls() []NamedCall {
	all := d.Requests()
	var out []NamedCall
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if call := all[name].Call; call != "" {
			out = append(out, NamedCall{name, call})
		}
	}
	return out
}
