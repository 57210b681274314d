package client

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"detent/apikey"
)

// neither are answers of a status of success that are no yes and no no.
var neither = map[string]int{
	`{"success":true,"errors":[{"code":7}]}`: 200, `{"success":true,"error":"locked"}`: 200, `{"deleted":true,"data":{"error":"locked"}}`: 200, `{"deleted":true,"id":"k2"}`: 200, `{"success":true,"data":{"id":"k2"}}`: 200, `{"ok":true,"deleted_count":0}`: 200, `{"success":true,"removed_count":0}`: 200, `{"ok":true,"affected":0}`: 200, `{"deleted":true,"rowsAffected":"0"}`: 200, `{"success":true,"deleted":[]}`: 200,
	`{"success":true,"data":{"keys_deleted":0}}`: 200, `{"ok":1,"n":0}`: 200, `{"id":"k1","changes":0}`: 200, `{"message":"could not delete k1"}`: 200, `{"message":"error: not permitted"}`: 200, `{"status":"pending"}`: 200, `{"status":"scheduled","id":"k1"}`: 200,
	`{"success":true,"status":"pending"}`: 200, `{"status":"queued"}`: 202, `{"success":true}`: 202, ``: 202, `true`: 202, `{"deleted":true}`: 207, `{"data":null}`: 200,
	`{"id":"k2"}`: 200, `{"id":"k1","message":"not now"}`: 200, `{"message":"no","data":{"id":"k1"}}`: 200, `{"not_deleted":["k1"]}`: 200, `{"deleted":["k2"]}`: 200,
	`{"jsonrpc":"2.0","id":"k1"}`: 200, `{}`: 200, `null`: 200, `[]`: 200, `"deleted"`: 200, `7`: 200, `OK`: 200, `{"captive":true}`: 200,
}

const deletable = "list.call = \"GET /keys\"\ndelete.call = \"DELETE /keys/{id}\"\n" + plainRows + plainProbe

// TestWhatADeletesAnswerLeavesOpenTheListTells: the key gone there, it is deleted, by that; still there, or the list not to be had, it is not known.
func TestWhatADeletesAnswerLeavesOpenTheListTells(t *testing.T) {
	for body, status := range neither {
		for listed, want := range map[string]string{`[{"id":"k2"}]`: "its list does not have the key", `[]`: "its list does not have the key", `[{"id":"k1"}]`: "the list still has the key", `{"error":"down"}`: "could not be read"} {
			for _, bySecret := range []bool{false, true} {
				declared := map[bool]string{true: "delete.by_secret = \"DELETE /keys/self\"\n"}[bySecret]
				s := serve(t, declared+deletable, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
					if r.Method == "GET" {
						say(w, 200, listed)
						return
					}
					say(w, status, body)
				})
				gone, err := s.Delete(bg, "k1")
				if bySecret {
					gone, err = s.Abilities().DeleteBySecret(bg, "k1", apikey.NewSecret("key-0123456789"))
				}
				words := gone.Evidence
				if err != nil {
					words = err.Error()
				}
				is := strings.HasPrefix(want, "its list")
				if !strings.Contains(words, want) || !strings.Contains(words, strings.TrimSpace(body)) || is != (err == nil) || err != nil && !MayHaveHappened(err) || gone.AlreadyGone {
					t.Errorf("%d %s, %s: %+v, %v", status, body, listed, gone, err)
				}
				if errors.Is(err, ErrStillListed) != strings.Contains(want, "still") {
					t.Errorf("%s: %v", listed, err)
				}
			}
		}
	}
}

// TestAListThatIsBehindIsLookedAtAgain after a delete whose answer leaves open what was done; where nothing may wait, once.
func TestAListThatIsBehindIsLookedAtAgain(t *testing.T) {
	for _, wait := range []bool{true, false} {
		looks := 0
		s := serve(t, deletable, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			if r.Method != "GET" {
				say(w, 200, `{"status":"pending"}`)
				return
			}
			if looks++; looks < 3 {
				say(w, 200, `[{"id":"k1"}]`)
				return
			}
			say(w, 200, `[]`)
		})
		ctx := bg
		if !wait {
			ctx = AtOnce(bg)
		}
		if _, err := s.Delete(ctx, "k1"); (err == nil) != wait || looks != map[bool]int{true: 3, false: 1}[wait] {
			t.Errorf("waits %v: %d looks, %v", wait, looks, err)
		}
	}
}

// TestAKeyThatIsOffIsDeletedOnlyWhereNothingElseSwitchesKeysOff.
func TestAKeyThatIsOffIsDeletedOnlyWhereNothingElseSwitchesKeysOff(t *testing.T) {
	for declared, gone := range map[string]bool{"": true, "update = { call = \"PUT /keys/{id}\", send = { on = { field = \"enabled\" } } }\n": false} {
		s := serve(t, "row.enabled = [\"on\"]\n"+declared+deletable, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
			if r.Method == "GET" {
				say(w, 200, `[{"id":"k1","on":false}]`)
				return
			}
			say(w, 200, `{}`)
		})
		if out, err := s.Delete(bg, "k1"); (err == nil) != gone || gone && !strings.Contains(out.Evidence, "off") {
			t.Errorf("%q: %+v, %v", declared, out, err)
		}
	}
}

