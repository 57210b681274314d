package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// A status of success proves a secret only where the service itself answered: a captive portal or a proxy answers 200
// to everything, in JSON too. What follows holds an answer to the shape that the service's own has.

var (
	ErrForeign = errors.New("the answer is not this service's")
	errEnough  = errors.New("an element was seen")
	ErrOther   = errors.New("an element is of another kind: the next one tells")
)

// RequireList accepts a list of the service's: a bare array, or an object that has the array under one of names and does not
// say no. element looks at the first element that is not of another kind. A bare array is not read beyond that.
func RequireList(names []string, element func(raw []byte) error) func(*Guard) error {
	return func(body *Guard) error {
		head := make([]byte, 512)
		n, err := io.ReadFull(body, head)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		head = head[:n]
		if LooksLikeWebPage(head) {
			return ErrWebPage
		}
		if string(bytes.Join(bytes.Fields(head), nil)) == "{}" {
			return ErrForeign // an empty list in one spelling, and what anybody may answer
		}
		bare := bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("["))
		seen := false
		_, err = DecodeList(NewGuard(io.MultiReader(bytes.NewReader(head), &body.limited), MaxList), names, func(raw []byte) error {
			if seen {
				return nil
			}
			switch element(raw) {
			case nil:
				seen = true
			case ErrOther:
				return nil
			default:
				return ErrForeign
			}
			if bare {
				return errEnough
			}
			return nil
		})
		if err == errEnough {
			return nil
		}
		return Foreign(err)
	}
}

// Foreign is the failure to read an answer; one that is no answer of the service's is that too, and says what it is.
func Foreign(err error) error {
	var ours BadAnswer
	var kind *json.UnmarshalTypeError
	if err == io.EOF || errors.As(err, &ours) || IsNotJSON(err) || errors.As(err, &kind) {
		return &foreignError{err}
	}
	return err
}

// foreignError is an errForeign that knows more.
type foreignError struct{ err error }

func (e *foreignError) Error() string        { return ErrForeign.Error() }
func (e *foreignError) Is(target error) bool { return target == ErrForeign }
func (e *foreignError) Unwrap() error        { return e.err }

// RequireObject is an element of which no more is public than that it is one.
func RequireObject(raw []byte) error {
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return ErrForeign
	}
	return nil
}

// RequireOneObject accepts an object that has an id, as rows have it or under "id", or an envelope around one that says that all went well.
func RequireOneObject(body *Guard, ids []string) (members map[string]json.RawMessage, err error) {
	members, _, err = DecodeObject(body)
	if err != nil {
		return nil, Foreign(err)
	}
	named := func(name string) bool { return TextAt(members, name) != "" }
	if !named("id") && !slices.ContainsFunc(ids, named) && (Object(members["data"]) == nil || string(members["success"]) != "true") {
		return nil, &foreignError{BadAnswer("it has no id")}
	}
	return members, nil
}
