package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
	"detent/e2e/deadport"
	"detent/keyserver/wirename"
)

var services = []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic}

// answering is a service that answers every request by a function.
func answering(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", dated) // the tests' sessions end by the tests' clock, whatever the day
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv
}

func emptyList(w http.ResponseWriter, service string) {
	if service == wirename.Generic {
		_, _ = io.WriteString(w, `{"success":true,"data":[]}`)
	} else {
		_, _ = io.WriteString(w, `[]`)
	}
}

func TestNoKeyIsSentToAnotherHost(t *testing.T) {
	var stolen atomic.Int32
	thief := answering(t, func(http.ResponseWriter, *http.Request) { stolen.Add(1) })
	for _, service := range services {
		for _, status := range []int{301, 302, 303, 307, 308} {
			srv := answering(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, thief.URL+"/x?q=1", status) })
			s := mustOpen(t, options(service, srv.URL))
			_, err := ListAll(bg, s)
			checkError(t, err, BadAnswer, "redirected to "+thief.URL+"/x,")
			_, err = s.Delete(bg, "k1")
			checkError(t, err, BadAnswer, "redirected to "+thief.URL+"/x,")
			if proof, err := s.Probe(bg, apikey.NewSecret(genericSecret), ""); err != nil || proof.Verdict != apikey.Silent || !strings.Contains(proof.Why, "redirected to "+thief.URL+"/x,") {
				t.Errorf("a redirect was taken for %+v, %v", proof, err)
			}
		}
	}
	if stolen.Load() != 0 {
		t.Errorf("%d requests reached the other host", stolen.Load())
	}
}

func TestARedirectLoopEnds(t *testing.T) {
	var hits atomic.Int32
	srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		http.Redirect(w, r, r.URL.Path+"x", http.StatusTemporaryRedirect)
	})
	_, err := ListAll(bg, mustOpen(t, options(wirename.Generic, srv.URL)))
	checkError(t, err, BadAnswer, "redirected")
	if hits.Load() > maxHops+2 {
		t.Errorf("%d requests", hits.Load())
	}
}

func TestTheWholeOperationIsBoundedByItsTimeout(t *testing.T) {
	slow := map[string]http.HandlerFunc{
		"silent": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"dripping": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(5 * time.Millisecond):
				}
			}
		},
	}
	for name, h := range slow {
		for _, service := range services {
			t.Run(name+"/"+service, func(t *testing.T) {
				t.Parallel()
				var reached atomic.Int32
				srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					reached.Add(1)
					h(w, r)
				})
				opts := options(service, srv.URL)
				opts.Timeout = 150 * time.Millisecond
				s := mustOpen(t, opts)
				begin := time.Now()
				_, err := ListAll(bg, s)
				checkError(t, err, Timeout, "[not done]")
				reached.Store(0)
				_, err = s.Delete(bg, "k1")
				want := "["
				if reached.Load() > 0 { // on a busy machine it may not have come that far
					want = "[unknown]"
				}
				checkError(t, err, Timeout, want)
				if took := time.Since(begin); took > 3*time.Second {
					t.Errorf("took %s", took)
				}
			})
		}
	}
}

func TestGivingUpIsCanceled(t *testing.T) {
	for _, service := range services {
		ctx, cancel := context.WithCancel(bg)
		srv := answering(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
		})
		s := mustOpen(t, options(service, srv.URL))
		_, err := s.Delete(ctx, "k1")
		checkError(t, err, Canceled, "[unknown]")
		if !errors.Is(err, context.Canceled) {
			t.Error("the cause is lost")
		}
		_, err = ListAll(ctx, s)
		checkError(t, err, Canceled, "[not done]")
	}
}

func TestGivingUpWhileWaitingIsCanceled(t *testing.T) {
	srv := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	ctx, cancel := context.WithCancel(bg)
	opts := options(wirename.Generic, srv.URL)
	opts.Sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	_, err := ListAll(ctx, mustOpen(t, opts))
	checkError(t, err, Canceled, "")
}

