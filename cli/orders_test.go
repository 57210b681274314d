//go:build unix

package cli

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kballard/go-shellquote"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/desk"
	"detent/host"
	"detent/keyserver/wirename"
)

// verdicts say of each order what comes of it, by whom: here is the user of the machine, and -ro a profile that is read-only. A verdict is
// the same on every front that offers the order.
const verdicts = `
                    here  here-ro    viewer  viewer-ro  operator  operator-ro  admin  admin-ro
create              done  read-only  viewer  viewer     done      read-only    done   read-only
update              done  read-only  viewer  viewer     done      read-only    done   read-only
disable             done  read-only  viewer  viewer     done      read-only    done   read-only
enable              done  read-only  viewer  viewer     done      read-only    done   read-only
delete              done  read-only  viewer  viewer     admins    admins       done   read-only
delete-by-rotation  done  read-only  viewer  viewer     done      read-only    done   read-only
public-key          done  read-only  viewer  viewer     done      read-only    done   read-only
rotate              done  read-only  viewer  viewer     done      read-only    done   read-only
resume              done  read-only  viewer  viewer     done      read-only    done   read-only
abort               done  read-only  viewer  viewer     done      read-only    done   read-only
close               done  done       viewer  viewer     done      done         done   done
retrieve            done  done       viewer  viewer     done      done         done   done
verify              done  done       done    done       done      done         done   done
list                done  done       done    done       done      done         done   done
profile-add          done  done       profiles  profiles  profiles  profiles     done   done
profile-edit         done  done       profiles  profiles  profiles  profiles     done   done
profile-rename       done  done       profiles  profiles  profiles  profiles     server  server
profile-default      done  done       profiles  profiles  profiles  profiles     server  server
profile-remove       done  done       profiles  profiles  profiles  profiles     server  server
destination-add      done  done       profiles  profiles  profiles  profiles     server  server
destination-remove   done  done       profiles  profiles  profiles  profiles     server  server
profile-test         done  done       done    done       done      done         done   done
reveal               done  read-only  viewer  viewer     done      read-only    done   read-only
copy                 done  read-only  viewer  viewer     done      read-only    done   read-only
save                 done  read-only  viewer  viewer     done      read-only    done   read-only
`

// offers say on which front an order is there. A screen is one of this machine for the user of it, and one at the far end of a session for
// an operator; exec is a command of a session without a terminal; act is what a rotation does. What is not there is refused in that
// front's own sentence; where there is nothing to ask with, there is a dash. A screen closes a rotation that it has opened, which it does
// not where nothing may be changed (writes).
const offers = `
                    command  screen  exec  act
create              yes      yes     no    yes
update              yes      yes     no    yes
disable             yes      yes     no    yes
enable              yes      yes     no    yes
delete              yes      yes     no    -
delete-by-rotation  -        -       -     yes
public-key          yes      yes     no    yes
rotate              yes      yes     no    -
resume              yes      yes     no    -
abort               yes      yes     no    -
close               yes      writes  no    -
retrieve            no       -       no    yes
verify              yes      yes     yes   -
list                yes      yes     yes   -
profile-add          yes      yes     no    -
profile-edit         yes      yes     no    -
profile-rename       yes      yes     no    -
profile-default      yes      yes     no    -
profile-remove       yes      yes     no    -
destination-add      yes      -       no    -
destination-remove   yes      yes     no    -
profile-test         yes      yes     no    -
reveal               yes      yes     no    -
copy                 -        yes     -     -
save                 yes      yes     no    -
`

var people = []who{{"here", "", "w"}, {"here-ro", "", "ro"}, {"viewer", config.Viewer, "w"}, {"viewer-ro", config.Viewer, "ro"},
	{"operator", config.Rotate, "w"}, {"operator-ro", config.Rotate, "ro"}, {"admin", config.Admin, "w"}, {"admin-ro", config.Admin, "ro"}}

// sentences are the words of a refusal, on every front.
var sentences = map[string]string{"read-only": desk.ReadOnlyWords("ro", false), "viewer": desk.ViewerOnly, "admins": desk.DeleteIsAdmins,
	"profiles": desk.ProfilesAreAdmins, "server": desk.ProfilesAreHeres}

