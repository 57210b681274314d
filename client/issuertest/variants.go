package issuertest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"detent/client"
)

// failedAs holds that an error is of a kind, says what was tried and what is certain, and has these words.
func failedAs(t *testing.T, err error, kind client.Kind, words string) {
	t.Helper()
	var e *client.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("got the error %v, want one that is %q", err, kind)
	}
	if shown := fmt.Sprintf("%s [%s] [%s] [%s]", e.Error(), client.HintOf(e), e.Permission, e.Outcome); !strings.Contains(shown, words) {
		t.Errorf("got %s\nwant in it %s", shown, words)
	}
	if e.Op == "" || e.Outcome == "" {
		t.Errorf("%+v lacks what was tried or what is certain", e)
	}
}

// unprinted holds that nothing of what came shows a secret, in any of the ways that Go has of printing.
func (u *suite) unprinted(t *testing.T, values ...any) {
	t.Helper()
	var all bytes.Buffer
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			_, _ = fmt.Fprintf(&all, verb, v)
		}
		if err, ok := v.(error); ok {
			all.WriteString(client.HintOf(err))
			for ; err != nil; err = errors.Unwrap(err) {
				_, _ = fmt.Fprintf(&all, "%v %+v %#v", err, err, err)
			}
		}
	}
	for _, secret := range []string{u.token, u.secret} {
		if _, second, pair := strings.Cut(secret, ":"); pair { // the first half is an id, or a login
			secret = second
		}
		if strings.Contains(all.String(), secret) || len(secret) > 24 && strings.Contains(all.String(), secret[:16]) {
			t.Errorf("a secret is printed: %s", all.String())
		}
	}
}

const (
	webPage = "<!DOCTYPE html><html><body>Log in</body></html>"
	// portal is how a captive portal answers that speaks JSON (RFC 8908).
	portal = `{"captive":true,"user-portal-url":"https://portal.example/login","venues":[{"id":"v1"}]}`
)

// disguises are answers that mean the same, however they are called or begin.
func disguises(usual reply) map[string]reply {
	out := map[string]reply{}
	for _, kind := range []string{"text/html", "TEXT/HTML; charset=utf-8", "text/plain", "application/octet-stream", "application/problem+json", ""} {
		for name, before := range map[string]string{"": "", " behind a byte order mark": "\ufeff", " behind blanks": "\r\n \t", " behind a guard": ")]}',\n"} {
			out["called "+kind+name] = usual.with(before+usual.body).called("Content-Type", kind)
		}
	}
	return out
}

// variant is another answer to an operation, and what must come of it.
type variant struct {
	name  string
	alter func(n int, usual reply) reply
	kind  client.Kind // of the error; empty where what the case wants must come
	in    string
	hits  int // requests of the altered kind; 0 for any number
}

func (u *suite) play(t *testing.T, c *sample, variants []variant) {
	for _, v := range variants {
		u.made++
		t.Run(v.name, func(t *testing.T) {
			at := c.altered(t, v.alter)
			r, err := u.do(t.Context(), t, u.open(t, c, at.URL), c)
			u.unprinted(t, err)
			altered := 0
			for _, r := range at.requests() {
				if c.other(r) < 0 {
					altered++
				}
			}
			if v.hits > 0 && altered != v.hits {
				t.Errorf("%d requests, want %d", altered, v.hits)
			}
			if v.kind != "" {
				failedAs(t, err, v.kind, v.in)
				return
			}
			if err != nil || !slices.Equal(r.keys, c.want) {
				t.Errorf("%v\ngot  %s\nwant %s", err, strings.Join(r.keys, " | "), strings.Join(c.want, " | "))
			}
		})
	}
}

// unsent holds that something fails before anything is sent.
func (u *suite) unsent(t *testing.T, what string, c *sample, kind client.Kind, words string, do func(s client.Service) error) {
	u.made++
	t.Run(what, func(t *testing.T) {
		at := serve(t, func(int, seen) reply { return of(200, `{}`) })
		failedAs(t, do(u.open(t, c, at.URL)), kind, words)
		if n := len(at.requests()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}