func TestWhatWasNeverSentIsNotDone(t *testing.T) {
	refused := "http://" + deadport.Address(t)
	tlsServer := httptest.NewUnstartedServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = log.New(io.Discard, "", 0)
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	plain := answering(t, func(http.ResponseWriter, *http.Request) {})
	unknown := strings.Repeat("a", 64) + ".invalid" // no name may be so long: nobody is asked, who may take long to answer
	for _, service := range services {
		for _, c := range []struct {
			url  string
			kind Kind
			in   string
		}{
			{refused, Unreachable, "refused the connection"},
			{"https://" + unknown, Unreachable, unknown},
			{tlsServer.URL, BadTLS, "certificate"},
			{strings.Replace(plain.URL, "http:", "https:", 1), BadTLS, "without TLS"},
		} {
			s := mustOpen(t, options(service, c.url))
			_, err := s.Delete(bg, "k1")
			checkError(t, err, c.kind, c.in)
			checkError(t, err, c.kind, "[not done]")
			_, err = ListAll(bg, s)
			checkError(t, err, c.kind, c.in)
		}
	}
}

func TestAPrivateAuthorityIsTrustedWhereItIsGiven(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { emptyList(w, wirename.Generic) }))
	t.Cleanup(srv.Close)
	opts := options(wirename.Generic, srv.URL)
	opts.RootCAs = x509.NewCertPool()
	opts.RootCAs.AddCert(srv.Certificate())
	if _, err := ListAll(bg, mustOpen(t, opts)); err != nil {
		t.Fatal(err)
	}
}

// TestAMintingGETIsNotRepeatedByTheStandardLibrary holds what net/http would do by itself: repeat a
// GET whose kept-alive connection was closed under it.
func TestAMintingGETIsNotRepeatedByTheStandardLibrary(t *testing.T) {
	var mints atomic.Int32
	srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		if mints.Add(1) == 1 {
			_, _ = io.WriteString(w, `"pk-1234567890"`)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	s := mustOpen(t, options(wirename.Vertesia, srv.URL)).Abilities()
	if _, err := s.RequestPublicKey(bg, apikey.PublicKeyRequest{}); err != nil { // could leave a connection to reuse
		t.Fatal(err)
	}
	_, err := s.RequestPublicKey(bg, apikey.PublicKeyRequest{})
	checkError(t, err, Timeout, "[unknown]")
	if mints.Load() != 2 {
		t.Errorf("%d keys may have been minted by two requests", mints.Load())
	}
}

func TestAnswersHaveALimit(t *testing.T) {
	endless := func(head string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, head)
			chunk := bytes.Repeat([]byte("x"), 64<<10)
			for {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}
	}
	s := mustOpen(t, options(wirename.Vertesia, answering(t, endless(`{"id":"k1","name":"`)).URL))
	on := true
	_, err := s.Update(bg, "k1", apikey.Patch{Enabled: &on})
	checkError(t, err, TooLarge, "[unknown]")
	_, err = s.Abilities().Retrieve(bg, "k1")
	checkError(t, err, TooLarge, "[not done]")

	refusing := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		endless(`{"error":"`)(w, r)
	})
	for _, service := range services {
		_, err := ListAll(bg, mustOpen(t, options(service, refusing.URL)))
		checkError(t, err, Unauthorized, "revoked")
	}
}

func TestACompressedBombIsNotUnpacked(t *testing.T) {
	if testing.Short() {
		t.Skip("64 MiB are packed first")
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, `{"id":"k1","name":"`)
	_, _ = z.Write(bytes.Repeat([]byte("a"), 64<<20))
	_ = z.Close()
	srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	_, err := mustOpen(t, options(wirename.Vertesia, srv.URL)).Abilities().Retrieve(bg, "k1")
	checkError(t, err, TooLarge, "limit")
}

func TestAListOverTheLimitIsRefused(t *testing.T) {
	g := wire.NewGuard(io.MultiReader(strings.NewReader(`[`), &repeated{text: []byte(`{"id":"k1"},`)}), 1<<16)
	_, err := io.Copy(io.Discard, g)
	if !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	if wire.MaxList != 128<<20 || wire.MaxOther != 1<<20 {
		t.Error("the limits have moved")
	}
	announced := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(wire.MaxList+1))
		_, _ = io.WriteString(w, "[")
	})
	_, err = ListAll(bg, mustOpen(t, options(wirename.Prosopo, announced.URL)))
	checkError(t, err, TooLarge, "limit")
}

