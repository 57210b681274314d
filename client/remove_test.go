package client

import (
	"fmt"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// TestADeleteIsBelievedInTheServicesOwnShapeAlone draws what may come back: 204, a body that does not say no, a no, and all
// that leaves it open.
func TestADeleteIsBelievedInTheServicesOwnShapeAlone(t *testing.T) {
	type answers struct {
		status int
		bodies []string
	}
	for name, of := range map[string][]answers{
		"done": {{204, []string{"", " "}}, {200, []string{`true`, `{"success":true}`, `{"success":true,"message":"revoked"}`, `{"acknowledged":true,"deletedCount":1}`, `{"id":"k1","deleted":true}`, `{"id":"k1"}`, `{"data":{"id":"k1"}}`, `{"invalidated_api_keys":["k1"],"error_count":0}`, "\ufeff{\"success\":true}",
			`{"success":true,"error":null}`, `{"success":true,"removed_count":1}`, `{"ok":true,"error_count":0,"remaining":0}`, `{"status":"ok"}`, `{"status":200}`, `{"errors":[],"data":{"id":"k1"}}`}}, {201, []string{`{"ok":1}`}}},
		"gone": {{404, []string{"", `{"error":"no such key"}`, `{"error":"no such key","status":404}`, `{"message":"?"}`}}, {410, []string{""}}, {200, []string{`{"success":true,"deletedCount":0}`, `{"success":false,"error":{"code":404,"message":"unknown key"}}`}}},
		"open": {{200, []string{"", " ", "\ufeff", "{", `{"success":tr`, `{"success":true}{}`, "<html>", `{"acknowledged":false}`, `{"deleted":false}`, `{"deleted":0}`,
			`{"ok":false}`, `{"status":"error"}`, `{"status":500}`, `{"status":"FAILED","message":"x"}`, `{"success":true,"data":{"deleted":false}}`, `{"success":false,"error":{"code":500,"message":"x"}}`}},
			{500, []string{`{"error":"x","status":500}`}}, {502, []string{"<html>"}}, {408, []string{""}}},
		"refused": {{200, []string{`{"success":false}`, `{"success":false,"error":"in use"}`, `{"success":"false","message":"in use"}`, `{"success":0,"error":{"message":"in use"}}`}}, {401, []string{`{"error":"who?","status":401}`}}, {403, []string{`{"error":"no","status":403}`}},
			{409, []string{`{"error":"the last key","status":409}`}}, {400, []string{`{"error":"bad id","status":400}`}}},
		"walled": {{429, []string{`{"error":"slow down","status":429}`}}, {403, []string{"<html>", "Forbidden", "", `{}`, `[]`, `{"errors":[{"code":1020,"message":"Access denied"}]}`, `{"detail":"no"}`, `{"title":"Denied","status":403}`}},
			{401, []string{"<html>", "", "Unauthorized", `{"errors":[{"message":"who?"}]}`}}, {407, []string{""}}, {404, []string{"<html>"}}, {307, []string{""}}, {403, []string{`{"error":"too many requests","status":403}`}}},
	} {
		for _, a := range of {
			for _, body := range a.bodies {
				for _, service := range services {
					out, err := mustOpen(t, options(service, play(t, deleteCalls[service].with(a.status, body)).URL)).Delete(bg, "k1")
					got := "?"
					switch e := asError(err); {
					case e == nil && out.AlreadyGone:
						got = "gone"
					case e == nil:
						got = "done"
					case e.Outcome == Unknown && !Refused(err):
						got = "open"
					case e.Outcome == NotDone && Refused(err):
						got = "refused"
					case e.Outcome == NotDone:
						got = "walled"
					}
					if service == wirename.Vertesia && name == "refused" && a.status == 200 {
						continue // not a shape of this one's: below
					}
					if got != name {
						t.Errorf("%s: %d %q is %s, want %s: %+v %v", service, a.status, body, got, name, out, err)
					}
				}
			}
		}
	}
	for _, body := range []string{`{"success":false}`, `{"success":false,"error":"in use"}`} {
		_, err := mustOpen(t, options(wirename.Vertesia, play(t, deleteCalls[wirename.Vertesia].with(200, body)).URL)).Delete(bg, "k1")
		if err == nil || MayHaveHappened(err) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestARefusalIsTheServicesOwn: the same words under the members of another service are somebody else's.
func TestARefusalIsTheServicesOwn(t *testing.T) {
	own := map[string][]string{
		wirename.Prosopo:  {`{"error":"no"}`, `{"error":{"code":403,"message":"no","key":"API.X"}}`},
		wirename.Vertesia: {`{"error":"no","status":403}`, `{"error":"no","status":403,"message":"really","details":["a"]}`},
		wirename.Generic:  {`{"success":false}`, `{"success":false,"error":{"message":"no"}}`, `{"error":"no"}`, `{"error":"no","message":"really","request_id":"r1"}`},
	}
	foreign := map[string][]string{
		wirename.Prosopo:  {`{"message":"no"}`, `{"errors":[{"message":"no"}]}`, `{"detail":"no"}`, `no`, ``},
		wirename.Vertesia: {`{"message":"no"}`, `{"error":"no"}`, `{"status":403}`, `{"error":"Forbidden","status":403,"path":"/","timestamp":"now"}`, `{"error":{"message":"no"},"status":403}`, `{"success":false,"error":"no"}`},
		wirename.Generic:  {`{"message":"no"}`, `{"error":"no","path":"/x","timestamp":"now"}`, `{"errors":[{"message":"no"}]}`, `{"detail":"no"}`, `{"title":"no","status":403}`, `["no"]`, `{"Message":7}`},
	}
	for kind, bodies := range map[bool]map[string][]string{true: own, false: foreign} {
		for service, list := range bodies {
			for _, body := range list {
				for _, status := range []int{400, 401, 403, 409, 422} {
					_, err := mustOpen(t, options(service, play(t, deleteCalls[service].with(status, body)).URL)).Delete(bg, "k1")
					if e := asError(err); e == nil || e.Own != kind || Refused(err) != kind {
						t.Errorf("%s: %d %s is its own: %v, refused %v", service, status, body, e != nil && e.Own, Refused(err))
					}
				}
			}
		}
	}
	if Refused(nil) || Refused(fmt.Errorf("x")) || Refused(&Error{Own: true, Kind: RateLimited, Outcome: NotDone}) || Refused(&Error{Own: true, Kind: Forbidden, Outcome: Unknown}) {
		t.Error("what is no refusal is called one")
	}
}

// TestCreatedSaysWhetherIdAndSecretCameInOneObject, and passes on what it does not judge: an id that exists, or none.
func TestCreatedSaysWhetherIdAndSecretCameInOneObject(t *testing.T) {
	draft := apikey.Draft{Name: "ci", Role: "reader", Environment: apikey.Live, Permissions: perms("verify")}
	calls := map[string]step{wirename.Prosopo: prosopoCreate(`{"name":"ci","permissions":{"Verify":["verify"]},"expiresIn":0}`),
		wirename.Vertesia: vCreate(`{"name":"ci","role":"reader"}`), wirename.Generic: gCreate(`{"name":"ci","environment":"live"}`)}
	for _, c := range []struct {
		service, body, id string
		bound             bool
	}{
		{wirename.Generic, `{"success":true,"data":{"id":"k9","key":"` + genericSecret + `"}}`, "k9", true},
		{wirename.Generic, `{"id":"k9","secret":"` + genericSecret + `"}`, "k9", true},
		{wirename.Generic, `{"success":true,"data":{"id":"k9"},"key":"` + genericSecret + `"}`, "k9", false},
		{wirename.Generic, `{"success":true,"data":{"key":"` + genericSecret + `"}}`, "", false},
		{wirename.Generic, `{"success":true,"data":{"key":"` + genericSecret + `"},"id":"k9"}`, "", false},
		{wirename.Prosopo, `{"id":"k9","token":"` + prosopoSecret + `","expiresAt":null}`, "k9", true},
		{wirename.Prosopo, `{"apiKey":{"id":"k9","expiresAt":null},"token":"` + prosopoSecret + `"}`, "k9", false},
		{wirename.Prosopo, `{"apiKey":"` + prosopoSecret + `","id":"k9","expiresAt":null}`, "k9", true},
		{wirename.Vertesia, `{"id":"k9","value":"` + vertesiaSecret + `"}`, "k9", true},
		{wirename.Vertesia, `{"value":"` + vertesiaSecret + `"}`, "", false},
	} {
		opts := options(c.service, play(t, calls[c.service].with(201, c.body)).URL)
		opts.CanCreate = true
		created, err := mustOpen(t, opts).Create(bg, draft)
		if err != nil || created.Secret.IsZero() || created.Key.ID != c.id || created.Bound != c.bound {
			t.Errorf("%s: id %q, bound %v, %v", c.body, created.Key.ID, created.Bound, err)
		}
	}
	read := prosopoGet.with(200, `[{"id":"k1","token":"`+prosopoSecret+`"}]`)
	created, err := mustOpen(t, options(wirename.Prosopo, play(t, calls[wirename.Prosopo].with(200, `{"token":"`+prosopoSecret+`"}`), read).URL)).Create(bg, draft)
	if err != nil || created.Key.ID != "k1" || created.Bound {
		t.Errorf("an id that the list told: %+v, %v", created, err)
	}
}
