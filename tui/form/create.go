package form

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/tui/ui"
)

// Create asks for a new key: only what the service can take, page by page, and a last page with
// exactly what will be created. It stays open with everything that was typed until the key exists.
type Create struct {
	env      *ui.Env
	caps     apikey.Capabilities
	profile  ui.Profile
	existing map[string]int // how many keys have a name

	pages       *pages
	name        *text
	environment *choice
	expiry      *expiry
	role        *choice
	permissions *permissions
	ips         *text
	referrers   *text
	endpoints   *text
	review      *review

	question *question
	ticket   int
	asked    apikey.Draft // what was sent last
	err      error
	found    []fact // what a reload showed after an answer was lost
	looking  bool   // a reload was asked for
	insisted bool   // ctrl+c was pressed while the answer was awaited
	guard    int

	width, height int
}

const sideWidth = 44

// NewCreate asks for a new key. existing are the keys that are listed now, for the warning about a duplicate name.
// Where the service also gives out public keys, use NewKind first.
func NewCreate(env *ui.Env, caps apikey.Capabilities, profile ui.Profile, existing []apikey.Key) ui.Screen {
	c := &Create{env: env, caps: caps, profile: profile, existing: map[string]int{}, guard: 1}
	for _, k := range existing {
		c.existing[k.Name]++
	}
	list := []page{{name: "Basics", fields: c.basics()}}
	if len(caps.PermissionGroups) > 0 {
		c.permissions = newPermissions(env, caps)
		list = append(list, page{name: "Permissions", fields: []field{c.permissions}})
	}
	if len(caps.Roles) > 0 {
		c.role = newRole(env, caps, weakest(caps))
		list = append(list, page{name: "Role", fields: []field{c.role}})
	}
	if caps.Restrictions.OK {
		list = append(list, page{name: "Restrictions", fields: c.restrictions()})
	}
	c.review = newReview(env, "This will be created", []string{"Create", "Back", "Cancel"})
	c.review.facts, c.review.press, c.review.below = c.facts, c.press, c.below
	list = append(list, page{name: "Review", fields: []field{c.review}})
	c.pages = newPages(env, list)
	return c
}

func (c *Create) basics() []field {
	c.name = newText(c.env, "Name", "")
	c.name.line.placeholder = "payments-api"
	c.name.verify = func(value string) error { return checkName(value, c.caps.MaxName) }
	c.name.note = func(value string) (string, string) { return nameNote(value, c.caps.MaxName, c.existing) }
	c.name.help = "Where will the key be used? One key for each use can be replaced alone."
	out := []field{c.name}
	if len(c.caps.Environments) > 0 {
		c.environment = newEnvironment(c.env, c.caps, c.profile)
		out = append(out, c.environment)
	}
	if c.caps.Expiry.OK {
		c.expiry = newExpiry(c.env, "90d")
		out = append(out, c.expiry)
	}
	return out
}

// weakest is the role a new key begins with: the least that the service has.
func weakest(caps apikey.Capabilities) string { return caps.Roles[0].Name }

// Title names the form.
func (c *Create) Title() string { return "New " + c.caps.Title + " key" }

// WantsAll keeps the pages from jumping about.
func (c *Create) WantsAll() bool { return true }

// Guard keeps an enter in flight from creating.
func (c *Create) Guard() int {
	if c.question != nil || c.pages.focused() == c.review {
		return c.guard
	}
	return 0
}

// Typing is true while a text input has the keys.
func (c *Create) Typing() bool { return c.question == nil && !c.review.busy && c.pages.typing() }

// HoldsKeys keeps ctrl+c from dropping the answer to a create, and with it the secret, unasked.
func (c *Create) HoldsKeys() bool { return c.review.busy }

// Init does nothing.
func (c *Create) Init() tea.Cmd { return nil }

// SetSize gives the form its place. With room for it, what will be created stands beside the pages.
func (c *Create) SetSize(width, height int) {
	c.width, c.height = width, height
	form := width
	if c.side() {
		form = width - sideWidth - 3
	}
	c.pages.setSize(form, height)
}

func (c *Create) side() bool { return c.width >= 60+sideWidth }

// Bindings are the keys that act now.
func (c *Create) Bindings() []key.Binding {
	switch {
	case c.question != nil:
		return c.question.bindings(c.env)
	case c.review.busy:
		return nil
	}
	return pageBindings(c.env, c.pages)
}

func pageBindings(env *ui.Env, p *pages) []key.Binding {
	k := env.Keys
	out := []key.Binding{k.Next, k.Prev}
	if perms, ok := p.focused().(*permissions); ok && !perms.filtering {
		out = []key.Binding{k.Tick, k.TickGroup, k.TickAll}
		if len(perms.presets) > 0 {
			out = append(out, k.Preset)
		}
		out = append(out, k.Filter, k.Prev)
	}
	return append(out, k.Confirm, k.Cancel)
}

