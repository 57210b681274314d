//go:build unix

package cli

import (
	"strings"
	"time"

	"detent/desk"
)

// shown goes on from the form of a new key to the one time that its secret is shown.
func shown(h *house, v *screen, k subject) {
	h.press(v, "\r", "New Vertesia key", k.name, k.name, "\r", "choose, or type a span", "\r", "narrowest", "\r", "▸ Create ◂", "\r", "This is the only time")
}

const made = `create done certain of NAME granted {"enabled":true,"expires_at":"TIME","project":"ITS","role":"reader","type":"sk"}`

// spare puts the cursor of the profiles on the one that orders are of.
func (h *house) spare(v *screen, more ...string) {
	h.t.Helper()
	if v.shows("● w ") && v.shows("  ro ") {
		h.press(v, "j", "▸   ro ")
	}
	h.press(v, "j", "▸   spare")
	h.press(v, more...)
}

// confirm presses enter until it is taken, which a review whose frame is not whole yet does not do. It is pressed again only while the screen stands as
// it did, and after longer and longer: a second one that is taken acts on what is there after the order, and its answer is gone before it was seen.
func (h *house) confirm(v *screen) {
	h.t.Helper()
	before, wait := v.term.String(), 400*time.Millisecond
	still, again := time.Now(), time.Time{}
	waitFor(h.t, "the frame is whole", func() bool {
		if now := v.term.String(); now != before {
			before, still = now, time.Now()
		}
		return time.Since(still) > 100*time.Millisecond
	})
	waitFor(h.t, "enter is taken", func() bool {
		if v.term.String() != before {
			return true
		}
		if time.Now().After(again) {
			again, wait = time.Now().Add(wait), 2*wait
			h.pass(400 * time.Millisecond)
			v.press("\r")
		}
		return false
	})
}

// option chooses one further down of what is asked for.
func option(down int, label string) []string {
	var out []string
	for range down - 1 {
		out = append(out, "\x1b[B", "")
	}
	return append(out, "\x1b[B", "▸ "+label, "\r")
}

func configured(verb string, args ...string) func(subject) []string {
	return func(k subject) []string {
		out := []string{"config"}
		out = append(out, strings.Fields(verb)...)
		for _, a := range args {
			out = append(out, strings.NewReplacer("NAME", k.name, "URL", k.url).Replace(a))
		}
		return out
	}
}

