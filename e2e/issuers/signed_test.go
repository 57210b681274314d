//go:build unix

package issuers

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/client/issuers"
	"detent/client/signers"
	"detent/e2e/servers"
)

// akamai is Akamai's wire of the credentials of one's own API client, as client/testdata/akamai.txtar says where from. It takes what is signed
// by a credential that is on, makes credentials without a name, and deletes none that is on.
type akamai struct {
	played
	signed []signedRequest
	host   string // what it is called by who signs
	bare   int    // credentials that were made and not named
}

// signedRequest is one that came, and whose signature was taken.
type signedRequest struct{ host, method, path, body, said, credential string }

const (
	akamaiOwn    = "akab-0wn7canary4token2q-m5k8r3t6w9z1b4d7:OWNcanary0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q="
	akamaiAccess = "akab-acc35t0k3nodujqunph3w7hzp7-gtm6ij"
	akamaiSelf   = "/identity-management/v3/api-clients/self"
)

// said are the parts of a signature.
func said(header string) map[string]string {
	out := map[string]string{}
	_, parts, _ := strings.Cut(header, " ")
	for part := range strings.SplitSeq(parts, ";") {
		name, value, _ := strings.Cut(part, "=")
		out[name] = value
	}
	return out
}

// by is the credential that a request is signed with; status and words of the refusal where it is none.
func (a *akamai) by(r *http.Request, body string) (status int, why string) {
	parts, header := said(r.Header.Get("Authorization")), r.Header.Get("Authorization")
	credential, works := akamaiOwn, true
	if own, _, _ := strings.Cut(akamaiOwn, ":"); parts["client_token"] != own {
		k := a.find(func(k *playedKey) bool { return strings.HasPrefix(k.secret, parts["client_token"]+":") })
		if k == nil {
			return 400, "Invalid client token"
		}
		credential, works = k.secret, k.works()
	}
	at, err := time.Parse("20060102T15:04:05-0700", parts["timestamp"])
	if err != nil || time.Since(at).Abs() > 30*time.Second {
		return 400, "Invalid timestamp"
	}
	to := &url.URL{Scheme: "http", Host: a.host, Path: r.URL.Path, RawQuery: r.URL.RawQuery}
	want := signers.Named("edgegrid").Sign(&signers.Request{Method: r.Method, URL: to, Body: []byte(body), At: at, Nonce: parts["nonce"],
		Credential: strings.SplitN(credential, ":", 2), Parents: map[string]string{"access_token": akamaiAccess}})
	switch {
	case slices.ContainsFunc(a.signed, func(s signedRequest) bool { return said(s.said)["nonce"] == parts["nonce"] }):
		return 401, "The nonce was seen before"
	case header != want["Authorization"]:
		return 401, "The signature does not match"
	case !works:
		return 401, "Inactive client token"
	}
	a.signed = append(a.signed, signedRequest{"http://" + a.host, r.Method, r.URL.RequestURI(), body, header, credential})
	return 200, ""
}

func (a *akamai) no(w http.ResponseWriter, status int, kind, title, detail string) {
	say(w, status, map[string]any{"type": kind, "title": title, "status": status, "detail": detail, "instance": ""})
}

func (a *akamai) row(k *playedKey) map[string]any {
	token, _, _ := strings.Cut(k.secret, ":")
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	return map[string]any{"credentialId": k.id, "clientToken": token, "status": map[bool]string{false: "ACTIVE", true: "INACTIVE"}[k.off], "createdOn": at(k.made),
		"description": k.name, "expiresOn": at(k.end), "maxAllowedExpiry": at(k.made.AddDate(2, 0, 0))}
}