type repeated struct{ text []byte }

func (r *repeated) Read(p []byte) (int, error) { return copy(p, r.text), nil }

// waiting records the waits that were asked for.
type waiting struct {
	mu    sync.Mutex
	waits []time.Duration
}

func (w *waiting) sleep(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits = append(w.waits, d)
	return ctx.Err()
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for _, c := range []struct {
		after, want string
		status      int
	}{
		{"2", "[2s 2s 2s]", 429},
		{testNow.Add(3 * time.Second).Format(http.TimeFormat), "[3s 3s 3s]", 503},
		{testNow.Add(-time.Hour).Format(http.TimeFormat), "[200ms 400ms 800ms]", 503},
		{"-5", "[200ms 400ms 800ms]", 503},
		{"soon", "[200ms 400ms 800ms]", 502},
		{"", "[200ms 400ms 800ms]", 504},
		{"3600", "[]", 429},
		{"99999999999999999999", "[]", 429},
	} {
		srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", c.after)
			w.Header().Set("Date", dated)
			w.WriteHeader(c.status)
		})
		var w waiting
		opts := options(wirename.Generic, srv.URL)
		opts.Sleep = w.sleep
		_, err := ListAll(bg, mustOpen(t, opts))
		if got := fmt.Sprint(w.waits); got != c.want {
			t.Errorf("Retry-After %q: waited %s, want %s", c.after, got, c.want)
		}
		if c.after == "3600" {
			checkError(t, err, RateLimited, "asks to wait 1h0m0s")
		}
	}
}

func TestWhatMayPassIsTriedAgainAndNothingElse(t *testing.T) {
	for status := 400; status < 600; status++ {
		if status == http.StatusUnauthorized || status == http.StatusProxyAuthRequired || status == 426 {
			continue
		}
		var hits atomic.Int32
		srv := answering(t, func(w http.ResponseWriter, _ *http.Request) { hits.Add(1); w.WriteHeader(status) })
		_, err := ListAll(bg, mustOpen(t, options(wirename.Generic, srv.URL)))
		want := int32(1)
		switch status {
		case 408, 420, 429, 502, 503, 504, 529:
			want = maxAttempts
		}
		if err == nil || hits.Load() != want {
			t.Errorf("%d was asked %d times: %v", status, hits.Load(), err)
		}
		srv.Close()
	}
}

func TestPacingWaitsAsLongAsItIsTold(t *testing.T) {
	var hits atomic.Int32
	srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		w.Header().Set("x-ratelimit-reason", "pacing")
		w.Header().Set("x-ratelimit-retry-ms", "70")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	var w waiting
	opts := options(wirename.Vertesia, srv.URL)
	opts.Sleep = w.sleep
	_, err := mustOpen(t, opts).Create(bg, apikey.Draft{Name: "ci", Role: "reader"})
	checkError(t, err, RateLimited, "[not done]")
	if hits.Load() != maxPaced+1 || len(w.waits) != maxPaced || w.waits[0] != 70*time.Millisecond {
		t.Errorf("%d requests, waits %v", hits.Load(), w.waits)
	}
}

// TestAPaceIsANumberOfMillisecondsThatCanBeWaited sends a create, which is sent again for such a pace alone.
func TestAPaceIsANumberOfMillisecondsThatCanBeWaited(t *testing.T) {
	for pace, c := range map[string]struct {
		sent int32
		want string
		hint string
	}{
		"0":          {maxPaced + 1, "10ms", ""},
		"9.5":        {maxPaced + 1, "10ms", ""},
		"10.5":       {maxPaced + 1, "10.5ms", ""},
		"2147483647": {1, "", "asks to wait 596h31m24s"},
		"2147483648": {1, "", ""},
		"1e300":      {1, "", ""},
		"Inf":        {1, "", ""},
		"NaN":        {1, "", ""},
		"-1":         {1, "", ""},
		"":           {1, "", ""},
	} {
		var hits atomic.Int32
		srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			hits.Add(1)
			w.Header().Set("x-ratelimit-reason", "pacing")
			w.Header().Set("x-ratelimit-retry-ms", pace)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		var w waiting
		opts := options(wirename.Vertesia, srv.URL)
		opts.Sleep = w.sleep
		_, err := mustOpen(t, opts).Create(bg, apikey.Draft{Name: "ci", Role: "reader"})
		checkError(t, err, RateLimited, "[not done]")
		first := ""
		if len(w.waits) > 0 {
			first = w.waits[0].String()
		}
		if hits.Load() != c.sent || first != c.want || strings.Contains(asError(err).Hint, "asks to wait") != (c.hint != "") || !strings.Contains(asError(err).Hint, c.hint) {
			t.Errorf("%q: sent %d times, first waited %q, %q", pace, hits.Load(), first, asError(err).Hint)
		}
	}
}

