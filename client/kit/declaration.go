// Package kit is the language in which an issuer of keys is described: what it is called, the calls that it takes, the
// members of its JSON, how it says no. A declaration is a file of TOML. It is data: paths, members and words, no code; it
// names no host, runs no program and reads no file. Package client carries it out.
//
// What it can say, and where:
//
//	a credential in a header, basic, a cookie or the body, or a session by a login       auth, key_auth, auth.login
//	keys of an account, a project, a service account                                      parent, {NAME} in paths, { parent = "NAME" }
//	a signature over each request, by a function of package signers                       auth, auth.signer
//	which of these there are, as the service tells                                        parent.catalogue
//	a list in which some rows are keys                                                    list.only
//	a body that is a form                                                                 send_as
//	JSON-RPC and other bodies that are nested                                             send; { field = "name" } anywhere in it
//	pages by number, offset, last id, cursor or link                                      list.pages
//	a list of ids, each key asked for                                                     list.each
//	a list that shows secrets: they are dropped while it is decoded                       row.secret, list.secrets
//	an id that is the secret: a key is shown under a fingerprint                          row.secret_is_id
//	a new secret for a key that stays, at once or with an overlap                       roll, row.rolled_at, row.former
//	a key that is made first and gets its secret then                                     create.id, create.secret
//	an answer to a change that shows no key                                               update.silent
//	a change that sends the whole object                                                  update.whole, read, omit
//	rows whose fields, or whose secret, lie in an object of their own, or deeper           row.inside, paths in row.*
//	a secret of two halves, an id and what is shown once                                  row.pair, row.pair_with, key_auth
//	a verb after a path (/keys/{id}:revoke)                                               in the path
//	on and off in words, or by calls of their own                                         row.state, enable, disable
//	scopes, flat or grouped                                                               permission, row.permissions, as = "list"
//	a create whose answer is short                                                        create.read_back
//	a key that is made first and gets its name then                                       create.named
//	a key that is deleted only while it is off                                            delete.off_first
//	times as RFC 3339, dates, seconds; what is sent for "never"                           as, else, null
//	a few lifetimes, a longest one, always one                                            expiry
//	limits, budgets, choices, texts, instants, lists, addresses, switches                  number, property
//	grants with resources: words as members of an object, or as objects                   as = "members", as = "objects"
//	refusals with a status that does not say what they are, a taken name as 409           refusals.means
//	a verdict on a secret, for whoever may ask                                            probe: by_own_credential, accepts, refuses
//	permissions, roles, environments and words that the service names itself              catalogue, role_catalogue, environment_catalogue, property.catalogue
//	a missing permission as a proof that a secret is known                                refusals.lacking
//	a dead secret that is answered 404                                                    probe.not_found_refuses
//	a revoked secret that works a while yet, a coarse last use, tries that revoke more    truth
//	an unknown key that is deleted with 200: nothing, detent looks at the list after      -
//	what the service cannot do, and why                                                   cannot
//
// The small example, of a service that lists, creates and deletes keys:
//
//	name   = "example"
//	title  = "Example"
//	proven = "documents 2026-11-28"
//
//	[row]
//	id         = ["id"]
//	name       = ["name"]
//	created_at = ["created"]
//	secret     = ["token"]
//
//	[list]
//	call = "GET /v1/keys"
//	rows = ["data"]
//
//	[create]
//	call      = "POST /v1/keys"
//	send.name = { field = "name" }
//
//	[delete]
//	call = "DELETE /v1/keys/{id}"
//
//	[[probe]]
//	call    = "GET /v1/me"
//	answers = "object"
//
//	[refusals]
//	own = ["text"]
//
// Its files from the bottom up: what can be declared (declaration.go) and what a check is made of (checker.go); the calls (call.go); what is
// declared beside them, each with its check (auth.go, property.go, expiry.go, roll.go, abilities.go); the checks of all calls and of the whole
// (check_calls.go, check.go); how members are read (decode.go) and what is said in short (short.go); and a file (load.go).
package kit

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"detent/apikey"
)

