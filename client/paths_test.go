package client

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
)

// listOfRow is the one key of a list of one row, by a declaration.
func listOfRow(t *testing.T, declaration, row string) apikey.Key {
	t.Helper()
	s := serve(t, "list.call = \"GET /keys\"\n"+plainProbe+declaration, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, 200, `[`+row+`,{"id":"second","name":"next"}]`)
	})
	keys, err := ListAll(bg, s)
	if err != nil || len(keys) != 2 || keys[1].ID+keys[1].Name+keys[1].Role+keys[1].CreatedBy != "secondnext" {
		t.Fatalf("%s: %+v, %v", row, keys, err)
	}
	return keys[0]
}

// TestAMemberOfARowMayLieDeeper: where its name has a dot it is a path, unless the row has a member that is called so.
func TestAMemberOfARowMayLieDeeper(t *testing.T) {
	const file = `
[row]
id         = ["id", "metadata.uid"]
name       = ["name", "metadata.labels.name", "spec.0.name"]
created_by = ["metadata.owner"]
role       = ["metadata"]
inside     = ["nest"]
secret     = ["credentials.token"]
`
	for row, want := range map[string]string{
		`{"metadata":{"uid":"k1","labels":{"name":"ci"},"owner":{"id":"u1","name":"Ann"}}}`:           "k1 ci u1 ",
		`{"metadata":{"labels":{"name":"ci"},"uid":7},"id":"k1"}`:                                     "k1 ci  ",
		`{"id":"k1","metadata.labels.name":"literal","metadata":{"labels":{"name":"deep"}}}`:          "k1 literal  ",
		`{"id":"k1","metadata":{"labels":{"name":"deep"}},"metadata.labels.name":"literal"}`:          "k1 literal  ",
		`{"id":"k1","spec":[{"name":"first"},{"name":"other"}]}`:                                      "k1 first  ",
		`{"id":"k1","metadata":"admin","name":"n"}`:                                                   "k1 n  admin",
		`{"id":"k1","metadata":{"labels":"x","uid":[1]},"name":"n"}`:                                  "k1 n  ",
		`{"id":"k1","metadata":{"labels":null},"nest":{"metadata":{"labels":{"name":"in"}}}}`:         "k1 in  ",
		`{"nest":{"metadata":{"uid":"in","owner":"u2"}},"metadata":{"uid":"k1"},"name":"n"}`:          "k1 n u2 ",
		`{"id":"k1","metadata":{"labels":{"name":"a"}},"metadata":{"labels":{"name":"b"}},"spec":[]}`: "k1 a  ",
	} {
		if k := listOfRow(t, file, row); k.ID+" "+k.Name+" "+k.CreatedBy+" "+k.Role != want {
			t.Errorf("%s: %s %s %s %s, want %s", row, k.ID, k.Name, k.CreatedBy, k.Role, want)
		}
	}
	s := serve(t, "list.call = \"GET /keys\"\ncreate = { call = \"POST /keys\", key = [\"data.key\"], send.name = { field = \"name\" } }\n"+plainProbe+file, "token-0123456789",
		func(w http.ResponseWriter, _ *http.Request, _ string) {
			say(w, 200, `{"data":{"key":{"metadata":{"uid":"k1","labels":{"name":"ci"}},"credentials":{"token":"secret-0123456789"}}}}`)
		})
	if made, err := s.Create(bg, apikey.Draft{Name: "ci"}); err != nil || made.Key.ID != "k1" || made.Key.Name != "ci" || made.Secret.Reveal() != "secret-0123456789" {
		t.Errorf("%+v, %v", made.Key, err)
	}
}

