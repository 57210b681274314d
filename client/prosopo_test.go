package client

import (
	"time"

	"detent/apikey"
	"detent/keyserver/wirename"
)

func perms(names ...string) []apikey.Permission {
	var out []apikey.Permission
	for _, n := range names {
		out = append(out, apikey.ParsePermission(n))
	}
	return out
}

const (
	prosopoSecret = "pro_k9_SECRETcanary0123456789"
	insufficient1 = `{"error":{"code":403,"message":"Missing permission","key":"API.INSUFFICIENT_PERMISSIONS"}}`
	noFeature     = `{"error":{"code":403,"message":"API feature is not enabled for this account","key":"API.FEATURE_DISABLED"}}`
)

// madeUp is the secret of nobody that our own control is made with.
var madeUp = apikey.MadeUp(apikey.NewSecret(prosopoSecret), zeros{}).Reveal()

var thirty = apikey.Expiry{After: 30 * 24 * time.Hour}

var (
	prosopoGet    = readCalls[wirename.Prosopo]
	prosopoRules  = step{want: "GET /v1/prosopo/provider/admin/rules", bearer: prosopoSecret}
	prosopoAccess = step{want: "POST /access-control/get", body: `{"limit":1}`, bearer: prosopoSecret}
	prosopoSites  = step{want: "POST /sites/get", body: `{}`, bearer: prosopoSecret}
	prosopoUsers  = step{want: "GET /users/get", bearer: prosopoSecret}
	prosopoKeys   = step{want: "POST /api-keys/get", body: `{}`, bearer: prosopoSecret}
)

func prosopoCreate(body string) step { return step{want: "POST /api-keys/create", body: body} }

