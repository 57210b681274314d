package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// quirk is one way in which a service differs from what one would think, and what comes of it.
type quirk struct {
	name  string
	opts  func(*Options)
	steps []step
	do    func(context.Context, Service) (any, error)
	want  string // the outcome as describe writes it
	kind  Kind   // of the error, where there is one
	in    string // what the error or its hint says
}

var bg = context.Background()

func list(ctx context.Context, s Service) (any, error) { return ListAll(ctx, s) }

func create(d apikey.Draft) func(context.Context, Service) (any, error) {
	return func(ctx context.Context, s Service) (any, error) { return s.Create(ctx, d) }
}

func update(id string, p apikey.Patch) func(context.Context, Service) (any, error) {
	return func(ctx context.Context, s Service) (any, error) { return s.Update(ctx, id, p) }
}

func remove1(id string) func(context.Context, Service) (any, error) {
	return func(ctx context.Context, s Service) (any, error) { return s.Delete(ctx, id) }
}

func probe(secret string) func(context.Context, Service) (any, error) {
	return func(ctx context.Context, s Service) (any, error) { return s.Probe(ctx, apikey.NewSecret(secret), "") }
}

// foreignTo answers as a captive portal that speaks JSON does (RFC 8908).
func foreignTo(asked ...step) []step {
	for i := range asked {
		asked[i] = asked[i].with(200, `{"captive":true,"user-portal-url":"https://portal.example/login","venues":[{"id":"v1"}]}`)
	}
	return asked
}

func identify(secret string) func(context.Context, Service) (any, error) {
	return func(ctx context.Context, s Service) (any, error) {
		k, err := s.Abilities().Identify(ctx, apikey.NewSecret(secret))
		if k == nil {
			return []apikey.Key{}, err
		}
		return []apikey.Key{*k}, err
	}
}

func retrieve(id string) func(context.Context, Service) (any, error) {
	return func(ctx context.Context, s Service) (any, error) { return s.Abilities().Retrieve(ctx, id) }
}

func publicKey(r apikey.PublicKeyRequest) func(context.Context, Service) (any, error) {
	return func(ctx context.Context, s Service) (any, error) { return s.Abilities().RequestPublicKey(ctx, r) }
}

func moment(m apikey.Moment) string {
	if at, ok := m.Time(); ok {
		return at.UTC().Format("2006-01-02T15:04:05.999Z")
	}
	if m.IsNever() {
		return "never"
	}
	return "?"
}

// describe writes what is reported, and only that; the secret's bytes are checked on purpose.
func describe(v any) string {
	var parts []string
	add := func(name, value string) {
		if value != "" && value != "?" {
			parts = append(parts, name+"="+value)
		}
	}
	switch v := v.(type) {
	case []apikey.Key:
		var rows []string
		for _, k := range v {
			rows = append(rows, describe(k))
		}
		return strings.Join(rows, " | ")
	case apikey.Key:
		add("id", v.ID)
		add("name", v.Name)
		add("type", v.Type)
		add("role", v.Role)
		add("env", string(v.Environment))
		var perms []string
		for _, p := range v.Permissions {
			perms = append(perms, p.String())
		}
		add("perms", strings.Join(perms, ","))
		add("masked", v.Masked)
		add("account", v.Account)
		add("project", v.Project)
		add("projectname", v.ProjectName)
		if v.Enabled != nil {
			add("enabled", fmt.Sprint(*v.Enabled))
		}
		add("created", moment(v.CreatedAt))
		add("updated", moment(v.UpdatedAt))
		add("expires", moment(v.ExpiresAt))
		add("used", moment(v.LastUsedAt))
		add("by", v.CreatedBy)
		add("upby", v.UpdatedBy)
		if v.Restrictions != nil {
			b, _ := json.Marshal(v.Restrictions)
			add("restrictions", string(b))
		}
		if v.Extra != nil {
			b, _ := json.Marshal(v.Extra)
			add("extra", string(b))
		}
		for name, is := range map[string]bool{"retrievable": v.CanRetrieve} {
			if is {
				add(name, "yes")
			}
		}
		if v.Own {
			add("own", "yes")
		}
		if v.Matched {
			add("matched", "yes")
		}
	case apikey.Created:
		add("secret", v.Secret.Reveal())
		return strings.Join(append(append([]string{describe(v.Key)}, parts...), v.Notes...), " ; ")
	case apikey.Deleted:
		add("gone", fmt.Sprint(v.AlreadyGone))
	case apikey.Proof:
		add("valid", map[apikey.Verdict]string{apikey.Accepted: "true", apikey.Refused: "false", apikey.Known: "known", apikey.Silent: "silent"}[v.Verdict])
		add("did", v.Evidence)
		add("why", v.Why)
		add("can", strings.Join(v.Can, ","))
		add("cannot", strings.Join(v.Cannot, ","))
	case apikey.Secret:
		add("secret", v.Reveal())
	case apikey.PublicKeyValue:
		add("value", v.Value.Reveal())
		add("expires", moment(v.ExpiresAt))
	}
	return strings.Join(parts, " ")
}

