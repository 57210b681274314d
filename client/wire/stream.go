package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// loosely reads JSON as encoding/json does: of several members of one name the last counts, and what is no UTF-8 is left to whoever
// reads the text.
func loosely(r io.Reader) *jsontext.Decoder {
	return jsontext.NewDecoder(r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// Value reads the next value. Its JSON is gone when the decoder is used again.
func Value(dec *jsontext.Decoder) ([]byte, error) {
	raw, err := dec.ReadValue()
	looked := raw
	if err != nil { // the decoder has a limit of its own, which it calls a fault of syntax
		if looked = bytes.TrimLeft(dec.UnreadBuffer(), " \t\r\n,:"); !bytes.HasPrefix(looked, []byte("[")) && !bytes.HasPrefix(looked, []byte("{")) {
			return raw, err
		}
	}
	if tooDeep(looked, dec.StackDepth()) {
		err = ErrTooDeep
	}
	return raw, err
}

// elements calls each before each element of an array, which it reads.
func elements(dec *jsontext.Decoder, each func() error) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if err := each(); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// members calls each before the value of each member of an object, which it reads. The name is without its quotes.
func members(dec *jsontext.Decoder, each func(name []byte) error) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		quoted, err := dec.ReadValue()
		if err != nil {
			return err
		}
		name, plain := unquoted(quoted)
		if !plain {
			name, _ = jsontext.AppendUnquote(nil, quoted) // with U+FFFD for what is no UTF-8
		}
		if err := each(name); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

func atEnd(dec *jsontext.Decoder) error {
	switch _, err := dec.ReadToken(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return err
	}
	return BadAnswer("the answer goes on after its end")
}

// DecodeOne reads a body that is one JSON value and nothing more.
func DecodeOne(r io.Reader, into any) error {
	dec := loosely(r)
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return err
	}
	return atEnd(dec)
}

// IsNotJSON reports whether reading failed for what is no JSON, as against a body that broke off, or one that is other JSON.
func IsNotJSON(err error) bool {
	var old *json.SyntaxError
	var syntax *jsontext.SyntacticError
	return !errors.Is(err, io.ErrUnexpectedEOF) && (errors.As(err, &old) || errors.As(err, &syntax))
}
