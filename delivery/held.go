package delivery

import (
	"bytes"
	"context"

	"detent/apikey"
)

// Held is the variable's value.
func (e *envFile) Held(context.Context) (Held, error) {
	s, err := e.place.read()
	if err != nil {
		return Held{}, err
	}
	return e.holds(s)
}

// Former is the variable's value in the kept copy.
func (e *envFile) Former(_ context.Context, job Job) (Held, error) {
	return e.place.former(e.change(job))
}

// holds is the variable's value in the snapshot, as both dotenv libraries read it.
func (e *envFile) holds(s snapshot) (Held, error) {
	held := Held{Where: s.where + e.suffix(), File: s.where}
	d, err := e.parse(s)
	if err != nil {
		return Held{}, err
	}
	for _, a := range d.vars {
		if value, ok := d.value(a); a.name != e.variable && ok && value != "" {
			held.Others = append(held.Others, Other{a.name, a.line, apikey.NewSecret(value)})
		}
	}
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
	return held, nil
}

// Held is the file's content.
func (p *plainFile) Held(context.Context) (Held, error) {
	s, err := p.place.read()
	if err != nil {
		return Held{}, err
	}
	return p.holds(s)
}

// Former is the kept content.
func (p *plainFile) Former(_ context.Context, job Job) (Held, error) {
	return p.place.former(p.change(job))
}

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