func init() {
	orderRows = append(orderRows,
		order{name: "profile-add", what: desk.AddProfile, setup: "NAME", door: "a", said: "added",
			receipt: []string{`profile-add done certain [URL; the token that was typed is in the file PLACE]`},
			command: configured("add", "NAME", "service=vertesia", "url=URL", "token=-"), stdin: func(k subject) string { return k.secret },
			press: func(h *house, v *screen, k subject) {
				h.press(v, "a", "Add a profile", k.name, k.name, "\r", "┃ Service")
				v.press("\x1b[C") // vertesia, whose token it is
				h.press(v, "\r", "┃ URL", h.url, h.url, "\r", "┃ Where does")
				v.press("\x1b[B\x1b[B\x1b[B") // the last is: typed
				h.press(v, "\r", "it is not shown")
				h.press(v, h.token, "characters", "\r", "┃ Authentication", "\r", "┃ Environment", "\r", "┃ Read-only", "\r", "typed, kept")
			}},
		order{name: "profile-edit", door: "e", said: "profile spare changed", what: desk.EditProfile, setup: "spare",
			receipt: []string{`profile-edit done certain before {"read_only":false} after {"read_only":true} [read_only]`},
			command: configured("change", "spare", "read_only=true"),
			press: func(h *house, v *screen, k subject) {
				h.spare(v, "e", "Edit spare")
				for range 12 {
					if v.shows("┃ Read-only") {
						break
					}
					h.pass(400e6)
					before := v.term.String()
					v.press("\r")
					waitFor(h.t, "the form goes on", func() bool { return v.term.String() != before })
				}
				h.press(v, " ", "▸ yes ◂", "\r", "yes (was no)")
			}},
		order{name: "profile-rename", door: "m", said: "is called", what: desk.RenameProfile, setup: "spare", refused: desk.EditProfile,
			receipt: []string{`profile-rename done certain [to NAME]`},
			command: configured("rename", "spare", "NAME"),
			press: func(h *house, v *screen, k subject) {
				h.spare(v, append(append([]string{"m", "▸ default"}, option(3, "rename")...), "Rename the profile", "\x15"+k.name, k.name)...)
			}},
		order{name: "profile-default", door: "m", said: "detent begins with spare now", what: desk.DefaultProfile, setup: "spare", refused: desk.EditProfile,
			receipt: []string{`profile-default done certain`},
			command: configured("default", "spare"),
			press:   func(h *house, v *screen, k subject) { h.spare(v, "m", "▸ default") }},
		order{name: "profile-remove", door: "m", said: "profile spare removed", what: desk.RemoveProfile, setup: "spare", refused: desk.EditProfile,
			receipt: []string{`profile-remove done certain`},
			command: configured("remove", "spare", "--yes"),
			press: func(h *house, v *screen, k subject) {
				h.spare(v, append(append([]string{"m", "▸ default"}, option(2, "remove")...), "▸ keep it", "\x1b[B", "▸ remove it")...)
			}},
		order{name: "destination-add", what: desk.AddDestination, setup: "spare",
			receipt: []string{`destination-add done certain [NAME]`},
			command: configured("destination add", "spare", "NAME", "file:/srv/k")},
		order{name: "destination-remove", door: "m", said: "destination app removed", what: desk.RemoveDestination, setup: "spare", refused: desk.EditProfile,
			receipt: []string{`destination-remove done certain [app]`},
			command: configured("destination remove", "spare", "app", "--yes"),
			press: func(h *house, v *screen, k subject) {
				h.spare(v, append(append([]string{"m", "▸ default"}, option(1, "destinations")...), "Destinations of spare", "\r", "▸ look", "\x1b[B", "▸ remove")...)
			}},
		order{name: "profile-test", door: "t", said: "works", setup: "spare",
			command: func(subject) []string { return []string{"config", "check"} },
			press:   func(h *house, v *screen, _ subject) { h.spare(v, "t", "✓ works") }},
		order{name: "reveal", what: desk.Show, label: "new", key: "n", shows: "New key", sent: "POST", refused: desk.Create, also: []string{"reveal", "print"},
			on: map[string][]string{"screen": {made, `reveal done certain of NAME [on the screen]`}, "command": {made, `print done certain of NAME [to standard output]`}},
			command: func(k subject) []string {
				return []string{"create", "--name", k.name, "--role", "reader", "--expires", "90d"}
			},
			press: func(h *house, v *screen, k subject) {
				shown(h, v, k)
				h.press(v, "r", "reveal/hide")
				waitFor(h.t, "the secret is shown, and that on record", func() bool { out, _ := h.look([]string{"reveal"}); return len(out) == 2 })
				v.pressUntil("\r", "what is not stored is asked about", func() bool { h.pass(400e6); return v.shows("Is it stored?") })
				h.press(v, "\t", "▸ I have stored it ◂", "\r", "!Is it stored?")
			}},
		order{name: "copy", what: desk.Deliver, label: "new", key: "n", shows: "New key", sent: "POST", refused: desk.Create, also: []string{"deliver"},
			on: map[string][]string{"screen": {made, `deliver done certain of NAME [clipboard JOB]`}},
			press: func(h *house, v *screen, k subject) {
				shown(h, v, k)
				h.press(v, "c", "clipboard", "\r", "!This is the only time")
			}},
		order{name: "save", what: desk.Deliver, label: "new", key: "n", shows: "New key", sent: "POST", refused: desk.Create, also: []string{"deliver"},
			on: map[string][]string{"screen": {made, `deliver done certain of NAME [app JOB]`}, "command": {made, `deliver done certain of NAME [app JOB]`}},
			command: func(k subject) []string {
				return []string{"create", "--name", k.name, "--role", "reader", "--expires", "90d", "--deliver", "app"}
			},
			press: func(h *house, v *screen, k subject) {
				shown(h, v, k)
				h.press(v, "n", "Where does it go?", "\t", "▸ app ◂", "\r", "app.key")
				h.press(v, "\r", "!This is the only time")
			}},
	)
}

// onProfiles is an order on a profile, under p.
func (s *seat) onProfiles(c cell) {
	s.t.Helper()
	c = s.ask(c, "screen")
	s.leave()
	s.v, s.up = s.screens(s.w)
	s.press(s.v, "p", "not tested yet")
	said := sentences[c.verdict]
	switch c.verdict {
	case "profiles":
		if c.setup == "spare" {
			s.spare(s.v)
		}
		s.press(s.v, c.door, desk.ProfilesAreAdmins)
	default:
		c.press(s.house, s.v, c.k)
		answer := map[bool]string{true: c.said, false: "done on the server"}[c.verdict == "done"]
		if c.door == "t" {
			s.v.wait(answer)
			break
		}
		s.confirm(s.v)
		s.v.wait(answer)
	}
	s.settle(c, said)
	s.leave()
}
