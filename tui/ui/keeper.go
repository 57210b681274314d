package ui

import "context"

// Keeper is a Host that changes which profiles and destinations there are. Its methods are called in commands.
type Keeper interface {
	RemoveProfile(ctx context.Context, name string) error
	MakeDefault(ctx context.Context, name string) error
	RemoveDestination(ctx context.Context, profile, name string) error
}

// Intents about them. A toast says that it was done, or the error box why not.
type (
	RemoveProfile     struct{ Name string }
	MakeDefault       struct{ Name string }
	RemoveDestination struct{ Profile, Name string }
	// LookAt asks what a named destination of a profile holds now.
	LookAt struct{ Profile, Name string }
)