// Declaration is what an issuer's file says. What is left out is what most services do.
type Declaration struct {
	// File is where a user's own declaration is; empty for one that is built in.
	File string `toml:"-"`
	// Name is what a profile calls the issuer: small letters, digits and hyphens.
	Name string `toml:"name"`
	// Title is the name as people write it; the name with a capital letter where nothing is said.
	Title string `toml:"title"`
	// Label is what a list of issuers calls it, where the title says too little there.
	Label string `toml:"label"`
	// About is a line more for somebody who chooses among all issuers.
	About string `toml:"about"`
	// Place is where it stands in a list of all issuers, 1 for the top; those without one come last, by their names.
	Place int `toml:"place"`
	// Proven says how the declaration is known to work: "server NAME VERSION" for a real one that a test runs, "client NAME
	// VERSION" for the vendor's published client against a service of ours, "documents DATE" where it was only read.
	Proven string `toml:"proven"`
	// Usage tells an operator where usage shows, where last use is not reported.
	Usage string `toml:"usage_page"`
	// Settings are those of a profile that this issuer takes beside the ones that all take: create, auth, token_url, secret_prefix.
	Settings []string `toml:"settings"`
	// Longest is the longest name of a key in characters; 0 is no known limit.
	Longest int `toml:"longest_name"`
	// Headers are sent with every request.
	Headers map[string]string `toml:"headers"`
	// Paced says that a 429 with x-ratelimit-reason: pacing came before anything was done, and x-ratelimit-retry-ms says when to
	// come again: then even a write is sent once more.
	Paced bool `toml:"paced"`
	// OtherIDs are ids that no key has, because their path is another call's.
	OtherIDs []string `toml:"other_ids"`

	// Embedded says that the key service inside detent speaks so too: a profile local/NAME is there without a file. Built-in issuers
	// alone may say it.
	Embedded bool `toml:"embedded"`
	// URL is the address that a profile's form offers: "https://api.example.com". It is sent nothing by being here.
	URL string `toml:"url"`
	// Home is the page where a person makes keys by hand.
	Home string `toml:"home"`
	// Parents are what the paths of the calls need beside the id of a key, because keys are somebody's: an account, a project, a
	// service account. A profile gives them: parents = { project = "42" }, and {project} in a path or query stands for that.
	Parents []Parent `toml:"parent"`

	// Auth is how the profile's credential is sent; bearer where nothing is said.
	Auth Auth `toml:"auth"`
	// KeyAuth is how a key of the issuer's is sent when it is tried; as the credential where nothing is said.
	KeyAuth Auth    `toml:"key_auth"`
	Truth   Truth   `toml:"truth"`
	Expiry  Expiry  `toml:"expiry"`
	Secret  Secret  `toml:"secret"`
	Row     Row     `toml:"row"`
	List    List    `toml:"list"`
	Create  *Create `toml:"create"`
	// Update changes what is sent of name, role, enabled, the end and the properties; what is not asked for is left out, or sent as it was read (whole). A change that switches a key on or
	// off alone is Enable's or Disable's, where these are declared.
	Update *Call `toml:"update"`
	// Enable and Disable are calls of their own for the off switch, where a service has these in an update's place.
	Enable  *Call `toml:"enable"`
	Disable *Call `toml:"disable"`
	Delete  *Call `toml:"delete"`
	// Retrieve gives the secret of a key again.
	Retrieve *Call `toml:"retrieve"`
	// Roll gives a key a new secret.
	Roll *Roll `toml:"roll"`
	// OwnProject is the query with which the list is that of the credential's own project, in which a new key lands.
	OwnProject string `toml:"own_project"`
	// PublicKey gives out a public key.
	PublicKey *PublicKey `toml:"public_key"`
	// Exchange gives a session for a key, which is sent in its place where the profile says auth = "exchange".
	Exchange *Exchange `toml:"exchange"`
	Probes   []Probe   `toml:"probe"`
	Refusals Refusals  `toml:"refusals"`

	// Cannot gives the reason, in words for a user, why the issuer cannot do what no call is declared for, where the usual one says too little: create, delete,
	// rename, role, disable, public_key, retrieve, last_used, expiry, restrictions.
	Cannot map[string]string `toml:"cannot"`
	// Note says what a user should know of something that the issuer can do; names are those of Cannot.
	Note map[string]string `toml:"note"`
	// Access are the fields of access that a key of this issuer has, reported or not: what is compared and copied when a key
	// takes another's place. Their ids are those of apikey's table of fields.
	Access []apikey.Field `toml:"access"`
	// Environments are those that a new key can be made for.
	Environments []apikey.Environment `toml:"environments"`
	// EnvironmentNames are how the issuer calls detent's environments, where it has more of them, and by other names: live =
	// "production". One that is none of these is shown as it is, and no key is made for it.
	EnvironmentNames map[apikey.Environment]string `toml:"environment_names"`
	// Types are those that a new key can be of.
	Types []string `toml:"types"`
	// Roles are those that a new key can have, in order of power for the first ones. Where there are any, a key needs one.
	Roles []Role `toml:"role"`
	// Permissions are those that a new key can have. Where there are any, a key needs one.
	Permissions []Permission `toml:"permission"`
	// Added are those of the file that the service adds to each key by itself; Permissions has the others.
	Added []Permission `toml:"-"`
	// Catalogue is how the service is asked which permissions there are; until then the declared ones are offered.
	Catalogue *Catalogue `toml:"catalogue"`
	// RoleCatalogue and EnvironmentCatalogue are how it is asked which roles and environments there are; until then the declared ones are
	// offered.
	RoleCatalogue        *Catalogue `toml:"role_catalogue"`
	EnvironmentCatalogue *Catalogue `toml:"environment_catalogue"`
	// MorePermissions are names that keys have been seen with, and that no document has.
	MorePermissions []string `toml:"more_permissions"`
	// MoreRoles are names of roles in use that no document describes; they come after the others.
	MoreRoles []string `toml:"more_roles"`
	// Numbers are limits and budgets that keys can have, Properties whatever else: the numbers stand before them, too.
	Numbers    []Property `toml:"number"`
	Properties []Property `toml:"property"`
	// Presets are named choices of permissions.
	Presets []Preset `toml:"preset"`

	// Advice is what the issuer's documents advise whoever makes a key, a line or two each: keep, browser, least, separate, life.
	Advice   apikey.Advice `toml:"advice"`
	Remedies []Remedy      `toml:"remedy"`
}