func TestReadOnlySendsNoWrite(t *testing.T) {
	srv := answering(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was sent", r.Method, r.URL) })
	for _, service := range services {
		opts := options(service, srv.URL)
		opts.ReadOnly, opts.CanCreate = true, true
		s := mustOpen(t, opts)
		draft := apikey.Draft{Name: "a", Role: "reader", Environment: apikey.Live, Permissions: perms("verify")}
		on := true
		_, createErr := s.Create(bg, draft)
		_, deleteErr := s.Delete(bg, "k1")
		checkError(t, createErr, ReadOnly, "[not done]")
		checkError(t, deleteErr, ReadOnly, "[not done]")
		if service == wirename.Vertesia {
			_, err := s.Update(bg, "k1", apikey.Patch{Enabled: &on})
			checkError(t, err, ReadOnly, "[not done]")
			_, err = s.Abilities().RequestPublicKey(bg, apikey.PublicKeyRequest{})
			checkError(t, err, ReadOnly, "[not done]")
		}
	}
}

func TestTheServicesOwnTimeIsKept(t *testing.T) {
	srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", testNow.Add(90*time.Second).Format(http.TimeFormat))
		emptyList(w, wirename.Generic)
	})
	s := mustOpen(t, options(wirename.Generic, srv.URL))
	if _, _, ok := s.Abilities().ServerTime(); ok {
		t.Error("a time before any answer")
	}
	if _, err := ListAll(bg, s); err != nil {
		t.Fatal(err)
	}
	server, local, ok := s.Abilities().ServerTime()
	if !ok || server.Sub(local) != 90*time.Second {
		t.Errorf("server %s, local %s", server, local)
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	for _, c := range []struct {
		change func(*Options)
		in     string
	}{
		{func(o *Options) { o.Service = "other" }, "prosopo, vertesia, generic"},
		{func(o *Options) { o.Token = apikey.Secret{} }, "no token"},
		{func(o *Options) { o.Token = apikey.NewSecret("a\nb-canary") }, "cannot be one"},
		{func(o *Options) { o.URL = "http://api.example.com" }, "https"},
		{func(o *Options) { o.URL = "https://user:pass-canary@api.example.com" }, "password"},
		{func(o *Options) { o.URL = "https://api.example.com?key=canary" }, "query"},
		{func(o *Options) { o.URL = "ftp://api.example.com" }, "https"},
		{func(o *Options) { o.URL = "api.example.com" }, "address"},
		{func(o *Options) { o.URL = "::canary" }, "address"},
		{func(o *Options) { o.Service, o.Exchange = wirename.Vertesia, true }, "token_url"},
		{func(o *Options) { o.Service, o.TokenURL = wirename.Vertesia, "http://sts.example.com" }, "token_url: the URL must be https"},
	} {
		opts := options(wirename.Generic, "https://keys.example.com")
		c.change(&opts)
		s, err := Open(opts)
		if s != nil {
			t.Errorf("%s: opened", c.in)
		}
		checkError(t, err, Invalid, c.in)
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%v repeats what was given", err)
		}
	}
	for _, good := range []string{"https://api.example.com", "https://api.example.com/base/", "http://127.0.0.1:8420", "http://[::1]:8420", "http://localhost:1"} {
		if _, err := Open(options(wirename.Generic, good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

func TestTheTokenServerFollowsTheVendorsRule(t *testing.T) {
	for origin, want := range map[string]string{
		"https://api.vertesia.io":               "https://sts.vertesia.io",
		"https://api-preview.eu1.vertesia.io":   "https://sts-preview.eu1.vertesia.io",
		"https://API.Vertesia.io":               "https://sts.Vertesia.io",
		"https://api.composableprompts.com:444": "https://sts.composableprompts.com:444",
		"https://apix.vertesia.io":              "",
		"https://vertesia.io":                   "",
		"http://localhost:1":                    "",
	} {
		u, _ := url.Parse(origin)
		if got := kit.TokenServer(u); (got != nil) != (want != "") || got != nil && got.String() != want {
			t.Errorf("%s: %v", origin, got)
		}
	}
}

func TestABasePathIsKept(t *testing.T) {
	srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/base/v1/api-keys" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		emptyList(w, wirename.Generic)
	})
	if _, err := ListAll(bg, mustOpen(t, options(wirename.Generic, srv.URL+"/base/"))); err != nil {
		t.Fatal(err)
	}
}

func TestAListThatBreaksAfterBatchesIsAnError(t *testing.T) {
	var hits atomic.Int32
	srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		w.Header().Set("Content-Length", "9999999")
		_, _ = io.WriteString(w, "[")
		for i := range 2 * wire.BatchSize {
			_, _ = fmt.Fprintf(w, `{"id":"k%d"},`, i)
		}
	})
	got := 0
	err := mustOpen(t, options(wirename.Prosopo, srv.URL)).List(bg, func(b []apikey.Key) { got += len(b) })
	checkError(t, err, Timeout, "middle of the answer")
	if got != 2*wire.BatchSize || hits.Load() != 1 {
		t.Errorf("%d keys in %d requests; what was handed over must not come again", got, hits.Load())
	}
}

