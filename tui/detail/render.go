package detail

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"detent/apikey"
	"detent/tui/ui"
)

// sheet collects the lines of a detail.
type sheet struct {
	env   *ui.Env
	width int
	brief bool
	label int // cells of the column of labels
	lines []string
}

// render lays a key out: a pure function of what it is given and the clock.
func render(env *ui.Env, s Subject, width int, brief bool) []string {
	p := &sheet{env: env, width: width, brief: brief, label: min(11, max(width/3, 6))}
	p.head(s)
	p.dates(s)
	p.findings(s.Key, s.Findings)
	p.access(s)
	p.restrictions(s)
	p.rest(s)
	p.past(s.Past)
	return p.lines
}

func (p *sheet) add(line string) { p.lines = append(p.lines, ui.Truncate(line, p.width)) }

func (p *sheet) gap() {
	if n := len(p.lines); n > 0 && (p.brief || p.lines[n-1] != "") {
		p.lines = append(p.lines, "")
	}
}

func (p *sheet) heading(text string) {
	p.gap()
	p.add(p.env.Styles.Column.Render(text))
}

// field writes a label and its value; a long value goes on beneath itself. A word that has no room beside the label, such as an id,
// has a line of its own: broken in two it could not be read, searched or selected.
func (p *sheet) field(label, value string, style lipgloss.Style) {
	if slices.ContainsFunc(strings.Fields(value), func(w string) bool { return ui.Width(w) > p.width-p.label }) {
		p.add(p.env.Styles.Dim.Render(label))
		for _, word := range strings.Fields(value) {
			p.add(style.Render(ui.Truncate(word, p.width)))
		}
		return
	}
	for i, line := range ui.Wrap(value, max(p.width-p.label, 1)) {
		if i > 0 {
			label = ""
		}
		p.add(p.env.Styles.Dim.Render(ui.Pad(label, p.label)) + style.Render(line))
	}
}

// text writes plain words with an indent.
func (p *sheet) text(indent int, value string, style lipgloss.Style) {
	for _, line := range ui.Wrap(value, max(p.width-indent, 1)) {
		p.add(strings.Repeat(" ", indent) + style.Render(line))
	}
}

func (p *sheet) plain(label, value string) {
	if value != "" {
		p.field(label, ui.Clean(value), p.env.Styles.Base)
	}
}

// said writes a field that the service has: what it says, or that it does not say.
func (p *sheet) said(label, value string) {
	if value == "" {
		p.field(label, ui.Unknown, p.env.Styles.Dim)
		return
	}
	p.plain(label, value)
}

func (p *sheet) head(s Subject) {
	st, k := p.env.Styles, s.Key
	name := ui.Clean(k.Name)
	if strings.TrimSpace(name) == "" {
		name = "(no name)"
	}
	for _, line := range ui.KeyNameLines(st, st.Strong, name, max(p.width, 1)) {
		p.add(line)
	}
	var badges []string
	state := ui.StateOf(k, s.Marks, p.env.Now())
	if state.Word != "" {
		badges = append(badges, st.Tone(state.Tone).Render(state.String()))
	}
	if e := ui.EnvironmentState(k.Environment); e.Word != "" {
		badges = append(badges, st.Tone(e.Tone).Render(ui.Clean(e.String())))
	}
	if k.Own {
		badges = append(badges, st.Accent.Render(ui.OwnMark))
	}
	if notes := briefly(s.Findings, state.Word); p.brief && notes != "" {
		badges = append(badges, st.Dim.Render("· "+notes))
	}
	// Beside the list the line is there even when it is empty: what follows keeps its place from key to key.
	if len(badges) > 0 || p.brief {
		p.add(strings.Join(badges, "  "))
	}
	if k.Own {
		p.text(0, "This is the key that detent itself uses.", st.Dim)
	}
	p.gap()
	has := func(f apikey.Field) bool { return slices.Contains(s.Caps.AccessFields, f) }
	if s.Profile != "" && !p.brief { // beside the list its row says them
		where := p.env.Styles.Base
		if s.Environment == apikey.WordLive {
			where = p.env.Styles.Bad
		}
		line := p.env.Styles.Dim.Render(ui.Pad("profile", p.label)) + ui.Clean(s.Profile)
		if s.Environment != "" {
			line += "  " + where.Render(ui.Clean(s.Environment))
		}
		p.add(line)
	}
	if !p.brief || !strings.Contains(k.Masked, k.ID) {
		p.plain("id", k.ID)
	}
	p.plain("key", k.Masked)
	switch k.Type {
	case apikey.SecretKey:
		p.plain("type", "secret (sk)")
	case apikey.PublicKey:
		p.plain("type", "public (pk)")
	default:
		p.optional("type", k.Type, has(apikey.FieldType))
	}
	p.optional("env", string(k.Environment), has(apikey.FieldEnvironment))
	switch {
	case k.Enabled != nil && *k.Enabled:
		p.plain("enabled", "yes")
	case k.Enabled != nil:
		p.plain("enabled", "no")
	default:
		p.optional("enabled", "", s.Caps.Disable.OK)
	}
	p.plain("account", k.Account)
	project := cmp.Or(k.ProjectName, k.Project)
	if k.ProjectName != "" && k.Project != "" && k.Project != k.ProjectName {
		project += " (" + k.Project + ")"
	}
	p.optional("project", project, has(apikey.FieldProject))
}