func TestEveryQuirkOfTheServices(t *testing.T) {
	total := 0
	for service, quirks := range map[string][]quirk{wirename.Prosopo: prosopoQuirks, wirename.Vertesia: vertesiaQuirks, wirename.Generic: genericQuirks} {
		for _, q := range append(append([]quirk{}, quirks...), commonQuirks(service)...) {
			total++
			t.Run(service+"/"+q.name, func(t *testing.T) {
				t.Parallel()
				srv := play(t, q.steps...)
				opts := options(service, srv.URL)
				if q.opts != nil {
					q.opts(&opts)
				}
				if opts.TokenURL == "{origin}" {
					opts.TokenURL = srv.URL
				}
				got, err := q.do(bg, mustOpen(t, opts))
				if q.kind == "" && err != nil {
					t.Fatalf("failed: %v (hint: %s)", err, asError(err).Hint)
				}
				if q.kind != "" {
					checkError(t, err, q.kind, q.in)
					return
				}
				if d := describe(got); d != q.want {
					t.Errorf("got  %s\nwant %s", d, q.want)
				}
			})
		}
	}
	t.Logf("%d quirks", total)
}

func checkError(t *testing.T, err error, kind Kind, in string) {
	t.Helper()
	e := asError(err)
	if e == nil || e.Kind != kind {
		t.Fatalf("got the error %v, want one of kind %q", err, kind)
	}
	if shown := fmt.Sprintf("%s [%s] [%s] [%s]", e.Error(), e.Hint, e.Permission, e.Outcome); !strings.Contains(shown, in) {
		t.Errorf("got %s\nwant in it %s", shown, in)
	}
	if e.Op == "" || e.Outcome == "" {
		t.Errorf("%+v lacks what was tried or what is certain", e)
	}
}

// readCalls are the first request of a list, for what every service shares.
var readCalls = map[string]step{
	wirename.Prosopo:  {want: "POST /api-keys/get", body: `{}`},
	wirename.Vertesia: {want: "GET /api/v1/apikeys?level=account"},
	wirename.Generic:  {want: "GET /v1/api-keys"},
}

var deleteCalls = map[string]step{
	wirename.Prosopo:  {want: "POST /api-keys/delete", body: `{"apiKeyId":"k1"}`},
	wirename.Vertesia: {want: "DELETE /api/v1/apikeys/k1"},
	wirename.Generic:  {want: "DELETE /v1/api-keys/k1"},
}

func (s step) with(status int, answer string, headers ...string) step {
	s.status, s.answer = status, answer
	s.set = map[string]string{}
	for i := 0; i+1 < len(headers); i += 2 {
		s.set[headers[i]] = headers[i+1]
	}
	return s
}

func (s step) dropped() step { s.hangUp = true; return s }

