package world

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
)

// epoch is when every walk begins.
var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// canary is in every secret of the world and nowhere else.
const canary = "q7Xz0CanaryW"

// key is one key as it truly is.
type key struct {
	id     string
	text   string // the secret's bytes
	secret apikey.Secret
	row    apikey.Key // as the service has it now; enabled and last use are filled in when it is shown
	asked  apikey.Key // as it was asked for, of one that the program had made
	past   []pastRow  // what it was before, oldest first
	born   time.Time
	// enabled since, or disabled since, the moment.
	enabled bool
	since   time.Time
	gone    time.Time // deleted; zero while it is there
	ours    bool      // made by the program's create, or pasted to it
	stamps  []stamp   // last uses as they are written down
	// struck is the sequence number of the last thing that others did to its life; probed, of the last answer that the
	// program had about its secret in this act.
	struck, probed int
	taken          time.Time // when the service truly took its secret last, in this act
	byOthers       bool      // somebody else deleted it
	// Of a roll: when the key got this secret, the one that it had before, the end that that had, and when the overlap is over.
	rolled         apikey.Moment
	earlier        *key
	kept, overlaps apikey.Moment
	before         bool // it was accepted when the rotation began
}

type pastRow struct {
	until   time.Time
	row     apikey.Key
	enabled bool
}

// stamp is a last use as the service writes it: the value, and when a list begins to show it.
type stamp struct{ seen, value time.Time }

// app is an application that uses a key.
type app struct {
	name  string
	place *place // where it takes its secret from; nil for one that has it in a place that nobody told us of
	text  string // the secret that it has, where it does not read at each use
	every time.Duration
	since time.Time
	off   bool
}

// rowOf is a row as the service shows it.
type rowOf = apikey.Key

// scheduled is something that happens later.
type scheduled struct {
	at time.Time
	do func()
}

// clocks are what shows the time: the truth's own, the program's two, the service's.
type clocks struct {
	now    time.Time
	asleep time.Duration // how much of it the program's monotonic clock has missed
	wall   time.Duration // how far the wall clock of the program's machine is off
	server time.Duration // how far the service's is
}

func (c clocks) mono() time.Time      { return c.now.Add(-c.asleep) }
func (c clocks) wallTime() time.Time  { return c.now.Add(c.wall) }
func (c clocks) serverNow() time.Time { return c.now.Add(c.server) }

// addKey makes a key at this moment.
func (w *world) addKey(row apikey.Key, born time.Time) *key {
	w.made++
	if row.ID == "" {
		row.ID = fmt.Sprintf("key-%d", w.made)
	}
	k := &key{id: row.ID, text: fmt.Sprintf("%s%04d%s%s", w.sc.Prefix, w.made, canary, "abcdef0123456789"), row: row, born: born, enabled: true}
	k.secret = apikey.NewSecret(k.text)
	if w.sc.Masks {
		k.row.Masked = k.text[:len(w.sc.Prefix)+4] + "…"
	}
	w.keys = append(w.keys, k)
	w.seq++
	return k
}

// keyWith is the first key of which that is so; nil for none.
func (w *world) keyWith(is func(*key) bool) *key {
	if i := slices.IndexFunc(w.keys, is); i >= 0 {
		return w.keys[i]
	}
	return nil
}

func (w *world) keyByID(id string) *key {
	return w.keyWith(func(k *key) bool { return k.id == id && id != "" })
}

func (w *world) keyByText(text string) *key {
	return w.keyWith(func(k *key) bool { return k.text == text })
}

func (w *world) keyBySecret(s apikey.Secret) *key {
	return w.keyWith(func(k *key) bool { return k.secret.Equal(s) })
}

// change changes what the service has written of a key.
func (w *world) change(k *key, edit func(*apikey.Key)) {
	k.past = append(k.past, pastRow{w.now, k.row, k.enabled})
	edit(&k.row)
	w.seq++
}

// enable turns a key on or off; by others it counts as their strike.
func (w *world) enable(k *key, on bool) {
	if k.enabled == on {
		return
	}
	k.past = append(k.past, pastRow{w.now, k.row, k.enabled})
	k.enabled, k.since = on, w.now
	w.seq++
}

