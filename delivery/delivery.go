// Package delivery puts a secret where an application reads it: a variable of a
// .env file, a file of its own, a command's standard input, the clipboard.
// Every destination can be proved before anything is created, and says whether
// it can be read back and undone.
//
// A file is only ever replaced as a whole, by a rename in its own folder. While a
// job is open, three files may lie beside it, each 0600: PATH.detent-ID is the old
// content (or a line that says that there was no file), PATH.detent-ID.mode the old
// mode where bits for others were dropped, and PATH.detent-ID.new what a killed
// replacement left. PATH is the file at the end of symbolic links.
//
// An undo is exact where nothing else changed: the same bytes and mode, or no file.
// Where others edited a .env file in the meantime, only the one variable is put
// back and their edits stay; a plain file is put back whole. Several destinations of one job may share a
// .env file, and then its backup: undo all of them before finishing any.
package delivery

import (
	"context"

	"detent/apikey"
)

// Destination is one place for a secret.
type Destination interface {
	// Spec is the destination as interface.md writes it, or the name of one in the profile.
	Spec() string
	// Describe says in words where the secret goes: "API_KEY in /srv/app/.env".
	Describe() string
	// CanUndo says whether Undo can put the old value back.
	CanUndo() bool
	// Preflight proves, as far as possible without changing anything, that Put
	// can work. It is called before a key is created.
	Preflight(ctx context.Context, job Job) (Plan, error)
	// Put delivers. Where it can be undone, the old content is first kept as
	// PATH.detent-ID (0600, same folder, fsynced). Put is idempotent: again with the same job, it
	// keeps the first backup and ends in the same content. A command is run again.
	Put(ctx context.Context, job Job, secret apikey.Secret) (Report, error)
	// ReadBack compares what is there now with the secret.
	ReadBack(ctx context.Context, secret apikey.Secret) (Match, error)
	// Undo puts the old content back from the job's backup; without a backup
	// (nothing was put) it does nothing. It is idempotent, and leaves the backup to Finish.
	Undo(ctx context.Context, job Job) (Report, error)
	// Finish removes the job's backup and any leftover of a killed replace.
	Finish(ctx context.Context, job Job) error
	// Then runs the configured command after a delivery or an undo; without one it does nothing.
	// Its output is for the operator; a failure is an error that holds its last lines.
	Then(ctx context.Context) (output string, err error)
}

// Holder is a destination that can give back what it holds: a file, not a
// command. A rotation that was killed after a Put finds the new secret there. Nothing
// held (no file, no variable) is an absent Secret without an error.
type Holder interface {
	Held(ctx context.Context) (apikey.Secret, error)
}

// Job names one use of a destination, so that its backup can be found again.
type Job struct {
	// ID is the rotation's id; it names the backup.
	ID string
	// Environment of the secret: a live one is not put beside test values, nor the reverse.
	Environment apikey.Environment
	// AllowMixed is the operator's explicit yes to that.
	AllowMixed bool
	// AllowTracked is the operator's explicit yes to a file that git tracks.
	AllowTracked bool
}

// Plan is what Preflight found.
type Plan struct {
	// Notes are for the operator, before anything is created: "mode 0644 becomes 0640",
	// "cannot be undone", "git is not installed: not checked".
	Notes []string
	// Backup is where the old content will be kept; empty for none.
	Backup string
}

// Report is what a Put or an Undo did.
type Report struct {
	Summary string // "API_KEY in /srv/app/.env replaced"
	Notes   []string
	Output  string // what a command printed, fit for a terminal and free of the secret
}

// Match is the answer of ReadBack.
type Match int

// The answers of ReadBack.
const (
	CannotTell Match = iota // the destination cannot be read back
	Same
	Different
)

// Consent is a yes that only the operator can give.
type Consent int

// The consents.
const (
	MixedEnvironments Consent = iota // a live secret beside test values, or the reverse: Job.AllowMixed
	TrackedByGit                     // a file that git tracks: Job.AllowTracked
)

// ConsentError is a Preflight's refusal that the operator's explicit yes lifts.
type ConsentError struct {
	Needs Consent
	Err   error
}

func (e *ConsentError) Error() string { return e.Err.Error() }

// Unwrap gives the refusal itself.
func (e *ConsentError) Unwrap() error { return e.Err }