// order is one of the table's rows: how it is asked for on each front, what is sent then, and the one receipt.
type order struct {
	name    string
	what    desk.What // empty where nothing is ordered
	of      bool      // of a key
	off     bool      // which is switched off
	open    bool      // with an open rotation
	exit    int       // of the command where it is done
	command func(k subject) []string
	stdin   func(k subject) string
	// label and key are those of the screens; shows is what they say in the place of a refusal, and press goes on from there.
	label, key, shows string
	press             func(h *house, v *screen, k subject)
	act               func(t *testing.T, s client.Service, k subject) error
	sent              string
	receipt           []string
	// refused is the order that a screen refuses, where its key stands for two.
	refused desk.What
	// also are actions that are looked at, too. of setup is the profile that an order on a profile is of: the spare one, or a new one.
	also  []string
	setup string
	// door is the key of the screen of profiles, and said what comes of it there; on are receipts that differ by the front.
	door, said string
	on         map[string][]string
}

func text(s string) *string { return &s }

var orderRows = []order{
	{name: "create", what: desk.Create, label: "new", key: "n", shows: "New key", sent: "POST", receipt: []string{`create done certain of NAME granted {"enabled":true,"expires_at":"TIME","project":"ITS","role":"reader","type":"sk"}`},
		command: func(k subject) []string {
			return []string{"create", "--name", k.name, "--role", "reader", "--expires", "90d"}
		},
		press: func(h *house, v *screen, k subject) {
			h.press(v, "\r", "New Vertesia key", k.name, k.name, "\r", "choose, or type a span", "\r", "narrowest", "\r", "▸ Create ◂", "\r", "This is the only time",
				"\r", "Is it stored?", "\t", "▸ I have stored it ◂", "\r", "!Is it stored?")
		},
		act: func(t *testing.T, s client.Service, k subject) error {
			_, err := s.Create(t.Context(), apikey.Draft{Name: k.name, Role: "reader", Type: apikey.SecretKey, Expiry: apikey.Expiry{After: 90 * 24 * time.Hour}})
			return err
		}},
	{name: "update", what: desk.Update, of: true, label: "edit", key: "e", shows: "Edit ", sent: "PUT /ID", receipt: []string{`update done certain of NAME (ID) before {"name":"NAME"} after {"name":"NAME-b"} [name NAME-b]`},
		command: func(k subject) []string { return []string{"update", k.id, "--name", k.name + "-b"} },
		press: func(h *house, v *screen, k subject) {
			h.press(v, "-b", k.name+"-b", "\r", k.name+" changed")
		},
		act: func(t *testing.T, s client.Service, k subject) error {
			_, err := s.Update(t.Context(), k.id, apikey.Patch{Name: text(k.name + "-b")})
			return err
		}},
	{name: "disable", what: desk.Update, of: true, label: "enable/disable", key: "x", shows: "NAME disabled", sent: "PUT /ID", receipt: []string{`disable done certain of NAME (ID) before {"enabled":true} after {"enabled":false}`},
		command: func(k subject) []string { return []string{"update", k.id, "--disable"} },
		act: func(t *testing.T, s client.Service, k subject) error {
			_, err := s.Update(t.Context(), k.id, apikey.Patch{Enabled: new(bool)})
			return err
		}},
	{name: "enable", what: desk.Update, of: true, off: true, label: "enable/disable", key: "x", shows: "NAME enabled", sent: "PUT /ID", receipt: []string{`enable done certain of NAME (ID) before {"enabled":false} after {"enabled":true}`},
		command: func(k subject) []string { return []string{"update", k.id, "--enable"} },
		act: func(t *testing.T, s client.Service, k subject) error {
			on := true
			_, err := s.Update(t.Context(), k.id, apikey.Patch{Enabled: &on})
			return err
		}},
	{name: "delete", what: desk.Delete, of: true, label: "delete", key: "d", shows: "Delete a key", sent: "DELETE /ID", receipt: []string{`delete done certain of NAME (ID) before {"enabled":true,"masked":"ITS","role":"reader"}`},
		command: func(k subject) []string { return []string{"delete", k.id, "--yes"} },
		press:   func(h *house, v *screen, k subject) { h.press(v, "\t", "▸ Delete ◂", "\r", k.name+" deleted") },
	},
	{name: "delete-by-rotation", what: desk.Delete, of: true, sent: "DELETE /ID", receipt: []string{`delete done certain of NAME (ID) before {"enabled":true,"role":"reader"}`},
		act: func(t *testing.T, s client.Service, k subject) error {
			_, err := s.Delete(t.Context(), k.id)
			return err
		}},
	{name: "public-key", what: desk.PublicKey, label: "new", key: "n", shows: "New key", sent: "GET /pk", receipt: []string{`public-key done certain of NAME granted {"expires_at":"TIME"}`}, refused: desk.Create,
		command: func(k subject) []string { return []string{"public-key", "--name", k.name, "--ttl", "24h"} },
		press: func(h *house, v *screen, k subject) {
			h.press(v, "\x1b[B", "▸ public key", "\r", "Request a public key", k.name, k.name, "\r", "The id of a project", "\r", "↑ ↓ choose", "\r", "▸ Request ◂", "\r", "hidden, 62 characters", "\r", "!hidden, 62")
		},
		act: func(t *testing.T, s client.Service, k subject) error {
			_, err := s.Abilities().RequestPublicKey(t.Context(), apikey.PublicKeyRequest{Name: k.name, TTL: 24 * 3600})
			return err
		}},
	{name: "rotate", what: desk.Rotate, of: true, label: "rotate", key: "r", shows: "Begin: planned", sent: "POST", receipt: []string{`rotate done certain of NAME (ID) [planned, strategy create, drain 15m by default, soak 10m by default]`,
		`create done certain of NAME ~MARK granted {"enabled":true,"expires_at":null,"project":"ITS","role":"reader","type":"sk"}`},
		exit:    host.ExitNo, // it stops where a person is asked
		command: func(k subject) []string { return []string{"rotate", k.id, "--yes"} },
		press: func(h *house, v *screen, k subject) {
			h.press(v, "\r", "✓ Preflight ", "\r", "✓ Create ", "\r", "✓ Deliver ", "\x1b", "!CERTAIN")
		}},
	{name: "resume", what: desk.Rotate, of: true, open: true, label: "rotations", key: "R", shows: "resume or undo", exit: host.ExitNo,
		command: func(k subject) []string { return []string{"rotate", "--resume", k.rotation, "--yes"} },
		press: func(h *house, v *screen, _ subject) {
			h.press(v, "\r", "all of it is so", "\x1b", "!all of it is so", "\x1b", "!CERTAIN")
		}},
	{name: "abort", what: desk.Rotate, of: true, open: true, label: "rotations", key: "R", shows: "resume or undo", sent: "DELETE /ID",
		receipt: []string{`delete done certain of NAME ~MARK before {"enabled":true,"role":"reader"}`, `abort done certain of NAME (ID) [rotation ROTATION]`},
		command: func(k subject) []string { return []string{"rotate", "--abort", k.rotation} },
		press: func(h *house, v *screen, _ subject) {
			h.press(v, "\r", "all of it is so", "u", "Undo? This is what happens", "y", "Undone.")
		}},
	{name: "close", what: desk.Rotate, of: true, open: true, label: "rotations", key: "R", shows: "resume or undo",
		receipt: []string{`close done certain of NAME (ID) [rotation ROTATION: over]`},
		command: func(k subject) []string { return []string{"rotate", "--close", k.rotation, "--reason", "over"} },
		press: func(h *house, v *screen, _ subject) {
			h.press(v, "\r", "all of it is so", "c", "Close this rotation as it stands?", "y", "(it is recorded)", "over", "over", "\r", "Closed as it stands.")
		}},
	{name: "retrieve", what: desk.Retrieve, of: true, sent: "GET /ID", receipt: []string{`retrieve refused certain of NAME (ID) [not given]`},
		command: func(k subject) []string { return []string{"retrieve", k.id} },
		act: func(t *testing.T, s client.Service, k subject) error {
			_, err := s.Abilities().Retrieve(t.Context(), k.id)
			return err
		}},
	{name: "verify", of: true, label: "verify a secret", key: "v", shows: "Verify a secret",
		command: func(subject) []string { return []string{"verify"} }, stdin: func(k subject) string { return k.secret },
		press: func(h *house, v *screen, k subject) {
			h.press(v, "\x1b[200~"+k.secret+"\x1b[201~", "•", "\r", "valid", "\x1b", "!Verify a secret")
		}},
	{name: "list", of: true, label: "first", key: "g", shows: "keys", command: func(subject) []string { return []string{"list"} }},
}

