package rotation

import (
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
)

// viewOf makes the view of a journal. inHand says that this process has the new secret.
func viewOf(j *journal, strategy Strategy, inHand bool) View {
	v := View{ID: j.ID, Profile: j.Profile, Operator: j.Operator, Service: j.Service, Strategy: j.Strategy, Mode: j.Mode, OldFirst: j.OldFirst, Manual: j.Manual,
		State: j.State, Step: j.Step, Undoing: j.Undoing, OldGone: j.deleteSent(), OldAnswered: j.OldGone, OldOff: j.OldDisabled && !j.deleteSent(),
		Started: j.Started, Changed: j.Changed,
		Old: j.Old.key(), NewName: j.Name, Drain: j.Drain, Soak: j.Soak, DrainExplicit: j.DrainExplicit, SoakExplicit: j.SoakExplicit,
		Notes: slices.Clone(j.Notes), Lacks: j.without(), Unseen: j.unseen(),
		CanDisable: j.CanDisable, SeesUse: j.SeesUse, History: slices.Clone(j.Log), Claims: slices.Clone(j.Claims)}
	if j.Roll != nil {
		v.Overlap, v.FormerDies = j.Roll.Overlap, j.Roll.Ends.Moment
		v.NewName, _ = apikey.SplitName(j.Old.Name)
		v.Renews = j.Roll.NewID
	}
	v.SecretInHand = inHand && j.State == Open && !j.delivered()
	if j.New != nil {
		k := j.New.key()
		v.New = &k
		v.Diff = j.diff(j.Changed)
	}
	for _, d := range j.Destinations {
		v.Destinations = append(v.Destinations, DestinationView{Spec: d.Spec, Describe: d.Describe, CanUndo: d.CanUndo,
			Begun: d.Begun, Put: d.Put, Then: d.Then, Backup: d.Backup, Reads: d.Reads, Without: d.Without, Held: d.Held})
	}
	v.Certain, v.Unknown = j.certain(), j.unknown(inHand)
	if j.State == Open {
		v.Unknown = append(v.Unknown, unreported(v.Diff)...)
		v.Plan = planLines(strategy, &v)
		v.Next = j.next(strategy, &v, inHand)
	} else {
		v.Left = j.left()
	}
	return v
}

// planLines is the way of this rotation, and where it stands.
func planLines(strategy Strategy, v *View) []PlanLine {
	var out []PlanLine
	state := Completed
	for _, s := range strategy.stages(v) {
		line := PlanLine{Step: s.ID, Title: s.Title, Phase: s.Phase, Text: s.Text(v)}
		if s.ID == v.Step {
			line.State, state = Current, Later
		} else {
			line.State = state
		}
		out = append(out, line)
	}
	return out
}

// certain is what the claims of the journal say, and what this rotation itself did or left undone.
func (j *journal) certain() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if words := j.oldWords(); words != "" {
		say("%s", words)
	}
	if words := j.newWords(); words != "" {
		say("%s", words)
	}
	for _, d := range j.Destinations {
		if words := j.placeWords(d); words != "" {
			say("%s", words)
		}
	}
	if c, ok := j.claimed(SecretAccepted, SubjectNew); ok && j.New != nil && j.State != Aborted {
		say("the service accepted the new secret, last at %s (%s)", clock(c.Evidence().At), c.Evidence().Detail)
	}
	if c, ok := j.claimed(SecretKnown, SubjectNew); ok && j.New != nil && j.State != Aborted {
		say("the service knows the new secret, and refused it from here (%s)", c.Evidence().Detail)
	}
	if c, ok := j.claimed(Quiet, SubjectOld); ok {
		say("%s", c.Evidence().Detail)
	}
	if j.Switched {
		say("detent's own credential was switched to the new key, or was being")
	}
	if j.AcceptUnknown != "" && j.New != nil {
		say("accepted: what cannot be seen (%s)", j.AcceptUnknown)
	}
	for i, a := range j.Accepted {
		if i == 0 || a.Field != j.Accepted[i-1].Field || a.Reason != j.Accepted[i-1].Reason { // else it is the same word, for what else may come of it
			say("accepted: %s (%s)", a.Field, a.Reason)
		}
	}
	for _, a := range j.Attested {
		say("confirmed at the step %s: %s", a.Step, a.Reason)
	}
	if j.ClosedFor != "" {
		say("closed as it stood: %s", j.ClosedFor)
	}
	if len(j.Superseded) > 0 && j.State == Open {
		say("%d earlier new key(s) whose secret was lost stay until the old key goes: %s", len(j.Superseded), strings.Join(j.Superseded, ", "))
	}
	return out
}

