package rotation

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"detent/client"
)

// Calls that only have to be named in the journal's Pending.
const (
	opRename = "rename the new key"
	opSwitch = "switch detent's own credential"
)

// viewOf makes the view of a journal. inHand says that this process has the new secret.
func viewOf(j *journal, inHand bool) View {
	v := View{ID: j.ID, Profile: j.Profile, Operator: j.Operator, Service: j.Service, Mode: j.Mode, OldFirst: j.OldFirst, Manual: j.Manual,
		State: j.State, Step: j.Step, Undoing: j.Undoing, OldGone: j.OldGone, OldOff: j.OldDisabled && !j.OldGone, Started: j.Started, Changed: j.Changed,
		Old: j.Old.key(), NewName: j.Name, Drain: j.Drain, Soak: j.Soak, DrainExplicit: j.DrainExplicit, SoakExplicit: j.SoakExplicit,
		Notes:      slices.Clone(j.Notes),
		CanDisable: j.CanDisable, SeesUse: j.SeesUse, History: slices.Clone(j.Log)}
	v.SecretInHand = inHand && j.State == Open && !j.delivered()
	if j.New != nil {
		k := j.New.key()
		v.New = &k
		v.Diff = j.diff()
	}
	for _, d := range j.Destinations {
		v.Destinations = append(v.Destinations, DestinationView{Spec: d.Spec, Describe: d.Describe, CanUndo: d.CanUndo,
			Begun: d.Begun, Put: d.Put, Then: d.Then, Backup: d.Backup})
	}
	v.Certain, v.Unknown = j.certain(), j.unknown(inHand)
	if j.State == Open {
		v.Unknown = append(v.Unknown, notTold(v.Diff)...)
		v.Plan, v.Next = j.plan(), j.next(inHand)
	}
	return v
}

// delivered reports whether every destination has the new secret.
func (j *journal) delivered() bool {
	return j.New != nil && !slices.ContainsFunc(j.Destinations, func(d destinationRecord) bool { return !d.Put })
}

// certain is what the journal vouches for.
func (j *journal) certain() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	switch {
	case j.OldGone:
		say("the old key %s is gone from the service", keyWords(j.Old))
	case j.pending(opDelete), j.pending(opDisable):
	case j.OldDisabled:
		say("the old key %s is disabled and can be turned on again", keyWords(j.Old))
	default:
		say("the old key %s was not touched", keyWords(j.Old))
	}
	switch {
	case j.State == Aborted:
		say("no new key is left")
	case j.New != nil:
		say("the new key %s was created", keyWords(*j.New))
	case !j.pending(opCreate):
		say("no new key exists")
	}
	for _, d := range j.Destinations {
		switch {
		case d.Undone && !d.Then && j.State == Open:
			say("%s holds the old value again; the command after it has not succeeded yet", d.Describe)
		case d.Undone:
			say("%s holds the old value again", d.Describe)
		case d.Begun && j.State == Aborted:
			say("%s has its old value by your word", d.Describe)
		case d.Put && d.Then, d.Put && j.State == Over:
			say("%s was given the new secret", d.Describe)
		case d.Put:
			say("%s was given the new secret; the command after it has not succeeded yet", d.Describe)
		case !d.Begun:
			say("%s was not changed", d.Describe)
		}
	}
	if j.Proved > 0 && j.New != nil {
		say("the service accepted the new key %d times", j.Proved)
	}
	if j.Switched {
		say("detent's own credential was switched to the new key, or was being")
	}
	if j.AcceptUnknown != "" && j.New != nil {
		say("accepted: access that the service does not report (%s)", j.AcceptUnknown)
	}
	for _, a := range j.Accepted {
		say("accepted: %s (%s)", a.Field, a.Reason)
	}
	for _, a := range j.Attested {
		say("confirmed at the step %s: %s", a.Step, a.Reason)
	}
	if len(j.Superseded) > 0 && j.State == Open {
		say("%d earlier new key(s) whose secret was lost stay until the old key goes: %s", len(j.Superseded), strings.Join(j.Superseded, ", "))
	}
	return out
}

