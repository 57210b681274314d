package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/desk"
	"detent/rotation"
)

// Intents are messages from a screen to the root: what the user wants done.
// The root carries them out in a command, and sends the result, one of the
// messages below, to every overlay; a screen recognises its own by Ticket.
// A write is never cancelled by leaving a screen, and always ends in a toast,
// an error box or a screen.
type (
	// Push opens an overlay on top of the stack.
	Push struct{ Screen Screen }
	// Pop closes an overlay, wherever it is in the stack; nil is the top one.
	Pop struct{ Screen Screen }
	// Keep takes an overlay off the screen; it goes on, and gets every message but keys. Pushing a
	// Kept screen of the same id brings it back.
	Keep struct{ Screen Screen }
	// Toast shows one line for a few seconds.
	Toast struct {
		Text string
		Good bool
	}
	// Fail opens the error box: what happened, what is certain, what to do.
	Fail struct {
		Title string
		Err   error
	}
	// CreateKey creates; answered by KeyCreated. On success the root opens the show-once screen. Of this intent and those about a key,
	// Profile is whose it is; empty for the profile in use.
	CreateKey struct {
		Ticket  int
		Profile string
		Draft   apikey.Draft
	}
	// AskCatalogue asks which permissions a new key can have; answered by Catalogued, whenever that comes.
	AskCatalogue struct{ Profile string }
	// UpdateKey changes the key that the screen was opened for; answered by KeyUpdated.
	UpdateKey struct {
		Ticket   int
		Profile  string
		ID, Name string
		Patch    apikey.Patch
	}
	// DeleteKey deletes the key that the screen was opened for; answered by KeyDeleted.
	DeleteKey struct {
		Ticket   int
		Profile  string
		ID, Name string
		Masked   string // by it the record tells later whose a secret was
		// Secret deletes its own key; none where the profile's credential does.
		Secret apikey.Secret
		// TakeBack is to put back first what the places held that were given its secret from this screen; where that fails,
		// nothing is deleted.
		TakeBack bool
	}
	// Settle lets go of what the places held that were given a key's secret.
	Settle struct {
		Profile string // empty for the one in use
		Key     apikey.Key
	}
	// Bulk deletes or disables several keys, one after another; answered by BulkDone.
	Bulk struct {
		Ticket int
		Delete bool // else they are disabled
		Items  []BulkItem
	}
	// BulkItem is one of them.
	BulkItem struct{ Profile, ID, Name, Masked string }
	// RequestPublicKey asks for a public key; answered by PublicKeyReady.
	RequestPublicKey struct {
		Ticket  int
		Profile string
		Request apikey.PublicKeyRequest
	}
	// Verify proves a pasted secret in the first of the profiles that accepts it; answered by Verified. None is the profile in use.
	Verify struct {
		Ticket   int
		Profiles []string
		Secret   apikey.Secret
	}
	// RevealSecret asks to show the secret of a key; answered by SecretRevealed.
	RevealSecret struct {
		Ticket  int
		Profile string
		Key     apikey.Key
	}
	// Deliver puts the secret of a key to a destination; answered by SecretDelivered.
	Deliver struct {
		Ticket      int
		Profile     string
		Key         apikey.Key
		Destination string
		Secret      apikey.Secret
		Replace     bool // what the place holds already may go
	}
	// CopySecret sends a secret to the terminal's clipboard (OSC 52). Nothing confirms it.
	CopySecret struct {
		Profile string
		Key     apikey.Key
		Secret  apikey.Secret
	}
	// CopyText sends plain text, such as an id or an error, to the terminal's clipboard.
	CopyText struct{ What, Text string }
	// Ring calls somebody who looks elsewhere: a wait is over.
	Ring struct{ Text string }
	// Reload loads the list anew.
	Reload struct{}
	// UseProfile switches to a profile.
	UseProfile struct{ Name string }
	// TestProfile tries a profile; answered by ProfileTested.
	TestProfile struct {
		Ticket int
		Name   string
	}
	// SaveProfile adds a profile, or changes the one that was Before; answered by ProfileSaved.
	SaveProfile struct {
		Ticket  int
		Before  *ProfileDraft
		Profile ProfileDraft
	}
	// AskParents asks what a parent of a profile that is being written can be; answered by ParentsTold.
	AskParents struct {
		Ticket  int
		Profile ProfileDraft
		Parent  string
	}
	// GoTo puts the cursor on a key, and begins to replace it as one that is compromised where that is asked for.
	GoTo struct {
		Profile string // whose it is; empty for the profile in use
		ID      string
		Replace bool
		Off     bool // ask whether it is to be disabled
		Delete  bool // or deleted
		// Secret is the key's own, where it was pasted: it may delete its key.
		Secret apikey.Secret
	}
	// Quit ends the program.
	Quit struct{}
)

// Intents about profiles and destinations. A toast says that it was done, or the error box why not.
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

// Results of intents. Err is a *client.Error where a service was asked.
type (
	KeyCreated struct {
		Ticket  int
		Created apikey.Created
		Err     error
	}
	KeyUpdated struct {
		Ticket int
		Key    apikey.Key
		Err    error
	}
	KeyDeleted struct {
		Ticket  int
		ID      string
		Deleted apikey.Deleted
		Back    []string // what TakeBack did, whatever came of the deletion
		Err     error
	}
	BulkDone struct {
		Ticket int
		Err    error
	}
	PublicKeyReady struct {
		Ticket int
		Value  apikey.PublicKeyValue
		Err    error
	}
	Verified struct {
		Ticket  int
		Profile string // that accepted it; empty for none, or the one in use
		Proof   apikey.Proof
		Err     error
	}
	// Target is a profile that a secret may be of, and its keys.
	Target struct {
		Profile Profile
		Caps    apikey.Capabilities
		Keys    []apikey.Key
		Not     Acts
	}
	// Acts say why a key of a profile cannot be replaced, switched off, deleted; empty where it can.
	Acts struct{ Replace, Off, Delete string }
	// Known are the profiles that a secret may be of, as far as they have answered; Asking, that others may.
	Known struct {
		Targets []Target
		Asking  bool
		Past    []rotation.Recalled
	}
	SecretRevealed struct {
		Ticket int
		Err    error // why it may not be shown
	}
	SecretDelivered struct {
		Ticket    int
		Delivered Delivered
		Err       error
	}
	ProfileTested struct {
		Ticket int
		Name   string
		Keys   int
		Notes  []string // what the profile can do there
		Err    error
	}
	ProfileSaved struct {
		Ticket int
		Name   string
		Err    error
	}
	// ParentsTold is what the service named; Err is why it could not be asked.
	ParentsTold struct {
		Ticket  int
		Choices client.Choices
		Err     error
	}
	// Catalogued is what can be granted, as it is known from now on; Err is why the service could not be asked.
	Catalogued struct {
		Profile string
		Caps    apikey.Capabilities
		Err     error
	}
	// Listed answers a Reload: the whole list as it is now. A form whose create had no answer looks there.
	Listed struct {
		Profile string
		Keys    []apikey.Key
		Err     error
	}
)

// Do makes an intent a command.
func Do(intent tea.Msg) tea.Cmd { return func() tea.Msg { return intent } }
