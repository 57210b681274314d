package form

import (
	"strconv"
	"strings"

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

// NewBulk asks whether the same may be done to several keys: all are named, and how many they are is typed; of a
// single live one its name.
func NewBulk(env *ui.Env, verb string, destroys bool, items []BulkItem) ui.Screen {
	var take []ui.BulkItem
	var one BulkItem
	for _, i := range items {
		if i.Why == "" {
			one = i
			take = append(take, ui.BulkItem{Profile: i.Profile, ID: i.Key.ID, Name: displayName(i.Key), Masked: i.Key.Masked})
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
	if len(take) == 1 && one.Live { // the others are left out
		c.gate = newGate(env, one.Key)
	}
	if len(take) == 0 { // nothing to confirm
		c.gate, c.buttons = gate{at: gateDone}, buttons{labels: []string{"Close"}}
	}
	return c
}

// bulkBody names the keys, and under them those that are left out, by the reason.
func bulkBody(env *ui.Env, items []BulkItem, destroys bool, width int) []string {
	st := env.Styles
	var out, reasons []string
	left := map[string][]string{}
	name, profile := 0, 0
	for _, i := range items {
		name, profile = max(name, ui.Width(displayName(i.Key))), max(profile, ui.Width(ui.Clean(i.Profile)))
	}
	name = min(name, max(width-profile-12, width/3)) // two gaps, and what says that a key is live
	for _, i := range items {
		if i.Why != "" {
			if left[i.Why] == nil {
				reasons = append(reasons, i.Why)
			}
			left[i.Why] = append(left[i.Why], displayName(i.Key))
			continue
		}
		line := st.Strong.Render(ui.Pad(displayName(i.Key), name)) + "  " + st.Dim.Render(ui.Pad(ui.Clean(i.Profile), profile))
		if i.Live {
			line += "  " + st.Bad.Render("▲ LIVE")
		}
		out = append(out, ui.Truncate(line, width))
	}
	for _, why := range reasons {
		if len(out) > 0 {
			out = append(out, "")
		}
		head := "left out, " + ui.Count(len(left[why]), "key") + ": "
		out = append(out, ui.Hanging(st.Warn.Render, "! ", head+ui.Clean(why), width)...)
		out = append(out, ui.Hanging(st.Dim.Render, "  ", strings.Join(left[why], ", "), width)...)
	}
	says := "They are refused from the next request on, until they are enabled again."
	if destroys {
		says = "They are refused from the next request on. This cannot be undone."
	}
	return append(append(out, ""), ui.Styled(st.Base.Render, says+" One after another; the first that fails ends it.", width)...)
}

func capital(s string) string { return string(s[0]-'a'+'A') + s[1:] }