// unknown is what the journal leaves open.
func (j *journal) unknown(inHand bool) []string {
	out := []string{}
	for _, op := range j.Pending {
		out = append(out, pendingWords(op, j))
	}
	for _, d := range j.Destinations {
		if d.Begun && !d.Put && !d.Undone && !j.pending("put "+d.Spec) && j.State == Open {
			out = append(out, "whether "+d.Describe+" holds a secret of this rotation")
		}
	}
	if j.State == Open && j.New != nil && !j.delivered() && !inHand {
		out = append(out, "whether the new secret can still be had: it is not in this process")
	}
	return out
}

func pendingWords(op string, j *journal) string {
	switch {
	case op == opCreate:
		return fmt.Sprintf("whether a new key %q was created: the answer is missing; it is looked for by that name", j.Name)
	case op == opDelete:
		return "whether the old key was deleted: the answer is missing"
	case op == opDisable:
		return "whether the old key was disabled: the answer is missing"
	case strings.HasPrefix(op, "put "):
		return "whether " + strings.TrimPrefix(op, "put ") + " already holds the new secret"
	case strings.HasPrefix(op, "then "):
		return "whether the command after " + strings.TrimPrefix(op, "then ") + " has run"
	case strings.HasPrefix(op, "undo "):
		return "whether " + strings.TrimPrefix(op, "undo ") + " holds the old value again"
	}
	return "whether this took effect: " + op
}

func notTold(diff []Difference) []string {
	var out []string
	for _, d := range diff {
		if d.Verdict == NotTold {
			out = append(out, fmt.Sprintf("whether %s is the same: the service does not report it", d.Field))
		}
	}
	return out
}

// steps is the way of this rotation.
func (j *journal) steps() []Step {
	switch {
	case j.OldFirst:
		return []Step{Preflight, Retire, Create, Deliver, Verify, Delete}
	case j.Mode == Compromised:
		return []Step{Preflight, Create, Deliver, Verify, Delete}
	case !j.CanDisable || j.Old.key().IsDisabled():
		return []Step{Preflight, Create, Deliver, Verify, Drain, Delete}
	}
	return []Step{Preflight, Create, Deliver, Verify, Drain, Disable, Soak, Delete}
}

func (j *journal) plan() []PlanLine {
	var out []PlanLine
	state := Completed
	for _, s := range j.steps() {
		line := PlanLine{Step: s, Phase: s.Phase(), Text: j.stepWords(s)}
		if s == j.Step {
			line.State, state = Current, Later
		} else {
			line.State = state
		}
		out = append(out, line)
	}
	return out
}

// stepWords says what a step will do, before it does it.
func (j *journal) stepWords(s Step) string {
	var where []string
	for _, d := range j.Destinations {
		where = append(where, d.Describe)
	}
	switch s {
	case Preflight:
		return "check the key, the service and every destination; nothing is changed"
	case Retire:
		if j.CanDisable {
			return "disable the compromised key at once"
		}
		return "delete the compromised key at once: applications stop until they have the new one"
	case Create:
		if j.Manual {
			return fmt.Sprintf("you create the key %q in the dashboard and paste its secret", j.Name)
		}
		return fmt.Sprintf("create the key %q with the access and lifetime of the old one", j.Name)
	case Deliver:
		return "put the new secret to " + strings.Join(where, " and ")
	case Verify:
		return "prove the new key with harmless requests"
	case Drain:
		switch {
		case j.DrainExplicit && j.Drain == 0:
			return "no drain, as you said"
		case !j.SeesUse && j.DrainExplicit:
			return fmt.Sprintf("wait %s, as you said; the service does not show whether the old key is in use", span(j.Drain))
		case !j.SeesUse:
			return "you confirm that every consumer has the new key; the service does not show it"
		}
		return fmt.Sprintf("wait until the old key has not been used for %s", span(j.Drain))
	case Disable:
		return "disable the old key: a rehearsal of the deletion, which can be taken back"
	case Soak:
		if j.Soak == 0 {
			return "no soak, as you said"
		}
		return fmt.Sprintf("leave it disabled for %s", span(j.Soak))
	}
	if j.OldGone {
		return "clear up"
	}
	return fmt.Sprintf("delete the old key %s and prove that it is gone", keyWords(j.Old))
}

