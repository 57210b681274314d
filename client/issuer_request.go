package client

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"detent/apikey"
	"detent/client/kit"
)

// What a body may hold besides the fields of a key.
const (
	fillUser     apikey.Field = "\x00user"
	fillPassword apikey.Field = "\x00password"
	fillSecret   apikey.Field = "\x00secret"
	fillChange   apikey.Field = "\x00change" // of what is not named, nothing is sent
)

// none is a field that a change takes away.
type none struct{}

// wireWords are the words of a list as the service spells them.
type wireWords []string

// end is when a key ends, by which clock, and how far the service's may be ahead of it.
type end struct {
	apikey.Expiry
	now   time.Time
	ahead time.Duration
}

// newEnd is the end that is asked for, by the service's clock. A Date header cuts a part of a second off, so that the service may be a
// second further: where what is left is sent, a key must not end later than it was asked to.
func (s *issuer) newEnd(e apikey.Expiry) end {
	out := end{Expiry: e, now: s.now()}
	if _, _, told := s.serverTime(); told {
		out.ahead = time.Second
	}
	return out
}

// check refuses what is over by the service's clock. What is left of it would be none, which is a key for ever.
func (e end) check(as string) *Error {
	if err := e.Check(e.now.Add(e.ahead)); err != nil && (as == "days" || as == "duration" || strings.HasPrefix(as, "seconds")) {
		return invalidDraft(err.Error() + ", by the service's clock")
	}
	return nil
}

// request is a declared call about a key; what is empty is not sent.
func (s *issuer) request(op string, c *kit.Call, id string, values map[apikey.Field]any) call {
	method, path, _ := strings.Cut(c.Call, " ")
	out := call{op: op, method: method, path: s.ofParents(path), spelt: path, id: s.spelling.Raw(id), needs: c.Needs, form: c.SendAs == "form",
		query: s.queryOf(strings.ReplaceAll(c.Query, "{id}", url.QueryEscape(s.spelling.Raw(id))))}
	if c.Send != nil {
		out.body = s.fill(c.Body, values)
	}
	return out
}

// byKey is a call that a key makes itself.
func (s *issuer) byKey(c call, key apikey.Secret) call {
	c.bearer, c.auth, c.paced, c.header = key, s.tried, s.d.Paced, s.headers()
	return c
}

// headers are those that go with every request.
func (s *issuer) headers() map[string]string {
	out := maps.Clone(s.d.Headers)
	for header, text := range out {
		for name, value := range s.opts.Parents {
			text = strings.ReplaceAll(text, "{"+name+"}", value)
		}
		out[header] = text
	}
	return out
}