// Secret is what the issuer's secrets look like.
type Secret struct {
	// Prefixes are how they begin; without any they may begin anyhow.
	Prefixes []Prefix `toml:"prefix"`
	// Shape is a regular expression of a whole secret, and of nothing that is none: what looks so is taken out of every text of the
	// issuer's. It is needed where secrets have letters alone; other runs of signs that no word has are taken out anyhow.
	Shape string `toml:"shape"`
}

// Prefix is one beginning of secrets.
type Prefix struct {
	Text string `toml:"text"`
	// Environment is where a key whose secret begins so works.
	Environment apikey.Environment `toml:"environment"`
}

// Row says under which members a key of the list has each field. Of several names the first that is there counts; members
// that nobody names are passed over.
type Row struct {
	// AsNamed are the members that are called as their field is here, in either spelling: "name", "created_at", "createdAt".
	AsNamed []string `toml:"as_named"`
	// Undocumented are fields whose member no document names: the usual ones are looked for, and so are the usual ones around the list
	// and around a new key, where list.rows and create.key say none.
	Undocumented []string `toml:"undocumented"`
	ID           Members  `toml:"id"`
	// Inside are members that hold an object whose members count as the row's own: "attributes", "credentials".
	Inside Members `toml:"inside"`
	// SecretIsID says that the issuer names a key by its secret. Then there is no id here: a key is shown under a fingerprint of the
	// secret, and a call that is about a key lists first, to find the secret that its path or body needs.
	SecretIsID bool `toml:"secret_is_id"`
	// Pair says that a secret has two halves, the id and what is shown once, with this between them: ":" where a key is sent by basic.
	// What is delivered, tried and compared is the whole. PairWith is the member that is the first half in the id's place; it is shown as a
	// mask.
	Pair        string  `toml:"pair"`
	PairWith    Members `toml:"pair_with"`
	Name        Members `toml:"name"`
	Type        Members `toml:"type"`
	Role        Members `toml:"role"`
	Masked      Members `toml:"masked"`
	Environment Members `toml:"environment"`
	Enabled     Members `toml:"enabled"`
	// State is enabled in words or digits: "active" and "revoked", "0" and "1".
	State       State   `toml:"state"`
	Permissions Members `toml:"permissions"`
	CreatedAt   Members `toml:"created_at"`
	UpdatedAt   Members `toml:"updated_at"`
	ExpiresAt   Members `toml:"expires_at"`
	LastUsedAt  Members `toml:"last_used_at"`
	// RolledAt is when the key got the secret that it has, where that is not its first one. Former is of the secret before.
	RolledAt     Members `toml:"rolled_at"`
	Former       Former  `toml:"former"`
	Restrictions Members `toml:"restrictions"`
	// Account, Project, CreatedBy and UpdatedBy are an id, or an object with one, and a name.
	Account   Members `toml:"account"`
	Project   Members `toml:"project"`
	CreatedBy Members `toml:"created_by"`
	UpdatedBy Members `toml:"updated_by"`
	// CanRetrieve says whether the secret of this key can be had again.
	CanRetrieve Members `toml:"can_retrieve_value"`
	// Copied are members that hold access and are passed on as they are: shown, compared, and sent when a key is made after another.
	Copied []string `toml:"copied"`
	// NeverExpires says that a key without an end has no expires_at; else a row without it does not say.
	NeverExpires bool `toml:"no_expiry_is_never"`
	// AbsentIsNone are fields of access that a key of the list without any has no member for: permissions, role. Else a row without it
	// does not say.
	AbsentIsNone []apikey.Field `toml:"absent_is_none"`
	// None is what a row has in place of none, as the wire writes it, by fields: an end far ahead of a key that never ends.
	None map[apikey.Field][]string `toml:"none"`
	// Prefix is how the secret begins, as the row shows it: a mask where there is no other, and an environment.
	Prefix Members `toml:"prefix"`
	// Suffix is how the secret ends, as the row shows it: the end of a mask where there is no other.
	Suffix Members `toml:"suffix"`
	// Secret is the secret itself, in the answer to a create. A list that has it too loses it while it is decoded.
	Secret Members `toml:"secret"`
}