func TestWhatSpeaksNoHTTPIsABadAnswer(t *testing.T) {
	for name, response := range map[string]string{
		"another protocol": "SSH-2.0-OpenSSH_9.2\r\n",
		"endless headers":  "HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", maxHeader*2) + "\r\n\r\n[]",
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, response)
				_ = conn.Close()
			}
		}()
		s := mustOpen(t, options(wirename.Generic, "http://"+l.Addr().String()))
		_, err = ListAll(bg, s)
		checkError(t, err, BadAnswer, "not HTTP")
		_, err = s.Delete(bg, "k1")
		checkError(t, err, BadAnswer, "[unknown]")
		t.Log(name, err)
	}
}

func TestManyCallersShareOneSession(t *testing.T) {
	var issues, lists atomic.Int32
	srv := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == exchangePath {
			issues.Add(1)
			_, _ = io.WriteString(w, issued1(jwtOne))
			return
		}
		lists.Add(1)
		emptyList(w, wirename.Vertesia)
	})
	opts := options(wirename.Vertesia, srv.URL)
	opts.Exchange, opts.TokenURL = true, srv.URL
	s := mustOpen(t, opts)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := ListAll(bg, s); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if issues.Load() != 1 || lists.Load() != 20 {
		t.Errorf("%d exchanges for %d lists", issues.Load(), lists.Load())
	}
}

// TestABatchIsThereUntilItsCallReturns: what a caller copied stays, though the memory of a batch is used again.
func TestABatchIsThereUntilItsCallReturns(t *testing.T) {
	const n = 2*wire.BatchSize + 1
	var rows []string
	for i := range n {
		rows = append(rows, fmt.Sprintf(`{"id":"k%d","name":"n%[1]d","permissions":{"F%[1]d":["p"]}}`, i))
	}
	srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "["+strings.Join(rows, ",")+"]")
	})
	keys, err := ListAll(bg, mustOpen(t, options(wirename.Prosopo, srv.URL)))
	if err != nil || len(keys) != n {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	for i, k := range keys {
		if k.ID != fmt.Sprint("k", i) || k.Name != fmt.Sprint("n", i) || len(k.Permissions) != 1 || k.Permissions[0].Feature != fmt.Sprint("F", i) {
			t.Fatalf("key %d is %+v", i, k)
		}
	}
}