// TestABareFalseIsANo to a delete.
func TestABareFalseIsANo(t *testing.T) {
	s := serve(t, deletable, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 200, `false`) })
	if _, err := s.Delete(bg, "k1"); err == nil || MayHaveHappened(err) {
		t.Error(err)
	}
}

// TestWhatASilentChangesAnswerLeavesOpenTheListTells, which has to show all of the change.
func TestWhatASilentChangesAnswerLeavesOpenTheListTells(t *testing.T) {
	name, off := "b", false
	for answer, status := range map[string]int{`{"updated":true}`: 200, `{"changed":1}`: 200, `{}`: 200, `true`: 200, `{"status":"queued"}`: 202, `OK`: 200} {
		for listed, want := range map[string]bool{`[{"id":"k1","name":"b","on":false}]`: true, `[{"id":"k1","name":"a","on":false}]`: false, `[{"id":"k1","name":"b","on":true}]`: false,
			`[{"id":"k1","name":"b"}]`: answer == `{"updated":true}` || answer == `true`, `[]`: false} {
			for _, call := range []string{"update", "disable"} {
				s := serve(t, `list.call = "GET /keys"
update = { call = "POST /keys/{id}", silent = true, send = { name = { field = "name" }, on = { field = "enabled" } } }
disable = { call = "POST /keys/{id}/off", silent = true }
enable = { call = "POST /keys/{id}/on", silent = true }
row.enabled = ["on"]
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
					if r.Method == "GET" {
						say(w, 200, listed)
						return
					}
					say(w, status, answer)
				})
				patch := apikey.Patch{Name: &name, Enabled: &off}
				if call == "disable" {
					patch.Name = nil
				}
				want := want || call == "disable" && strings.Contains(listed, `"name":"a"`)
				if _, err := s.Update(bg, "k1", patch); (err == nil) != want || err != nil && !MayHaveHappened(err) {
					t.Errorf("%s: %d %s, %s: %v", call, status, answer, listed, err)
				}
			}
		}
	}
}

// TestPlainWordsAreTheIssuersOwnWhereItsFileHasThem: a proxy writes plain text, too, and pages, and a failure of its own.
func TestPlainWordsAreTheIssuersOwnWhereItsFileHasThem(t *testing.T) {
	declared := "refusals.means = [{ status = 403, words = \"acl not found\", is = 401 }]\n" + deletable
	for answer, own := range map[string]bool{"403 ACL not found": true, "403 Forbidden": false, "403 <html>ACL not found": false, "502 ACL not found": false, "403 ": false} {
		status, body, _ := strings.Cut(answer, " ")
		s := serve(t, declared, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(map[string]int{"403": 403, "502": 502}[status])
			_, _ = w.Write([]byte(body))
		})
		if _, err := s.Delete(bg, "k1"); Refused(err) {
			t.Errorf("%s: undeclared: %v", answer, err)
		}
		s.d.Refusals.Own = []string{"text", "plain"}
		_, err := s.Delete(bg, "k1")
		if e := asError(err); e == nil || e.Own != own || Refused(err) != own || own && e.Kind != Unauthorized {
			t.Errorf("%s: %+v", answer, e)
		}
	}
}

// TestANoThatShowsTheKeyIsNoNo: an answer of success that says no, and shows the new key with its secret all the same, or the key as it was to be,
// leaves open what was done.
func TestANoThatShowsTheKeyIsNoNo(t *testing.T) {
	name := "b"
	for what, answers := range map[string]map[string]bool{ // whether it is open
		"create": {`{"error":"quota exceeded","id":"k1","token":"token-0123456789abcdef"}`: true, `{"success":false,"data":{"id":"k1","token":"token-0123456789abcdef"}}`: true,
			`{"error":"quota exceeded"}`: false, `{"error":"quota exceeded","id":"request-1"}`: false, `{"success":false,"data":null}`: false},
		"roll": {`{"error":"quota exceeded","id":"k1","token":"token-0123456789abcdef"}`: true, `{"errors":["no"],"token":"token-0123456789abcdef"}`: true,
			`{"error":"quota exceeded"}`: false, `{"error":"quota exceeded","id":"k1"}`: false},
		"update": {`{"error":"quota exceeded","id":"k1","name":"b"}`: true, `{"error":"quota exceeded"}`: false, `{"error":"quota exceeded","id":"k1","name":"a"}`: false, `{"error":"quota exceeded","id":"request-1"}`: false},
	} {
		for answer, open := range answers {
			s := serve(t, `list.call = "GET /keys"
create = { call = "POST /keys", key = ["data"], send = { name = { field = "name" } } }
update = { call = "PUT /keys/{id}", key = ["data"], send = { name = { field = "name" } } }
roll = { call = "POST /keys/{id}/roll", old = "dies at once", key = ["data"] }
`+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 200, answer) })
			var err error
			switch what {
			case "create":
				_, err = s.Create(t.Context(), apikey.Draft{Name: "a"})
			case "roll":
				_, err = s.Abilities().Roll(t.Context(), "k1", apikey.RollOrder{})
			default:
				_, err = s.Update(t.Context(), "k1", apikey.Patch{Name: &name})
			}
			if err == nil || MayHaveHappened(err) != open || open != strings.Contains(err.Error(), "says no and shows the key all the same") {
				t.Errorf("%s, %s: %v", what, answer, err)
			}
		}
	}
}