// Members are the names of a member of JSON, the usual one first. Of a row, one with a dot is a path where no member is called so, and "[]" in
// it is each element of an array.
type Members []string

// Named are the fields of a row with their members, in the order in which they are declared.
func (r *Row) Named() []NamedMembers {
	return []NamedMembers{{"id", r.ID}, {"name", r.Name}, {"type", r.Type}, {"role", r.Role}, {"masked", r.Masked}, {"environment", r.Environment},
		{"enabled", r.Enabled}, {"state.members", r.State.Members}, {"permissions", r.Permissions}, {"created_at", r.CreatedAt}, {"updated_at", r.UpdatedAt}, {"expires_at", r.ExpiresAt}, {"last_used_at", r.LastUsedAt},
		{"rolled_at", r.RolledAt}, {"former.members", r.Former.Members},
		{"restrictions", r.Restrictions}, {"account", r.Account}, {"project", r.Project}, {"created_by", r.CreatedBy}, {"updated_by", r.UpdatedBy},
		{"can_retrieve_value", r.CanRetrieve}, {"copied", r.Copied}, {"prefix", r.Prefix}, {"suffix", r.Suffix}, {"pair_with", r.PairWith}, {"secret", r.Secret}, {"inside", r.Inside}}
}

// Unreported says of each field of access what a user's own file can say about a key that lacks it.
func (d *Declaration) Unreported() map[apikey.Field]string {
	if d.File == "" {
		return nil
	}
	out := map[apikey.Field]string{}
	for _, named := range d.Row.Named() {
		f := apikey.Field(named.Field)
		switch {
		case f == apikey.FieldExpiry && d.Row.NeverExpires:
		case f == apikey.FieldExpiry && len(named.Members) == 0: // an end that nobody shows is one that there may be
			out[f] = fmt.Sprintf("in %s, row.expires_at names the member that shows it, or row.no_expiry_is_never = true says that keys never end", d.File)
		case !slices.Contains(d.Access, f):
		case len(named.Members) == 0:
			out[f] = fmt.Sprintf("in %s, row.%s names the member that shows it", d.File, f)
		case slices.Contains(d.Row.AbsentIsNone, f):
		case f == apikey.FieldExpiry:
			out[f] = fmt.Sprintf("in %s, row.no_expiry_is_never = true says that a key without it never ends", d.File)
		case slices.Contains(absentFields, string(f)):
			out[f] = fmt.Sprintf("in %s, row.absent_is_none = [%q] says that a key without it has none", d.File, f)
		}
	}
	return out
}

