package client

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/client/signers"
)

const (
	signedBy   = "auth = { kind = \"signed\", signer = \"edgegrid\" }\nparent = [{ name = \"access_token\", title = \"Access token\" }]\n"
	ownSigning = "akab-own:OWNcanary0123456789abcdefghij"
	keySigning = "akab-key:KEYcanary0123456789abcdefghij"
)

var nonceOf = regexp.MustCompile(`nonce=([^;]+);`)

// isSignedBy reports whether a request that came carries the signature of a credential over it.
func isSignedBy(r *http.Request, body, credential string) bool {
	said := r.Header.Get("Authorization")
	nonce := nonceOf.FindStringSubmatch(said)
	if nonce == nil {
		return false
	}
	to := &url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	return said == signers.Named("edgegrid").Sign(&signers.Request{Method: r.Method, URL: to, Body: []byte(body), At: day, Nonce: nonce[1],
		Credential: strings.SplitN(credential, ":", 2), Parents: map[string]string{"access_token": "akab-access"}})["Authorization"]
}

func withAccess(o *Options) { o.Parents = map[string]string{"access_token": "akab-access"} }

// TestEachSendingIsSignedAnew: a read that is tried again, one that is sent elsewhere within the origin, and a write with its body.
func TestEachSendingIsSignedAnew(t *testing.T) {
	var mu sync.Mutex
	var nonces []string
	broken := 1
	s := serve(t, signedBy+plainRows+`list = { call = "GET /keys", query = "a=b", rows = ["keys"] }
create = { call = "POST /keys", send = { name = { field = "name" } } }
`+plainProbe, ownSigning, func(w http.ResponseWriter, r *http.Request, body string) {
		mu.Lock()
		defer mu.Unlock()
		by := ownSigning
		if r.URL.Path == "/me" {
			by = keySigning
		}
		if !isSignedBy(r, body, by) {
			t.Errorf("%s %s has %q", r.Method, r.RequestURI, r.Header.Get("Authorization"))
		}
		if nonce := nonceOf.FindStringSubmatch(r.Header.Get("Authorization")); nonce != nil {
			nonces = append(nonces, nonce[1])
		}
		switch {
		case r.URL.Path == "/me":
			say(w, 200, `{"id":"k1"}`)
		case r.Method == "POST":
			say(w, 201, `{"id":"k1","name":"ci","token":"of-nobody-0123456789"}`)
		case broken > 0:
			broken--
			say(w, 503, `{}`)
		case r.URL.Path == "/keys":
			w.Header().Set("Location", "/moved?c=d")
			say(w, http.StatusTemporaryRedirect, ``)
		default:
			say(w, 200, `{"keys":[{"id":"k1","name":"ci"}]}`)
		}
	}, withAccess)
	if got := names(t, s); got != "k1=ci" {
		t.Errorf("it lists %q", got)
	}
	if _, err := s.Create(t.Context(), apikey.Draft{Name: "ci"}); err != nil {
		t.Error(err)
	}
	if proof, err := s.Probe(t.Context(), apikey.NewSecret(keySigning), ""); err != nil || !proof.Accepted() {
		t.Errorf("%+v, %v", proof, err)
	}
	want := []string{"GET /keys?a=b", "GET /keys?a=b", "GET /moved?c=d", `POST /keys {"name":"ci"}`, "GET /me"}
	if slices.Sort(nonces); !slices.Equal(s.asks, want) || len(slices.Compact(nonces)) != len(want) {
		t.Errorf("%q, with %d nonces", s.asks, len(nonces))
	}
}

// TestASignatureHasTheServicesTime: a clock that is wrong is right from the first answer on.
func TestASignatureHasTheServicesTime(t *testing.T) {
	var at []string
	s := serve(t, signedBy+plainRows+"list.call = \"GET /keys\"\n"+plainProbe, ownSigning, func(w http.ResponseWriter, r *http.Request, _ string) {
		at = append(at, regexp.MustCompile(`timestamp=([^;]+);`).FindString(r.Header.Get("Authorization")))
		say(w, 200, `[]`)
	}, withAccess, func(o *Options) { o.Now = func() time.Time { return day.Add(-time.Hour) } })
	for range 2 {
		if _, err := ListAll(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"timestamp=20261128T11:00:00+0000;", "timestamp=20261128T12:00:00+0000;"}; !slices.Equal(at, want) {
		t.Errorf("%q", at)
	}
}

// TestWhatCannotSignIsNotSent: of a credential that lacks a part, the part that is there may be the secret one.
func TestWhatCannotSignIsNotSent(t *testing.T) {
	for _, text := range []string{"KEYcanary0123456789abcdefghij", "akab-key:", ":KEYcanary0123456789abcdefghij"} {
		s := serve(t, signedBy+plainRows+"list.call = \"GET /keys\"\n"+plainProbe, ownSigning, func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 200, `{"id":"k1"}`) }, withAccess)
		proof, err := s.Probe(t.Context(), apikey.NewSecret(text), "")
		if err == nil || !strings.Contains(err.Error(), "CLIENT_TOKEN:CLIENT_SECRET") || !IsKind(err, Invalid) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%+v, %v", proof, err)
		}
		own := serve(t, signedBy+plainRows+"list.call = \"GET /keys\"\n"+plainProbe, text, func(w http.ResponseWriter, _ *http.Request, _ string) { say(w, 200, `[]`) }, withAccess)
		if _, err := ListAll(t.Context(), own); !IsKind(err, Invalid) {
			t.Errorf("%v", err)
		}
		if len(s.asks)+len(own.asks) > 0 {
			t.Errorf("%q, %q", s.asks, own.asks)
		}
	}
}

// TestNoPartThatSignsIsRepeated: a service that says a part of what signed back says it in no error and no log.
func TestNoPartThatSignsIsRepeated(t *testing.T) {
	s := serve(t, signedBy+plainRows+"list.call = \"GET /keys\"\n"+plainProbe, ownSigning, func(w http.ResponseWriter, r *http.Request, _ string) {
		say(w, 400, `{"error":"signed with OWNcanary0123456789abcdefghij or KEYcanary0123456789abcdefghij, not as `+r.Header.Get("Authorization")+`"}`)
	}, withAccess)
	_, listed := ListAll(t.Context(), s)
	proof, _ := s.Probe(t.Context(), apikey.NewSecret(keySigning), "")
	for _, said := range []string{listed.Error(), s.log.String()} {
		if strings.Contains(said, "OWNcanary") || strings.Contains(said, "signature=") {
			t.Error(said)
		}
	}
	if strings.Contains(proof.Why+proof.Message, "KEYcanary") {
		t.Errorf("%+v", proof)
	}
}
