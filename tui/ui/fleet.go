package ui

import (
	"context"

	"detent/apikey"
	"detent/rotation"
)

// Fleet is a Host that can be asked for the keys of all its profiles together.
type Fleet interface {
	// Hear asks profiles, nil for all, side by side and calls each, one call at a time, as they answer: the first keys come with the
	// fastest profile, and one that is slow or dead holds up itself alone. It returns when all have ended. A key that two profiles reach
	// is told once, also where one of them is asked alone after all were. It is called in a command; what is told after ctx is done may
	// be dropped.
	Hear(ctx context.Context, profiles []string, each func(Heard))
}

// Heard is a part of what one profile says.
type Heard struct {
	Profile string
	// Connection is that of the profile, as Host.Open gives it; nil where it could not be opened.
	Connection *Connection
	Keys       []apikey.Key
	// Done says that nothing more comes of this profile; with Err, that what came is not all.
	Done bool
	Err  error
}

// Recaller is a Host that knows the keys which rotations replaced or made, those that no list has any more too. It is called in a command.
type Recaller interface {
	Recall() ([]rotation.Recalled, error)
}
