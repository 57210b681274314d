package tui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

func (a *App) top() ui.Screen {
	if len(a.overlays) == 0 {
		return nil
	}
	return a.overlays[len(a.overlays)-1]
}

// push opens an overlay.
func (a *App) push(s ui.Screen) tea.Cmd {
	a.toast.text = "" // it would hide the keys of the screen
	kept, begin, found := a.back(s)
	if !found {
		kept, begin = s, func() tea.Cmd { return ui.Begin(s) }
	}
	kept.SetSize(a.room(kept))
	a.fleet.owns(kept)
	a.overlays = append(a.overlays, kept)
	return begin()
}

// pop closes an overlay; nil is the top one.
func (a *App) pop(s ui.Screen) {
	if len(a.overlays) == 0 {
		return
	}
	at := len(a.overlays) - 1
	if s != nil {
		at = slices.Index(a.overlays, s)
	}
	if at >= 0 {
		a.overlays = append(a.overlays[:at:at], a.overlays[at+1:]...)
	}
}

// keep takes an overlay off the screen without ending it: what it waits for goes on.
func (a *App) keep(s ui.Screen) {
	a.pop(s)
	a.kept = append(a.kept, s)
}

// back brings a kept overlay back in place of a new one for the same thing.
func (a *App) back(s ui.Screen) (kept ui.Screen, begin func() tea.Cmd, found bool) {
	wanted, ok := s.(ui.Kept)
	if !ok {
		return nil, nil, false
	}
	for i, k := range a.kept {
		if kept := k.(ui.Kept); kept.KeptID() == wanted.KeptID() && wanted.KeptID() != "" {
			a.kept = append(a.kept[:i:i], a.kept[i+1:]...)
			return k, kept.Back, true
		}
	}
	return nil, nil, false
}

// tellAll hands a message to every overlay, and to the list, whose commands are its own.
func (a *App) tellAll(msg tea.Msg) tea.Cmd {
	cmds := []tea.Cmd{a.list.Update(msg)}
	for _, s := range append(append([]ui.Screen(nil), a.overlays...), a.kept...) {
		cmds = append(cmds, s.Update(msg))
	}
	return tea.Batch(cmds...)
}

// held reports whether an overlay does not let ctrl+c leave silently.
func (a *App) held() ui.Screen {
	for i := len(a.overlays) - 1; i >= 0; i-- {
		if l, ok := a.overlays[i].(ui.Leaver); ok && l.HoldsKeys() {
			return a.overlays[i]
		}
	}
	return nil
}

// layers are what is drawn of the stack: the topmost overlay that takes the whole frame,
// and the boxes above it.
func (a *App) layers() (wide ui.Screen, boxes []ui.Screen) {
	for i := len(a.overlays) - 1; i >= 0; i-- {
		if wantsAll(a.overlays[i]) {
			return a.overlays[i], a.overlays[i+1:]
		}
	}
	return nil, a.overlays
}

func wantsAll(s ui.Screen) bool {
	w, ok := s.(ui.Wide)
	return ok && w.WantsAll()
}

// room is the largest content of an overlay.
func (a *App) room(s ui.Screen) (width, height int) {
	if wantsAll(s) {
		return max(a.width-4, 0), max(a.height-2, 0)
	}
	return max(a.width-8, 0), max(a.height-4, 0)
}
