package form

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

// Edit changes what the service can change of a key: its name, its role, whether it is enabled, its end and its limits and other properties.
type Edit struct {
	sheet
	caps       apikey.Capabilities
	profile    ui.Profile
	key        apikey.Key
	name       *text
	role       *choice
	enabled    *tick
	end        *text
	properties []*property
}

// NewEdit asks what to change of a key. Only what changed is sent.
func NewEdit(env *ui.Env, caps apikey.Capabilities, profile ui.Profile, k apikey.Key, existing []apikey.Key) ui.Screen {
	e := &Edit{caps: caps, profile: profile, key: k}
	e.sheet = sheet{
		env: env, self: e, title: "Edit " + displayName(k), side: e.facts, doing: "saving…",
		notDone:   "the key was not changed.",
		uncertain: "The key may have been changed. Reload to see; saving again does no harm.",
		labels:    []string{"Save", "Back", "Cancel"}, unclear: []string{"Reload and look", "Save again", "Back", "Cancel"},
	}
	names := map[string]int{}
	for _, other := range existing {
		if other.ID != k.ID {
			names[other.Name]++
		}
	}
	var list []page
	var first []field
	if caps.Rename.OK {
		e.name = newName(env, k.Name, caps.MaxName, names)
		e.name.help = "enter saves it; tab goes on to what else can be changed."
		first = append(first, e.name)
	}
	if caps.Disable.OK && k.Enabled != nil {
		e.enabled = newTick(env, "Enabled", "the key works", *k.Enabled)
		e.enabled.help = "space switches. A key that is off is refused from the next request on."
		first = append(first, e.enabled)
	}
	if caps.ChangeExpiry.OK {
		e.end = newEnd(env, caps.Lifetimes, k.ExpiresAt)
		first = append(first, e.end)
	}
	e.properties = newProperties(env, slices.DeleteFunc(slices.Clone(caps.Properties), func(p apikey.Property) bool { return !p.Change }), k.Extra, false)
	more := pagesOf(e.properties)
	if last := len(more) - 1; last >= 0 && more[last].shared {
		first, more = append(first, more[last].fields...), more[:last]
	}
	if len(first) > 0 {
		list = append(list, page{name: "Key", fields: first})
	}
	list = append(list, more...)
	if caps.ChangeRole.OK && len(caps.Roles) > 0 {
		e.role = newRole(env, caps, k.Role)
		list = append(list, page{name: "Role", fields: []field{e.role}})
	}
	e.begin(list, "This will be changed", e.facts, e.chosen)
	return e
}

// patch is what changed.
func (e *Edit) patch() apikey.Patch {
	var p apikey.Patch
	if e.name != nil {
		if name := strings.TrimSpace(e.name.value()); name != e.key.Name {
			p.Name = &name
		}
	}
	if e.role != nil {
		if role := e.role.value(); role != e.key.Role {
			p.Role = &role
		}
	}
	if e.enabled != nil && e.enabled.on() != *e.key.Enabled {
		on := e.enabled.on()
		p.Enabled = &on
	}
	p.Expiry, p.Properties = newExpiryOf(e.end), asked(e.properties)
	return p
}

func (e *Edit) facts() []fact {
	p := e.patch()
	out := []fact{{label: "Key", value: displayName(e.key)}, {value: keyLine(e.profile, e.key)}}
	if p.Name != nil {
		out = append(out, fact{label: "Name", value: ui.Clean(e.key.Name) + " → " + ui.Clean(*p.Name)})
	}
	if p.Role != nil {
		o := e.role.in.Option()
		out = append(out, fact{label: "Role", mark: o.Mark, value: cmp.Or(ui.Clean(e.key.Role), none) + " → " + o.Label + ": " + o.About})
	}
	if p.Enabled != nil {
		value, mark := "on → off: it is refused from the next request on", "! "
		if *p.Enabled {
			value, mark = "off → on: it works again", ""
		}
		out = append(out, fact{label: "Enabled", mark: mark, value: value})
	}
	if p.Expiry != nil {
		value, mark := expiryText(e.env, *p.Expiry), ""
		if p.Expiry.IsNever() {
			value, mark = "never: it works until somebody deletes it", "! "
		}
		out = append(out, fact{label: "Expires", mark: mark, value: ui.Moment(e.key.ExpiresAt, e.env.Now()) + " → " + value})
	}
	for _, l := range e.properties {
		if raw, changed := l.value(); changed {
			out = append(out, l.fact(l.words(l.was)+" → "+l.words(raw)))
		}
	}
	if p.IsZero() {
		out = append(out, fact{label: "Changes", value: "none yet"})
	} else if e.key.Own {
		out = append(out, fact{mark: "! ", value: "detent itself uses this key here: a weaker role or switching it off can lock detent out."})
	}
	for _, no := range []struct {
		what string
		can  apikey.Ability
	}{{"The name", e.caps.Rename}, {"The role", e.caps.ChangeRole}, {"On and off", e.caps.Disable}} {
		if !no.can.OK && no.can.Why != "" {
			out = append(out, fact{label: no.what, value: "cannot be changed: " + ui.Clean(no.can.Why)})
		}
	}
	return out
}

func (e *Edit) chosen(label string) tea.Cmd {
	if label == "Reload and look" {
		return tea.Sequence(ui.Do(ui.Pop{Screen: e}), ui.Do(ui.Reload{}))
	}
	if !e.pages.check() {
		return nil
	}
	p := e.patch()
	if p.IsZero() {
		e.review.fail(errors.New("nothing was changed"))
		e.pages.refresh()
		return nil
	}
	if off := p.Enabled != nil && !*p.Enabled; e.key.Own && (off || p.Role != nil) {
		e.ask(e.env.Styles.Bad.Render("Change detent's own credential?"), "detent uses this key here. It may be locked out of this profile at once.",
			[]string{"Cancel", "Change it"}, e.send)
		return nil
	}
	return e.send()
}

func (e *Edit) send() tea.Cmd {
	return ui.Do(ui.UpdateKey{Ticket: e.start(), Profile: e.profile.Name, ID: e.key.ID, Name: e.key.Name, Patch: e.patch()})
}

// Update takes keys and the answer to the change.
func (e *Edit) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.KeyUpdated:
		if e.isOwn(msg.Ticket) {
			return e.finish(msg.Err)
		}
	case tea.KeyMsg:
		if e.renames(msg) {
			return e.send()
		}
		return e.press(msg)
	}
	return nil
}

// renames reports whether a key saves a new name at once: enter on it, where nothing else was changed. A name is the one change that
// costs nothing and can be taken back; the review is for the others.
func (e *Edit) renames(msg tea.KeyMsg) bool {
	if msg.Type != tea.KeyEnter || e.question != nil || e.review.busy || e.err != nil || e.name == nil || e.pages.focused() != field(e.name) || e.name.check() != nil {
		return false
	}
	p := e.patch()
	return p.Name != nil && p.Role == nil && p.Enabled == nil && p.Expiry == nil && len(p.Properties) == 0
}

// Guard keeps an enter in flight, and the mouse, from sending a name: in its field enter is all that it takes.
func (e *Edit) Guard() int {
	if e.name != nil && e.question == nil && e.pages.focused() == field(e.name) {
		return -1
	}
	return e.sheet.Guard()
}
