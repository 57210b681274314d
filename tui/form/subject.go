package form

import (
	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
)

// subject is the key that there is something to do about: the one that the secret is of, else the first that is like it.
func (v *Verify) subject() (profile string, k apikey.Key, ok bool) {
	switch {
	case v.proof == nil:
	case v.proof.Accepted() && v.proof.Key != nil && v.proof.Key.ID != "":
		return v.in, *v.proof.Key, true
	case !v.proof.Accepted() && v.known != nil && len(v.known.matches) > 0:
		m := v.known.matches[0]
		return m.Profile, m.Key, true
	}
	return "", apikey.Key{}, false
}

// found reports whether there is such a key.
func (v *Verify) found() bool {
	_, _, ok := v.subject()
	return ok
}

// not says why things cannot be done about the key; empty where they can.
func (v *Verify) not() ui.Acts {
	profile, k, _ := v.subject()
	var out ui.Acts
	caps := v.caps
	if v.known != nil {
		out, caps = v.known.target(profile).Not, v.known.target(profile).Caps
	} else {
		if !v.caps.Disable.OK {
			out.Off = v.caps.Disable.Why
		}
		if !v.caps.Delete.OK {
			out.Delete = v.caps.Delete.Why
		}
		if v.env.NoWrites != "" {
			out = ui.Acts{Replace: v.env.NoWrites, Off: v.env.NoWrites, Delete: v.env.NoWrites}
		}
	}
	if k.IsDisabled() && out.Off == "" {
		out.Off = "it is off already"
	}
	if out.Replace == "" && !v.proof.Accepted() {
		out.Replace = rotation.Unproven(k, caps)
	}
	return out
}

// likely says, of a secret that was not accepted, whose it may be all the same.
func (v *Verify) likely(width int) []string {
	st := v.env.Styles
	if v.known == nil || v.proof.Accepted() {
		return nil
	}
	var out []string
	for i, m := range v.known.matches {
		if i == shownMatches {
			break
		}
		mark, render := "· ", st.Base.Render
		if on, _ := m.On(v.env.Now()); on {
			mark, render = "● ", st.Warn.Render
		}
		says := m.Is(v.env.Now())
		if v.proof.Refused() {
			says = m.Refused(v.env.Now())
		}
		out = append(out, ui.Hanging(render, mark, ui.Clean(says), width)...)
	}
	for _, words := range v.known.ended {
		out = append(out, ui.Hanging(st.Base.Render, "· ", ui.Clean(words), width)...)
	}
	if v.known.cut != "" {
		out = append(out, ui.Hanging(st.Warn.Render, "! ", ui.Clean(v.known.cut), width)...)
	}
	return out
}

// cannot says which of the things that a leaked key asks for cannot be done here, and why.
func (v *Verify) cannot(width int) []string {
	if !v.found() {
		return nil
	}
	var out []string
	not := v.not()
	for _, x := range []struct{ what, why string }{{"replaced", not.Replace}, {"switched off", not.Off}, {"deleted", not.Delete}} {
		if x.why != "" {
			out = append(out, ui.Hanging(v.env.Styles.Dim.Render, "· ", "cannot be "+x.what+": "+ui.Clean(x.why), width)...)
		}
	}
	return out
}
