package ui

import "context"

// Completer is a Host that knows the files of the machine that its operator sits at. Its method is called in a command.
type Completer interface {
	// Complete says how a destination that is being typed may go on, each whole.
	Complete(ctx context.Context, text string) []string
}

type (
	// Complete asks how a destination that is being typed may go on; answered by Completed.
	Complete struct {
		Ticket int
		Text   string
	}
	Completed struct {
		Ticket int
		Found  []string
	}
)
