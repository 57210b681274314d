package rotate

import (
	"slices"
	"strings"

	"detent/rotation"
)

// The kinds of the screen's own questions. They are shown and answered as a rotation's are.
const (
	askUndo  rotation.QuestionKind = "screen: undo"
	askLeave rotation.QuestionKind = "screen: leave"
	askClose rotation.QuestionKind = "screen: close"
	askWait  rotation.QuestionKind = "screen: wait no longer"
)

// The ids of their choices, beside rotation.Yes and rotation.No.
const (
	deliverIt = "deliver"
	deleteIt  = "delete"
)

// undoQuestion names what an undo does, one thing a line.
func undoQuestion(v rotation.View) rotation.Question {
	text := "Undo? This is what happens, in this order:"
	if v.Mode == rotation.Compromised {
		text = "Undo? The leaked key stays, and whoever has its secret can go on. This is what happens, in this order:"
		if v.OldOff || slices.ContainsFunc(v.Destinations, func(d rotation.DestinationView) bool { return d.Begun }) {
			text = "Undo? The LEAKED secret goes back to work, and whoever has it can go on. This is what happens, in this order:"
		}
	}
	return rotation.Question{Kind: askUndo, Text: text, Lines: strings.Split(v.Next.Undo, ", then "), Default: rotation.No,
		Choices: []rotation.Choice{{ID: rotation.Yes, Label: "undo"}, {ID: rotation.No, Label: "stay: nothing is changed"}}}
}

func leaveQuestion() rotation.Question {
	return rotation.Question{Kind: askLeave, Text: "The new secret is only in memory. Leaving now loses it.", Default: deliverIt,
		Choices: []rotation.Choice{{ID: deliverIt, Label: "deliver it now"}, {ID: deleteIt, Label: "delete the new key; the old one stays in use"}, {ID: rotation.No, Label: "stay"}}}
}

// closeQuestion says what a close leaves where. It knows no more than the journal does.
func closeQuestion(v rotation.View) rotation.Question {
	var lines []string
	if v.OldGone {
		lines = append(lines, "the old key: its deletion was sent; whether it lives is not looked at")
	} else {
		lines = append(lines, "the old key stays as it is: "+v.Old.CalledWithID())
	}
	if v.New != nil {
		lines = append(lines, "the new key stays as it is: "+v.New.CalledWithID())
	}
	for _, d := range v.Destinations {
		if d.Begun {
			line := "what is there stays there: " + d.Describe
			if d.Backup != "" {
				line += ", and the kept copy " + d.Backup
			}
			lines = append(lines, line)
		}
	}
	return rotation.Question{Kind: askClose, Text: "Close this rotation as it stands? Nothing is changed at the service, nor in a destination, and nobody takes care of it any more:", Lines: lines,
		Default: rotation.No, Flag: "rotate --close " + v.ID + " --reason R",
		Choices: []rotation.Choice{{ID: rotation.Yes, Label: "close it", Wants: rotation.WantsReason}, {ID: rotation.No, Label: "stay: it stays open"}}}
}

// waitQuestion is a person's word that a wait may end, statement by statement.
func waitQuestion(v rotation.View) rotation.Question {
	return rotation.Question{Kind: askWait, Text: "Wait no longer? Your word counts, and is recorded.", Lines: v.Statements(), Each: true, Default: rotation.No,
		Choices: []rotation.Choice{{ID: rotation.Yes, Label: "all of it is so: wait no longer"}, {ID: rotation.No, Label: "go on waiting"}}}
}
