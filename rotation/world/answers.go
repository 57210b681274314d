package world

import (
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/rotation"
)

// This file is what the operator answers where the program asks, from the truth.

// answerTo is the choice that the truth makes.
func (w *world) answerTo(a ask) (choice string, secret apikey.Secret, ok bool) {
	choice, ok = rotation.Yes, true
	fresh := w.newKey()
	switch a.kind {
	case rotation.AskPaste:
		secret = w.inDashboard().secret
		if wrong := map[string]*key{"old": w.old, "other": w.other}[w.sc.Pastes]; wrong != nil && !w.pasted {
			secret, w.pasted = wrong.secret, true
			w.pastedKey = wrong
		} else {
			w.pastedKey = w.keyBySecret(secret)
		}
	case rotation.AskWhose:
		if !w.isAbout(a) {
			choice = rotation.No
		}
	case rotation.AskAttest:
		w.moveApps()
		for _, p := range w.places {
			if fresh != nil && p.content() != fresh.text && !(p.left && p.readable()) {
				if p.readable() {
					return "", secret, false
				}
				p.put(fresh.text) // handed over by hand
			}
		}
		w.attested = true
	case rotation.AskUnread:
		p := w.placeOf(a.subject)
		if p == nil || fresh == nil {
			return "", secret, false
		}
		if p.content() != fresh.text {
			p.put(fresh.text)
		}
	case rotation.AskUndone:
		p := w.placeOf(a.subject)
		if p == nil {
			return "", secret, false
		}
		if !p.readable() {
			p.put(p.former)
			return rotation.Yes, secret, true
		}
		if len(w.restores) > 0 {
			w.putRight()
			return "again", secret, true
		}
		if value := p.content(); value == p.former || value == w.old.text && w.alive(w.old) { // put back by hand, and the copy is lost
			p.left = p.left || value != p.former
			return rotation.Yes, secret, true
		}
		if !w.goingBack && w.alive(fresh) {
			return "turn", secret, true
		}
		if k := w.keyByText(p.content()); p.content() == "" || fresh == nil || k != nil && k.ours {
			p.put(p.former)
			return rotation.Yes, secret, true
		}
		return "", secret, false
	case rotation.AskAgain:
		w.putRight()
	case rotation.AskAccept, rotation.AskLacks, rotation.AskMixed, rotation.AskTracked, rotation.AskOwner:
	case rotation.AskRevive:
		w.revived = true
	case rotation.AskReplace: // the place is not the right one, until what was done to it is put right
		ok = w.isRight(w.placeOf(a.subject))
	case rotation.AskUnproven:
		choice, ok = w.works(fresh)
	case rotation.AskCarries:
		ok = w.alive(w.old) || !w.old.enabled && w.old.gone.IsZero() || !slices.ContainsFunc(w.places, func(p *place) bool { return p.touched })
		w.vouched = w.vouched || ok && w.acceptAll // nobody can see whether its secret works
	case rotation.AskTurn:
		ok = w.alive(fresh) || !w.alive(w.old)
	case rotation.AskLives:
		ok = w.alive(w.old)
	case rotation.AskBothGone:
		if w.alive(fresh) && !w.rowSeen(fresh) && w.now.Before(fresh.born.Add(w.sc.ListLag+time.Minute)) { // it is there, and the list is behind
			return "", secret, false
		}
		choice, w.remade = w.another(), true
	case rotation.AskDashboard:
		w.remove(w.old)
	case rotation.AskCleanup:
		w.putRight()
		for _, k := range w.keys {
			if k.ours && k != fresh && k.gone.IsZero() && !w.heldAnywhere(k.text) {
				w.remove(k)
			}
		}
		if w.rival != nil && w.rival.gone.IsZero() && !w.heldAnywhere(w.rival.text) {
			w.remove(w.rival)
		}
	default:
		ok = false
	}
	return choice, secret, ok
}

// works is the answer to whether the new key does; none while it may come back.
func (w *world) works(fresh *key) (choice string, ok bool) {
	ok = w.alive(fresh)
	w.vouched = w.vouched || ok
	if fresh != nil && (!fresh.gone.IsZero() || fresh.expired(w.now)) {
		return rotation.Fails, true
	}
	return rotation.Yes, ok
}

// isRight: a place that holds the old secret is the right one, whatever the service says of it.
func (w *world) isRight(p *place) bool {
	if p == nil || p.content() != w.old.text {
		return false
	}
	if len(p.copies()) == 0 { // no copy is kept yet
		p.former = w.old.text
	}
	p.replace = true
	w.revived = w.revived || !w.alive(w.old) // the service refuses what it holds, and that is said
	return true
}

// isAbout reports whether a question about a pasted secret names its key. The list may be behind, and name another.
func (w *world) isAbout(a ask) bool {
	k := w.pastedKey
	if k != nil && k.ours && strings.Contains(a.text, k.id) {
		return true
	}
	w.pass(15*time.Second, true)
	if k != nil && k.ours { // one that the program has had before, and forgotten
		w.refusedPaste[k.id] = w.doubted == k
		w.doubted = k
	}
	return false
}

func (w *world) heldAnywhere(text string) bool {
	return slices.ContainsFunc(w.places, func(p *place) bool { return p.content() == text })
}

// inDashboard makes the key that the operator makes by hand, or is the one that was made.
func (w *world) inDashboard() *key {
	for _, k := range w.keys {
		if k.ours && w.alive(k) && !w.refusedPaste[k.id] {
			return k
		}
	}
	row := w.old.row
	row.ID, row.Name, row.CreatedAt = "", w.see().newName, apikey.At(w.now)
	if end, ends := w.old.row.ExpiresAt.Time(); ends {
		start, _ := w.old.row.CreatedAt.Time()
		row.ExpiresAt = apikey.At(w.now.Add(end.Sub(start)))
	}
	k := w.addKey(row, w.now)
	k.ours = true
	w.pass(2*time.Second, true)
	return k
}

// moveApps has every application that uses the old key somewhere, or an earlier secret of a key that was rolled again, use the new one.
func (w *world) moveApps() {
	fresh := w.newKey()
	for _, a := range w.apps {
		k := w.keyByText(a.text)
		if a.place == nil && (k == w.old || k != nil && k.rolled.Known() && k != fresh) {
			w.moveApp(a)
		}
	}
}

// another is the answer to whether another key is to take the place of one that is gone. Where keys are rolled there is none for a key that is over.
func (w *world) another() string {
	if w.sc.Roll > 0 && w.keyOver() || w.sc.Renew && w.noneToRoll() {
		return rotation.CloseIt
	}
	return rotation.Yes
}

// keyOver: no new secret brings the key back.
func (w *world) keyOver() bool {
	k := w.current()
	return k == nil || k.expired(w.now.Add(time.Minute))
}

// noneToRoll: neither the old key nor one that took its place is there to be rolled.
func (w *world) noneToRoll() bool {
	for _, k := range w.keys {
		if (k == w.old || k.ours) && w.alive(k) {
			return false
		}
	}
	return true
}
