package client

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"detent/client/wire"
)

// readCreated reads the answer to a create as any other. Where that fails, the object in it is looked for: an interpreter's
// notice stands before it, a proxy's comment behind it, the line broke after it. Its secret is shown once.
func (t *transport) readCreated(resp *http.Response, body wire.Body, a *answer, read func(*answer) error) error {
	var all bytes.Buffer
	sent := a.body
	a.body = wire.NewGuard(io.TeeReader(a.body, &all), wire.MaxOther)
	err := t.readAnswer(resp, body, a, read)
	var own *Error
	var no *wire.Refused
	if err == nil || errors.As(err, &own) || errors.As(err, &no) {
		return err
	}
	_, _ = io.Copy(io.Discard, a.body)
	cut := sent.Failed != nil || errors.Is(err, io.ErrUnexpectedEOF)
	for _, object := range wire.ObjectsIn(all.Bytes()) {
		found := &answer{status: a.status, body: wire.NewGuard(bytes.NewReader(object), wire.MaxOther), cut: cut}
		if read(found) == nil {
			return nil
		}
	}
	return err
}

func (t *transport) readAnswer(resp *http.Response, body wire.Body, a *answer, read func(*answer) error) error {
	if wire.SaysHTML(resp.Header) && body.IsWebPage() {
		return wire.ErrWebPage
	}
	if resp.ContentLength > a.body.Left {
		return wire.ErrTooLarge
	}
	if read == nil {
		return nil
	}
	return read(a)
}
