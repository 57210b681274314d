//go:build unix

package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// pointed is a home with one profile at a URL.
func pointed(t *testing.T, service, url, token string, more ...string) *home {
	t.Helper()
	h := newHome(t)
	h.env = append(h.env, "E2E_TOKEN="+token)
	h.config(t, "default_profile = \"prod\"\n[profiles.prod]\nservice = \""+service+"\"\nurl = \""+url+"\"\ntoken = { env = \"E2E_TOKEN\" }\n"+
		"environment = \"live\"\n"+strings.Join(more, "\n")+"\n")
	return h
}

func fake(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

func answer(code int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}
}

// TestEachBadAnswerSaysWhatHappenedAndWhatToDo on the whole screen, in place of the list.
func TestEachBadAnswerSaysWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	tls := httptest.NewTLSServer(answer(200, "application/json", "[]"))
	t.Cleanup(tls.Close)
	const token = "the-token-that-nobody-may-see-0123456789"
	const jsonType = "application/json"
	for _, c := range []struct {
		name, service string
		url           string
		answer        http.HandlerFunc
		sees          []string
	}{
		{"a wrong token", "prosopo", "", answer(401, jsonType, `{"error":{"code":401,"message":"Unauthorized","key":"API.UNAUTHORIZED"}}`),
			[]string{"─ unauthorized ┐", "401", "not revoked or expired, has no typo", "test or live"}},
		{"a missing permission", "prosopo", "", answer(403, jsonType, `{"error":{"code":403,"message":"missing permission getApiKeys","key":"API.INSUFFICIENT_PERMISSIONS"}}`), []string{"─ forbidden ┐", "403", "lacks the permission getApiKeys"}},
		{"an account without the feature", "prosopo", "", answer(403, jsonType, `{"error":{"code":403,"message":"The API feature is not enabled for this account","key":"API.FEATURE_DISABLED"}}`), []string{"lacks the API feature: ask for it in the Prosopo portal"}},
		{"nobody listens", "prosopo", "http://127.0.0.1:1", nil, []string{"─ offline ┐", "127.0.0.1:1 refused the connection"}},
		{"a certificate nobody knows", "prosopo", tls.URL, nil, []string{"─ tls ┐", "unknown *\\n?.*authority", "Nothing is sent without a valid certificate"}},
		{"HTML", "vertesia", "", answer(200, "text/html", "<html><body>Please sign in</body></html>"), []string{"a web page instead of the service's JSON", "Check the URL of the profile"}},
		{"an error page", "vertesia", "", answer(500, "text/html", "<html>oops \x1b]52;c;eA==\x07</html>"), []string{"500", "a web page"}},
		{"nothing", "vertesia", "", answer(200, jsonType, ""), []string{"the answer is empty"}},
		{"success:false at 200", "generic", "", answer(200, jsonType, `{"success":false,"error":"the moon is in the wrong house"}`), []string{"the moon is in the wrong house"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := c.url
			if url == "" {
				url = fake(t, c.answer)
			}
			p := pointed(t, c.service, url, token).sit(t, 80, 24, "--timeout", "3s")
			p.wait("✗ ")
			for _, want := range append(c.sees, "ctrl\\+r tries again", "p chooses another profile") {
				p.wait(want)
			}
			if strings.Contains(string(p.output()), token) {
				t.Error("the token reached the terminal")
			}
		})
	}
}
