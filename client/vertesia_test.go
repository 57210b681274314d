package client

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// exchangePath is where the token server gives a session.
const exchangePath = "/token/issue"

const vertesiaSecret = "sk-ec54686SECRETcanary0123456789"

// The document's own two examples, quoted as JSON.
const vertesiaDoc = `[{"account":"652d77895674c387e105948c","name":"Key Created On 2023-10-24 16:31:28","type":"sk","role":"developer","enabled":true,
"created_at":"2023-10-24T07:31:33.363Z","updated_at":"2023-10-24T07:31:33.363Z","id":"653772d5d73c5ac92045df97","maskedValue":"sk-ec54686****"},
{"account":"652d77895674c387e105948c","name":"Public API Key (generated)","type":"pk","role":"executor","expires_at":"2023-12-06T18:27:03.707Z","enabled":false,
"created_at":"2023-12-06T17:27:03.724Z","updated_at":"2023-12-07T08:56:32.986Z","id":"6570aee711df2c266121108a","maskedValue":"pk-6e65296****"}]`

var versioned = map[string]string{"x-api-version": "20260803"}

var (
	vGet     = step{want: "GET /api/v1/apikeys?level=account", header: versioned}
	vProject = step{want: "GET /api/v1/apikeys?level=project", header: versioned}
	vBare    = step{want: "GET /api/v1/apikeys", header: versioned}
	vIssue   = step{want: "POST /token/issue", header: versioned}
	vPublic  = step{want: "GET /api/v1/apikeys/pk", header: versioned}
)

func vCreate(body string) step {
	return step{want: "POST /api/v1/apikeys", body: body, header: versioned}
}
func (s step) as(bearer string) step {
	s.bearer = bearer
	return s
}

