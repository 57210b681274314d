package rotation

import (
	"slices"

	"detent/apikey"
)

// QuestionKind says what a stopped rotation needs from a person.
type QuestionKind string

// The kinds. A front end shows any of them by its data; none needs code of its own.
const (
	AskPaste     QuestionKind = "paste"     // create the key in the dashboard, and paste its secret
	AskWhose     QuestionKind = "whose"     // nothing tells whose secret was pasted
	AskAttest    QuestionKind = "attest"    // confirm what cannot be seen
	AskAccept    QuestionKind = "accept"    // differences of old and new, or what the service does not report
	AskSwitch    QuestionKind = "switch"    // give detent the new credential and start it again
	AskCleanup   QuestionKind = "cleanup"   // keys that carry the mark and cannot be told apart, or another host's
	AskMixed     QuestionKind = "mixed"     // a live key beside test values, or the reverse
	AskTracked   QuestionKind = "tracked"   // git tracks the file
	AskOwner     QuestionKind = "owner"     // the file belongs to somebody unexpected
	AskReplace   QuestionKind = "replace"   // the place holds something else than the old key's secret
	AskRevive    QuestionKind = "revive"    // the key is expired or disabled and would come alive by it
	AskLacks     QuestionKind = "lacks"     // the new key cannot be asked to have all the access of the old one
	AskOutage    QuestionKind = "outage"    // the application will have a dead secret for a while
	AskUnproven  QuestionKind = "unproven"  // the service accepts made-up secrets, or explains a refusal by a restriction
	AskUnread    QuestionKind = "unread"    // a place that nobody can read: does the application there use the new key?
	AskAgain     QuestionKind = "again"     // a place holds the old value again: deliver anew
	AskUndone    QuestionKind = "undone"    // a place that detent cannot put back: is the old value there?
	AskCarries   QuestionKind = "carries"   // whether the old key carries the application is not clear
	AskTurn      QuestionKind = "turn"      // an undo that stopped half-way: go on with the rotation instead?
	AskLives     QuestionKind = "lives"     // a delete was sent: does the old key live all the same?
	AskBothGone  QuestionKind = "both-gone" // neither key is left: create another, or close
	AskDashboard QuestionKind = "dashboard" // delete the old key in the dashboard
	AskUnknown   QuestionKind = "unknown"   // in preflight, where nobody will be there later
)

// Choice is one answer to a question.
type Choice struct {
	ID    string // "yes", "no", or what it does
	Label string // a verb phrase: "deliver again"
	Does  string // what comes of it, in one sentence
	Wants Wants
}

// Wants is what must come with a choice.
type Wants int

// What may come with a choice.
const (
	WantsNothing Wants = iota
	WantsReason        // recorded with the answer
	WantsSecret        // pasted; never recorded
)

// Question is what a stopped rotation needs from a person, as data.
type Question struct {
	Kind QuestionKind
	Text string
	// Subject is what it is about: a destination's spelling; empty for the rotation as a whole.
	Subject string
	// Lines are the details: differences, or statements to confirm.
	Lines []string
	// Each says that every line is a statement of its own, confirmed one by one.
	Each    bool
	Choices []Choice
	Default string // the id of the safe choice
	// Flag is how the same is said on the command line, where there is such a way: "--accept-unknown REASON".
	Flag string
}

// Choice finds one of the question's choices.
func (q Question) Choice(id string) (Choice, bool) {
	i := slices.IndexFunc(q.Choices, func(c Choice) bool { return c.ID == id })
	if i < 0 {
		return Choice{}, false
	}
	return q.Choices[i], true
}

// Answer is a person's answer to the question that a rotation stopped with.
type Answer struct {
	Kind    QuestionKind
	Subject string
	Choice  string
	Reason  string
	Secret  apikey.Secret
}

// The ids of choices.
const (
	Yes       = "yes"
	No        = "no"
	LookAgain = "again" // the place is read again
	TurnRound = "turn"  // give the undo up, and go on
	CloseIt   = "close" // end the rotation as it stands
	Fails     = "fails" // the new key does not work: something else is to take its place
)

func ask(q Question, notes ...string) *Result {
	return &Result{Status: Stopped, Question: &q, Message: q.Text, Notes: append(slices.Clone(q.Lines), notes...)}
}

func yesNo(yes, does string, wants Wants) []Choice {
	return []Choice{{ID: Yes, Label: yes, Does: does, Wants: wants}, later()}
}

// later is the choice to leave it.
func later() Choice {
	return Choice{ID: No, Label: "leave it for later", Does: "nothing is changed; the rotation stays open"}
}

// asking asks the same in other words.
func (res *Result) asking(text string) *Result {
	res.Question.Text, res.Message = text, text
	return res
}

func orNothing(res *Result) *Result {
	if res == nil {
		return &Result{}
	}
	return res
}