func (a *akamai) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	defer a.mu.Unlock()
	if status, why := a.by(r, string(raw)); status != 200 {
		a.no(w, status, "https://problems.luna.akamaiapis.net/-/pep-authn/deny", "Not authorized", why)
		return
	}
	rest, of := strings.CutPrefix(r.URL.Path, akamaiSelf+"/credentials")
	id, act, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	k := a.numbered(id)
	switch what := r.Method + " " + act; {
	case r.URL.Path == akamaiSelf:
		say(w, 200, map[string]any{"clientId": "4f3cxdie6adyalyg", "accessToken": akamaiAccess})
	case of && id == "" && what == "GET ":
		rows := []any{}
		for _, k := range a.all {
			rows = append(rows, a.row(k))
		}
		say(w, 200, rows)
	case of && id == "" && what == "POST ":
		made := a.add(playedKey{end: time.Now().AddDate(2, 0, 0)}, "")
		made.secret = fmt.Sprintf("akab-k%04d7canary4t-m5k8r3t6w9z1b4d7:SECRETcanary0a1B2c3D4e5F6g7H8i9J0k1L2m3%04d=", made.id, made.id)
		row := a.row(made)
		_, row["clientSecret"], _ = strings.Cut(made.secret, ":")
		delete(row, "maxAllowedExpiry")
		a.bare++
		say(w, 201, row)
	case k == nil:
		a.no(w, 404, "/identity-management/error-types/25", "ERROR_NO_CREDENTIAL", "")
	case what == "GET ":
		say(w, 200, a.row(k))
	case what == "PUT ":
		a.put(w, k, raw)
	case what == "POST deactivate":
		k.off = true
		w.WriteHeader(204)
	case what == "DELETE " && k.off:
		a.drop(k)
		w.WriteHeader(204)
	default:
		a.no(w, 400, "/identity-management/error-types/3", "the credential is active", "")
	}
}

func (a *akamai) put(w http.ResponseWriter, k *playedKey, raw []byte) {
	asked := map[string]string{}
	err := json.Unmarshal(raw, &asked)
	end, bad := time.Parse("2006-01-02T15:04:05.000Z", asked["expiresOn"])
	named := slices.Sorted(maps.Keys(asked))
	if err != nil || bad != nil || !slices.Equal(named, []string{"description", "expiresOn", "status"}) || end.After(k.made.AddDate(2, 0, 0)) {
		a.no(w, 400, "/identity-management/error-types/3", "invalid credential", strings.Join(named, ", "))
		return
	}
	if k.name == "" {
		a.bare--
	}
	k.name, k.end, k.off = asked["description"], end, asked["status"] == "INACTIVE"
	say(w, 200, map[string]any{"description": k.name, "expiresOn": asked["expiresOn"], "status": asked["status"]})
}