// TestPermissionsOfAllElements: none is lost in silence, whatever an element is.
func TestPermissionsOfAllElements(t *testing.T) {
	const file = `row = { id = ["id"], name = ["name"], permissions = ["policies[].name", "token.policies[].grants[].id"], absent_is_none = ["permissions"] }
`
	for row, want := range map[string]string{
		`{"id":"k1","policies":[{"name":"read"},{"name":"write"}]}`:       "read,write",
		`{"id":"k1","policies":[]}`:                                       "",
		`{"id":"k1"}`:                                                     "",
		`{"id":"k1","policies":[{"name":"read"},{"title":"odd"},"bare"]}`: `bare,read,{"title":"odd"}`,
		`{"id":"k1","policies":"all"}`:                                    "all",
		`{"id":"k1","policies":{"name":"all"}}`:                           `name.all`,
		`{"id":"k1","token":{"policies":[{"grants":[{"id":"a"},{"id":"b"}]},{"grants":[{"id":"c"}]}]}}`: "a,b,c",
		`{"id":"k1","token":{"policies":[{"grants":[]},{"grants":[{"id":"c"}]}]}}`:                      "c",
	} {
		k := listOfRow(t, file, row)
		var got []string
		for _, p := range k.Permissions {
			got = append(got, p.String())
		}
		if k.Permissions == nil || strings.Join(got, ",") != want {
			t.Errorf("%s: %q, want %q", row, got, want)
		}
	}
}

// TestWhatIsNoTextIsNotNothing: of a field that a key without any has no member for, what cannot be read is not none.
func TestWhatIsNoTextIsNotNothing(t *testing.T) {
	const file = `row = { id = ["id"], name = ["name"], role = ["role.name", "role"], type = ["type"], environment = ["env"], absent_is_none = ["role", "type", "environment"] }
`
	for row, want := range map[string]string{
		`{"id":"k1"}`: "||",
		`{"id":"k1","role":null,"type":"","env":null}`:                           "||",
		`{"id":"k1","role":{"name":"admin"},"type":"sk","env":"prod"}`:           "admin|sk|prod",
		`{"id":"k1","role":{"id": 1},"type":["a", "b"],"env":{"slug":"prod"}}`:   `{"id":1}|["a","b"]|{"slug":"prod"}`,
		`{"id":"k1","role":"admin","type":true,"env":7}`:                         "admin|true|7",
		`{"id":"k1","role":{"name":{"first":"x"}},"type":{},"env":"\u001b[2Jx"}`: `{"first":"x"}|{}|x (altered)`,
	} {
		k := listOfRow(t, file, row)
		if got := k.Role + "|" + k.Type + "|" + string(k.Environment); got != want {
			t.Errorf("%s: %s, want %s", row, got, want)
		}
	}
}

// TestATrialIsToldOfPaths: which led somewhere, and how the members beside are called.
func TestATrialIsToldOfPaths(t *testing.T) {
	s := serve(t, "list.call = \"GET /keys\"\nrow = { id = [\"id\"], name = [\"metadata.label\", \"metadata.labels.name\"] }\n"+plainProbe, "token-0123456789", func(w http.ResponseWriter, _ *http.Request, _ string) {
		say(w, 200, `[{"id":"k1","metadata":{"labels":{"name":"ci"},"owner":"u1"}}]`)
	})
	var came, others []string
	s.opts.Trial = &Trial{Answered: func(Answer) {}, Row: func(c, o []string) { came, others = c, o }}
	if _, err := ListAll(bg, s); err != nil || !slices.Contains(came, "metadata.labels.name") || slices.Contains(came, "metadata.label") || !slices.Contains(others, "metadata.owner") {
		t.Errorf("%q, %q, %v", came, others, err)
	}
}

// TestThePathOfACallMayEndAfterTheID: as services write whose resources have the form of the answer in their address.
func TestThePathOfACallMayEndAfterTheID(t *testing.T) {
	var asked []string
	s := serve(t, "list.call = \"GET /keys.json\"\ndelete.call = \"DELETE /keys/{id}.json\"\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		asked = append(asked, r.Method+" "+r.URL.EscapedPath())
		w.WriteHeader(204)
	})
	if _, err := s.Delete(bg, "a/b"); err != nil || !slices.Equal(asked, []string{"DELETE /keys/a%2Fb.json"}) {
		t.Errorf("%q, %v", asked, err)
	}
	for _, id := range []string{".", "..", ""} {
		if _, err := s.Delete(bg, id); err == nil || len(asked) > 1 {
			t.Errorf("%q: %q, %v", id, asked, err)
		}
	}
}
