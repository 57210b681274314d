package delivery

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"detent/apikey"
)

// holds is the variable's value in the snapshot, as both dotenv libraries read it.
func (e *envFile) holds(s snapshot) (Held, error) {
	held := Held{Where: s.where + e.suffix, File: s.where}
	d, err := e.parse(s)
	if err != nil {
		return Held{}, err
	}
	for _, a := range d.vars {
		if value, ok := d.value(a); a.name != e.variable && ok && value != "" {
			held.Others = append(held.Others, Other{a.name, a.line, apikey.NewSecret(value)})
		}
	}
	held.Fragments = d.fragments()
	a, lines := d.find(e.variable)
	if err := checkSealedValue(s, d, a); err != nil {
		return Held{}, err
	}
	if err := d.shellConflict(e.variable); err != nil {
		return Held{}, e.wrap(s, err)
	}
	if len(lines) == 0 || d.raw(a) == "" {
		return held, nil
	}
	value, ok := d.value(a)
	if !ok {
		return Held{}, e.wrap(s, &dotenvError{a.line, "a value that dotenv libraries read differently: write it in single quotation marks"})
	}
	held.Secret = apikey.NewSecret(value)
	held.Exists = !held.Secret.IsZero()
	held.Also = d.holding(value, a)
	return held, nil
}

func (e *envFile) parse(s snapshot) (dotenv, error) {
	if err := checkSealed(s); err != nil {
		return dotenv{}, err
	}
	d, err := parseDotenv(s.content)
	if err != nil {
		return d, e.wrap(s, err)
	}
	return d, nil
}

func (e *envFile) wrap(s snapshot, err error) error {
	var line *dotenvError
	if errors.As(err, &line) {
		return noPlace(Ambiguous, "%s, %w", display(s.real), err)
	}
	return fmt.Errorf("%s: %w", display(s.real), err)
}

// fragment is what may be a secret, or the beginning of one, in the middle of something else.
var fragment = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9_.+~-]{15,}`) })

// fragments are the words of the file that are no variable's whole value.
func (d dotenv) fragments() (out []Other) {
	for _, a := range slices.Concat(d.vars, d.unread) {
		text := d.src[a.start:a.end]
		if a.name != "" {
			text = d.src[a.valueStart:a.valueEnd]
		}
		whole, _ := d.value(a)
		for _, word := range fragment().FindAll(text, -1) {
			if string(word) != whole {
				out = append(out, Other{a.name, a.line, apikey.NewSecret(string(word))})
			}
		}
	}
	return out
}

// holding are the lines other than one that hold a secret; what is shorter than one may stand anywhere.
func (d dotenv) holding(secret string, but assignment) (out []Other) {
	if len(secret) < shortestSecret {
		return nil
	}
	for _, a := range slices.Concat(d.vars, d.unread) {
		if a.start != but.start && bytes.Contains(d.src[a.start:a.end], []byte(secret)) {
			out = append(out, Other{a.name, a.line, apikey.NewSecret(secret)})
		}
	}
	return out
}

// shortestSecret is the length below which nothing is a whole secret.
const shortestSecret = 16

// holds is the content without a final line break, and without a byte order mark, which is nothing.
func (p *plainFile) holds(s snapshot) (Held, error) {
	if err := checkSealed(s); err != nil {
		return Held{}, err
	}
	content := bytes.TrimPrefix(bytes.TrimSuffix(s.content, lineEnd(s.content)), byteOrderMark)
	held := Held{Where: s.where, File: s.where, Secret: apikey.NewSecret(string(content))}
	held.Exists = !held.Secret.IsZero()
	return held, nil
}