// NamedMembers are the members of one field.
type NamedMembers struct {
	Field   string
	Members Members
}

// State says in which words a row tells whether a key is on. What is in neither list is not known.
type State struct {
	Members Members  `toml:"members"`
	On      []string `toml:"on"`
	Off     []string `toml:"off"`
}

// Exchange is the call at the token server that gives a session for a key: {"token","expires_in"}. The server is token_url of
// the profile, else the host with "sts" in place of "api" in its first label, and a key goes to no other.
type Exchange struct {
	Call string `toml:"call"`
}

// TokenServer is the token server of an origin, where it follows from that; nil where it does not.
func TokenServer(origin *url.URL) *url.URL {
	label, rest, found := strings.Cut(origin.Host, ".")
	label = strings.ToLower(label)
	if !found || label != "api" && !strings.HasPrefix(label, "api-") {
		return nil
	}
	return &url.URL{Scheme: origin.Scheme, Host: "sts" + strings.TrimPrefix(label, "api") + "." + rest}
}

// PublicKey is the call that gives out a public key: {"value","expire_at"}, or the bare value.
type PublicKey struct {
	Call string `toml:"call"`
	// Name, Project and TTL are the members of the query.
	Name    string `toml:"name"`
	Project string `toml:"project"`
	TTL     string `toml:"ttl"`
	Needs   string `toml:"needs"`
}

// Role is one that a key can have.
type Role struct {
	Name        string `toml:"name"`
	Description string `toml:"description"`
	// Mints says that it makes keys; Manages that it makes and deletes them, as the documents say.
	Mints   bool `toml:"mints"`
	Manages bool `toml:"manages"`
}

// Refusals say how the issuer says no, by which its words are told from those of what stands in front of it.
type Refusals struct {
	// Own are the marks of a refusal, of which one is enough: "no" for success that is false, "text" and "object" for an error
	// that is one, "message" for a message, "code" for a code in letters, and "plain" for a
	// text that is no JSON, where it has words of Means or Known.
	Own []string `toml:"own"`
	// Foreign are members that the issuer's own refusals never have, and those of frameworks and gateways do.
	Foreign []string `toml:"foreign"`
	// Members are all that the issuer's own refusals have; empty where that is not known.
	Members []string `toml:"members"`
	// With are members that a refusal of the issuer's own has all of: one is as good a mark as those of Own.
	With []string `toml:"with"`
	// Known are words "a|b", in small letters, of a 403 that only a secret gets which the issuer knows: it is of the wrong kind.
	Known string `toml:"known"`
	// Status says that a refusal repeats the status of the answer.
	Status bool `toml:"status"`
	// Forbidden is what a 403 of the issuer's own says about a key: "words" where only words about a right that is missing show
	// that the key is known; "role" where the documents say that it is the answer to a role that is too small.
	Forbidden string `toml:"forbidden"`
	// Lacking is a part of the code of a 403 for want of a permission, which only a key that is known gets; the words of one without
	// it say nothing about the key. Then each probe says which permission it needs, and they are made until one is answered: what is
	// found missing on the way is told.
	Lacking string `toml:"lacking"`
	// Means are refusals whose status does not say what they are: the first that fits counts.
	Means []Meaning `toml:"means"`
}

// Meaning says which status a refusal would have of a service that uses them.
type Meaning struct {
	// Status is the one that it has, 0 for any; Words are "a|b" in small letters, of which one is in its words or its code.
	Status int    `toml:"status"`
	Words  string `toml:"words"`
	Is     int    `toml:"is"`
}

// Remedy is what to do about a refusal, and which refusals it is for: all that it names must hold. The first one counts.
type Remedy struct {
	Status int    `toml:"status"`
	Code   string `toml:"code"`  // is part of the issuer's own code
	Words  string `toml:"words"` // one of these, "a|b", is in its words or its code
	Sent   string `toml:"sent"`  // how the secret that was sent begins
	Op     string `toml:"op"`    // one of these was tried, "create|update"
	// OtherEnvironment says that the secret is of another environment than the profile.
	OtherEnvironment bool `toml:"other_environment"`
	// Account says that its words are about the account: a plan, a bill, a feature.
	Account bool `toml:"account"`
	// Missing says that what is missing is what the call needs; {needs} in the hint is that.
	Missing bool   `toml:"missing"`
	Hint    string `toml:"hint"`
}
