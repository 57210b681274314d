package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// canaries are every secret that passes through a client in a day.
var canaries = []string{ownToken, prosopoSecret, vertesiaSecret, genericSecret, "canaryQUERY", "canaryBODY", "canaryID"}

// ledger collects all that is printed.
type ledger struct {
	mu    sync.Mutex
	lines []string
}

func (l *ledger) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(p))
	return len(p), nil
}

func (l *ledger) print(values ...any) {
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			_, _ = fmt.Fprintf(l, verb, v)
		}
		if b, err := json.Marshal(v); err == nil {
			_, _ = l.Write(b)
		}
		if err, ok := v.(error); ok {
			for err = errors.Unwrap(err); err != nil; err = errors.Unwrap(err) {
				_, _ = fmt.Fprintf(l, "%v %+v %#v", err, err, err)
			}
		}
	}
}

// everything uses the whole of a service and prints all that comes of it.
func everything(l *ledger, s Service) {
	ctx, cancel := context.WithTimeout(bg, 2*time.Second)
	defer cancel()
	on := true
	draft := apikey.Draft{Name: "canaryBODY", Role: "reader", Environment: apikey.Live, Permissions: perms("verify")}
	keys, err := ListAll(ctx, s)
	l.print(s, keys, err)
	created, err := s.Create(ctx, draft)
	l.print(created, err)
	key, err := s.Update(ctx, "canaryID", apikey.Patch{Enabled: &on})
	l.print(key, err)
	deleted, err := s.Delete(ctx, "canaryID")
	l.print(deleted, err)
	for _, secret := range []string{prosopoSecret, vertesiaSecret, genericSecret} {
		proof, err := s.Probe(ctx, apikey.NewSecret(secret), "")
		l.print(proof, err)
		found, err := s.Abilities().Identify(ctx, apikey.NewSecret(secret))
		l.print(found, err)
	}
	if retrieve := s.Abilities().Retrieve; retrieve != nil {
		secret, err := retrieve(ctx, "canaryID")
		l.print(secret, err)
	}
	if request := s.Abilities().RequestPublicKey; request != nil {
		value, err := request(ctx, apikey.PublicKeyRequest{Name: "canaryQUERY"})
		l.print(value, err)
	}
	l.print(s)
}

func TestNoSecretIsInAnyErrorLogOrPrintedValue(t *testing.T) {
	echo := strings.Join(canaries[:4], " ")
	row := `{"id":"k1","name":"n","token":"` + prosopoSecret + `","value":"` + vertesiaSecret + `","key":"` + genericSecret + `"}`
	answers := map[string]http.HandlerFunc{
		"good": func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.Contains(r.URL.Path, "issue"):
				_, _ = io.WriteString(w, issued1(jwtOne))
			case strings.HasSuffix(r.URL.Path, "create"), r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "get"), strings.Contains(r.URL.Path, "canaryID"), strings.HasSuffix(r.URL.Path, "pk"):
				_, _ = io.WriteString(w, row)
			case strings.HasPrefix(r.URL.Path, "/v1/api-keys"):
				_, _ = io.WriteString(w, gList(row))
			default:
				_, _ = io.WriteString(w, "["+row+"]")
			}
		},
		"echo": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"error":{"message":"bad %s","code":%q},"details":%q}`, r.Header.Get("Authorization"), echo, echo)
		},
		"echo as text": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprintf(w, "no %s", strings.ReplaceAll(r.Header.Get("Authorization"), "canary", "can\x1b[1mary"))
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/"+ownToken+"?token="+ownToken+"#"+ownToken, http.StatusFound)
		},
		"broken":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[{"id":"`+echo) },
		"no JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, echo) },
		"types":   func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintf(w, `[%q]`, echo) },
		"dropped": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"down":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	}
	for name, h := range answers {
		for _, service := range services {
			for _, exchange := range []bool{false, service == wirename.Vertesia} {
				t.Run(fmt.Sprintf("%s/%s/%v", name, service, exchange), func(t *testing.T) {
					t.Parallel()
					srv := answering(t, h)
					var l ledger
					opts := options(service, srv.URL)
					opts.Debug, opts.CanCreate, opts.Exchange, opts.TokenURL = &l, true, exchange, srv.URL
					everything(&l, mustOpen(t, opts))
					l.print(opts)
					l.check(t)
				})
			}
		}
	}
}

func (l *ledger) check(t *testing.T) {
	t.Helper()
	all := strings.Join(l.lines, "\n")
	for _, secret := range append(canaries, jwtOne) {
		if secret == "canaryBODY" {
			continue // the name of a key is shown
		}
		if i := strings.Index(all, secret); i >= 0 {
			t.Errorf("%s is printed: …%s…", secret, all[max(0, i-80):min(len(all), i+120)])
		}
		if half := secret[:min(len(secret), 14)]; len(secret) > 20 && strings.Contains(all, half) {
			t.Errorf("the beginning %s of a secret is printed", half)
		}
	}
	if len(l.lines) < 50 {
		t.Errorf("only %d things were printed", len(l.lines))
	}
}

var logLine = regexp.MustCompile(`^2026-11-23T10:00:00Z (GET|POST|PUT|DELETE) (/[A-Za-z0-9/_{}-]+) (\d{3}|-) \S+ attempt \d+\n$`)

func TestTheLogHasOneRedactedLineARequest(t *testing.T) {
	var log bytes.Buffer
	srv := play(t, vGet.with(503, ``), vGet.with(200, `[]`), deleteCalls[wirename.Vertesia].dropped(),
		step{want: "GET /api/v1/apikeys/pk?name=canaryQUERY"}.with(200, `"pk-1234567890"`))
	opts := options(wirename.Vertesia, srv.URL)
	opts.Debug = &log
	s := mustOpen(t, opts)
	_, _ = ListAll(bg, s)
	_, _ = s.Delete(bg, "k1")
	_, _ = s.Abilities().RequestPublicKey(bg, apikey.PublicKeyRequest{Name: "canaryQUERY"})
	want := []string{"GET /api/v1/apikeys 503 0s attempt 1", "GET /api/v1/apikeys 200 0s attempt 2", "DELETE /api/v1/apikeys/{id} - 0s attempt 1", "GET /api/v1/apikeys/pk 200 0s attempt 1"}
	lines := strings.SplitAfter(strings.TrimSuffix(log.String(), "\n")+"\n", "\n")
	if len(lines) != len(want)+1 {
		t.Fatalf("got %d lines:\n%s", len(lines)-1, log.String())
	}
	for i, w := range want {
		if !logLine.MatchString(lines[i]) || !strings.Contains(lines[i], w) {
			t.Errorf("line %d is %q, want %s", i+1, lines[i], w)
		}
	}
}
