package apikey

// Field is the id of a field of a key: a row of the table below. Journals keep fields by it.
type Field string

// The fields. FieldExtra stands for the whole of Key.Extra where a service declares its access.
const (
	FieldID           Field = "id"
	FieldName         Field = "name"
	FieldEnvironment  Field = "environment"
	FieldType         Field = "type"
	FieldRole         Field = "role"
	FieldPermissions  Field = "permissions"
	FieldAdded        Field = "added_permissions"
	FieldMasked       Field = "masked"
	FieldAccount      Field = "account"
	FieldProject      Field = "project"
	FieldProjectName  Field = "project_name"
	FieldEnabled      Field = "enabled"
	FieldCreated      Field = "created_at"
	FieldUpdated      Field = "updated_at"
	FieldRolled       Field = "rolled_at"
	FieldFormerEnds   Field = "former_ends_at"
	FieldFormerUsed   Field = "former_used_at"
	FieldExpiry       Field = "expires_at"
	FieldLastUsed     Field = "last_used_at"
	FieldRestrictions Field = "restrictions"
	FieldCreatedBy    Field = "created_by"
	FieldUpdatedBy    Field = "updated_by"
	FieldCanRetrieve  Field = "can_retrieve_value"
	FieldExtra        Field = "properties"
	FieldClearance    Field = "clearance"
	FieldCompartments Field = "compartments"
	FieldSCIM         Field = "scim_provisioning"
	FieldDelegate     Field = "can_delegate_security_attributes"
)

// Kind says what a field's value is, and with it how it is written, compared and sorted.
type Kind int

// The kinds.
const (
	KindText         Kind = iota // a text, compared letter by letter
	KindWord                     // one of few words; case carries no meaning
	KindTime                     // a Moment
	KindBool                     // yes or no
	KindList                     // a set of texts
	KindLife                     // when the key ends: compared by how long it lives
	KindRestrictions             // addresses, origins and paths
	KindJSON                     // JSON that is copied without being understood
	KindJSONSet                  // the same, where the order of an array carries no meaning
)

// FieldInfo is a row of the table of a key's fields. Everything that goes through the fields of a key reads it:
// JSON, tables, the filter, the list's columns, the detail, comparison, drafts.
type FieldInfo struct {
	ID    Field
	Label string // as people say it: "created by"
	// Named says that the key's JSON has a member of this name; the others lie under "fields".
	Named bool
	Kind  Kind
	// Access says that a key may do more, or for longer, by it: compared when a key takes another's place.
	Access bool
	// Usual are the words of a value that narrows or widens nothing: a key that is enabled, without a project.
	// Where Absent is set too, a service that says nothing says that.
	Usual  string
	Absent bool
	// Filter is the field's word in a filter: role:admin, created<30d; empty for none.
	Filter string
	// Whole says that a filter's word is the beginning of the value, which is one of few words.
	Whole bool
	// Search says that a plain word of a filter is looked for in it.
	Search bool
	// Column says how the field stands in a list on screen; without a title it has no column.
	Column Column

	// Switch is what a KindBool says in a table for yes and no, where that is not yes and no.
	Switch [2]string

	at    func(k *Key) any   // where the value is in a key; nil for a member of Extra
	draft func(d *Draft) any // where it is in a draft, for a field that a new key can be asked to have
}

// Column is how a field stands in a list on screen.
type Column struct {
	Title string
	// Place is from left to right, and Drop who goes first as the list narrows: the highest one; the name, 0, never does. No two columns
	// share one. Both leave numbers free, so that a new column goes between two others.
	Place, Drop int
	// Width is fixed where it is not 0; else it follows the content up to Most.
	Width, Most int
}

// IsExtra reports whether the field is a member of Key.Extra.
func (f FieldInfo) IsExtra() bool { return f.at == nil }

