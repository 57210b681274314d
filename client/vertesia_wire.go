package client

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"detent/apikey"
)

// vertesiaExtras carry access that detent copies without understanding it.
var vertesiaExtras = []string{"properties", "clearance", "compartments", "scim_provisioning", "can_delegate_security_attributes"}

// vertesiaRow is an ApiKey on the wire.
type vertesiaRow struct {
	ID          text            `json:"id"`
	Name        text            `json:"name"`
	Type        text            `json:"type"`
	Role        text            `json:"role"`
	Masked      text            `json:"maskedValue"`
	Account     reference       `json:"account"`
	Project     reference       `json:"project"`
	Enabled     flag            `json:"enabled"`
	ExpiresAt   wireTime        `json:"expires_at"`
	CreatedAt   wireTime        `json:"created_at"`
	UpdatedAt   wireTime        `json:"updated_at"`
	CreatedBy   reference       `json:"created_by"`
	UpdatedBy   reference       `json:"updated_by"`
	CanRetrieve flag            `json:"can_retrieve_value"`
	Properties  json.RawMessage `json:"properties"`
	Clearance   json.RawMessage `json:"clearance"`
	Compartment json.RawMessage `json:"compartments"`
	SCIM        json.RawMessage `json:"scim_provisioning"`
	Delegate    json.RawMessage `json:"can_delegate_security_attributes"`
	Value       token           `json:"value"`
}

var vertesiaNames = memberNames(vertesiaRow{})

func (r *vertesiaRow) field(name []byte) json.Unmarshaler {
	switch string(name) {
	case "id":
		return &r.ID
	case "name":
		return &r.Name
	case "type":
		return &r.Type
	case "role":
		return &r.Role
	case "maskedValue":
		return &r.Masked
	case "account":
		return &r.Account
	case "project":
		return &r.Project
	case "enabled":
		return &r.Enabled
	case "expires_at":
		return &r.ExpiresAt
	case "created_at":
		return &r.CreatedAt
	case "updated_at":
		return &r.UpdatedAt
	case "created_by":
		return &r.CreatedBy
	case "updated_by":
		return &r.UpdatedBy
	case "can_retrieve_value":
		return &r.CanRetrieve
	case "properties":
		return &r.Properties
	case "clearance":
		return &r.Clearance
	case "compartments":
		return &r.Compartment
	case "scim_provisioning":
		return &r.SCIM
	case "can_delegate_security_attributes":
		return &r.Delegate
	case "value":
		return &r.Value
	}
	return nil
}

// reference is an id, or an object with one: a project is either.
type reference struct{ id, name text }

func (r *reference) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return r.id.UnmarshalJSON(b)
	}
	var object struct {
		ID   text `json:"id"`
		OID  text `json:"_id"`
		Name text `json:"name"`
	}
	if err := json.Unmarshal(b, &object); err != nil {
		return err
	}
	r.id, r.name = text(firstOf(object.ID, object.OID)), object.Name
	return nil
}

func (v *vertesia) key(row vertesiaRow) (apikey.Key, error) {
	if row.ID == "" {
		return apikey.Key{}, badAnswer("a key in the answer has no id")
	}
	k := apikey.Key{
		ID: v.spelling.show(string(row.ID)), Name: field(row.Name), Type: field(row.Type), Role: v.spelling.show(string(row.Role)),
		Masked: field(row.Masked), Account: field(row.Account.id), Project: field(row.Project.id), ProjectName: field(row.Project.name),
		Enabled: row.Enabled.value, CreatedAt: row.CreatedAt.reported(), UpdatedAt: row.UpdatedAt.reported(),
		ExpiresAt: row.ExpiresAt.expiry(), CreatedBy: field(row.CreatedBy.id), UpdatedBy: field(row.UpdatedBy.id),
		CanRetrieve:    row.CanRetrieve.value != nil && *row.CanRetrieve.value,
		CannotRetrieve: row.CanRetrieve.value != nil && !*row.CanRetrieve.value,
	}
	for i, raw := range []json.RawMessage{row.Properties, row.Clearance, row.Compartment, row.SCIM, row.Delegate} {
		if len(raw) == 0 || string(raw) == "null" {
			continue
		}
		if k.Extra == nil {
			k.Extra = map[string]json.RawMessage{}
		}
		k.Extra[vertesiaExtras[i]] = asciiJSON(raw)
	}
	return k, nil
}

// asciiJSON writes the same JSON without any character that is not printable ASCII, so that it
// can be shown as it is and still goes back unchanged.
func asciiJSON(raw json.RawMessage) json.RawMessage {
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		i += size
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ') // outside of strings alone: inside they are escaped
		case r < 0x20 || r >= 0x7f && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			b.WriteRune(r)
		}
	}
	return json.RawMessage(b.String())
}

// vertesiaRoles are the document's five in order of power, then what today's client knows besides.
var vertesiaRoles = []apikey.RoleInfo{
	{Name: "reader", Description: "read only access to projects"},
	{Name: "executor", Description: "read only access and can execute interactions; the role of a public key"},
	{Name: "application", Description: "like executor and in addition can request public keys too"},
	{Name: "developer", Description: "full access to objects inside projects but cannot delete objects", Risk: apikey.CanMint},
	{Name: "admin", Description: "can perform any action on the project", Risk: apikey.CanMint, Manages: true},
	{Name: "owner", Description: undocumentedRole, Risk: apikey.CanMint},
	{Name: "manager", Description: undocumentedRole, Risk: apikey.CanMint},
	{Name: "automation", Description: undocumentedRole},
	{Name: "content_processor", Description: undocumentedRole},
	{Name: "consumer", Description: undocumentedRole},
	{Name: "auditor", Description: undocumentedRole},
	{Name: "support", Description: undocumentedRole},
	{Name: "billing", Description: undocumentedRole},
	{Name: "member", Description: undocumentedRole},
	{Name: "app_member", Description: undocumentedRole},
	{Name: "content_superadmin", Description: undocumentedRole},
}

const undocumentedRole = "in use today, not described in the service's document"

func vertesiaCapabilities() apikey.Capabilities {
	return apikey.Capabilities{
		Service: apikey.Vertesia, Title: "Vertesia",
		Create: apikey.Can(), Delete: apikey.Can(), Rename: apikey.Can(), ChangeRole: apikey.Can(), Disable: apikey.Can(),
		PublicKeys:     apikey.Can(),
		Retrieve:       apikey.Ability{OK: true, Why: "only for keys that the service marks as retrievable"},
		LastUsed:       apikey.Cannot("the service does not report it; its audit trail shows changes alone"),
		Expiry:         apikey.Can(),
		Restrictions:   apikey.Cannot("keys have a role, no restrictions"),
		Roles:          append([]apikey.RoleInfo(nil), vertesiaRoles...),
		AccessFields:   []apikey.Field{apikey.FieldRole, apikey.FieldType, apikey.FieldProject, apikey.FieldExpiry, apikey.FieldExtra},
		SecretPrefixes: []string{"sk-", "pk-"}, MaxName: maxName,
		UsagePage: "the audit trail of Vertesia (principal type apikey; it shows changes, not reads)",
		Advice:    advice[apikey.Vertesia],
	}
}
