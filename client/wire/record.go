package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client/kit"

	"github.com/go-json-experiment/json/jsontext"
)

// Record is a row on the wire: of each field the members that a declaration names, as they came, in the order in which they are looked
// at. One is used for all rows of a list.
type Record struct {
	ID, Name, Masked, Prefix, Suffix, Half                []Text
	Environment, Type, Role                               []Text
	CreatedAt, UpdatedAt, ExpiresAt, LastUsedAt, RolledAt []Time
	Restrictions, Permissions, Former, Copied             []json.RawMessage
	Enabled, Retrievable                                  []Flag
	Account, Project, CreatedBy, UpdatedBy                []reference
	State                                                 []Word
	secrets                                               []Token

	// All values of a kind, of which a field's are a part.
	texts  []Text
	times  []Time
	raws   []json.RawMessage
	flags  []Flag
	Refs   []reference
	words  []Word
	tokens []Token

	letters letters // what the texts of rows are in
	Rights  Shared[Rights]
	Limits  Shared[*apikey.Restrictions]
	objects Shared[reference]
	Extras  []Shared[json.RawMessage] // of what is copied, each
	names   []string                  // of all members
	places  map[string]json.Unmarshaler
	order   []member                  // those of the first row, as they came
	next    int                       // of them is expected
	own     map[json.Unmarshaler]bool // what the row has itself, whatever an object in it says; nil where none is looked into

	only    []Word // what tells the rows that count as keys, and what each of it has to be
	allowed [][]string

	Watched      bool // a trial wants to know which members came
	Came, Others []string
}

// member is the name of one, and where it goes.
type member struct {
	name  string
	place json.Unmarshaler
}

// What is remembered of rows that never have the same members, and what of them is told.
const (
	maxPlaces = 200
	maxOrder  = 32
	maxOthers = 64
)

// NewRecord is a record of the members that a declaration names.
func NewRecord(of *kit.Row) *Record {
	r := &Record{places: map[string]json.Unmarshaler{}}
	r.texts = places(r, []part[Text]{{&r.ID, of.ID}, {&r.Name, of.Name}, {&r.Masked, of.Masked}, {&r.Prefix, of.Prefix}, {&r.Suffix, of.Suffix}, {&r.Half, of.PairWith}, {&r.Environment, of.Environment},
		{&r.Type, of.Type}, {&r.Role, of.Role}})
	for _, name := range r.names { // no others are there yet
		r.places[name] = &textPlace{text: r.places[name].(*Text), in: &r.letters}
	}
	for field, members := range map[apikey.Field]kit.Members{apikey.FieldRole: of.Role, apikey.FieldType: of.Type, apikey.FieldEnvironment: of.Environment} {
		for _, name := range members {
			r.places[name].(*textPlace).all = slices.Contains(of.AbsentIsNone, field)
		}
	}
	r.times = places(r, []part[Time]{{&r.CreatedAt, of.CreatedAt}, {&r.UpdatedAt, of.UpdatedAt}, {&r.ExpiresAt, of.ExpiresAt}, {&r.LastUsedAt, of.LastUsedAt},
		{&r.RolledAt, of.RolledAt}})
	for field, members := range map[apikey.Field]kit.Members{apikey.FieldExpiry: of.ExpiresAt, apikey.FieldLastUsed: of.LastUsedAt} {
		for _, name := range members {
			if none := of.None[field]; len(none) > 0 {
				r.places[name] = &timePlace{r.places[name].(*Time), none}
			}
		}
	}
	r.raws = places(r, []part[json.RawMessage]{{&r.Restrictions, of.Restrictions}, {&r.Permissions, of.Permissions}, {&r.Former, of.Former.Members},
		{&r.Copied, of.Copied}})
	r.flags = places(r, []part[Flag]{{&r.Enabled, of.Enabled}, {&r.Retrievable, of.CanRetrieve}})
	before := len(r.names)
	r.Refs = places(r, []part[reference]{{&r.Account, of.Account}, {&r.Project, of.Project}, {&r.CreatedBy, of.CreatedBy}, {&r.UpdatedBy, of.UpdatedBy}})
	for _, name := range r.names[before:] {
		r.places[name] = &referencePlace{r.places[name].(*reference), &r.objects}
	}
	r.words = places(r, []part[Word]{{&r.State, of.State.Members}})
	r.tokens = places(r, []part[Token]{{&r.secrets, of.Secret}})
	for _, path := range slices.Clone(r.names) {
		if strings.ContainsAny(path, ".[") {
			r.leads(path, r.places[path])
		}
	}
	for _, name := range of.Inside {
		r.nest(name).members = true
	}
	return r
}