// remove deletes a key.
func (w *world) remove(k *key) {
	if k.gone.IsZero() {
		k.gone = w.now
		w.seq++
	}
}

func (k *key) expired(at time.Time) bool {
	end, ends := k.row.ExpiresAt.Time()
	return ends && !at.Before(end)
}

// alive says whether a key is meant to work: there, on, not over.
func (w *world) alive(k *key) bool {
	return k != nil && k.gone.IsZero() && k.enabled && !k.expired(w.now)
}

// accepts says whether the service takes a key's secret now, with the lags that it has.
func (w *world) accepts(k *key) bool {
	switch {
	case k == nil || w.now.Before(k.born.Add(w.sc.AcceptLag)) || k.expired(w.now):
		return false
	case !k.gone.IsZero():
		return w.now.Before(k.gone.Add(w.sc.RevokeLag)) && (k.enabled || w.now.Before(k.since.Add(w.sc.RevokeLag)))
	case !k.enabled:
		return w.now.Before(k.since.Add(w.sc.RevokeLag))
	}
	return k.since.IsZero() || !w.now.Before(k.since.Add(w.sc.EnableLag))
}

// use writes down that a secret was used at a moment.
func (w *world) use(k *key, at time.Time) {
	if k == w.old {
		w.oldUses = append(w.oldUses, at)
	}
	if !w.sc.SeesUse {
		return
	}
	when := at.Add(w.server) // a stamp is by the service's clock
	if n := len(k.stamps); n > 0 && w.sc.UseEvery > 0 && when.Sub(k.stamps[n-1].value) < w.sc.UseEvery {
		return
	}
	k.stamps = append(k.stamps, stamp{at.Add(w.sc.UseDelay), when.Truncate(max(w.sc.UseRound, time.Nanosecond))})
	for len(k.stamps) > 1 && !k.stamps[1].seen.After(w.listTime()) {
		k.stamps = k.stamps[1:]
	}
}

// shown is a key's row as a list of that moment has it.
func (w *world) shown(k *key, at time.Time) apikey.Key {
	row, enabled := k.row, k.enabled
	for _, p := range k.past {
		if at.Before(p.until) {
			row, enabled = p.row, p.enabled
			break
		}
	}
	if w.sc.Disable {
		row.Enabled = &enabled
	}
	if end, ends := row.ExpiresAt.Time(); ends && w.sc.Skew != 0 { // by the service's clock
		row.ExpiresAt = apikey.At(end.Add(w.sc.Skew))
	}
	if made, known := row.CreatedAt.Time(); known && w.sc.Skew != 0 {
		row.CreatedAt = apikey.At(made.Add(w.sc.Skew))
	}
	if w.sc.SeesUse {
		row.LastUsedAt = apikey.Never()
		for _, s := range k.stamps {
			if !s.seen.After(at) {
				row.LastUsedAt = apikey.At(s.value)
			}
		}
	}
	return row
}

// listTime is the moment that a list of now shows.
func (w *world) listTime() time.Time {
	at := w.now.Add(-w.sc.ListLag)
	if !w.frozen.IsZero() && w.frozen.Before(at) {
		at = w.frozen
	}
	return at
}

// unlisted reports whether a list of that moment lacks a key that was there: deleted, or hidden.
func (w *world) unlisted(k *key, at time.Time) bool {
	return !k.gone.IsZero() && !k.gone.After(at) && !w.now.Before(k.gone.Add(w.sc.GoneLag)) || slices.Contains(w.hidden, k.id)
}

// recognised reports whether something that the program has had tells whose a secret is: a mask, or a place that held it before.
func (w *world) recognised(k *key) bool {
	return w.sc.Masks || slices.ContainsFunc(w.readables(), func(p *place) bool { return p.former == k.text })
}

// secretOf is what an application uses at this moment.
func (w *world) secretOf(a *app) string {
	if a.place != nil && !a.place.then {
		return a.place.content()
	}
	return a.text
}

