package issuertest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
)

// proofs asks of a probe what holds for every one: what was not observed is never taken for a yes or a no.
func (u *suite) proofs(t *testing.T) {
	c := u.need(t, "probe")
	secret := apikey.NewSecret(u.secret)
	verdict := func(t *testing.T, answer reply) (apikey.Proof, error) {
		t.Helper()
		u.made++
		at := serve(t, func(int, seen) reply { return answer })
		proof, err := u.open(t, c, at.URL).Probe(t.Context(), secret, "")
		u.unprinted(t, proof, err)
		for _, r := range at.requests() {
			if r.method != http.MethodGet && r.method != http.MethodPost {
				t.Errorf("a probe makes the request %s %s", r.method, r.uri)
			}
		}
		return proof, err
	}
	for _, body := range []string{``, `{}`, `{"error":"no such key","status":401}`, `{"success":false,"error":{"message":"no","code":401}}`} {
		p, err := verdict(t, of(401, body))
		if own := u.head["tried"] != ""; err != nil || p.Refused() == own || own && p.Verdict != apikey.Silent || p.Call == "" || p.Status != 401 {
			t.Errorf("401 %s: %+v, %v", body, p, err)
		}
	}
	for name, answer := range map[string]reply{
		"nothing":                 of(200, ``),
		"nothing, 204":            of(204, ``),
		"a web page":              of(200, webPage, "Content-Type", "text/html"),
		"a web page called JSON":  of(200, webPage),
		"a page that blocks":      of(403, webPage, "Content-Type", "text/html"),
		"a page that asks for it": of(401, webPage, "Content-Type", "text/html"),
		"a captive portal":        of(200, portal),
		"an empty object":         of(200, ` { } `),
		"a text":                  of(200, `"ok"`),
		"a list of numbers":       of(200, `[7]`),
		"a limit":                 of(429, `{"error":"slow down","status":429}`, "Retry-After", "1"),
		"a limit told as 401":     of(401, `{"error":"rate limit exceeded","status":401}`),
		"a limit told as 403":     of(403, `{"error":"too many requests","status":403}`, "Retry-After", "1"),
		"a wall's JSON":           of(403, `{"errors":[{"code":1020,"message":"Access denied"}]}`),
		"a bare 403":              of(403, ``),
		"a framework's 404":       of(404, `{"timestamp":"now","status":404,"path":"/x"}`),
		"not found":               of(404, `<html>`),
		"a proxy that asks":       of(407, ``),
		"a redirect":              of(302, ``, "Location", "https://login.example/"),
		"an error":                of(500, `{"error":"x","status":500}`),
		"maintenance":             of(503, ``),
		"a lost answer":           {lost: true},
	} {
		if p, err := verdict(t, answer); p.Verdict != apikey.Silent {
			t.Errorf("%s is taken for %q: %+v, %v", name, p.Verdict, p, err)
		}
	}
	for _, text := range []string{"two words", "a\nb", "sk-\x1b[1m", "日本"} {
		at := serve(t, func(int, seen) reply { return of(200, `[]`) })
		if p, err := u.open(t, c, at.URL).Probe(t.Context(), apikey.NewSecret(text), ""); err != nil || p.Verdict != apikey.Silent || len(at.requests()) != 0 {
			t.Errorf("%q: %+v, %v, %d requests", text, p, err, len(at.requests()))
		}
	}
	u.again(t, c, secret)
}

