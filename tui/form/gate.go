package form

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// recently is how fresh a last use must be to be warned about.
const recently = 7 * 24 * time.Hour

// gate is what must be done before a dangerous button acts: the name typed for a live
// key or for detent's own credential, and for the latter the consequence ticked too.
type gate struct {
	env     *ui.Env
	want    []string // any of them is taken; empty where nothing need be typed
	line    *widget.Text
	tick    string // what is to be understood; empty where nothing need be ticked
	ticked  bool
	at      int // what has the focus: gateName, gateTick or gateOut
	problem string
	missing string // what to say where it is not typed; empty for a name
}

const (
	gateName = iota
	gateTick
	gateDone
)

// newGate wants the key's name typed, or its id where it has no name to type.
func newGate(env *ui.Env, k apikey.Key) gate {
	g := gate{env: env, at: gateName, line: widget.NewText(env, ""), want: []string{ui.Clean(k.Name), k.Name}}
	if strings.TrimSpace(g.want[0]) == "" {
		g.want = []string{k.ID}
	}
	return g
}

func (g *gate) needed() bool  { return len(g.want) > 0 }
func (g *gate) focused() bool { return g.at != gateDone }
func (g *gate) typing() bool  { return g.needed() && g.at == gateName }
func (g *gate) leave()        { g.at = gateDone }

// enter takes the focus back from the buttons.
func (g *gate) enter() {
	switch {
	case g.tick != "":
		g.at = gateTick
	case g.needed():
		g.at = gateName
	}
}

// open reports whether the button may act.
func (g *gate) open() bool { return g.named() && (g.tick == "" || g.ticked) }

func (g *gate) named() bool {
	if !g.needed() {
		return true
	}
	typed := strings.TrimSpace(g.line.Value())
	return typed != "" && slices.ContainsFunc(g.want, func(w string) bool { return typed == strings.TrimSpace(w) })
}

// complain says what is missing and puts the focus there.
func (g *gate) complain() {
	if !g.named() {
		g.at, g.problem = gateName, cmp.Or(g.missing, "type the name exactly as it is shown")
		return
	}
	g.at, g.problem = gateTick, "tick this first (space)"
}

// update takes keys while the gate has the focus. It reports whether enter was
// pressed on the last thing that it asks for, and all is done: the typed name is the confirmation.
func (g *gate) update(msg tea.KeyMsg) (act bool) {
	keys := g.env.Keys
	last := g.at == gateTick || g.tick == ""
	switch {
	case g.at == gateName && widget.IsText(msg):
		g.line.Update(msg)
		g.problem = ""
	case key.Matches(msg, keys.Confirm) && (last || !g.named()):
		if g.open() {
			return true
		}
		g.complain()
	case key.Matches(msg, keys.Next), key.Matches(msg, keys.Confirm):
		g.at = gateDone
		if !last {
			g.at = gateTick
		}
	case key.Matches(msg, keys.Prev):
		g.at = gateName
	case g.at == gateName:
		g.line.Update(msg)
	case key.Matches(msg, keys.Tick):
		g.ticked, g.problem = !g.ticked, ""
	}
	return false
}

func (g *gate) view(width int) []string {
	if !g.needed() {
		return nil
	}
	st := g.env.Styles
	out := []string{""}
	out = append(out, ui.Styled(st.Base.Render, "Type "+ui.Clean(g.want[0])+" to confirm:", width)...)
	mark := "  "
	if g.at == gateName {
		mark = st.Accent.Render("▸ ")
	}
	if g.line.Blur(); g.at == gateName {
		g.line.Focus()
	}
	out = append(out, mark+g.line.View(width-2))
	if g.tick != "" {
		mark, box := "  ", "[ ] "
		if g.ticked {
			box = "[x] "
		}
		if g.at == gateTick {
			mark = st.Accent.Render("▸ ")
		}
		for i, l := range ui.Styled(st.Base.Render, g.tick, width-6) {
			if i == 0 {
				out = append(out, mark+box+l)
			} else {
				out = append(out, "      "+l)
			}
		}
	}
	if g.problem != "" {
		out = append(out, ui.Hanging(st.Bad.Render, "✗ ", g.problem, width)...)
	}
	return out
}
