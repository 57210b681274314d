package apikey

import (
	"slices"
	"time"
)

// Ability says whether a service can do something, and why not where it cannot.
type Ability struct {
	OK  bool
	Why string // why not, or what the user should know
}

// Can is an ability that the service has.
func Can() Ability { return Ability{OK: true} }

// Cannot is an ability that the service lacks, with the reason in words for the user.
func Cannot(why string) Ability { return Ability{Why: why} }

// Roll says how a key is given a new secret.
type Roll struct {
	Ability
	// NewID says that the new secret is that of a key with an id of its own. Else the row stays.
	NewID bool
	// AtOnce says that the former secret can be made to die with the roll, and Overlap for how long it can live on beside the new one at
	// the longest; 0 where it cannot.
	AtOnce  bool
	Overlap time.Duration
	// Again says that a roll that is asked for again under the same name is done once.
	Again bool
	// End says that an overlap can be ended, Keep that the key can be given back to its former secret while one runs. Where the roll makes a
	// key, the former one is deleted to end it, and Keep gives it the end back that it had.
	End, Keep bool
}

// Risk says what is special about granting a permission.
type Risk int

// The risks a form warns about.
const (
	NoRisk   Risk = iota
	CanMint       // the right makes, changes or deletes keys
	NoEffect      // the right does nothing today
)

// PermissionInfo describes one permission of a catalogue.
type PermissionInfo struct {
	Permission  Permission
	Description string
	Risk        Risk
}

// PermissionGroup is a heading of the service's own catalogue.
type PermissionGroup struct {
	Feature     string // as on the wire: AccessRules
	Title       string // as people read it: Access Rules
	Permissions []PermissionInfo
}

// PermissionPreset is a named choice of permissions.
type PermissionPreset struct {
	Name        string
	Permissions []Permission
}

// Catalogue says how permissions are known: as declared, or from the service itself. So are roles and environments.
type Catalogue struct {
	Can    bool      // the service can be asked which there are
	Beside bool      // it can be asked which roles, environments or words of properties there are
	OfKeys bool      // it has no call that tells them: the account's own keys show which are in use
	Asked  time.Time // when it said so; zero where they are as declared
}

// Words are how and since when the permissions are known, as a sentence about them goes on.
func (c Catalogue) Words(now time.Time) string {
	if c.Asked.IsZero() {
		return "as documented"
	}
	said, age := "as the service said ", now.Sub(c.Asked)
	if c.OfKeys {
		said = "as documented, and seen on keys "
	}
	switch {
	case age < time.Minute:
		return said + "just now"
	case age < day:
		return said + SpanWords(age.Truncate(time.Minute)) + " ago"
	}
	return said + SpanWords(age.Truncate(day)) + " ago"
}

// RoleInfo describes one role.
type RoleInfo struct {
	Name        string
	Description string
	Risk        Risk
	Manages     bool // documented to create and to delete keys
}

