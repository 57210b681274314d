package client

import (
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"detent/apikey"
)

func unsupported(op string, why apikey.Ability) *Error {
	return &Error{Op: op, Kind: Unsupported, Outcome: NotDone, Message: why.Why}
}

func invalid(op, message string) *Error {
	return &Error{Op: op, Kind: Invalid, Outcome: NotDone, Message: message}
}

func noID(op string) *Error { return invalid(op, "there is no key with such an id") }

func invalidDraft(message string) *Error { return invalid(opCreate, message) }

func badOption(message string) *Error { return invalid("open the service", message) }

// checkDraft refuses before anything is sent what every service would refuse.
func checkDraft(op string, d apikey.Draft, now time.Time, longest int) *Error {
	switch {
	case strings.TrimSpace(d.Name) == "":
		return invalid(op, "a key needs a name")
	case longest > 0 && utf8.RuneCountInString(d.Name) > longest:
		return invalid(op, fmt.Sprintf("the name is over %d characters", longest))
	}
	if err := d.Expiry.Check(now); err != nil {
		return invalid(op, err.Error())
	}
	return nil
}

// unusable is the proof for what cannot be a secret: nothing is sent, and nothing shown.
func unusable(secret apikey.Secret) (apikey.Proof, bool) {
	if err := secret.Check(); err != nil {
		return apikey.Proof{Evidence: "nothing was sent: " + err.Error(), Why: "this is no secret: " + err.Error()}, true
	}
	return apikey.Proof{}, false
}

// noteNoID goes with a secret whose key is not named: what is in hand is not lost for that.
const noteNoID = "the answer does not say the new key's id: look it up in the list by its name"

// noSecret is a create that was answered, but without what it is for.
func noSecret() *Error {
	return &Error{Op: opCreate, Kind: BadAnswer, Outcome: Unknown, Message: "the answer to the create holds no secret", Hint: hintLook}
}

func readOnly(op string) *Error {
	return &Error{Op: op, Kind: ReadOnly, Outcome: NotDone, Message: "this profile is read-only; nothing was sent",
		Hint: "Leave read-only mode (--read-only, DETENT_READ_ONLY, read_only of the profile) to change keys."}
}

// usableID keeps an id from becoming another path.
func usableID(id string) bool { return id != "" && id != "." && id != ".." }

// notWhole is the failure of a list that may lack rows; none where there is no reason to think so.
func notWhole(op, why string) error {
	if why == "" {
		return nil
	}
	return &Error{Op: op, Kind: BadAnswer, Status: http.StatusOK, Outcome: NotDone, Message: why}
}
