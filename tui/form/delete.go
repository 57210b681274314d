package form

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// NewDelete asks whether a key may be deleted. Where the key or the profile is live its name is typed; for the
// credential that detent itself uses the consequence is ticked besides.
//
// rotating says that an open rotation concerns the key: then it is typed, too.
func NewDelete(env *ui.Env, caps apikey.Capabilities, profile ui.Profile, k apikey.Key, rotating bool) ui.Screen {
	g := gate{at: gateDone}
	if isLive(profile, k) || k.Own || rotating {
		g = newGate(env, k)
	}
	if k.Own {
		g.tick = "I understand that detent is locked out of this profile at once"
	}
	return &Confirm{
		pane: widget.NewPager(env),
		env:  env, title: "Delete a key", danger: true, guard: 1, gate: g,
		buttons: buttons{labels: []string{"Cancel", "Delete"}},
		body:    func(width int) []string { return deleteBody(env, caps, profile, k, rotating, width) },
		leaks: []string{"Its secret leaked. detent knows no call by which it ends itself: the key is deleted with the credential of " + ui.Clean(profile.Name) + ".",
			"Whoever uses it fails at once: esc and " + env.Keys.Rotate.Help().Key + " replace it first."},
		intent: func(ticket int) tea.Msg {
			return ui.DeleteKey{Ticket: ticket, Profile: profile.Name, ID: k.ID, Name: k.Name, Masked: k.Masked}
		},
		doing:     "deleting…",
		notDone:   "the key was not deleted.",
		uncertain: "The key may be gone. Reload to see; deleting it again does no harm.",
	}
}

// BySecret has the secret delete its own key (ui.DeletedBy).
func (c *Confirm) BySecret(call string, secret apikey.Secret) {
	order := c.intent
	c.intent = func(ticket int) tea.Msg {
		msg := order(ticket).(ui.DeleteKey)
		msg.Secret = secret
		return msg
	}
	c.leaks[0] = "Its secret leaked: it deletes its own key, by " + call + ". The profile's credential is not needed for that."
}

func deleteBody(env *ui.Env, caps apikey.Capabilities, profile ui.Profile, k apikey.Key, rotating bool, width int) []string {
	st := env.Styles
	out := keyHead(env, profile, k, width)
	out = append(out, lastUse(env, caps, k, width)...)
	out = append(out, ui.Styled(st.Base.Render, "It is refused from the next request on. This cannot be undone.", width)...)
	if k.Own {
		out = append(out, ui.Hanging(st.Bad.Render, "! ", "detent itself uses this key here. Rotating it replaces it without locking detent out.", width)...)
	}
	if rotating {
		out = append(out, ui.Hanging(st.Bad.Render, "! ", "A rotation of this key is open. R goes on with it or undoes it, and deletes in the right order.", width)...)
	}
	return out
}

// NewToggle asks whether a key may be switched off, or on again where it is off. Switching off the credential
// that detent itself uses wants its name and the consequence ticked.
func NewToggle(env *ui.Env, caps apikey.Capabilities, profile ui.Profile, k apikey.Key) ui.Screen {
	enable := k.IsDisabled()
	c := &Confirm{
		pane: widget.NewPager(env),
		env:  env, title: "Disable a key", danger: !enable, guard: 1, gate: gate{at: gateDone},
		buttons: buttons{labels: []string{"Cancel", "Disable"}},
		body:    func(width int) []string { return toggleBody(env, caps, profile, k, width) },
		leaks:   []string{"Its secret leaked. Off, the key is refused, and what used it can still be found; it is not replaced by this."},
		intent: func(ticket int) tea.Msg {
			return ui.UpdateKey{Ticket: ticket, Profile: profile.Name, ID: k.ID, Name: k.Name, Patch: apikey.Patch{Enabled: &enable}}
		},
		doing:     "disabling…",
		notDone:   "the key was not changed.",
		uncertain: "The key may have been changed. Reload to see; doing it again does no harm.",
	}
	if enable {
		c.title, c.doing, c.buttons.labels[1] = "Enable a key", "enabling…", "Enable"
	}
	if k.Own && !enable {
		c.gate = newGate(env, k)
		c.gate.tick = "I understand that detent is locked out of this profile until another key enables it"
	}
	return c
}

func toggleBody(env *ui.Env, caps apikey.Capabilities, profile ui.Profile, k apikey.Key, width int) []string {
	st := env.Styles
	out := keyHead(env, profile, k, width)
	if k.IsDisabled() {
		return append(out, ui.Styled(st.Base.Render, "It works again from the next request on.", width)...)
	}
	out = append(out, lastUse(env, caps, k, width)...)
	out = append(out, ui.Styled(st.Base.Render, "It is refused from the next request on, until it is enabled again.", width)...)
	if k.Own {
		out = append(out, ui.Hanging(st.Bad.Render, "! ", "detent itself uses this key here.", width)...)
	}
	return out
}

// keyHead names the key that a dialog was opened for.
func keyHead(env *ui.Env, p ui.Profile, k apikey.Key, width int) []string {
	out := ui.KeyNameLines(env.Styles, env.Styles.Strong, displayName(k), width)
	out = append(out, ui.Styled(env.Styles.Dim.Render, keyLine(p, k), width)...)
	return append(out, "")
}

// lastUse says when the key was last used, or where to look when the service does not say.
func lastUse(env *ui.Env, caps apikey.Capabilities, k apikey.Key, width int) []string {
	st := env.Styles
	at, used := k.LastUsedAt.Time()
	switch {
	case used && env.Now().Sub(at) < recently:
		return ui.Hanging(st.Warn.Render, "! ", "Last used "+ui.MomentExact(k.LastUsedAt, env.Now(), env.Zone)+": something still uses it.", width)
	case k.LastUsedAt.Known():
		return ui.Styled(st.Base.Render, "Last used: "+ui.MomentExact(k.LastUsedAt, env.Now(), env.Zone), width)
	}
	text := "Last use: unknown: this service does not report it"
	if caps.UsagePage != "" {
		text += "; look at " + ui.Clean(caps.UsagePage)
	}
	return ui.Hanging(st.Warn.Render, "? ", text+".", width)
}
