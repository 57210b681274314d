// Package table is how commands print keys: as JSON, as a table that fits a terminal, as the cells of CSV. It writes to whatever it is
// given, and knows no service, no profile and no flag.
package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"detent/apikey"
)

// Row is a key as docs/REFERENCE.md writes it. A field that the service does not report is absent.
type Row struct {
	Key              apikey.Key
	Profile, Service string
	Findings         []string // its warnings
	// Access are the fields of access that keys of the service have, reported or not.
	Access []apikey.Field
	// Properties are what keys of the service can have beside, by which people read it in words.
	Properties []apikey.Property
}

// text is a field as a table shows it.
func (r *Row) text(f apikey.FieldInfo) string {
	if raw := r.Key.Extra[string(f.ID)]; raw != nil && f.IsExtra() {
		for _, p := range r.Properties {
			if p.Field == f.ID {
				return p.Words(raw)
			}
		}
	}
	return f.Text(&r.Key)
}

// MarshalJSON writes the key's named fields, what is known of it here, and its other fields under "fields".
func (r Row) MarshalJSON() ([]byte, error) {
	var o, others object
	for f := range apikey.FieldsOf(&r.Key) {
		if value, reported := f.JSON(&r.Key); reported {
			into := &others
			if f.Named {
				into = &o
			}
			into.member(string(f.ID), value)
		}
		if f.ID == apikey.FieldName {
			o.member("profile", r.Profile)
			o.member("service", r.Service)
		}
	}
	o.member("findings", NotNil(r.Findings))
	if others.Len() > 0 {
		o.member("fields", json.RawMessage(others.close()))
	}
	return o.close(), errors.Join(o.err, others.err)
}

// object writes an object of JSON, member by member.
type object struct {
	bytes.Buffer
	encoder *json.Encoder
	err     error
}

// member writes one; name is one of ours and needs no escapes.
func (o *object) member(name string, value any) {
	if o.encoder == nil {
		o.Grow(512)
		o.encoder = json.NewEncoder(&o.Buffer)
		o.encoder.SetEscapeHTML(false)
		o.WriteByte('{')
	} else {
		o.WriteByte(',')
	}
	o.WriteByte('"')
	o.WriteString(name)
	o.WriteString(`":`)
	if err := o.encoder.Encode(value); err != nil {
		o.err = errors.Join(o.err, err)
		return
	}
	o.Truncate(o.Len() - 1) // its newline
}

func (o *object) close() []byte {
	o.WriteByte('}')
	return o.Bytes()
}

// NotNil makes JSON write [] where there is nothing.
func NotNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// JSON writes one value.
func JSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}
