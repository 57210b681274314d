package tui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/desk"
	"detent/tui/ui"
)

// action is what a key does on the list and the detail. Help, footer and the answer of a key
// that cannot act come from the same row, so that they cannot disagree.
type action struct {
	binding key.Binding
	// what it orders; empty where it changes nothing. What does is gone in read-only mode, and answers with why.
	what desk.What
	// asks: is of no use without the service, though it changes nothing.
	asks bool
	// ofAll: where all profiles are listed, it is of no single one.
	ofAll bool
	// needsKey: acts on the key under the cursor.
	needsKey bool
	// able says whether the service can; nil for what needs no service, such as quitting.
	able func(c apikey.Capabilities) apikey.Ability
	run  func(k *apikey.Key) tea.Cmd
}

// refusal says why an action cannot act now; empty when it can.
func (a *App) refusal(x *action) string {
	p, loadErr := a.here(), a.load.err
	if a.fleet != nil {
		if x.ofAll {
			if can := x.able(apikey.Capabilities{}); x.what != desk.Create && !can.OK { // where a key is made is asked
				return can.Why
			}
			return ""
		}
		loadErr = p.err
	}
	if x.able != nil && p.conn != nil { // whose it is comes first, as for an order
		if can := x.able(p.caps); !can.OK && desk.OfRole(can.Why) {
			return can.Why
		}
	}
	if x.what != "" {
		if why, no := a.noWritesOf(p); no {
			return why
		}
	}
	if (x.what != "" || x.asks) && client.IsKind(loadErr, client.Unreachable) {
		return "offline: " + a.env.Keys.Reload.Help().Key + " looks again whether the service is there"
	}
	if x.what != "" && client.IsKind(loadErr, client.Unauthorized) {
		return "the token was refused: " + a.env.Keys.Reload.Help().Key + " tries it again"
	}
	if x.able == nil {
		return ""
	}
	if p.conn == nil {
		return "the profile is not open yet"
	}
	return whyNot(x.able(p.caps))
}

// whyNot says why a service cannot do something; empty where it can.
func whyNot(can apikey.Ability) string {
	switch {
	case can.OK: // what it then says is a note
		return ""
	case can.Why == "":
		return "this service cannot do that"
	}
	return can.Why
}

// actionOf is what a key of the program does.
func (a *App) actionOf(b key.Binding) *action {
	return &a.actions[slices.IndexFunc(a.actions, func(x action) bool { return x.binding.Help().Key == b.Help().Key })]
}

// canCreate: a new key of either kind.
func canCreate(c apikey.Capabilities) apikey.Ability {
	if c.PublicKeys.OK {
		return c.PublicKeys
	}
	return c.Create
}

func canEdit(c apikey.Capabilities) apikey.Ability {
	if c.Rename.OK || c.ChangeRole.OK || c.ChangeExpiry.OK || c.ChangesProperties() {
		return apikey.Can()
	}
	return c.Rename
}

func (a *App) canRotate(apikey.Capabilities) apikey.Ability {
	if a.screens.rotate == nil || a.screens.rotations == nil {
		return apikey.Cannot("there are no rotations here")
	}
	return apikey.Can()
}

func (a *App) canRecall(apikey.Capabilities) apikey.Ability {
	if _, ok := a.host.(ui.Recorder); !ok {
		return apikey.Cannot("nothing is recorded here")
	}
	return apikey.Can()
}

// inRotation says that an open rotation concerns the key under the cursor.
func (a *App) inRotation(id string) bool {
	k, marks, ok := a.list.Selected()
	return ok && k.ID == id && marks.Has(apikey.FindingRotationOpen)
}
