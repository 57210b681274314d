package tui

import (
	"detent/apikey"
	"detent/tui/form"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// screens makes the screens that the root opens, for the profile in use.
// rotate, rotations and rotateAll are nil where there are none.
type screens struct {
	create        func() ui.Screen
	requestPublic func() ui.Screen
	edit          func(k apikey.Key) ui.Screen
	toggle        func(k apikey.Key) ui.Screen
	remove        func(k apikey.Key) ui.Screen
	verify        func() ui.Screen
	secret        func(c apikey.Created) ui.Screen
	publicKey     func(name string, v apikey.PublicKeyValue) ui.Screen
	addProfile    func() ui.Screen
	editProfile   func(p ui.Profile) ui.Screen
	rotate        func(k apikey.Key) ui.Screen
	rotations     func() ui.Screen
	rotateAll     func(env *ui.Env, items []rotate.Item) ui.Screen
}

func newScreens(a *App, o Options) screens {
	a.env.Waiting = a.waitOf
	here := func() (apikey.Capabilities, ui.Profile) {
		p := a.here()
		if a.fleet != nil {
			a.fleet.making = p.want
		}
		return p.caps, p.conn.Profile
	}
	out := screens{
		rotateAll: o.RotateAll,
		create: func() ui.Screen {
			caps, p := here()
			return form.NewCreate(a.env, caps, p, a.keysOf(a.here()))
		},
		requestPublic: func() ui.Screen {
			caps, p := here()
			return form.NewPublicKey(a.env, caps, p)
		},
		edit: func(k apikey.Key) ui.Screen {
			caps, p := here()
			return form.NewEdit(a.env, caps, p, k, a.keysOf(a.here()))
		},
		verify: func() ui.Screen {
			if _, several := a.host.(ui.Fleet); several {
				return form.NewVerifyAmong(a.env)
			}
			caps, p := here()
			return form.NewVerify(a.env, caps, p)
		},
		publicKey: func(name string, v apikey.PublicKeyValue) ui.Screen {
			_, p := here()
			return form.NewPublicValue(a.env, p, name, v)
		},
		addProfile: func() ui.Screen {
			return form.NewProfile(a.env, form.ProfileOptions{Issuers: a.host.Issuers(), Existing: a.host.Profiles(), Remote: a.lock.On})
		},
		editProfile: func(p ui.Profile) ui.Screen {
			return form.NewProfile(a.env, form.ProfileOptions{Issuers: a.host.Issuers(), Edit: &p.Draft, Remote: a.lock.On})
		},
		toggle: func(k apikey.Key) ui.Screen {
			caps, p := here()
			return form.NewToggle(a.env, caps, p, k)
		},
		remove: func(k apikey.Key) ui.Screen {
			caps, p := here()
			return form.NewDelete(a.env, caps, p, k, a.inRotation(k.ID))
		},
		secret: func(c apikey.Created) ui.Screen {
			caps, p := here()
			if now, is := a.hosted(p.Name); is { // places may have come since it was opened
				p.Destinations = now.Destinations
			}
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
