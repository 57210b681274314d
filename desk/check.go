package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"detent/apikey"
	"detent/client"
)

// FieldError is what an issuer cannot take, by the field that asks for it.
type FieldError struct {
	// Field is called as the command line's flag is: name, role, expires, permission, environment, allow-ip and so on; restrictions and
	// enabled are more than one flag. Empty is the order as a whole.
	Field string
	Why   string
	// Given and Choices are what was asked for and what there is, where it is one of few.
	Given   string
	Choices []string
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return e.Why
	}
	return e.Field + ": " + e.Why
}

// checks refuses what the issuer cannot do before anything is sent. A rotation's acts copy what a key has: their check is the
// comparison of the two keys.
func (d *Desk) checks(next Handler) Handler {
	return func(ctx context.Context, o Order) (Outcome, error) {
		switch k := kinds[o.What]; {
		case k.profiles:
			var err error
			if o, err = d.keeps(o); err != nil {
				return Outcome{}, err
			}
		case !o.Act && d.service != nil: // what only hands a secret over needs none
			if err := Check(o, d.service.Capabilities()); err != nil {
				kind := client.Invalid
				if err.Field == "" {
					kind = client.Unsupported
				}
				return Outcome{}, &client.Error{Op: o.op(), Kind: kind, Outcome: client.NotDone, Message: err.Error(), Err: err}
			}
			if why := d.elsewhere(o); why != "" {
				return Outcome{}, &client.Error{Op: o.op(), Kind: client.Conflict, Outcome: client.NotDone, Message: why,
					Hint: "`detent rotations` shows it: `detent rotate --resume ID` or `--abort ID` deletes in the right order, and `--close ID` gives it up."}
			}
		}
		return next(ctx, o)
	}
}

// elsewhere is the rotation of another profile that an order would take its key from: one of this profile is the front's to show, since
// its operator sees it.
func (d *Desk) elsewhere(o Order) string {
	off := o.Patch.Enabled != nil && !*o.Patch.Enabled
	if d.o.Elsewhere == nil || o.What != Delete && o.What != Roll && !(o.What == Update && off) {
		return ""
	}
	k := o.Key
	if k.Name == "" {
		k.Name = d.names.of(k.ID).Name
	}
	return d.o.Elsewhere(k)
}

// possible holds what an order is, without what it asks for, against what the issuer can.
func possible(o Order, c apikey.Capabilities) *FieldError {
	if can := kinds[o.What].can; can != nil {
		if a := can(c); !a.OK {
			return &FieldError{Why: a.Why}
		}
	}
	return nil
}

// Check holds an order against what the issuer can; nil where it may be sent.
func Check(o Order, c apikey.Capabilities) *FieldError {
	if err := possible(o, c); err != nil {
		return err
	}
	if check := kinds[o.What].check; check != nil {
		return check(o, c)
	}
	return nil
}

func checkDraft(d apikey.Draft, c apikey.Capabilities) *FieldError {
	if err := checkName(d.Name, c); err != nil {
		return err
	}
	switch {
	case !c.Expiry.OK && !d.Expiry.IsNever():
		return &FieldError{Field: "expires", Why: c.Expiry.Why}
	case c.Expiry.OK && c.Lifetimes.Check(d.Expiry, time.Time{}) != nil:
		return &FieldError{Field: "expires", Why: c.Lifetimes.Check(d.Expiry, time.Time{}).Error()}
	case checkProperties(d.Extra, c.Properties, false) != nil:
		return checkProperties(d.Extra, c.Properties, false)
	case d.Role != "" && len(c.Roles) == 0:
		return &FieldError{Field: "role", Why: "keys of this service have no role"}
	case !d.Restrictions.Empty() && !c.Restrictions.OK:
		return &FieldError{Field: "restrictions", Why: c.Restrictions.Why}
	case len(c.PermissionGroups) > 0 && len(d.Permissions) == 0:
		return &FieldError{Field: "permission", Why: "is needed, at least once"}
	case len(c.PermissionGroups) == 0 && len(d.Permissions) > 0 && !c.FreePermissions:
		return &FieldError{Field: "permission", Why: "keys of this service have no permissions"}
	case len(c.Types) == 0 && d.Type != "":
		return &FieldError{Field: "type", Why: "a new key of this service is asked for without a type"}
	case d.Type != "" && !slices.Contains(c.Types, d.Type):
		return &FieldError{Field: "type", Why: fmt.Sprintf("there is no type %q", d.Type), Given: d.Type, Choices: c.Types}
	case len(c.Environments) == 0 && d.Environment != "":
		return &FieldError{Field: "environment", Why: "keys of this service have no environment"}
	case len(c.Environments) > 0 && !slices.Contains(c.Environments, d.Environment):
		return &FieldError{Field: "environment", Why: fmt.Sprintf("there is no environment %q", d.Environment)}
	case len(c.Roles) > 0:
		if err := checkRole(d.Role, c); err != nil {
			return err
		}
	}
	return checkRestrictions(d.Restrictions)
}

