package issuertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
)

// outcome is what an answer makes certain.
type outcome struct {
	answer reply
	is     client.Outcome // empty where any will do, but a success
	kind   client.Kind    // empty for any
}

// writeOutcomes are answers to a write that is sent once, whatever comes, and what each makes certain.
func writeOutcomes() map[string]outcome {
	return map[string]outcome{
		"the answer is lost":        {reply{lost: true}, client.Unknown, client.Timeout},
		"the answer is empty":       {of(200, ``), client.Unknown, client.BadAnswer},
		"a web page":                {of(200, webPage, "Content-Type", "text/html"), client.Unknown, client.BadAnswer},
		"a web page called JSON":    {of(200, webPage), client.Unknown, client.BadAnswer},
		"a captive portal":          {of(200, portal), client.Unknown, client.BadAnswer},
		"half an answer":            {of(200, `{"success":tr`), client.Unknown, ""},
		"an answer that is shorter": {reply{status: 200, body: `{`, short: true}, client.Unknown, ""},
		"an answer that goes on":    {of(200, `{"success":true}{}`), client.Unknown, client.BadAnswer},
		"500":                       {of(500, `{"message":"boom"}`), client.Unknown, client.Unavailable},
		"502":                       {of(502, ``), client.Unknown, client.Unavailable},
		"503":                       {of(503, `{}`, "Retry-After", "1"), client.Unknown, client.Unavailable},
		"504":                       {of(504, ``), client.Unknown, client.Unavailable},
		"408":                       {of(408, ``), client.Unknown, client.Timeout},
		"400":                       {of(400, `{"error":{"message":"bad name","code":400}}`), client.NotDone, client.Invalid},
		"401":                       {of(401, `{"error":"who?"}`), client.NotDone, client.Unauthorized},
		"403":                       {of(403, `{"error":{"message":"no","code":403}}`), client.NotDone, client.Forbidden},
		"409":                       {of(409, `{"error":{"message":"the last administrator key","code":409}}`), client.NotDone, client.Conflict},
		"422":                       {of(422, `{"errors":[{"message":"bad name"}]}`), client.NotDone, client.Invalid},
		"429":                       {of(429, ``, "Retry-After", "1"), client.NotDone, client.RateLimited},
		"a limit told as 403":       {of(403, `{"error":"too many requests","status":403}`), client.NotDone, client.RateLimited},
		"420":                       {of(420, ``), client.NotDone, client.RateLimited},
		"200 that says no":          {of(200, `{"success":false,"error":{"message":"in use"}}`), "", ""},
		"a redirect":                {of(307, ``, "Location", "/x"), client.NotDone, client.BadAnswer},
		"a redirect elsewhere":      {of(302, ``, "Location", "https://evil.example/steal"), "", client.BadAnswer},
	}
}

