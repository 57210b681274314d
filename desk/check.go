package desk

import (
	"context"
	"fmt"
	"strings"

	"detent/apikey"
	"detent/client"
)

// FieldError is what an issuer cannot take, by the field that asks for it.
type FieldError struct {
	Field string // name, role, expires, restrictions, enabled; empty for the order as a whole
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
		if !o.Act {
			if err := Check(o, d.service.Capabilities()); err != nil {
				kind := client.Invalid
				if err.Field == "" {
					kind = client.Unsupported
				}
				return Outcome{}, &client.Error{Op: o.op(), Kind: kind, Outcome: client.NotDone, Message: err.Error(), Err: err}
			}
		}
		return next(ctx, o)
	}
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
	case d.Role != "" && len(c.Roles) == 0:
		return &FieldError{Field: "role", Why: "keys of this service have no role"}
	case !d.Restrictions.Empty() && !c.Restrictions.OK:
		return &FieldError{Field: "restrictions", Why: c.Restrictions.Why}
	case len(c.Roles) > 0:
		return checkRole(d.Role, c)
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
