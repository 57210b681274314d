package host

import (
	"encoding/json"
	"slices"

	"detent/apikey"
	"detent/audit"
	"detent/config"
	"detent/desk"
	"detent/rotation"
)

// Recall are the keys that rotations here replaced or made and those that were deleted without one, of the profiles that whoever acts may
// see: whose a secret was that no list has any more. What can be read is told, with the error of what cannot.
func (h *Host) Recall() ([]rotation.Recalled, error) {
	store, err := h.journals()
	if err != nil {
		return nil, err
	}
	past, err := rotation.Recall(store, h.o.Now())
	deleted, unread := h.deleted()
	if err == nil {
		err = unread
	}
	return slices.DeleteFunc(append(past, deleted...), func(r rotation.Recalled) bool {
		return len(h.visible([]rotation.View{{Profile: r.Profile}})) == 0
	}), err
}

// deleted are the keys that the record says were deleted, by no rotation. Who did it is told to whoever may read the record.
func (h *Host) deleted() (out []rotation.Recalled, err error) {
	from, tells := h, true
	if g := h.o.Guest; g != nil {
		from, tells = g.Server, g.Operator.Role == config.Admin
	}
	dir, err := from.StateDir()
	if err != nil {
		return nil, err
	}
	var t AuditRows
	_, err = audit.Read(dir, nil, nil, func(r audit.Record) {
		if r.Action == string(desk.Delete) && r.Rotation == "" {
			t.Add(r)
		}
	})
	for _, r := range t.Rows {
		k := apikey.Key{ID: r.KeyID, Name: r.KeyName}
		if r.Result != audit.Done || !r.Certain || json.Unmarshal(r.Before[string(apikey.FieldMasked)], &k.Masked) != nil {
			continue
		}
		by := ""
		if tells {
			by = r.Who
		}
		out = append(out, rotation.Ended(r.Profile, k, r.Time, by, h.o.Now()))
	}
	return out, err
}