// Update takes keys, the answer to the create, and the list after a reload.
func (c *Create) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.KeyCreated:
		if msg.Ticket == c.ticket && c.review.busy {
			return c.created(msg)
		}
	case ui.Listed:
		c.listed(msg)
	case tea.KeyMsg:
		return c.keyPress(msg)
	}
	return nil
}

func (c *Create) keyPress(msg tea.KeyMsg) tea.Cmd {
	switch {
	case c.review.busy:
		return c.wait(msg)
	case c.question != nil:
		q := c.question
		done, cmd := q.answer(c.env, msg)
		if done && c.question == q {
			c.question = nil
		}
		return cmd
	case isText(msg):
		return c.move(msg)
	case msg.Type == tea.KeyCtrlC, msg.Type == tea.KeyEsc && !c.pages.focused().wants(msg):
		return c.cancel()
	}
	return c.move(msg)
}

// move hands a key to the pages; coming to the review starts its guard anew.
func (c *Create) move(msg tea.KeyMsg) tea.Cmd {
	before := c.pages.focused()
	cmd := c.pages.update(msg)
	if after := c.pages.focused(); after != before && after == c.review {
		c.guard++
	}
	return cmd
}

// wait answers keys while the create is under way: it is not cancelled, since it may have happened already.
func (c *Create) wait(msg tea.KeyMsg) tea.Cmd {
	if msg.Type != tea.KeyCtrlC {
		return nil
	}
	if c.insisted {
		return ui.Do(ui.Quit{})
	}
	c.insisted = true
	c.pages.refresh()
	return nil
}

// cancel closes the form, and asks first where something would be lost.
func (c *Create) cancel() tea.Cmd {
	if !c.pages.dirty() {
		return ui.Do(ui.Pop{Screen: c})
	}
	c.guard++
	c.question = ask([]string{c.env.Styles.Strong.Render("Discard this form?"), "What you entered is lost. Nothing has been created."},
		[]string{"Keep editing", "Discard"}, func(i int) tea.Cmd {
			if i == 1 {
				return ui.Do(ui.Pop{Screen: c})
			}
			return nil
		})
	if client.MayHaveHappened(c.err) {
		c.question.lines[1] = "What you entered is lost. It is not known whether a key was created: look for its name in the list."
	}
	c.question.yes = 1
	return nil
}

func (c *Create) press(button int) tea.Cmd {
	label := c.review.buttons.labels[button]
	switch label {
	case "Back":
		c.pages.prev()
		return nil
	case "Cancel":
		return c.cancel()
	case "Reload and look":
		c.looking, c.found = true, nil
		return ui.Do(ui.Reload{})
	}
	if !c.pages.check() {
		return nil
	}
	if label == "Create again" {
		c.askAgain()
		return nil
	}
	return c.send()
}

func (c *Create) send() tea.Cmd {
	c.asked = c.draft()
	c.review.busy, c.insisted, c.err, c.found, c.looking = true, false, nil, nil, false
	c.ticket = c.env.Ticket()
	return ui.Do(ui.CreateKey{Ticket: c.ticket, Draft: c.asked})
}

// askAgain asks before a second create whose first may have happened.
func (c *Create) askAgain() {
	c.guard++
	c.question = ask([]string{c.env.Styles.Warn.Render("Create once more?"),
		"If the first one did happen there are two keys afterwards, and nobody has the secret of the first: delete that one."},
		[]string{"Cancel", "Create again"}, func(i int) tea.Cmd {
			if i == 1 {
				return c.send()
			}
			return nil
		})
	c.question.yes = 1
}

// created closes the form when the key exists, else keeps it with the reason.
func (c *Create) created(msg ui.KeyCreated) tea.Cmd {
	c.review.busy = false
	c.guard++
	if msg.Err == nil {
		return ui.Do(ui.Pop{Screen: c})
	}
	c.err = msg.Err
	c.review.buttons = buttons{labels: []string{"Create", "Back", "Cancel"}}
	if client.MayHaveHappened(msg.Err) {
		c.review.buttons.labels = []string{"Reload and look", "Back", "Create again", "Cancel"}
	}
	c.pages.refresh()
	return nil
}

// listed looks for the key whose create had no answer.
func (c *Create) listed(msg ui.Listed) {
	if !c.looking {
		return
	}
	c.looking = false
	switch before, now := c.existing[c.asked.Name], named(msg.Keys, c.asked.Name); {
	case msg.Err != nil:
		c.found = []fact{{mark: "✗ ", value: "the list could not be loaded: " + ui.Clean(msg.Err.Error())}}
	case len(now) > before:
		c.found = []fact{{mark: "! ", value: "the list has " + ui.Count(len(now)-before, "new key") + " of this name (id " + ui.Clean(now[len(now)-1].ID) +
			"): it was created, and nobody has its secret. Delete it in the list, then create again."}}
	default:
		c.found = []fact{{value: "no new key of this name is listed: most likely nothing was created. Create again is safe after a moment."}}
	}
	c.pages.refresh()
}

func named(keys []apikey.Key, name string) []apikey.Key {
	var out []apikey.Key
	for _, k := range keys {
		if k.Name == name {
			out = append(out, k)
		}
	}
	return out
}