// next says what Do does now, and what its default is.
func (j *journal) next(inHand bool) Next {
	n := Next{Step: j.Step, Text: j.stepWords(j.Step), Undo: j.undoWords()}
	n.Default = map[Step]string{Preflight: "check everything", Retire: "take the old key out of service", Create: "create the new key", Deliver: "deliver the new secret",
		Verify: "prove the new key", Drain: "watch the old key", Disable: "disable the old key", Soak: "wait", Delete: "delete the old key"}[j.Step]
	lost := j.New != nil && !inHand
	switch {
	case j.Undoing:
		n.Text, n.Default = "go on with the undo: "+n.Undo, "go on with the undo"
	case j.pending(opCreate):
		n.Text = fmt.Sprintf("wait for the lost create to settle, then look for %q: one is taken or replaced, none is created again", j.Name)
		n.Default = "look for the new key"
	case lost && (j.Step == Create || j.Step == Deliver) && !j.delivered() && !j.touched():
		n.Text = fmt.Sprintf("the secret of %s is gone, since it was in memory only: have it again if the service gives it, else delete that key and create another", keyWords(*j.New))
		n.Default = "delete that key and create again"
		if j.Manual {
			n.Text += "; if you still have it, paste it again first"
		}
	case lost && j.Step == Deliver && !j.delivered():
		n.Text = "find the new secret where it was put and go on; where that is not possible, create another key, which takes this one's place"
		n.Default = "recover the new secret"
	case lost && j.Step == Verify && j.Proved == 0:
		n.Text += "; its secret is taken from where it was put, and where that is not possible, another key takes this one's place"
	case j.Manual && j.Step == Create:
		n.Default = "paste the new secret"
	case j.Step == Delete && j.OldGone:
		n.Default = "clear up"
	case j.Step == Drain && !j.SeesUse && !j.DrainExplicit:
		n.Default = "confirm that every consumer has the new key"
	}
	return n
}

// touched reports whether a secret of this rotation may lie anywhere.
func (j *journal) touched() bool {
	return j.Switched || slices.ContainsFunc(j.Destinations, func(d destinationRecord) bool { return d.Begun && !d.Undone })
}

func (j *journal) undoWords() string {
	if j.OldGone {
		return ""
	}
	var parts []string
	if j.OldDisabled || j.pending(opDisable) {
		parts = append(parts, "turn the old key on again")
	}
	for _, d := range j.Destinations {
		switch {
		case !d.Begun:
		case d.Undone && !d.Then:
			parts = append(parts, "run the command after "+d.Describe+" again")
		case d.Undone:
		case d.CanUndo:
			parts = append(parts, "put the old value back in "+d.Describe)
		default:
			parts = append(parts, "ask you to put the old value back in "+d.Describe)
		}
	}
	if j.New != nil || j.pending(opCreate) || len(j.Superseded) > 0 {
		parts = append(parts, "delete the new key")
	}
	if len(parts) == 0 {
		return "end the rotation; nothing was changed"
	}
	return strings.Join(parts, ", then ")
}

// explain wraps a failure with what is certain and the safe way on.
func (r *Rotation) explain(step Step, err error) error {
	if isRefusal(err) {
		return err
	}
	e := &StepError{Step: step, Err: err, Certain: r.j.certain()}
	again := "go on"
	switch {
	case !r.saved:
		again = "try again"
	case step == undoing: // whether it has begun or not: what failed was not the step that is next
		again = "undo again"
	}
	switch {
	case client.IsKind(err, client.Unauthorized):
		e.Next = "the service refuses detent's own credential: mend it, then " + again
	case client.IsKind(err, client.Forbidden):
		e.Next = "detent's own credential may not do this: use one that may, then " + again
	case client.IsKind(err, client.RateLimited), client.IsKind(err, client.Unavailable), client.IsKind(err, client.Unreachable), client.IsKind(err, client.Timeout):
		e.Next = "wait a moment, then " + again
	default:
		e.Next = "mend what it names, then " + again
	}
	switch {
	case !r.saved:
		e.Certain = []string{"nothing was changed"}
	case errors.Is(err, errNewMissing) && step != undoing && !r.j.OldGone && !r.j.Undoing: // there is nothing to go on with
		e.Next = "undo: " + r.j.undoWords()
	case !r.j.OldGone && !r.j.Undoing && step != undoing:
		e.Undo = r.j.undoWords()
	}
	return e
}
