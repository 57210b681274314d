package client

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"

	"github.com/go-resty/resty/v2"
)

// behind sends what a service is asked through a proxy.
func behind(t *testing.T, s Service, proxy string) {
	t.Helper()
	u, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	tr := s.(*issuer).transport
	for _, c := range []*resty.Client{tr.reads, tr.writes} {
		c.GetClient().Transport.(*http.Transport).Proxy = http.ProxyURL(u)
	}
}

// TestAProxysAnswerIsNamedAsTheProxys, to CONNECT and in the service's place: nothing was sent, and nothing is shown about
// a secret.
func TestAProxysAnswerIsNamedAsTheProxys(t *testing.T) {
	for status, says := range map[int]string{407: "wants to be logged in to", 403: "answered 403, which is not the service's answer", 502: "answered 502", 503: "answered 503", 405: "answered 405", 200: ""} {
		for service, secret := range map[string]string{wirename.Generic: genericSecret, wirename.Vertesia: vertesiaSecret, wirename.Prosopo: prosopoSecret} {
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

// TestAConnectionThatBreaksWhileItIsMadeIsNoAnswerThatIsMissing: whoever closes it, a proxy or what listens at the service's address, nothing
// was sent. It is no timeout, and of a write nothing is unknown.
func TestAConnectionThatBreaksWhileItIsMadeIsNoAnswerThatIsMissing(t *testing.T) {
	speaking := func(first string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Read(make([]byte, 4096))
				_, _ = io.WriteString(c, first)
				_ = c.Close()
			}
		}()
		return l.Addr().String()
	}
	const way = "HTTP/1.1 200 OK\r\n\r\n"
	for name, c := range map[string]struct {
		first string
		proxy bool
		kind  Kind
	}{
		"a proxy that says nothing":       {"", true, Unreachable},
		"a proxy that is cut":             {"HTTP/1.1 200", true, Unreachable},
		"a proxy that speaks otherwise":   {"SSH-2.0-x\r\n\r\n", true, Unreachable},
		"a way to where nobody speaks":    {way, true, Unreachable},
		"a way to where it is cut":        {way + "\x16\x03", true, Unreachable},
		"a way to what speaks no TLS":     {way + "HTTP/1.1 400 Bad Request\r\n\r\n", true, ""}, // a close may overtake it
		"a service that says nothing":     {"", false, Unreachable},
		"a service that is cut":           {"\x16\x03\x03", false, Unreachable},
		"a service that speaks otherwise": {"SSH-2.0-OpenSSH_9.2\r\n", false, BadTLS},
	} {
		at := speaking(c.first)
		for service := range map[string]bool{wirename.Generic: true, wirename.Vertesia: true, wirename.Prosopo: true} {
			o := options(service, "https://keys.service.test")
			if !c.proxy {
				o = options(service, "https://"+at)
			}
			s := mustOpen(t, o)
			if c.proxy {
				behind(t, s, "http://"+at)
			}
			_, deleted := s.Delete(bg, "k1")
			_, created := s.Create(bg, apikey.Draft{Name: "n", Role: "reader", Environment: apikey.Test, Permissions: []apikey.Permission{{Feature: "AccessRules", Name: "getRules"}}})
			_, listed := ListAll(bg, s)
			for _, err := range []error{deleted, created, listed} {
				e := asError(err)
				if e == nil || e.Kind == Unsupported && err == created {
					continue
				}
				if e.Outcome != NotDone || c.kind != "" && e.Kind != c.kind || e.Kind == Timeout || e.Kind == BadAnswer || e.Hint == "" || MayHaveHappened(err) {
					t.Errorf("%s, %s: %+v, %s", service, name, err, e.Hint)
				}
			}
		}
	}
}
