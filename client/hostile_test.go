package client

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"detent/keyserver/wirename"
)

// A redirect to the same name without TLS would carry the key in the open.
func TestARedirectIsFollowedWithinTheOriginAlone(t *testing.T) {
	request := func(method, address string) *http.Request {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Request{Method: method, URL: u}
	}
	first := request(http.MethodGet, "https://api.example.com/keys")
	for address, follows := range map[string]bool{
		"https://api.example.com/v2/keys":       true,
		"https://API.example.com/keys":          true,
		"http://api.example.com/keys":           false,
		"https://api.example.com:8443/keys":     false,
		"https://api.example.com.evil.com/keys": false,
		"https://me:x@api.example.com/keys":     false,
	} {
		err := sameOrigin(request(http.MethodGet, address), []*http.Request{first})
		if follows != (err == nil) || err != nil && !errors.Is(err, http.ErrUseLastResponse) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if sameOrigin(request(http.MethodPost, "https://api.example.com/keys"), []*http.Request{first}) == nil {
		t.Error("another kind of request was followed")
	}
}

// An id of the service, or one that a person types, stays one segment of the path, whatever it holds.
func TestAnIDIsNeverAnotherPath(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.RequestURI)
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"error":"no such key","status":404,"message":"no such key"}`))
	})
	for _, service := range []string{wirename.Vertesia, wirename.Generic} {
		s := mustOpen(t, options(service, srv.URL))
		for _, id := range []string{"..", ".", ""} {
			asked = nil
			if _, err := s.Delete(bg, id); asError(err) == nil || asError(err).Outcome != NotDone || len(asked) > 0 {
				t.Errorf("%s: delete %q: %v, asked %q", service, id, err, asked)
			}
		}
		for _, id := range []string{"../users/1", "a/b", "%2e%2e", "a?force=1", "a#b", "a\r\nHost: evil", "{id}", "a\\..\\b", "..;/x", "\x00", "日本"} {
			asked = nil
			_, _ = s.Delete(bg, id)
			mu.Lock()
			for _, uri := range asked {
				parent, last := uri[:strings.LastIndexByte(uri, '/')], uri[strings.LastIndexByte(uri, '/')+1:]
				back, err := url.PathUnescape(last)
				if err != nil || back != id || !strings.HasSuffix(parent, "keys") || strings.ContainsAny(uri, "?#\r\n") {
					t.Errorf("%s: the id %q asks for %q", service, id, uri)
				}
			}
			if len(asked) == 0 {
				t.Errorf("%s: the id %q was not asked for", service, id)
			}
			mu.Unlock()
		}
	}
}

// TestASecretThatNamesItsKeyIsNeverAnotherPath, and what goes wrong when it is asked for does not repeat it.
func TestASecretThatNamesItsKeyIsNeverAnotherPath(t *testing.T) {
	const secret = "plain-words-of-a-secret"
	rows := `[{"token":"."}]`
	s := serve(t, `list = { call = "GET /keys" }
row = { secret_is_id = true, name = ["name"], secret = ["token"] }
delete.call = "DELETE /keys/{id}"
`+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) { say(w, 200, rows) })
	keys, err := ListAll(bg, s)
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	if _, err := s.Delete(bg, keys[0].ID); asError(err) == nil || asError(err).Outcome != NotDone || len(s.asked()) != 2 {
		t.Errorf("%v, asked %q", err, s.asked())
	}
	s = serve(t, `list = { call = "GET /keys", each = { call = "GET /keys/{id}" } }
row = { secret_is_id = true, name = ["name"], secret = ["token"] }
`+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.URL.Path == "/keys" {
			say(w, 200, `["`+secret+`"]`)
			return
		}
		say(w, 403, `{"error":"may not look at `+secret+`"}`)
	})
	if _, err := ListAll(bg, s); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
}

// TestAPageIsNotAskedForWithTheCredentialInItsAddress, where the service says that it is to be.
func TestAPageIsNotAskedForWithTheCredentialInItsAddress(t *testing.T) {
	const token = "token-0123456789"
	for pages, answer := range map[string]string{`{ kind = "link", next = "next" }`: `"next":"https://evil.example/keys?page=2&access=` + token + `"`, `{ kind = "cursor", by = "cursor", next = "next" }`: `"next":"p2:` + token + `"`} {
		s := serve(t, "list = { call = \"GET /keys\", rows = [\"data\"], pages = "+pages+" }\n"+plainRows+plainProbe, token, func(w http.ResponseWriter, r *http.Request, _ string) {
			say(w, 200, `{"data":[{"id":"k1","name":"a"}],`+answer+`}`)
		})
		if _, err := ListAll(bg, s); err == nil || strings.Contains(err.Error(), token) || len(s.asked()) != 1 {
			t.Errorf("%s: %v, asked %q", pages, err, s.asked())
		}
	}
}

// TestANextPageWhoseAddressIsNotUnderstoodIsNotTheEnd: a list that ends there looks whole.
func TestANextPageWhoseAddressIsNotUnderstoodIsNotTheEnd(t *testing.T) {
	for next, second := range map[string]string{`/keys?after=a,b`: "/keys?after=a%2Cb", `/keys?after=x%3By`: "/keys?after=x%3By", `?page=2`: "/keys?page=2", `https://other.example/keys?page=2`: "/keys?page=2",
		`/keys?page=2;x=1`: "", `/keys/pages/2`: "", `?`: "", `::?page=2`: "", `/keys?after=%zz`: ""} {
		for _, header := range []string{`<%>; rel="next"`, `</keys?a=1,2>; rel="prev", <%>; rel=next, </keys>; rel="last"`, `<%>;title="a, b";rel = "next"`} {
			s := serve(t, "list = { call = \"GET /keys\", pages = { kind = \"link\" } }\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
				if r.URL.RawQuery == "" {
					w.Header().Set("Link", strings.Replace(header, "%", next, 1))
					say(w, 200, `[{"id":"k1"}]`)
					return
				}
				say(w, 200, `[{"id":"k2"}]`)
			})
			keys, err := ListAll(bg, s)
			if asked := s.asked(); second == "" && err == nil || second != "" && (err != nil || len(keys) != 2 || len(asked) != 2 || asked[1] != "GET "+second) {
				t.Errorf("%s: %d keys, %v, asked %q", strings.Replace(header, "%", next, 1), len(keys), err, asked)
			}
		}
	}
}