// certain asks of a write what holds for every write.
func (u *suite) certain(t *testing.T, c *sample) {
	for name, o := range writeOutcomes() {
		if usual := c.exchanges[c.varied].answer; usual.status == o.answer.status && usual.body == o.answer.body && !o.answer.lost {
			continue // it is this issuer's yes
		}
		if o.answer.body == portal && c.varied < len(c.exchanges)-1 {
			continue // what is asked next tells
		}
		u.made++
		t.Run(name, func(t *testing.T) {
			at := c.altered(t, always(o.answer))
			r, err := u.do(t.Context(), t, u.open(t, c, at.URL), c)
			u.unprinted(t, err)
			if n := c.sent(at); n != 1 {
				t.Errorf("%d requests: a write is sent once", n)
			}
			if err == nil {
				t.Fatalf("taken for done: %s", r.keys)
			}
			if o.is == client.NotDone && c.do == "create" && c.varied > 0 {
				o.is = client.Unknown // the call before this one has made the key
			}
			if unknown := client.MayHaveHappened(err); o.is != "" && unknown != (o.is == client.Unknown) {
				t.Errorf("it is %q that it may have happened, want %q: %v", fmt.Sprint(unknown), o.is, err)
			}
			if o.kind != "" && !client.IsKind(err, o.kind) {
				t.Errorf("got %v, want one that is %q", err, o.kind)
			}
			if client.MayHaveHappened(err) && client.Refused(err) {
				t.Errorf("%v may have happened, and was refused", err)
			}
		})
	}
	u.made++
	t.Run("read-only", func(t *testing.T) {
		at := serve(t, func(int, seen) reply { return of(200, `{}`) })
		_, err := u.do(t.Context(), t, u.open(t, c, at.URL, func(o *client.Options) { o.ReadOnly = true }), c)
		failedAs(t, err, client.ReadOnly, "nothing was sent")
		if n := len(at.requests()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

// givesSecret asks of a call that makes a secret that the secret comes whatever its answer is called, is not printed, and that an
// answer that was cut anywhere leaves open what happened.
func (u *suite) givesSecret(t *testing.T, c *sample) {
	usual, secret := c.exchanges[c.varied].answer, apikey.NewSecret(c.secret)
	for name, r := range disguises(usual) {
		u.made++
		t.Run(name, func(t *testing.T) {
			got, err := u.do(t.Context(), t, u.open(t, c, c.altered(t, always(r)).URL), c)
			if err != nil || !got.secret.Equal(secret) || !slices.Equal(got.keys, c.want) {
				t.Errorf("the secret came: %v; %s, %v", got.secret.Equal(secret), got.keys, err)
			}
			u.unprinted(t, got.value)
		})
	}
	for cut := range len(strings.TrimRight(usual.body, " \n")) {
		u.made++
		at := c.altered(t, always(of(usual.status, usual.body[:cut])))
		r, err := u.do(t.Context(), t, u.open(t, c, at.URL), c)
		if whole := err == nil && r.secret.Equal(secret) && slices.Equal(r.keys, c.want); !whole && !client.MayHaveHappened(err) { // the key came, its envelope did not
			t.Errorf("cut after %q: %s, %v", usual.body[:cut], r.keys, err)
		}
	}
}

func (u *suite) creates(t *testing.T) {
	c := u.first("create")
	if c == nil {
		u.unsent(t, "there is no such call", &sample{}, client.Unsupported, "", func(s client.Service) error {
			_, err := s.Create(t.Context(), apikey.Draft{Name: "ci"})
			return err
		})
		return
	}
	if c.secret == "" {
		t.Fatalf("%s: the case %q names no secret", u.path, c.name)
	}
	u.certain(t, c)
	u.givesSecret(t, c)
	u.answersOfACreate(t, c)
	draft := c.args.draft(t)
	create := func(change func(d *apikey.Draft)) func(s client.Service) error {
		return func(s client.Service) error {
			d := draft
			change(&d)
			_, err := s.Create(t.Context(), d)
			return err
		}
	}
	u.unsent(t, "without a name", c, client.Invalid, "needs a name", create(func(d *apikey.Draft) { d.Name = " " }))
	if most := u.open(t, c, "https://issuer.example").Capabilities().MaxName; most > 0 {
		u.unsent(t, "with a name that is too long", c, client.Invalid, "over", create(func(d *apikey.Draft) { d.Name = strings.Repeat("é", most+1) }))
	}
	if gives := u.open(t, c, "https://issuer.example").Capabilities().Lifetimes; gives.Longest > 0 || len(gives.Spans) > 0 {
		u.unsent(t, "that lives longer than the service lets one", c, client.Invalid, "the service", create(func(d *apikey.Draft) { d.Expiry = apikey.Expiry{After: apikey.MaxLifetime} }))
	}
	u.unsent(t, "that ends in the past", c, client.Invalid, "in the past", create(func(d *apikey.Draft) { d.Expiry = apikey.Expiry{At: now.Add(-time.Hour)} }))
}

// answersOfACreate hold that a secret is taken where it came, and missed where it did not.
func (u *suite) answersOfACreate(t *testing.T, c *sample) {
	u.made += 2
	usual, secret, shown := c.exchanges[c.varied].answer, apikey.NewSecret(c.secret), c.secret
	if _, half, pair := strings.Cut(c.secret, ":"); pair && !strings.Contains(usual.body, c.secret) {
		shown = half
	}
	drop := func(value string) reply {
		return usual.with(row(t, usual.body, func(r map[string]any) {
			for member, v := range r {
				if holds(v, value) {
					delete(r, member)
				}
			}
		}, value))
	}
	t.Run("an answer without the secret", func(t *testing.T) {
		_, err := u.do(t.Context(), t, u.open(t, c, c.altered(t, always(drop(shown))).URL), c)
		failedAs(t, err, client.BadAnswer, "no secret")
		if !client.MayHaveHappened(err) {
			t.Errorf("%v leaves nothing open", err)
		}
	})
	t.Run("an answer without the id", func(t *testing.T) {
		r, err := u.do(t.Context(), t, u.open(t, c, c.altered(t, always(usual)).URL), c)
		if err != nil {
			t.Fatal(err)
		}
		id := u.raw(usual.body, r.first.ID)
		if id == c.secret {
			return // no other answer than one without the secret
		}
		got, err := u.do(t.Context(), t, u.open(t, c, c.altered(t, always(drop(id))).URL), c)
		known := c.varied > 0 // by the answer before this one
		if err != nil || !got.secret.Equal(secret) || known != (got.first.ID != "") || known == (len(got.notes) > 0) {
			t.Errorf("the secret came: %v; %s, %q, %v", got.secret.Equal(secret), got.keys, got.notes, err)
		}
	})
}

func (u *suite) updates(t *testing.T) {
	c := u.first("update")
	name := "b"
	if c == nil {
		u.unsent(t, "there is no such call", &sample{}, client.Unsupported, "", func(s client.Service) error {
			_, err := s.Update(t.Context(), "k1", apikey.Patch{Name: &name})
			return err
		})
		return
	}
	u.certain(t, c)
	update := func(id string, p apikey.Patch) func(s client.Service) error {
		return func(s client.Service) error {
			_, err := s.Update(t.Context(), id, p)
			return err
		}
	}
	u.unsent(t, "of nothing", c, client.Invalid, "nothing to change", update(c.args.ID, apikey.Patch{}))
	for _, id := range []string{"", ".", ".."} {
		u.unsent(t, "of the id "+id, c, client.Invalid, "no key with such an id", update(id, apikey.Patch{Name: &name}))
	}
}

func (u *suite) deletes(t *testing.T) {
	c := u.need(t, "delete")
	u.certain(t, c)
	if own := u.first("delete by its secret"); own != nil {
		t.Run("by its secret", func(t *testing.T) { u.certain(t, own) })
	}
	said := *c
	said.want = []string{"deleted"}
	for body, status := range map[string]int{`{"success":true}`: 200, `{"success":true,"message":"revoked"}`: 200, `{"acknowledged":true,"deletedCount":1}`: 200, `{"deleted":true}`: 200,
		"\ufeff" + `{"success":true}`: 200, `{"status":"ok"}`: 200, `true`: 200, ``: 204} {
		u.play(t, &said, []variant{{name: fmt.Sprintf("done as %d %s", status, body), alter: always(of(status, body)), hits: 1}})
	}
	gone := *c
	gone.want = []string{"already gone"}
	for body, status := range map[string]int{``: 404, `{"error":"no such key"}`: 404, `{"error":"no such key","status":404}`: 404, ` `: 410, `{"success":true,"deletedCount":0}`: 200} {
		u.play(t, &gone, []variant{{name: fmt.Sprintf("gone as %d %s", status, body), alter: always(of(status, body)), hits: 1}})
	}
	for _, body := range []string{`{"acknowledged":false}`, `{"deleted":false}`, `{"ok":false}`, `{"status":"error"}`, `{"success":true,"data":{"deleted":false}}`} {
		u.play(t, c, []variant{{name: "left open as " + body, alter: always(of(200, body)), kind: client.BadAnswer, in: "[unknown]", hits: 1}})
	}
	alone := *c
	alone.exchanges = c.exchanges[:c.varied+1] // and no list that would tell
	for body, status := range map[string]int{`null`: 200, `"deleted"`: 200, `[]`: 200, `{}`: 200, `{"message":"could not delete"}`: 200, `{"status":"pending"}`: 200, `{"message":"in a moment"}`: 202, `{"ok":true}`: 207} {
		u.play(t, &alone, []variant{{name: fmt.Sprintf("left open as %d %s", status, body), alter: func(n int, usual reply) reply {
			if n == 0 {
				return of(status, body)
			}
			return of(500, "")
		}, kind: client.BadAnswer, in: "[unknown]"}})
	}
	u.play(t, c, []variant{{name: "a web page that is not found is no answer", alter: always(of(404, webPage, "Content-Type", "text/html")), kind: client.BadAnswer, in: "web page", hits: 1}})
	u.unsent(t, "without an id", c, client.Invalid, "no key with such an id", func(s client.Service) error {
		_, err := s.Delete(t.Context(), "")
		return err
	})
}
