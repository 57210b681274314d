package client

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client/kit"
)

// layout is where each field of a declared row lies in a record. It is made once, when the service is opened.
type layout struct {
	names                         []string // of all members
	members                       map[string]slot
	texts, times, tokens, raws    int
	flags, references, words      int
	id, name, masked, prefix, env span
	kind, role                    span
	created, updated              span
	expires, used                 span
	restrictions, copied, secret  span
	enabled, retrievable, state   span
	permissions                   span
	rolled, former                span
	account, project, by, upBy    span
	none                          *record // of nothing
}

// slot is the place of one member: which kind of value, and which of them.
type slot struct {
	kind kind
	at   int
}

type kind int

const (
	aText kind = iota
	aTime
	aToken
	aRaw
	aFlag
	aReference
	aWord
	anInside
)

// span are the slots of one field, in the order in which its members are looked at.
type span struct{ from, to int }

func newLayout(r *kit.Row) *layout {
	l := &layout{members: map[string]slot{}}
	place := func(k kind, count *int, members kit.Members) span {
		s := span{from: *count}
		for _, m := range members {
			l.names = append(l.names, m)
			l.members[m] = slot{k, *count}
			*count++
		}
		s.to = *count
		return s
	}
	l.id, l.name = place(aText, &l.texts, r.ID), place(aText, &l.texts, r.Name)
	l.masked, l.prefix = place(aText, &l.texts, r.Masked), place(aText, &l.texts, r.Prefix)
	l.env = place(aText, &l.texts, r.Environment)
	l.kind, l.role = place(aText, &l.texts, r.Type), place(aText, &l.texts, r.Role)
	l.created, l.expires = place(aTime, &l.times, r.CreatedAt), place(aTime, &l.times, r.ExpiresAt)
	l.used, l.updated = place(aTime, &l.times, r.LastUsedAt), place(aTime, &l.times, r.UpdatedAt)
	l.restrictions, l.copied = place(aRaw, &l.raws, r.Restrictions), place(aRaw, &l.raws, r.Copied)
	l.rolled, l.former = place(aTime, &l.times, r.RolledAt), place(aRaw, &l.raws, r.Former.Members)
	l.permissions, l.state = place(aRaw, &l.raws, r.Permissions), place(aWord, &l.words, r.State.Members)
	l.enabled, l.retrievable = place(aFlag, &l.flags, r.Enabled), place(aFlag, &l.flags, r.CanRetrieve)
	l.account, l.project = place(aReference, &l.references, r.Account), place(aReference, &l.references, r.Project)
	l.by, l.upBy = place(aReference, &l.references, r.CreatedBy), place(aReference, &l.references, r.UpdatedBy)
	l.secret = place(aToken, &l.tokens, r.Secret)
	insides := 0
	place(anInside, &insides, r.Inside)
	l.none = l.record()
	return l
}

// record is a row on the wire: the members that a declaration names, as they came. One is used for all rows of a list.
type record struct {
	l       *layout
	texts   []text
	times   []wireTime
	tokens  []token
	raws    []json.RawMessage
	flags   []flag
	refs    []reference
	words   []word
	sets    permissionSets
	letters letters // what the texts of rows are in
	places  map[string]json.Unmarshaler
	order   []member // the members of the rows so far
	next    int      // the one in order that is expected
}

// member is one that a row had. Rows of a list have theirs in the same order, some of them left out: comparing with the one that is
// expected is many times cheaper than looking a name up.
type member struct {
	name  string
	place json.Unmarshaler
}

// maxOrder bounds what is remembered of rows that never have the same members.
const maxOrder = 64

// passedOver is the place of a member that no declaration names in any spelling.
type passedOver struct{}

func (passedOver) UnmarshalJSON([]byte) error { return nil }

func (l *layout) record() *record {
	r := &record{l: l, texts: make([]text, l.texts), times: make([]wireTime, l.times), tokens: make([]token, l.tokens),
		raws: make([]json.RawMessage, l.raws), flags: make([]flag, l.flags), words: make([]word, l.words), refs: make([]reference, l.references), places: make(map[string]json.Unmarshaler, len(l.members))}
	for name, s := range l.members {
		switch s.kind {
		case aText:
			r.places[name] = &textPlace{&r.texts[s.at], &r.letters}
		case aTime:
			r.places[name] = &r.times[s.at]
		case aToken:
			r.places[name] = &r.tokens[s.at]
		case aRaw:
			r.places[name] = &r.raws[s.at]
		case aFlag:
			r.places[name] = &r.flags[s.at]
		case aReference:
			r.places[name] = &r.refs[s.at]
		case aWord:
			r.places[name] = &r.words[s.at]
		case anInside:
			r.places[name] = inside{r}
		}
	}
	return r
}

