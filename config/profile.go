package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"strings"

	"detent/apikey"
	"detent/loopback"
	"detent/tomlfile"
)

const (
	tokenForms   = `{ env = "NAME" }, { command = ["program", "word"] } or { file = "~/path" }`
	urlRule      = "must be https://HOST, or http:// on loopback (localhost, 127.0.0.1, [::1]), without user, query or fragment"
	pathRule     = "must be an absolute path or begin with ~/"
	variableRule = "must be the name of an environment variable: letters, digits and _, no digit first"
	nameRule     = "is no profile name: letters, digits and . _ / -, at most 64, a letter or digit first"
	commandForm  = `["program", "word"]`
)

// Load reads the file at path. A file that is not there is no error unless explicit.
func Load(path string, explicit bool) (*Config, error) {
	data, err := readGuarded(path, configFile)
	if errors.Is(err, fs.ErrNotExist) {
		if explicit {
			return nil, fmt.Errorf("%s: there is no such file; detent config init writes one", path)
		}
		return WithoutFile(path), nil
	}
	if err != nil {
		return nil, err
	}
	return parse(path, data)
}

// parse reads and validates a whole file.
func parse(file string, data []byte) (*Config, error) {
	data = bytes.TrimPrefix(data, tomlfile.ByteOrderMark)
	doc, root, err := parseDocument(file, data)
	if err != nil {
		return nil, err
	}
	c := &Config{Path: file, Found: true, fieldLines: map[string]map[string]int{}, unusable: map[string]*Error{}}
	c.Default, _ = root.text("default_profile", "the name of a profile")
	if profiles := root.sub("profiles", "tables: [profiles.NAME]"); profiles != nil {
		for _, name := range profiles.names() {
			if table := profiles.sub(name, "a table: [profiles."+quoteKey(name)+"]"); table != nil {
				c.Profiles = append(c.Profiles, c.readProfile(name, table))
				c.fieldLines[name] = map[string]int{"token": doc.line(table.at("token")), "ca": doc.line(table.at("ca"))}
			}
		}
	}
	c.Profiles = append(c.Profiles, BuiltIn()...)
	c.readOperators(root)
	c.readUI(root)
	root.finish()
	if _, ok := c.Lookup(c.Default); c.Default != "" && !ok {
		root.refuse("default_profile", "there is no profile %q; there are %s", c.Default, strings.Join(c.Names(), ", "))
	}
	if err := doc.first(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Config) readProfile(name string, t *section) Profile {
	switch {
	case strings.HasPrefix(name, Local):
		t.doc.refuse(t.path, "names that begin with %s are those of the embedded service", Local)
	case !apikey.IsProfileName(name):
		t.doc.refuse(t.path, nameRule)
	}
	p := Profile{Name: name}
	issuer := c.readIssuer(&p, t)
	p.URL = t.url("url")
	t.needs("url", "for example \"https://api.example.com\"; it %s", urlRule)
	p.Token = readToken(t)
	p.CA = t.filePath("ca")
	p.Environment = apikey.Environment(t.choice("environment", string(apikey.Live), string(apikey.Test), string(apikey.Dev)))
	p.ReadOnly = t.flag("read_only")
	if text, ok := t.text("max_age", `a span such as "90d"`); ok {
		span, err := apikey.ParseSpan(text)
		if err != nil {
			t.refuse("max_age", "must be a span such as \"90d\", \"12h\" or \"3600s\", above zero and at most 100 years")
		}
		p.MaxAge = span
	}
	p.Exchange = t.choice("auth", "direct", "exchange") == "exchange"
	p.TokenURL = t.url("token_url")
	p.CanCreate = t.flag("create")
	if p.SecretPrefix, _ = t.text("secret_prefix", `how secrets begin: "acme-"`); t.has("secret_prefix") && !isSecretPrefix(p.SecretPrefix) {
		t.refuse("secret_prefix", "must be how secrets begin, letters, digits and . _ -, 2 to 40 of them; never a secret itself")
	}
	c.readIssuerFields(&p, issuer, t)
	if deliver := t.sub("deliver", "tables: [profiles."+quoteKey(name)+".deliver.NAME]"); deliver != nil {
		for _, d := range deliver.names() {
			if table := deliver.sub(d, "a table with keys, env_file or file or command, then and probe"); table != nil {
				p.Deliver = append(p.Deliver, readDeliver(d, table))
			}
		}
	}
	t.finish()
	return p
}

// isSecretPrefix reports whether a text can be how secrets begin. One that is as long as a secret is one.
func isSecretPrefix(s string) bool { return isASCIIName(s, "._-") && len(s) >= 2 && len(s) <= 40 }

func readToken(t *section) Token {
	s := t.sub("token", "one of "+tokenForms+"; never the token itself")
	if t.needs("token", "%s", tokenForms); s == nil {
		return Token{}
	}
	var token Token
	var ok bool
	if token.Env, ok = s.text("env", "the name of a variable"); ok && !apikey.IsVariableName(token.Env) {
		// What stands here may be the token itself, so it is not repeated.
		s.refuse("env", variableRule)
	}
	token.Command = s.words("command", commandForm)
	token.File = s.filePath("file")
	s.finish()
	s.exactlyOne("must have exactly one source: "+tokenForms, "env", "command", "file")
	return token
}

func readDeliver(name string, t *section) Deliver {
	if !apikey.IsProfileName(name) || strings.Contains(name, "/") || name == "clipboard" {
		t.doc.refuse(t.path, "is no name for a destination: letters, digits and . _ -, and not \"clipboard\"")
	}
	d := Deliver{Name: name, Keys: t.words("keys", `["payments-*"]`)}
	for _, glob := range d.Keys {
		if err := apikey.CheckPattern(glob); err != nil {
			t.refuse("keys", "%q %v", glob, err)
		}
	}
	if env := t.sub("env_file", `{ path = "/srv/app/.env", variable = "API_KEY" }`); env != nil {
		d.EnvFile = &EnvFile{Path: env.filePath("path")}
		d.EnvFile.Variable, _ = env.text("variable", "the name of a variable")
		for _, field := range []string{"path", "variable"} {
			env.needs(field, `{ path = "/srv/app/.env", variable = "API_KEY" }`)
		}
		if d.EnvFile.Variable != "" && !apikey.IsVariableName(d.EnvFile.Variable) || env.has("variable") && d.EnvFile.Variable == "" {
			env.refuse("variable", variableRule)
		}
		env.finish()
	}
	d.File = t.filePath("file")
	d.Command = t.words("command", commandForm)
	d.Then = t.words("then", commandForm)
	d.Probe = t.words("probe", commandForm)
	t.finish()
	t.exactlyOne("must have exactly one of env_file, file and command", "env_file", "file", "command")
	return d
}

// url reads the address of a service.
func (s *section) url(field string) string {
	text, ok := s.text(field, "https://HOST")
	if !ok {
		return ""
	}
	clean, err := CheckURL(text)
	if err != nil {
		s.refuse(field, "%s", err)
	}
	return clean
}

// filePath reads a path that does not depend on the working directory.
func (s *section) filePath(field string) string {
	text, ok := s.text(field, "a path")
	if ok && CheckPath(text) != nil {
		s.refuse(field, pathRule)
	}
	return text
}

// CheckPath refuses a path that depends on the working directory.
func CheckPath(text string) error {
	if !strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "~/") || strings.ContainsAny(text, "\x00\r\n") || strings.HasSuffix(text, "/") {
		return errors.New(pathRule)
	}
	return nil
}

// CheckURL refuses an address that could carry a key in the clear or to another
// place, and returns it without a slash at the end. It never repeats the text.
func CheckURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" ||
		strings.HasSuffix(text, "#") || !validPort(u) {
		return "", errors.New(urlRule)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback.Is(u.Hostname())) {
		return "", errors.New(urlRule)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(u.Port())
	return err == nil && n > 0 && n < 1<<16
}
