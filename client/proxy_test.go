package client

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"detent/apikey"

	"github.com/go-resty/resty/v2"
)

// behind sends what a service is asked through a proxy.
func behind(t *testing.T, s Service, proxy string) {
	t.Helper()
	u, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	var tr *transport
	switch s := s.(type) {
	case *generic:
		tr = s.transport
	case *vertesia:
		tr = s.transport
	case *prosopo:
		tr = s.transport
	}
	for _, c := range []*resty.Client{tr.reads, tr.writes} {
		c.GetClient().Transport.(*http.Transport).Proxy = http.ProxyURL(u)
	}
}

// TestAProxysAnswerIsNamedAsTheProxys, to CONNECT and in the service's place: nothing was sent, and nothing is shown about
// a secret.
func TestAProxysAnswerIsNamedAsTheProxys(t *testing.T) {
	for status, says := range map[int]string{407: "wants to be logged in to", 403: "answered 403, which is not the service's answer", 502: "answered 502", 503: "answered 503", 405: "answered 405", 200: ""} {
		for service, secret := range map[string]string{apikey.Generic: genericSecret, apikey.Vertesia: vertesiaSecret, apikey.Prosopo: prosopoSecret} {
			var asked atomic.Int32
			proxy := answering(t, func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				if r.Method != http.MethodConnect || r.Header.Get("Authorization") != "" {
					t.Errorf("%s %s came, with the key: %v", r.Method, r.URL, r.Header.Get("Authorization") != "")
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, "<html>proxy</html>")
			})
			s := mustOpen(t, options(service, "https://keys.service.test"))
			behind(t, s, strings.Replace(proxy.URL, "http://", "http://user:canary@", 1))
			_, err := s.Delete(bg, "k1")
			e := asError(err)
			if e == nil || e.Outcome != NotDone && status != 200 || strings.Contains(err.Error()+e.Hint, "canary") || Refused(err) {
				t.Fatalf("%s, %d: %+v", service, status, err)
			}
			if status == 200 {
				continue // there is a way, and nobody at its end
			}
			if e.Kind != Unreachable || e.Status != status || !strings.Contains(e.Message, "the proxy 127.0.0.1:") || !strings.Contains(e.Message, says) || !strings.Contains(e.Hint, "Nothing was sent") {
				t.Errorf("%s, %d: %+v, %s", service, status, err, e.Hint)
			}
			asked.Store(0)
			_, err = ListAll(bg, s)
			if retried := status == 502 || status == 503; err == nil || retried != (asked.Load() > 1) {
				t.Errorf("%s, %d: asked %d times: %v", service, status, asked.Load(), err)
			}
			proof, err := s.Probe(bg, apikey.NewSecret(secret), "")
			if status == 407 && (err != nil || proof.Verdict != apikey.Silent || !strings.Contains(proof.Why, "logged in")) || status != 407 && !IsKind(err, Unreachable) {
				t.Errorf("%s, %d: %+v, %v", service, status, proof, err)
			}
		}
	}
}

func TestA407InTheServicesPlaceIsAProxys(t *testing.T) {
	for _, service := range services {
		_, err := mustOpen(t, options(service, play(t, deleteCalls[service].with(407, `{"error":"no","status":407}`)).URL)).Delete(bg, "k1")
		checkError(t, err, Unreachable, "wants to be logged in to")
		checkError(t, err, Unreachable, "[not done]")
	}
}