// fields is the table, in the order in which a key's JSON and its rows on screen are written. A new field is a member of Key and a row
// here; CONTRIBUTING.md says what the tests ask for then.
var fields = []FieldInfo{
	{ID: FieldID, Label: "id", Named: true, Filter: "id", Search: true, at: func(k *Key) any { return &k.ID }},
	{ID: FieldName, Label: "name", Named: true, Filter: "name", Search: true, Column: Column{Title: "NAME", Place: 10, Most: 48},
		at: func(k *Key) any { return &k.Name }},
	{ID: FieldEnvironment, Label: "environment", Named: true, Kind: KindWord, Access: true, Filter: "env", Whole: true, Search: true, Column: Column{Title: "ENV", Place: 60, Drop: 20, Width: 6},
		at: func(k *Key) any { return &k.Environment }, draft: func(d *Draft) any { return &d.Environment }},
	{ID: FieldType, Label: "type", Named: true, Access: true, Filter: "type", Whole: true, Search: true, Column: Column{Title: "TYPE", Place: 30, Drop: 80, Width: 6},
		at: func(k *Key) any { return &k.Type }, draft: func(d *Draft) any { return &d.Type }},
	{ID: FieldRole, Label: "role", Named: true, Access: true, Filter: "role", Whole: true, Search: true, Column: Column{Title: "ACCESS", Place: 40, Drop: 25, Most: 16},
		at: func(k *Key) any { return &k.Role }, draft: func(d *Draft) any { return &d.Role }},
	{ID: FieldPermissions, Label: "permissions", Named: true, Kind: KindList, Access: true, Filter: "perm", Search: true,
		at: func(k *Key) any { return &k.Permissions }, draft: func(d *Draft) any { return &d.Permissions }},
	{ID: FieldMasked, Label: "key", Named: true, Filter: "key", Search: true, Column: Column{Title: "KEY", Place: 20, Drop: 60, Most: 10},
		at: func(k *Key) any { return &k.Masked }},
	{ID: FieldAccount, Label: "account", Named: true, Filter: "account", at: func(k *Key) any { return &k.Account }},
	{ID: FieldProject, Label: "project", Named: true, Access: true, Usual: wordNone, Absent: true, Filter: "project", Search: true, Column: Column{Title: "PROJECT", Place: 50, Drop: 90, Most: 14},
		at: func(k *Key) any { return &k.Project }},
	{ID: FieldProjectName, Label: "project name", Named: true, Search: true, at: func(k *Key) any { return &k.ProjectName }},
	{ID: FieldEnabled, Label: "state", Named: true, Kind: KindBool, Switch: [2]string{"enabled", "disabled"}, Access: true, Usual: wordYes, Column: Column{Title: "STATUS", Place: 70, Drop: 10, Width: 10},
		at: func(k *Key) any { return &k.Enabled }},
	{ID: FieldCreated, Label: "created", Named: true, Kind: KindTime, Filter: "created", Column: Column{Title: "CREATED", Place: 80, Drop: 70, Width: 7},
		at: func(k *Key) any { return &k.CreatedAt }},
	{ID: FieldUpdated, Label: "updated", Named: true, Kind: KindTime, Filter: "updated", at: func(k *Key) any { return &k.UpdatedAt }},
	{ID: FieldExpiry, Label: "expires", Named: true, Kind: KindLife, Access: true, Usual: wordNever, Filter: "expires", Column: Column{Title: "EXPIRES", Place: 90, Drop: 30, Width: 9},
		at: func(k *Key) any { return &k.ExpiresAt }},
	{ID: FieldLastUsed, Label: "last used", Named: true, Kind: KindTime, Filter: "used", Column: Column{Title: "LAST USED", Place: 100, Drop: 50, Width: 9},
		at: func(k *Key) any { return &k.LastUsedAt }},
	{ID: FieldRestrictions, Label: "restrictions", Named: true, Kind: KindRestrictions, Access: true, Usual: wordNone, Filter: "restriction",
		at: func(k *Key) any { return &k.Restrictions }, draft: func(d *Draft) any { return &d.Restrictions }},
	{ID: FieldRolled, Label: "rolled", Kind: KindTime, Filter: "rolled", at: func(k *Key) any { return &k.RolledAt }},
	{ID: FieldFormerEnds, Label: "former secret ends", Kind: KindTime, Filter: "former", at: func(k *Key) any { return &k.FormerEndsAt }},
	{ID: FieldFormerUsed, Label: "former secret used", Kind: KindTime, Filter: "former_used", at: func(k *Key) any { return &k.FormerUsedAt }},
	{ID: FieldAdded, Label: "added by the service", Kind: KindList, Filter: "added", Search: true, at: func(k *Key) any { return &k.Added }},
	{ID: FieldCreatedBy, Label: "created by", Filter: "creator", at: func(k *Key) any { return &k.CreatedBy }},
	{ID: FieldUpdatedBy, Label: "updated by", Filter: "updater", at: func(k *Key) any { return &k.UpdatedBy }},
	{ID: FieldCanRetrieve, Label: "retrieve", Kind: KindBool, at: retrievable},
	{ID: FieldExtra, Label: "properties", Kind: KindJSON, Access: true, Usual: wordNone, Absent: true, Filter: "properties"},
	{ID: FieldClearance, Label: "clearance", Kind: KindJSON, Access: true, Usual: wordNone, Absent: true, Filter: "clearance"},
	{ID: FieldCompartments, Label: "compartments", Kind: KindJSONSet, Access: true, Usual: wordNone, Absent: true, Filter: "compartments"},
	{ID: FieldSCIM, Label: "scim", Kind: KindJSON, Access: true, Usual: wordNone, Absent: true, Filter: "scim"},
	{ID: FieldDelegate, Label: "delegates", Kind: KindJSON, Access: true, Usual: wordNone, Absent: true, Filter: "delegate"},
}

// The words of values that are no text of the service.
const (
	wordUnknown = "unknown"
	wordNone    = "none"
	wordYes     = "yes"
	wordNo      = "no"
	wordNever   = "never expires"
)

// unreported is a yes or no that the service does not say. Nothing writes to it.
var unreported *bool

// retrievable is whether the service can give the secret again; nil where it does not say.
func retrievable(k *Key) any {
	if !k.CanRetrieve && !k.CannotRetrieve {
		return &unreported
	}
	is := &k.CanRetrieve
	return &is
}
