package form

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

const permissionsTitle = "Permissions"

// permissions picks rights in the service's own groups. huh's MultiSelect can neither group nor pick a whole group,
// and it panics on an empty filter result.
type permissions struct {
	base
	groups  []apikey.PermissionGroup
	presets []apikey.PermissionPreset
	infos   map[apikey.Permission]apikey.PermissionInfo
	picked  map[apikey.Permission]bool
	own     map[apikey.Permission]bool // the user's own choice, while a preset is tried
	preset  int                        // in presets; -1 is the user's own

	rows      []row // of the catalogue, as filtered
	cursor    int   // in rows, always on a permission unless there is none
	filter    *widget.Text
	filtering bool
	advice    string // stands below the list where nothing else does

	catalogue apikey.Catalogue // how they are known
	asking    bool             // the service was asked, and has not answered
	failed    bool             // it could not be asked
	verify    func() error     // of the words of a property; nil for permissions, of which one is needed
	changed   func() bool      // whether they are others than at first
	dropped   []string         // were picked, and the service does not have them
}

// row is a heading (index -1) or a permission of a group.
type row struct{ group, index int }

func newPermissions(env *ui.Env, caps apikey.Capabilities) *permissions {
	p := &permissions{
		base:   base{env: env, title: permissionsTitle},
		picked: map[apikey.Permission]bool{},
		preset: -1, filter: widget.NewText(env, ""), advice: caps.Advice.Least,
	}
	p.self = p
	p.offer(caps)
	p.arrange()
	return p
}

func (p *permissions) offer(caps apikey.Capabilities) {
	p.groups, p.presets, p.catalogue = caps.PermissionGroups, caps.PermissionPresets, caps.Catalogue
	p.infos = map[apikey.Permission]apikey.PermissionInfo{}
	for _, g := range p.groups {
		for _, info := range g.Permissions {
			p.infos[info.Permission] = info
		}
	}
}

// learn takes the permissions as they are known now. What is picked stays picked, under whatever feature the account files it; of what
// the service does not have it is said.
func (p *permissions) learn(caps apikey.Capabilities, failed error) {
	at, had := p.atCursor()
	presets := p.presets
	p.offer(caps)
	p.asking, p.failed, p.dropped = false, failed != nil, nil
	move := func(set map[apikey.Permission]bool, say bool) map[apikey.Permission]bool {
		out := map[apikey.Permission]bool{}
		for perm := range set {
			if now, ok := p.infos[perm]; ok {
				out[now.Permission] = true
			} else if now, ok := caps.FindPermission(perm.Name); ok {
				out[now.Permission] = true
			} else if say {
				p.dropped = append(p.dropped, perm.Name)
			}
		}
		return out
	}
	p.picked, p.own = move(p.picked, true), move(p.own, false)
	slices.Sort(p.dropped)
	if p.preset >= 0 {
		name := presets[p.preset].Name
		p.preset = slices.IndexFunc(p.presets, func(now apikey.PermissionPreset) bool { return now.Name == name })
	}
	if now, ok := caps.FindPermission(at.Permission.Name); had && ok {
		at = now
	}
	p.arrangeAt(at.Permission, had)
}

// arrange makes the rows that the filter leaves, and keeps the cursor on its permission where it can.
func (p *permissions) arrange() {
	at, had := p.atCursor()
	p.arrangeAt(at.Permission, had)
}

func (p *permissions) arrangeAt(at apikey.Permission, had bool) {
	words := strings.Fields(strings.ToLower(p.filter.Value()))
	p.rows = p.rows[:0]
	p.cursor = 0
	for g, group := range p.groups {
		headed := false
		for i, info := range group.Permissions {
			if !matches(words, group, info) {
				continue
			}
			if !headed {
				p.rows, headed = append(p.rows, row{g, -1}), true
			}
			p.rows = append(p.rows, row{g, i})
			if had && info.Permission == at {
				p.cursor = len(p.rows) - 1
			}
		}
	}
	if p.cursor == 0 {
		p.move(1)
	}
}