func (j *journal) oldWords() string {
	old := keyWords(j.Old)
	refused, dead := j.claimed(SecretRefused, SubjectOld)
	after := ""
	if dead {
		after = "; its secret was refused at " + clock(refused.Evidence().At)
		if j.Dead.Still > 0 {
			after = fmt.Sprintf("; its secret was still accepted %s later, and refused at %s", span(j.Dead.Still), clock(refused.Evidence().At))
		}
	}
	switch {
	case j.inPlace() || j.renews() && j.atOnce():
		return j.formerWords(after)
	case j.renews() && !j.OldGone && !j.deleteSent():
		return j.renewedWords()
	}
	switch {
	case j.ByPerson:
		return fmt.Sprintf("by your word the old key %s was deleted in the dashboard%s", old, after)
	case j.OldGone && j.GoneBy[j.Old.ID] != "":
		return j.deletedWords("the old key "+old, j.Old.ID) + after
	case j.OldGone && j.ToldGone:
		return fmt.Sprintf("the service answered that it has no such key as the old one, %s%s", old, after)
	case j.OldGone:
		return fmt.Sprintf("the service answered that it deleted the old key %s%s%s", old, after, j.stillListed())
	case j.deleteSent(), j.pending(opDisable), j.pending(opEnable):
		return ""
	case j.LivesOn:
		return fmt.Sprintf("by your word the old key %s lives, although a deletion of it was sent, or may have been", old)
	case j.OldDisabled:
		return fmt.Sprintf("the service answered that the old key %s is off; it can be turned on again%s", old, after)
	}
	if c, ok := j.claimed(EnableAnswered, SubjectOld); ok {
		return fmt.Sprintf("the service answered at %s that the old key %s is on again", clock(c.Evidence().At), old)
	}
	return fmt.Sprintf("the old key %s was not touched by this rotation", old)
}

// stillListed says that the last list showed the old key after its deletion was answered. That its secret is refused is no word against that: it is of
// a key that is off, too.
func (j *journal) stillListed() string {
	seen, listed := j.claimed(RowSeen, SubjectOld)
	if !listed || j.DeletedAt.IsZero() || !seen.Evidence().At.After(j.DeletedAt) || j.lacked(SubjectOld) {
		return ""
	}
	return "; the list still showed the key at " + clock(seen.Evidence().At)
}

// deletedWords are what is said of a key that is taken for deleted.
func (j *journal) deletedWords(what, id string) string {
	switch by := j.GoneBy[id]; {
	case by != "":
		return what + " is gone, as far as is seen: " + by
	case slices.Contains(j.NoSuch, id) || id == j.Old.ID && j.ToldGone:
		return "the service answered that it has no such key as " + what
	}
	return "the service answered that it deleted " + what
}

func (j *journal) newWords() string {
	if j.inPlace() {
		return j.rolledWords()
	}
	if c, ok := j.claimed(DeleteAnswered, SubjectNew); ok && j.NewGone && j.New != nil {
		if j.GoneBy[j.New.ID] != "" {
			return j.deletedWords("the new key "+keyWords(*j.New), j.New.ID)
		}
		if slices.Contains(j.NoSuch, j.New.ID) {
			return fmt.Sprintf("the service answered at %s that it has no such key as the new one, %s", clock(c.Evidence().At), keyWords(*j.New))
		}
		return fmt.Sprintf("the service answered at %s that it deleted the new key %s", clock(c.Evidence().At), keyWords(*j.New))
	}
	switch {
	case j.New != nil:
		return fmt.Sprintf("the new key %s was created", keyWords(*j.New))
	case j.pending(opCreate):
		return ""
	}
	if _, ok := j.claimed(CreateAnswered, SubjectNew); !ok && len(j.Superseded) == 0 && j.Step != Preflight && j.State != Over {
		return "no new key of this rotation is known"
	}
	return ""
}

