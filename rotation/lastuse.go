package rotation

import (
	"time"

	"detent/apikey"
	"detent/client"
)

// watched reports whether the old key's last use can be watched.
func (r *Rotation) watched(old *apikey.Key) bool {
	return r.j.SeesUse && old.LastUsedAt.Known()
}

// ours reports whether a stamp is not older than our first request: one that is was left by somebody else, and since when it shows is not known.
func (u firstUse) ours(used apikey.Moment) bool {
	at, ok := used.Time()
	return ok && !u.at.IsZero() && !at.Before(u.server.Truncate(time.Second))
}

// seeSpacing learns how finely the new key's last use is written: the longest span between two moves of it while we use it at every look.
func (r *Rotation) seeSpacing(used apikey.Moment, now time.Time) {
	w := &r.wait
	defer func() { w.newUsed = used }()
	if !w.newUsed.Known() || w.newUsed.Equal(used) {
		return
	}
	if at, ok := used.Time(); w.probed.IsZero() || w.probed.Before(w.newMoved) ||
		ok && !w.answered.IsZero() && at.After(w.answered.Add(max(coarseSpacing, r.j.UseSpacing, r.caps.UseResolution))) {
		r.foreignUse = true // no probe of ours has left a stamp of that time
	}
	if !r.j.LastUseMoves && !r.newUse.at.IsZero() { // the first use shows only now
		r.seeDelay(used, now)
	}
	spacing := now.Sub(w.newMoved)
	if wholeSeconds(used) {
		spacing = max(spacing, coarseSpacing)
	}
	if !w.newMoved.IsZero() { // one move says nothing: when the one before it was made was not seen
		r.j.UseSpacing = max(r.j.UseSpacing, spacing)
	}
	w.newMoved = now
}

// seeDelay learns how late a use shows, of a stamp that has just appeared. It says itself when the use was, by the service's clock: it may be that of
// an earlier request than the last one, of an earlier process, or of an application. Where the service shows no clock it may be of any moment since the
// secret was there, and nothing tells it nearer.
func (r *Rotation) seeDelay(used apikey.Moment, now time.Time) {
	since := r.j.Started
	if made, ok := r.j.claimed(CreateAnswered, SubjectNew); ok {
		since = made.Evidence().At
	}
	late := max(now.Sub(r.newUse.at), r.w.Wall().Sub(since))
	if server, _, shown := client.ServerTime(r.svc); shown {
		if server.Nanosecond() == 0 && !wholeSeconds(used) { // the clock is told in whole seconds, and may be as much later
			server = server.Add(time.Second)
		}
		if at, ok := used.Time(); ok && !at.After(server) {
			late = server.Sub(at)
		}
	}
	r.j.LastUseMoves, r.j.UseDelay = true, late
}

func wholeSeconds(m apikey.Moment) bool {
	at, ok := m.Time()
	return ok && at.Nanosecond() == 0
}

// quietSpan is the shortest time without a use that this service's last use can show: what it is written at, and what it is behind.
// 0 while no two moves of it were seen.
func (r *Rotation) quietSpan() time.Duration {
	if r.j.UseSpacing == 0 {
		return 0
	}
	return max(r.j.UseSpacing, r.caps.UseResolution) + r.j.UseDelay
}