// inside is the place of an object whose members are the row's own.
type inside struct{ r *record }

func (i inside) UnmarshalJSON(b []byte) error {
	var members map[string]json.RawMessage
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	if err := json.Unmarshal(b, &members); err != nil {
		return err
	}
	for name, value := range members {
		place := i.r.place(name)
		if _, deeper := place.(inside); place == nil || deeper {
			continue
		}
		if err := place.UnmarshalJSON(value); err != nil {
			return err
		}
	}
	return nil
}

// clear makes a record that of the next row.
func (r *record) clear() {
	clear(r.texts)
	clear(r.times)
	clear(r.tokens)
	clear(r.flags)
	clear(r.refs)
	clear(r.words)
	for i := range r.raws {
		r.raws[i] = r.raws[i][:0]
	}
}

// decode reads an element of a list.
func (r *record) decode(raw []byte) error {
	r.clear()
	r.next = 0
	return decodeRow(raw, r, r.l.names)
}

// field is where a member goes; nil for a name that is a declared one in another case, which encoding/json takes too.
func (r *record) field(name []byte) json.Unmarshaler {
	for at := r.next; at < min(r.next+2, len(r.order)); at++ {
		if m := &r.order[at]; m.name == string(name) {
			r.next = at + 1
			return m.place
		}
	}
	place := r.places[string(name)]
	if place == nil {
		for _, known := range r.l.names {
			if strings.EqualFold(known, string(name)) {
				return nil
			}
		}
		place = passedOver{}
	}
	if len(r.order) < maxOrder {
		r.order = slices.Insert(r.order, min(r.next, len(r.order)), member{string(name), place})
		r.next++
	}
	return place
}

// UnmarshalJSON reads a row as encoding/json reads a struct: names in any case, the last one of several counts.
func (r *record) UnmarshalJSON(b []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil || members == nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		if place := r.place(name.(string)); place != nil {
			if err := place.UnmarshalJSON(value); err != nil {
				return err
			}
		}
	}
	return nil
}

// read reads an answer that is one key, which may be wrapped.
func (r *record) read(body io.Reader, names []string) error {
	_, raw, err := decodeObject(body, names...)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, r)
}

func (r *record) place(name string) json.Unmarshaler {
	if p := r.places[name]; p != nil {
		return p
	}
	for _, known := range r.l.names {
		if strings.EqualFold(name, known) {
			return r.places[known]
		}
	}
	return nil
}

// text is the first of a field's texts that is there.
func (r *record) text(s span) text {
	for _, t := range r.texts[s.from:s.to] {
		if t != "" {
			return t
		}
	}
	return ""
}

func (r *record) time(s span) wireTime { return firstTime(r.times[s.from:s.to]...) }

func (r *record) raw(s span) json.RawMessage {
	for _, raw := range r.raws[s.from:s.to] {
		if len(raw) > 0 {
			return raw
		}
	}
	return nil
}

// flag is the first of a field's flags that is there; nil for none.
func (r *record) flag(s span) *bool {
	for _, f := range r.flags[s.from:s.to] {
		if f.value != nil {
			return f.value
		}
	}
	return nil
}

// reference is the first of a field's references that is there.
func (r *record) reference(s span) reference {
	for _, ref := range r.refs[s.from:s.to] {
		if ref.id != "" {
			return ref
		}
	}
	return reference{}
}

func (r *record) secret() apikey.Secret {
	return firstToken(r.tokens[r.l.secret.from:r.l.secret.to]...)
}

// name gives a row an id that came from elsewhere.
func (r *record) name(id text) {
	if s := r.l.id; s.from < s.to {
		r.texts[s.from] = id
	}
}

// keep puts a secret that came from elsewhere where the row has its own.
func (r *record) keep(secret apikey.Secret) {
	if s := r.l.secret; s.from < s.to {
		r.tokens[s.from].Secret = secret
	}
}

