package desk

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"reflect"
	"strings"

	"detent/apikey"
	"detent/audit"
	"detent/client"
	"detent/config"
)

// What can be ordered of the profiles in the configuration. The desk is that of the profile, and needs no service.
const (
	AddProfile        What = "profile-add"
	EditProfile       What = "profile-edit"
	RenameProfile     What = "profile-rename"
	DefaultProfile    What = "profile-default"
	RemoveProfile     What = "profile-remove"
	AddDestination    What = "destination-add"
	RemoveDestination What = "destination-remove"
)

// Setup is what an order on a profile asks for.
type Setup struct {
	// To is a profile's new name.
	To string
	// Is is the profile that is added, or what one becomes that was Was. Token was typed for it, and is to be kept in a file of its own.
	Was, Is config.Profile
	Token   apikey.Secret
	// Place is a destination that is added, or of which the name goes.
	Place config.Deliver
}

// Keeper keeps the configuration. The desk calls it for one order at a time, whose role it has looked at.
type Keeper interface {
	// Check refuses what cannot be, and completes the order: a token that was typed is in its file then.
	Check(o Order) (Order, error)
	// Keep carries it out. An error is an UnchangedError where all is as it was.
	Keep(o Order) error
}

// Why an order on a profile is beyond a role, or beyond whoever comes over SSH.
const (
	ProfilesAreAdmins = "adding and editing profiles is for admins"
	ProfilesAreHeres  = "over SSH no profile is renamed, removed or made the default, and no destination named: that is done on the server"
)

func init() {
	for what, k := range map[What]kind{
		AddProfile:        {op: "add a profile", mayGuest: mayNameToken},
		EditProfile:       {op: "edit a profile", mayGuest: mayNameToken},
		RenameProfile:     {op: "rename a profile", mayGuest: staysHere},
		DefaultProfile:    {op: "make a profile the default", mayGuest: staysHere},
		RemoveProfile:     {op: "remove a profile", mayGuest: staysHere},
		AddDestination:    {op: "add a destination", mayGuest: staysHere},
		RemoveDestination: {op: "remove a destination", mayGuest: staysHere},
	} {
		k.profiles, k.reads, k.recordAsked = true, true, setUp
		k.call = func(_ context.Context, d *Desk, o Order) (Outcome, error) { return Outcome{}, d.o.Keeper.Keep(o) }
		kinds[what] = k
	}
}

// setUp is what a receipt says of an order on a profile.
func setUp(_ *Desk, o Order, _ apikey.Key, e *Entry) {
	switch s := o.Setup; o.What {
	case AddProfile:
		e.Detail = s.Is.URL
	case EditProfile:
		e.Detail, e.Before, e.After = profileChanges(s)
	case RenameProfile:
		e.Detail = "to " + s.To
	case AddDestination, RemoveDestination:
		e.Detail = s.Place.Name
	}
	if !o.Setup.Token.IsZero() {
		e.Detail = strings.TrimPrefix(e.Detail+"; ", "; ") + "the token that was typed is in the " + o.Setup.Is.Token.String()
	}
}

// staysHere refuses what is done on this machine alone.
func staysHere(*Desk, Order) (record string, why error) {
	return "changes the server's configuration", errors.New(ProfilesAreHeres)
}

// mayNameToken refuses what is not for whoever is at another machine: a place of a token is named on this machine alone, and a token
// that is here goes to no other address than before, whoever asks.
func mayNameToken(_ *Desk, o Order) (record string, why error) {
	s := o.Setup
	named, typed := s.Is.Token.Named(), !s.Token.IsZero()
	stays := o.What == EditProfile && named && !typed && sameToken(s)
	switch {
	case stays && movesToken(s):
		return "moves a token of the server's", &FieldError{Field: "token", Why: "the server's token goes to no other service or address: type the token for the new one"}
	case !stays && (named || !typed):
		return "names a place on the server", &FieldError{Field: "token", Why: "over SSH a token is typed: its place on the server is named in the configuration file alone"}
	}
	return "", nil
}

func sameToken(s Setup) bool { return reflect.DeepEqual(s.Was.Token, s.Is.Token) }

// movesToken reports whether an edit would send the profile's token to another place than before.
func movesToken(s Setup) bool {
	return s.Was.Service != s.Is.Service || s.Was.URL != s.Is.URL || s.Was.Exchange != s.Is.Exchange || !maps.Equal(s.Was.Parents, s.Is.Parents)
}

// profileChanges are what an edit changes, for the record: the fields in words, and what is replaced by what. Of a token it has the
// place.
func profileChanges(s Setup) (fields string, before, after audit.Fields) {
	var names []string
	before, after = audit.Fields{}, audit.Fields{}
	note := func(field string, same bool, was, is any) {
		if same {
			return
		}
		names = append(names, field)
		old, oldErr := json.Marshal(was)
		now, nowErr := json.Marshal(is)
		if errors.Join(oldErr, nowErr) == nil {
			before[field], after[field] = old, now
		}
	}
	a, b, typed := s.Was, s.Is, !s.Token.IsZero()
	auth := map[bool]string{true: "exchange", false: "direct"}
	to := tokenPlace(b.Token)
	if typed {
		to = "typed"
	}
	note("service", a.Service == b.Service, a.Service, b.Service)
	note("url", a.URL == b.URL, a.URL, b.URL)
	note("token", !typed && sameToken(s), tokenPlace(a.Token), to)
	note("environment", a.Environment == b.Environment, a.Environment, b.Environment)
	note("read_only", a.ReadOnly == b.ReadOnly, a.ReadOnly, b.ReadOnly)
	note("parents", maps.Equal(a.Parents, b.Parents), a.Parents, b.Parents)
	note("auth", a.Exchange == b.Exchange, auth[a.Exchange], auth[b.Exchange])
	note("create", a.CanCreate == b.CanCreate, a.CanCreate, b.CanCreate)
	return strings.Join(names, ", "), before, after
}

// tokenPlace is where a token comes from. Of a command it is the program alone: its words may hold anything.
func tokenPlace(t config.Token) string {
	switch {
	case len(t.Command) > 0:
		return "command " + filepath.Base(t.Command[0])
	case t.File != "":
		return "file " + t.File
	}
	return "env " + t.Env
}

// keeps has the configuration's keeper look at an order on a profile.
func (d *Desk) keeps(o Order) (Order, error) {
	if d.o.Keeper == nil {
		return o, refusal(o, client.Unsupported, "profiles are not kept here")
	}
	return d.o.Keeper.Check(o)
}
