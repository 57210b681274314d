package client

import (
	"strconv"
	"time"

	"detent/apikey"
	"detent/client/kit"
)

// askedLimits are the end, the restrictions and the numbers of a draft, as they are sent: each held against what the service gives.
func (s *issuer) askedLimits(draft apikey.Draft, values map[apikey.Field]any) *Error {
	for _, n := range s.d.NumbersOfKeys() {
		raw := draft.Extra[string(n.Field)]
		if err := n.Check(raw); err != nil {
			return invalidDraft(string(n.Field) + " " + err.Error())
		}
		if raw != nil && s.d.Create.Sends(n.Field) {
			values[n.Field] = raw
		}
	}
	if err := s.d.Expiry.Lifetimes().Check(draft.Expiry, s.now()); err != nil {
		return invalidDraft(err.Error())
	}
	if !draft.Expiry.IsNever() {
		end := s.newEnd(draft.Expiry)
		if bad := end.check(s.d.Create.As(apikey.FieldExpiry)); bad != nil {
			return bad
		}
		values[apikey.FieldExpiry] = end
	}
	if !draft.Restrictions.Empty() {
		values[apikey.FieldRestrictions] = draft.Restrictions
	}
	return nil
}

// limits adds the end and the numbers of a change to what is sent.
func (s *issuer) limits(declared *kit.Call, patch apikey.Patch, values map[apikey.Field]any) *Error {
	taken := func(f apikey.Field) bool {
		v, sends := declared.Value(f)
		return sends && (v.Else != nil || v.Null)
	}
	if patch.Expiry != nil {
		end := s.newEnd(*patch.Expiry)
		switch err := s.d.Expiry.Lifetimes().Check(*patch.Expiry, end.now); {
		case !declared.Sends(apikey.FieldExpiry):
			return unsupported(opUpdate, s.Capabilities().ChangeExpiry)
		case err != nil:
			return invalid(opUpdate, err.Error())
		case end.IsNever() && !taken(apikey.FieldExpiry):
			return invalid(opUpdate, "the end of a key can be moved, and not taken away")
		case end.IsNever():
			values[apikey.FieldExpiry] = none{}
		default:
			if err := end.Check(end.now.Add(end.ahead)); err != nil {
				return invalid(opUpdate, err.Error())
			}
			values[apikey.FieldExpiry] = end
		}
	}
	for _, n := range s.d.NumbersOfKeys() {
		raw, asked := patch.Numbers[string(n.Field)]
		switch {
		case !asked:
			continue
		case !n.Change:
			return unsupported(opUpdate, apikey.Cannot("the service has no call that changes "+string(n.Field)))
		case n.Check(raw) != nil:
			return invalid(opUpdate, string(n.Field)+" "+n.Check(raw).Error())
		}
		if values[n.Field] = any(raw); string(raw) == "null" && taken(n.Field) {
			values[n.Field] = none{}
		}
	}
	return nil
}

// showsLimits reports whether a row has the end and the numbers of a change, as far as it tells. A service may round an end.
func (s *issuer) showsLimits(row apikey.Key, patch apikey.Patch, as string) bool {
	for name, raw := range patch.Numbers {
		value, has := apikey.NumberOf(&row, apikey.Field(name))
		asked, err := strconv.ParseFloat(string(raw), 64)
		if has != (err == nil) || has && value != asked {
			return false
		}
	}
	if patch.Expiry == nil || !row.ExpiresAt.Known() {
		return true
	}
	at, ends := row.ExpiresAt.Time()
	rounding := time.Hour
	if as == "date" || as == "days" {
		rounding = 25 * time.Hour
	}
	return ends != patch.Expiry.IsNever() && (!ends || at.Sub(patch.Expiry.Instant(s.now())).Abs() <= rounding)
}