// press presses keys, each followed by what the screen shows then.
func (h *house) press(v *screen, pairs ...string) {
	h.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		h.pass(400 * time.Millisecond)
		v.press(pairs[i])
		if gone, ok := strings.CutPrefix(pairs[i+1], "!"); ok {
			waitFor(h.t, "the screen shows no more "+gone, func() bool { return !v.shows(gone) })
			continue
		}
		v.wait(pairs[i+1])
	}
}

// find puts the cursor on a key.
func (h *house) find(v *screen, k subject) {
	h.t.Helper()
	h.pass(400 * time.Millisecond)
	v.press("/")
	v.press("\x15" + k.name)
	waitFor(h.t, "the cursor is on "+k.name, func() bool { return v.shows("1 of ") && strings.Count(v.term.String(), k.name) >= 2 })
	v.press("\r")
	v.wait("/ filter")
}

// grid is a table of words by row and column.
func grid(t *testing.T, text string) (rows, columns []string, at func(row, column string) string) {
	t.Helper()
	cells := map[[2]string]string{}
	for i, l := range strings.Split(strings.TrimSpace(text), "\n") {
		words := strings.Fields(l)
		if i == 0 {
			columns = words
			continue
		}
		if len(words) != len(columns)+1 {
			t.Fatalf("the row %q has no cell for each of %v", l, columns)
		}
		rows = append(rows, words[0])
		for j, c := range columns {
			cells[[2]string{words[0], c}] = words[j+1]
		}
	}
	return rows, columns, func(row, column string) string { return cells[[2]string{row, column}] }
}