// checkProperties holds the properties of a key against what the service knows; of a change, those that it names.
func checkProperties(asked map[string]json.RawMessage, known []apikey.Property, change bool) *FieldError {
	for _, n := range known {
		raw, named := asked[string(n.Field)]
		switch err := n.Check(raw); {
		case change && named && !n.Change:
			return &FieldError{Field: "set", Why: "the service has no call that changes " + string(n.Field)}
		case err != nil && (named || !change):
			return &FieldError{Field: "set", Why: string(n.Field) + " " + err.Error()}
		}
	}
	return nil
}

// checkRestrictions refuses what no service could mean.
func checkRestrictions(r apikey.Restrictions) *FieldError {
	for _, kind := range []struct {
		field  string
		values []string
		parse  func(string) (string, error)
	}{{"allow-ip", r.IPAddresses, apikey.CleanIP}, {"allow-referrer", r.Referrers, apikey.CleanReferrer}, {"allow-endpoint", r.Endpoints, apikey.CleanEndpoint}} {
		for _, v := range kind.values {
			if _, err := kind.parse(v); err != nil {
				return &FieldError{Field: kind.field, Why: err.Error()}
			}
		}
	}
	return nil
}

// checkRequest looks at what a public key is requested with; what is left out is the service's own.
func checkRequest(r apikey.PublicKeyRequest, c apikey.Capabilities) *FieldError {
	if r.Name != "" {
		if err := checkName(r.Name, c); err != nil {
			return err
		}
	}
	switch err := CheckProject(r.Project); {
	case err != nil:
		return &FieldError{Field: "project", Why: err.Error()}
	case r.TTL < 0 || r.TTL > int64(apikey.MaxLifetime/time.Second):
		return &FieldError{Field: "ttl", Why: "must be from 1 second to 100 years"}
	}
	return nil
}

// CheckProject refuses what cannot be the id of a project.
func CheckProject(id string) error {
	if strings.ContainsAny(id, " \t/?&#") || strings.ContainsFunc(id, unicode.IsControl) {
		return errors.New("a project id has no spaces and none of / ? & #")
	}
	return nil
}

func checkName(name string, c apikey.Capabilities) *FieldError {
	switch n := len([]rune(name)); {
	case strings.TrimSpace(name) == "":
		return &FieldError{Field: "name", Why: "must not be empty"}
	case c.MaxName > 0 && n > c.MaxName:
		return &FieldError{Field: "name", Why: fmt.Sprintf("has %d characters, over the limit of %d", n, c.MaxName)}
	case strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r >= 0x7f && r <= 0x9f }):
		return &FieldError{Field: "name", Why: "has a control character"}
	}
	return nil
}

func checkRole(role string, c apikey.Capabilities) *FieldError {
	var names []string
	for _, r := range c.Roles {
		if r.Name == role {
			return nil
		}
		names = append(names, r.Name)
	}
	return &FieldError{Field: "role", Why: fmt.Sprintf("there is no role %q", role), Given: role, Choices: names}
}