// again holds that the call of a proof is the one that is made once more: so a made-up secret is compared by it.
func (u *suite) again(t *testing.T, c *sample, secret apikey.Secret) {
	u.made += 2
	s := u.open(t, c, c.strict(t, u.script).URL)
	proof, err := s.Probe(t.Context(), secret, "")
	if err != nil || !proof.Accepted() || proof.Call == "" {
		t.Fatalf("the case %q accepts nothing: %+v, %v", c.name, proof, err)
	}
	dead := of(401, `{}`)
	for _, other := range u.script.cases {
		if other.do == "probe" && len(other.want) > 0 && strings.HasPrefix(other.want[0], "refused") {
			dead = other.exchanges[len(other.exchanges)-1].answer
		}
	}
	at := serve(t, func(int, seen) reply { return dead })
	made, err := u.open(t, c, at.URL).Probe(t.Context(), apikey.MadeUp(secret, &counting{}), proof.Call)
	if err != nil || !made.Refused() || made.Call != proof.Call || len(at.requests()) != 1 {
		t.Errorf("a made-up secret by %s: %+v, %v, %d requests", proof.Call, made, err, len(at.requests()))
	}
	for _, r := range at.requests() {
		name, value := u.tried.header(u.secret)
		_, own := u.sent.header(u.token)
		switch h, signer := r.header.Get(name), u.tried.signer(); {
		case signer != "" && (u.isSignedBy(r, signer, u.secret) || u.isSignedBy(r, signer, u.token)):
			t.Error("the made-up secret is not what the request is signed by")
		case signer != "":
		case strings.Contains(r.body, u.secret),
			value == "" && strings.Contains(r.body, u.token), // both are sent in the body
			value != "" && (h == "" || h == value || (h == own) != (u.head["tried"] != "")):
			t.Error("the made-up secret is not what was sent")
		}
	}
	_, err = s.Probe(t.Context(), secret, "DELETE /")
	failedAs(t, err, client.Invalid, "there is no call")
}

// words asks that no text shows a secret: whatever a service echoes, logs and errors are safe.
func (u *suite) words(t *testing.T) {
	logged := regexp.MustCompile(`^2026-11-23T10:00:00Z (GET|POST|PUT|PATCH|DELETE) (/[A-Za-z0-9/_.{}-]+) (\d{3}|-) \S+ attempt \d+$`)
	echo := u.token + " " + u.secret
	header, _ := u.sent.header("")
	key, _ := u.tried.header("")
	sent := func(r seen) string { return r.header.Get(header) + r.header.Get(key) }
	for name, answer := range map[string]func(r seen) reply{
		"echoed in an error": func(r seen) reply {
			return of(400, fmt.Sprintf(`{"error":{"message":"bad %s","code":%q},"details":%q}`, sent(r), echo, echo))
		},
		"echoed as text":   func(r seen) reply { return of(403, "no "+sent(r)) },
		"echoed in pieces": func(seen) reply { return of(409, `{"message":"bad key `+u.token[:9]+`\u200b`+u.token[9:]+`"}`) },
		"echoed in an address": func(seen) reply {
			return of(302, ``, "Location", "https://evil.example/"+u.token+"?t="+u.token+"#"+u.token)
		},
		"echoed as no JSON":      func(seen) reply { return of(200, echo) },
		"echoed, and broken off": func(seen) reply { return of(200, `[{"id":"`+echo) },
		"echoed as a list":       func(seen) reply { return of(200, fmt.Sprintf(`[%q]`, echo)) },
		"echoed in a status":     func(seen) reply { return of(200, fmt.Sprintf(`{"status":%q}`, echo)) },
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			for _, c := range u.script.cases {
				if c.name != c.do {
					continue
				}
				u.made++
				asked := serve(t, func(_ int, r seen) reply { return answer(r) })
				log.Reset()
				s := u.open(t, c, asked.URL, func(o *client.Options) { o.Debug = io.Writer(&log) })
				r, err := u.do(t.Context(), t, s, c)
				u.unprinted(t, err, r.value, s, log.String())
				lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
				if len(lines) != len(asked.requests()) {
					t.Errorf("%s: %d lines for %d requests", c.name, len(lines), len(asked.requests()))
				}
				for _, l := range lines {
					if !logged.MatchString(l) {
						t.Errorf("%s: the log has the line %q", c.name, l)
					}
				}
			}
		})
	}
}