// optional writes a field that is reported, or that the service has and does not report.
func (p *sheet) optional(label, value string, has bool) {
	if value != "" || has {
		p.said(label, value)
	}
}

func (p *sheet) dates(s Subject) {
	k, now := s.Key, p.env.Now()
	p.gap()
	p.date("created", k.CreatedAt, p.env.Styles.Base)
	if k.RolledAt.Known() {
		p.date("rolled", k.RolledAt, p.env.Styles.Base)
	}
	if k.UpdatedAt.Known() {
		p.date("updated", k.UpdatedAt, p.env.Styles.Base)
	}
	style := p.env.Styles.Base
	switch {
	case k.ExpiresAt.Before(now):
		style = p.env.Styles.Bad
	case s.Marks.Has(apikey.FindingExpiring):
		style = p.env.Styles.Warn
	}
	p.date("expires", k.ExpiresAt, style)
	p.date("last used", k.LastUsedAt, p.env.Styles.Base)
	if !k.LastUsedAt.Known() && s.Caps.LastUsed.Why != "" && !p.brief {
		p.text(p.label, s.Caps.LastUsed.Why, p.env.Styles.Dim)
	}
	p.plain("created by", k.CreatedBy)
	p.plain("updated by", k.UpdatedBy)
}

// date writes the exact instant with its zone, and beneath or beside it how far away it is.
func (p *sheet) date(label string, m apikey.Moment, style lipgloss.Style) {
	at, ok := m.Time()
	if !ok {
		p.field(label, ui.Moment(m, p.env.Now()), p.env.Styles.Dim)
		if p.brief && m.IsNever() {
			p.add("")
		}
		return
	}
	p.field(label, ui.Exact(at, p.env.Zone), style)
	p.add(strings.Repeat(" ", p.label) + p.env.Styles.Dim.Render(ago(at, p.env.Now())))
}

func ago(at, now time.Time) string {
	if at.After(now) {
		return ui.Relative(at, now)
	}
	return ui.Relative(at, now) + " ago"
}

func (p *sheet) findings(k *apikey.Key, found []apikey.Finding) {
	if len(found) == 0 || p.brief {
		return
	}
	p.heading("FINDINGS")
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b apikey.Finding) int { return cmp.Compare(danger(a.Kind), danger(b.Kind)) })
	for len(found) > 0 {
		kind, n := found[0].Kind, 1
		for n < len(found) && found[n].Kind == kind {
			n++
		}
		p.kind(k, found[:n])
		found = found[n:]
	}
}

// kind writes the findings of one kind: the one, or how many and each beneath.
func (p *sheet) kind(k *apikey.Key, found []apikey.Finding) {
	st := p.env.Styles
	glyph, style, words := "·", st.Dim, st.Dim
	switch kind := found[0].Kind; {
	case kind == apikey.FindingExpired:
		glyph, style, words = "✗", st.Bad, st.Base
	case kind == apikey.FindingCanMint:
		glyph, style, words = "▲", st.Bad, st.Strong
	case kind == apikey.FindingNoRestrictions:
		glyph, style, words = "▲", st.Warn, st.Base
	case kind.IsWarning():
		glyph, style, words = "!", st.Warn, st.Base
	}
	line := p.words(k, found[0])
	if len(found) > 1 {
		line = found[0].Kind.Words() + ": " + ui.Count(len(found), "right")
	}
	for i, text := range ui.Wrap(line, max(p.width-2, 1)) {
		if i > 0 {
			glyph = " "
		}
		p.add(style.Render(glyph+" ") + words.Render(text))
	}
	if len(found) > 1 {
		for _, f := range found {
			p.text(4, ui.Clean(f.Detail), words)
		}
	}
}

