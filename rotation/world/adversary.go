package world

import (
	"fmt"
	"slices"
	"time"

	"detent/apikey"
)

// mischief is one thing that the adversary can do.
type mischief struct {
	id     string
	weight int
	lying  bool     // the service lies about a secret: counted apart where shares are
	never  []string // the steps in which it cannot be
	// do does it, where it can be done now, and returns how it is put right; done false leaves it for the next point. A nil
	// restore needs none: the program goes on by itself, or nothing can put it right.
	do func(w *world, n int) (restore func(), done bool)
}

// mischiefs is the table of the adversary's acts. What takes something away says how it comes back.
var mischiefs = slices.Concat(placeMischiefs(), keyMischiefs(), answerMischiefs(), timeMischiefs())

func mischiefNamed(id string) *mischief {
	for i := range mischiefs {
		if mischiefs[i].id == id {
			return &mischiefs[i]
		}
	}
	panic("no mischief " + id)
}

// atPlace picks one of the places that can be read and of which nothing is taken away.
func atPlace(do func(w *world, p *place, n int) (func(), bool)) func(*world, int) (func(), bool) {
	return func(w *world, n int) (func(), bool) {
		all := slices.DeleteFunc(w.readables(), func(p *place) bool { return p.taken })
		if len(all) == 0 {
			return nil, false
		}
		return do(w, all[n%len(all)], n/len(all))
	}
}

// atLink picks one that lies behind a link.
func atLink(copied bool) func(*world, int) (func(), bool) {
	return func(w *world, n int) (func(), bool) {
		all := slices.DeleteFunc(w.readables(), func(p *place) bool { return p.taken || p.kind != linkPlace && p.kind != releasePlace })
		if len(all) == 0 {
			return nil, false
		}
		back := all[n%len(all)].swap(copied)
		return back, back != nil
	}
}

func atHook(do func(p *place)) func(*world, int) (func(), bool) {
	return func(w *world, n int) (func(), bool) {
		all := slices.DeleteFunc(slices.Clone(w.places), (*place).readable)
		if len(all) == 0 {
			return nil, false
		}
		do(all[n%len(all)])
		return nil, true
	}
}

// undoable is an act that can be done where it returns how it is put right.
func undoable(do func(p *place, n int) func()) func(*world, int) (func(), bool) {
	return atPlace(func(_ *world, p *place, n int) (func(), bool) {
		back := do(p, n)
		return back, back != nil
	})
}

// copiesDropped removes the kept copies of a place. Nobody brings one back that nothing waits for.
func copiesDropped(p *place, _ int) func() {
	back := p.dropCopies()
	if back == nil {
		return nil
	}
	return func() {
		if !p.w.over() {
			back()
		}
	}
}

func placeMischiefs() []mischief {
	beforePut := []string{"preflight", "retire", "create"}
	return []mischief{
		{id: "reverted", weight: 4, do: atPlace(func(w *world, p *place, _ int) (func(), bool) {
			if p.content() == w.old.text {
				return nil, false
			}
			p.put(w.old.text)
			return nil, true
		}), never: beforePut},
		{id: "third value", weight: 1, do: atPlace(func(_ *world, p *place, _ int) (func(), bool) {
			was := p.content()
			p.put("a-value-of-somebody-else-0123456789")
			return func() { p.put(was) }, true
		})},
		{id: "moved away", weight: 2, do: undoable(func(p *place, _ int) func() { return p.moveAway(false) })},
		{id: "volume missing", weight: 2, do: undoable(func(p *place, _ int) func() { return p.moveAway(true) })},
		{id: "removed", weight: 2, do: undoable(func(p *place, _ int) func() { return p.removeFile() })},
		{id: "variable removed", weight: 1, do: atPlace(func(_ *world, p *place, _ int) (func(), bool) {
			was := p.content()
			if was == "" {
				return nil, false
			}
			p.put("")
			return func() {
				if p.content() == "" {
					p.put(was)
				}
			}, true
		})},
		{id: "link swapped, old value", weight: 2, do: atLink(false)},
		{id: "link swapped, copied", weight: 2, do: atLink(true)},
		{id: "kept copy removed", weight: 2, never: beforePut, do: undoable(copiesDropped)},
		{id: "rewritten", weight: 1, do: atPlace(func(_ *world, p *place, _ int) (func(), bool) {
			p.rewrite()
			return nil, true
		})},
		{id: "full disk", weight: 1, do: atPlace(func(_ *world, p *place, _ int) (func(), bool) {
			p.full = true
			return func() { p.full = false }, true
		})},
		{id: "full disk of the journals", weight: 1, do: func(w *world, _ int) (func(), bool) {
			back := w.store.fill(w.id)
			return back, back != nil
		}},
		{id: "command fails", weight: 1, do: atHook(func(p *place) { p.failPut, p.failAfter = p.failPut+1, false })},
		{id: "command fails late", weight: 1, do: atHook(func(p *place) { p.failPut, p.failAfter = p.failPut+1, true })},
		{id: "command after it fails", weight: 1, do: func(w *world, n int) (func(), bool) {
			w.places[n%len(w.places)].failThen++
			return nil, true
		}},
	}
}