// TestEveryOrderIsTheSameOnEveryFrontForEveryRole: what is refused is refused in the same words and with the same record, and nothing
// is sent; what is done is sent once, with the same receipt.
func TestEveryOrderIsTheSameOnEveryFrontForEveryRole(t *testing.T) {
	_, _, verdict := grid(t, verdicts)
	_, _, offered := grid(t, offers)
	for _, w := range people {
		if testing.Short() && strings.HasSuffix(w.name, "-ro") { // what runs side by side is the same
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, w)
			s := &seat{house: h, w: w}
			for _, o := range orderRows {
				c := cell{order: o, w: w, verdict: verdict(o.name, w.name)}
				if word := offered(o.name, "command"); word != "-" {
					h.onCommand(c, word == "yes")
				}
				if word := offered(o.name, "screen"); word == "yes" || word == "writes" && w.profile == "w" {
					s.onScreen(c)
				}
				if word := offered(o.name, "exec"); word != "-" && w.role != "" {
					h.onExec(c, word == "yes")
				}
				if offered(o.name, "act") == "yes" {
					h.onAct(c)
				}
			}
			s.leave()
		})
	}
}

// cell is one of the table's.
type cell struct {
	order
	w       who
	verdict string
	front   string
	k       subject
}

func (c cell) String() string { return c.name + " by " + c.w.name + ", " + c.front }

// ask makes what an order is of, and forgets what was before.
func (h *house) ask(c cell, front string) cell {
	h.t.Helper()
	c.front = front
	if c.on != nil {
		c.receipt = c.on[front]
		_ = os.Remove(h.place) // what it holds would be asked about
	}
	if c.setup != "" {
		h.made++
		c.k.name, c.k.url, c.k.secret = fmt.Sprintf("p%03d", h.made), h.url, h.token
		h.configure(h.parts...)
		h.pass(15 * time.Minute) // twenty refusals an hour are on record each; more are counted
	} else if c.of {
		c.k = h.key(c.name, c.off)
	} else {
		h.made++
		c.k.name = fmt.Sprintf("%s-%03d", c.name, h.made)
	}
	if c.what == desk.Rotate {
		if err := os.WriteFile(h.place, []byte(c.k.secret), 0o600); err != nil {
			h.t.Fatal(err)
		}
	}
	if c.open {
		c.k.rotation = h.openRotation(c)
	}
	h.begin()
	return c
}

