package client

import (
	"bytes"
	"encoding/json"
	"io"

	"detent/apikey"
)

// decodeCreated reads the answer to a create into row, the key, which may be wrapped. A secret may stand beside the wrapped
// key: beside is what the answer as a whole says.
func decodeCreated[R any](r io.Reader, row, beside *R, names ...string) error {
	var whole json.RawMessage
	if err := decodeOne(r, &whole); err != nil {
		return err
	}
	_, raw, err := decodeObject(bytes.NewReader(whole), names...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, row); err != nil {
		return err
	}
	return json.Unmarshal(whole, beside)
}

// bound is the secret of a created key, and whether it came in the object that names the key: a secret that stands beside it
// is of this key by what the answer means, not by what it is.
func bound(inside, beside apikey.Secret, id string) (secret apikey.Secret, together bool) {
	if inside.IsZero() {
		return beside, false
	}
	return inside, id != ""
}