// onKey is something that somebody else does to a key that is there.
func onKey(which func(*world) *key, do func(w *world, k *key) func()) func(*world, int) (func(), bool) {
	return func(w *world, _ int) (func(), bool) {
		k := which(w)
		if k == nil || !k.gone.IsZero() || k.expired(w.now) {
			return nil, false
		}
		w.struck(k)
		return do(w, k), true
	}
}

func theOld(w *world) *key { return w.old }
func theNew(w *world) *key { return w.newKey() }

func switchedOff(w *world, k *key) func() {
	w.enable(k, false)
	return func() {
		if k.gone.IsZero() {
			w.enable(k, true)
		}
	}
}

func deleted(w *world, k *key) func() {
	w.deletedOnTheWire(k)
	w.remove(k)
	k.byOthers = true
	return nil
}

func expires(in time.Duration) func(w *world, k *key) func() {
	return func(w *world, k *key) func() {
		end := apikey.At(w.now.Add(in))
		w.change(k, func(row *apikey.Key) { row.ExpiresAt = end })
		w.endsOnTheWire(k, end)
		return nil
	}
}

func renamed(w *world, k *key) func() {
	was := k.row.Name
	call := func(name string) {
		for _, k := range w.sameRow(k) {
			w.change(k, func(row *apikey.Key) { row.Name = name })
		}
	}
	call("renamed by somebody")
	return func() { call(was) }
}

func keyMischiefs() []mischief {
	beforeNew := []string{"preflight", "retire"}
	mayDisable := func(which func(*world) *key) func(*world, int) (func(), bool) {
		return func(w *world, n int) (func(), bool) {
			if k := which(w); !w.sc.Disable || k == nil || !k.enabled {
				return nil, false
			}
			return onKey(which, switchedOff)(w, n)
		}
	}
	return []mischief{
		{id: "old key disabled", weight: 2, do: mayDisable(theOld), never: []string{"soak"}},
		{id: "new key disabled", weight: 2, do: mayDisable(theNew), never: beforeNew},
		{id: "old key deleted", weight: 2, do: onKey(theOld, deleted)},
		{id: "new key deleted", weight: 2, do: onKey(theNew, deleted), never: beforeNew},
		{id: "both keys deleted", weight: 1, never: beforeNew, do: onKey(theNew, func(w *world, k *key) func() {
			w.remove(k)
			w.struck(w.old)
			w.remove(w.old)
			k.byOthers, w.old.byOthers = true, true
			return nil
		})},
		{id: "old key ends soon", weight: 1, do: onKey(theOld, expires(40*time.Second))},
		{id: "new key ends soon", weight: 1, do: onKey(theNew, expires(40*time.Second)), never: beforeNew},
		{id: "old key renamed", weight: 1, do: onKey(theOld, renamed)},
		{id: "new key renamed", weight: 1, do: onKey(theNew, renamed), never: beforeNew},
		{id: "new key narrowed", weight: 1, never: beforeNew, do: onKey(theNew, func(w *world, k *key) func() {
			was := k.row
			w.change(k, func(*apikey.Key) { w.narrow(k) })
			return func() {
				for _, k := range append(w.sameRow(k), w.rolledFrom(k)...) {
					w.change(k, func(row *apikey.Key) {
						row.Permissions, row.Role, row.Restrictions = was.Permissions, was.Role, was.Restrictions
					})
				}
			}
		})},
		{id: "second host", weight: 2, do: func(w *world, _ int) (func(), bool) {
			if w.rival != nil || !w.old.gone.IsZero() {
				return nil, false
			}
			row := w.old.row
			row.ID, row.Name, row.CreatedAt = "", baseOf(row.Name)+" ~rcccccccccc", apikey.At(w.now)
			w.rival = w.addKey(row, w.now)
			return func() {
				w.remove(w.rival)
				w.rival = nil
			}, true
		}},
		{id: "application begins to use the old key", weight: 1, do: func(w *world, _ int) (func(), bool) {
			a := &app{name: "newcomer", text: w.old.text, every: w.sc.appEvery(), since: w.now}
			w.apps = append(w.apps, a)
			return func() { w.moveApp(a) }, true
		}},
		{id: "a stranger's key of the same name", weight: 1, do: func(w *world, _ int) (func(), bool) {
			row := w.old.row
			row.ID, row.CreatedAt = "", apikey.At(w.now)
			k := w.addKey(row, w.now)
			w.homonym = true
			return func() { w.remove(k) }, true
		}},
	}
}

// told makes the service answer wrongly: to the next count calls of op, or until that is put right.
func told(op, kind string, count int, late time.Duration) func(*world, int) (func(), bool) {
	return func(w *world, _ int) (func(), bool) {
		l := &lie{op: op, kind: kind, left: count, late: late}
		w.lies = append(w.lies, l)
		return func() { w.lies = slices.DeleteFunc(w.lies, func(m *lie) bool { return m == l }) }, true
	}
}

// anOp draws the call that is told wrongly.
func anOp(kind string, ops ...string) func(*world, int) (func(), bool) {
	return func(w *world, n int) (func(), bool) {
		return told(ops[n%len(ops)], kind, 1, time.Duration(1+n/len(ops)%40)*time.Second)(w, 0)
	}
}

