package config

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client/issuers"
	"detent/delivery"
	"detent/loopback"
)

// Local is the prefix of the built-in profiles; no profile of a file may take it.
const Local = "local/"

// Config is a file's profiles and the built-in ones.
type Config struct {
	// Path is the file's place, whether or not it is there.
	Path string
	// Found says that the file was there.
	Found bool
	// Default is the file's default_profile; empty for none.
	Default string
	// Profiles of the file in its order, then the built-in ones.
	Profiles []Profile
	// Operators are those who may come over SSH, in the file's order.
	Operators []Operator
	// UI is how the screens look.
	UI UI

	secrets    []string                  // variables of profiles that were left out
	fieldLines map[string]map[string]int // where the file names each profile's files and commands
	unusable   map[string]*Error         // why the profiles whose issuer is not known, or has a file that is wrong, cannot be used
}

// Profile is one account on one service.
type Profile struct {
	Name        string
	Service     string // the name of an issuer
	URL         string // empty for the embedded service
	Token       Token
	CA          string             // a file with one more certificate authority for this profile: absolute or ~/; empty for none
	Environment apikey.Environment // empty where the file does not say
	ReadOnly    bool
	MaxAge      time.Duration     // zero where the file does not say
	Parents     map[string]string // what the issuer's keys belong to, where its calls must name it
	Exchange    bool              // auth = "exchange", of an issuer that gives sessions for keys
	TokenURL    string            // where it does, unless it follows from URL
	// SecretPrefix is how secrets of this one begin beside those of its kind, of an issuer that leaves that to whoever runs it.
	SecretPrefix string
	CanCreate    bool // create = true, of an issuer that does not always offer it
	Deliver      []Deliver
	// Embedded profiles are on the key service inside detent.
	Embedded bool
}

// Setting is what the profile tells of where its keys work; demo says that the embedded service is a throw-away one.
func (p Profile) Setting(demo bool) apikey.Setting {
	u, err := url.Parse(p.URL)
	return apikey.Setting{Environment: p.Environment, Embedded: p.Embedded, Demo: p.Embedded && demo,
		Remote: !p.Embedded && (err != nil || !loopback.Is(u.Hostname()))}
}

// Address is where the profile's service is, in words.
func (p Profile) Address() string {
	if p.Embedded {
		return "embedded"
	}
	return p.URL
}

// Policy is what the profile considers old, near its end, or unused.
func (p Profile) Policy() apikey.Policy {
	policy := apikey.DefaultPolicy()
	if p.MaxAge > 0 {
		policy.MaxAge = p.MaxAge
	}
	return policy
}

// Token says where a credential comes from. Exactly one field is set; none for
// an embedded profile. It never holds the credential.
type Token struct {
	Env     string
	Command []string
	File    string // absolute or ~/
}

// Named says that it is told where the token comes from.
func (t Token) Named() bool { return t.Env != "" || t.File != "" || len(t.Command) > 0 }

// String says in words where the token comes from: "env PROSOPO_TOKEN".
func (t Token) String() string {
	switch {
	case t.Env != "":
		return "env " + t.Env
	case t.File != "":
		return "file " + t.File
	case len(t.Command) > 0:
		return "command " + t.Command[0]
	}
	return "none"
}

// Deliver is a named destination of a profile; its paths are absolute or begin with ~/.
type Deliver = delivery.Config

// EnvFile is one variable of a .env file.
type EnvFile = delivery.EnvFile

// BuiltIn are the profiles on the embedded service, the default first. What a key is guarded as, it says itself.
func BuiltIn() []Profile {
	var out []Profile
	for _, service := range issuers.Embedded() {
		out = append(out, Profile{Name: Local + service, Service: service, CanCreate: true, Embedded: true})
	}
	return out
}

// WithoutFile is the configuration of a machine that has no file.
func WithoutFile(path string) *Config { return &Config{Path: path, Profiles: BuiltIn()} }

// Lookup finds a profile by name.
func (c *Config) Lookup(name string) (Profile, bool) {
	i := slices.IndexFunc(c.Profiles, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return c.Profiles[i], true
}

// Own are the profiles of the file.
func (c *Config) Own() []Profile {
	return slices.DeleteFunc(slices.Clone(c.Profiles), func(p Profile) bool { return p.Embedded })
}

// Unusable is why a profile of the file cannot be used: its issuer is not there, or has a file of the user's own that is wrong, or that
// asks of the profile what it does not say. All others can.
func (c *Config) Unusable(profile string) error {
	if wrong := c.unusable[profile]; wrong != nil {
		return wrong
	}
	return nil
}

// fieldAt is FILE:LINE: FIELD of a profile's field, for errors about what it names.
func (c *Config) fieldAt(profile, field string) string {
	line, ok := c.fieldLines[profile][field]
	if !ok {
		return "profile " + profile + ": " + field
	}
	return fmt.Sprintf("%s:%d: profiles.%s.%s", c.Path, line, quoteKey(profile), field)
}

// Changed lists the profiles of another configuration that are not the same here, or not here.
func (c *Config) Changed(from *Config) []string {
	var names []string
	for _, p := range from.Profiles {
		if now, ok := c.Lookup(p.Name); !ok || !reflect.DeepEqual(now, p) {
			names = append(names, p.Name)
		}
	}
	return names
}

// NamesToken reports whether a profile takes its token from this file.
func (c *Config) NamesToken(t Token) bool {
	return slices.ContainsFunc(c.Profiles, func(p Profile) bool { return p.Token.File == t.File })
}

// Names lists the profiles.
func (c *Config) Names() []string {
	names := make([]string, len(c.Profiles))
	for i, p := range c.Profiles {
		names[i] = p.Name
	}
	return names
}

// Select finds the profile to start with: the flag's, else $DETENT_PROFILE's, else
// the file's default, else the first built-in one.
func (c *Config) Select(flag string, env Env) (Profile, error) {
	name, from := flag, "--profile"
	if name == "" {
		name, from = env.Get("DETENT_PROFILE"), "DETENT_PROFILE"
	}
	if name == "" {
		name, from = c.Default, "default_profile"
	}
	if name == "" {
		name = BuiltIn()[0].Name
	}
	p, ok := c.Lookup(name)
	if !ok {
		return Profile{}, fmt.Errorf("%s: there is no profile %q; there are %s", from, name, strings.Join(c.Names(), ", "))
	}
	return p, nil
}

// SecretVariables are the variables that may hold a credential; no child process gets them.
func (c *Config) SecretVariables() []string {
	// A store's URL may hold a password.
	names := append([]string{"DETENT_TOKEN", "DETENT_STORE"}, c.secrets...)
	for _, p := range c.Profiles {
		if p.Token.Env != "" && !slices.Contains(names, p.Token.Env) {
			names = append(names, p.Token.Env)
		}
	}
	return names
}