// jwt is a token as a token server makes it; the signature is no concern of the client's.
func jwt(subject string, expires time.Time) string {
	part := func(v any) string {
		b, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return part(map[string]string{"alg": "none"}) + "." + part(map[string]any{"sub": subject, "exp": expires.Unix()}) + ".c2ln"
}

var (
	jwtOne = jwt("k1", testNow.Add(time.Hour))
	jwtTwo = jwt("k1", testNow.Add(2*time.Hour))
)

func issued1(token string) string { return fmt.Sprintf(`{"token":%q,"token_type":"Bearer"}`, token) }

func exchanging(o *Options) { o.Exchange, o.TokenURL = true, "{origin}" }

func ptr[T any](v T) *T { return &v }

var vertesiaQuirks = []quirk{
	{name: "the document's own keys", do: list, steps: []step{vGet.with(200, vertesiaDoc)},
		want: "id=653772d5d73c5ac92045df97 name=Key Created On 2023-10-24 16:31:28 type=sk role=developer masked=sk-ec54686**** account=652d77895674c387e105948c enabled=true " +
			"created=2023-10-24T07:31:33.363Z updated=2023-10-24T07:31:33.363Z expires=never | id=6570aee711df2c266121108a name=Public API Key (generated) type=pk role=executor " +
			"masked=pk-6e65296**** account=652d77895674c387e105948c enabled=false created=2023-12-06T17:27:03.724Z updated=2023-12-07T08:56:32.986Z expires=2023-12-06T18:27:03.707Z"},
	{name: "project as string and as object", do: list,
		steps: []step{vGet.with(200, `[{"id":"k1","project":"p1"},{"id":"k2","project":{"id":"p2","name":"Shop\u001b[1m","account":"a"},"created_by":"user:1","updated_by":{"id":"u2"},"can_retrieve_value":true}]`)},
		want:  "id=k1 project=p1 expires=never | id=k2 project=p2 projectname=Shop expires=never by=user:1 upby=u2 retrievable=yes"},
	{name: "a role that is new stays", do: list, steps: []step{vGet.with(200, `[{"id":"k1","role":"content_superadmin"}]`)}, want: "id=k1 role=content_superadmin expires=never"},
	{name: "what a copy must carry", do: list, steps: []step{vGet.with(200, `[{"id":"k1","properties":{"a":"\u202e`+"\u202e"+`"},"clearance":3,"compartments":["x"],"scim_provisioning":null}]`)},
		want: `id=k1 expires=never extra={"clearance":3,"compartments":["x"],"properties":{"a":"\u202e\u202e"}}`},
	{name: "own key by mask", do: list, opts: func(o *Options) { o.Token = apikey.NewSecret(vertesiaSecret) }, steps: []step{vGet.as(vertesiaSecret).with(200, `[{"id":"k1","maskedValue":"sk-ec54686****"},{"id":"k2","maskedValue":"sk-ffff****"}]`)},
		want: "id=k2 masked=sk-ffff**** expires=never | id=k1 masked=sk-ec54686**** expires=never own=yes"},
	{name: "list falls back to the project", do: list, steps: []step{vGet.with(403, `{"error":"no","status":403}`), vProject.with(200, `[]`)}, want: ""},
	{name: "list falls back to the document's call", do: list, steps: []step{vGet.with(400, `{"error":"unknown level"}`), vProject.with(400, `{}`), vBare.with(200, `[{"id":"k1"}]`)}, want: "id=k1 expires=never"},
	{name: "list that no level may", do: list, steps: []step{vGet.with(403, `{"error":"no","status":403,"message":"reader needed"}`), vProject.with(403, `{}`), vBare.with(403, `{}`)},
		kind: Forbidden, in: "no: reader needed [This needs a key with the role reader or above.] [reader]"},

	{name: "create", do: create(apikey.Draft{Name: "ci", Role: "developer", Type: "sk", Expiry: thirty, Extra: map[string]json.RawMessage{"clearance": json.RawMessage("3"), "other": json.RawMessage("1")}}),
		steps: []step{vCreate(`{"name":"ci","role":"developer","type":"sk","expires_at":"2026-12-23T10:00:00.000Z","clearance":3}`).
			with(201, `{"id":"k9","name":"ci","role":"developer","type":"sk","project":"p1","enabled":true,"expires_at":"2026-12-23T10:00:00Z","value":"`+vertesiaSecret+`"}`)},
		want: "id=k9 name=ci type=sk role=developer project=p1 enabled=true expires=2026-12-23T10:00:00Z ; secret=" + vertesiaSecret},
	{name: "create leaves out what was not said", do: create(apikey.Draft{Name: "ci", Role: "reader"}), steps: []step{vCreate(`{"name":"ci","role":"reader"}`).with(200, `{"id":"k9","value":"`+vertesiaSecret+`"}`)},
		want: "id=k9 expires=never ; secret=" + vertesiaSecret},
	{name: "create that got another role says so", do: create(apikey.Draft{Name: "ci", Role: "reader"}), steps: []step{vCreate(`{"name":"ci","role":"reader"}`).with(200, `{"id":"k9","name":"ci","role":"admin","value":"`+vertesiaSecret+`"}`)},
		want: "id=k9 name=ci role=admin expires=never ; secret=" + vertesiaSecret + " ; asked for the role reader; the service says admin"},
	{name: "create without a role", do: create(apikey.Draft{Name: "ci"}), kind: Invalid, in: "needs a role"},
	{name: "create of a type that does not exist", do: create(apikey.Draft{Name: "ci", Role: "reader", Type: "xx"}), kind: Invalid, in: "sk or pk"},
	{name: "create is told its pace and sent again", do: create(apikey.Draft{Name: "ci", Role: "reader"}),
		steps: []step{vCreate(`{"name":"ci","role":"reader"}`).with(429, ``, "x-ratelimit-reason", "pacing", "x-ratelimit-retry-ms", "250"),
			vCreate(`{"name":"ci","role":"reader"}`).with(200, `{"id":"k9","value":"`+vertesiaSecret+`"}`)}, want: "id=k9 expires=never ; secret=" + vertesiaSecret},
	{name: "create that is limited otherwise is not sent again", do: create(apikey.Draft{Name: "ci", Role: "reader"}),
		steps: []step{vCreate(`{"name":"ci","role":"reader"}`).with(429, ``, "x-ratelimit-reason", "quota", "x-ratelimit-retry-ms", "250")}, kind: RateLimited, in: "[not done]"},
	{name: "create with a pace that is no number is not sent again", do: create(apikey.Draft{Name: "ci", Role: "reader"}),
		steps: []step{vCreate(`{"name":"ci","role":"reader"}`).with(429, ``, "x-ratelimit-reason", "pacing", "x-ratelimit-retry-ms", "soon")}, kind: RateLimited, in: "[not done]"},
	{name: "create that is refused names the role", do: create(apikey.Draft{Name: "ci", Role: "admin"}), steps: []step{vCreate(`{"name":"ci","role":"admin"}`).with(403, `{"error":"Forbidden","status":403}`)},
		kind: Forbidden, in: "role developer or above. A key grants at most its own role.] [developer]"},
	{name: "delete that is refused names the role", do: remove1("k1"), steps: []step{deleteCalls[wirename.Vertesia].with(403, `{"error":"Forbidden","status":403}`)}, kind: Forbidden, in: "with the role admin.] [admin]"},
	{name: "update", do: update("k1", apikey.Patch{Name: ptr("b"), Role: ptr("reader"), Enabled: ptr(false)}),
		steps: []step{step{want: "PUT /api/v1/apikeys/k1", body: `{"name":"b","role":"reader","enabled":false}`, header: versioned}.with(200, `{"id":"k1","name":"b","role":"reader","enabled":false}`)},
		want:  "id=k1 name=b role=reader enabled=false expires=never"},
	{name: "update of one field sends one field", do: update("k1", apikey.Patch{Enabled: ptr(true)}),
		steps: []step{step{want: "PUT /api/v1/apikeys/k1", body: `{"enabled":true}`}.with(200, `{"id":"k1","enabled":true}`)}, want: "id=k1 enabled=true expires=never"},
	{name: "update of nothing", do: update("k1", apikey.Patch{}), kind: Invalid, in: "nothing to change"},
	{name: "an id is a segment of the path", do: update("a/../b?c", apikey.Patch{Enabled: ptr(true)}),
		steps: []step{step{want: "PUT /api/v1/apikeys/a%2F..%2Fb%3Fc", body: `{"enabled":true}`}.with(200, `{"id":"a/../b?c"}`)}, want: "id=a/../b?c expires=never"},
	{name: "an id that is another call", do: retrieve("pk"), kind: Invalid, in: "[not done]"},
	{name: "an id that is another path", do: remove1(".."), kind: Invalid, in: "no key with such an id"},
	{name: "delete answered with a count", do: remove1("k1"), steps: []step{deleteCalls[wirename.Vertesia].with(200, `{"acknowledged":true,"deletedCount":1}`)}, want: "gone=false"},
	{name: "delete that found nothing", do: remove1("k1"), steps: []step{deleteCalls[wirename.Vertesia].with(200, `{"acknowledged":true,"deletedCount":0}`)}, want: "gone=true"},
	{name: "delete that is not acknowledged", do: remove1("k1"), steps: []step{deleteCalls[wirename.Vertesia].with(200, `{"acknowledged":false}`)}, kind: BadAnswer, in: "not known"},
	{name: "retrieve", do: retrieve("k1"), steps: []step{step{want: "GET /api/v1/apikeys/k1?withValue=true"}.with(200, `{"id":"k1","value":"`+vertesiaSecret+`"}`)}, want: "secret=" + vertesiaSecret},
	{name: "retrieve of a value that is kept", do: retrieve("k1"), steps: []step{step{want: "GET /api/v1/apikeys/k1?withValue=true"}.with(200, `{"id":"k1"}`)}, want: ""},

	{name: "public key", do: publicKey(apikey.PublicKeyRequest{Name: "test key", Project: "p1", TTL: 3600}),
		steps: []step{step{want: "GET /api/v1/apikeys/pk?name=test+key&projectId=p1&ttl=3600"}.with(200, `{"expire_at":"2023-10-24T08:31:28.000Z","value":"pk-ec54686****"}`)},
		want:  "value=pk-ec54686**** expires=2023-10-24T08:31:28Z"},
	{name: "public key by default", do: publicKey(apikey.PublicKeyRequest{}), steps: []step{vPublic.with(200, `"pk-abcdef012345"`)}, want: "value=pk-abcdef012345"},
	{name: "public key as bare text", do: publicKey(apikey.PublicKeyRequest{}), steps: []step{vPublic.with(200, "pk-abcdef012345\n", "Content-Type", "text/plain")}, want: "value=pk-abcdef012345"},
	{name: "public key is a GET that is not tried again", do: publicKey(apikey.PublicKeyRequest{}), steps: []step{vPublic.with(503, ``)}, kind: Unavailable, in: "[unknown]"},
	{name: "public key whose answer is lost", do: publicKey(apikey.PublicKeyRequest{}), steps: []step{vPublic.dropped()}, kind: Timeout, in: "[unknown]"},
	{name: "public key is paced", do: publicKey(apikey.PublicKeyRequest{}),
		steps: []step{vPublic.with(429, ``, "x-ratelimit-reason", "pacing", "x-ratelimit-retry-ms", "0"), vPublic.with(200, `{"value":"pk-1234567890"}`)}, want: "value=pk-1234567890"},
	{name: "public key is a write", opts: func(o *Options) { o.ReadOnly = true }, do: publicKey(apikey.PublicKeyRequest{}), kind: ReadOnly, in: "nothing was sent"},
	{name: "public key for too small a role", do: publicKey(apikey.PublicKeyRequest{}), steps: []step{vPublic.with(403, `{"error":"Forbidden"}`)}, kind: Forbidden, in: "[application]"},
	{name: "public key of an empty answer", do: publicKey(apikey.PublicKeyRequest{}), steps: []step{vPublic.with(200, ` `)}, kind: BadAnswer, in: "the answer is empty"},
	{name: "public key of one letter", do: publicKey(apikey.PublicKeyRequest{}), steps: []step{vPublic.with(200, `p`)}, kind: BadAnswer, in: "no public key"},
	{name: "public key that is no key", do: publicKey(apikey.PublicKeyRequest{}), steps: []step{vPublic.with(200, `{"value":"pk-\u001b]0;x\u0007"}`)}, kind: BadAnswer, in: "no public key"},
	{name: "public key of a negative lifetime", do: publicKey(apikey.PublicKeyRequest{TTL: -1}), kind: Invalid, in: "1 second"},

	{name: "exchange: the JWT travels, and its subject is our key", opts: exchanging, do: list,
		steps: []step{vIssue.with(200, issued1(jwtOne)), vGet.as(jwtOne).with(200, `[{"id":"k1"},{"id":"k2"}]`)}, want: "id=k1 expires=never own=yes | id=k2 expires=never"},
	{name: "exchange: a JWT that is refused is replaced once, for a read", opts: exchanging, do: twice(list),
		steps: []step{vIssue.with(200, issued1(jwtOne)), vGet.as(jwtOne).with(200, `[]`), vGet.as(jwtOne).with(401, `{}`), vIssue.with(200, issued1(jwtTwo)), vGet.as(jwtTwo).with(200, `[{"id":"k3"}]`)},
		want:  "id=k3 expires=never"},
	{name: "exchange: a fresh JWT that is refused is an answer", opts: exchanging, do: list, steps: []step{vIssue.with(200, issued1(jwtOne)), vGet.as(jwtOne).with(401, `{"error":"Unauthorized"}`)},
		kind: Unauthorized, in: "revoked"},
	{name: "exchange: a write is sent once though its JWT is refused", opts: exchanging, do: remove1("k1"),
		steps: []step{vIssue.with(200, issued1(jwtOne)), deleteCalls[wirename.Vertesia].as(jwtOne).with(401, `{}`)}, kind: Unauthorized, in: "[not done]"},
	{name: "exchange: a JWT near its end is replaced before", opts: exchanging, do: twice(list),
		steps: []step{vIssue.with(200, issued1(jwt("k1", testNow.Add(-time.Second)))), vGet.as(jwt("k1", testNow.Add(-time.Second))).with(200, `[]`), vIssue.with(200, issued1(jwtTwo)), vGet.as(jwtTwo).with(200, `[]`)}, want: ""},
	{name: "exchange: expires_in rules", opts: exchanging, do: twice(list),
		steps: []step{vIssue.with(200, `{"token":"opaque-token","token_type":"Bearer","expires_in":3600}`), vGet.as("opaque-token").with(200, `[]`), vGet.as("opaque-token").with(200, `[]`)}, want: ""},
	{name: "exchange: a POST that failed is not sent again", opts: exchanging, do: list, steps: []step{vIssue.with(503, ``)}, kind: Unavailable, in: "503"},
	{name: "exchange: a POST that got no answer is not sent again", opts: exchanging, do: list, steps: []step{vIssue.dropped()}, kind: Timeout, in: "[not done]"},
	{name: "exchange: a pace is kept", opts: exchanging, do: list, steps: []step{vIssue.with(429, ``, "x-ratelimit-reason", "pacing", "x-ratelimit-retry-ms", "12.5"),
		vIssue.with(200, issued1(jwtOne)), vGet.as(jwtOne).with(200, `[]`)}, want: ""},
	{name: "create answered without an id keeps the secret", do: create(apikey.Draft{Name: "ci", Role: "reader"}),
		steps: []step{vCreate(`{"name":"ci","role":"reader"}`).with(200, `{"name":"ci","value":"`+vertesiaSecret+`"}`)},
		want:  "name=ci ; secret=" + vertesiaSecret + " ; " + noteNoID},
	{name: "exchange: the key is refused", opts: exchanging, do: list, steps: []step{vIssue.with(401, `{"error":"bad key"}`)}, kind: Unauthorized, in: "list keys: unauthorized (401): bad key"},
	{name: "exchange: the answer holds no token", opts: exchanging, do: list, steps: []step{vIssue.with(200, `{}`)}, kind: BadAnswer, in: "no token"},
	{name: "exchange: read-only sends nothing", opts: func(o *Options) { exchanging(o); o.ReadOnly = true }, do: remove1("k1"), kind: ReadOnly, in: "nothing"},

	{name: "probe by the list", do: probe(vertesiaSecret), steps: []step{vBare.as(vertesiaSecret).with(200, `[]`)}, want: "valid=true did=GET /api/v1/apikeys answered 200 can=list keys"},
	{name: "probe: 403 proves it too", do: probe(vertesiaSecret), steps: []step{vBare.as(vertesiaSecret).with(403, `{"error":"Forbidden","status":403}`)}, want: "valid=true did=GET /api/v1/apikeys answered 403 cannot=list keys"},
	{name: "probe: a 403 of another shape proves nothing", do: probe(vertesiaSecret), steps: []step{vBare.as(vertesiaSecret).with(403, `{}`)}, want: "valid=silent did=GET /api/v1/apikeys answered 403 why=an answer of 403 tells nothing about a key"},
	{name: "probe by a list of keys", do: probe(vertesiaSecret), steps: []step{vBare.as(vertesiaSecret).with(200, `{"items":[{"id":"k1","name":"a"},{"other":1}],"more":true}`)}, want: "valid=true did=GET /api/v1/apikeys answered 200 can=list keys"},
	{name: "probe reads no more of a list than it tells", do: probe(vertesiaSecret), steps: []step{vBare.as(vertesiaSecret).with(200, `[{"id":"k1"},`)}, want: "valid=true did=GET /api/v1/apikeys answered 200 can=list keys"},
	{name: "a page that blocks the list is a refusal", do: list, steps: []step{vGet.with(403, `<html>`), vProject.with(403, `<html>`), vBare.with(403, `<html>`)}, kind: Forbidden, in: "web page"},
	{name: "probe takes no JSON of another shape for a proof", do: probe(vertesiaSecret), steps: foreignTo(vBare.as(vertesiaSecret)), want: "valid=silent did=GET /api/v1/apikeys answered 200 why=an answer of 200 tells nothing about a key: the answer is not this service's: the answer has no list"},
	{name: "probe takes no list of something else for a proof", do: probe(vertesiaSecret), steps: []step{vBare.as(vertesiaSecret).with(200, `[{"href":"https://login"}]`)}, want: "valid=silent did=GET /api/v1/apikeys answered 200 why=an answer of 200 tells nothing about a key: the answer is not this service's"},
	{name: "probe takes no empty answer for a proof", do: probe(vertesiaSecret), steps: []step{vBare.as(vertesiaSecret).with(200, ``)}, want: "valid=silent did=GET /api/v1/apikeys answered 200 why=an answer of 200 tells nothing about a key: the answer is empty"},
	{name: "probe takes no page that blocks for a proof", do: probe(vertesiaSecret), steps: []step{vBare.as(vertesiaSecret).with(403, `<html>blocked</html>`)}, want: "valid=silent did=GET /api/v1/apikeys answered 403 why=a web page answered in the service's place"},
	{name: "probe by exchange for what is no session", opts: exchanging, do: probe(vertesiaSecret), steps: []step{vIssue.as(vertesiaSecret).with(200, issued1("csrf-0123")), vBare.as("csrf-0123").with(401, `{}`)}, want: "valid=silent did=GET /api/v1/apikeys answered 401 why=the answer is not this service's"},
	{name: "probe by exchange for a session that is no JWT", opts: exchanging, do: probe(vertesiaSecret), steps: []step{vIssue.as(vertesiaSecret).with(200, issued1("opaque-0123")), vBare.as("opaque-0123").with(403, `{"error":"no","status":403}`)},
		want: "valid=true did=GET /api/v1/apikeys answered 403 cannot=list keys"},
	{name: "probe of a wrong key", do: probe(vertesiaSecret), steps: []step{vBare.as(vertesiaSecret).with(401, `{}`)}, want: "valid=false did=GET /api/v1/apikeys answered 401"},
	{name: "probe that is not answered", do: probe(vertesiaSecret), steps: []step{vBare.as(vertesiaSecret).with(500, ``)}, kind: Unavailable, in: "500"},
	{name: "probe by exchange", opts: exchanging, do: probe(vertesiaSecret), steps: []step{vIssue.as(vertesiaSecret).with(200, issued1(jwtOne))}, want: "valid=true did=POST /token/issue answered 200 can=be exchanged for a session"},
	{name: "probe by exchange of a wrong key", opts: exchanging, do: probe(vertesiaSecret), steps: []step{vIssue.as(vertesiaSecret).with(401, ``)}, want: "valid=false did=POST /token/issue answered 401"},
	{name: "identify by mask", do: identify(vertesiaSecret), steps: []step{vGet.with(200, vertesiaDoc)},
		want: "id=653772d5d73c5ac92045df97 name=Key Created On 2023-10-24 16:31:28 type=sk role=developer masked=sk-ec54686**** account=652d77895674c387e105948c enabled=true " +
			"created=2023-10-24T07:31:33.363Z updated=2023-10-24T07:31:33.363Z expires=never matched=yes"},
	{name: "identify by subject", opts: exchanging, do: identify(vertesiaSecret),
		steps: []step{vIssue.as(vertesiaSecret).with(200, issued1(jwt("k2", testNow.Add(time.Hour)))), vIssue.with(200, issued1(jwtOne)), vGet.as(jwtOne).with(200, `[{"id":"k1","maskedValue":"sk-ec54686****"},{"id":"k2"}]`)},
		want:  "id=k2 expires=never matched=yes"},
	{name: "identify by a mask that says nothing", do: identify(vertesiaSecret), steps: []step{vGet.with(200, `[{"id":"k1","maskedValue":"sk-****"}]`)}, want: ""},
}
