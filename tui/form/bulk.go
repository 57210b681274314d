package form

import (
	"strconv"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// BulkItem is one of several keys that the same is to be done to.
type BulkItem struct {
	Profile string
	Key     apikey.Key
	Live    bool
	Why     string // why it is left out; empty where it is not
}

// NewBulk asks whether the same may be done to several keys: all are named, and how many they are is typed.
func NewBulk(env *ui.Env, verb string, destroys bool, items []BulkItem) ui.Screen {
	var take []ui.BulkItem
	for _, i := range items {
		if i.Why == "" {
			take = append(take, ui.BulkItem{Profile: i.Profile, ID: i.Key.ID, Name: displayName(i.Key)})
		}
	}
	n := strconv.Itoa(len(take))
	c := &Confirm{
		pane: widget.NewPager(env), env: env, title: capital(verb) + " " + ui.Count(len(take), "key"), danger: destroys, guard: 1,
		gate:      gate{env: env, at: gateName, line: widget.NewText(env, ""), want: []string{n}, missing: "type the number of the keys: " + n},
		buttons:   buttons{labels: []string{"Cancel", capital(verb)}},
		body:      func(width int) []string { return bulkBody(env, items, destroys, width) },
		intent:    func(ticket int) tea.Msg { return ui.Bulk{Ticket: ticket, Delete: destroys, Items: take} },
		doing:     "one after another…",
		notDone:   "the key that failed was not changed.",
		uncertain: "It may have happened. Reload to see.",
	}
	if len(take) == 0 { // nothing to confirm
		c.gate, c.buttons = gate{at: gateDone}, buttons{labels: []string{"Close"}}
	}
	return c
}

func bulkBody(env *ui.Env, items []BulkItem, destroys bool, width int) []string {
	st := env.Styles
	var out []string
	for _, i := range items {
		line := st.Strong.Render(ui.Truncate(displayName(i.Key), max(width/2, 12))) + st.Dim.Render("  "+ui.Clean(i.Profile))
		switch {
		case i.Why != "":
			line = st.Warn.Render("left out: ") + line + st.Dim.Render("  "+ui.Clean(i.Why))
		case i.Live:
			line += "  " + st.Bad.Render("▲ LIVE")
		}
		out = append(out, ui.Truncate(line, width))
	}
	says := "They are refused from the next request on, until they are enabled again."
	if destroys {
		says = "They are refused from the next request on. This cannot be undone."
	}
	return append(append(out, ""), ui.Styled(st.Base.Render, says+" One after another; the first that fails ends it.", width)...)
}

func capital(s string) string { return string(s[0]-'a'+'A') + s[1:] }
