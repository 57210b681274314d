package rotation

import (
	"net/url"
	"slices"
	"strings"

	"detent/delivery"
)

// Act is one thing that a stage does: exactly one of Call, Write, Run and Wait is set.
type Act struct {
	Call  string `json:"call,omitzero"`  // a request to the service
	Write string `json:"write,omitzero"` // a file that is written, replaced or removed
	Run   string `json:"run,omitzero"`   // a command
	Wait  string `json:"wait,omitzero"`
	// Times is "1", or until what it is done again: "1 to 10, until it is accepted 3 times in a row".
	Times string `json:"times,omitzero"`
}

// Does says what an act is, in a verb and what that is done to.
func (a Act) Does() (verb, what string) {
	switch {
	case a.Write != "":
		return "write", a.Write
	case a.Run != "":
		return "run", a.Run
	case a.Wait != "":
		return "wait", a.Wait
	}
	return "call", a.Call
}

// Repeats reports whether it may be done more than once.
func (a Act) Repeats() bool { return a.Times != "" && a.Times != "1" }

// Planner knows the calls and places of one rotation, for the stages to say what they will do.
type Planner struct {
	v     *View
	calls func(op string) []string
	dests []delivery.Destination
	own   bool
	tries bool // old and made-up secrets may be tried
	finds bool // the service can tell whose secret it is
	home  bool // its own project has to be asked for
	gives bool

	unnamed bool // a roll has no name by which it is done once
	renews  bool // it makes a key with an id of its own

	switches   bool   // detent's own credential can be rewritten here
	credential string // what it is read from
}

// The keys that a plan cannot name yet.
const (
	planNew   = "{new}"
	planOther = "{other}"
)

func (p *Planner) call(op, times string) []Act { return p.callOn(op, "", times) }

// ofOld is a call about the old key.
func (p *Planner) ofOld(op, times string) []Act {
	return p.callOn(op, url.PathEscape(p.v.Old.ID), times)
}

// callOn is a call about a key.
func (p *Planner) callOn(op, id, times string) []Act {
	var out []Act
	for i, name := range p.calls(op) {
		name = strings.ReplaceAll(name, "{id}", id)
		if i > 0 {
			times = "instead, where the key may not make the call before"
		}
		out = append(out, Act{Call: name, Times: times})
	}
	return out
}

func (p *Planner) each(do func(d delivery.Destination, v DestinationView) []Act) []Act {
	var out []Act
	for i, d := range p.dests {
		out = append(out, do(d, p.v.Destinations[i])...)
	}
	return out
}

// copyName is how the kept copy of a place is called: the id is the rotation's, which a plan does not have yet.
func copyName(v DestinationView) string { return fileOf(v) + ".detent-{id}" }

// fileOf is the file that a destination writes, or what it is.
func fileOf(v DestinationView) string {
	if path, _, ok := strings.Cut(v.Backup, ".detent-"); ok {
		return path
	}
	return v.Describe
}

// writes are those to the places that can be read.
func (p *Planner) writes(times string, file func(DestinationView) string) (out []Act) {
	for _, v := range p.v.Destinations {
		if v.Reads {
			out = append(out, Act{Write: file(v), Times: times})
		}
	}
	return out
}

func (p *Planner) deliveredAgain() []Act {
	return p.writes("only where something put the old value back in that moment", fileOf)
}

func (p *Planner) copiesRemoved() []Act {
	return p.writes("1", func(v DestinationView) string { return copyName(v) + ", removed" })
}

func trialBeside(path string) string { return "a trial file beside " + path + ", removed at once" }

func (p *Planner) preflight() []Act {
	out := p.call("list", "1")
	if p.home {
		out = append(out, p.call("project", "at most 1, where no listed key is detent's own")...)
	}
	control := " and 1 with a made-up secret"
	out = append(out, p.each(func(_ delivery.Destination, v DestinationView) []Act {
		if !v.Reads {
			return nil
		}
		out := []Act{{Write: trialBeside(fileOf(v)), Times: "1"}}
		if !v.Held || !p.tries {
			return out
		}
		if p.finds {
			out = append(out, p.call("identify", "1")...)
		}
		out = append(out, p.call("probe", "1 or more: 1 with what "+v.Describe+" holds"+control+", asked again where there is no answer")...)
		control = ""
		if p.v.SeesUse {
			out = append(out, p.call("list", "only where nothing but last use can tell whose secret it is: up to 15, with 4 more of the call before between them")...)
		}
		return out
	})...)
	if control != "" && p.tries {
		out = append(out, p.call("probe", "1 with a made-up secret")...)
	}
	if p.own && p.switches {
		out = append(out, Act{Write: trialBeside(p.credential), Times: "1"})
	}
	return out
}

