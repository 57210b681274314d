package rotation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What is said of a roll, where two keys are two secrets of one.

// formerWords say what is certain of the former secret; after is when it was refused.
func (j *journal) formerWords(after string) string {
	key := keyWords(j.Old)
	switch {
	case j.OldGone && j.renews() && j.Roll.ByItself:
		return fmt.Sprintf("the list showed that the old key %s is over%s", key, after)
	case j.OldGone && j.atOnce():
		return fmt.Sprintf("the service answered that the key %s was rolled at once, by which its former secret dies%s", key, after)
	case j.OldGone && j.Roll.ByItself:
		return fmt.Sprintf("the list shows no former secret of the key %s any more%s", key, after)
	case j.OldGone && j.ToldGone:
		return fmt.Sprintf("the service answered that no overlap of the key %s runs%s", key, after)
	case j.OldGone:
		return fmt.Sprintf("the service answered that the overlap of the key %s is over%s", key, after)
	case j.Roll.NoWayBack:
		return fmt.Sprintf("the service answered that the key %s was rolled beyond the secret that it had when the rotation began", key)
	case j.deleteSent():
		if _, answered := j.claimed(DeleteAnswered, SubjectOld); answered && j.atOnce() && j.New == nil {
			return fmt.Sprintf("the service answered that the key %s was rolled at once; the secret that it had then is lost", key)
		}
		return ""
	case j.New != nil && j.Roll.Ends.Known() && !j.NewGone:
		return fmt.Sprintf("the former secret of the key %s dies at %s, as the service answered; its overlap was not ended by this rotation", key, j.Roll.endsAt())
	case j.Unfound > 0:
		return ""
	}
	return fmt.Sprintf("the secret that the key %s had was left alone by this rotation", key)
}

// noWayBack says why an undo is refused after something that cannot be taken back was sent.
func (j *journal) noWayBack() string {
	const on = ": only going on is possible"
	switch {
	case j.Roll == nil:
		return ErrOldGone.Error()
	case j.Roll.NoWayBack:
		return "the secret that the key had when the rotation began is dead, and the new one cannot be withdrawn alone" + on
	case j.atOnce():
		return "the former secret died with the roll, or may have" + on
	}
	return "the overlap was ended, or may have been" + on
}

// rolledWords say what is certain of the new secret.
func (j *journal) rolledWords() string {
	if c, ok := j.claimed(DeleteAnswered, SubjectNew); ok && j.NewGone && j.New != nil {
		if slices.Contains(j.NoSuch, j.New.ID) {
			return fmt.Sprintf("the service answered at %s that no overlap runs, and the list does not show the new secret", clock(c.Evidence().At))
		}
		return fmt.Sprintf("the service answered at %s that the key has its former secret again", clock(c.Evidence().At))
	}
	switch {
	case j.New != nil:
		return j.hasNewSecret()
	case j.pending(opCreate):
		return ""
	case j.State != Over:
		return "no new secret of this rotation is known"
	}
	return ""
}

func (j *journal) hasNewSecret() string {
	_, accepted := j.claimed(SecretAccepted, SubjectNew)
	switch { // where no row shows one, it is the service's word until it is accepted
	case j.Roll.Unnamed && j.Print == "":
		return fmt.Sprintf("the service answered that the key %s was rolled, and not with its new secret", keyWords(j.Old))
	case j.Roll.Unnamed && !accepted:
		return fmt.Sprintf("the service answered that the key %s has a new secret", keyWords(j.Old))
	}
	words := fmt.Sprintf("the key %s has a new secret", keyWords(j.Old))
	if at, ok := j.Roll.At.Time(); ok {
		words += ", of " + clock(at)
	}
	return words
}

// pendingRoll says what the lost answer of a call leaves open; empty for a call that is none of a roll's.
func (j *journal) pendingRoll(op string) string {
	switch {
	case j.Roll == nil:
	case op == opCreate && j.Roll.NewID:
		return fmt.Sprintf("whether the key was rolled: the answer is missing; the list tells, by a key %s that was not there before and by the end of the old one", calledWords(j.Old.Name))
	case op == opDelete && j.Roll.NewID && !j.atOnce():
		return ""
	case strings.HasPrefix(op, opDeleteNew) && j.Roll.NewID:
		return ""
	case op == opCreate && j.Roll.Unnamed:
		return "whether the key was rolled: the answer is missing; the former secret tells, which is refused from then on"
	case op == opCreate:
		return "whether the key was rolled: the answer is missing; it is asked for again under the same name, by which it is done once"
	case op == opDelete && j.atOnce():
		return "whether the former secret is dead: it dies with the roll, whose answer is missing"
	case op == opDelete:
		return "whether the overlap was ended: " + j.openDeletion("the call")
	case strings.HasPrefix(op, opDeleteNew):
		return "whether the key has its former secret again: the answer is missing"
	}
	return ""
}