// briefly names the kinds of what was found, but for the state that stands beside them, and for "never expires",
// which is what the date beneath says.
func briefly(found []apikey.Finding, state string) string {
	var kinds []string
	for _, f := range found {
		kind := cmp.Or(f.Kind.Info().Status, f.Kind.Words())
		if kind != state && f.Kind != apikey.FindingNeverExpires {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return strings.Join(slices.Compact(kinds), ", ")
}

// words says a finding. Where it is about a date that stands above, how far away that is says more.
func (p *sheet) words(k *apikey.Key, f apikey.Finding) string {
	at, ok := k.ExpiresAt.Time()
	switch {
	case ok && f.Kind == apikey.FindingExpired:
		return "expired " + ago(at, p.env.Now())
	case ok && f.Kind == apikey.FindingExpiring:
		return "expires " + ago(at, p.env.Now())
	}
	return f.Kind.Words() + ": " + ui.Clean(f.Detail)
}

// dangers are the kinds of findings by what they put at risk, the worst first; others come after the warnings.
var dangers = []apikey.FindingKind{apikey.FindingExpired, apikey.FindingCanMint, apikey.FindingNoRestrictions}

func danger(kind apikey.FindingKind) int {
	switch at := slices.Index(dangers, kind); {
	case at >= 0:
		return at
	case kind.IsWarning():
		return len(dangers)
	}
	return len(dangers) + 1
}

func (p *sheet) access(s Subject) {
	st, k := p.env.Styles, s.Key
	has := func(f apikey.Field) bool { return slices.Contains(s.Caps.AccessFields, f) }
	if k.Role != "" || has(apikey.FieldRole) {
		p.heading("ROLE")
		if k.Role == "" {
			p.text(0, ui.Unknown, st.Dim)
		} else {
			p.text(0, ui.Clean(k.Role), st.Base)
		}
		for _, r := range s.Caps.Roles {
			if r.Name == k.Role && r.Description != "" && !p.brief {
				p.text(2, r.Description, st.Dim)
			}
		}
	}
	switch {
	case k.Permissions == nil && has(apikey.FieldPermissions):
		p.heading("PERMISSIONS")
		p.text(0, ui.Unknown, st.Dim)
	case k.Permissions != nil:
		p.heading("PERMISSIONS (" + ui.Count(len(k.Permissions), "right") + ")")
		p.permissions(s)
	}
}

// permissions are shown under the service's own headings; what its catalogue does not know comes last, verbatim.
func (p *sheet) permissions(s Subject) {
	st := p.env.Styles
	left := slices.Clone(s.Key.Permissions)
	for _, g := range s.Caps.PermissionGroups {
		var mine []apikey.PermissionInfo
		for _, info := range g.Permissions {
			at := slices.IndexFunc(left, func(q apikey.Permission) bool {
				return q == info.Permission || q.Feature == "" && q.Name == info.Permission.Name
			})
			if at >= 0 {
				mine = append(mine, info)
				left = slices.Delete(left, at, at+1)
			}
		}
		if len(mine) == 0 {
			continue
		}
		p.text(0, cmp.Or(g.Title, g.Feature), st.Strong)
		if p.brief {
			names := make([]string, len(mine))
			for i, info := range mine {
				names[i] = ui.Clean(info.Permission.Name)
			}
			p.text(2, strings.Join(names, " "), st.Base)
			continue
		}
		p.inColumns(mine)
	}
	if len(left) == 0 {
		return
	}
	p.text(0, "Not in detent's catalogue", st.Strong)
	for _, q := range left {
		p.text(2, ui.Clean(q.String()), st.Base)
	}
}

// twoColumns is the width from which permissions stand in two columns.
const twoColumns = 64

// inColumns writes permissions one under the other, or in two columns, which are read downwards.
func (p *sheet) inColumns(infos []apikey.PermissionInfo) {
	if p.width < twoColumns || len(infos) < 2 {
		for _, info := range infos {
			p.permission(info)
		}
		return
	}
	half := (len(infos) + 1) / 2
	width := p.width/2 - 1
	block := func(info apikey.PermissionInfo) []string {
		one := &sheet{env: p.env, width: width, label: p.label}
		one.permission(info)
		return one.lines
	}
	for i := range half {
		left := block(infos[i])
		var right []string
		if half+i < len(infos) {
			right = block(infos[half+i])
		}
		for n := range max(len(left), len(right)) {
			var l, r string
			if n < len(left) {
				l = left[n]
			}
			if n < len(right) {
				r = right[n]
			}
			p.add(strings.TrimRight(ui.Pad(l, width+1)+r, " "))
		}
	}
}

func (p *sheet) permission(info apikey.PermissionInfo) {
	st := p.env.Styles
	p.text(2, ui.Clean(info.Permission.Name), st.Base)
	p.text(4, info.Description, st.Dim)
	switch info.Risk {
	case apikey.CanMint:
		p.text(4, "! can make, change or delete keys", st.Warn)
	case apikey.NoEffect:
		p.text(4, "· does nothing today", st.Dim)
	}
}

func (p *sheet) restrictions(s Subject) {
	st, r := p.env.Styles, s.Key.Restrictions
	has := slices.Contains(s.Caps.AccessFields, apikey.FieldRestrictions)
	if r == nil && !has {
		return
	}
	p.heading("RESTRICTIONS")
	switch {
	case r == nil:
		p.text(0, ui.Unknown, st.Dim)
		return
	case r.Empty():
		p.text(0, "none: "+s.Caps.Unrestricted(), st.Base)
		return
	}
	for _, part := range []struct {
		label string
		items []string
	}{{"addresses", r.IPAddresses}, {"referrers", r.Referrers}, {"endpoints", r.Endpoints}} {
		for i, item := range part.items {
			label := part.label
			if i > 0 {
				label = ""
			}
			p.plain(label, item)
		}
	}
}

// laidOut are the fields that have a place of their own above.
var laidOut = []apikey.Field{
	apikey.FieldID, apikey.FieldName, apikey.FieldMasked, apikey.FieldType, apikey.FieldEnvironment, apikey.FieldEnabled, apikey.FieldAccount,
	apikey.FieldProject, apikey.FieldProjectName, apikey.FieldCreated, apikey.FieldRolled, apikey.FieldUpdated, apikey.FieldExpiry, apikey.FieldLastUsed,
	apikey.FieldCreatedBy, apikey.FieldUpdatedBy, apikey.FieldRole, apikey.FieldPermissions, apikey.FieldRestrictions,
}

// rest is every other field that the service reports.
func (p *sheet) rest(s Subject) {
	var more []apikey.FieldInfo
	for f := range apikey.FieldsOf(s.Key) {
		if f.Reported(s.Key) && !slices.Contains(laidOut, f.ID) {
			more = append(more, f)
		}
	}
	for _, property := range s.Caps.Properties {
		if f := apikey.FieldOf(property.Field); !f.Reported(s.Key) && slices.Contains(s.Caps.AccessFields, f.ID) {
			more = append(more, f)
		}
	}
	if len(more) == 0 {
		return
	}
	p.heading("ALSO SET")
	defer func(usual int) { p.label = usual }(p.label)
	for _, f := range more { // two that are cut may read the same
		p.label = max(p.label, min(ui.Width(ui.Clean(f.Label))+1, p.width/2))
	}
	for _, f := range more {
		p.said(ui.Truncate(ui.Clean(f.Label), p.label-1), valueOf(p.env, f, s))
	}
}

// past are the last things that were done with the key from here.
func (p *sheet) past(acts []ui.Act) {
	if len(acts) == 0 {
		return
	}
	st := p.env.Styles
	p.heading("HISTORY (" + p.env.Keys.History.Help().Key + ": all of it)")
	for _, a := range acts {
		style := st.Base
		if !a.Good {
			style = st.Warn
		}
		when := ui.Pad(ago(a.At, p.env.Now()), p.label)
		p.add(st.Dim.Render(when) + style.Render(ui.Clean(a.Action)+": "+ui.Clean(a.Outcome)) + st.Dim.Render(strings.TrimRight("  "+ui.Clean(a.Who), " ")))
	}
}