func (j *journal) placeWords(d destinationRecord) string {
	switch {
	case d.Without != "":
		return fmt.Sprintf("the rotation goes on without %s: %s", d.Describe, d.Without)
	case d.Undid != "" && j.State != Over:
		return fmt.Sprintf("%s has its old value by your word: %s", d.Describe, d.Undid)
	case d.Undone && !d.Then && j.State == Open:
		return fmt.Sprintf("%s holds the old value again, as it was read back; the command after it has not succeeded yet", d.Describe)
	case d.Undone:
		return fmt.Sprintf("%s holds the old value again, as it was read back", d.Describe)
	case d.Put:
		how := ""
		switch c, ok := j.claimed(PlaceHolds, d.Spec); {
		case ok && d.Reads && !strings.HasSuffix(c.Evidence().Detail, " held "+heldNew):
			how = fmt.Sprintf("; but at %s it%s", clock(c.Evidence().At), strings.TrimPrefix(c.Evidence().Detail, d.Describe))
		case ok && d.Reads:
			how = fmt.Sprintf("; read at %s", clock(c.Evidence().At))
		case !d.Reads:
			how = "; nobody can read it"
		}
		return fmt.Sprintf("%s was given the new secret%s", d.Describe, how)
	case !d.Begun:
		return fmt.Sprintf("%s was not changed by this rotation", d.Describe)
	}
	return ""
}

// unknown is what the journal leaves open.
func (j *journal) unknown(inHand bool) []string {
	out := []string{}
	for _, op := range j.Pending {
		out = append(out, pendingWords(op, j))
	}
	for _, d := range j.Destinations {
		if d.Begun && !d.Put && !d.Undone && d.Undid == "" && !j.pending("put "+d.Spec) && j.State == Open {
			out = append(out, "whether "+d.Describe+" holds a secret of this rotation")
		}
		if d.Put && !d.Reads && d.Used != "" && j.State != Aborted {
			out = append(out, fmt.Sprintf("whether what reads %s uses the new key: it counts as doing so (%s)", d.Describe, d.Used))
		}
	}
	if j.State == Open && j.New != nil && !j.delivered() && !inHand {
		out = append(out, "whether the new secret can still be had: it is not in this process")
	}
	if j.OldGone && !j.Dead.Refused {
		out = append(out, j.deadWords())
	}
	if gone, ok := j.claimed(DeleteAnswered, SubjectNew); ok && j.NewGone {
		if seen, listed := j.claimed(RowSeen, SubjectNew); listed && seen.Evidence().At.After(gone.Evidence().At) && !j.lacked(SubjectNew) {
			out = append(out, "whether the new key is gone: the list showed it after the service had answered its deletion")
		}
	}
	if j.Unfound > 0 && j.State != Open && j.renews() {
		out = append(out, fmt.Sprintf("whether a roll whose answer was lost takes effect later, or has: the key that it made would be %s, and nobody has its secret", calledWords(j.Old.Name)))
	}
	if j.Unfound > 0 && j.State != Open && j.Roll == nil {
		its := fmt.Sprintf("its key would be called %q", j.Name)
		if j.NameLost {
			its = "its key could not be told by its name"
		}
		out = append(out, "whether a create whose answer was lost takes effect later: "+its)
	}
	if j.Unfound > 0 && (j.State == Aborted || j.State == Over) && j.inPlace() {
		out = append(out, "the key "+keyWords(j.Old)+" may have a new secret that nobody has: a roll was sent whose answer never came, and may take effect later")
	}
	if j.Manual && (j.New == nil || j.PasteRefused) && j.Step != Preflight && j.State != Open {
		out = append(out, fmt.Sprintf("whether %s called %q is left that somebody made in the dashboard", map[bool]string{true: "a key", false: "another key"}[j.New == nil], j.Name))
	}
	if j.State != Open {
		for _, path := range j.leftCopies() {
			out = append(out, "whether "+path+" still holds a secret")
		}
	}
	if j.AcceptProbe != "" {
		out = append(out, "whether the new key works: the service's answers do not show it, and that was accepted ("+j.AcceptProbe+")")
	}
	if _, tried := j.claimed(SecretAccepted, SubjectOld); j.OldPrint != "" && j.OldBy == "" && tried && j.State == Open {
		out = append(out, "whether what the places held was this key's secret or another's: nothing showed it")
	}
	return out
}

