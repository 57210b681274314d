package kit

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"detent/apikey"
)

// undescribed is what is said of a role that no document describes.
const undescribed = "in use today, not described in the service's document"

// usualMembers are what a row calls a field as a rule, where no document says.
var usualMembers = map[string]Members{
	"id":           {"id", "_id", "apiKeyId", "keyId", "key_id", "uuid"},
	"created_at":   {"createdAt", "created_at", "created"},
	"updated_at":   {"updatedAt", "updated_at", "updated"},
	"expires_at":   {"expiresAt", "expires_at", "expires", "expiry"},
	"last_used_at": {"lastUsedAt", "last_used_at", "lastUsed", "last_used"},
	"secret":       {"token", "apiKey", "api_key", "key", "secret", "value"},
}

// usualRows are where a list is as a rule, and usualKeys where one key is.
var (
	usualRows = Members{"apiKeys", "api_keys", "keys", "tokens", "data", "items", "results"}
	usualKeys = Members{"data", "apiKey", "api_key", "key", "token", "result"}
)

// abbreviated writes out what a declaration says in short.
func (c *checker) abbreviated(d *Declaration) {
	if first, size := utf8.DecodeRuneInString(d.Name); d.Title == "" && size > 0 {
		d.Title = string(unicode.ToUpper(first)) + d.Name[size:]
	}
	row := reflect.ValueOf(&d.Row).Elem()
	name := func(at, field string, members Members) {
		index, known := fieldsOf(row.Type())[field]
		if !known || row.FieldByIndex(index).Type() != reflect.TypeFor[Members]() {
			c.refuse(at, "%q is no field of a row that has members: %s, in the spelling of the wire (created_at or createdAt)", field, oneOf(membered()))
			return
		}
		switch place := row.FieldByIndex(index); {
		case place.Len() > 0:
			c.refuse(at, "%q is said already", field)
		case members == nil:
			c.refuse(at, "%q has no usual name: %s", field, oneOf(slices.Sorted(maps.Keys(usualMembers))))
		default:
			place.Set(reflect.ValueOf(members))
		}
	}
	for _, member := range d.Row.AsNamed {
		name("row.as_named", snake(member), Members{member})
	}
	for _, field := range d.Row.Undocumented {
		name("row.undocumented", field, slices.Clone(usualMembers[field]))
	}
	if len(d.Row.Undocumented) > 0 {
		if d.List.Rows == nil {
			d.List.Rows = usualRows
		}
		if d.Create != nil && d.Create.Key == nil {
			d.Create.Key = usualKeys
		}
	}
	namedProperties(d)
	for _, name := range d.MoreRoles {
		d.Roles = append(d.Roles, Role{Name: name})
	}
	for i := range d.Roles {
		if d.Roles[i].Description == "" {
			d.Roles[i].Description = undescribed
		}
	}
}

// membered are the fields of a row that are names of members.
func membered() (out []string) {
	row := reflect.TypeFor[Row]()
	for field, index := range fieldsOf(row) {
		if row.FieldByIndex(index).Type == reflect.TypeFor[Members]() && field != "inside" {
			out = append(out, field)
		}
	}
	slices.Sort(out)
	return out
}

// derived says which fields of access a key has, where the declaration does not: those that a row shows or a create sends. Permissions
// that a row does not show stand in what is copied. A word that a key need not have is compared where one of two keys has it. What is sent and
// never shown is access that is not known, whatever the declaration says.
func derived(d *Declaration) {
	if d.Access == nil {
		shown(d)
	}
	shows := d.Row.shows()
	for i, f := range d.Access { // what is copied may be called as a field that the row does not have
		if slices.Contains(d.Row.Copied, string(f)) && !shows[f] {
			d.Access[i] = apikey.FieldOfMember(string(f)).ID
		}
	}
	d.Access = slices.DeleteFunc(d.Access, func(f apikey.Field) bool {
		return slices.Contains(d.Row.AbsentIsNone, f) && f != apikey.FieldPermissions && f != apikey.FieldRestrictions
	})
	for _, f := range d.unseen() { // a copy may differ in it, and nothing shows that
		if !slices.Contains(d.Access, f) {
			d.Access = append(d.Access, f)
		}
	}
}

// shows are the fields that a row has members for.
func (r *Row) shows() map[apikey.Field]bool {
	shows := map[apikey.Field]bool{}
	for _, named := range r.Named() {
		shows[apikey.Field(named.Field)] = len(named.Members) > 0
	}
	return shows
}

func shown(d *Declaration) {
	shows := d.Row.shows()
	copied := len(d.Row.Copied) > 0
	for _, f := range []apikey.Field{apikey.FieldPermissions, apikey.FieldRole, apikey.FieldType, apikey.FieldEnvironment, apikey.FieldProject, apikey.FieldRestrictions, apikey.FieldExpiry} {
		if shows[f] || d.Create != nil && d.Create.Sends(f) && !(copied && f == apikey.FieldPermissions) {
			d.Access = append(d.Access, f)
		}
	}
	if copied {
		d.Access = append(d.Access, apikey.FieldExtra)
	}
	for _, p := range d.Properties {
		if p.Kind != apikey.NumberProperty && !p.Unshown {
			d.Access = append(d.Access, apikey.Field(p.Name))
		}
	}
}

// fields puts what a call sends under the members of the row into its body.
func (c *checker) fields(field string, call *Call, d *Declaration) {
	if len(call.Fields) > 0 && call.Send == nil {
		call.Send, call.Body = map[string]any{}, map[string]Value{}
	}
	members := map[string]Members{}
	for _, named := range d.Row.Named() {
		members[named.Field] = named.Members
	}
	for _, f := range call.Fields {
		of := members[string(f)]
		if d.Property(f) != nil {
			of = Members{string(f)}
		}
		switch {
		case f == apikey.FieldID || !slices.Contains(d.sendable(), string(f)):
			c.refuse(field+".fields", "%q is no field that can be sent so: %s", f, oneOf(d.sendable()[1:]))
		case len(of) == 0:
			c.refuse(field+".fields", "%q has no member in the row: say in send how it goes", f)
		case strings.ContainsAny(of[0], ".["):
			c.refuse(field+".fields", "%q is a path in the row (%s): say in send how it goes", f, of[0])
		case call.Sends(f):
			c.refuse(field+".fields", "%q is in send already", f)
		default:
			if _, taken := call.Body[of[0]]; taken {
				c.refuse(field+".fields", "%q is in send already", of[0])
				continue
			}
			call.Body[of[0]] = Value{Field: f, As: map[apikey.Field]string{apikey.FieldExpiry: "rfc3339", apikey.FieldPermissions: "list"}[f]}
		}
	}
}
