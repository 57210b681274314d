package form

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/kballard/go-shellquote"

	"detent/apikey"
	"detent/loopback"
	"detent/tui/ui"
)

// Profile asks for a profile of the configuration file, a new one or one to change.
type Profile struct {
	sheet
	ProfileOptions
	was ui.ProfileDraft // what is edited; empty for a new one

	name        *text
	service     *choice
	url         *text
	source      *choice
	token       *tokenField
	environment *choice
	readOnly    *tick
	auth        *choice
	tokenURL    *text
	lacksServer bool // the address of the token server does not follow from the URL: it is asked for
	prefix      *text
	create      *tick
	parents     map[string]map[string]*parentField // by issuer, then by the parent's name
	chosen      bool                               // the environment was picked
}

const (
	sourceEnv     = "env"
	sourceFile    = "file"
	sourceCommand = "command"
	sourceTyped   = "typed"
	sourceKeep    = "keep"
)

// ProfileOptions say what the form is for.
type ProfileOptions struct {
	Issuers  []ui.Issuer      // that it can be of; the first is offered
	Existing []ui.Profile     // whose names are taken
	Edit     *ui.ProfileDraft // what is changed; nil adds
	// Remote is for somebody at another machine: they type a token, and name no place on this one.
	Remote bool
}

// NewProfile asks for a profile.
func NewProfile(env *ui.Env, o ProfileOptions) ui.Screen {
	p := &Profile{ProfileOptions: o}
	title, button := "Add a profile", "Add"
	if o.Edit != nil {
		p.was = *o.Edit
		title, button = "Edit "+ui.Clean(p.was.Name), "Save"
	}
	p.sheet = sheet{
		env: env, self: p, title: title, side: p.facts, doing: "saving…",
		notDone: "the configuration file was not changed.", labels: []string{button, "Back", "Cancel"}, forget: func() { p.token.hidden.Wipe() },
	}
	pages := []page{
		{name: "Service", fields: p.serviceFields()},
		{name: "Token", fields: p.tokenFields()},
		{name: "Authentication", fields: p.authFields(), hide: func() bool { return !p.issuer().Takes("auth") }},
		{name: "Token server", fields: p.exchangeFields(), hide: func() bool { return !p.asksTokenServer() }},
		{name: "Create", fields: p.createFields(), hide: func() bool { return !p.issuer().Takes("create") }},
		{name: "Secrets", fields: p.secretFields(), hide: func() bool { return !p.issuer().Takes("secret_prefix") }},
		{name: "Use", fields: p.useFields()},
	}
	p.begin(slices.Insert(pages, 4, p.parentPages()...), "This will be written to the configuration", p.facts, func(string) tea.Cmd {
		if !p.pages.check() {
			return nil
		}
		if o.Edit != nil && reflect.DeepEqual(p.profile(), p.was) {
			return tea.Sequence(p.leave(), ui.Do(ui.Toast{Text: "nothing was changed"}))
		}
		return ui.Do(ui.SaveProfile{Ticket: p.start(), Before: o.Edit, Profile: p.profile()})
	})
	return p
}

func (p *Profile) serviceFields() []field {
	p.name = newText(p.env, "Name", p.was.Name)
	p.name.line.Example("prod")
	p.name.verify = p.checkProfileName
	var services []option
	for _, i := range p.Issuers {
		services = append(services, option{Value: i.Name, Label: ui.Clean(i.Title), About: ui.Clean(i.About)})
	}
	first := ""
	if len(p.Issuers) > 0 {
		first = p.Issuers[0].Name
	}
	p.service = newChoice(p.env, "Service", cmp.Or(p.was.Service, first), services)
	p.service.help = "↑ ↓ choose."
	p.service.changed = func() {
		p.url.line.Meaning(p.usualURL())
		p.source.changed()
		p.defaultEnvironment()
	}
	p.url = newText(p.env, "URL", p.was.URL)
	p.url.line.Meaning(p.usualURL())
	p.url.help = "https, or http on loopback. Empty is the address shown, where the service has one."
	p.url.verify = func(string) error { p.defaultEnvironment(); return checkURL(p.address()) }
	if p.Edit != nil {
		return []field{p.service, p.url}
	}
	return []field{p.name, p.service, p.url}
}

// issuer is the one that is chosen.
func (p *Profile) issuer() ui.Issuer {
	if at := slices.IndexFunc(p.Issuers, func(i ui.Issuer) bool { return i.Name == p.service.value() }); at >= 0 {
		return p.Issuers[at]
	}
	return ui.Issuer{}
}