// authority is whose word it is that the old key is off or deleted.
func (j *journal) authority() string {
	switch {
	case j.ByPerson:
		return "your word"
	case j.Roll != nil && j.Roll.ByItself:
		return "the list showed"
	case j.OldGone && j.GoneBy[j.Old.ID] != "":
		return "it was seen"
	}
	return "the service answered"
}

// deadWords says what is not known of an old secret that was not seen to be refused.
func (j *journal) deadWords() string {
	switch {
	case j.Dead.Still > 0 && j.OldBy == "":
		return fmt.Sprintf("whether the old secret is refused: what the place held before was still accepted %s after %s %s, and was not shown to be the old key's", span(j.Dead.Still), j.authority(), j.endedWords())
	case j.Dead.Still > 0:
		return fmt.Sprintf("when the old secret dies: it was still accepted %s after %s %s", span(j.Dead.Still), j.authority(), j.endedWords())
	case j.Dead.Untold != "":
		return "whether the old secret is refused everywhere already: " + j.Dead.Untold
	}
	return "whether the old secret is refused everywhere already"
}

// deletionWords say, at the end, what was seen of the old key.
func (j *journal) deletionWords() string {
	if words := j.oldWords(); words != "" {
		if !j.Dead.Refused {
			words += "; not known: " + j.deadWords()
		}
		return words
	}
	return "the old key's end was not seen"
}

// undoneWords say, after an undo, what was seen.
func (j *journal) undoneWords() string {
	var parts []string
	for _, words := range []string{j.oldWords(), j.newWords()} {
		if words != "" {
			parts = append(parts, words)
		}
	}
	return strings.Join(parts, "; ")
}

// left says, after an end, what lies where: keys that nobody takes care of any more, and kept copies with the line that removes them.
func (j *journal) left() []string {
	var out []string
	if j.State == Closed && j.renews() && j.Roll.Target != "" && j.New == nil && !slices.Contains(j.Superseded, j.Roll.Target) {
		out = append(out, fmt.Sprintf("the key %s, which a roll has made, is left as it is, and nobody has its secret", keyWords(keyRecord{ID: j.Roll.Target, Name: j.Old.Name})))
	}
	if j.State == Closed && j.inPlace() {
		out = append(out, j.leftOfRoll()...)
	} else if j.State == Closed {
		const left, lacked = "is left as it is", "was not in the last list"
		switch old := "the old key " + keyWords(j.Old); {
		case j.OldGone:
		case j.pending(opDelete):
			out = append(out, old+" may be there still: a deletion of it was sent, or may have been")
		case j.lacked(SubjectOld):
			out = append(out, old+" "+lacked)
		default:
			out = append(out, old+" "+left)
		}
		if j.New != nil && !j.NewGone {
			said := left + ": "
			if j.lacked(SubjectNew) {
				said = lacked + "; should it be there, "
			}
			out = append(out, "the new key "+keyWords(*j.New)+" "+said+"`detent delete "+j.New.ID+"` removes it")
		}
		if j.pending(opCreate) || j.Unfound > 0 {
			name := j.Name
			if j.renews() {
				name = j.Old.Name
			}
			out = append(out, "a key "+calledWords(name)+" may exist")
		}
		for _, id := range j.Superseded {
			out = append(out, "the earlier new key "+id+" was not deleted by this rotation: `detent delete "+id+"` removes it")
		}
	}
	out = append(out, j.untold()...)
	for _, path := range j.leftCopies() {
		out = append(out, fmt.Sprintf("%s may hold a secret: `rm -f %s %s` removes it, and what a write that was cut off left beside it", path, shellWord(path), shellWord(path+".new")))
	}
	return out
}

