package config

import (
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Role is what an operator who comes over SSH may do.
type Role string

// The roles, each with the rights of the one before.
const (
	Viewer Role = "viewer"   // looks, verifies, checks
	Rotate Role = "operator" // creates, edits, disables, rotates
	Admin  Role = "admin"    // deletes outside a rotation, edits profiles
)

// AllProfiles, in place of profile names, gives an operator every profile, those added later too.
const AllProfiles = "*"

// Operator is somebody who may come over SSH (detent ssh).
type Operator struct {
	Name     string
	Role     Role
	Keys     []string // in the one form of AuthorizedKey
	Profiles []string // names, or AllProfiles alone
}

// Sees reports whether a profile is theirs.
func (o Operator) Sees(profile string) bool {
	return slices.Contains(o.Profiles, AllProfiles) || slices.Contains(o.Profiles, profile)
}

// Extends reports whether somebody has all the rights that they had before, and at most more profiles.
func (o Operator) Extends(before Operator) bool {
	for _, p := range before.Profiles {
		if !o.Sees(p) {
			return false
		}
	}
	return o.Name == before.Name && o.Role == before.Role && slices.Equal(o.Keys, before.Keys)
}

// AuthorizedKey is the one form in which public keys are compared: the type and the key in base64, without a comment.
func AuthorizedKey(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

// OperatorOf finds who a public key belongs to.
func (c *Config) OperatorOf(key ssh.PublicKey) (Operator, bool) {
	text := AuthorizedKey(key)
	i := slices.IndexFunc(c.Operators, func(o Operator) bool { return slices.Contains(o.Keys, text) })
	if i < 0 {
		return Operator{}, false
	}
	return c.Operators[i], true
}

// For is the configuration as an operator sees it: their profiles alone, the first of them where the default is
// not theirs.
func (c *Config) For(o Operator) *Config {
	out := *c
	out.secrets = c.SecretVariables() // no child gets those of the other profiles either
	out.Operators = nil
	out.Profiles = slices.DeleteFunc(slices.Clone(c.Profiles), func(p Profile) bool { return !o.Sees(p.Name) })
	if !o.Sees(c.Default) || c.Default == "" && !o.Sees(BuiltIn()[0].Name) {
		out.Default = out.Profiles[0].Name
	}
	return &out
}

const (
	operatorRule = "is no operator's name: letters, digits and . _ -, at most 64, a letter or digit first"
	keysForm     = `a list of public keys: ["ssh-ed25519 AAAA…"]`
)

// readOperators reads [operators.NAME]; the profiles have been read.
func (c *Config) readOperators(root *section) {
	table := root.sub("operators", "tables: [operators.NAME]")
	if table == nil {
		return
	}
	owner := map[string]string{}
	for _, name := range table.names() {
		if t := table.sub(name, "a table: [operators."+quoteKey(name)+"]"); t != nil {
			c.Operators = append(c.Operators, c.readOperator(name, t, owner))
		}
	}
}

func (c *Config) readOperator(name string, t *section, owner map[string]string) Operator {
	if !isASCIIName(name, "._-") || strings.IndexByte("._-", name[0]) >= 0 || len(name) > 64 {
		t.doc.refuse(t.path, operatorRule)
	}
	o := Operator{Name: name}
	options := []string{string(Viewer), string(Rotate), string(Admin)}
	o.Role = Role(t.choice("role", options...))
	t.needs("role", "%s", alternatives(options))
	for _, line := range t.words("keys", keysForm) {
		if key, ok := readOperatorKey(t, line); ok {
			if other, taken := owner[key]; taken {
				t.refuse("keys", "one of them is %s's already: a key is one operator's", other)
			}
			owner[key] = name
			o.Keys = append(o.Keys, key)
		}
	}
	t.needs("keys", "%s", keysForm)
	o.Profiles = t.words("profiles", `["prod"], or ["*"] for all of them`)
	t.needs("profiles", `a list of the profiles that are theirs: ["prod"], or ["*"] for all of them`)
	for _, p := range o.Profiles {
		if _, known := c.Lookup(p); p == AllProfiles && len(o.Profiles) > 1 {
			t.refuse("profiles", `"*" stands alone: it is all of them`)
		} else if p != AllProfiles && !known {
			t.refuse("profiles", "there is no profile %q; there are %s", p, strings.Join(c.Names(), ", "))
		}
	}
	t.finish()
	return o
}

// readOperatorKey reads a line as authorized_keys has it. Its options (from=, expiry-time= and so on) would not be kept,
// so a line that has some is refused.
func readOperatorKey(t *section, line string) (string, bool) {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	switch {
	case err != nil:
		t.refuse("keys", `must be %s, as ssh-keygen writes them in a .pub file`, keysForm)
	case len(options) > 0:
		t.refuse("keys", "the option %s is not kept here; leave options out", strings.SplitN(options[0], "=", 2)[0])
	case len(rest) > 0:
		t.refuse("keys", "one key in each string")
	case strings.Contains(key.Type(), "-cert-"):
		t.refuse("keys", "a certificate is not taken; name the key itself")
	default:
		return AuthorizedKey(key), true
	}
	return "", false
}
