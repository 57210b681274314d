// Package delivery puts a secret where an application reads it: a variable of a
// .env file, a file of its own, a command's standard input, the clipboard.
// Every destination can be proved before anything is created, and says whether
// it can be read back and undone.
//
// A file is only ever replaced as a whole, by a rename in its own folder. While a
// job is open, three files may lie beside it: PATH.detent-ID is the kept copy, the old
// content (or a line that says that there was no file), PATH.detent-ID.mode the old
// mode where bits for others were dropped, both 0600, and PATH.detent-ID.new what a killed
// replacement left, 0600 or as the file. PATH is the file at the end of symbolic links.
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
	// Spec is the destination as docs/REFERENCE.md writes it, or the name of one in the profile.
	Spec() string
	// Describe says in words where the secret goes: "API_KEY in /srv/app/.env".
	Describe() string
	// CanUndo says whether Undo can put the old value back.
	CanUndo() bool
	// Preflight proves that Put can work, and leaves everything as it is: a trial file is made and removed
	// beside the place (unless Job.LookOnly). It is called before a key is created.
	Preflight(ctx context.Context, job Job) (Plan, error)
	// Put delivers. Where it can be undone, the old content is first kept as
	// PATH.detent-ID (0600, same folder, fsynced). Put is idempotent: again with the same job, it
	// keeps the first backup and ends in the same content. A command is run again.
	Put(ctx context.Context, job Job, secret apikey.Secret) (Report, error)
	// ReadBack compares what is there now with the secret.
	ReadBack(ctx context.Context, secret apikey.Secret) (Match, error)
	// Undo puts the former value back from the job's kept copy. It is idempotent (a place
	// that holds the former value, by whosever hand, is Already), and leaves the copy to Finish.
	// Where nothing can be undone it fails: ErrNoCopy, a *PlaceError, ErrUnexpected, ErrNoUndo.
	Undo(ctx context.Context, job Job) (Report, error)
	// Finish removes the job's backup and any leftover of a killed replace.
	Finish(ctx context.Context, job Job) error
	// Then runs the configured command after a delivery or an undo; without one it does nothing.
	// Its output is for the operator; a failure is an error that holds its last lines.
	Then(ctx context.Context) (output string, err error)
	// Probe runs the configured probe: exit 0 says that the application there works with
	// what it has. It is not given the secret. Without one, configured is false.
	Probe(ctx context.Context) (configured bool, output string, err error)
	// HasThen and HasProbe say whether there are such commands.
	HasThen() bool
	HasProbe() bool
}

// Holder is a destination that can give back what it holds: a file, not a command.
type Holder interface {
	// Held is what the place holds now. No file, no variable or an empty value is
	// Exists false without an error; a place that cannot be looked at (its folder is not
	// there, a link leads nowhere, the file is sealed or cannot be read) is a *PlaceError.
	Held(ctx context.Context) (Held, error)
	// Former is what the place held before this job first changed it, as the job's kept
	// copy says. Its Where is that of the place now. Without a copy that can be believed
	// the error is ErrNoCopy. Where the job's new secret was in the file before its first Put, it
	// is in the copy, too: who undoes compares.
	Former(ctx context.Context, job Job) (Held, error)
}

// Held is what a place holds, at one moment.
type Held struct {
	// Secret is the variable's value, or the file's content without its final line
	// break; absent where Exists is false.
	Secret apikey.Secret
	// Unread is the value as it is written, instead, where its readers read it differently and Job.Replace lets it go all the same.
	Unread apikey.Secret
	// Exists says that the file, or the variable in it, is there with a value.
	Exists bool
	// Where is the identity of the place: the file after all symbolic links, those
	// among its folders too, and for a variable a colon and its name.
	Where string
	// File is the file of the place, after all symbolic links; empty where it has none.
	File string
	// Others are the other variables of the file that have a value which every reader
	// reads alike, in its order: the secret may be under another name than the one that was typed.
	Others []Other
	// Fragments are the words of the file that are no variable's whole value, long enough for a secret: a part of one, or on a line that
	// dotenv libraries do not read and another program may.
	Fragments []Other
	// Also are the other lines, comments left out, that hold the same secret. It is not replaced there.
	Also []Other
}

// Other is what stands elsewhere in a .env file.
type Other struct {
	Name   string // of the variable; empty on a line that has none
	Line   int
	Secret apikey.Secret
}

// Job names one use of a destination, so that its kept copy can be found again, and
// says what it may do.
type Job struct {
	// ID is the rotation's id; it names the kept copy.
	ID string
	// Environment of the secret: a live one is not put beside test values, nor the reverse.
	Environment apikey.Environment
	// AllowMixed is the operator's explicit yes to that.
	AllowMixed bool
	// AllowTracked is the operator's explicit yes to a file that git tracks.
	AllowTracked bool
	// AllowOwner is the operator's explicit yes to a file that belongs to neither them,
	// root nor the owner of its folder: that owner reads the secret.
	AllowOwner bool
	// LookOnly keeps Preflight from writing its trial file: then it does not find all that could stop Put.
	LookOnly bool
	// Replace is the operator's explicit yes to a place that holds something else, or that
	// others have mounted by itself (they keep the old content). What it holds is the caller's to judge.
	Replace bool
	// Where is the place as Plan.Where named it. Put and Undo refuse, with nothing written, a
	// path that leads elsewhere by now; empty is anywhere.
	Where string
	// Expect, if set, is asked about what the place holds at the moment at which it is replaced.
	// Where it says no, Put and Undo write nothing and fail with ErrUnexpected. It is not asked where nothing
	// is to be written: the secret is there already, or the former value is back already. It may be asked several times.
	Expect func(Held) bool
}

// Plan is what Preflight found.
type Plan struct {
	// Notes are for the operator, before anything is created: "mode 0644 becomes 0640",
	// "cannot be undone", "git is not installed: not checked".
	Notes []string
	// Backup is where the old content will be kept; empty for none.
	Backup string
	// Where is the identity of the place, as in Held; empty where it has none.
	Where string
	// Owner names whose file it is, or will be: "you", "root", "app"; empty for no file.
	Owner string
	// Holds is what a Holder holds now.
	Holds Held
}

// Did is what a Put or an Undo did.
type Did int

// What can have been done.
const (
	Unreported Did = iota
	Wrote          // the secret was written or handed over
	Already        // the place was as asked, nothing was written
	PutBack        // the former value was written
	Removed        // the file or the variable was not there before, and is gone again
)

// Report is what a Put or an Undo did.
type Report struct {
	Did     Did
	Summary string // "API_KEY in /srv/app/.env replaced"
	Notes   []string
	Kept    bool   // a copy of what was there was made, since the job had none
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
