package client

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

// record is a row on the wire: of each field the members that a declaration names, as they came, in the order in which they are looked
// at. One is used for all rows of a list.
type record struct {
	id, name, masked, prefix, suffix          []text
	env, kind, role                           []text
	created, updated, expires, used, rolled   []wireTime
	restrictions, permissions, former, copied []json.RawMessage
	enabled, retrievable                      []flag
	account, project, by, upBy                []reference
	state                                     []word
	secrets                                   []token

	// All values of a kind, of which a field's are a part.
	texts  []text
	times  []wireTime
	raws   []json.RawMessage
	flags  []flag
	refs   []reference
	words  []word
	tokens []token

	letters letters // what the texts of rows are in
	rights  shared[permissions]
	limits  shared[*apikey.Restrictions]
	objects shared[reference]
	extras  []shared[json.RawMessage] // of what is copied, each
	names   []string                  // of all members
	places  map[string]json.Unmarshaler
	own     map[json.Unmarshaler]bool // what the row has itself, whatever an object in it says; nil where none is looked into

	only    []word // what tells the rows that count as keys, and what each of it has to be
	allowed [][]string

	watched      bool // a trial wants to know which members came
	came, others []string
}

// What is remembered of rows that never have the same members, and what of them is told.
const (
	maxPlaces = 200
	maxOthers = 64
)

