package form

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/kballard/go-shellquote"

	"detent/apikey"
	"detent/tui/ui"
)

// Profile asks for a new profile of the configuration file. It asks where the token comes from, never for the token.
type Profile struct {
	sheet
	existing []ui.Profile

	name        *text
	service     *choice
	url         *text
	source      *choice
	token       *text
	environment *choice
	readOnly    *tick
	auth        *choice
	create      *tick
}

const (
	sourceEnv     = "env"
	sourceFile    = "file"
	sourceCommand = "command"
)

var serviceURLs = map[string]string{
	apikey.Prosopo: "https://api.prosopo.io", apikey.Vertesia: "https://api.vertesia.io", apikey.Generic: "https://api.example.com",
}

// NewProfile asks for a profile; existing are those whose names are taken.
func NewProfile(env *ui.Env, existing []ui.Profile) ui.Screen {
	p := &Profile{existing: existing}
	p.sheet = sheet{
		env: env, self: p, title: "Add a profile", side: p.facts, doing: "saving…",
		undone: "the configuration file was not changed.", labels: []string{"Add", "Back", "Cancel"},
	}
	p.begin([]page{
		{name: "Service", fields: p.serviceFields()},
		{name: "Token", fields: p.tokenFields()},
		{name: "Authentication", fields: p.authFields(), hide: func() bool { return p.service.value() != apikey.Vertesia }},
		{name: "Create", fields: p.createFields(), hide: func() bool { return p.service.value() != apikey.Generic }},
		{name: "Use", fields: p.useFields()},
	}, "This will be written to the configuration", p.facts, func(string) tea.Cmd {
		if !p.pages.check() {
			return nil
		}
		return ui.Do(ui.AddProfile{Ticket: p.start(), Profile: p.profile()})
	})
	return p
}

func (p *Profile) serviceFields() []field {
	p.name = newText(p.env, "Name", "")
	p.name.line.placeholder = "prod"
	p.name.verify = p.checkProfileName
	p.service = newChoice(p.env, "Service", apikey.Prosopo, []option{{value: apikey.Prosopo, label: "Prosopo"},
		{value: apikey.Vertesia, label: "Vertesia", about: "Composable Prompts, as it was called"}, {value: apikey.Generic, label: "generic", about: "any service with /v1/api-keys"}})
	p.service.help = "← → choose."
	p.service.changed = func() {
		p.url.line.placeholder = serviceURLs[p.service.value()]
		p.source.changed()
	}
	p.url = newText(p.env, "URL", "")
	p.url.line.placeholder = serviceURLs[apikey.Prosopo]
	p.url.help = "https, or http on loopback. Empty is the address shown, for Prosopo and Vertesia."
	p.url.verify = func(string) error { return checkURL(p.address()) }
	return []field{p.name, p.service, p.url}
}

// address is what was typed, or the service's public address; the generic service has none.
func (p *Profile) address() string {
	if typed := strings.TrimSpace(p.url.value()); typed != "" || p.service.value() == apikey.Generic {
		return typed
	}
	return serviceURLs[p.service.value()]
}

func (p *Profile) tokenFields() []field {
	p.source = newChoice(p.env, "Where does the token come from?", sourceEnv, []option{
		{value: sourceEnv, label: "environment", about: "a variable that is set where detent starts"},
		{value: sourceFile, label: "file", about: "a file that nobody else may read (chmod 600)"},
		{value: sourceCommand, label: "command", about: "a password manager that prints it, run without a shell"}})
	p.source.help = "← → choose. The token itself is never written to the configuration."
	p.token = newText(p.env, "", "")
	p.source.changed = func() {
		service := p.service.value()
		hint := map[string][2]string{
			sourceEnv:     {"Variable", strings.ToUpper(service) + "_TOKEN"},
			sourceFile:    {"File", "~/.secrets/" + service},
			sourceCommand: {"Command", "pass show " + service},
		}[p.source.value()]
		p.token.title, p.token.line.placeholder = hint[0], hint[1]
	}
	p.source.changed()
	p.token.verify = func(string) error { return p.checkToken() }
	return []field{p.source, p.token}
}

func (p *Profile) authFields() []field {
	p.auth = newChoice(p.env, "Authentication", "direct", []option{
		{value: "direct", label: "direct", about: "send the key itself, as the document says"},
		{value: "exchange", label: "exchange", about: "send a short-lived token that the token server gives for the key"}})
	p.auth.help = "← → choose."
	return []field{p.auth}
}

func (p *Profile) createFields() []field {
	p.create = newTick(p.env, "Create", "the service offers POST /v1/api-keys", false)
	p.create.help = "space switches. Where it does not, keys are made in its dashboard and pasted."
	return []field{p.create}
}

