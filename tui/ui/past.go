package ui

import (
	"context"
	"time"
)

// Recorder is a Host that knows what was done from here.
type Recorder interface {
	// Past is what is on record of a key of a profile, the rotations that it took part in whole; of all, where no key is named. It is
	// called in a command.
	Past(ctx context.Context, profile, keyID string) (Past, error)
}

// Past is what was done, the newest first.
type Past struct {
	Acts []Act
	// Left is how many older ones there are.
	Left int
	// Doubt says that the record was changed or damaged; empty where it holds.
	Doubt string
}

// Act is one thing that was done, or that was refused.
type Act struct {
	At                 time.Time
	Who, From, Profile string
	Action             string
	KeyID, KeyName     string
	Rotation, Outcome  string
	Good               bool     // it was done, certainly
	More               []string // what was granted, changed, and where it went
}
