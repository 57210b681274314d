package world

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"detent/apikey"
	"detent/delivery"
	"detent/rotation"
)

// This file runs rotation, driver_service.go is a client.Service and driver_places.go uses delivery; the rest of the package speaks of
// options, process, outcome and ask, which are defined here, and of view.

// The steps of a rotation, as the table names them. undoing stands for all of an undo.
var steps = []string{"preflight", "retire", "create", "deliver", "verify", "drain", "disable", "soak", "delete", undoing}

const undoing = "undo"

// options are what an operator says when a rotation begins or is resumed.
type options struct {
	drainZero     bool // --drain 0
	acceptUnknown string
	notMine       string
	without       []string
	undone        []string
	reason        string
}

// process is detent, running, with one rotation open.
type process struct {
	w *world
	r *rotation.Rotation
}

// The statuses of an outcome.
const (
	moved    = "moved"
	waiting  = "waiting"
	stopped  = "stopped"  // with an ask
	finished = "finished" // done, undone, closed
	failed   = "failed"
	refused  = "refused" // in words for the operator
	killed   = "killed"
)

// outcome is what one act of the process came to.
type outcome struct {
	status string
	wait   time.Duration
	ask    *ask
	said   string // all that was said, the error too
}

// ask is what a stopped rotation needs from a person.
type ask struct {
	kind    rotation.QuestionKind
	subject string
	text    string
}

// The points around an act of the operator's: what happens between two acts.
const (
	actBegins = "act begins"
	actEnds   = "act ends"
)

// death is what a kill is thrown as.
type death struct{ point string }

// guard runs an act of the process, which may be killed in it. A panic that is no kill is a fault of the program.
func (w *world) guard(do func() outcome) (out outcome) {
	defer func() {
		w.step = ""
		switch p := recover().(type) {
		case nil:
		case death:
			out = outcome{status: killed, said: "killed at " + p.point}
			w.dead = false
			w.thaw(w.atDeath)
			if w.process != nil {
				w.process.drop()
			}
		default:
			w.fail("I4", "panic: %v at %s", p, where(debug.Stack()))
			out = outcome{status: failed, said: fmt.Sprint("panic: ", p)}
			if w.process != nil {
				w.process.drop()
			}
		}
	}()
	w.forgetReads()
	return do()
}

// drop ends the process: what it had in memory is gone.
func (p *process) drop() {
	p.r.Close()
	p.w.process = nil
}

func (w *world) outside() rotation.World {
	out := rotation.World{Store: w.store.kept(), Profile: "p", Service: w.client(), Timeout: timeout, Host: "host",
		Resolve: func(spec string) (delivery.Destination, error) {
			if p := w.placeOf(spec); p != nil {
				return w.destination(p)
			}
			return nil, fmt.Errorf("no place %s", spec)
		},
		Now:  func() time.Time { return w.mono() },
		Wall: w.tick,
		Sleep: func(ctx context.Context, d time.Duration) error {
			if w.slept++; w.slept > maxSleeps {
				return errors.New("the simulation ends here: it waits for ever")
			}
			w.pass(d, true)
			w.forgetReads()
			w.point("waited")
			return ctx.Err()
		},
		Random:   w.random(),
		Headless: w.sc.Headless,
		Hook:     w.point,
	}
	if w.sc.Announced {
		out.Strategies = w.strategies()
	}
	return out
}

const maxSleeps = 2000

// begin starts a rotation of the old key.
func (w *world) begin() outcome {
	return w.guard(func() outcome {
		p := rotation.Params{World: w.outside(), Key: w.reported(w.shown(w.old, w.now)), Mode: rotation.Mode(w.sc.mode()), OldFirst: w.sc.OldFirst}
		if w.sc.AcceptUnknown || w.saidUnknown {
			w.event(event{kind: "person"})
			p.AcceptUnknown = "known"
		}
		p.Strategy, p.Overlap = w.sc.strategy()
		if w.sc.AtOnce {
			p.Outage = because
			w.event(event{kind: "person"})
		}
		p.Replace, p.Revive = w.sc.Replace, w.sc.Revive || w.revived
		w.replaced, w.revived = w.replaced || p.Replace, p.Revive
		if w.sc.NotMine {
			w.event(event{kind: "person"})
			p.NotMine, w.notMine = because, true
		}
		p.Drain, p.Soak = w.sc.drain(), w.sc.soak()
		for _, place := range w.places {
			d, err := w.destination(place)
			if err != nil {
				return w.concluded(rotation.Result{}, err)
			}
			p.Destinations = append(p.Destinations, d)
		}
		r, err := rotation.Start(p)
		if err != nil {
			return w.concluded(rotation.Result{}, err)
		}
		w.process = &process{w, r}
		w.id = r.ID()
		return outcome{status: moved}
	})
}