func (p *Profile) useFields() []field {
	p.environment = newChoice(p.env, "Environment", "", []option{{value: "", label: "not said"},
		{value: string(apikey.Live), label: "LIVE", about: "loud frame, names typed before a deletion", mark: "! "},
		{value: string(apikey.Test), label: "test"}, {value: string(apikey.Dev), label: "dev"}})
	p.environment.help = "← → choose. It colours the frame and guards deliveries."
	p.readOnly = newTick(p.env, "Read-only", "refuse every change", false)
	p.readOnly.help = "space switches."
	return []field{p.environment, p.readOnly}
}

func (p *Profile) checkProfileName(value string) error {
	name := strings.TrimSpace(value)
	switch {
	case name == "":
		return errors.New("a name is required")
	case strings.HasPrefix(name, "local/"):
		return errors.New("names that begin with local/ are those of the embedded service")
	case !apikey.IsProfileName(name):
		return errors.New("letters, digits and . _ / -, at most 64, a letter or digit first")
	case slices.ContainsFunc(p.existing, func(o ui.Profile) bool { return o.Name == name }):
		return fmt.Errorf("there is a profile %s already", name)
	}
	return nil
}

// checkURL wants https, or http on loopback: a key never travels in the clear.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return errors.New("a URL is required, for example https://api.example.com")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("this is no URL: use https://HOST")
	case u.User != nil:
		return errors.New("the URL must not hold a user or password")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("the URL must have no query and no fragment")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("http is for loopback only (localhost, 127.0.0.1, [::1]): use https")
	}
	return nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// checkToken says what is wrong with the source. It never repeats what was typed: that may be the token.
func (p *Profile) checkToken() error {
	value := strings.TrimSpace(p.token.value())
	switch p.source.value() {
	case sourceEnv:
		if !apikey.IsVariableName(value) {
			return errors.New("the name of a variable: letters, digits and _, no digit first; not the token itself")
		}
	case sourceFile:
		if !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "~/") {
			return errors.New("an absolute path, or one that begins with ~/; not the token itself")
		}
	default:
		if words, err := shellquote.Split(value); err != nil || len(words) == 0 {
			return errors.New("a program and its arguments; is a quote left open?")
		}
	}
	return nil
}

// profile is what the form says now. What belongs to another service is left out.
func (p *Profile) profile() ui.NewProfile {
	n := ui.NewProfile{
		Name: strings.TrimSpace(p.name.value()), Service: p.service.value(), URL: p.address(),
		Environment: apikey.Environment(p.environment.value()), ReadOnly: p.readOnly.on,
	}
	token := strings.TrimSpace(p.token.value())
	switch p.source.value() {
	case sourceEnv:
		n.TokenEnv = token
	case sourceFile:
		n.TokenFile = token
	default:
		n.TokenCommand, _ = shellquote.Split(token)
	}
	if n.Service == apikey.Vertesia {
		n.Auth = p.auth.value()
	}
	n.CanCreate = n.Service == apikey.Generic && p.create.on
	return n
}

func (p *Profile) facts() []fact {
	n := p.profile()
	out := []fact{{label: "Name", value: orDash(ui.Clean(n.Name))}, {label: "Service", value: n.Service}, {label: "URL", value: orDash(ui.Clean(n.URL))}}
	token := fact{label: "Token", value: p.source.value() + ": …"}
	if p.checkToken() == nil {
		token.value = p.source.value() + ": " + ui.Clean(strings.TrimSpace(p.token.value()))
	}
	out = append(out, token)
	if n.Auth != "" {
		out = append(out, fact{label: "Authentication", value: n.Auth})
	}
	if n.Service == apikey.Generic {
		out = append(out, fact{label: "Create", value: map[bool]string{true: "over the API", false: "in its dashboard"}[n.CanCreate]})
	}
	out = append(out, fact{label: "Environment", value: orDefault(environmentWord(n.Environment), "not said")})
	return append(out, fact{label: "Read-only", value: map[bool]string{true: "yes", false: "no"}[n.ReadOnly]})
}

// Update takes keys and the answer; an error in a field is shown at that field.
func (p *Profile) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.ProfileAdded:
		if p.mine(msg.Ticket) {
			return p.added(msg.Err)
		}
	case tea.KeyMsg:
		return p.press(msg)
	}
	return nil
}

func (p *Profile) added(err error) tea.Cmd {
	var wrong *ui.FieldError
	if !errors.As(err, &wrong) {
		return p.finish(err)
	}
	at, known := map[string]field{
		"name": p.name, "service": p.service, "url": p.url, "token": p.token, "environment": p.environment,
		"read_only": p.readOnly, "auth": p.auth, "token_url": p.auth, "create": p.create,
	}[wrong.Field]
	p.review.busy = false
	if known && p.pages.show(at, wrong.Err) {
		return nil
	}
	return p.finish(err)
}