func (p *Planner) retire() []Act {
	switch {
	case p.v.Old.IsDisabled():
		return nil
	case p.v.CanDisable:
		return p.ofOld("update", "1 to 2: again where the answer is lost")
	}
	return p.ofOld("delete", "1 to 2: again where the answer is lost")
}

func (p *Planner) create() []Act {
	out := append(p.callOn("create", planNew, "1 or more: where its answer is lost the list is looked at, and only what is not there is asked for again"),
		p.call("list", "until it shows the new key")...)
	if p.gives {
		out = append(out, p.callOn("retrieve", planNew, "only where the answer was lost")...)
	}
	return out
}

func (p *Planner) paste() []Act {
	out := append(p.call("list", "1"), p.call("probe", "1 to 2 with the pasted secret, and with a made-up one where that was not tried yet")...)
	out = append(out, p.call("list", "until it shows a key that was not there before")...)
	if p.finds {
		out = append(out, p.call("identify", "1")...)
	}
	if p.v.SeesUse {
		out = append(out, p.call("probe", "only where nothing but last use can tell whose secret it is: up to 4, with up to 15 lists between them")...)
	}
	return append(out, p.call("list", "until it shows the new key")...)
}

// beside is what is looked at beside other work where the old key went first.
func (p *Planner) beside() []Act {
	if !p.v.OldFirst || !p.tries {
		return nil
	}
	return p.call("probe", "at most 2: with the new secret and with the old one, until the old one is refused")
}

func (p *Planner) deliver() []Act {
	out := p.beside()
	if p.v.Strategy == strategyRollAtOnce && !p.renews && p.tries {
		out = append(out, p.call("probe", "1 with the new secret, before it is put anywhere; where it is refused, and the former one accepted, both again until one of them is not, or nothing is written")...)
	}
	if p.v.Strategy == strategyCreate && !p.v.OldFirst {
		out = append(out, p.call("probe", "only where no list shows the new key yet: with the new secret, until it is not refused, or nothing is written")...)
	}
	out = append(out, p.each(func(d delivery.Destination, v DestinationView) []Act {
		if !v.Reads {
			return []Act{{Run: d.Describe(), Times: "1"}}
		}
		return []Act{{Write: copyName(v), Times: "1"}, {Write: fileOf(v), Times: "1"}}
	})...)
	return append(out, p.each(func(d delivery.Destination, v DestinationView) []Act {
		if !d.HasThen() {
			return nil
		}
		return []Act{{Run: "the command after " + v.Describe, Times: "1"}}
	})...)
}

func (p *Planner) verify() []Act {
	out := append(p.beside(), p.call("probe", "3 or more with the new secret, until it is accepted 3 times in a row")...)
	if p.watches() {
		out = append(out, p.call("list", "until it shows that the new key was used, 5 s at most")...)
	}
	if p.own && p.switches {
		out = append(out, p.call("list", "1")...)
		out = append(out, Act{Write: p.credential + ".detent-{id}-own", Times: "1"}, Act{Write: p.credential, Times: "1"})
		out = append(out, p.call("list", "1, with the new secret")...)
	}
	return out
}

// watches reports whether anything later relies on the service's last use.
func (p *Planner) watches() bool {
	blind := slices.ContainsFunc(p.v.Destinations, func(d DestinationView) bool { return !d.Reads && d.Without == "" })
	return p.v.SeesUse && (blind || p.v.Mode == Planned && !(p.v.DrainExplicit && p.v.Drain == 0))
}

func (p *Planner) drain() []Act {
	switch {
	case p.v.DrainExplicit && p.v.Drain == 0:
		return nil
	case !p.v.SeesUse && !p.v.DrainExplicit:
		return append(p.call("list", "1 or more, before each question"), Act{Wait: "for your word that every consumer has the new key"})
	case !p.v.SeesUse:
		return append(p.call("list", "each look"), Act{Wait: span(p.v.Drain), Times: "1"})
	}
	out := append(p.call("list", "each look"), p.call("probe", "each look but the last, with the new secret")...)
	return append(out, Act{Wait: span(p.v.Drain), Times: "until the old key was not used for that long"})
}

// gate is what is looked at right before a key is taken out of service; the places are read between the two calls and after them.
func (p *Planner) gate() []Act {
	out := p.each(func(d delivery.Destination, v DestinationView) []Act {
		if v.Reads || !d.HasProbe() {
			return nil
		}
		return []Act{{Run: "the probe of " + v.Describe, Times: "1"}}
	})
	out = append(out, p.call("list", "1")...)
	return append(out, p.call("probe", "1 with the new secret, as a place holds it")...)
}