// openRotation is a rotation that waits for a person, on the profile of whoever is to act.
func (h *house) openRotation(c cell) string {
	h.t.Helper()
	begun := h.command(people[0], "", []string{"rotate", c.k.id, "--yes"})
	if begun.code != host.ExitNo {
		h.t.Fatalf("%s: nothing is open: %+v", c, begun)
	}
	var all []struct {
		ID  string
		Old struct{ ID string }
	}
	decode(h.t, h.must("rotations", "-o", "json"), &all)
	for _, r := range all {
		if r.Old.ID != c.k.id {
			continue
		}
		path := filepath.Join(h.home, ".local/state/detent", r.ID+".json")
		journal := strings.Replace(read(h.t, path), `"profile": "w"`, fmt.Sprintf(`"profile": %q`, c.w.profile), 1)
		if err := os.WriteFile(path, []byte(journal), 0o600); err != nil {
			h.t.Fatal(err)
		}
		return r.ID
	}
	h.t.Fatalf("%s: no rotation in %+v: %+v", c, all, begun)
	return ""
}

// settle holds what came of a cell against its verdict: said is what the front said.
func (h *house) settle(c cell, said string) {
	h.t.Helper()
	var want []string
	sent := []string{}
	switch why := sentences[c.verdict]; {
	case c.verdict == "done":
		want = c.receipt
		if c.sent != "" {
			sent = append(sent, c.sent)
		}
	case why == "":
		h.t.Fatalf("%s: no such verdict: %s", c, c.verdict)
	default:
		if !strings.Contains(said, why) {
			h.t.Errorf("%s: refused in other words than %q: %s", c, why, said)
		}
		if record := h.onRecord(c, why); record != "" {
			action := c.what
			if (c.front == "screen" || c.on != nil) && c.refused != "" && record == desk.BeyondRole {
				action = c.refused
			}
			of := ""
			if c.of {
				of = " of NAME (ID)"
			}
			want = append(want, string(action)+" refused certain"+of+" ["+record+"] [as "+string(c.w.role)+"]")
		}
	}
	h.recorded(c, want)
	if got := h.calls(); !slices.Equal(append([]string{}, got...), sent) {
		h.t.Errorf("%s: sent %q, want %q", c, got, sent)
	}
	if c.what == desk.Rotate && (c.verdict == "done" || c.open) {
		h.endRotation(c)
	}
}

// without is a record without what is of this run alone.
func (h *house) without(text string) string {
	text = aJob.ReplaceAllString(aToken.ReplaceAllString(text, "file PLACE"), "JOB")
	return strings.NewReplacer(h.place, "PLACE", h.url, "URL").Replace(text)
}

// onRecord is the reason that a refusal has on record; empty where it is not.
func (h *house) onRecord(c cell, why string) string {
	switch {
	case desk.OfRole(why):
		return desk.BeyondRole
	case why == desk.ProfilesAreHeres:
		return "changes the server's configuration"
	}
	return ""
}