// TestASignedIssuer drives the program where each request is signed, from a key's making to its end. What it signed, the vendor's published
// signer signs alike.
func TestASignedIssuer(t *testing.T) {
	var mu sync.Mutex
	var all []signedRequest
	t.Run("flows", func(t *testing.T) {
		for name, flow := range map[string]func(h *home, state *akamai, is issuer){
			"a key from its making to its end": func(h *home, _ *akamai, is issuer) { aKey(h, is) },
			"a rotation":                       func(h *home, _ *akamai, is issuer) { aRotation(h, is) },
			"a rotation as it was planned": func(h *home, _ *akamai, is issuer) {
				_, _, args := h.rotating(is, "planned")
				h.asPlanned(args, "/credentials/2", "/credentials/{new}")
			},
			"compromised":                      func(h *home, _ *akamai, is issuer) { compromised(h, is) },
			"a user's own file":                func(h *home, _ *akamai, is issuer) { ownFile(h, is) },
			"undone":                           undoneSigned,
			"killed when the new key was made": killedBare,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				state := &akamai{}
				is := playedIssuer{issuer: issuer{service: "akamai", create: []string{"--expires", "30d"}, update: true, ends: true, stays: true,
					make: "POST " + akamaiSelf + "/credentials", remove: "DELETE " + akamaiSelf + "/credentials/"},
					parents: `{ access_token = "` + akamaiAccess + `" }`, own: akamaiOwn, begin: func() (http.Handler, *played) { return state, &state.played }}
				h, _ := newPlayed(t, is)
				state.host = strings.TrimPrefix(h.front.URL, "http://")
				flow(h, state, is.issuer)
				mu.Lock()
				defer mu.Unlock()
				all = append(all, state.signed...)
			})
		}
	})
	if len(all) == 0 {
		t.Fatal("no request was signed")
	}
	if testing.Short() {
		t.Skip("installs the vendor's signer")
	}
	client := servers.PackagedClient(t, "akamai-edgegrid")
	all = append(all, signedRequest{"https://akab-h.luna.akamaiapis.net", "POST", "/a%20b?c=d&e=%2F", strings.Repeat("large ", 40_000), "", akamaiOwn})
	for _, s := range all {
		parts := said(s.said)
		if s.said == "" { // more than a service is sent here: the signer is asked itself
			at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
			to, _ := url.Parse(s.host + s.path)
			s.said = signers.Named("edgegrid").Sign(&signers.Request{Method: s.method, URL: to, Body: []byte(s.body), At: at, Nonce: "n",
				Credential: strings.SplitN(s.credential, ":", 2), Parents: map[string]string{"access_token": akamaiAccess}})["Authorization"]
			parts = said(s.said)
		}
		request := map[string]string{"method": s.method, "path": s.path, "body": s.body}
		made := client.Make(t, servers.Order{URL: s.host, Token: s.credential, Call: "sign", Args: []any{akamaiAccess, parts["timestamp"], parts["nonce"], request}})
		if made.Error != "" || len(made.Answers) != 1 || made.Answers[0] != s.said {
			t.Errorf("%s %s: %s signs %v, and the program %s%s", s.method, s.path, client.Name, made.Answers, s.said, made.Error)
		}
	}
	t.Logf("%s %s signs %d requests as the program does", client.Name, client.Version, len(all))
}

// undoneSigned: the new key is on, and only what is off is deleted.
func undoneSigned(h *home, state *akamai, is issuer) {
	old, secret, args := h.rotating(is, "undone")
	h.killedAt("POST "+akamaiSelf+"/credentials/"+old.ID+"/deactivate", false, args...)
	if fresh := h.env(); fresh == secret || !h.alive(fresh) {
		h.Fatal("it was not delivered")
	}
	h.must("rotate", "--abort", h.open(), "--yes")
	if left := h.named("undone"); len(left) != 1 || left[0].ID != old.ID || h.env() != secret || !h.alive(secret) || h.open() != "" {
		h.Errorf("left: %+v", left)
	}
	if len(state.all) != 1 {
		h.Errorf("%d credentials are left", len(state.all))
	}
}

// killedBare: the answer to the create is lost, and the credential that it made has no name. Another is made, and that one is named at the end
// and not deleted.
func killedBare(h *home, state *akamai, is issuer) {
	if testing.Short() {
		h.Skip("waits until a list cannot be behind any more")
	}
	old, secret, args := h.rotating(is, "bare")
	h.killedAt(is.make, true, args...)
	r := h.must("rotate", "--resume", h.open(), "--yes")
	if said := r.stdout + r.stderr; !strings.Contains(said, "may be it: 2\n") || strings.Contains(said, "would be called") {
		h.Errorf("it says %s", said)
	}
	h.rotated(is, old, secret)
	if len(state.all) != 2 || state.bare != 1 {
		h.Errorf("%d credentials are left, %d of them without a name", len(state.all), state.bare)
	}
}

// TestASignerIsHeldByItsVendor: each that a built-in issuer names is one that TestASignedIssuer asks the vendor's of.
func TestASignerIsHeldByItsVendor(t *testing.T) {
	for _, name := range issuers.BuiltIn() {
		d, err := issuers.Load("", name)
		if err != nil {
			t.Fatal(err)
		}
		if d.Auth.Kind == "signed" && d.Auth.Signer != "edgegrid" {
			t.Errorf("%s is signed by %s, which no vendor's signer is held against", name, d.Auth.Signer)
		}
	}
}