func newRecord(of *kit.Row) *record {
	r := &record{places: map[string]json.Unmarshaler{}}
	r.texts = places(r, []part[text]{{&r.id, of.ID}, {&r.name, of.Name}, {&r.masked, of.Masked}, {&r.prefix, of.Prefix}, {&r.suffix, of.Suffix}, {&r.env, of.Environment},
		{&r.kind, of.Type}, {&r.role, of.Role}})
	for _, name := range r.names { // no others are there yet
		r.places[name] = &textPlace{text: r.places[name].(*text), in: &r.letters}
	}
	for field, members := range map[apikey.Field]kit.Members{apikey.FieldRole: of.Role, apikey.FieldType: of.Type, apikey.FieldEnvironment: of.Environment} {
		for _, name := range members {
			r.places[name].(*textPlace).all = slices.Contains(of.AbsentIsNone, field)
		}
	}
	r.times = places(r, []part[wireTime]{{&r.created, of.CreatedAt}, {&r.updated, of.UpdatedAt}, {&r.expires, of.ExpiresAt}, {&r.used, of.LastUsedAt},
		{&r.rolled, of.RolledAt}})
	for field, members := range map[apikey.Field]kit.Members{apikey.FieldExpiry: of.ExpiresAt, apikey.FieldLastUsed: of.LastUsedAt} {
		for _, name := range members {
			if none := of.None[field]; len(none) > 0 {
				r.places[name] = &timePlace{r.places[name].(*wireTime), none}
			}
		}
	}
	r.raws = places(r, []part[json.RawMessage]{{&r.restrictions, of.Restrictions}, {&r.permissions, of.Permissions}, {&r.former, of.Former.Members},
		{&r.copied, of.Copied}})
	r.flags = places(r, []part[flag]{{&r.enabled, of.Enabled}, {&r.retrievable, of.CanRetrieve}})
	before := len(r.names)
	r.refs = places(r, []part[reference]{{&r.account, of.Account}, {&r.project, of.Project}, {&r.by, of.CreatedBy}, {&r.upBy, of.UpdatedBy}})
	for _, name := range r.names[before:] {
		r.places[name] = &referencePlace{r.places[name].(*reference), &r.objects}
	}
	r.words = places(r, []part[word]{{&r.state, of.State.Members}})
	r.tokens = places(r, []part[token]{{&r.secrets, of.Secret}})
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

// part is a field with its members.
type part[T any] struct {
	field   *[]T
	members kit.Members
}

// places makes the values of all fields of a kind, and gives each field its own.
func places[T any, P interface {
	*T
	json.Unmarshaler
}](r *record, parts []part[T]) []T {
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
	r       *record
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
func (r *record) nest(member string) *nest {
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
func (r *record) leads(path string, to json.Unmarshaler) {
	at := strings.IndexAny(path, ".[")
	if at <= 0 {
		at = len(path)
	}
	n := r.nest(path[:at])
	_, kept := to.(*json.RawMessage)
	word, is := to.(*textPlace)
	n.ways = append(n.ways, way{path, path[at:], to, kept || is && word.all})
}

// listedRecord is a record for the rows of a list, of which those count that have these values.
func listedRecord(of *kit.Row, only map[string][]string) *record {
	r := newRecord(of)
	r.only = make([]word, len(only))
	for path, values := range only {
		r.leads(path, &r.only[len(r.allowed)])
		r.allowed = append(r.allowed, values)
	}
	return r
}

// counts reports whether the row is one of a key.
func (r *record) counts() bool {
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
		if n.r.watched {
			for name := range objectOf(raw) {
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
		if n.r.watched {
			n.r.came = append(n.r.came, w.path)
		}
		if err := w.place.UnmarshalJSON(found); err != nil {
			return err
		}
	}
	return nil
}

// mark notes what the row has itself; null is as good as nothing.
func (r *record) mark(place json.Unmarshaler, raw []byte) {
	if string(raw) != "null" {
		r.own[place] = true
	}
}

// inside reads an object whose members are the row's own.
func (r *record) inside(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	dec := loosely(bytes.NewReader(b))
	return members(dec, func(name []byte) error {
		place := r.field(name) // the name is gone when the value is read
		if r.watched {
			r.note(name)
		}
		raw, err := value(dec)
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
func (r *record) clear() {
	clear(r.texts)
	clear(r.times)
	clear(r.tokens)
	clear(r.flags)
	clear(r.refs)
	clear(r.words)
	clear(r.only)
	clear(r.own)
	for i := range r.raws {
		r.raws[i] = r.raws[i][:0]
	}
	r.came, r.others = nil, nil
}

// note keeps that a member came, as it is declared.
func (r *record) note(name []byte) {
	at := slices.IndexFunc(r.names, func(known string) bool { return strings.EqualFold(string(name), known) })
	if at >= 0 {
		r.came = append(r.came, r.names[at])
	} else if text := field(text(name)); len(r.others) < maxOthers && len(text) <= 40 && text == words(text) {
		r.others = append(r.others, text)
	}
}

// from reads the next row, as encoding/json reads a struct: names in any case, the last one of several counts.
func (r *record) from(dec *jsontext.Decoder) error {
	r.clear()
	if dec.PeekKind() != '{' {
		raw, err := value(dec)
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, new(map[string]json.RawMessage)) // null is an empty row
	}
	var objects [][]byte
	err := members(dec, func(name []byte) error {
		place := r.field(name)
		if r.watched {
			r.note(name)
		}
		raw, err := value(dec)
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

// decode reads a row by itself.
func (r *record) decode(raw []byte) error {
	dec := loosely(bytes.NewReader(raw))
	if err := r.from(dec); err != nil {
		return err
	}
	return atEnd(dec)
}

// read reads an answer that is one key, which may be wrapped.
func (r *record) read(body io.Reader, names []string) error {
	_, raw, err := decodeObject(body, names...)
	if err != nil {
		return err
	}
	return r.decode(raw)
}

// field is where a member goes; nil for nowhere.
func (r *record) field(name []byte) json.Unmarshaler {
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
func (r *record) place(name string) json.Unmarshaler {
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

func firstRaw(list []json.RawMessage) json.RawMessage {
	return firstThat(list, func(raw json.RawMessage) bool { return len(raw) > 0 })
}

func firstFlag(list []flag) *bool {
	return firstThat(list, func(f flag) bool { return f.value != nil }).value
}

func firstReference(list []reference) reference {
	return firstThat(list, func(r reference) bool { return r.id != "" })
}

func (r *record) secret() apikey.Secret {
	return firstThat(r.secrets, func(t token) bool { return !t.IsZero() && !t.standsIn }).Secret
}

// setID gives a row an id that came from elsewhere.
func (r *record) setID(id text) {
	if len(r.id) > 0 {
		r.id[0] = id
	}
}

// setSecret puts a secret that came from elsewhere where the row has its own.
func (r *record) setSecret(secret apikey.Secret) {
	if len(r.secrets) > 0 {
		r.secrets[0] = token{Secret: secret}
	}
}

// letters are those of the texts of a list, many in one piece of memory: a text of its own for each is a third of what a list of 10,000 keys allocates.
// What is in a piece stays, so that a part of it may be kept as long as one likes.
type letters struct{ piece strings.Builder }

// The pieces: a single key takes a small one.
const (
	firstPiece = 256
	mostPiece  = 16 << 10
)

// keep is a text that is a copy of b.
func (l *letters) keep(b []byte) string {
	if len(b) > l.piece.Cap()-l.piece.Len() {
		size := min(max(2*l.piece.Cap(), firstPiece), mostPiece)
		if len(b) > size/4 {
			return string(b)
		}
		l.piece = strings.Builder{}
		l.piece.Grow(size)
	}
	from := l.piece.Len()
	l.piece.Write(b)
	return l.piece.String()[from:]
}

// textPlace is the place of a text in a row of a list.
type textPlace struct {
	text *text
	in   *letters
	all  bool // what is no text is taken as it stands: a row without any would have none
}

func (p *textPlace) UnmarshalJSON(b []byte) error {
	if inside, ok := unquoted(b); ok {
		*p.text = text(p.in.keep(inside))
		return nil
	}
	if p.all && len(b) > 0 && strings.IndexByte("[{tf", b[0]) >= 0 {
		*p.text = text(literal(b))
		return nil
	}
	return p.text.UnmarshalJSON(b)
}

// timePlace is the place of an instant in a row that has something in place of none.
type timePlace struct {
	time *wireTime
	none []string
}

func (p *timePlace) UnmarshalJSON(b []byte) error {
	if slices.Contains(p.none, literal(b)) {
		*p.time = wireTime{set: true, absent: true}
		return nil
	}
	return p.time.UnmarshalJSON(b)
}

// shared is what was made of JSON that many rows have alike. Nobody may change it: other keys have it too.
type shared[T any] map[string]T

// maxShared bounds what a list of which no two rows are alike costs.
const maxShared = 1000

// of is what make makes of JSON.
func (s *shared[T]) of(raw []byte, make func(raw []byte) T) T {
	if known, ok := (*s)[string(raw)]; ok {
		return known
	}
	made := make(raw)
	if *s == nil {
		*s = shared[T]{}
	}
	if len(*s) < maxShared {
		(*s)[string(raw)] = made
	}
	return made
}

// referencePlace is the place of a reference in a row of a list.
type referencePlace struct {
	reference *reference
	objects   *shared[reference]
}

func (p *referencePlace) UnmarshalJSON(b []byte) (err error) {
	if len(b) == 0 || b[0] != '{' {
		return p.reference.UnmarshalJSON(b)
	}
	*p.reference = p.objects.of(b, func(raw []byte) (r reference) {
		err = r.UnmarshalJSON(raw)
		return r
	})
	return err
}