// recorded holds the records of a cell against those that it has to have.
func (h *house) recorded(c cell, want []string) {
	h.t.Helper()
	if got, _ := h.look(c.also); len(got) < len(want) { // a session records on its own time
		waitFor(h.t, fmt.Sprintf("%s: %d records, %q", c, len(want), want), func() bool { got, _ = h.look(c.also); return len(got) >= len(want) })
	}
	var got []string
	for _, r := range h.records(c.also...) {
		got = append(got, h.without(inWords(r, c.k)))
		if c.setup != "" {
			if of := strings.ReplaceAll(c.setup, "NAME", c.k.name); r.Profile != of && r.Profile != "" && r.Action != "command" || c.w.role != "" && r.Who != c.w.name {
				h.t.Errorf("%s: on record by %s on %s", c, r.Who, r.Profile)
			}
			continue
		}
		if who := c.w.name; r.Profile != c.w.profile && r.Action != "command" || r.Service != wirename.Vertesia && r.Action != "command" || c.w.role != "" && r.Who != who {
			h.t.Errorf("%s: on record by %s on %s %s", c, r.Who, r.Service, r.Profile)
		}
	}
	if !slices.Equal(got, want) {
		h.t.Errorf("%s: on record\n  %s\nwant\n  %s", c, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// endRotation takes an open rotation out of the way of the next.
func (h *house) endRotation(c cell) {
	h.t.Helper()
	var open []struct{ ID, State string }
	decode(h.t, h.must("rotations", "-o", "json"), &open)
	for _, r := range open {
		if r.State == "open" {
			h.must("rotate", "--close", r.ID, "--reason", "over")
		}
	}
	left, err := filepath.Glob(h.place + "*")
	if err != nil || len(open) == 0 {
		h.t.Errorf("%s: %d rotations, %v", c, len(open), err)
	}
	for _, path := range left {
		_ = os.Remove(path)
	}
}

func (h *house) onCommand(c cell, offered bool) {
	h.t.Helper()
	c = h.ask(c, "command")
	in := ""
	if c.stdin != nil {
		in = c.stdin(c.k)
	}
	r := h.command(c.w, in, c.command(c.k))
	if !offered {
		if r.code != host.ExitUsage || !strings.Contains(r.stderr, fmt.Sprintf("unknown command %q", c.command(c.k)[0])) {
			h.t.Errorf("%s: %+v", c, r)
		}
		c.verdict, c.sent, c.receipt = "done", "", nil
		h.settle(c, r.stderr)
		return
	}
	want := host.ExitUsage
	if c.verdict == "done" {
		want = c.exit
	}
	if r.code != want {
		h.t.Errorf("%s: exit %d, want %d: %s", c, r.code, want, r.stderr)
	}
	h.settle(c, r.stderr)
}

func (h *house) onExec(c cell, offered bool) {
	h.t.Helper()
	c = h.ask(c, "exec")
	in := ""
	if c.stdin != nil {
		in = c.stdin(c.k)
	}
	r := h.exec(c.w.name, shellquote.Join(c.command(c.k)...), in)
	if offered {
		if r.code != host.ExitDone {
			h.t.Errorf("%s: %+v", c, r)
		}
		h.settle(c, r.stderr)
		return
	}
	if r.code != host.ExitUsage || !strings.Contains(r.stderr, "over SSH there are list, check, rotations and verify") || r.stdout != "" {
		h.t.Errorf("%s: %+v", c, r)
	}
	h.recorded(c, []string{"command refused certain [a command that is not offered] [as " + string(c.w.role) + "]"})
	if got := h.calls(); len(got) > 0 {
		h.t.Errorf("%s: sent %q", c, got)
	}
	if c.open {
		h.endRotation(c)
	}
}

func (h *house) onAct(c cell) {
	h.t.Helper()
	c = h.ask(c, "act")
	s, done := h.acts(c.w)
	defer done()
	if _, err := client.ListAll(h.t.Context(), s); err != nil { // as a rotation does
		h.t.Fatal(err)
	}
	said := ""
	err := c.act(h.t, s, c.k)
	if err != nil {
		said = err.Error()
	}
	if (err == nil) != (c.verdict == "done") || err != nil && (!client.IsKind(err, client.ReadOnly) || client.MayHaveHappened(err)) {
		h.t.Errorf("%s: %v", c, err)
	}
	h.settle(c, said)
}

// seat is where somebody has the screens open.
type seat struct {
	*house
	w  who
	v  *screen
	k  subject // what is refused is of this one
	up func()
}

func (s *seat) leave() {
	if s.v != nil {
		s.up()
	}
	s.v = nil
}

func (s *seat) onScreen(c cell) {
	s.t.Helper()
	if c.setup != "" {
		s.onProfiles(c)
		return
	}
	if c.verdict == "done" {
		c = s.ask(c, "screen")
		s.leave() // and to a list that has the key
		s.v, s.up = s.screens(s.w)
		if c.of && !c.open {
			s.find(s.v, c.k)
		}
		s.press(s.v, c.key, strings.ReplaceAll(c.shows, "NAME", c.k.name))
		if c.press != nil {
			c.press(s.house, s.v, c.k)
		}
		s.settle(c, "")
		s.leave() // good news stays in the footer for a while
		return
	}
	if c.open {
		s.onRotation(c)
		return
	}
	if s.v == nil { // nothing happens to this key
		s.k = s.key("untouched", false)
		s.v, s.up = s.screens(s.w)
		s.find(s.v, s.k)
	}
	c.front = "screen"
	if c.of {
		c.k = s.k
	}
	s.begin()
	why := c.label + ": " + sentences[c.verdict]
	s.press(s.v, c.key, why)
	s.settle(c, why)
	s.press(s.v, "j", "!"+why) // bad news goes with the next key
}

// onRotation is a rotation that is gone to and may not be gone on with. Who may only look is shown what was seen, which is no refusal.
func (s *seat) onRotation(c cell) {
	s.t.Helper()
	c = s.ask(c, "screen")
	s.leave()
	s.v, s.up = s.screens(s.w)
	why := sentences[c.verdict]
	if c.verdict == "viewer" {
		s.press(s.v, c.key, "enter evidence", "\r", "WHAT WAS SEEN")
		c.verdict, c.sent, c.receipt = "done", "", nil
	} else {
		s.press(s.v, c.key, c.shows, "\r", why)
	}
	s.settle(c, why)
	s.leave()
}

// TestTheTableOfOrdersIsWhole: it has each order that the desk knows, each role, each command that is about keys, and a row for each of its words.
func TestTheTableOfOrdersIsWhole(t *testing.T) {
	rows, columns, verdict := grid(t, verdicts)
	fronts, names, _ := grid(t, offers)
	if !slices.Equal(rows, fronts) || !slices.Equal(names, []string{"command", "screen", "exec", "act"}) {
		t.Errorf("the rows %v are of fronts %v by %v", rows, fronts, names)
	}
	known, asked, commands := map[string]bool{}, map[string]bool{}, map[string]bool{"completion": true, "version": true, "man": true, "help": true, "serve": true, "ssh": true}
	for _, c := range []string{"rotations", "check", "audit", "show", "permissions", "issuer"} { // they read what is here, and have tests of their own by role
		commands[c] = true
	}
	for i, o := range orderRows {
		if i >= len(rows) || rows[i] != o.name {
			t.Errorf("%s has no row of its own", o.name)
		}
		known[string(o.what)] = true
		if o.command != nil {
			commands[o.command(subject{id: "k", name: "k"})[0]] = true
		}
	}
	for _, w := range people {
		asked[string(w.role)+" "+w.profile] = true
		if !slices.Contains(columns, w.name) {
			t.Errorf("%s has no column", w.name)
		}
		for _, r := range rows {
			if v := verdict(r, w.name); v != "done" && sentences[v] == "" {
				t.Errorf("%s by %s: %q is no verdict", r, w.name, v)
			}
		}
	}
	for _, acts := range []desk.What{desk.Roll, desk.EndOverlap, desk.KeepFormer} { // no front makes them: a rotation's acts, of a wire that this table's service does not have
		known[string(acts)] = true
	}
	for _, what := range constants(t, "../desk", "What") {
		if !known[what] {
			t.Errorf("the desk's order %s is in no row", what)
		}
	}
	for _, role := range append(constants(t, "../config", "Role"), "") {
		if !asked[role+" w"] || !asked[role+" ro"] {
			t.Errorf("the role %q is in no column", role)
		}
	}
	root := newApp(World{Out: io.Discard, Err: io.Discard}).root()
	for _, c := range root.Commands() {
		if !commands[c.Name()] {
			t.Errorf("detent %s is in no row", c.Name())
		}
	}
}

// constants are the values of a package's constants of one type.
func constants(t *testing.T, dir, of string) (values []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, named := spec.Type.(*ast.Ident); !named || kind.Name != of {
				return false
			}
			for _, v := range spec.Values {
				if lit, isText := v.(*ast.BasicLit); isText {
					values = append(values, strings.Trim(lit.Value, `"`))
				}
			}
			return false
		})
	}
	if len(values) < 3 {
		t.Fatalf("%s has the %ss %v", dir, of, values)
	}
	return values
}