// usualURL is the issuer's usual address, else how one looks.
func (p *Profile) usualURL() string { return cmp.Or(p.issuer().URL, "https://api.example.com") }

// address is what was typed, or the issuer's usual address, if it has one.
func (p *Profile) address() string {
	return cmp.Or(strings.TrimSpace(p.url.value()), p.issuer().URL)
}

// parentPages ask for what keys belong to, a page for each issuer whose keys do.
func (p *Profile) parentPages() (pages []page) {
	p.parents = map[string]map[string]*parentField{}
	for _, i := range p.Issuers {
		if len(i.Parents) == 0 {
			continue
		}
		p.parents[i.Name] = map[string]*parentField{}
		var fields []field
		for _, parent := range i.Parents {
			was := ""
			if p.was.Service == i.Name {
				was = p.was.Parents[parent.Name]
			}
			f := newParentField(p.env, parent, was)
			p.parents[i.Name][parent.Name] = f
			fields = append(fields, f)
		}
		pages = append(pages, page{name: "Keys of", fields: fields, hide: func() bool { return p.service.value() != i.Name }})
	}
	return pages
}

// askParents asks the service what a parent can be, where somebody comes to its field: by then the address and the token are said. A command that
// gives the token may ask for something itself, and is not run behind the form.
func (p *Profile) askParents() tea.Cmd {
	f, is := p.pages.focused().(*parentField)
	if !is || !f.parent.Told || p.Remote {
		return nil
	}
	defer p.pages.refresh()
	draft := p.profile()
	lacks := func(name string) bool { return draft.Parents[name] == "" }
	switch {
	case len(draft.TokenCommand) > 0:
		f.said = "A command gives the token: once this is saved, detent issuer parents asks the service which there are."
		return nil
	case p.checkToken() != nil || checkURL(draft.URL) != nil || slices.ContainsFunc(f.parent.Needs, lacks):
		return nil
	}
	f.asking(p.env.Ticket())
	return ui.Do(ui.AskParents{Ticket: f.ticket, Profile: draft, Parent: f.parent.Name})
}

func (p *Profile) tokenFields() []field {
	at, value := tokenOf(p.was)
	typed := option{Value: sourceTyped, Label: "typed here", About: "now, once; detent keeps it in a file that nobody else may read"}
	options := []option{
		{Value: sourceEnv, Label: "environment", About: "a variable that is set where detent starts"},
		{Value: sourceFile, Label: "file", About: "a file that nobody else may read (chmod 600)"},
		{Value: sourceCommand, Label: "command", About: "a password manager that prints it, run without a shell"}, typed}
	switch kept := ui.Clean(at + " " + value); {
	case p.Remote && p.Edit == nil:
		at, value, options = sourceTyped, "", []option{typed}
	case p.Remote:
		at, value, options = sourceKeep, "", []option{{Value: sourceKeep, Label: "as it is", About: "the server's " + kept}, typed}
	}
	p.source = newChoice(p.env, "Where does the token come from?", at, options)
	p.source.help = "↑ ↓ choose. The token itself is never written to the configuration."
	p.token = newTokenField(p.env, value)
	p.token.source = p.source.value
	p.token.kept = "nothing to type: the token stays as it is"
	p.source.changed = func() {
		service := p.service.value()
		hint := map[string][2]string{
			sourceEnv:     {"Variable", strings.ToUpper(service) + "_TOKEN"},
			sourceFile:    {"File", "~/.secrets/" + service},
			sourceCommand: {"Command", "pass show " + service},
			sourceTyped:   {"Token"}, sourceKeep: {"Token"},
		}[p.source.value()]
		p.token.title = hint[0]
		p.token.line.Example(hint[1])
		switch value, moved := p.token.value(), p.source.dirty(); { // a variable's name is no path
		case moved && value == p.token.first:
			p.token.line.Set("")
		case !moved && value == "":
			p.token.line.Set(p.token.first)
		}
	}
	p.source.changed()
	p.token.verify = func(string) error { return p.checkToken() }
	return []field{p.source, p.token}
}

// tokenOf is where a profile's token comes from, and what the form shows of that.
func tokenOf(d ui.ProfileDraft) (source, value string) {
	switch {
	case d.TokenFile != "":
		return sourceFile, d.TokenFile
	case len(d.TokenCommand) > 0:
		return sourceCommand, shellquote.Join(d.TokenCommand...)
	}
	return sourceEnv, d.TokenEnv
}

