package delivery

import (
	"context"

	"detent/apikey"
)

// Held is the variable's value, as both dotenv libraries read it.
func (e *envFile) Held(context.Context) (apikey.Secret, error) {
	s, err := e.place.read()
	if err != nil {
		return apikey.Secret{}, err
	}
	now, ok := e.current(s)
	if !ok {
		return apikey.Secret{}, nil
	}
	return now, nil
}

// Held is the file's content, without a final line break.
func (p *plainFile) Held(context.Context) (apikey.Secret, error) {
	s, err := p.place.read()
	if err != nil {
		return apikey.Secret{}, err
	}
	return contentSecret(s), nil
}