// Capabilities say what a service can do. Screens and commands ask them, never
// the service's name.
type Capabilities struct {
	Service string // the name of an issuer
	Title   string // as people write it
	// Credential is the environment that detent's own credential says it is of.
	Credential Environment

	Create     Ability
	Delete     Ability
	Rename     Ability
	ChangeRole Ability
	Disable    Ability // enable and disable
	PublicKeys Ability // request a public key
	Retrieve   Ability // the secret can be had again after create
	Roll       Roll    // a new secret in place: the key stays
	LastUsed   Ability // exact last use is reported; Why says where else to look

	// PermissionGroups is the catalogue; empty where keys have no permissions.
	// At least one permission is required where it is not empty.
	PermissionGroups  []PermissionGroup
	PermissionPresets []PermissionPreset
	// FreePermissions says that keys have permissions of names that somebody chose, so that there is no catalogue and none is required.
	FreePermissions bool
	// MorePermissions are names that are granted in use and are in no catalogue.
	MorePermissions []string
	// Catalogue says how the permissions are known.
	Catalogue Catalogue
	// Roles, in order of power for the first ones; empty where keys have no roles.
	Roles []RoleInfo
	// Added are permissions that the service gives each key by itself: nobody chooses them.
	Added []PermissionInfo
	// Types that a new key can be of, the usual one first; empty where it has none, or the service chooses.
	Types []string
	// Environments a new key can be made for; empty where keys have none.
	Environments []Environment
	// Expiry says whether a new key can be given a lifetime.
	Expiry Ability
	// Lifetimes are those that it can be given.
	Lifetimes Lifetimes
	// ChangeExpiry says whether a key can be given another end.
	ChangeExpiry Ability
	// Properties are what a key of this service can have beside: limits, budgets, zones, tags.
	Properties []Property
	// Sent is what each new key is asked for beside what a draft says, as it is sent: kind = "service".
	Sent []string
	// Restrictions says whether a new key can be restricted.
	Restrictions Ability

	// AccessFields are the fields of access that a key of this service has, reported or not.
	AccessFields []Field
	// Unsent are those of them that a row can show and that a new key cannot be asked to have.
	Unsent []Field
	// Unreported says of each of them what the user's own declaration of the service can say about keys that lack it; empty where the
	// declaration is detent's.
	Unreported map[Field]string
	// File is where the user's own declaration of the service is; empty for one of detent's.
	File string
	// SecretPrefixes are how a secret of this service begins; empty where it may begin anyhow.
	SecretPrefixes []string
	// Pair is what stands between the two halves of a secret; empty where it is one.
	Pair string
	// Whole reports whether a text looks like a whole secret of this service; nil where the issuer declares no shape of one.
	Whole func(s Secret) bool
	// Whose is the title of another service that is known here and whose secrets begin as this one does, and how that is; nil where nobody
	// knows others.
	Whose func(s Secret) (title, prefix string)
	// MaxName is the longest name in characters; 0 is no known limit.
	MaxName int
	// ListLag is how far a list may be behind what was answered, and RevokeLag how long a deleted or disabled secret may
	// still be accepted; 0 where the issuer declares nothing.
	ListLag   time.Duration
	RevokeLag time.Duration
	// UseResolution is how coarsely last use is written; 0 where the issuer declares nothing.
	UseResolution time.Duration
	// ProvenBy are permissions of which a key needs one to be told from a dead key; none where any key is.
	ProvenBy []string
	// NoTryDead says that a dead secret must not be tried: an issuer may revoke more for it.
	NoTryDead bool
	// NamedAfter says that a key gets its name by a second call: one whose create is not answered has none.
	NamedAfter bool
	// SelfDelete is the call by which a secret deletes its own key, "DELETE /v1/keys/self"; empty where there is none.
	SelfDelete string
	// UsagePage tells an operator where usage shows when LastUsed is not reported.
	UsagePage string
	// Advice is what the service's documents advise.
	Advice Advice
}

// ChangesProperties reports whether any property of a key can be changed.
func (c Capabilities) ChangesProperties() bool {
	return slices.ContainsFunc(c.Properties, func(p Property) bool { return p.Change })
}

// Unrestricted says what a key without restrictions has. Where keys have a role, permissions or what the service has beside, these narrow it.
func (c Capabilities) Unrestricted() string {
	narrows := func(f Field) bool { return f == FieldRole || f == FieldPermissions || f == FieldExtra }
	if len(c.Properties) > 0 || slices.ContainsFunc(c.AccessFields, narrows) {
		return "from any address and referrer, at any endpoint"
	}
	return "full access to the account"
}

// FindPermission looks a permission up by "Feature.name" or by its bare name
// where only one feature has it.
func (c Capabilities) FindPermission(text string) (PermissionInfo, bool) {
	want := ParsePermission(text)
	var found PermissionInfo
	hits := 0
	for _, g := range c.PermissionGroups {
		for _, p := range g.Permissions {
			if p.Permission.Name == want.Name && (want.Feature == "" || want.Feature == p.Permission.Feature) {
				found, hits = p, hits+1
			}
		}
	}
	return found, hits == 1
}
