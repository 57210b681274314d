package client

import (
	"context"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// twice does something twice, for what a service remembers.
func twice(do func(context.Context, Service) (any, error)) func(context.Context, Service) (any, error) {
	return func(ctx context.Context, s Service) (any, error) {
		if _, err := do(ctx, s); err != nil {
			return nil, err
		}
		return do(ctx, s)
	}
}

const genericSecret = "sk_test_SECRETcanary0123456789"

var (
	gGet  = step{want: "GET /v1/api-keys"}
	gUser = step{want: "GET /v1/users/usr_detent_probe", bearer: genericSecret}
)

func gPage(query string) step     { return step{want: "GET /v1/api-keys?" + query} }
func gCreate(body string) step    { return step{want: "POST /v1/api-keys", body: body} }
func creating(o *Options)         { o.CanCreate = true }
func gList(inside string) string  { return `{"success":true,"data":[` + inside + `]}` }
func gRow(id, more string) string { return `{"id":"` + id + `"` + more + `}` }

var liveDraft = apikey.Draft{Name: "ci", Environment: apikey.Live}

var genericQuirks = []quirk{
	{name: "the document's own key", do: list,
		steps: []step{gGet.with(200, `{"success":true,"data":[{"id":"key_123","name":"Production Key","prefix":"sk_live_","created_at":"2025-01-01T00:00:00Z","last_used":"2025-01-15T10:30:00Z"}]}`)},
		want:  "id=key_123 name=Production Key env=live masked=sk_live_… created=2025-01-01T00:00:00Z used=2025-01-15T10:30:00Z"},
	{name: "never used, never ends, restricted", do: list,
		steps: []step{gGet.with(200, gList(gRow("k1", `,"prefix":"sk_test_","last_used":null,"expires_at":null,"restrictions":{"ip_addresses":["10.0.0.0/8"],"referrers":[],"endpoints":["/v1/users"]}`)+","+gRow("k2", `,"environment":"live","expires_at":"2027-01-01T00:00:00Z","restrictions":null`)))},
		want: `id=k1 env=test masked=sk_test_… expires=never used=never restrictions={"ip_addresses":["10.0.0.0/8"],"endpoints":["/v1/users"]} | ` +
			`id=k2 env=live expires=2027-01-01T00:00:00Z restrictions={}`},
	{name: "a restriction of an unknown kind is unknown, not none", do: list, steps: []step{gGet.with(200, gList(gRow("k1", `,"restrictions":{"countries":["DE"]}`)))}, want: "id=k1"},
	{name: "a prefix that goes on, in words of its own", do: list, steps: []step{gGet.with(200, gList(gRow("k1", `,"prefix":"sk_live_ab12","environment":"production"`)+","+gRow("k2", `,"prefix":"sk_test_x"`)))},
		want: "id=k1 env=live masked=sk_live_ab12… | id=k2 env=test masked=sk_test_x…"},
	{name: "200 that says no", do: list, steps: []step{gGet.with(200, `{"success":false,"error":{"message":"Plan expired","code":"plan_expired"}}`)}, kind: Invalid, in: "invalid (200): Plan expired"},
	{name: "200 that says no, and not why", do: list, steps: []step{gGet.with(200, `{"success":false}`)}, kind: Invalid, in: "invalid (200): the service says no, without a reason"},
	{name: "200 that says 401", do: list, steps: []step{gGet.with(200, `{"success":false,"error":{"message":"Bad key","code":401}}`)}, kind: Unauthorized, in: "Bad key [Check that the key has not been revoked"},
	{name: "200 that says no after its list", do: list, steps: []step{gGet.with(200, `{"data":[{"id":"k1"}],"success":false,"message":"cut short"}`)}, kind: Invalid, in: "cut short"},
	{name: "an empty list that is null", do: list, steps: []step{gGet.with(200, `{"success":true,"data":null}`)}, want: ""},
	{name: "an envelope without a list", do: list, steps: []step{gGet.with(200, `{"success":true}`)}, kind: BadAnswer, in: "no list"},
	{name: "pages", do: list, steps: []step{
		gGet.with(200, `{"success":true,"data":[{"id":"k1"},{"id":"k2"}],"has_more":true,"next_cursor":"c/2"}`),
		gPage("cursor=c%2F2&limit=2").with(200, `{"success":true,"data":[{"id":"k2"},{"id":"k3"}],"has_more":true,"next_cursor":"c3"}`),
		gPage("cursor=c3&limit=2").with(200, `{"success":true,"data":[{"id":"k4"}],"has_more":false,"next_cursor":null}`)}, want: "id=k1 | id=k2 | id=k3 | id=k4"},
	{name: "a page that is lost is read again", do: list, steps: []step{
		gGet.with(200, `{"success":true,"data":[{"id":"k1"}],"next_cursor":"c2"}`),
		gPage("cursor=c2&limit=1").with(200, `{"success":true,"data":[{"id":"k2"}`, "Content-Length", "999"),
		gPage("cursor=c2&limit=1").with(200, `{"success":true,"data":[{"id":"k2"}]}`)}, want: "id=k1 | id=k2"},
	{name: "more, but not where", do: list, steps: []step{gGet.with(200, `{"success":true,"data":[{"id":"k1"}],"has_more":true}`)}, kind: BadAnswer, in: "not where"},
	{name: "a cursor after the last page", do: list, steps: []step{gGet.with(200, `{"success":true,"data":[{"id":"k1"}],"has_more":false,"next_cursor":"c"}`)}, want: "id=k1"},
	{name: "own key by mask alone", do: list, steps: []step{gGet.with(200, gList(gRow("k1", `,"prefix":"sk_live_"`)+","+gRow("k2", `,"prefix":"sk_live_","masked":"sk_live_OWNc****"`)))},
		want: "id=k1 env=live masked=sk_live_… | id=k2 env=live masked=sk_live_OWNc**** own=yes"},
	{name: "a prefix identifies nothing", do: identify(genericSecret), steps: []step{gGet.with(200, gList(gRow("k1", `,"prefix":"sk_test_"`)))}, want: ""},
	{name: "identify by mask", do: identify(genericSecret), steps: []step{gGet.with(200, gList(gRow("k1", `,"masked":"sk_test_SECRET…"`)+","+gRow("k2", `,"masked":"sk_test_****"`)))},
		want: "id=k1 masked=sk_test_SECRET… matched=yes"},
	{name: "403", do: list, steps: []step{gGet.with(403, `{"success":false,"message":"Not from here"}`)}, kind: Forbidden, in: "Not from here [The key lacks the permission for this, or is restricted"},
	{name: "revoke", do: remove1("k1"), steps: []step{deleteCalls[wirename.Generic].with(200, `{"success":true,"message":"API key revoked successfully"}`)}, want: "gone=false"},
	{name: "revoke that says no with 200", do: remove1("k1"), steps: []step{deleteCalls[wirename.Generic].with(200, `{"success":false,"error":"in use"}`)}, kind: Invalid, in: "in use"},
	{name: "revoke that says 404 with 200", do: remove1("k1"), steps: []step{deleteCalls[wirename.Generic].with(200, `{"success":false,"error":{"code":404,"message":"unknown key"}}`)}, want: "gone=true"},
	{name: "update", do: update("k1", apikey.Patch{}), kind: Unsupported, in: "create a replacement"},

	{name: "create in the dashboard alone", do: create(liveDraft), kind: Unsupported, in: "dashboard"},
	{name: "create", opts: creating, do: create(apikey.Draft{Name: "ci", Environment: apikey.Test, Expiry: thirty, Restrictions: apikey.Restrictions{IPAddresses: []string{"10.0.0.1"}}}),
		steps: []step{gCreate(`{"name":"ci","environment":"test","expires_at":"2026-12-23T10:00:00Z","restrictions":{"ip_addresses":["10.0.0.1"]}}`).
			with(201, `{"success":true,"data":{"id":"k9","name":"ci","prefix":"sk_test_","expires_at":"2026-12-23T10:00:00Z","key":"`+genericSecret+`"}}`)},
		want: "id=k9 name=ci env=test masked=sk_test_… expires=2026-12-23T10:00:00Z ; secret=" + genericSecret},
	{name: "create whose restrictions were not taken says so", opts: creating, do: create(apikey.Draft{Name: "ci", Environment: apikey.Live, Restrictions: apikey.Restrictions{IPAddresses: []string{"10.0.0.2", "10.0.0.1"}, Endpoints: []string{"/v1/users"}}}),
		steps: []step{gCreate(`{"name":"ci","environment":"live","restrictions":{"ip_addresses":["10.0.0.2","10.0.0.1"],"endpoints":["/v1/users"]}}`).
			with(201, `{"success":true,"data":{"id":"k9","name":"ci","restrictions":{"ip_addresses":["10.0.0.1","10.0.0.2"],"referrers":[],"endpoints":[]},"key":"`+ownToken+`"}}`)},
		want: `id=k9 name=ci env=live restrictions={"ip_addresses":["10.0.0.1","10.0.0.2"]} ; secret=` + ownToken + " ; asked for the restrictions ip 10.0.0.1 10.0.0.2; endpoint /v1/users; the service says ip 10.0.0.1 10.0.0.2"},
	{name: "create: secret", opts: creating, do: create(liveDraft), steps: []step{gCreate(`{"name":"ci","environment":"live"}`).with(201, `{"success":true,"data":{"id":"k9","secret":"`+ownToken+`"}}`)},
		want: "id=k9 name=ci env=live ; secret=" + ownToken},
	{name: "create: value", opts: creating, do: create(liveDraft), steps: []step{gCreate(`{"name":"ci","environment":"live"}`).with(201, `{"success":true,"data":{"id":"k9","value":"`+ownToken+`"}}`)},
		want: "id=k9 name=ci env=live ; secret=" + ownToken},
	{name: "create: token, another environment and another expiry are said", opts: creating, do: create(liveDraft),
		steps: []step{gCreate(`{"name":"ci","environment":"live"}`).with(200, `{"success":true,"data":{"id":"k9","prefix":"sk_test_","expires_at":"2027-01-01T00:00:00Z","token":"`+genericSecret+`"}}`)},
		want:  "id=k9 name=ci env=test masked=sk_test_… expires=2027-01-01T00:00:00Z ; secret=" + genericSecret + " ; asked for the expiry never; the service says 2027-01-01T00:00:00Z ; asked for the environment live; the service says test"},
	{name: "create: the secret stands beside the key", opts: creating, do: create(liveDraft), steps: []step{gCreate(`{"name":"ci","environment":"live"}`).with(201, `{"success":true,"data":{"id":"k9"},"key":"`+ownToken+`"}`)},
		want: "id=k9 name=ci env=live ; secret=" + ownToken},
	{name: "create answered without an id keeps the secret", opts: creating, do: create(liveDraft), steps: []step{gCreate(`{"name":"ci","environment":"live"}`).with(201, `{"success":true,"data":{"key":"`+ownToken+`"}}`)},
		want: "name=ci ; secret=" + ownToken + " ; " + noteNoID},
	{name: "create takes the environment of our own key", opts: creating, do: create(apikey.Draft{Name: "ci"}), steps: []step{gCreate(`{"name":"ci","environment":"live"}`).with(201, `{"data":{"id":"k9","key":"`+ownToken+`"}}`)},
		want: "id=k9 name=ci env=live ; secret=" + ownToken},
	{name: "create for an environment that does not exist", opts: creating, do: create(apikey.Draft{Name: "ci", Environment: apikey.Dev}), kind: Invalid, in: "live or test"},
	{name: "create that says no with 200", opts: creating, do: create(liveDraft), steps: []step{gCreate(`{"name":"ci","environment":"live"}`).with(200, `{"success":false,"error":"name taken"}`)}, kind: Invalid, in: "name taken"},
	{name: "create where there is no such call", opts: creating, do: create(liveDraft), steps: []step{gCreate(`{"name":"ci","environment":"live"}`).with(405, ``)}, kind: Invalid, in: "create = false"},
	{name: "create answered without a secret", opts: creating, do: create(liveDraft), steps: []step{gCreate(`{"name":"ci","environment":"live"}`).with(201, `{"success":true,"data":{"id":"k9"}}`)}, kind: BadAnswer, in: "[unknown]"},
	{name: "create that broke off", opts: creating, do: create(liveDraft), steps: []step{gCreate(`{"name":"ci","environment":"live"}`).with(201, `{"success":tr`, "Content-Length", "900")}, kind: Timeout, in: "[unknown]"},
	{name: "create with 500", opts: creating, do: create(liveDraft), steps: []step{gCreate(`{"name":"ci","environment":"live"}`).with(500, ``)}, kind: Unavailable, in: "[unknown]"},

	{name: "probe", do: probe(genericSecret), steps: []step{gUser.with(200, `{"success":true,"data":{}}`)}, want: "valid=true did=GET /v1/users/usr_detent_probe answered 200"},
	{name: "probe: a user without an envelope", do: probe(genericSecret), steps: []step{gUser.with(200, `{"id":"usr_detent_probe","name":"x"}`)}, want: "valid=true did=GET /v1/users/usr_detent_probe answered 200"},
	{name: "probe: an answer of another shape is confirmed by the list", do: probe(genericSecret), steps: []step{gUser.with(200, `{"success":true,"login":"https://portal"}`), gGet.as(genericSecret).with(200, gList(""))},
		want: "valid=true did=GET /v1/api-keys answered 200"},
	{name: "probe: data without a yes is confirmed by the list", do: probe(genericSecret), steps: []step{gUser.with(200, `{"data":{"login":"https://portal"}}`), gGet.as(genericSecret).with(200, gList(""))},
		want: "valid=true did=GET /v1/api-keys answered 200"},
	{name: "probe: JSON of another shape is no proof", do: probe(genericSecret), steps: foreignTo(gUser, gGet.as(genericSecret)), want: "valid=silent did=GET /v1/users/usr_detent_probe answered 200 why=an answer of 200 tells nothing about a key: the answer is not this service's: it has no id"},
	{name: "probe: a list of something else is no proof", do: probe(genericSecret), steps: []step{gUser.with(200, `[]`), gGet.as(genericSecret).with(200, gList(`{"title":"welcome"}`))}, want: "valid=silent did=GET /v1/users/usr_detent_probe answered 200 why=an answer of 200 tells nothing about a key: the answer is not this service's: the answer is no object"},
	{name: "probe: a list that says no after it is no proof", do: probe(genericSecret), steps: []step{gUser.with(200, `{}`), gGet.as(genericSecret).with(200, `{"data":[{"id":"k1"}],"success":false,"error":{"code":401}}`)},
		want: "valid=false did=GET /v1/api-keys answered 401"},
	{name: "probe: 404 proves it too", do: probe(genericSecret), steps: []step{gUser.with(404, `{"success":false,"error":{"message":"User not found"}}`)}, want: "valid=true did=GET /v1/users/usr_detent_probe answered 404"},
	{name: "probe: 200 that says 401", do: probe(genericSecret), steps: []step{gUser.with(200, `{"success":false,"error":{"code":401}}`)}, want: "valid=false did=GET /v1/users/usr_detent_probe answered 401"},
	{name: "probe: a 404 of who knows whom is confirmed", do: probe(genericSecret), steps: []step{gUser.with(404, "404 page not found"), gGet.as(genericSecret).with(401, `{}`)}, want: "valid=false did=GET /v1/api-keys answered 401"},
	{name: "probe: an id that is refused as such proves nothing", do: probe(genericSecret), steps: []step{gUser.with(400, `{"success":false,"message":"bad id"}`), gGet.as(genericSecret).with(200, gList(""))},
		want: "valid=true did=GET /v1/api-keys answered 200"},
	{name: "probe: all is 404", do: probe(genericSecret), steps: []step{gUser.with(404, "404 page not found"), gGet.as(genericSecret).with(404, "404 page not found")},
		want: "valid=silent did=GET /v1/users/usr_detent_probe answered 404 why=an answer of 404 tells nothing about a key: 404 page not found"},
	{name: "probe of a wrong key", do: probe(genericSecret), steps: []step{gUser.with(401, `{"success":false,"message":"Invalid API key"}`)}, want: "valid=false did=GET /v1/users/usr_detent_probe answered 401"},
	{name: "probe of a restricted key", do: probe(genericSecret), steps: []step{gUser.with(403, `{"success":false,"message":"IP not allowed"}`)},
		want: "valid=known did=GET /v1/users/usr_detent_probe answered 403 why=it may be known, but cannot be used from here: IP not allowed cannot=make this request, or not from here"},
	{name: "probe of a key for other endpoints asks the list", do: probe(genericSecret), steps: []step{gUser.with(403, `{"success":false,"message":"the key is restricted to other endpoints than this"}`), gGet.as(genericSecret).with(200, gList(""))},
		want: "valid=true did=GET /v1/api-keys answered 200"},
}
