package keylist

import (
	"strings"

	"detent/tui/ui"
)

// mostLines is how many lines an error of the filter may take from the keys.
const mostLines = 3

// understood says in words what a condition asks for; empty for a plain text, which says so itself.
func (t term) understood() string {
	not := ""
	if t.not {
		not = "not: "
	}
	switch {
	case t.compares():
		return not + t.whenWords()
	case t.field == fieldStatus && t.value == "":
		return ""
	case t.field == fieldPerm:
		return not + "may " + t.value
	case t.field != "":
		return not + t.label() + " " + t.value
	case t.named():
		return not + t.value
	case t.not:
		return "without " + t.value
	}
	return ""
}

// label is the field's own word.
func (t term) label() string {
	if f, known := t.info(); known {
		return f.Label
	}
	return t.field
}

func (t term) whenWords() string {
	before := t.op == '<'
	if t.numeric {
		return t.label() + map[bool]string{true: " under ", false: " over "}[before] + t.value
	}
	if !t.date.IsZero() {
		when := " after "
		if before {
			when = " before "
		}
		return t.label() + when + t.value
	}
	switch {
	case t.field == fieldUnused && before:
		return "used within " + t.value
	case t.field == fieldUnused:
		return "not used for " + t.value
	case t.property && before:
		return t.label() + " within " + t.value
	case t.property:
		return t.label() + " in more than " + t.value
	case t.field == fieldExpires && before:
		return "expires within " + t.value
	case t.field == fieldExpires:
		return "expires in more than " + t.value
	case before:
		return t.label() + " less than " + t.value + " ago"
	}
	return t.label() + " more than " + t.value + " ago"
}

// chips are the conditions as they were understood, where that says more than the text itself.
func (l *List) chips(width int) string {
	s := l.env.Styles
	line, used, tell := "", 0, false
	for _, t := range l.query {
		words, style := t.understood(), s.Base
		switch {
		case words == "" && t.field == "":
			words = `"` + t.value + `"`
		case words == "":
			continue
		case l.isReported(t):
			tell = true
		default:
			words, style, tell = "? "+words, s.Warn, true
		}
		words = ui.Truncate(ui.Clean(words), width-2)
		if used > 0 {
			if used+3+ui.Width(words) > width {
				line += s.Dim.Render(" …")
				break
			}
			line, used = line+" ", used+1
		}
		line += s.Dim.Render("[") + style.Render(words) + s.Dim.Render("]")
		used += 2 + ui.Width(words)
	}
	if !tell {
		return ""
	}
	return line
}

// taught are the lessons, as long as nothing changes that they are about.
type taught struct {
	about lessonsOf
	lines []string
}

type lessonsOf struct {
	text          string
	typing, some  bool
	n, missing    int
	width, height int
	profiles      string
	completion    string
}

// lessons are the lines under the filter: what of it was understood, what was not and what may have been meant, what may come next.
// They are asked for with every key; to make them, keys are looked at.
func (l *List) lessons() []string {
	if !l.Filtered() {
		return nil
	}
	now := lessonsOf{text: l.input.Value(), typing: l.typing, some: len(l.idx) > 0, n: l.seen.n, missing: len(l.missing),
		width: l.width, height: l.height, profiles: l.profileWords(), completion: l.completion.text}
	if l.taught.about != now {
		l.taught = taught{now, l.makeLessons()}
	}
	return l.taught.lines
}

// profileWords are what may be said of profiles, in a text that tells whether it is still the same.
func (l *List) profileWords() string {
	var b strings.Builder
	for _, p := range l.profiles {
		b.WriteString(p.Name + " " + p.Setting.Word("") + "\n")
	}
	return b.String()
}

func (l *List) makeLessons() []string {
	width := l.width - 4
	var out []string
	if line := l.chips(width - 2); line != "" { // an ellipsis may follow
		out = append(out, line)
	}
	if warning := l.filterWarning(); warning != "" {
		for i, line := range ui.Wrap(ui.Unstyled(warning), width) {
			if i == mostLines {
				break
			}
			if i == 0 {
				line = l.env.Styles.Warn.Render(line[:1]) + line[1:]
			}
			out = append(out, line)
		}
	}
	if l.typing {
		if line := l.offer(width); line != "" {
			out = append(out, line)
		}
	}
	if room := l.height - 6; len(out) > room { // some keys stay in sight
		out = out[:max(room, 0)]
	}
	for i := range out {
		out[i] = ui.Pad("   "+out[i], l.width)
	}
	return out
}

// filterWarning is a line above the keys; empty where nothing is to be said.
func (l *List) filterWarning() string {
	warn := l.env.Styles.Warn
	switch {
	case l.wrong != nil:
		return warn.Render("! " + ui.Clean(l.wrong.Error()))
	case len(l.missing) > 0 && len(l.idx) > 0:
		return warn.Render("? ") + l.env.Styles.Base.Render("No key here reports "+strings.Join(l.missing, ", ")+": ") + l.env.Styles.Dim.Render("the filter left none out by it")
	}
	return ""
}

// noMatch is what stands where the rows would be.
func (l *List) noMatch() string {
	dim := l.env.Styles.Dim
	said := dim.Render("No key matches.")
	if len(l.missing) > 0 {
		said = l.env.Styles.Warn.Render("? ") + l.env.Styles.Base.Render("No key here reports "+strings.Join(l.missing, ", ")+":") + "\n" +
			dim.Render("which keys the filter means is not known")
	}
	return said + "\n" + dim.Render(l.env.Keys.FilterClear.Help().Key+" clears the filter")
}
