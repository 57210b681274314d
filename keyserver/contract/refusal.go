package contract

import (
	"fmt"
	"net/http"

	"detent/apikey"
)

// Refusal is an answer other than yes. Its message is for the user and holds no secret.
type Refusal struct {
	Status  int
	Message string
}

func (e *Refusal) Error() string { return e.Message }

// Refuse makes a Refusal.
func Refuse(status int, format string, args ...any) error {
	return &Refusal{status, fmt.Sprintf(format, args...)}
}

// Invalid is a 400.
func Invalid(format string, args ...any) error {
	return Refuse(http.StatusBadRequest, format, args...)
}

// Unauthorized is a 401.
func Unauthorized(format string, args ...any) error {
	return Refuse(http.StatusUnauthorized, format, args...)
}

// Forbidden is a 403.
func Forbidden(format string, args ...any) error {
	return Refuse(http.StatusForbidden, format, args...)
}

// Conflict is a 409.
func Conflict(format string, args ...any) error {
	return Refuse(http.StatusConflict, format, args...)
}

// Clip keeps a message short whatever was sent.
func Clip(text string) string { return apikey.Clip(text, 60) }
