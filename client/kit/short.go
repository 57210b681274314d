package kit

import (
	"reflect"

	"detent/apikey"
)

// undescribed is what is said of a role that no document describes.
const undescribed = "in use today, not described in the service's document"

// abbreviated writes out what a declaration says in short.
func (c *checker) abbreviated(d *Declaration) {
	places := map[string]reflect.Value{}
	placesOf(reflect.ValueOf(&d.Row).Elem(), places)
	for _, name := range d.Row.AsNamed {
		place, known := places[name]
		switch members, is := reflect.TypeFor[Members](), known; {
		case !is || place.Type() != members:
			c.refuse("row.as_named", "%q is no field of a row that has members", name)
		case place.Len() > 0:
			c.refuse("row.as_named", "%q is said already", name)
		default:
			place.Set(reflect.ValueOf(Members{name}))
		}
	}
	for _, name := range d.MoreRoles {
		d.Roles = append(d.Roles, Role{Name: name})
	}
	for i := range d.Roles {
		if d.Roles[i].Description == "" {
			d.Roles[i].Description = undescribed
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
		switch {
		case !sendable(f) || f == apikey.FieldID:
			c.refuse(field+".fields", "%q is no field that can be sent so", f)
		case len(of) == 0:
			c.refuse(field+".fields", "%q has no member in the row: say in send how it goes", f)
		default:
			if _, taken := call.Body[of[0]]; taken {
				c.refuse(field+".fields", "%q is in send already", of[0])
				continue
			}
			call.Body[of[0]] = Value{kind: isField, Field: f, As: map[apikey.Field]string{apikey.FieldExpiry: "rfc3339", apikey.FieldPermissions: "list"}[f]}
		}
	}
}