// untold says that the key of a create that was not answered may be there under another name: the service keeps no name, or nothing shows that it does.
func (j *journal) untold() []string {
	if j.Unfound == 0 && !j.pending(opCreate) || j.Roll != nil || j.Manual || !j.NameLost && (j.New != nil || len(j.Possible) == 0) {
		return nil
	}
	said := "a create was not answered, and where the service keeps no name, its key cannot be told by its name"
	if j.NameLost {
		said = "a create was not answered, and its key cannot be told by its name"
	}
	if len(j.Possible) > 0 {
		said += "; what appeared about then, and may be it: " + strings.Join(j.Possible, ", ")
	}
	return []string{said}
}

// Lacked reports the same of one of the two keys, SubjectOld or SubjectNew.
func (v View) Lacked(subject string) bool { return lacked(v.Claims, subject) }

func pendingWords(op string, j *journal) string {
	if said := j.pendingRoll(op); said != "" {
		return said
	}
	switch {
	case op == opCreate:
		return fmt.Sprintf("whether a new key %q was created: the answer is missing; it is looked for by that name", j.Name)
	case op == opDelete:
		return "whether the old key was deleted: " + j.openDeletion("a deletion")
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

func unreported(diff []Difference) []string {
	var out []string
	for _, d := range diff {
		if d.Verdict == Unreported {
			out = append(out, fmt.Sprintf("whether %s is the same: the service does not report it", d.Field))
		}
	}
	return out
}

// next says what Do does now, and what its default is.
func (j *journal) next(strategy Strategy, v *View, inHand bool) Next {
	n := Next{Step: j.Step, Undo: j.undoWords()}
	if stage, ok := strategy.stage(j.Step); ok {
		n.Text, n.Default, n.Waits = stage.Text(v), stage.Default, stage.Waits && !j.Undoing
	}
	lost := j.New != nil && !inHand
	switch {
	case j.Undoing:
		n.Text, n.Default = "go on with the undo: "+n.Undo, "go on with the undo"
	case j.nextOfRoll(&n, lost):
	case j.pending(opCreate):
		n.Text = fmt.Sprintf("wait for the lost create to settle, then look for %q: one is taken or replaced, none is created again", j.Name)
		n.Default = "look for the new key"
	case lost && (j.Step == Create || j.Step == Deliver) && !j.delivered() && !j.touched():
		n.Text = fmt.Sprintf("the secret of %s is gone, since it was in memory only: have it again if the service gives it, else delete that key and create another", keyWords(*j.New))
		n.Default = "delete that key and create again"
	case lost && j.Step == Deliver && !j.delivered():
		n.Text = "find the new secret where it was put and go on; where that is not possible, create another key, which takes this one's place"
		n.Default = "recover the new secret"
	case lost && j.Step == Verify && j.Proved == 0:
		n.Text += "; its secret is taken from where it was put, and where that is not possible, another key takes this one's place"
	case j.Manual && j.Step == Create && j.New == nil:
		n.Default = "paste the new secret"
	case j.Step == Delete && j.OldGone:
		n.Default = "look again, and clear up"
	case j.Step == Drain && !j.SeesUse && !j.DrainExplicit:
		n.Default = "confirm that every consumer has the new key"
	}
	return n
}

func (j *journal) undoWords() string {
	if j.deleteSent() {
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
		last := "delete the new key"
		switch {
		case j.inPlace():
			last = "give the key back to its former secret"
		case j.renews():
			last = "give the old key the end back that it had, and delete the new one"
		}
		parts = append(parts, last)
	}
	if len(parts) == 0 {
		return "end the rotation; nothing was changed"
	}
	return strings.Join(parts, ", then ")
}
