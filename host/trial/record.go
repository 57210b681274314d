package trial

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"detent/client"
	"detent/client/kit"
)

// record is what of a trial can be sent to whoever keeps the declaration: calls as they are declared, statuses, fields, and what held.
// Nothing that the service said, and nothing that the profile holds, is ever put into it.
type record struct {
	mu sync.Mutex
	to io.WriteCloser // nil where none is kept

	Issuer string        `json:"issuer"`
	Proven string        `json:"proven"`
	Date   string        `json:"date"`
	Calls  []recordCall  `json:"calls"`
	Fields []recordField `json:"fields"`
	Steps  []recordStep  `json:"steps"`
}

type recordCall struct {
	Call   string `json:"call"`
	For    string `json:"for"`
	Status int    `json:"status"` // 0 for no answer
	Own    bool   `json:"own"`    // a refusal in the declared shape
	Times  int    `json:"times"`
}

type recordField struct {
	Field string `json:"field"`
	Has   int    `json:"has"`
	Of    int    `json:"of"`
}

type recordStep struct {
	Step    string `json:"step"`
	Outcome string `json:"outcome"` // held, failed, not tried
	Says    string `json:"says"`
}

func newRecord(d *kit.Declaration, now time.Time, to io.WriteCloser) *record {
	return &record{to: to, Issuer: d.Name, Proven: d.Proven, Date: now.UTC().Format(time.DateOnly), Calls: []recordCall{}, Fields: []recordField{}, Steps: []recordStep{}}
}

func (r *record) call(a client.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := recordCall{Call: a.Call, For: a.Op, Status: a.Status, Own: a.Own}
	at := slices.IndexFunc(r.Calls, func(c recordCall) bool { c.Times = 0; return c == one })
	if at < 0 {
		at = len(r.Calls)
		r.Calls = append(r.Calls, one)
	}
	r.Calls[at].Times++
}

func (r *record) field(name string, has, of int) {
	r.Fields = append(r.Fields, recordField{name, has, of})
}

func (r *record) step(step, outcome, says string) {
	r.Steps = append(r.Steps, recordStep{step, outcome, says})
}

// close writes the record, however the trial ended.
func (r *record) close(ended error) error {
	if r.to == nil {
		return ended
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		_, err = r.to.Write(append(raw, '\n'))
	}
	if err := errors.Join(err, r.to.Close()); err != nil {
		return errors.Join(ended, err)
	}
	return ended
}