// ofParents puts the profile's parents where a path names them. {id} stays.
func (s *issuer) ofParents(path string) string {
	for name, value := range s.opts.Parents {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	return path
}

// queryOf reads a declared query.
func (s *issuer) queryOf(text string) url.Values {
	for name, value := range s.opts.Parents {
		text = strings.ReplaceAll(text, "{"+name+"}", url.QueryEscape(value))
	}
	q, _ := url.ParseQuery(text)
	return q
}

// fill makes a body.
func (s *issuer) fill(members map[string]kit.Value, values map[apikey.Field]any) map[string]any {
	out := make(map[string]any, len(members))
	for name, v := range members {
		if value, has := s.value(v, values); has {
			out[name] = value
		}
	}
	return out
}

func (s *issuer) value(v kit.Value, values map[apikey.Field]any) (value any, has bool) {
	switch {
	case v.Object != nil:
		object := s.fill(v.Object, values)
		return object, len(object) > 0 || len(v.Object) == 0 // one of places for fields, none of which is there, is not there either
	case v.List != nil:
		list := make([]any, 0, len(v.List))
		for _, item := range v.List {
			if value, has := s.value(item, values); has {
				list = append(list, value)
			}
		}
		return list, true
	case v.Parent != "":
		return s.opts.Parents[v.Parent], true
	case v.Login == "user":
		return values[fillUser], true
	case v.Login != "":
		return values[fillPassword], true
	case v.Secret:
		return values[fillSecret], true
	case v.Field == "":
		return v.Literal, true
	}
	switch value, has = values[v.Field]; {
	case value == none{}:
	case has:
		return s.written(value, v), true
	case values[fillChange] != nil:
		return nil, false
	}
	switch {
	case v.Null:
		return nil, true
	}
	return v.Else, v.Else != nil
}

// written is a value as a declaration has it sent.
func (s *issuer) written(value any, v kit.Value) any {
	as := v.As
	switch value := value.(type) {
	case wireWords:
		return shaped(value, v)
	case end:
		if as == "word" {
			return s.d.Expiry.Word(value.After)
		}
		return value.written(as)
	case time.Duration:
		if as == "milliseconds" {
			return value.Milliseconds()
		}
		return int64(value / time.Second)
	case bool:
		if as == "state" {
			return map[bool][]string{true: s.d.Row.State.On, false: s.d.Row.State.Off}[value][0]
		}
	case []apikey.Permission:
		return s.permissionsAs(value, v)
	case string:
		if n, err := strconv.Atoi(value); err == nil && as == "number" {
			return n
		}
	}
	return value
}

func (e end) written(as string) any {
	at := e.Instant(e.now).UTC()
	switch as {
	case "rfc3339-ms":
		return at.Format("2006-01-02T15:04:05.000Z07:00")
	case "date":
		return at.Format(time.DateOnly)
	case "unix":
		return at.Unix()
	case "unix-ms":
		return at.UnixMilli()
	case "unix-text":
		return strconv.FormatInt(at.Unix(), 10)
	case "seconds":
		return e.Seconds(e.now.Add(e.ahead))
	case "seconds-text":
		return strconv.FormatInt(e.Seconds(e.now.Add(e.ahead)), 10)
	case "duration":
		return strconv.FormatInt(e.Seconds(e.now.Add(e.ahead)), 10) + "s"
	case "days": // no key ends later than it was asked to
		return max(1, int64(at.Sub(e.now)/(24*time.Hour)))
	}
	return at.Format(time.RFC3339)
}

// sent is the instant that is meant by what is written.
func (e end) sent(as string) time.Time {
	at := e.Instant(e.now).UTC()
	switch as {
	case "date":
		return at.Truncate(24 * time.Hour)
	case "days":
		return e.now.Add(time.Duration(max(1, int64(at.Sub(e.now)/(24*time.Hour)))) * 24 * time.Hour).UTC()
	}
	return at.Truncate(time.Second)
}

// permissionsAs are permissions as the issuer writes them. One that is declared goes by its name alone.
func (s *issuer) permissionsAs(list []apikey.Permission, v kit.Value) any {
	as := v.As
	var names []any
	var words []string
	grouped, known := map[string]any{}, true
	for _, p := range list {
		name := s.spelling.Raw(p.Name)
		if as == "grouped" {
			feature := s.spelling.Raw(s.features.Place(p).Feature)
			of, _ := grouped[feature].([]any)
			grouped[feature] = append(of, name)
			known = known && feature != ""
		} else if p.Feature != "" && s.features.Of[name] != p.Feature {
			name = s.spelling.Raw(p.Feature) + "." + name
		}
		names, words = append(names, name), append(words, name)
	}
	switch as {
	case "ids":
		offered := s.offered()
		for i, name := range words {
			for _, p := range slices.Concat(s.d.Permissions, offered) { // what the service said counts
				if s.spelling.Raw(p.Name) == words[i] && p.ID != "" {
					name = p.ID
				}
			}
			names[i] = map[string]any{"id": name}
		}
	case "grouped":
		if known {
			return grouped
		}
	case "words", "objects", "members":
		return shaped(words, v)
	}
	return names
}

// shaped are words in the shape that a declaration has them sent in.
func shaped(words []string, v kit.Value) any {
	list, object := make([]any, len(words)), map[string]any{}
	for i, word := range words {
		if list[i] = word; v.As == "objects" {
			list[i] = map[string]any{v.Member: word}
		}
		object[strings.Replace(cmp.Or(v.Each, "{}"), "{}", word, 1)] = v.Value
	}
	switch v.As {
	case "words":
		return strings.Join(words, " ")
	case "members":
		return object
	}
	return list
}