func matches(words []string, g apikey.PermissionGroup, info apikey.PermissionInfo) bool {
	text := strings.ToLower(g.Title + " " + info.Permission.String() + " " + info.Description)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// atCursor is the permission that the cursor is on.
func (p *permissions) atCursor() (apikey.PermissionInfo, bool) {
	if p.cursor >= len(p.rows) || p.rows[p.cursor].index < 0 {
		return apikey.PermissionInfo{}, false
	}
	r := p.rows[p.cursor]
	return p.groups[r.group].Permissions[r.index], true
}

// move goes to the next permission up (-1) or down (1), over headings; it stays at the ends.
func (p *permissions) move(step int) bool {
	for at := p.cursor + step; at >= 0 && at < len(p.rows); at += step {
		if p.rows[at].index >= 0 {
			p.cursor = at
			return true
		}
	}
	return false
}

// window is how many rows of the list fit.
func (p *permissions) window() int {
	if p.height == 0 {
		return len(p.rows)
	}
	return max(p.height-1-p.extra(), 3)
}

// extra are the lines besides the title and the list: counts, filter, description, warnings.
func (p *permissions) extra() int {
	if p.roomy() {
		return 5
	}
	return 4
}

// roomy spares a blank line between the list and what is said about it.
func (p *permissions) roomy() bool { return p.height > 18 }

// value is what is picked, in the order of the catalogue.
func (p *permissions) value() []apikey.Permission {
	var out []apikey.Permission
	for _, g := range p.groups {
		for _, info := range g.Permissions {
			if p.picked[info.Permission] {
				out = append(out, info.Permission)
			}
		}
	}
	return out
}

func (p *permissions) check() error {
	if p.verify != nil {
		return p.verify()
	}
	if len(p.value()) == 0 {
		return fmt.Errorf("pick at least one permission (space): the service takes no key without")
	}
	return nil
}

func (p *permissions) typing() bool { return p.filtering }
func (p *permissions) dirty() bool {
	if p.changed != nil {
		return p.changed()
	}
	return len(p.value()) > 0 || p.filter.Value() != ""
}

// wants are the keys that move in the list, and the filter's own.
func (p *permissions) wants(msg tea.KeyMsg) bool {
	switch msg.Type {
	case tea.KeyEnter:
		return p.filtering
	case tea.KeyEsc:
		return p.filtering || p.filter.Value() != ""
	}
	return msg.Type == tea.KeyUp || msg.Type == tea.KeyDown
}

// Update moves, picks and filters.
func (p *permissions) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyMsg); ok {
		switch {
		case p.filtering:
			p.typeFilter(k)
		case k.Type == tea.KeyEsc:
			p.filter.Set("")
			p.arrange()
		case !p.jump(k):
			p.pick(k)
		}
	}
	return p, nil
}

func (p *permissions) typeFilter(msg tea.KeyMsg) {
	switch msg.Type {
	case tea.KeyEnter:
		p.filtering = false
	case tea.KeyEsc:
		p.filtering = false
		p.filter.Set("")
	case tea.KeyUp:
		p.move(-1)
		return
	case tea.KeyDown:
		p.move(1)
		return
	default:
		p.filter.Update(msg)
	}
	p.arrange()
}

func (p *permissions) jump(msg tea.KeyMsg) bool {
	keys := p.env.Keys
	steps := 0
	switch {
	case key.Matches(msg, keys.Up):
		steps = -1
	case key.Matches(msg, keys.Down):
		steps = 1
	case key.Matches(msg, keys.PageUp, keys.HalfUp):
		steps = -p.window() / 2
	case key.Matches(msg, keys.PageDown, keys.HalfDown):
		steps = p.window() / 2
	case msg.Type == tea.KeyHome:
		steps = -len(p.rows)
	case msg.Type == tea.KeyEnd, key.Matches(msg, keys.Bottom):
		steps = len(p.rows)
	default:
		return false
	}
	for ; steps < 0 && p.move(-1); steps++ {
	}
	for ; steps > 0 && p.move(1); steps-- {
	}
	return true
}

func (p *permissions) pick(msg tea.KeyMsg) {
	keys := p.env.Keys
	info, on := p.atCursor()
	switch {
	case key.Matches(msg, keys.Filter):
		p.filtering = true
	case key.Matches(msg, keys.Preset):
		p.nextPreset()
	case !on:
	case key.Matches(msg, keys.Tick):
		p.choose(info.Permission, !p.picked[info.Permission])
	case key.Matches(msg, keys.TickGroup):
		group := p.rows[p.cursor].group
		p.pickAll(func(r row) bool { return r.group == group })
	case key.Matches(msg, keys.TickAll):
		p.pickAll(func(row) bool { return true })
	}
}

func (p *permissions) choose(perm apikey.Permission, on bool) {
	p.preset = -1
	if on {
		p.picked[perm] = true
	} else {
		delete(p.picked, perm)
	}
}

// pickAll picks every shown permission that is meant, or, where all are picked, none of them. What a
// filter hides stays as it is.
func (p *permissions) pickAll(meant func(row) bool) {
	all := true
	var which []apikey.Permission
	for _, r := range p.rows {
		if r.index >= 0 && meant(r) {
			perm := p.groups[r.group].Permissions[r.index].Permission
			which = append(which, perm)
			all = all && p.picked[perm]
		}
	}
	for _, perm := range which {
		p.choose(perm, !all)
	}
}

// nextPreset goes round the presets and back to the user's own choice, which is kept.
func (p *permissions) nextPreset() {
	if len(p.presets) == 0 {
		return
	}
	if p.preset < 0 {
		p.own = p.picked
	}
	if p.preset++; p.preset == len(p.presets) {
		p.preset, p.picked = -1, p.own
		return
	}
	p.picked = map[apikey.Permission]bool{}
	for _, perm := range p.presets[p.preset].Permissions {
		p.picked[perm] = true
	}
}

// bindings are the keys of the field.
func (p *permissions) bindings() []key.Binding {
	k := p.env.Keys
	out := []key.Binding{k.Tick, k.TickGroup, k.TickAll}
	if len(p.presets) > 0 {
		out = append(out, k.Preset)
	}
	return append(out, k.Filter)
}