// Rights are the permissions of a row: those that somebody chose for its key, and those that the service adds to each.
type Rights struct{ Chosen, Added []apikey.Permission }

// part is a field with its members.
type part[T any] struct {
	field   *[]T
	members kit.Members
}

// places makes the values of all fields of a kind, and gives each field its own.
func places[T any, P interface {
	*T
	json.Unmarshaler
}](r *Record, parts []part[T]) []T {
	count := 0
	for _, p := range parts {
		count += len(p.members)
	}
	all := make([]T, count)
	rest := all
	for _, p := range parts {
		*p.field, rest = rest[:len(p.members)], rest[len(p.members):]
		for i, name := range p.members {
			r.names = append(r.names, name)
			r.places[name] = P(&(*p.field)[i])
		}
	}
	return all
}

// nest is the place of a member that is looked into: along paths, and for members that are the row's own.
type nest struct {
	r       *Record
	own     json.Unmarshaler // where the member itself goes; nil for nowhere
	ways    []way
	members bool
}

// way is a path from a member on, and the place of what it leads to.
type way struct {
	path, rest string // the whole, and what follows the member: ".labels.name", "[].name", or nothing
	place      json.Unmarshaler
	kept       bool // what stands where the path goes on is kept as it is: access is never lost in silence
}

// nest makes a member one that is looked into.
func (r *Record) nest(member string) *nest {
	if n, is := r.places[member].(*nest); is {
		return n
	}
	n := &nest{r: r, own: r.places[member]}
	if n.own == nil {
		r.names = append(r.names, member)
	}
	if r.own == nil {
		r.own = map[json.Unmarshaler]bool{}
	}
	r.places[member] = n
	return n
}

// leads has a path looked along. A member that is called so counts before what lies there.
func (r *Record) leads(path string, to json.Unmarshaler) {
	at := strings.IndexAny(path, ".[")
	if at <= 0 {
		at = len(path)
	}
	n := r.nest(path[:at])
	_, kept := to.(*json.RawMessage)
	word, is := to.(*textPlace)
	n.ways = append(n.ways, way{path, path[at:], to, kept || is && word.all})
}

// NewListRecord is a record for the rows of a list, of which those count that have these values.
func NewListRecord(of *kit.Row, only map[string][]string) *Record {
	r := NewRecord(of)
	r.only = make([]Word, len(only))
	for path, values := range only {
		r.leads(path, &r.only[len(r.allowed)])
		r.allowed = append(r.allowed, values)
	}
	return r
}

// Counts reports whether the row is one of a key.
func (r *Record) Counts() bool {
	for i, values := range r.allowed {
		if !slices.Contains(values, string(r.only[i])) {
			return false
		}
	}
	return true
}

func (n *nest) UnmarshalJSON(raw []byte) error {
	if err := n.follow(raw); err != nil || n.own == nil {
		return err
	}
	n.r.mark(n.own, raw)
	return n.own.UnmarshalJSON(raw)
}

// follow reads what lies along the paths.
func (n *nest) follow(raw []byte) error {
	for _, w := range n.ways {
		if n.r.Watched {
			for name := range Object(raw) {
				n.r.note([]byte(strings.TrimSuffix(w.path, w.rest) + "." + name))
			}
		}
		found, stuck := along(raw, w.rest)
		if found == nil && w.kept {
			found = stuck
		}
		if found == nil || n.r.own[w.place] {
			continue
		}
		n.r.mark(w.place, found)
		if n.r.Watched {
			n.r.Came = append(n.r.Came, w.path)
		}
		if err := w.place.UnmarshalJSON(found); err != nil {
			return err
		}
	}
	return nil
}

// mark notes what the row has itself; null is as good as nothing.
func (r *Record) mark(place json.Unmarshaler, raw []byte) {
	if string(raw) != "null" {
		r.own[place] = true
	}
}

// inside reads an object whose members are the row's own.
func (r *Record) inside(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	dec := loosely(bytes.NewReader(b))
	return members(dec, func(name []byte) error {
		place := r.field(name) // the name is gone when the value is read
		if r.Watched {
			r.note(name)
		}
		raw, err := Value(dec)
		if deeper, is := place.(*nest); err == nil && is {
			place, err = deeper.own, deeper.follow(raw)
		}
		if err != nil || place == nil || r.own[place] {
			return err
		}
		return place.UnmarshalJSON(raw)
	})
}