// resume starts a process that opens the rotation again.
func (w *world) resume(o options) outcome {
	if o.reason != "" || o.acceptUnknown != "" || o.notMine != "" || o.drainZero {
		w.event(event{kind: "person"})
	}
	return w.guard(func() outcome {
		how := rotation.ResumeOptions{AcceptUnknown: o.acceptUnknown, NotMine: o.notMine, Without: o.without, Undone: o.undone, Reason: o.reason}
		if o.drainZero {
			how.Drain = new(time.Duration)
		}
		r, err := rotation.Resume(w.outside(), w.id, how)
		if err != nil {
			return w.concluded(rotation.Result{}, err)
		}
		w.process = &process{w, r}
		w.notMine = w.notMine || o.notMine != ""
		return outcome{status: moved}
	})
}

// closeAlone ends the rotation by its journal alone.
func (w *world) closeAlone() outcome {
	w.event(event{kind: "person"})
	return w.guard(func() outcome {
		out := w.outside()
		out.Service, out.Resolve = nil, nil
		v, err := rotation.CloseAsItStands(out, w.id, because)
		if err != nil {
			return w.concluded(rotation.Result{}, err)
		}
		return outcome{status: finished, said: strings.Join(v.Left, "\n")}
	})
}

// turnAround gives an undo up.
func (p *process) turnAround() outcome {
	p.w.turned = true
	p.w.event(event{kind: "person"})
	return p.w.guard(func() outcome { return p.w.concluded(p.r.TurnAround()) })
}

// do does the next step.
func (p *process) do() outcome {
	return p.w.guard(func() outcome {
		v := p.r.View()
		p.w.step = string(v.Step)
		if v.Undoing {
			p.w.step = undoing
		}
		p.w.point(actBegins)
		defer p.w.point(actEnds)
		if v.Step == rotation.Drain {
			defer func() { p.w.drained = p.w.now }()
		}
		return p.w.concluded(p.r.Do(context.Background()))
	})
}

// undo goes back.
func (p *process) undo() outcome {
	return p.w.guard(func() outcome {
		p.w.step = undoing
		p.w.point(actBegins)
		defer p.w.point(actEnds)
		return p.w.concluded(p.r.Undo(context.Background()))
	})
}

// close ends the rotation as it stands.
func (p *process) close(reason string) outcome {
	p.w.event(event{kind: "person"})
	return p.w.guard(func() outcome {
		return p.w.concluded(p.r.End(context.Background(), reason))
	})
}

// answer gives a person's answer to what was asked.
func (p *process) answer(a ask, choice string, secret apikey.Secret) outcome {
	p.w.event(event{kind: "person"})
	return p.w.guard(func() outcome {
		p.w.step = string(p.r.View().Step)
		if p.w.goingBack {
			p.w.step = undoing
		}
		if a.kind == rotation.AskAccept {
			for _, d := range p.w.see().diff {
				if d.blocks {
					p.w.shownTo[d.field] = true
				}
			}
		}
		return p.w.concluded(p.r.Answer(context.Background(), rotation.Answer{Kind: a.kind, Subject: a.subject, Choice: choice, Reason: "looked at by hand", Secret: secret}))
	})
}

// reenable turns the old key on again during a soak.
func (p *process) reenable() outcome {
	return p.w.guard(func() outcome {
		p.w.step = string(p.r.View().Step)
		return p.w.concluded(p.r.Reenable(context.Background()))
	})
}

func (w *world) concluded(res rotation.Result, err error) outcome {
	out := outcome{wait: res.Wait, said: strings.Join(append([]string{res.Message, res.Output}, res.Notes...), "\n")}
	var no *rotation.RefusedError
	switch {
	case errors.As(err, &no):
		out.status = refused
	case err != nil:
		out.status = failed
	case res.Status == rotation.Moved:
		out.status = moved
	case res.Status == rotation.Waiting:
		out.status = waiting
	case res.Status == rotation.Finished:
		out.status = finished
	default:
		out.status = stopped
		if q := res.Question; q != nil {
			out.ask = &ask{kind: q.Kind, subject: q.Subject, text: q.Text}
		}
	}
	if err != nil {
		out.said += "\n" + err.Error()
	}
	return out
}

// random is the program's own dice.
func (w *world) random() io.Reader { return &dice{w.rng} }

// forgetReads: what was read before a wait, or by an earlier act, is no look any more.
func (w *world) forgetReads() {
	for _, p := range w.places {
		p.read = -1
	}
	for _, k := range w.keys {
		k.probed, k.taken = -1, time.Time{}
	}
}

// open makes sure that a process has the rotation open.
func (w *world) open() bool {
	if w.process != nil {
		return true
	}
	if !w.journaled() {
		return false
	}
	out := w.resume(options{})
	if w.process == nil {
		w.last = out
		w.note("resume: %s %s", out.status, out.said)
		return false
	}
	return true
}

// dice is the program's randomness: the same each time.
type dice struct{ rng *rand.Rand }

func (d *dice) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(d.rng.Uint32())
	}
	return len(b), nil
}

func (w *world) leave() {
	if w.process != nil {
		w.process.drop()
	}
}
