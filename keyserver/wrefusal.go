package keyserver

import (
	"fmt"
	"net/http"

	"detent/apikey"
)

// refusal is an answer other than yes. Its message is for the user and holds no secret.
type refusal struct {
	status  int
	message string
}

func (e *refusal) Error() string { return e.message }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return refuse(http.StatusBadRequest, format, args...)
}

func unauthorized(format string, args ...any) error {
	return refuse(http.StatusUnauthorized, format, args...)
}

func forbidden(format string, args ...any) error {
	return refuse(http.StatusForbidden, format, args...)
}

func conflict(format string, args ...any) error {
	return refuse(http.StatusConflict, format, args...)
}

// appendError writes an error in the shape of a contract.
func appendError(b []byte, service string, e *refusal) []byte {
	switch service {
	case apikey.Prosopo:
		return appendProsopoError(b, e)
	case apikey.Vertesia:
		return appendVertesiaError(b, e)
	default:
		return appendGenericError(b, e)
	}
}

// clip keeps a message short whatever was sent.
func clip(text string) string {
	if r := []rune(text); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return text
}
