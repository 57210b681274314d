package world

import (
	"fmt"
	"slices"
	"strings"

	"detent/rotation"
)

// view is a rotation as the operator sees it.
type view struct {
	id, step, state string // state: open, done, undone, closed; damaged where the journal is refused
	undoing         bool
	newID, newName  string
	claims          []rotation.Claim
	certain         []string
	unknown         []string
	notes           []string
	left            []string
	diff            []fieldDiff
}

// fieldDiff is what is shown of one field of access.
type fieldDiff struct {
	field, old, new string
	accepted        bool
	blocks          bool
}

// see is the rotation as it is shown now: by the process, else by the journal. Nil where there is none.
func (w *world) see() *view {
	var v rotation.View
	if w.process != nil {
		v = w.process.r.View()
	} else {
		var err error
		if !w.journaled() {
			return nil
		}
		if v, err = w.store.view(w.id); err != nil || v.Err != nil {
			return &view{id: w.id, state: "damaged"}
		}
	}
	state := map[rotation.State]string{rotation.Open: "open", rotation.Over: "done", rotation.Aborted: "undone", rotation.Closed: "closed"}[v.State]
	out := &view{id: v.ID, step: string(v.Step), state: state, undoing: v.Undoing, newID: v.NewID(), newName: v.NewName,
		claims: v.Claims, certain: v.Certain, unknown: v.Unknown, notes: v.Notes, left: v.Left}
	for _, d := range v.Diff {
		out.diff = append(out.diff, fieldDiff{string(d.Field), d.Old, d.New, d.Verdict == rotation.Tolerated, d.Blocks()})
	}
	return out
}

// everything is all that a view shows, as text, to look for a secret in it.
func (w *world) everything() string {
	if w.process == nil {
		return ""
	}
	return fmt.Sprintf("%+v", w.process.r.View())
}

// journaled reports whether there is a journal of the rotation.
func (w *world) journaled() bool {
	_, err := w.store.kept().Load(w.id)
	return err == nil
}

// statements is all that is certain, unknown or left.
func (v *view) statements() string {
	return strings.Join(slices.Concat(v.certain, v.unknown, v.left), "\n")
}

func (v *view) over() bool { return v.state != "open" && v.state != "damaged" }

func (w *world) over() bool {
	v := w.see()
	return v != nil && v.over()
}

// newKey is the key that the rotation has made, as it is shown.
func (w *world) newKey() *key {
	v := w.see()
	if v == nil {
		return nil
	}
	return w.keyByID(v.newID)
}
