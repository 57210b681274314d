package form

import (
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

// Create asks for a new key: only what the service can take, page by page, and a last page with
// exactly what will be created.
type Create struct {
	sheet
	caps     apikey.Capabilities
	profile  ui.Profile
	existing map[string]int // how many keys have a name

	name        *text
	kind        *choice // the key's type
	environment *choice
	expiry      *expiry
	role        *choice
	permissions *permissions
	free        *text // permissions of any names
	properties  []*property
	ips         *text
	referrers   *text
	endpoints   *text

	asked   apikey.Draft // what was sent last
	found   []fact       // what a reload showed after an answer was lost
	looking bool         // a reload was asked for
}

// NewCreate asks for a new key. existing are the keys that are listed now, for the warning
// about a duplicate name.
func NewCreate(env *ui.Env, caps apikey.Capabilities, profile ui.Profile, existing []apikey.Key) ui.Screen {
	c := &Create{caps: caps, profile: profile, existing: map[string]int{}}
	for _, k := range existing {
		c.existing[k.Name]++
	}
	c.sheet = sheet{
		env: env, self: c, title: "New " + strings.TrimSuffix(caps.Title, " keys") + " key", side: c.facts,
		doing:     "creating…",
		notDone:   "no key was created. Everything you entered is still here.",
		uncertain: "The key may have been created. Look at the list before you create it again; its secret would be lost, so that key is to be deleted.",
		waiting:   "The key may exist already, and its secret comes with the answer.",
		labels:    []string{"Create", "Back", "Cancel"},
		unclear:   []string{"Reload and look", "Back", "Create again", "Cancel"},
		advice:    caps.Advice.Storing(),
	}
	a := caps.Advice
	least := []string{a.Least}
	list := []page{{name: "Basics", fields: c.basics(), advice: []string{a.Separate, a.Keep, a.Browser, a.Life}}}
	if len(caps.PermissionGroups) > 0 || caps.Catalogue.Can {
		c.permissions = newPermissions(env, caps)
		list = append(list, page{name: "Permissions", fields: []field{c.permissions}})
	} else if caps.FreePermissions {
		c.free = newFree(env)
		list = append(list, page{name: "Permissions", fields: []field{c.free}, advice: least})
	}
	if len(caps.Roles) > 0 {
		c.role = newRole(env, caps, caps.Roles[0].Name) // the least that the service has
		list = append(list, page{name: "Role", fields: []field{c.role}, advice: least})
	}
	if caps.Restrictions.OK {
		list = append(list, page{name: "Restrictions", fields: c.restrictions(), advice: least})
	}
	c.properties = newProperties(env, caps.Properties, nil, true)
	list = append(list, pagesOf(c.properties)...)
	c.begin(list, "This will be created", c.facts, c.chosen)
	c.review.below = c.outcome
	return c
}

func (c *Create) basics() []field {
	c.name = newName(c.env, "", c.caps.MaxName, c.existing)
	c.name.help = "Where will the key be used?"
	out := []field{c.name}
	if types := c.types(); len(types) > 1 {
		options := make([]option, len(types))
		for i, t := range types {
			options[i] = option{Value: t, Label: typeWords(t)}
		}
		c.kind = newChoice(c.env, "Type", types[0], options)
		out = append(out, c.kind)
	}
	if len(c.caps.Environments) > 0 {
		c.environment = newEnvironment(c.env, c.caps, c.profile)
		out = append(out, c.environment)
	}
	if c.caps.Expiry.OK {
		c.expiry = newExpiry(c.env, c.caps.Lifetimes)
		c.expiry.note = c.caps.Expiry.Why
		out = append(out, c.expiry)
	}
	return out
}

// Init asks the service which permissions there are, where it can be asked. The form is there before the answer.
func (c *Create) Init() tea.Cmd {
	if !c.caps.Catalogue.Can && !c.caps.Catalogue.Beside {
		return nil
	}
	if c.permissions != nil {
		c.permissions.asking = true
	}
	for _, l := range c.properties {
		if picks, ok := l.in.(*permissions); ok {
			picks.asking = l.Asks
		}
	}
	return ui.Do(ui.AskCatalogue{Profile: c.profile.Name})
}

// learn takes up what can be granted. What was chosen stays.
func (c *Create) learn(caps apikey.Capabilities, failed error) {
	c.caps = caps
	if c.permissions != nil {
		c.permissions.learn(caps, failed)
	}
	for _, l := range c.properties {
		l.learn(caps, failed)
	}
	since := ""
	if caps.Catalogue.Beside {
		since = "These are " + caps.Catalogue.Words(c.env.Now()) + "."
	}
	if c.role != nil {
		c.role.help = strings.TrimSpace("The narrowest that does the job. " + since)
		c.role.in.Offer(roleOptions(caps, c.role.value(), "not among those that the service names"))
	}
	if c.environment != nil {
		c.environment.help = since
		c.environment.in.Offer(environmentOptions(caps, c.environment.value()))
	}
	c.pages.refresh()
}

// Update takes keys, the answer to the create, and the list after a reload.
func (c *Create) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.KeyCreated:
		if c.isOwn(msg.Ticket) {
			return c.finish(msg.Err)
		}
	case ui.Listed:
		c.listed(msg)
	case ui.Catalogued:
		if msg.Profile == c.profile.Name {
			c.learn(msg.Caps, msg.Err)
		}
	case tea.KeyMsg:
		return c.press(msg)
	}
	return nil
}

func (c *Create) chosen(label string) tea.Cmd {
	if label == "Reload and look" {
		c.looking, c.found = true, nil
		return ui.Do(ui.Reload{})
	}
	if !c.pages.check() {
		return nil
	}
	if label == "Create again" {
		c.ask(c.env.Styles.Warn.Render("Create once more?"),
			"If the first one did happen there are two keys afterwards, and the secret of the first did not arrive: delete that one.",
			[]string{"Cancel", "Create again"}, c.send)
		return nil
	}
	return c.send()
}

func (c *Create) send() tea.Cmd {
	c.asked, c.found, c.looking = c.draft(), nil, false
	return ui.Do(ui.CreateKey{Ticket: c.start(), Profile: c.profile.Name, Draft: c.asked})
}

// listed looks for the key whose create had no answer.
func (c *Create) listed(msg ui.Listed) {
	if !c.looking || msg.Profile != "" && msg.Profile != c.profile.Name {
		return
	}
	c.looking = false
	switch before, now := c.existing[c.asked.Name], named(msg.Keys, c.asked.Name); {
	case msg.Err != nil:
		c.found = []fact{{mark: "✗ ", value: "the list could not be loaded: " + ui.Clean(msg.Err.Error())}}
	case len(now) > before:
		c.found = []fact{{mark: "! ", value: "the list has " + ui.Count(len(now)-before, "new key") + " of this name (id " + ui.Clean(now[len(now)-1].ID) +
			"): it was created, and " + now[len(now)-1].SecretWithoutAnswer() + ". Delete it in the list, then create again."}}
	default:
		c.found = []fact{{value: "no new key of this name is listed: most likely nothing was created. Wait a moment, look again, then create again."}}
	}
	c.pages.refresh()
}

func named(keys []apikey.Key, name string) []apikey.Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k apikey.Key) bool { return k.Name != name })
}

// outcome is what became of the create, and what a reload showed.
func (c *Create) outcome(width int) []string {
	out := c.below(width)
	if c.looking {
		out = append(out, c.env.Styles.Base.Render("loading the list…"))
	}
	for _, f := range c.found {
		out = append(out, ui.Hanging(noteStyle(c.env, f.mark), f.mark, f.value, width)...)
	}
	return out
}
