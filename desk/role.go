package desk

import (
	"context"
	"errors"

	"detent/apikey"
	"detent/client"
	"detent/config"
)

// Why an order is beyond a role.
const (
	ViewerOnly     = "your role is viewer: changing keys is for operators and admins"
	DeleteIsAdmins = "deleting is for admins; a rotation deletes the old key by itself"
	BeyondRole     = "beyond the role" // on record
)

// OfRole says that a reason is the role: it is told before any other, and is on record.
func OfRole(why string) bool {
	return why == ViewerOnly || why == DeleteIsAdmins || why == ProfilesAreAdmins
}

// roles refuses what is somebody else's, and has that recorded.
func (d *Desk) roles(next Handler) Handler {
	return func(ctx context.Context, o Order) (Outcome, error) {
		record, why := d.roleRefusal(o)
		if why == nil && d.o.Role != "" && kinds[o.What].mayGuest != nil {
			record, why = kinds[o.What].mayGuest(d, o)
		}
		if why != nil {
			// A screen refuses before there is a draft: on record is what every front knows by then.
			e := Entry{Profile: d.o.Profile, Service: d.o.Issuer, Action: string(o.What), KeyID: o.Key.ID, KeyName: d.known(o.Key).Name}
			if o.What == AddProfile && record == BeyondRole {
				e.Profile, e.Service = "", ""
			}
			if d.o.Refused != nil {
				d.o.Refused(partOf(ctx, e), record)
			}
			err := &client.Error{Op: o.op(), Kind: client.ReadOnly, Outcome: client.NotDone, Message: why.Error()}
			if field := (*FieldError)(nil); errors.As(why, &field) {
				err.Err = field
			}
			return Outcome{}, err
		}
		return next(ctx, o)
	}
}

func (d *Desk) roleRefusal(o Order) (record string, why error) {
	switch {
	case d.o.Role == "" || d.o.Role == config.Admin:
	case kinds[o.What].profiles:
		return BeyondRole, errors.New(ProfilesAreAdmins)
	case d.o.Role == config.Viewer:
		return BeyondRole, errors.New(ViewerOnly)
	case kinds[o.What].admins && !o.Act && !d.madeHere(o.Key.ID):
		return BeyondRole, errors.New(DeleteIsAdmins)
	}
	return "", nil
}

// madeHere says that a key was made in this session. Whose secret reached nobody may go again.
func (d *Desk) madeHere(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.made[id]
}

// Capabilities are the service's without what the role may not do, each with whose it is.
func (d *Desk) Capabilities() apikey.Capabilities {
	c := d.service.Capabilities()
	if d.o.Role == "" || d.o.Role == config.Admin {
		return c
	}
	for _, k := range kinds {
		if k.abilities == nil {
			continue
		}
		for _, a := range k.abilities(&c) {
			switch {
			case !a.OK:
			case d.o.Role == config.Viewer:
				*a = apikey.Cannot(ViewerOnly)
			case k.admins:
				*a = apikey.Cannot(DeleteIsAdmins)
			}
		}
	}
	return c
}
