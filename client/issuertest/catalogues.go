package issuertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/client"
)

// catalogues asks of a catalogue what holds for every one: what the service says is offered, and remembered; where it says nothing,
// what was known stays, and that it was not asked.
func (u *suite) catalogues(t *testing.T) {
	c := u.need(t, "catalogue")
	ask := func(t *testing.T, at *service, change ...func(*client.Options)) (client.Service, client.Catalogue, error) {
		t.Helper()
		u.made++
		s := u.open(t, c, at.URL, change...)
		told, err := able(t, s.Abilities().Catalogue, "the issuer cannot be asked which permissions there are")(t.Context())
		u.unprinted(t, told, err)
		return s, told, err
	}
	s, told, err := ask(t, c.strict(t, u.script))
	if err != nil || !told.Asked.Equal(now) || !s.Capabilities().Catalogue.Asked.Equal(now) {
		t.Fatalf("asked at %v: %v", told.Asked, err)
	}
	nobody := serve(t, func(int, seen) reply { return of(500, ``) })
	later := u.open(t, c, nobody.URL, func(o *client.Options) {
		o.Catalogue = &told
		o.Now = func() time.Time { return now.Add(time.Hour) }
	})
	if caps := later.Capabilities(); !slices.Equal(offered(caps), offered(s.Capabilities())) || !caps.Catalogue.Asked.Equal(now) || len(nobody.requests()) > 0 {
		t.Errorf("another session offers %q, asked at %v, after %d requests", offered(caps), caps.Catalogue.Asked, len(nobody.requests()))
	}
	declared := offered(u.open(t, c, nobody.URL).Capabilities())
	body := c.exchanges[c.varied].answer.body
	for name, answer := range untold(body) {
		t.Run(name, func(t *testing.T) {
			s, _, err := ask(t, c.altered(t, always(answer)))
			if caps := s.Capabilities(); err == nil || !slices.Equal(offered(caps), declared) || !caps.Catalogue.Asked.IsZero() || !caps.Catalogue.Can && !caps.Catalogue.Beside {
				t.Errorf("%v: offered are %q, asked at %v", err, offered(caps), caps.Catalogue.Asked)
			}
			s, _, err = ask(t, c.altered(t, always(answer)), func(o *client.Options) { o.Catalogue = &told })
			if caps := s.Capabilities(); err == nil || !slices.Equal(offered(caps), offered(later.Capabilities())) || !caps.Catalogue.Asked.Equal(now) {
				t.Errorf("%v: what was remembered is forgotten: %q", err, offered(caps))
			}
		})
	}
	hostile := strings.ReplaceAll(body, `":"`, `":"a\u001b[2J\u202e`)
	if s, _, err := ask(t, c.altered(t, func(_ int, usual reply) reply { return usual.with(hostile) })); err == nil {
		if text := fmt.Sprint(offered(s.Capabilities())); strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("offered are %q", text)
		}
	}
}

// untold are answers to a question for what there is that tell nothing. body is that of the usual one.
func untold(body string) map[string]reply {
	return map[string]reply{"a web page": of(200, webPage, "Content-Type", "text/html"), "a captive portal": of(200, portal), "nothing": of(200, ``), "a text": of(200, `"none"`),
		"an answer that breaks off": of(200, body[:2]), "a list of texts": of(200, `["a"]`), "rows without anything": of(200, `[{}]`), "a lost answer": {lost: true}, "nobody is known": of(401, `{}`), "it may not": of(403, `{}`),
		"there is no such call": of(404, `{}`), "a redirect": of(302, ``, "Location", "https://evil.example/"), "too often": of(429, `{}`), "an error": of(500, ``)}
}

// parents asks of what keys can belong to what holds for every answer: one that tells nothing is no list of none, and what it names can stand in a
// path and be shown.
func (u *suite) parentVariants(t *testing.T) {
	c := u.need(t, "parents")
	usual := c.exchanges[c.varied].answer
	variants := []variant{{name: "tried again after 503", alter: once(of(503, `{}`)), hits: 2}, {name: "tried again after a lost answer", alter: once(reply{lost: true}), hits: 2}}
	for name, r := range disguises(usual) {
		variants = append(variants, variant{name: name, alter: always(r), hits: 1})
	}
	u.play(t, c, variants)
	ask := func(t *testing.T, answer reply) (result, error) {
		u.made++
		r, err := u.do(t.Context(), t, u.open(t, c, c.altered(t, always(answer)).URL), c)
		u.unprinted(t, r.value, err)
		return r, err
	}
	for name, answer := range untold(usual.body) {
		t.Run(name, func(t *testing.T) {
			if r, err := ask(t, answer); err == nil {
				t.Errorf("it is taken for %q", r.keys)
			}
		})
	}
	for cut := 1; cut < len(usual.body); cut += 1 + len(usual.body)/20 {
		if r, err := ask(t, usual.with(usual.body[:cut])); err == nil {
			t.Errorf("%s is taken for %q", usual.body[:cut], r.keys)
		}
	}
	for what, text := range map[string]string{"hostile": `a\u001b[2J\u202e`, "of a path": `../`, "of a query": `?a=`} {
		r, err := ask(t, usual.with(strings.ReplaceAll(usual.body, `":"`, `":"`+text)))
		if shown := strings.Join(r.keys, "\n"); err != nil || strings.ContainsAny(shown, "\x1b\u202e") {
			t.Errorf("words that are %s: %q, %v", what, shown, err)
		}
		for _, choice := range r.value.(client.Choices).All {
			if choice.ID == "" || choice.ID[0] == '.' || strings.ContainsAny(choice.ID, "/?#%& \\") {
				t.Errorf("words that are %s: %q is what a profile would have", what, choice.ID)
			}
		}
	}
}