func createLies(what string) func(*world, int) (func(), bool) {
	return func(w *world, _ int) (func(), bool) {
		if w.newKey() != nil || w.sc.Manual {
			return nil, false
		}
		w.createLie = what
		return func() {
			w.createLie = ""
			if k := w.newKey(); what == "restricted" && k != nil && k.gone.IsZero() { // what it lacks is given to it
				w.change(k, func(row *apikey.Key) {
					row.Permissions, row.Role, row.Restrictions = k.asked.Permissions, k.asked.Role, k.asked.Restrictions
				})
			}
		}, true
	}
}

func answerMischiefs() []mischief {
	writes := []string{"create", "delete", "disable", "enable", "rename"}
	all := append([]string{"list", "probe"}, writes...)
	beforeCreate := []string{"deliver", "verify", "drain", "disable", "soak", "delete", undoing}
	out := []mischief{
		{id: "answer lost before", weight: 3, do: anOp(lostBefore, all...)},
		{id: "answer lost after", weight: 4, do: anOp(lostAfter, writes...)},
		{id: "answer lost, effect late", weight: 2, do: anOp(lostLate, writes...)},
		{id: "503 after the effect", weight: 1, do: anOp(downAfter, writes...)},
		{id: "empty 200", weight: 1, do: anOp(emptyAnswer, "delete", "disable")},
		{id: "409", weight: 1, do: anOp(conflict, "delete", "disable")},
		{id: "503", weight: 1, do: told("", down, 4, 0)},
		{id: "429", weight: 1, do: told("", rateLimit, 3, 0)},
		{id: "own credential refused", weight: 1, do: told("", unauthorized, 3, 0)},
		{id: "wall in HTML", weight: 1, do: told("", wallPage, 4, 0)},
		{id: "wall in JSON", weight: 2, lying: true, do: told("probe", wallJSON, 8, 0)},
		{id: "403 for a rate limit", weight: 2, lying: true, do: told("probe", rateLimit403, 8, 0)},
		{id: "everything accepted", weight: 1, lying: true, do: func(w *world, _ int) (func(), bool) {
			if w.acceptAll {
				return nil, false
			}
			w.acceptAll = true
			return func() { w.acceptAll = false }, true
		}},
		{id: "new key refused from here", weight: 1, lying: true, do: func(w *world, _ int) (func(), bool) {
			w.confused = true
			return func() { w.confused = false }, true
		}},
		{id: "list stands still", weight: 2, do: func(w *world, n int) (func(), bool) {
			if !w.frozen.IsZero() {
				return nil, false
			}
			w.frozen = w.now
			thaw := func() { w.frozen = time.Time{} }
			w.afterwards(time.Duration(5+n%40)*time.Second, thaw)
			return thaw, true
		}},
		{id: "list lacks a row", weight: 2, do: func(w *world, n int) (func(), bool) {
			k := w.old
			if fresh := w.newKey(); fresh != nil && n%2 == 0 {
				k = fresh
			}
			w.hidden = append(w.hidden, k.id)
			show := func() { w.hidden = slices.DeleteFunc(w.hidden, func(id string) bool { return id == k.id }) }
			w.afterwards(time.Duration(3+n%50)*time.Second, show)
			return show, true
		}},
	}
	for _, what := range []string{"old secret", "existing id", "old id", "no id", "no secret", "restricted", "short", "wide"} {
		out = append(out, mischief{id: "create answers: " + what, weight: 1, lying: true, never: beforeCreate, do: createLies(what)})
	}
	return out
}

func timeMischiefs() []mischief {
	return []mischief{
		{id: "wall clock forward", weight: 1, do: func(w *world, n int) (func(), bool) {
			by := time.Duration(1+n%90) * time.Minute
			w.wall += by
			return func() { w.wall -= by }, true
		}},
		{id: "wall clock back", weight: 1, do: func(w *world, n int) (func(), bool) {
			by := time.Duration(1+n%90) * time.Minute
			w.wall -= by
			return func() { w.wall += by }, true
		}},
		{id: "service's clock jumps", weight: 1, do: func(w *world, n int) (func(), bool) {
			by := time.Duration(n%7-3) * time.Minute
			w.server += by
			return func() { w.server -= by }, true
		}},
		{id: "machine sleeps", weight: 1, do: func(w *world, n int) (func(), bool) {
			w.pass(time.Duration(20+n%600)*time.Second, false)
			return nil, true
		}},
		{id: "time passes", weight: 1, do: func(w *world, n int) (func(), bool) {
			w.pass(time.Duration(11+n%300)*time.Second, true)
			return nil, true
		}},
		{id: "kill", weight: 6, do: func(w *world, _ int) (func(), bool) {
			panic(w.dies(fmt.Sprintf("%s: %s", w.step, w.where)))
		}},
	}
}

// moveApp gives an application that uses the old key another one: the new, where there is one.
func (w *world) moveApp(a *app) {
	if fresh := w.newKey(); fresh != nil {
		a.text = fresh.text
		return
	}
	a.off = true
}