func (p *Planner) disable() []Act {
	return append(append(p.call("list", "1"), p.gate()...), p.ofOld("update", "1 to 2: again where the answer is lost")...)
}

// dead is how the old secret is seen to be refused: by the call that accepts the new one.
func (p *Planner) dead() []Act {
	held := slices.ContainsFunc(p.v.Destinations, func(d DestinationView) bool { return d.Reads && d.Held })
	if !p.tries || !held {
		return nil
	}
	return p.call("probe", "2 or more: with the new secret and then with the old one, at 1, 2, 4 … 30 s, until the old one is refused")
}

func (p *Planner) soak() []Act {
	out := p.dead()
	if p.v.Soak > 0 {
		out = append(out, Act{Wait: span(p.v.Soak), Times: "1, from the first refusal"})
	}
	return out
}

func (p *Planner) delete() []Act {
	var out []Act
	goes := !p.v.OldFirst || p.v.CanDisable // else it went first
	if goes {
		out = append(p.beside(), p.gate()...)
		out = append(out, p.ofOld("delete", "1; asked again, after the same looks, where its answer is lost")...)
		out = append(out, p.deliveredAgain()...)
	}
	switch dead := p.dead(); {
	case goes:
		out = append(out, dead...)
	case len(dead) > 0: // it was looked at beside the other work
		for _, act := range dead {
			act.Times = "only where the old secret was not seen to be refused before: with the new secret and then with it, at 1, 2, 4 … 30 s"
			out = append(out, act)
		}
	}
	if p.v.OldFirst {
		out = append(out, p.gate()...)
	}
	out = append(out, p.call("list", "until it no longer shows the old key")...)
	out = append(out, p.callOn("delete", planOther, "only where another key carries this rotation's mark: a create that took effect late")...)
	if p.v.CanRename && p.v.NewName != "" {
		out = append(out, p.callOn("rename", planNew, "1: the new key gets the old one's name")...)
	}
	return append(out, p.copiesRemoved()...)
}

func (p *Planner) roll() []Act {
	if p.renews {
		out := append(p.call("list", "1 or more"), p.ofOld("roll", "1 or more: where its answer is lost the list is looked at, and only what is not there is asked for again")...)
		out = append(out, p.call("list", "until it shows the new key")...)
		out = append(out, p.ofOld("keep", "only where the answer was lost: before the key is rolled once more")...)
		return append(out, p.callOn("delete", planNew, "only where the answer was lost: before the key is rolled once more")...)
	}
	out := append(p.call("list", "1 or more"), p.ofOld("roll", "1; asked for again under the same name where its answer is lost")...)
	out = append(out, p.call("list", "until it shows the new secret")...)
	return append(out, p.ofOld("keep", "only where the answer came without the secret: before the key is rolled once more")...)
}

func (p *Planner) rollAtOnce() []Act {
	out := append(p.call("list", "1 or more"), p.writes("1", func(v DestinationView) string { return trialBeside(fileOf(v)) })...)
	if p.renews {
		out = append(out, p.ofOld("roll", "1; where its answer is lost the list is looked at, and only what is not there is asked for again")...)
		return append(out, p.call("list", "until it shows the new key")...)
	}
	if p.unnamed {
		out = append(out, p.ofOld("roll", "1; made anew where its answer is lost, and where the secret is, once it is known what became of it")...)
		if p.tries {
			out = append(out, p.call("probe", "only where its answer is lost: with the former secret, at 1, 2, 4 … 30 s, until it is refused twice or accepted for too long")...)
		}
		return append(out, p.call("list", "1")...)
	}
	out = append(out, p.ofOld("roll", "1; asked for again under the same name where its answer is lost, and anew where the secret is")...)
	return append(out, p.call("list", "until it shows the new secret")...)
}

func (p *Planner) seeDead() []Act {
	out := append(p.dead(), p.gate()...)
	times := "until it shows no former secret"
	switch {
	case p.unnamed:
		times = "1"
	case p.renews:
		times = "until it no longer shows the old key, or shows it as one that is over"
	}
	out = append(out, p.call("list", times)...)
	return append(out, p.copiesRemoved()...)
}

func (p *Planner) endOverlap() []Act {
	var out []Act
	end, gone := "delete", "until it no longer shows the old key"
	if !p.renews { // whether the overlap is over by itself
		out, end, gone = p.call("list", "1"), "end", "until it shows no former secret"
	}
	out = append(out, p.gate()...)
	out = append(out, p.ofOld(end, "1, where the overlap still runs; asked again, after the same looks, where its answer is lost")...)
	out = append(out, p.deliveredAgain()...)
	out = append(out, p.dead()...)
	out = append(out, p.call("list", gone)...)
	return append(out, p.copiesRemoved()...)
}
