// Package audit keeps the log of what was done with keys, by whom: JSON lines, each with the SHA-256 of
// the line before it, and beside them the head, which says how far the log goes.
//
// A line is written before an action is sent (begin) and another after it (end), so that a process that is
// killed in between leaves the action on record, with an outcome that is not known. The last of them says
// everything; a begin without an end is an action whose outcome nobody saw.
//
// Three files lie in the folder, each 0600: audit.log is only ever appended to; audit.head holds the number and the
// hash of the last record and is replaced after each; audit.lock is locked while one process writes. A log that is moved
// away is continued by a new one, which begins with the number and the hash that the old one ended with.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// version is the format that this detent writes. It reads the first one as well: records of both lie in one chain. The second has
// what was granted and what was changed, and the rotation that an action is a part of.
const version = 2

// Kind says what a record is.
type Kind string

// The kinds of record.
const (
	Begin     Kind = "begin"     // an action is about to be sent
	End       Kind = "end"       // what came of it; Ref is the number of its begin
	Event     Kind = "event"     // an action that is over as it is told: a login
	Recovered Kind = "recovered" // a process was killed as it wrote: Torn bytes before this line are no record
	Continued Kind = "continued" // the log before this one lies in another file
)

// Result is what came of an action.
type Result string

// The results. Unknown is the result of an action whose end is not on record.
const (
	Done    Result = "done"
	Refused Result = "refused" // the service, or the operator's role, said no
	Failed  Result = "failed"
	Unknown Result = "unknown"
)

// Actor is who acts, and from where: the user of this machine and "local", or an operator and an address.
type Actor struct {
	Name string
	From string
}

// Action is what is done, to which key of which profile. Every text may be hostile: it is cut and escaped as it is written.
type Action struct {
	Actor
	Profile string
	Service string
	Action  string // create, update, enable, disable, delete, public-key, deliver, …
	KeyID   string
	KeyName string
	Detail  string // what the name of the action does not say: a destination, a role
	// Granted is what a key that is made is to have; Before and After are what a change replaces, as far as that is known, and by what.
	Granted, Before, After Fields
	// Rotation is the id of the rotation that it is a part of, and Stage which one of its stages.
	Rotation, Stage string
}

// Outcome is how an action ended.
type Outcome struct {
	Result Result
	// Certain is false where no answer came: it may have happened.
	Certain bool
	Reason  string // the kind of failure; never a service's own words
	// KeyID and KeyName are those of the key that was made, where the action made one.
	KeyID, KeyName string
	// Granted and After are what the key has by the service's own word; nil where it said nothing.
	Granted, After Fields
}

// Record is one line of the log.
type Record struct {
	Version int       `json:"v"`
	Seq     uint64    `json:"seq"`
	Prev    string    `json:"prev"` // SHA-256 of the line before, in hex; empty in the very first
	Time    time.Time `json:"time"`
	Kind    Kind      `json:"kind"`
	Who     string    `json:"who,omitempty"`
	From    string    `json:"from,omitempty"`
	Profile string    `json:"profile,omitempty"`
	Service string    `json:"service,omitempty"`
	Action  string    `json:"action,omitempty"`
	KeyID   string    `json:"key_id,omitempty"`
	KeyName string    `json:"key_name,omitempty"`
	Detail  string    `json:"detail,omitempty"`
	Ref     uint64    `json:"ref,omitempty"`
	Result  Result    `json:"result,omitempty"`
	Certain *bool     `json:"certain,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Torn    *Torn     `json:"torn,omitempty"`

	// Since version 2.
	Granted  Fields `json:"granted,omitempty"`
	Before   Fields `json:"before,omitempty"`
	After    Fields `json:"after,omitempty"`
	Rotation string `json:"rotation,omitempty"`
	Stage    string `json:"stage,omitempty"`
}

// Torn is what a killed process left between two records.
type Torn struct {
	Bytes int64  `json:"bytes"`
	Hash  string `json:"sha256"`
}

const (
	maxDetail = 1024    // but of the detail, which may be a person's reason
	maxLine   = 1 << 15 // bytes of most lines: what is looked through first for the last one. Fields may make one longer
)

func record(kind Kind, a Action) Record {
	return Record{Version: version, Kind: kind, Who: cut(a.Name), From: cut(a.From), Profile: cut(a.Profile), Service: cut(a.Service),
		Action: cut(a.Action), KeyID: cut(a.KeyID), KeyName: cut(a.KeyName), Detail: cutTo(a.Detail, maxDetail),
		Granted: a.Granted.cut(), Before: a.Before.cut(), After: a.After.cut(), Rotation: cut(a.Rotation), Stage: cut(a.Stage)}
}

func (r *Record) end(o Outcome) {
	certain := o.Certain
	r.Result, r.Certain, r.Reason = o.Result, &certain, cut(o.Reason)
	if o.KeyID != "" {
		r.KeyID, r.KeyName = cut(o.KeyID), cut(o.KeyName)
	}
	if o.Granted != nil {
		r.Granted = o.Granted.cut()
	}
	if o.After != nil {
		r.After = o.After.cut()
	}
}

// encode writes the record as one line without its end. Nothing in it can steer a terminal that shows the file.
func encode(r Record) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return nil, err
	}
	var out []byte
	for _, c := range strings.TrimSuffix(b.String(), "\n") {
		switch {
		case unicode.IsGraphic(c):
			out = utf8.AppendRune(out, c)
		case c > 0xffff:
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+(c-0x10000)>>10, 0xdc00+(c-0x10000)&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return out, nil
}

var (
	errNewer    = errors.New("was written by a newer detent: use that one")
	errNoRecord = errors.New("is no record")
)

// decode reads one line. A newer version is an error of its own.
func decode(line []byte) (Record, error) {
	var r Record
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	err := d.Decode(&r)
	if err == nil && d.InputOffset() != int64(len(line)) {
		err = errNoRecord
	}
	if err == nil && r.Version >= 1 && r.Version <= version {
		return r, r.check()
	}
	var head struct {
		Version int `json:"v"`
	}
	if json.Unmarshal(line, &head) == nil && head.Version > version {
		return Record{}, errNewer
	}
	return Record{}, errNoRecord
}

// check refuses what no detent has written.
func (r Record) check() error {
	ok := r.Seq > 0 && !r.Time.IsZero()
	if r.Version == 1 {
		ok = ok && len(r.Granted)+len(r.Before)+len(r.After) == 0 && r.Rotation+r.Stage == ""
	}
	ended := r.Result != "" && r.Certain != nil
	switch r.Kind {
	case Begin:
		ok = ok && !ended && r.Action != ""
	case End:
		ok = ok && ended && r.Ref > 0 && r.Ref < r.Seq && r.Action != ""
	case Event:
		ok = ok && ended && r.Action != ""
	case Recovered:
		ok = ok && r.Torn != nil && r.Torn.Bytes > 0
	case Continued:
	default:
		ok = false
	}
	if !ok {
		return errNoRecord
	}
	return nil
}

func lineHash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}
