package ui

import (
	"context"

	"detent/desk"
)

// Keeper is a Host that changes which profiles and destinations there are. Its methods are called in commands.
type Keeper interface {
	RemoveProfile(ctx context.Context, name string) error
	RenameProfile(ctx context.Context, name, to string) error
	MakeDefault(ctx context.Context, name string) error
	RemoveDestination(ctx context.Context, profile, name string) error
}

// Intents about them. A toast says that it was done, or the error box why not.
type (
	RemoveProfile     struct{ Name string }
	RenameProfile     struct{ Name, To string }
	MakeDefault       struct{ Name string }
	RemoveDestination struct{ Profile, Name string }
	// ProfileRefused says that an act on a profile was asked for by somebody whom it is not for.
	ProfileRefused struct {
		Name string
		What desk.What
		Why  string
	}
	// LookAt asks what a named destination of a profile holds now.
	LookAt struct{ Profile, Name string }
)
