package keyserver

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/e2e/servers/pgtest"
	"detent/keyserver/wirename"
)

func TestHealthAndReadinessAnswerAnybodyAndNothingElse(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		b := open(t)
		for _, path := range []string{"/healthz", "/readyz"} {
			if a := b.want(200, "", "GET", path, nil); string(a.raw) != `{"status":"ok"}` {
				t.Errorf("%s: %s", path, a.raw)
			}
			b.want(405, "", "POST", path, "{}")
		}
		for _, rt := range b.routes {
			if contractOf("/healthz") != wirename.Generic || rt.path == "/healthz" || rt.path == "/readyz" {
				t.Errorf("%s is a path of a contract", rt.path)
			}
		}
		b.want(404, "", "GET", "/metrics", nil) // on its own port alone
	})
}

func TestReadinessFollowsTheDatabase(t *testing.T) {
	b := openPostgresBench(t)
	b.want(200, "", "GET", "/readyz", nil)
	pgtest.Shared(t).Kill()
	b.want(200, "", "GET", "/readyz", nil) // asked once a second at most
	b.clock.advance(readyFor)
	a := b.want(503, "", "GET", "/readyz", nil)
	b.want(200, "", "GET", "/healthz", nil) // a restart of this process would not help
	if strings.Contains(string(a.raw), "127.0.0.1") {
		t.Errorf("it tells strangers where the database is: %s", a.raw)
	}
	if err := pgtest.Shared(t).Launch(); err != nil {
		t.Fatal(err)
	}
	b.clock.advance(readyFor)
	b.want(200, "", "GET", "/readyz", nil)
}

func TestReadinessSaysNoBeforeTheServiceEnds(t *testing.T) {
	s, _ := bare(t)
	s.notice = time.Hour
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	b := &bench{t: t, Server: s, url: "http://" + l.Addr().String()}
	b.want(200, "", "GET", "/readyz", nil)
	end()
	eventually(t, "it says that it ends", func() bool { return b.ask("", "GET", "/readyz", nil).status == 503 })
	b.want(200, "", "GET", "/healthz", nil)
	b.want(200, b.session(wirename.Generic, ""), "GET", "/v1/api-keys", nil) // requests are served meanwhile
	_ = l.Close()                                                            // ends the hour
	if err := <-served; err == nil {
		t.Error("served on without a listener")
	}
}

func TestMetricsCountWithoutTellingWhoOrWhat(t *testing.T) {
	onEachStore(t, func(t *testing.T, open opener) {
		first := open(t)
		o := first.options
		o.Metrics = true
		b := openStoreAt(t, o, first.clock)
		made := b.generic(b.session(wirename.Generic, apikey.Live), "canary-name", "live")
		secret, id := made.text("data.key"), made.text("data.id")
		b.want(404, secret, "GET", "/v1/users/canary-user", nil)
		b.want(401, "sk_live_canary", "DELETE", "/v1/api-keys/canary-path", nil)
		b.want(401, "", "GET", "/v1/api-keys", nil)
		b.want(404, secret, "GET", "/canary-nowhere", nil)
		b.want(200, b.session(wirename.Generic, ""), "DELETE", "/v1/api-keys/"+id, nil)
		b.want(401, secret, "GET", "/v1/api-keys", nil)
		var page string
		eventually(t, "the last answer is counted", func() bool { // after it was sent
			w := httptest.NewRecorder()
			b.Server.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
			page = w.Body.String()
			return strings.Contains(page, `detent_request_seconds_count{contract="generic"} 7`) &&
				strings.Contains(page, `detent_store_connections{state="in_use"} 0`) // a batch of last uses may be on its way
		})
		for _, want := range []string{
			`detent_requests_total{contract="generic",call="POST /v1/api-keys",status="201"} 1`,
			`detent_requests_total{contract="generic",call="DELETE /v1/api-keys/{id}",status="200"} 1`,
			`detent_requests_total{contract="generic",call="GET /v1/users/{id}",status="404"} 1`,
			`detent_requests_total{contract="generic",call="none",status="404"} 1`,
			`detent_refusals_total{contract="generic",reason="no_key"} 1`,
			`detent_refusals_total{contract="generic",reason="unknown_key"} 2`,
			`detent_request_seconds_bucket{contract="generic",le="+Inf"} 7`,
			`detent_store_connections{state="in_use"} 0`,
			`detent_store_retries_total{reason="met_another"} 0`,
		} {
			if !strings.Contains(page, want+"\n") {
				t.Errorf("no %s in\n%s", want, page)
			}
		}
		if found := regexp.MustCompile(`canary|` + id + `|` + secret[len(secret)-20:]).FindString(page); found != "" {
			t.Errorf("%s is in the metrics", found)
		}
		for line := range strings.Lines(page) {
			if !regexp.MustCompile(`^[a-z_]+(\{([a-z]+="[^"\n]*",?)+\})? [-+0-9.eInf]+\n$`).MatchString(line) {
				t.Errorf("%q is not Prometheus' text format", line)
			}
		}
		for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusOK, "/v1/api-keys": http.StatusNotFound} {
			w := httptest.NewRecorder()
			b.Server.Metrics().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			if w.Code != want {
				t.Errorf("%s on the port of the metrics: %d", path, w.Code)
			}
		}
	})
}
