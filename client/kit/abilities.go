package kit

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"detent/apikey"
	"detent/client/signers"
)

// abilities are what an issuer can do or not, beside listing and proving a secret, in the order in which they are told.
var abilities = []string{"create", "delete", "rename", "role", "disable", "public_key", "retrieve", "roll", "last_used", "expiry", "restrictions"}

// Can reports whether there is a call, or a member of the row, for an ability.
func (d *Declaration) Can(ability string) bool {
	makes := func(f apikey.Field) bool { return d.Create != nil && d.Create.Sends(f) }
	changes := func(f apikey.Field) bool { return d.Update != nil && d.Update.Sends(f) }
	switch ability {
	case "create":
		return d.Create != nil
	case "delete":
		return d.Delete != nil
	case "rename":
		return changes(apikey.FieldName)
	case "role":
		return changes(apikey.FieldRole)
	case "disable":
		return changes(apikey.FieldEnabled) || d.Enable != nil && d.Disable != nil
	case "public_key":
		return d.PublicKey != nil
	case "retrieve":
		return d.Retrieve != nil || d.List.Secrets
	case "roll":
		return d.Roll != nil
	case "last_used":
		return len(d.Row.LastUsedAt) > 0
	case "expiry":
		return makes(apikey.FieldExpiry)
	case "restrictions":
		return makes(apikey.FieldRestrictions)
	}
	return false
}

// Unused are the parents that nothing of what is sent names.
func (d *Declaration) Unused() (out []string) {
	calls := slices.Collect(maps.Values(d.Requests()))
	texts := append(slices.Collect(maps.Values(d.Headers)), append(slices.Clone(d.List.Queries), d.OwnProject)...)
	for _, p := range d.Probes {
		calls = append(calls, &Call{Call: p.Call, Query: p.Query, Body: p.Body})
	}
	if d.PublicKey != nil {
		texts = append(texts, d.PublicKey.Call)
	}
	if d.Exchange != nil {
		texts = append(texts, d.Exchange.Call)
	}
	for _, p := range d.Parents {
		names := func(c *Call) bool {
			return c.Names(p.Name) || strings.Contains(c.Read+" "+c.BySecret, "{"+p.Name+"}")
		}
		signed := slices.Contains(slices.Concat(signers.Named(d.Auth.Signer).Parents, signers.Named(d.KeyAuth.Signer).Parents), p.Name)
		if !signed && !slices.ContainsFunc(calls, names) && !strings.Contains(strings.Join(texts, " "), "{"+p.Name+"}") {
			out = append(out, p.Name)
		}
	}
	return out
}

// Unsent are the fields of access that a key has and a create cannot ask for. How long a key lives is another matter, and where it belongs.
func (d *Declaration) Unsent() (out []apikey.Field) {
	if d.Create == nil {
		return nil
	}
	for f, said := range map[apikey.Field]bool{apikey.FieldPermissions: true, apikey.FieldRestrictions: true, apikey.FieldRole: len(d.Roles) > 0,
		apikey.FieldType: len(d.Types) > 0, apikey.FieldEnvironment: len(d.Environments) > 0} {
		if (slices.Contains(d.Access, f) || slices.Contains(d.Row.AbsentIsNone, f)) && !(said && d.Create.Sends(f)) {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return out
}

// RefusesAlike reports whether what is taken for the refusal of a dead secret, and came with a status, is what a living key without the permission
// that the probe needs is answered, too, as far as the declaration tells: nothing tells the two apart. A 401 is so where it is said to be one:
// { status = 401, is = 401 }. Words that a dead one gets tell where others are declared that a living one gets (known). Status 0 is any.
func (d *Declaration) RefusesAlike(p *Probe, status int) bool {
	return p.Needs != "" && !p.Own && d.Refusals.Lacking == "" && slices.ContainsFunc(d.Refusals.Means, func(m Meaning) bool {
		return m.Is == http.StatusUnauthorized && (m.Words == "" || d.Refusals.Known == "") && (status == 0 || m.Status == status || m.Status == 0 && status != http.StatusUnauthorized)
	})
}

// ProvenBy are the permissions of which a key needs one for a probe to tell it from a dead one; none where some probe tells of any key.
func (d *Declaration) ProvenBy() (out []string) {
	for i := range d.Probes {
		if !d.RefusesAlike(&d.Probes[i], 0) {
			return nil
		}
		out = append(out, d.Probes[i].Needs)
	}
	return out
}

// Cannots are the abilities that the issuer lacks, each with the reason.
func (d *Declaration) Cannots() (out []struct{ Ability, Why string }) {
	for _, ability := range abilities {
		if !d.Can(ability) {
			out = append(out, struct{ Ability, Why string }{ability, d.Why(ability)})
		}
	}
	return out
}

// Why is the reason why the issuer lacks an ability: the declared one, else the usual one.
func (d *Declaration) Why(ability string) string { return cmp.Or(d.Cannot[ability], d.usual(ability)) }

func (d *Declaration) usual(ability string) string {
	have := "keys have permissions"
	switch roles, rights := len(d.Roles) > 0, len(d.Permissions) > 0; {
	case roles && rights:
		have = "keys have a role and permissions"
	case roles:
		have = "keys have a role"
	case !rights:
		have = ""
	}
	switch {
	case ability == "rename" && d.Update == nil && d.Delete != nil:
		return "the service changes no key: create a replacement and delete the old one"
	case ability == "role" && have == "":
		return "keys have no role"
	case ability == "role" && len(d.Roles) == 0:
		return have + ", no role"
	case ability == "disable" && d.Delete != nil:
		return "the service has no off switch for a key: it can only be deleted"
	case ability == "public_key" && d.Advice.Browser != "":
		first, size := utf8.DecodeRuneInString(d.Advice.Browser)
		return "the service has no public keys; " + string(unicode.ToLower(first)) + strings.TrimSuffix(d.Advice.Browser[size:], ".")
	case ability == "public_key":
		return "the service has no public keys"
	case ability == "retrieve":
		return "the service shows a secret once"
	case ability == "last_used" && d.Usage != "":
		return "the service does not report it; usage shows on " + d.Usage
	case ability == "last_used":
		return "the service does not report it"
	case ability == "restrictions" && have != "":
		return have + ", no restrictions"
	}
	return "the service has no call for it"
}