func (p *Profile) authFields() []field {
	p.auth = newChoice(p.env, "Authentication", cmp.Or(p.was.Auth, "direct"), []option{
		{Value: "direct", Label: "direct", About: "send the key itself, as the document says"},
		{Value: "exchange", Label: "exchange", About: "send a short-lived token that the token server gives for the key"}})
	p.auth.help = "↑ ↓ choose."
	return []field{p.auth}
}

// asksTokenServer: nearly always the address follows from the URL, and whoever reads the configuration says where it does not.
func (p *Profile) asksTokenServer() bool {
	return p.issuer().Takes("auth") && p.auth.value() == "exchange" && (p.lacksServer || p.was.TokenURL != "")
}

func (p *Profile) exchangeFields() []field {
	p.tokenURL = newText(p.env, "Token server", p.was.TokenURL)
	p.tokenURL.line.Meaning("follows from the URL where that begins with api")
	p.tokenURL.help = "Its address: needed where the host's first name is neither api nor begins with api-."
	p.tokenURL.verify = func(value string) error {
		if value = strings.TrimSpace(value); value == "" {
			return nil
		}
		return checkURL(value)
	}
	return []field{p.tokenURL}
}

func (p *Profile) secretFields() []field {
	p.prefix = newText(p.env, "Secrets begin with", p.was.SecretPrefix)
	p.prefix.line.Meaning("as the service has it")
	p.prefix.help = "Where whoever runs this one has set another prefix. Never a secret itself."
	return []field{p.prefix}
}

func (p *Profile) createFields() []field {
	p.create = newTick(p.env, "Create", "the service offers POST /v1/api-keys", p.was.CanCreate)
	p.create.help = "space switches. Where it does not, keys are made in its dashboard and pasted."
	return []field{p.create}
}

func (p *Profile) useFields() []field {
	p.environment = newChoice(p.env, "Environment", string(p.was.Environment), []option{{Value: "", Label: "not said", About: "guarded as LIVE, unless the service is on this machine"},
		{Value: string(apikey.Live), Label: "LIVE", About: "loud frame, names typed before a deletion", Mark: "! "},
		{Value: string(apikey.Test), Label: "test"}, {Value: string(apikey.Dev), Label: "dev"}})
	p.environment.help = "↑ ↓ choose. It colours the frame and guards deliveries."
	p.environment.changed = func() { p.chosen = true }
	p.defaultEnvironment()
	p.readOnly = newTick(p.env, "Read-only", "refuse every change", p.was.ReadOnly)
	p.readOnly.help = "space switches."
	return []field{p.environment, p.readOnly}
}

// defaultEnvironment begins a new profile's environment with what guards most: LIVE, but on this machine. What was picked stays.
func (p *Profile) defaultEnvironment() {
	if p.environment == nil || p.chosen || p.Edit != nil {
		return
	}
	u, err := url.Parse(p.address())
	near := err == nil && loopback.Is(u.Hostname())
	p.environment.begin(map[bool]string{false: string(apikey.Live), true: ""}[near])
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
	case slices.ContainsFunc(p.Existing, func(o ui.Profile) bool { return o.Name == name }):
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
	case u.Scheme == "http" && !loopback.Is(u.Hostname()):
		return errors.New("http is for loopback only (localhost, 127.0.0.1, [::1]): use https")
	}
	return nil
}