// nextOfRoll says what is next where a secret or an answer of a roll was lost; false where neither was.
func (j *journal) nextOfRoll(n *Next, lost bool) bool {
	switch {
	case j.Roll == nil:
		return false
	case j.pending(opCreate) && j.Roll.NewID:
		n.Text, n.Default = "wait for the lost roll to settle, then look in the list for the key that it made; only where there is none is the key rolled again", "look for the new key"
	case j.Roll.NewID && !(lost && j.atOnce() && !j.delivered() && (j.Step == Create || j.Step == Deliver)):
		return false
	case j.Roll.NewID:
		n.Text, n.Default = "the new secret is gone, and the old key ended with the roll: the new key is rolled in its turn", "roll the new key"
	case j.pending(opCreate) && j.Roll.Unnamed:
		n.Text, n.Default = "try the former secret, which tells what became of the roll; then the key is rolled anew: a secret whose answer was lost is nobody's", "find out what became of the roll"
	case j.pending(opCreate):
		n.Text, n.Default = "ask for the roll again under the same name: it is done once, and its secret comes only with the first answer", "ask for the roll again"
	case lost && j.atOnce() && (j.Step == Create || j.Step == Deliver) && !j.delivered() && !j.touched():
		n.Text, n.Default = "the new secret is gone, since it was in memory only, and the former one is dead: the key is rolled once more", "roll the key once more"
	case lost && j.atOnce() && j.Step == Deliver && !j.delivered():
		n.Text, n.Default = "find the new secret where it was put and go on; where that is not possible, the key is rolled once more", "recover the new secret"
	case lost && (j.Step == Create || j.Step == Deliver) && !j.delivered() && !j.touched():
		n.Text, n.Default = "the new secret is gone, since it was in memory only: the key is given back to its former secret, and rolled once more", "take that roll back, and roll the key once more"
	case lost && j.Step == Deliver && !j.delivered():
		n.Text, n.Default = "find the new secret where it was put and go on; where that is not possible, undo gives the key back to its former secret", "recover the new secret"
	default:
		return false
	}
	return true
}

// endedWords end a sentence that says whose word it is that the old secret is to be refused.
func (j *journal) endedWords() string {
	if j.Roll != nil {
		return "that the former secret is over"
	}
	return "that the key is deleted"
}

// leftOfRoll says, after a close, which secrets the key may have.
func (j *journal) leftOfRoll() (out []string) {
	key := keyWords(j.Old)
	if j.atOnce() && (j.pending(opCreate) || j.Unfound > 0 || j.New == nil && j.Roll.NoWayBack) {
		out = append(out, "the key "+key+" may have a new secret that nobody has: its former one is dead then")
	} else if j.pending(opCreate) || j.Unfound > 0 || j.New == nil && len(j.Roll.TakenBack) > 0 {
		out = append(out, "the key "+key+" may have a new secret that nobody has, beside a former one that dies")
	}
	if j.New != nil && !j.NewGone {
		out = append(out, fmt.Sprintf("the key has the new secret %s", keyWords(*j.New)))
		if ends, ok := j.Roll.Ends.Time(); ok && !j.OldGone {
			out = append(out, fmt.Sprintf("its former secret is left as it is, and dies at %s", ends.UTC().Format(time.RFC3339)))
		}
	}
	return append(out, "no call changes the key "+key+" any more")
}

// renewedWords say what is certain of the key that was rolled, while it is there.
func (j *journal) renewedWords() string {
	old := keyWords(j.Old)
	switch {
	case j.pending(opCreate), j.New == nil && j.Roll.Lost:
		return ""
	case j.New != nil && j.NewGone:
		return fmt.Sprintf("the service answered that the old key %s has the end again that it had", old)
	case j.New != nil:
		return fmt.Sprintf("the service answered that it rolled the old key %s, which ends %s after that; it was not deleted by this rotation", old, span(j.Roll.Overlap))
	}
	return fmt.Sprintf("the old key %s was not touched by this rotation", old)
}

const answeredOpen = "the service answered a first request with no yes and no no, and its list still had the key"

// openDeletion is what is known of a deletion of the old key, or of the end of its overlap, of which it is open what became.
func (j *journal) openDeletion(what string) string {
	answered, had := j.claimed(DeleteAnswered, SubjectOld)
	sent, again := j.claimed(DeleteSent, SubjectOld)
	switch {
	case had && (!again || !sent.Evidence().At.After(answered.Evidence().At)):
		return answered.Evidence().Detail + ", at " + clock(answered.Evidence().At) + ", but the list still showed it after that"
	case j.GoneBy[j.Old.ID] == answeredOpen:
		return answeredOpen
	}
	return what + " was sent, or may have been, and its answer is missing"
}
