package form

import (
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/tui/ui"
)

func (p *permissions) lines(width int) []string {
	out := []string{p.summary(width)}
	out = append(out, p.list(width)...)
	return append(out, p.foot(width)...)
}

// summary counts, and names the preset and the filter.
func (p *permissions) summary(width int) string {
	st := p.env.Styles
	left := fmt.Sprintf("%d of %d picked", len(p.value()), len(p.infos))
	if p.preset >= 0 {
		left += " · preset: " + p.presets[p.preset].Name
	}
	if !p.filtering && p.filter.Value() == "" {
		if known := p.known(); known != "" {
			return ui.Spread(st.Base.Render(left), st.Dim.Render(ui.Truncate(known, max(width-ui.Width(left)-2, 0))), width)
		}
		return st.Base.Render(left)
	}
	mark := st.Accent.Render("/")
	room := max(width-ui.Width(left)-5, 8)
	if p.filter.Blur(); p.filtering {
		p.filter.Focus()
	}
	return mark + p.filter.View(room) + st.Dim.Render("  "+left)
}

// known says how the permissions are known, where the service can be asked.
func (p *permissions) known() string {
	switch {
	case len(p.dropped) > 0:
		return "the service does not have " + list(slices.Clone(p.dropped))
	case !p.catalogue.Can:
		return ""
	case p.asking:
		return "asking the service which there are…"
	case p.failed && p.catalogue.Asked.IsZero():
		return "the service could not be asked: " + p.catalogue.Words(p.env.Now())
	case p.failed:
		return "not asked again: " + p.catalogue.Words(p.env.Now())
	}
	return p.catalogue.Words(p.env.Now())
}

// list is the window of rows round the cursor. It always has the same height, so that nothing jumps.
func (p *permissions) list(width int) []string {
	st := p.env.Styles
	room := p.window()
	var out []string
	switch {
	case len(p.infos) == 0:
		out = []string{st.Dim.Render("nothing is known yet that could be granted")}
	case len(p.rows) == 0:
		out = []string{st.Dim.Render("nothing matches; esc clears the filter")}
	}
	from := 0
	if len(p.rows) > room {
		from = min(max(p.cursor-room/2, 0), len(p.rows)-room)
	}
	names := p.nameWidth(width)
	for i := from; i < min(from+room, len(p.rows)); i++ {
		out = append(out, p.rowLine(i, names, width))
	}
	for len(out) < min(room, len(p.infos)+len(p.groups)) {
		out = append(out, "")
	}
	if from > 0 {
		out[0] = ui.Spread(out[0], st.Dim.Render("↑"), width)
	}
	if from+room < len(p.rows) {
		out[len(out)-1] = ui.Spread(out[len(out)-1], st.Dim.Render("↓"), width)
	}
	return out
}

func (p *permissions) nameWidth(width int) int {
	w := 0
	for _, g := range p.groups {
		for _, info := range g.Permissions {
			w = max(w, ui.Width(ui.Clean(info.Permission.Name)))
		}
	}
	return min(w, width/2)
}

// heading is a group's; one that has no name of its own is called as all of them are, which stands above already.
func (p *permissions) heading(g apikey.PermissionGroup) string {
	switch title := ui.Clean(g.Title); {
	case title != p.title:
		return title
	case len(p.groups) == 1:
		return "All"
	}
	return "Other"
}

func (p *permissions) rowLine(i, names, width int) string {
	st, r := p.env.Styles, p.rows[i]
	g := p.groups[r.group]
	if r.index < 0 {
		n := 0
		for _, info := range g.Permissions {
			if p.picked[info.Permission] {
				n++
			}
		}
		return st.Strong.Render(p.heading(g)) + st.Dim.Render(fmt.Sprintf("  %d/%d", n, len(g.Permissions)))
	}
	info := g.Permissions[r.index]
	box := "[ ] "
	if p.picked[info.Permission] {
		box = "[x] "
	}
	name := ui.Pad(ui.Clean(info.Permission.Name), names)
	about := ui.Clean(info.Description)
	left := "  " + box + name
	style := st.Base
	if i == p.cursor && p.focused {
		left, style = "▸ "+box+name, st.Accent
	}
	line := style.Render(left) + "  "
	switch info.Risk {
	case apikey.CanMint:
		line += st.Warn.Render("! ") + st.Dim.Render(about)
	case apikey.NoEffect:
		line += st.Dim.Render("∅ does nothing today")
	default:
		line += st.Dim.Render(about)
	}
	return ui.Truncate(line, width)
}

// foot warns about what is picked, and tells in full what the cursor is on where the list had to cut it.
func (p *permissions) foot(width int) []string {
	st := p.env.Styles
	var out []string
	if p.err != nil {
		return nil
	}
	if p.roomy() {
		out = append(out, "")
	}
	warnings := warningsFor(p.infos, p.value())
	if len(warnings) == 0 {
		info, ok := p.atCursor()
		if !ok {
			return out
		}
		out = append(out, st.Dim.Render(ui.Truncate(strings.TrimSuffix(info.Permission.String()+": "+aboutOf(info), ": "), width)))
		return append(out, advice(p.env, []string{p.advice}, width, p.extra()-1-len(out))...)
	}
	for _, w := range warnings {
		lines := ui.Hanging(st.Warn.Render, "! ", w, width)
		out = append(out, lines...)
	}
	if limit := p.extra() - 1; len(out) > limit {
		out = append(out[:limit-1], st.Warn.Render(ui.Truncate("! more warnings: the review lists them", width)))
	}
	return out
}

func aboutOf(info apikey.PermissionInfo) string {
	about := ui.Clean(info.Description)
	switch info.Risk {
	case apikey.CanMint:
		about += " (can make, change or delete keys)"
	case apikey.NoEffect:
		about += " (does nothing today)"
	}
	return about
}

// warningsFor says in words what is special about a choice of permissions.
func warningsFor(infos map[apikey.Permission]apikey.PermissionInfo, picked []apikey.Permission) []string {
	var out []string
	if names := risky(infos, picked, apikey.CanMint); len(names) > 0 {
		out = append(out, list(names)+": who holds this key can make, change or delete keys")
	}
	if names := risky(infos, picked, apikey.NoEffect); len(names) > 0 {
		verb := "does"
		if len(names) > 1 {
			verb = "do"
		}
		out = append(out, list(names)+" "+verb+" nothing today: leave out what is not needed")
	}
	return out
}

// risky are the picked permissions of a risk.
func risky(infos map[apikey.Permission]apikey.PermissionInfo, picked []apikey.Permission, risk apikey.Risk) []string {
	var out []string
	for _, perm := range picked {
		if infos[perm].Risk == risk {
			out = append(out, perm.Name)
		}
	}
	return out
}

func list(names []string) string {
	for i, n := range names {
		names[i] = ui.Clean(n)
	}
	return strings.Join(names, ", ")
}
