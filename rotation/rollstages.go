package rotation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"detent/delivery"
)

// RollWithOverlap gives the key a new secret while its former one lives on for a time: that is ended here once nothing uses it, or dies by
// itself.
var RollWithOverlap = Strategy{ID: strategyRoll, Title: "a new secret for the key, with an overlap",
	Able: func(a Abilities) string {
		switch {
		case !a.Roll.OK:
			return "the service gives no key a new secret (" + a.Roll.Why + ")"
		case a.Roll.Overlap == 0:
			return "the service makes the former secret die with the call: there is no overlap"
		case a.Roll.NewID && (!a.Roll.Keep || !a.Delete):
			return "the service cannot give a key the end back that it had, or delete one"
		case a.Roll.NewID:
			return ""
		case !a.Roll.End || !a.Roll.Keep || !a.Roll.Again:
			return "the service cannot end an overlap, give a key back to its former secret, or tell a roll that is asked for again"
		}
		return ""
	},
	Stages: []Stage{preflightStage, rollStage, withUndo(deliverStage, putBackAlone), proveSecretStage, drainStage, endStage}}

// RollAtOnce gives the key a new secret, and the former one dies with the call.
var RollAtOnce = Strategy{ID: strategyRollAtOnce, Title: "a new secret for the key, at once",
	Outage: "the application has a dead secret from the roll until the new one is delivered, and there is no way back",
	Able: func(a Abilities) string {
		switch {
		case !a.Roll.OK:
			return "the service gives no key a new secret (" + a.Roll.Why + ")"
		case !a.Roll.AtOnce:
			return "the service cannot make the former secret die with the call"
		}
		return ""
	},
	Stages: []Stage{preflightStage, rollAtOnceStage, withUndo(deliverStage, ""), proveSecretStage, seeDeadStage}}

var proveSecretStage = func() Stage {
	s := verifyStage
	s.Default = "prove the new secret"
	return s
}()

var rollAtOnceStage = Stage{ID: Create, Title: "Roll", Phase: PhaseCreate, Default: "give the key a new secret, at once",
	Text: func(v *View) string {
		return fmt.Sprintf("give the key %q a new secret: the former one is dead from then on, and what uses it stops until it has the new one", v.Old.Name)
	},
	Does: (*Planner).rollAtOnce,
	Proves: func(*View) []string {
		return []string{"right before it each place can still be written, and holds what it held", "the key has a new secret, and it is in hand"}
	},
	Undo: fixed(""),
	Asks: func(*View) []string { return []string{"that the application may stop meanwhile"} },
	Run:  func(ctx context.Context, r *Rotation) (Result, error) { return r.rollBy(ctx) }}

var seeDeadStage = func() Stage {
	s := deleteStage
	s.Title, s.Default = "Confirm", "see that the former secret is refused, and clear up"
	s.Text = fixed("see that the former secret is refused, and clear up")
	s.Does = (*Planner).seeDead
	s.Proves = func(*View) []string { return []string{"the former secret is refused, where it is at hand"} }
	return s
}()

func (p *Planner) rollAtOnce() []Act {
	out := p.call("list", "1 or more")
	out = append(out, p.each(func(_ delivery.Destination, v DestinationView) []Act {
		if !v.Reads {
			return nil
		}
		return []Act{{Write: "a trial file beside " + fileOf(v) + ", removed at once", Times: "1"}}
	})...)
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
	return append(out, p.each(func(_ delivery.Destination, v DestinationView) []Act {
		if !v.Reads {
			return nil
		}
		return []Act{{Write: copyName(v) + ", removed", Times: "1"}}
	})...)
}

// overlap is how long the former secret is to live on.
func (r *Rotation) overlap(asked *time.Duration) time.Duration {
	if r.strategy.ID == strategyRollAtOnce {
		return 0
	}
	if asked != nil {
		return *asked
	}
	return min(DefaultOverlap, r.caps.Roll.Overlap)
}

func withUndo(s Stage, undo string) Stage {
	s.Undo = fixed(undo)
	return s
}

const (
	putBackAlone = "put the old value back, and run the command after it again; then give the key back to its former secret, while the overlap runs"
	keepFormer   = "give the key back to its former secret, while the overlap runs"
)

var rollStage = Stage{ID: Create, Title: "Roll", Phase: PhaseCreate, Default: "give the key a new secret",
	Text: func(v *View) string {
		return fmt.Sprintf("give the key %q a new secret; the former one lives on for %s", v.Old.Name, span(v.Overlap))
	},
	Does: (*Planner).roll,
	Proves: func(v *View) []string {
		return []string{"the key has a new secret, and it is in hand", "the former one is still there, as the list shows it"}
	},
	Undo: fixed(keepFormer),
	Asks: func(*View) []string {
		return []string{"where somebody else has rolled the key, or it is not listed any more"}
	},
	Run: func(ctx context.Context, r *Rotation) (Result, error) { return r.rollBy(ctx) }}

var endStage = func() Stage {
	s := deleteStage
	s.Title, s.Default = "End", "end the overlap"
	s.Text = func(v *View) string {
		if v.OldGone {
			return "see that the former secret is refused, and clear up"
		}
		return fmt.Sprintf("end the overlap of %q (%s), and see that its former secret is refused", v.Old.Name, v.Old.ID)
	}
	s.Does = (*Planner).endOverlap
	s.Proves = func(*View) []string {
		return []string{"the service answered that the overlap is over, or the list shows that it is", "the former secret is refused, where it is at hand"}
	}
	return s
}()

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

func (p *Planner) endOverlap() []Act {
	var out []Act
	end, gone := "delete", "until it no longer shows the old key"
	if !p.renews { // whether the overlap is over by itself
		out, end, gone = p.call("list", "1"), "end", "until it shows no former secret"
	}
	out = append(out, p.gate()...)
	out = append(out, p.ofOld(end, "1, where the overlap still runs; asked again, after the same looks, where its answer is lost")...)
	out = append(out, p.each(func(_ delivery.Destination, v DestinationView) []Act {
		if !v.Reads {
			return nil
		}
		return []Act{{Write: fileOf(v), Times: "only where something put the old value back in that moment"}}
	})...)
	out = append(out, p.dead()...)
	out = append(out, p.call("list", gone)...)
	return append(out, p.each(func(_ delivery.Destination, v DestinationView) []Act {
		if !v.Reads {
			return nil
		}
		return []Act{{Write: copyName(v) + ", removed", Times: "1"}}
	})...)
}

// askOutage: that the application stops meanwhile is somebody's word, never assumed.
func (r *Rotation) askOutage() *Question {
	if !r.j.atOnce() {
		return nil
	}
	if r.j.Roll.Outage != "" || !rule("roll: an outage is somebody's word") {
		r.note("%s, as you said (%s)", r.strategy.Outage, r.j.Roll.Outage)
		return nil
	}
	return &Question{Kind: AskOutage, Text: r.strategy.Outage + ". Is that wanted?", Flag: "--outage", Default: No,
		Choices: yesNo("roll it at once", "the former secret dies with the call", WantsReason)}
}

func answerOutage(_ context.Context, r *Rotation, _ Question, a Answer) (Result, error) {
	r.j.Roll.Outage = strings.TrimSpace(a.Reason)
	r.recordStatement(SubjectOld, "the application may have a dead secret until the new one is delivered (%s)", a.Reason)
	return Result{Status: Moved, Message: "noted"}, nil
}