// checkToken says what is wrong with the source. It never repeats what was typed: that may be the token.
func (p *Profile) checkToken() error {
	value := strings.TrimSpace(p.token.value())
	switch p.source.value() {
	case sourceKeep:
		return p.checkKept()
	case sourceTyped:
		_, err := p.token.secret()
		return err
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

// checkKept lets nobody at another machine send this one's token elsewhere: it goes where it went, or is typed anew.
func (p *Profile) checkKept() error {
	if n := p.profile(); ui.MovesToken(p.was, n) {
		return errors.New("the token that is here is for " + ui.Clean(p.was.URL) + ": for another service, address or authentication, type it anew")
	}
	return nil
}

// profile is what the form says now. What belongs to another service is left out.
func (p *Profile) profile() ui.ProfileDraft {
	n := ui.ProfileDraft{
		Name: strings.TrimSpace(p.name.value()), Service: p.service.value(), URL: p.address(),
		Environment: apikey.Environment(p.environment.value()), ReadOnly: p.readOnly.on(),
	}
	token := strings.TrimSpace(p.token.value())
	switch p.source.value() {
	case sourceKeep:
		n.TokenEnv, n.TokenFile, n.TokenCommand = p.was.TokenEnv, p.was.TokenFile, p.was.TokenCommand
	case sourceTyped:
		n.NewToken, _ = p.token.secret()
	case sourceEnv:
		n.TokenEnv = token
	case sourceFile:
		n.TokenFile = token
	default:
		n.TokenCommand, _ = shellquote.Split(token)
	}
	if p.issuer().Takes("auth") {
		if n.Auth = p.auth.value(); p.asksTokenServer() {
			n.TokenURL = strings.TrimSpace(p.tokenURL.value())
		}
	}
	if p.issuer().Takes("secret_prefix") {
		n.SecretPrefix = strings.TrimSpace(p.prefix.value())
	}
	n.CanCreate = p.issuer().Takes("create") && p.create.on()
	for name, field := range p.parents[n.Service] {
		if n.Parents == nil {
			n.Parents = map[string]string{}
		}
		n.Parents[name] = strings.TrimSpace(field.value())
	}
	return n
}

// facts are what will be in the file; of a profile that is changed, also what was there.
func (p *Profile) facts() []fact {
	n := p.profile()
	var out []fact
	add := func(label, value, was string) {
		if p.Edit != nil && value != was {
			value += " (was " + was + ")"
		}
		out = append(out, fact{label: label, value: value})
	}
	yes := func(yes, no string, is bool) string {
		if is {
			return yes
		}
		return no
	}
	add("Name", cmp.Or(ui.Clean(n.Name), none), p.was.Name)
	add("Service", n.Service, p.was.Service)
	add("URL", cmp.Or(ui.Clean(n.URL), none), ui.Clean(p.was.URL))
	source, place := tokenOf(p.was)
	token, was := p.source.value()+": …", source+": "+ui.Clean(place)
	switch p.source.value() {
	case sourceKeep:
		token = was
	case sourceTyped:
		token = "typed, kept in a private file of detent"
	default:
		if p.checkToken() == nil {
			token = p.source.value() + ": " + ui.Clean(strings.TrimSpace(p.token.value()))
		}
	}
	add("Token", token, was)
	if n.Auth != "" {
		add("Authentication", n.Auth, cmp.Or(p.was.Auth, "direct"))
	}
	if n.TokenURL != "" || p.was.TokenURL != "" {
		add("Token server", cmp.Or(ui.Clean(n.TokenURL), none), cmp.Or(ui.Clean(p.was.TokenURL), none))
	}
	if n.SecretPrefix != "" || p.was.SecretPrefix != "" {
		add("Secrets begin with", cmp.Or(ui.Clean(n.SecretPrefix), none), cmp.Or(ui.Clean(p.was.SecretPrefix), none))
	}
	for _, parent := range p.issuer().Parents {
		add(ui.Clean(parent.Title), cmp.Or(ui.Clean(n.Parents[parent.Name]), none), ui.Clean(p.was.Parents[parent.Name]))
	}
	if p.issuer().Takes("create") {
		add("Create", yes("over the API", "in its dashboard", n.CanCreate), yes("over the API", "in its dashboard", p.was.CanCreate))
	}
	add("Environment", cmp.Or(ui.Clean(environmentWord(n.Environment)), "not said"), cmp.Or(ui.Clean(environmentWord(p.was.Environment)), "not said"))
	add("Read-only", yes("yes", "no", n.ReadOnly), yes("yes", "no", p.was.ReadOnly))
	return out
}

// Update takes keys and the answer; an error in a field is shown at that field.
func (p *Profile) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.ProfileSaved:
		if p.isOwn(msg.Ticket) {
			return p.saved(msg.Err)
		}
	case ui.ParentsTold:
		for _, f := range p.parents[p.service.value()] {
			f.told(msg)
		}
		p.pages.refresh()
	case tea.KeyMsg:
		before := p.pages.focused()
		cmd := p.press(msg)
		if p.pages.focused() != before {
			cmd = tea.Batch(cmd, p.askParents())
		}
		return cmd
	}
	return nil
}

func (p *Profile) saved(err error) tea.Cmd {
	var wrong *ui.FieldError
	if !errors.As(err, &wrong) {
		return p.finish(err)
	}
	at, known := map[string]field{
		"name": p.name, "service": p.service, "url": p.url, "token": p.token, "environment": p.environment,
		"read_only": p.readOnly, "auth": p.auth, "token_url": p.tokenURL, "secret_prefix": p.prefix, "create": p.create,
	}[wrong.Field]
	p.review.busy = false
	p.lacksServer = p.lacksServer || wrong.Field == "token_url"
	if known && p.pages.show(at, wrong.Err) {
		return nil
	}
	return p.finish(err)
}