// clear makes a record that of the next row.
func (r *Record) clear() {
	clear(r.texts)
	clear(r.times)
	clear(r.tokens)
	clear(r.flags)
	clear(r.Refs)
	clear(r.words)
	clear(r.only)
	clear(r.own)
	for i := range r.raws {
		r.raws[i] = r.raws[i][:0]
	}
	r.Came, r.Others = nil, nil
	r.next = 0
}

// note keeps that a member came, as it is declared.
func (r *Record) note(name []byte) {
	at := slices.IndexFunc(r.names, func(known string) bool { return strings.EqualFold(string(name), known) })
	if at >= 0 {
		r.Came = append(r.Came, r.names[at])
	} else if text := Field(Text(name)); len(r.Others) < maxOthers && len(text) <= 40 && text == Words(text) {
		r.Others = append(r.Others, text)
	}
}

// Next reads the next row, as encoding/json reads a struct: names in any case, the last one of several counts.
func (r *Record) Next(dec *jsontext.Decoder) error {
	r.clear()
	if dec.PeekKind() != '{' {
		raw, err := Value(dec)
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, new(map[string]json.RawMessage)) // null is an empty row
	}
	var objects [][]byte
	err := members(dec, func(name []byte) error {
		place := r.field(name)
		if r.Watched {
			r.note(name)
		}
		raw, err := Value(dec)
		if err != nil || place == nil {
			return err
		}
		if r.own == nil {
			return place.UnmarshalJSON(raw)
		}
		if n, nests := place.(*nest); nests {
			if n.members {
				objects = append(objects, bytes.Clone(raw))
			}
		} else {
			r.mark(place, raw)
		}
		return place.UnmarshalJSON(raw)
	})
	for _, raw := range objects {
		if err == nil {
			err = r.inside(raw)
		}
	}
	return err
}

// Decode reads a row by itself.
func (r *Record) Decode(raw []byte) error {
	dec := loosely(bytes.NewReader(raw))
	if err := r.Next(dec); err != nil {
		return err
	}
	return atEnd(dec)
}

// Read reads an answer that is one key, which may be wrapped.
func (r *Record) Read(body io.Reader, names []string) error {
	_, raw, err := DecodeObject(body, names...)
	if err != nil {
		return err
	}
	return r.Decode(raw)
}

// field is where a member goes; nil for nowhere. Rows have their members in one order: what comes next is a guess that saves most lookups.
func (r *Record) field(name []byte) json.Unmarshaler {
	for i := r.next; i < len(r.order); i++ {
		if r.order[i].name == string(name) {
			r.next = i + 1
			return r.order[i].place
		}
	}
	place := r.look(name)
	if r.next == len(r.order) && len(r.order) < maxOrder {
		r.order = append(r.order, member{string(name), place})
		r.next++
	}
	return place
}

// look finds where a member goes.
func (r *Record) look(name []byte) json.Unmarshaler {
	if place, known := r.places[string(name)]; known {
		return place
	}
	place := r.place(string(name))
	if len(r.places) < maxPlaces {
		r.places[string(name)] = place
	}
	return place
}

// place is that of a member whose name is written in another case.
func (r *Record) place(name string) json.Unmarshaler {
	for _, known := range r.names {
		if strings.EqualFold(name, known) {
			return r.places[known]
		}
	}
	return nil
}

// firstThat is the first of a field's members that is there.
func firstThat[T any](list []T, isThere func(T) bool) (found T) {
	if at := slices.IndexFunc(list, isThere); at >= 0 {
		found = list[at]
	}
	return found
}

// FirstRaw is the first that is there, as it came.
func FirstRaw(list []json.RawMessage) json.RawMessage {
	return firstThat(list, func(raw json.RawMessage) bool { return len(raw) > 0 })
}

// FirstFlag is the first that is there; nil where none is.
func FirstFlag(list []Flag) *bool {
	return firstThat(list, func(f Flag) bool { return f.Value != nil }).Value
}

// FirstReference is the first that names something.
func FirstReference(list []reference) reference {
	return firstThat(list, func(r reference) bool { return r.ID != "" })
}

func (r *Record) Secret() apikey.Secret {
	return firstThat(r.secrets, func(t Token) bool { return !t.IsZero() && !t.standsIn }).Secret
}

// SetID gives a row an id that came from elsewhere.
func (r *Record) SetID(id Text) {
	if len(r.ID) > 0 {
		r.ID[0] = id
	}
}

// SetSecret puts a secret that came from elsewhere where the row has its own.
func (r *Record) SetSecret(secret apikey.Secret) {
	if len(r.secrets) > 0 {
		r.secrets[0] = Token{Secret: secret}
	}
}
