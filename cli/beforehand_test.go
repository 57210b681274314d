package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCreateWarnsOfANameThatKeysHaveAlready(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "prosopo")
	lists, create := 0, []string{"create", "--name", "ci", "--permission", "getSites"}
	mayList := true
	r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
		if req.URL.Path != "/api-keys/get" {
			return false
		}
		lists++
		if !mayList {
			w.WriteHeader(http.StatusForbidden)
		}
		return !mayList
	}
	if first := m.want(0, "created ci", create...); strings.Contains(first.stderr, "already") || strings.Count(first.stdout, "\n") != 1 {
		t.Errorf("%+v", first)
	}
	if lists != 1 {
		t.Errorf("the list was read %d times", lists)
	}
	var id string
	for _, k := range m.keys("p") {
		if k["name"] == "ci" {
			id, _ = k["id"].(string)
		}
	}
	second := m.want(0, `a key named "ci" is there already (`+id+`)`, create...)
	if strings.Count(second.stdout, "\n") != 1 || strings.Contains(second.stdout, " ") {
		t.Errorf("standard output is not the secret alone: %d bytes", len(second.stdout))
	}
	m.want(0, `2 keys named "ci" are there already`, create...)
	mayList = false
	if blind := m.want(0, `whether a key named "ci" is there already is not known: `, create...); strings.Count(blind.stdout, "\n") != 1 {
		t.Errorf("a key that may not list made none: %+v", blind)
	}
}

func TestALostCreateNamesOnlyKeysThatWereNotThereBefore(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "prosopo")
	old, _ := m.create("--name", "ci", "--permission", "getRules")
	for _, forwarded := range []bool{false, true} {
		r.fault = func(w http.ResponseWriter, req *http.Request, forward http.Handler) bool {
			if !isCreate(req) {
				return false
			}
			if forwarded {
				forward.ServeHTTP(httptest.NewRecorder(), req)
			}
			hangUp(w)
			return true
		}
		says := `no key named "ci" is listed now that was not there before`
		if forwarded {
			says = `there is a key named "ci": `
		}
		if res := m.want(1, says, "create", "--name", "ci", "--permission", "getRules"); strings.Contains(res.stderr, "delete "+old) {
			t.Errorf("the old key is offered for deletion: %s", res.stderr)
		}
	}
}

// TestACreateThatIsAnsweredWithAnotherKeySaysBothNames: what was asked for, what the answer names, and what of it is
// certain. A key that may have been there before is not deleted, whatever goes wrong.
func TestACreateThatIsAnsweredWithAnotherKeySaysBothNames(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, "prosopo")
	old, _ := m.create("--name", "payments", "--permission", "getRules")
	mayList, answer := true, ""
	r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
		switch {
		case isCreate(req):
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, answer)
		case req.URL.Path == "/api-keys/get" && !mayList:
			w.WriteHeader(http.StatusForbidden)
		default:
			return false
		}
		return true
	}
	named := func(id, name string) string {
		return `{"id":"` + id + `","name":"` + name + `","expiresAt":null,"token":"pro_0123456789abcdef"}`
	}
	for name, c := range map[string]struct {
		answer    string
		mayList   bool
		says      string
		uncertain bool
	}{
		"an id that was there before": {named(old, "payments"), true,
			`asked p for a key named "ci"; the answer names ` + old + `, the id of the key "payments", which was there before`, true},
		"an id that was there before, under the name that was asked for": {named(old, "ci"), true, `the id of the key "payments", which was there before`, true},
		"another name, and nobody knows what was there": {named("k7", "payments"), false,
			`asked p for a key named "ci"; the answer names k7, the key "payments": whether that is a new key is not known`, true},
		"another name for a new key": {named("k7", "CI"), true, `asked for the name "ci"; the service calls it "CI"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			answer, mayList = c.answer, c.mayList
			create := []string{"create", "--name", "ci", "--permission", "getRules"}
			res := m.want(0, c.says, create...)
			if res.stdout != "pro_0123456789abcdef\n" || strings.Contains(res.stderr, "created ") == c.uncertain {
				t.Errorf("%+v", res)
			}
			failed := m.want(1, "", append(create, "--deliver", "command:false")...)
			if strings.Contains(failed.stderr, "nothing was deleted") != c.uncertain {
				t.Errorf("%s", failed.stderr)
			}
			mayList = true
			for _, k := range m.keys("p") {
				if k["id"] == old {
					return
				}
			}
			t.Error("the key that was there before is gone")
		})
	}
}

// TestALostCreateSaysWhoCanHaveTheSecret: a service that gives secrets again gives this one too, to whoever may ask.
func TestALostCreateSaysWhoCanHaveTheSecret(t *testing.T) {
	token := func(given bool) string {
		if given {
			return `"token":"psp_` + strings.Repeat("n", 40) + `",`
		}
		return ""
	}
	for service, answers := range map[string]func(given bool) string{
		"prosopo": func(given bool) string {
			return `[{"id":"k7","name":"ci",` + token(given) + `"permissions":{"AccessRules":["getRules"]}}]`
		},
		"vertesia": func(given bool) string {
			return fmt.Sprintf(`[{"id":"k7","name":"ci","type":"sk","role":"reader","enabled":true,"can_retrieve_value":%v}]`, given)
		},
	} {
		for _, given := range []bool{false, true} {
			m, r := newMachine(t), newRemote(t)
			m.profile(r, service)
			made := false
			r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
				switch {
				case isCreate(req), req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/apikeys"):
					made = true
					hangUp(w)
				case made:
					_, _ = io.WriteString(w, answers(given))
				default:
					_, _ = io.WriteString(w, "[]")
				}
				return true
			}
			flags := map[string][]string{"prosopo": {"--permission", "getRules"}, "vertesia": {"--role", "reader"}}[service]
			says, not := "nobody has its secret", "gives it again"
			if given {
				says, not = not, says
			}
			if res := m.want(1, says, append([]string{"create", "--name", "ci"}, flags...)...); strings.Contains(res.stderr, not) || !strings.Contains(res.stderr, "detent delete k7") {
				t.Errorf("%s, given %v: %s", service, given, res.stderr)
			}
		}
	}
}
