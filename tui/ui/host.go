package ui

import (
	"context"
	"maps"
	"slices"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/desk"
	"detent/rotation"
)

// Host is what the TUI needs of the world: profiles, services and places for a
// secret. Whoever opens the screens implements it; tests do in memory. Its methods are
// called in commands, never in Update or View, but for Profiles.
type Host interface {
	// Issuers are all that a profile can be of, in order of display, and cheap.
	Issuers() []Issuer
	// Profiles is in order of display and cheap.
	Profiles() []Profile
	// NeedsTerminal says that opening the profile runs a command that may ask on the
	// terminal, so that Open must run outside the alternate screen.
	NeedsTerminal(profile string) bool
	// Open makes a profile ready for use. The Connection is also usable for the
	// screens (it has Capabilities) before the service was ever reached.
	Open(ctx context.Context, profile string) (Connection, error)
	// SaveProfile writes a profile to the configuration file, or says which field is wrong. before is what the profile was when
	// it was shown; nil for a new one.
	SaveProfile(ctx context.Context, before *ProfileDraft, p ProfileDraft) error
	// Showing records that the secret of a key is about to be shown. Where that cannot be, and must be, it is an error, and nothing is
	// shown.
	Showing(ctx context.Context, profile string, k apikey.Key) error
	// Deliver puts the secret of a key to a place: a destination as docs/REFERENCE.md writes it
	// (env-file:PATH:VARIABLE, file:PATH, command:CMDLINE) or the name of one of the profile. A place that
	// holds something else already is a *HeldError, and is left as it is, unless replace says that it may go: then that is kept
	// until Settle, and put back if the secret does not come into place.
	Deliver(ctx context.Context, profile string, k apikey.Key, destination string, secret apikey.Secret, replace bool) (Delivered, error)
	// TakeBack puts back what the places held before they were given the secret of the key, where the secret still is, and says so.
	// Where that fails, it can be tried again.
	TakeBack(ctx context.Context, profile string, k apikey.Key) (notes []string, err error)
	// Settle lets go of what the places held that were given the secret of the key.
	Settle(ctx context.Context, profile string, k apikey.Key)
}

// What some hosts can besides.

// Completer is a Host that knows the files of the machine that its operator sits at. Its method is called in a command.
type Completer interface {
	// Complete says how a destination that is being typed may go on, each whole.
	Complete(ctx context.Context, text string) []string
}

// ParentTeller is a Host that asks a service what keys can belong to, for a profile that is being written. Its method is called in a command.
type ParentTeller interface {
	ParentChoices(ctx context.Context, p ProfileDraft, parent string) (client.Choices, error)
}

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

// Keeper is a Host that changes which profiles and destinations there are. Its methods are called in commands.
type Keeper interface {
	RemoveProfile(ctx context.Context, name string) error
	RenameProfile(ctx context.Context, name, to string) error
	MakeDefault(ctx context.Context, name string) error
	RemoveDestination(ctx context.Context, profile, name string) error
}

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

// Profile is one row of the profile list.
type Profile struct {
	Name        string
	Service     string
	URL         string             // "embedded" for the embedded service
	Environment apikey.Environment // as the configuration says it
	Setting     apikey.Setting     // how carefully its keys are handled, and what word the frame wears
	ReadOnly    bool
	Embedded    bool
	Token       string // where the token comes from, in words: "env PROSOPO_TOKEN"; never the token
	// Draft is what the form that changes it begins with. Of an embedded profile, nothing can be changed.
	Draft ProfileDraft
	// Destinations are the names of those that the profile has.
	Destinations []string
}

// Issuer is a service that a profile can be of, as its form asks for it.
type Issuer struct {
	Name, Title, About string
	URL                string   // its usual address; empty where each has its own
	Settings           []string // those that it takes beside the ones that all take: auth, create
	Parents            []Parent
}

// Takes reports whether it has a setting.
func (i Issuer) Takes(setting string) bool { return slices.Contains(i.Settings, setting) }

// Parent is what an issuer's keys belong to, and a profile must name.
type Parent struct {
	Name, Title, About string
	Told               bool     // the service can be asked which there are
	Needs              []string // the parents before it that are needed for that
}

// Connection is a profile in use.
type Connection struct {
	Profile Profile
	// Service is asked what there is; what is to change is an order.
	Service client.Service
	Order   func(ctx context.Context, o desk.Order) (desk.Outcome, error)
	Policy  apikey.Policy
	// Catalogue has the service asked which permissions there are, unless that was lately; Service tells them then. May be nil.
	Catalogue func(ctx context.Context) error
	// Rotations are the open ones of this profile; may be nil.
	Rotations func() []rotation.View
}

// ProfileDraft is what the form of a profile asks for. Exactly one of the four token fields is set.
type ProfileDraft struct {
	Name         string
	Service      string
	URL          string
	TokenEnv     string
	TokenFile    string
	TokenCommand []string
	NewToken     apikey.Secret // typed, to be kept in a file of its own
	Environment  apikey.Environment
	ReadOnly     bool
	Auth         string            // direct or exchange, of an issuer that takes it
	TokenURL     string            // of exchange, where the token server's address does not follow from URL
	SecretPrefix string            // how secrets begin, of an issuer that leaves that to whoever runs it
	CanCreate    bool              // of an issuer that does not always offer to create keys
	Parents      map[string]string // what the issuer's keys belong to; nil for nothing
}

// MovesToken reports whether a profile that is changed so would send its token to another place than before.
func MovesToken(before, after ProfileDraft) bool {
	return after.Service != before.Service || after.URL != before.URL || after.Auth != before.Auth || after.TokenURL != before.TokenURL || !maps.Equal(before.Parents, after.Parents)
}

// Delivered says what a delivery did.
type Delivered struct {
	Summary string   // "API_KEY in /srv/app/.env replaced"
	Notes   []string // what the user should know: bits dropped, not read back
	Kept    []string // the places whose former content TakeBack puts back
}

// HeldError is what Deliver returns of a place that holds something already.
type HeldError struct{ Place string }

func (e *HeldError) Error() string {
	return e.Place + " holds a value already, and it was not overwritten"
}

// FieldError is what SaveProfile returns where one field is wrong, by its name in the
// configuration file: name, service, url, token, environment, auth, create.
type FieldError struct {
	Field string
	Err   error
}

// Error says which field and what is wrong with it.
func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *FieldError) Unwrap() error { return e.Err }
