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