// pass lets time go by for everybody; awake is false where the program's machine sleeps meanwhile.
func (w *world) pass(d time.Duration, awake bool) {
	if d <= 0 {
		return
	}
	end := w.now.Add(d)
	for {
		i := -1
		for j, s := range w.later {
			if !s.at.After(end) && (i < 0 || s.at.Before(w.later[i].at)) {
				i = j
			}
		}
		if i < 0 {
			break
		}
		due := w.later[i]
		w.later = slices.Delete(w.later, i, i+1)
		w.until(due.at, awake)
		due.do()
	}
	w.until(end, awake)
}

// until moves to a moment, with the uses on the way.
func (w *world) until(end time.Time, awake bool) {
	if !end.After(w.now) {
		return
	}
	from := w.now
	for _, a := range w.apps {
		if a.off || a.every <= 0 {
			continue
		}
		k := w.keyByText(w.secretOf(a))
		if k == nil {
			continue
		}
		last := a.since.Add(end.Sub(a.since).Truncate(a.every))
		if !last.After(from) {
			continue
		}
		at := last
		if first := a.since.Add((from.Sub(a.since) + a.every).Truncate(a.every)); w.sc.UseEvery > 0 && first.After(from) {
			// The writing is throttled: which of the uses is written depends on the one that was.
			for ; first.Before(last); first = first.Add(max(a.every, w.sc.UseEvery.Truncate(a.every))) {
				if w.now = first; w.accepts(k) {
					w.use(k, first)
				}
			}
		}
		if w.now = at; w.accepts(k) {
			w.use(k, at)
		}
	}
	w.now = end
	if !awake {
		w.asleep += end.Sub(from)
	}
}

func (w *world) afterwards(d time.Duration, do func()) {
	w.later = append(w.later, scheduled{w.now.Add(d), do})
}

// longest is longer than anything takes to show.
func (w *world) longest() time.Duration {
	return w.sc.ListLag + w.sc.GoneLag + w.sc.RevokeLag + w.sc.AcceptLag + w.sc.EnableLag + w.sc.UseDelay + 2*time.Minute
}

// baseOf is a name without the marks of rotations.
func baseOf(name string) string {
	for {
		i := strings.LastIndex(name, "~r")
		if i < 0 || len(name)-i != 12 {
			return name
		}
		name = strings.TrimSuffix(name[:i], " ")
	}
}

// access compares what two keys may do, field by field: the names of the fields that differ.
func access(a, b apikey.Key) []string {
	var out []string
	if permissionText(a) != permissionText(b) {
		out = append(out, "permissions")
	}
	if a.Role != b.Role {
		out = append(out, "role")
	}
	if a.Environment != b.Environment {
		out = append(out, "environment")
	}
	if restrictionText(a) != restrictionText(b) {
		out = append(out, "restrictions")
	}
	if a.Project != b.Project {
		out = append(out, "project")
	}
	return out
}

func permissionText(k apikey.Key) string {
	var all []string
	for _, p := range k.Permissions {
		all = append(all, p.Name)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func restrictionText(k apikey.Key) string {
	if k.Restrictions == nil {
		return ""
	}
	return strings.Join(slices.Sorted(slices.Values(k.Restrictions.IPAddresses)), " ")
}

// life is how long a key lives; 0 is for ever.
func life(k apikey.Key) time.Duration {
	end, ends := k.ExpiresAt.Time()
	start, _ := k.CreatedAt.Time()
	if !ends {
		return 0
	}
	return end.Sub(start)
}

// ended compares how long two keys live.
func ended(a, b apikey.Key) []string {
	was, is := life(a), life(b)
	if (was == 0) != (is == 0) || (is-was).Abs() > was/20+2*time.Second {
		return []string{"expires_at"}
	}
	return nil
}

func (k *key) String() string {
	state := "alive"
	switch {
	case !k.gone.IsZero():
		state = "deleted"
	case !k.enabled:
		state = "disabled"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %q %s", k.id, k.row.Name, state))
}

func (w *world) struck(k *key) {
	w.seq++
	k.struck = w.seq
}

// changedByOthers reports whether somebody else has changed the row.
func (w *world) changedByOthers(k *key) bool { return len(k.past) > 0 && k.struck > 0 }
