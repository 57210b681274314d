package tui

import (
	"detent/apikey"
	"detent/tui/form"
	"detent/tui/ui"
)

// screens makes the screens that the root opens, for the profile in use. A nil one is not offered.
type screens struct {
	create        func() ui.Screen
	requestPublic func() ui.Screen
	edit          func(k apikey.Key) ui.Screen
	toggle        func(k apikey.Key) ui.Screen
	remove        func(k apikey.Key) ui.Screen
	verify        func() ui.Screen
	secret        func(c apikey.Created) ui.Screen
	publicKey     func(v apikey.PublicKeyValue) ui.Screen
	addProfile    func() ui.Screen
	rotate        func(k apikey.Key) ui.Screen
	rotations     func() ui.Screen
}

func newScreens(a *App, o Options) screens {
	here := func() (apikey.Capabilities, ui.Profile) { return a.profile.caps, a.profile.conn.Profile }
	out := screens{
		create: func() ui.Screen {
			caps, p := here()
			return form.NewCreate(a.env, caps, p, a.allKeys())
		},
		toggle: func(k apikey.Key) ui.Screen {
			caps, p := here()
			return form.NewToggle(a.env, caps, p, k)
		},
		remove: func(k apikey.Key) ui.Screen {
			caps, p := here()
			return form.NewDelete(a.env, caps, p, k)
		},
		secret: func(c apikey.Created) ui.Screen {
			caps, p := here()
			return form.NewSecret(a.env, caps, p, c)
		},
	}
	if o.Rotate != nil && o.Rotations != nil {
		out.rotate = func(k apikey.Key) ui.Screen {
			caps, p := here()
			return o.Rotate(a.env, p, caps, k)
		}
		out.rotations = func() ui.Screen { return o.Rotations(a.env) }
	}
	return out
}
