package keylist

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/tui/ui"
)

// cell is one plain text with its tone.
type cell struct {
	text  string
	tone  ui.Tone
	tails []string // what follows the text: the first that fits
}

// column is one column of the table: what it shows, how it sorts, and how long it
// stays as the pane narrows.
type column struct {
	title string
	// drop is who goes first as the pane narrows: the highest. The name, 0, stays.
	drop int
	// width is fixed where it is not 0; else it follows the content up to most.
	width, most int
	// reported says whether a key has something to show here; a column that no key reports is not drawn.
	reported func(k *apikey.Key) bool
	cell     func(c *context, k *apikey.Key, marks ui.Marks) cell
	// A column sorts by name, by an instant or by text; one without any of them is not sorted by.
	byName bool
	byNeed bool // by what wants something done, the most urgent first; findings have a say
	order  func(k *apikey.Key) int64
	text   func(c *context, k *apikey.Key) string
	// ofAccess: what it shows of a key without a role is that of every key with the same permissions.
	ofAccess bool
}

// context is what cells are computed with.
type context struct {
	now      time.Time
	profiles []Profile
	at       int // whose key it is
	rotating map[Of]Rotating
}

// Profile is one whose keys are in a list. Rows name theirs by its place among the list's profiles.
type Profile struct {
	Name    string
	Presets []apikey.PermissionPreset // the service's names for sets of permissions
	Setting apikey.Setting
	// Properties are what its keys have beside: words of the filter.
	Properties []apikey.Property
}

const (
	profileColumn     = "PROFILE"
	environmentColumn = "ENV"
)

// profile is that of the key at hand.
func (c *context) profile() Profile {
	if c.at < len(c.profiles) {
		return c.profiles[c.at]
	}
	return Profile{}
}

func (c *context) several() bool { return len(c.profiles) > 1 }

// elsewhere is what a profile says of the environment of its keys; nothing of those that are here.
func elsewhere(p Profile) ui.State {
	if p.Setting.Embedded {
		return ui.State{}
	}
	return ui.BadgeState(p.Setting)
}

func (c *column) sortable() bool { return c.byName || c.byNeed || c.order != nil || c.text != nil }

// unknownLast is the place of a moment that the service does not report: after everything, in both directions.
const unknownLast = math.MaxInt64

// columns are those of the table of fields.
func columns() []column {
	var rows []apikey.FieldInfo
	for f := range apikey.Fields() {
		if f.Column.Title != "" {
			rows = append(rows, f)
		}
	}
	slices.SortFunc(rows, func(a, b apikey.FieldInfo) int { return a.Column.Place - b.Column.Place })
	out := make([]column, len(rows))
	for i, f := range rows {
		out[i] = columnOf(f)
	}
	ofProfile := column{title: profileColumn, drop: 5, most: 16,
		reported: func(*apikey.Key) bool { return false }, // that a list is of several profiles, no key says
		cell:     func(c *context, _ *apikey.Key, _ ui.Marks) cell { return cell{text: ui.Clean(c.profile().Name)} },
	}
	ofProfile.text = shownText(&ofProfile)
	return slices.Insert(out, 1, ofProfile)
}

// columnOf is a field as a column: by its kind, but for the fields that say more than their value.
func columnOf(f apikey.FieldInfo) column {
	c := column{
		title: f.Column.Title, drop: f.Column.Drop, width: f.Column.Width, most: f.Column.Most, reported: f.Reporter(),
		cell: func(_ *context, k *apikey.Key, _ ui.Marks) cell { return cell{text: ui.Clean(f.Text(k))} },
	}
	sorts := false
	if f.Kind == apikey.KindTime || f.Kind == apikey.KindLife {
		at := func(k *apikey.Key) apikey.Moment { m, _ := f.Moment(k); return m }
		c.cell = func(c *context, k *apikey.Key, _ ui.Marks) cell { return moment(at(k), c.now) }
		c.order = func(k *apikey.Key) int64 { return instant(at(k), 0) }
	} else {
		sorts = true
	}
	switch f.ID {
	case apikey.FieldName:
		c.reported, c.byName, sorts = func(*apikey.Key) bool { return true }, true, false
		c.cell = func(_ *context, k *apikey.Key, _ ui.Marks) cell { return cell{text: name(k)} }
	case apikey.FieldMasked:
		sorts = false
		c.cell = func(_ *context, k *apikey.Key, _ ui.Marks) cell {
			return cell{text: ui.Clean(k.Masked), tone: ui.Faint}
		}
	case apikey.FieldType:
		c.cell = func(_ *context, k *apikey.Key, _ ui.Marks) cell { return cell{text: typeWord(k.Type)} }
	case apikey.FieldRole: // what a key may do, by whatever its service says that
		c.ofAccess = true
		c.reported = func(k *apikey.Key) bool { return k.Role != "" || k.Permissions != nil || k.Restrictions != nil }
		c.cell = func(c *context, k *apikey.Key, marks ui.Marks) cell {
			return risky(access(k, c.profile().Presets), marks)
		}
		c.text = func(c *context, k *apikey.Key) string { return byNumber(access(k, c.profile().Presets)) }
	case apikey.FieldProject:
		c.reported = func(k *apikey.Key) bool { return k.Project != "" || k.ProjectName != "" }
		c.cell = func(_ *context, k *apikey.Key, _ ui.Marks) cell {
			return cell{text: ui.Clean(cmp.Or(k.ProjectName, k.Project))}
		}
	case apikey.FieldEnvironment:
		c.cell = func(c *context, k *apikey.Key, _ ui.Marks) cell {
			s := ui.EnvironmentState(k.Environment)
			if k.Environment == "" && c.several() { // else the frame says it of all
				s = elsewhere(c.profile())
			}
			return cell{text: ui.Clean(s.String()), tone: s.Tone}
		}
	case apikey.FieldEnabled: // findings give a state too; the list knows of them later than of the keys
		c.byNeed, sorts = true, false
		c.cell = func(c *context, k *apikey.Key, marks ui.Marks) cell {
			if r, open := c.rotating[Of{c.at, k.ID}]; open && marks.Has(apikey.FindingRotationOpen) {
				return r.cell(c.now)
			}
			s := ui.StateOf(k, marks, c.now)
			return cell{text: s.String(), tone: s.Tone}
		}
	case apikey.FieldExpiry:
		c.cell = expires
		c.order = func(k *apikey.Key) int64 { return instant(k.ExpiresAt, unknownLast-1) }
	}
	if sorts && c.text == nil {
		c.text = shownText(&c)
	}
	return c
}