// commonQuirks are the cases that every service must pass alike.
func commonQuirks(service string) []quirk {
	l, d := readCalls[service], deleteCalls[service]
	one := map[string]string{
		wirename.Prosopo:  `[{"id":"k1","name":"a"}]`,
		wirename.Vertesia: `[{"id":"k1","name":"a"}]`,
		wirename.Generic:  `{"success":true,"data":[{"id":"k1","name":"a","expires_at":null}]}`,
	}[service]
	want := "id=k1 name=a expires=never"
	evil := func(name string) string { return strings.Replace(one, `"a"`, name, 1) }
	html := "<!DOCTYPE html><html><body>Log in</body></html>"
	return []quirk{
		{name: "list", steps: []step{l.with(200, one)}, do: list, want: want},
		{name: "list survives a wrong content type", steps: []step{l.with(200, one, "Content-Type", "text/plain")}, do: list, want: want},
		{name: "unknown fields are passed over", steps: []step{l.with(200, strings.Replace(one, `"id"`, `"zzz":[{"deep":{}}],"id"`, 1))}, do: list, want: want},
		{name: "read is tried again after 503", steps: []step{l.with(503, `{}`), l.with(200, one)}, do: list, want: want},
		{name: "read is tried again after 429", steps: []step{l.with(429, `{}`, "Retry-After", "1"), l.with(200, one)}, do: list, want: want},
		{name: "read is tried again after a lost answer", steps: []step{l.dropped(), l.with(200, one)}, do: list, want: want},
		{name: "read is tried again after a cut answer", steps: []step{l.with(200, one[:20], "Content-Length", "9999"), l.with(200, one)}, do: list, want: want},
		{name: "read is tried again after an answer that breaks off", steps: []step{l.with(200, one[:20]), l.with(200, one)}, do: list, want: want},
		{name: "answer that always breaks off", steps: []step{l.with(200, one[:20]), l.with(200, one[:20]), l.with(200, one[:len(one)-1]), l.with(200, one[:len(one)-1])},
			do: list, kind: BadAnswer, in: "breaks off"},
		{name: "read gives up after four", steps: []step{l.with(502, ``), l.with(502, ``), l.with(502, ``), l.with(502, ``)}, do: list, kind: Unavailable, in: "502"},
		{name: "500 is not tried again", steps: []step{l.with(500, `{"message":"boom"}`)}, do: list, kind: Unavailable, in: "boom"},
		{name: "wrong token", steps: []step{l.with(401, `{"error":"Invalid key"}`)}, do: list, kind: Unauthorized, in: "revoked"},
		{name: "web page with 200", steps: []step{l.with(200, html, "Content-Type", "text/html")}, do: list, kind: BadAnswer, in: "web page"},
		{name: "web page called JSON", steps: []step{l.with(200, html)}, do: list, kind: BadAnswer, in: "not JSON"},
		{name: "nested too deeply", steps: []step{l.with(200, strings.Replace(one, `"a"`, strings.Repeat("[", 70)+strings.Repeat("]", 70), 1))}, do: list, kind: BadAnswer, in: "64 deep"},
		{name: "nested more deeply than any reader follows", steps: []step{l.with(200, strings.Replace(one, `"a"`, strings.Repeat("[", 50_000)+strings.Repeat("]", 50_000), 1))}, do: list, kind: BadAnswer, in: "64 deep"},
		{name: "nested deeply from the start", steps: []step{l.with(200, strings.Repeat("[", 50_000)+strings.Repeat("]", 50_000))}, do: list, kind: BadAnswer, in: "deep"},
		{name: "nested deeply in objects from the start", steps: []step{l.with(200, strings.Repeat(`{"a":`, 50_000)+"1"+strings.Repeat("}", 50_000))}, do: list, kind: BadAnswer, in: "deep"},
		{name: "rows that are no objects", steps: []step{l.with(200, strings.NewReplacer(`{"id":"k1","name":"a"}`, `7`, `{"id":"k1","name":"a","expires_at":null}`, `7`).Replace(one))}, do: list, kind: BadAnswer, in: "promises"},
		{name: "row without an id", steps: []step{l.with(200, strings.Replace(one, `"k1"`, `null`, 1))}, do: list, kind: BadAnswer, in: "no id"},
		{name: "answer goes on", steps: []step{l.with(200, one+`[]`)}, do: list, kind: BadAnswer, in: "goes on"},
		{name: "a text is no list", steps: []step{l.with(200, `"none"`)}, do: list, kind: BadAnswer, in: "no list"},
		{name: "empty answer", steps: []step{l.with(200, ``)}, do: list, kind: BadAnswer, in: "empty"},
		{name: "escape sequences in a name", steps: []step{l.with(200, evil(`"a\u001b[2Jb\u001b]52;c;AAAA\u0007c\u202ed\u200b\u0000e\u009b31mf\ng"`))}, do: list,
			want: "id=k1 name=abcdef g expires=never"},
		{name: "invalid UTF-8 in a name", steps: []step{l.with(200, evil("\"a\xff\xfeb\""))}, do: list, want: "id=k1 name=a\ufffd\ufffdb expires=never"},
		{name: "wide and right-to-left names stay", steps: []step{l.with(200, evil(`"日本 שלום é"`))}, do: list, want: "id=k1 name=日本 שלום é expires=never"},
		{name: "redirect within the origin", steps: []step{l.with(307, ``, "Location", "/elsewhere"), {want: strings.Fields(l.want)[0] + " /elsewhere", body: l.body, answer: one}},
			do: list, want: want},
		{name: "redirect elsewhere", steps: []step{l.with(302, ``, "Location", "https://evil.example/steal?key=1")}, do: list, kind: BadAnswer, in: "https://evil.example/steal,"},
		{name: "a redirect that changes the scheme", steps: []step{l.with(307, ``, "Location", "ftp://127.0.0.1/x")}, do: list, kind: BadAnswer, in: "redirected to ftp"},
		{name: "delete", steps: []step{d.with(200, `{"success":true}`)}, do: remove1("k1"), want: "gone=false"},
		{name: "delete with 204", steps: []step{d.with(204, ``)}, do: remove1("k1"), want: "gone=false"},
		{name: "delete with an empty 200 is no answer", steps: []step{d.with(200, ``)}, do: remove1("k1"), kind: BadAnswer, in: "the answer is empty; it is not known whether"},
		{name: "delete of a key that is gone", steps: []step{d.with(404, `{"error":"no such key"}`)}, do: remove1("k1"), want: "gone=true"},
		{name: "delete with 410", steps: []step{d.with(410, ``)}, do: remove1("k1"), want: "gone=true"},
		{name: "delete with a web page of 404 is no answer", steps: []step{d.with(404, html, "Content-Type", "text/html")}, do: remove1("k1"), kind: BadAnswer, in: "web page"},
		{name: "delete is not tried again", steps: []step{d.with(503, ``)}, do: remove1("k1"), kind: Unavailable, in: "[unknown]"},
		{name: "delete whose answer is lost", steps: []step{d.dropped()}, do: remove1("k1"), kind: Timeout, in: "not known whether"},
		{name: "delete that is limited is not done", steps: []step{d.with(429, ``, "Retry-After", "1")}, do: remove1("k1"), kind: RateLimited, in: "[not done]"},
		{name: "delete that conflicts", steps: []step{d.with(409, `{"error":{"message":"the last administrator key","code":409}}`)}, do: remove1("k1"), kind: Conflict, in: "last administrator"},
		{name: "delete that is redirected", steps: []step{d.with(307, ``, "Location", "/x")}, do: remove1("k1"), kind: BadAnswer, in: "[not done]"},
		{name: "delete without an id", do: remove1(""), kind: Invalid, in: "[not done]"},
		{name: "read-only", opts: func(o *Options) { o.ReadOnly = true }, do: remove1("k1"), kind: ReadOnly, in: "nothing was sent"},
		{name: "secret that cannot be one", do: probe("two words"), want: "valid=silent did=nothing was sent: the secret has a space: give the secret alone, without \"Bearer\" or blanks why=this is no secret: the secret has a space: give the secret alone, without \"Bearer\" or blanks"},
		{name: "past expiry", opts: func(o *Options) { o.CanCreate = true }, do: create(apikey.Draft{Name: "a", Role: "reader", Environment: apikey.Live,
			Permissions: []apikey.Permission{{Name: "verify"}}, Expiry: apikey.Expiry{At: testNow.Add(-time.Hour)}}), kind: Invalid, in: "in the past"},
		{name: "no name", opts: func(o *Options) { o.CanCreate = true }, do: create(apikey.Draft{Name: " ", Role: "reader"}), kind: Invalid, in: "needs a name"},
		{name: "echoed token", steps: []step{l.with(409, `{"message":"bad key `+ownToken[:9]+`\u200b`+ownToken[9:]+`"}`)}, do: list,
			kind: Conflict, in: "bad key [secret]"},
	}
}