// key is the key that a row shows. Its secret is compared, masked and dropped.
func (s *issuer) key(r *record) (apikey.Key, error) {
	l := r.l
	id := r.text(l.id)
	if s.d.Row.SecretIsID {
		id = text(idOfSecret(r.secret()))
	}
	if id == "" {
		return apikey.Key{}, badAnswer("a key in the answer has no id")
	}
	k := apikey.Key{
		ID: s.spelling.show(string(id)), Name: field(r.text(l.name)), Masked: field(r.text(l.masked)), CreatedAt: r.time(l.created).reported(),
		LastUsedAt: r.time(l.used).use(), ExpiresAt: r.time(l.expires).orNever(), Restrictions: restrictions(r.raw(l.restrictions)),
		Environment: s.environmentOf(r), Type: field(r.text(l.kind)), Role: s.spelling.show(string(r.text(l.role))), UpdatedAt: r.time(l.updated).reported(),
		Enabled: r.flag(l.enabled),
	}
	if s.d.Row.NeverExpires {
		k.ExpiresAt = r.time(l.expires).expiry()
	}
	k.RolledAt = r.time(l.rolled).reported()
	if raw := r.raw(l.former); len(raw) > 0 {
		k.FormerEndsAt, k.FormerUsedAt = formerOf(raw, &s.d.Row.Former)
	}
	if len(r.refs) > 0 {
		project := r.reference(l.project)
		k.Account, k.Project, k.ProjectName = field(r.reference(l.account).id), field(project.id), field(project.name)
		k.CreatedBy, k.UpdatedBy = field(r.reference(l.by).id), field(r.reference(l.upBy).id)
	}
	if s.d.List.Secrets {
		secret := r.secret()
		if k.CanRetrieve = !secret.IsZero(); k.CanRetrieve && k.Masked == "" {
			k.Masked = secret.Mask()
		}
	}
	if can := r.flag(l.retrievable); can != nil {
		k.CanRetrieve, k.CannotRetrieve = *can, !*can
	}
	if l.permissions.from < l.permissions.to {
		k.Permissions = s.permissionsOf(r)
	}
	if state := s.d.Row.State; k.Enabled == nil && len(state.Members) > 0 {
		k.Enabled = r.state(l.state, state.On, state.Off)
	}
	for i, raw := range r.raws[l.copied.from:l.copied.to] {
		if len(raw) == 0 || string(raw) == "null" {
			continue
		}
		if k.Extra == nil {
			k.Extra = map[string]json.RawMessage{}
		}
		k.Extra[s.d.Row.Copied[i]] = asciiJSON(raw)
	}
	if prefix := r.text(l.prefix); k.Masked == "" && prefix != "" {
		k.Masked = field(prefix) + "…"
	}
	return k, nil
}

// environmentOf is the one that the issuer names, else that of the prefix, else that of a secret that it shows.
func (s *issuer) environmentOf(r *record) apikey.Environment {
	if len(s.d.EnvironmentNames)+len(s.d.Secret.Prefixes) == 0 {
		return ""
	}
	named := r.text(r.l.env)
	for e, name := range s.d.EnvironmentNames {
		if name == string(named) {
			return e
		}
	}
	if len(s.d.EnvironmentNames) > 0 {
		return apikey.Environment(s.spelling.show(string(named)))
	}
	for _, p := range s.d.Secret.Prefixes {
		if p.Environment != "" && string(p.Environment) == string(named) {
			return p.Environment
		}
	}
	prefix := string(r.text(r.l.prefix))
	for _, p := range s.d.Secret.Prefixes {
		if p.Environment != "" && (strings.HasPrefix(prefix, p.Text) || prefix == "" && r.secret().HasPrefix(p.Text)) {
			return p.Environment
		}
	}
	return ""
}

// state is whether a row's words say that the key is on; nil where they say neither.
func (r *record) state(s span, on, off []string) *bool {
	for _, w := range r.words[s.from:s.to] {
		if slices.Contains(on, string(w)) || slices.Contains(off, string(w)) {
			is := slices.Contains(on, string(w))
			return &is
		}
	}
	return nil
}

// idOfSecret is what a key is called whose issuer names it by its secret: it tells two apart, and nothing of either.
func idOfSecret(secret apikey.Secret) string {
	return secret.KeyedPrint([]byte("detent: the id of a key that is named by its secret"))
}
