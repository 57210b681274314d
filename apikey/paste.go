package apikey

import (
	"errors"
	"regexp"
	"strings"
	"sync"
)

// maxSecret bounds what is taken for a secret; a JWT with many claims stays far below.
const maxSecret = 16 << 10

var assignment = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(export )?[A-Z_][A-Z0-9_]*=.`) })

// ParseSecret reads a secret as people paste, pipe or store it. A byte order
// mark before it and one newline after it are dropped; anything else that cannot be part of a secret is refused
// with the reason, and never repeated in the error.
func ParseSecret(text string) (Secret, error) {
	text = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(text, "\ufeff"), "\n"), "\r")
	switch {
	case strings.TrimSpace(text) == "":
		return Secret{}, errors.New("the secret is empty")
	case len(text) > maxSecret:
		return Secret{}, errors.New("the secret is over 16 KiB long: is it the right text?")
	case strings.ContainsAny(text, "\r\n"):
		return Secret{}, errors.New("the secret has more than one line: give the secret alone, on one line")
	case strings.ContainsAny(text, "\"'`"):
		return Secret{}, errors.New("the secret has quotes: give it without them")
	case assignment().MatchString(text):
		return Secret{}, errors.New("this is NAME=VALUE: give the value alone")
	case strings.ContainsAny(text, " \t"):
		return Secret{}, errors.New("the secret has a space: give the secret alone, without \"Bearer\" or blanks")
	case strings.Contains(text, "…"), strings.Contains(text, "..."), strings.Contains(text, "***"), strings.Contains(text, "•"):
		return Secret{}, errors.New("the secret is a mask or is cut off: give the whole secret")
	}
	for _, r := range text {
		if r < 0x21 || r > 0x7e {
			return Secret{}, errors.New("the secret has a control or non-ASCII character: copy it again")
		}
	}
	return NewSecret(text), nil
}

// Check says whether the bytes can be a secret at all, as ParseSecret does, which drops nothing here.
func (s Secret) Check() error {
	parsed, err := ParseSecret(s.bytes())
	if err == nil && !parsed.Equal(s) {
		return errors.New("the secret has a line break or a byte order mark around it")
	}
	return err
}