// shownText is what a column shows, to sort by: an order of what nobody sees looks like none.
func shownText(c *column) func(*context, *apikey.Key) string {
	show := c.cell
	return func(ctx *context, k *apikey.Key) string { return fold(show(ctx, k, 0).text) }
}

// byNumber is a cell's text so that 9 comes before 10, and nothing where the service does not say.
func byNumber(c cell) string {
	if c.text == ui.Unknown {
		return ""
	}
	digits := len(c.text) - len(strings.TrimLeft(c.text, "0123456789"))
	if digits == 0 {
		return fold(c.text)
	}
	return strings.Repeat("0", max(6-digits, 0)) + c.text
}

func name(k *apikey.Key) string {
	if n := ui.Clean(k.Name); strings.TrimSpace(n) != "" {
		return n
	}
	return "(no name)"
}

// access says in a few cells what a key may do.
func access(k *apikey.Key, presets []apikey.PermissionPreset) cell {
	switch {
	case k.Role != "":
		return cell{text: ui.Clean(k.Role)}
	case len(k.Permissions) == 1:
		return cell{text: ui.Clean(k.Permissions[0].Name)}
	case k.Permissions != nil:
		for _, p := range presets {
			if sameSet(p.Permissions, k.Permissions) {
				return cell{text: ui.Clean(p.Name)}
			}
		}
		return cell{text: ui.Count(len(k.Permissions), "permission")}
	case k.Restrictions == nil:
		return cell{text: ui.Unknown, tone: ui.Faint}
	case k.Restrictions.Empty():
		return cell{text: "full access"}
	}
	return cell{text: "restricted"}
}

// risky gives what a key may do the tone of what can be done with it.
func risky(c cell, marks ui.Marks) cell {
	switch {
	case marks.Has(apikey.FindingCanMint):
		return cell{text: c.text, tone: ui.Warn, tails: []string{" " + mintSign + mintWords, " " + mintSign, mintSign}}
	case marks.Has(apikey.FindingNoRestrictions):
		c.tone = ui.Warn
	}
	return c
}

const (
	mintSign  = "▲"
	mintWords = " can mint" // with the blank before the sign, what the sign can do without
)

func sameSet(a, b []apikey.Permission) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(p apikey.Permission) bool { return !slices.Contains(b, p) })
}

func moment(m apikey.Moment, now time.Time) cell {
	c := cell{text: ui.Moment(m, now)}
	if _, ok := m.Time(); !ok {
		c.tone = ui.Faint
	}
	return c
}

func expires(c *context, k *apikey.Key, marks ui.Marks) cell {
	at, ok := k.ExpiresAt.Time()
	switch {
	case !ok:
		return moment(k.ExpiresAt, c.now)
	case !at.After(c.now):
		return cell{text: ui.Span(c.now.Sub(at)) + " ago", tone: ui.Bad}
	case marks.Has(apikey.FindingExpiring):
		return cell{text: ui.Relative(at, c.now) + " !", tone: ui.Warn}
	}
	return cell{text: ui.Relative(at, c.now)}
}

// instant is the sort key of a moment; never is where "never" belongs: after
// every expiry, before every use.
func instant(m apikey.Moment, never int64) int64 {
	if at, ok := m.Time(); ok {
		return at.UnixMilli()
	}
	if m.IsNever() {
		return never
	}
	return unknownLast
}