var prosopoQuirks = []quirk{
	{name: "permissions by feature, token thrown away", do: list,
		steps: []step{prosopoGet.with(200, `[{"id":"k1","name":"ci","permissions":{"Traffic":["getTraffic"],"AccessRules":["getRules","createRule"]},
			"createdAt":"2026-01-02T03:04:05.678Z","expiresAt":"2027-01-01T00:00:00Z","token":"`+prosopoSecret+`"}]`)},
		want: "id=k1 name=ci perms=AccessRules.createRule,AccessRules.getRules,Traffic.getTraffic masked=pro_… created=2026-01-02T03:04:05.678Z expires=2027-01-01T00:00:00Z retrievable=yes"},
	{name: "own key is known by its token", do: list, steps: []step{prosopoGet.with(200, `[{"_id":"k1","apiKey":"`+ownToken+`"},{"apiKeyId":"k2","key":"`+prosopoSecret+`"}]`)},
		want: "id=k1 masked=sk_l… expires=never retrievable=yes own=yes | id=k2 masked=pro_… expires=never retrievable=yes"},
	{name: "own key is known by a mask that one key has", do: list,
		steps: []step{prosopoGet.with(200, `[{"id":"k1","masked":"sk_live_OWNc****"},{"id":"k2","masked":"pro_k9_S****"}]`)},
		want:  "id=k2 masked=pro_k9_S**** expires=never | id=k1 masked=sk_live_OWNc**** expires=never own=yes"},
	{name: "a mask that two keys have tells nothing", do: list,
		steps: []step{prosopoGet.with(200, `[{"id":"k1","masked":"sk_live_OWNc****"},{"id":"k2","masked":"sk_live_OWN****"},{"id":"k3","masked":"sk_live_OWNcan…"}]`)},
		want:  "id=k2 masked=sk_live_OWN**** expires=never | id=k1 masked=sk_live_OWNc**** expires=never | id=k3 masked=sk_live_OWNcan… expires=never"},
	{name: "flat permissions get their feature", do: list, steps: []step{prosopoGet.with(200, `[{"id":"k1","permissions":["verify","ingestClientEvents","Sites.getSite"]}]`)},
		want: "id=k1 perms=ingestClientEvents,Sites.getSite,Verify.verify expires=never"},
	{name: "unknown features and permissions stay", do: list, steps: []step{prosopoGet.with(200, `[{"id":"k1","permissions":{"Puzzle.Box":["updatePuzzleCaptchaSettings"],"Sites":[7,{"a":1}]}}]`)},
		want: `id=k1 perms=Puzzle.Box.updatePuzzleCaptchaSettings,Sites.7,Sites.{"a":1} expires=never`},
	{name: "dates in seconds and milliseconds, as numbers and strings", do: list,
		steps: []step{prosopoGet.with(200, `[{"id":"k1","created":1767323045,"expires":1798761600000},{"id":"k2","created":"1767323045","expiry":0},{"id":"k3","createdAt":null,"expiresAt":null},
			{"id":"k4","createdAt":"yesterday","expiresAt":"31st of June"},{"id":"k5","createdAt":1e99,"expiresAt":-1}]`)},
		want: "id=k1 created=2026-01-02T03:04:05Z expires=2027-01-01T00:00:00Z | id=k2 created=2026-01-02T03:04:05Z expires=never | id=k3 expires=never | id=k4 | id=k5"},
	{name: "dates in small letters, and under a second name", do: list, steps: []step{prosopoGet.with(200, `[{"id":"k1","expiresAt":"2027-01-01t02:00:00+02:00"},{"id":"k2","expiresAt":null,"expiry":"2027-01-01t00:00:00z"}]`)},
		want: "id=k1 expires=2027-01-01T00:00:00Z | id=k2 expires=2027-01-01T00:00:00Z"},
	{name: "list in an envelope", do: list, steps: []step{prosopoGet.with(200, `{"success":true,"apiKeys":[{"id":5}]}`)}, want: "id=5 expires=never"},
	{name: "a 200 that says no", do: list, steps: []step{prosopoGet.with(200, `{"success":false,"error":"nope"}`)}, kind: Invalid, in: "nope"},
	{name: "a 200 that says no as text", do: list, steps: []step{prosopoGet.with(200, `{"success":"false","message":"nope","apiKeys":[]}`)}, kind: Invalid, in: "nope"},
	{name: "403 names the missing permission", do: list, steps: []step{prosopoGet.with(403, insufficient1)}, kind: Forbidden, in: "lacks the permission getApiKeys: use a key that has it.] [getApiKeys]"},
	{name: "403 for want of the feature", do: list, steps: []step{prosopoGet.with(403, noFeature)}, kind: Forbidden, in: "ask for it in the Prosopo portal. No permission of a key mends this.] []"},
	{name: "403 for want of the feature, in other words", do: list, kind: Forbidden, in: "No permission of a key mends this.] []",
		steps: []step{prosopoGet.with(403, `{"error":"Your account does not have permission to use the API feature"}`)}},
	{name: "403 that says feature and means a permission", do: list, kind: Forbidden, in: "[getApiKeys]",
		steps: []step{prosopoGet.with(403, `{"error":{"code":403,"message":"No permission for the feature ApiKeys","key":"API.INSUFFICIENT_PERMISSIONS"}}`)}},
	{name: "403 without a reason", do: list, steps: []step{prosopoGet.with(403, `{"error":"Forbidden"}`)}, kind: Forbidden, in: "or the account lacks the API feature"},
	{name: "an error that is a plain string", do: list, steps: []step{prosopoGet.with(400, `{"error":"Bad body"}`)}, kind: Invalid, in: "invalid (400): Bad body"},
	{name: "an error that is no JSON", do: list, steps: []step{prosopoGet.with(400, "Bad\x1b[31m body\r\n")}, kind: Invalid, in: "invalid (400): Bad body [Check"[:23]},

	{name: "create sends the lifetime and groups permissions", do: create(apikey.Draft{Name: "ci", Permissions: perms("getRules", "Traffic.getTraffic", "AccessRules.createRule"), Expiry: thirty}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":{"AccessRules":["getRules","createRule"],"Traffic":["getTraffic"]},"expiresIn":2592000}`).
			with(200, `{"id":"k9","name":"ci","token":"`+prosopoSecret+`","expiresAt":"2026-12-23T10:00:00Z","permissions":{"Traffic":["getTraffic"]}}`)},
		want: "id=k9 name=ci perms=Traffic.getTraffic masked=pro_… expires=2026-12-23T10:00:00Z retrievable=yes ; secret=" + prosopoSecret +
			" ; asked for the permissions createRule, getRules, getTraffic; the service says getTraffic"},
	{name: "create under another feature is as asked", do: create(apikey.Draft{Name: "ci", Permissions: perms("verify")}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":{"Verify":["verify"]},"expiresIn":0}`).
			with(200, `{"id":"k9","name":"ci","token":"`+prosopoSecret+`","expiresAt":null,"permissions":{"captcha":["verify"]}}`)},
		want: "id=k9 name=ci perms=captcha.verify masked=pro_… expires=never retrievable=yes ; secret=" + prosopoSecret},
	{name: "create whose token stands beside the key", do: create(apikey.Draft{Name: "ci", Permissions: perms("verify")}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":{"Verify":["verify"]},"expiresIn":0}`).
			with(200, `{"success":true,"apiKey":{"id":"k9","name":"ci","expiresAt":null},"token":"`+prosopoSecret+`"}`)},
		want: "id=k9 name=ci masked=pro_… expires=never retrievable=yes ; secret=" + prosopoSecret},
	{name: "create for ever sends 0, and says what the service made of it", do: create(apikey.Draft{Name: "ci", Permissions: perms("verify")}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":{"Verify":["verify"]},"expiresIn":0}`).
			with(201, `{"apiKey":{"id":"k9","name":"ci","key":"`+prosopoSecret+`","expiresAt":"2026-12-23T10:00:00Z"}}`)},
		want: "id=k9 name=ci masked=pro_… expires=2026-12-23T10:00:00Z retrievable=yes ; secret=" + prosopoSecret + " ; asked for the expiry never; the service says 2026-12-23T10:00:00Z"},
	{name: "create reads the expiry back from the list", do: create(apikey.Draft{Name: "ci", Permissions: perms("verify"), Expiry: thirty}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":{"Verify":["verify"]},"expiresIn":2592000}`).with(200, `{"id":"k9","token":"`+prosopoSecret+`"}`),
			prosopoGet.with(200, `[{"id":"k9","name":"ci","expiresAt":null,"token":"`+prosopoSecret+`"}]`)},
		want: "id=k9 name=ci masked=pro_… expires=never retrievable=yes ; secret=" + prosopoSecret + " ; asked for the expiry 2026-12-23T10:00:00Z; the service says never"},
	{name: "create that cannot be read back keeps the secret", do: create(apikey.Draft{Name: "ci", Permissions: perms("verify")}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":{"Verify":["verify"]},"expiresIn":0}`).with(200, `{"token":"`+prosopoSecret+`"}`), prosopoGet.with(403, insufficient1)},
		want:  "name=ci ; secret=" + prosopoSecret + " ; the expiry could not be read back: list keys: forbidden (403): Missing permission"},
	{name: "create without a known feature is flat", do: create(apikey.Draft{Name: "ci", Permissions: perms("createReport", "verify")}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":["createReport","verify"],"expiresIn":0}`).with(200, `{"id":"k9","token":"`+prosopoSecret+`","expiresAt":null}`)},
		want:  "id=k9 name=ci masked=pro_… expires=never retrievable=yes ; secret=" + prosopoSecret},
	{name: "create answered without a secret may have happened", do: create(apikey.Draft{Name: "ci", Permissions: perms("verify")}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":{"Verify":["verify"]},"expiresIn":0}`).with(200, `{"id":"k9"}`)}, kind: BadAnswer, in: "not known whether this happened"},
	{name: "create whose secret could drive a terminal", do: create(apikey.Draft{Name: "ci", Permissions: perms("verify")}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":{"Verify":["verify"]},"expiresIn":0}`).with(200, `{"id":"k9","token":"pro_\u001b[2J"}`)}, kind: BadAnswer, in: "holds no secret"},
	{name: "create is sent once though its answer is lost", do: create(apikey.Draft{Name: "ci", Permissions: perms("verify")}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":{"Verify":["verify"]},"expiresIn":0}`).dropped()}, kind: Timeout, in: "not known whether this happened"},
	{name: "create that is refused is not done", do: create(apikey.Draft{Name: "ci", Permissions: perms("verify")}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":{"Verify":["verify"]},"expiresIn":0}`).with(403, insufficient1)}, kind: Forbidden, in: "the permission createApiKey: use a key that has it. A key grants at most what it has.] [createApiKey] [not done]"},
	{name: "403 that names the permission", do: create(apikey.Draft{Name: "ci", Permissions: perms("createSite")}),
		steps: []step{prosopoCreate(`{"name":"ci","permissions":{"Sites":["createSite"]},"expiresIn":0}`).
			with(403, `{"error":{"code":403,"message":"the key lacks the permission Sites.createSite and so cannot grant it","key":"API.INSUFFICIENT_PERMISSIONS"}}`)},
		kind: Forbidden, in: "[createSite] [not done]"},
	{name: "no permission", do: create(apikey.Draft{Name: "ci"}), kind: Invalid, in: "at least one permission"},
	{name: "update", do: update("k1", apikey.Patch{}), kind: Unsupported, in: "create a replacement"},
	{name: "delete of a key that is gone, counted", do: remove1("k1"), steps: []step{deleteCalls[wirename.Prosopo].with(200, `{"success":true,"deletedCount":0}`)}, want: "gone=true"},

	{name: "probe by the first read that the key may do", do: probe(prosopoSecret), steps: []step{prosopoRules.with(200, `{"rules":[]}`)},
		want: "valid=true did=GET /v1/prosopo/provider/admin/rules answered 200 can=getRules"},
	{name: "probe goes on to the read that the key may do", do: probe(prosopoSecret), steps: []step{prosopoRules.with(403, insufficient1), prosopoSites.with(200, `[]`)},
		want: "valid=true did=GET /v1/prosopo/provider/admin/rules answered 403 API.INSUFFICIENT_PERMISSIONS; POST /sites/get answered 200 can=getSites cannot=getRules"},
	{name: "probe of a key that may read nothing", do: probe(prosopoSecret), steps: []step{prosopoRules.with(403, insufficient1), prosopoSites.with(403, insufficient1),
		prosopoUsers.with(403, insufficient1), prosopoKeys.with(403, insufficient1)},
		want: "valid=true did=GET /v1/prosopo/provider/admin/rules answered 403 API.INSUFFICIENT_PERMISSIONS; POST /sites/get answered 403 API.INSUFFICIENT_PERMISSIONS; " +
			"GET /users/get answered 403 API.INSUFFICIENT_PERMISSIONS; POST /api-keys/get answered 403 API.INSUFFICIENT_PERMISSIONS cannot=getRules,getSites,getUsers,getApiKeys"},
	{name: "probe of a wrong key", do: probe(prosopoSecret), steps: []step{prosopoRules.with(401, `{"error":"Unauthorized"}`)}, want: "valid=false did=GET /v1/prosopo/provider/admin/rules answered 401"},
	{name: "probe takes the other spelling of the rules", do: probe(prosopoSecret), steps: []step{prosopoRules.with(404, `{}`), prosopoAccess.with(200, `[]`)},
		want: "valid=true did=POST /access-control/get answered 200 can=getRules"},
	{name: "probe goes on after a 403 that does not say why", do: probe(prosopoSecret), steps: []step{prosopoRules.with(403, `{"error":"Forbidden"}`), prosopoAccess.with(403, `{"error":"Forbidden"}`),
		prosopoSites.with(200, `[]`)}, want: "valid=true did=POST /sites/get answered 200 can=getSites"},
	{name: "probe by a 403 alone that does not say why proves nothing", do: probe(prosopoSecret), steps: []step{prosopoRules.with(403, `{"error":"Forbidden"}`), prosopoAccess.with(403, `{"error":"Forbidden"}`),
		prosopoSites.with(403, `{"error":"Forbidden"}`), prosopoUsers.with(403, `{"error":"Forbidden"}`), prosopoKeys.with(403, `{"error":"Forbidden"}`)},
		want: "valid=silent did=POST /api-keys/get answered 403 why=a 403 that does not say that a permission is missing: Forbidden"},
	{name: "probe in an account without the feature proves nothing", do: probe(prosopoSecret), steps: []step{prosopoRules.with(403, noFeature)},
		want: "valid=silent did=GET /v1/prosopo/provider/admin/rules answered 403 why=a 403 that does not say that a permission is missing: API feature is not enabled for this account"},
	{name: "probe takes no web page for a proof", do: probe(prosopoSecret), steps: []step{prosopoRules.with(200, `<html>`)},
		want: "valid=silent did=GET /v1/prosopo/provider/admin/rules answered 200 why=an answer of 200 tells nothing about a key: a web page instead of the service's JSON"},
	{name: "probe takes no JSON of another shape for a proof", do: probe(prosopoSecret), steps: foreignTo(prosopoRules, prosopoAccess, prosopoSites, prosopoUsers, prosopoKeys, prosopoRules.as(madeUp)),
		want: "valid=silent did=POST /api-keys/get answered 200 why=an answer of 200 tells nothing about a key: the answer is not this service's: the answer has no list"},
	{name: "probe takes no list of something else for the keys", do: probe(prosopoSecret), steps: []step{prosopoRules.with(403, insufficient1), prosopoSites.with(500, ``), prosopoUsers.with(500, ``), prosopoKeys.with(200, `[{"url":"https://login"}]`)},
		want: "valid=true did=GET /v1/prosopo/provider/admin/rules answered 403 API.INSUFFICIENT_PERMISSIONS cannot=getRules"},
	{name: "probe goes on where the shape of a read is not known", do: probe(prosopoSecret), steps: []step{prosopoRules.with(200, `{"status":"ok","rules":{"a":1}}`), prosopoAccess.with(200, `{"hits":3}`),
		prosopoSites.with(403, insufficient1), prosopoUsers.with(403, insufficient1), prosopoKeys.with(200, `{"apiKeys":[{"_id":"k1","more":{}}],"total":1}`)},
		want: "valid=true did=POST /sites/get answered 403 API.INSUFFICIENT_PERMISSIONS; GET /users/get answered 403 API.INSUFFICIENT_PERMISSIONS; POST /api-keys/get answered 200 can=getApiKeys cannot=getSites,getUsers"},
	{name: "probe of a read whose shape is not known, where others do not tell", do: probe(prosopoSecret), steps: []step{prosopoRules.with(200, `{"hits":3}`), prosopoAccess.with(404, `{}`),
		prosopoSites.with(404, `{}`), prosopoUsers.with(404, `{}`), prosopoKeys.with(404, `{}`), prosopoRules.as(madeUp).with(401, `{"error":"Unauthorized"}`)},
		want: "valid=true did=GET /v1/prosopo/provider/admin/rules answered 200, and 401 to a made-up key can=getRules"},
	{name: "probe of who knows whom, where a made-up key is refused otherwise", do: probe(prosopoSecret), steps: []step{prosopoRules.with(200, `{"hits":3}`), prosopoAccess.with(404, `{}`),
		prosopoSites.with(404, `{}`), prosopoUsers.with(404, `{}`), prosopoKeys.with(404, `{}`), prosopoRules.as(madeUp).with(403, insufficient1)},
		want: "valid=silent did=POST /api-keys/get answered 404 why=an answer of 404 tells nothing about a key"},
	{name: "probe: the missing permission in an error that is a plain string", do: probe(prosopoSecret), steps: []step{prosopoRules.with(403, `{"error":"API.INSUFFICIENT_PERMISSIONS"}`),
		prosopoSites.with(403, `{"error":{"code":403,"message":"API.INSUFFICIENT_PERMISSIONS"}}`), prosopoUsers.with(403, `{"code":403,"message":"no","key":"API.INSUFFICIENT_PERMISSIONS"}`), prosopoKeys.with(200, `[]`)},
		want: "valid=true did=GET /v1/prosopo/provider/admin/rules answered 403 API.INSUFFICIENT_PERMISSIONS; POST /sites/get answered 403 API.INSUFFICIENT_PERMISSIONS; GET /users/get answered 403 API.INSUFFICIENT_PERMISSIONS; POST /api-keys/get answered 200 can=getApiKeys cannot=getRules,getSites,getUsers"},
	{name: "probe: 200 that says no", do: probe(prosopoSecret), steps: []step{prosopoRules.with(200, `{"success":false,"error":{"code":401,"message":"bad key"}}`)},
		want: "valid=false did=GET /v1/prosopo/provider/admin/rules answered 401"},
	{name: "probe goes on where a read fails", do: probe(prosopoSecret), steps: []step{prosopoRules.with(500, ``), prosopoAccess.with(404, `<html>`), prosopoSites.with(401, ``)},
		want: "valid=false did=POST /sites/get answered 401"},

	{name: "identify by token", do: identify(prosopoSecret), steps: []step{prosopoGet.with(200, `[{"id":"k1","token":"`+ownToken+`"},{"id":"k2","token":"`+prosopoSecret+`"}]`)},
		want: "id=k2 masked=pro_… expires=never retrievable=yes matched=yes"},
	{name: "identify by mask", do: identify(prosopoSecret), steps: []step{prosopoGet.with(200, `[{"id":"k8","masked":"pro_k8_S****"},{"id":"k9","masked":"pro_k9_S****"}]`)},
		want: "id=k9 masked=pro_k9_S**** expires=never matched=yes"},
	{name: "identify nothing", do: identify(prosopoSecret), steps: []step{prosopoGet.with(200, `[{"id":"k1","token":"`+ownToken+`"}]`)}, want: ""},
	{name: "retrieve to adopt a lost create", do: retrieve("k2"), steps: []step{prosopoGet.with(200, `[{"id":"k1","token":"`+ownToken+`"},{"id":"k2","token":"`+prosopoSecret+`"}]`)}, want: "secret=" + prosopoSecret},
	{name: "retrieve where the list holds no token", do: retrieve("k2"), steps: []step{prosopoGet.with(200, `[{"id":"k2","masked":"pro_****"}]`)}, want: ""},
}
