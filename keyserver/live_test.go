package keyserver

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/e2e/servers/pgtest"
	"detent/keyserver/wirename"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("KEYSERVER_TEST_CHILD"); path != "" {
		os.Exit(child(path))
	}
	if path := os.Getenv("KEYSERVER_TEST_HOLDER"); path != "" {
		os.Exit(holder(path))
	}
	code := m.Run()
	pgtest.Stop()
	os.Exit(code)
}

// child serves the store and says where on its standard output, then waits to be killed.
func child(store string) int {
	if store == "bare" {
		return bareChild()
	}
	ctx, stop := profiled()
	defer stop()
	o, tries := Options{Path: store}, 1
	if IsPostgresURL(store) {
		o, tries = Options{URL: store}, 100 // the database may be away for a while
	}
	var s *Server
	var err error
	for range tries {
		if s, err = Open(context.Background(), o); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	fmt.Println(l.Addr(), s.SessionToken(wirename.Prosopo, "").Reveal())
	if s.Serve(ctx, l) != nil || s.Close() != nil {
		return 1
	}
	return 0
}

// TestKillLosesNoAnsweredWrite kills a real process with SIGKILL in the middle of writes by many
// clients: what was answered is there, what was not answered is there whole or not at all.
func TestKillLosesNoAnsweredWrite(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 8
	}
	path := filepath.Join(t.TempDir(), "keys.db")
	alive := map[string]string{} // id → secret, of every create that was answered and not deleted
	doubtful := map[string]bool{}
	for round := range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "KEYSERVER_TEST_CHILD="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var addr, admin string
		if _, err := fmt.Fscan(bufio.NewReader(out), &addr, &admin); err != nil {
			t.Fatalf("the child does not serve: %v", err)
		}
		b := &bench{t: t, url: "http://" + addr}
		verify(t, b, admin, alive, doubtful)
		var mu sync.Mutex
		var wg sync.WaitGroup
		answered := make(chan struct{}, 1024)
		for range 8 {
			wg.Go(func() {
				for {
					a, err := b.try(admin, "POST", "/api-keys/create", `{"name":"k","permissions":["verify"]}`)
					if err != nil || a.status != 200 {
						return
					}
					id := a.text("id")
					mu.Lock()
					alive[id] = a.text("token")
					mu.Unlock()
					answered <- struct{}{}
					if id[0] < 'm' { // about half
						mu.Lock()
						doubtful[id] = true
						mu.Unlock()
						a, err = b.try(admin, "POST", "/api-keys/delete", map[string]any{"apiKeyId": id})
						if err != nil {
							return // it may be there or not
						}
						mu.Lock()
						delete(doubtful, id)
						if a.status == 200 {
							delete(alive, id)
						}
						mu.Unlock()
					}
				}
			})
		}
		for range 5 + round {
			<-answered
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		go func() {
			for range answered { // so that no writer waits for a reader
			}
		}()
		wg.Wait()
		close(answered)
		_ = cmd.Wait() // killed
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	var verdict string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity: %s %v", verdict, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b := openAt(t, path, newClock())
	verify(t, b, b.session(wirename.Prosopo, ""), alive, doubtful)
	t.Logf("%d kills, %d answered writes are there", kills, len(alive))
}

// verify checks that what was answered is in the list, whole, and that its secret works.
func verify(t *testing.T, b *bench, admin string, alive map[string]string, doubtful map[string]bool) {
	t.Helper()
	rows := map[string]map[string]any{}
	for _, row := range b.want(200, admin, "POST", "/api-keys/get", "{}").list("") {
		key := row.(map[string]any)
		rows[key["id"].(string)] = key
	}
	for id, secret := range alive {
		if doubtful[id] && rows[id] == nil {
			delete(alive, id) // its delete was not answered, and happened
			delete(doubtful, id)
			continue
		}
		key := rows[id]
		if key == nil || key["name"] != "k" || key["masked"] == "" || key["permissions"] == nil {
			t.Fatalf("an answered key is %v", key)
		}
		if a := b.ask(secret, "GET", "/users/get", nil); a.status != 403 { // it authenticates and lacks getUsers
			t.Fatalf("the secret of an answered key: %d %s", a.status, a.raw)
		}
	}
	for id, key := range rows {
		if grants, ok := key["permissions"].(map[string]any); !ok || len(grants) == 0 {
			t.Fatalf("%s is half a key: %v", id, key)
		}
	}
}

func TestManyClientsAtOnceLeaveAConsistentStore(t *testing.T) {
	onEachStore(t, testManyClientsAtOnceLeaveAConsistentStore)
}

func testManyClientsAtOnceLeaveAConsistentStore(t *testing.T, open opener) {
	clients, rounds := 200, 2
	if testing.Short() {
		clients, rounds = 24, 2
	}
	b := open(t)
	sessions := [3]string{b.session(wirename.Prosopo, ""), b.session(wirename.Vertesia, ""), b.session(wirename.Generic, "")}
	if _, err := b.MintAdmin(t.Context(), wirename.Generic, apikey.Live); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	kept := map[string]string{} // secret → the path that it opens
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for round := range rounds {
				must := func(status int, token, method, path string, body any) answer {
					a, err := b.try(token, method, path, body)
					if err != nil || a.status != status {
						t.Errorf("%s %s: %d %s %v", method, path, a.status, a.raw, err)
					}
					return a
				}
				keep := (i+round)%3 == 0
				switch i % 3 {
				case 0:
					a := must(200, sessions[0], "POST", "/api-keys/create", `{"name":"k","permissions":["getApiKeys"]}`)
					must(200, a.text("token"), "POST", "/api-keys/get", "{}")
					if keep {
						mu.Lock()
						kept[a.text("token")] = "/api-keys/get"
						mu.Unlock()
						continue
					}
					must(200, sessions[0], "POST", "/api-keys/delete", map[string]any{"apiKeyId": a.text("id")})
					must(401, a.text("token"), "POST", "/api-keys/get", "{}")
				case 1:
					a := must(200, sessions[1], "POST", "/api/v1/apikeys", `{"name":"k","role":"reader"}`)
					path := "/api/v1/apikeys/" + a.text("id")
					must(200, a.text("value"), "GET", path, nil)
					must(200, sessions[1], "PUT", path, `{"enabled":false}`)
					must(401, a.text("value"), "GET", path, nil)
					must(200, sessions[1], "DELETE", path, nil)
				case 2:
					a := must(201, sessions[2], "POST", "/v1/api-keys", `{"name":"k","environment":"live"}`)
					must(200, a.text("data.key"), "GET", "/v1/api-keys?limit=10", nil)
					must(200, sessions[2], "DELETE", "/v1/api-keys/"+a.text("data.id"), nil)
					must(404, sessions[2], "DELETE", "/v1/api-keys/"+a.text("data.id"), nil)
				}
			}
		})
	}
	wg.Wait()
	if n := len(b.want(200, sessions[0], "POST", "/api-keys/get", "{}").list("")); n != len(kept) {
		t.Errorf("%d Prosopo keys are left, want the %d that were kept", n, len(kept))
	}
	for secret, path := range kept {
		b.want(200, secret, "POST", path, "{}")
	}
	if n := len(b.want(200, sessions[1], "GET", "/api/v1/apikeys", nil).list("")); n != 0 {
		t.Errorf("%d Vertesia keys are left", n)
	}
	if n := len(b.want(200, sessions[2], "GET", "/v1/api-keys", nil).list("data")); n != 1 {
		t.Errorf("%d generic keys are left, want the administrator", n)
	}
}

// serveWith starts a server whose handler and limits the test chooses.
func serveWith(t *testing.T, s *Server) (url string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	return l.Addr().String(), func() error { cancel(); return <-done }
}

func bare(t *testing.T) (*Server, *safeBuffer) {
	t.Helper()
	return bareFor(t)
}

// bareFor is a server without a listener.
func bareFor(t testing.TB) (*Server, *safeBuffer) {
	t.Helper()
	log := &safeBuffer{}
	s, err := Open(context.Background(), Options{Path: filepath.Join(t.TempDir(), "keys.db"), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, log
}

func TestShutdownLetsTheAnswerInHandFinish(t *testing.T) {
	s, _ := bare(t)
	inside, release := make(chan struct{}), make(chan struct{})
	s.routes = append(s.routes, route{http.MethodGet, "/v1/slow", wirename.Generic, need{}, func(*call) (int, []byte, error) {
		close(inside)
		<-release
		return http.StatusOK, []byte(`{"success":true}`), nil
	}})
	addr, stop := serveWith(t, s)
	b := &bench{t: t, Server: s, url: "http://" + addr}
	got := make(chan answer, 1)
	go func() {
		a, err := b.try(b.session(wirename.Generic, ""), "GET", "/v1/slow", nil)
		if err != nil {
			t.Error(err)
		}
		got <- a
	}()
	<-inside
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	eventually(t, "new connections are refused", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	close(release)
	if a := <-got; a.status != 200 {
		t.Errorf("the answer in hand: %d %s", a.status, a.raw)
	}
	if err := <-stopped; err != nil {
		t.Errorf("serve ended with %v", err)
	}
}

func TestShutdownCutsWhatDoesNotEnd(t *testing.T) {
	s, _ := bare(t)
	s.limits.drain = 20 * time.Millisecond
	inside, release := make(chan struct{}), make(chan struct{})
	s.routes = append(s.routes, route{http.MethodGet, "/v1/slow", wirename.Generic, need{}, func(*call) (int, []byte, error) {
		close(inside)
		<-release
		return http.StatusOK, []byte(`{}`), nil
	}})
	addr, stop := serveWith(t, s)
	b := &bench{t: t, Server: s, url: "http://" + addr}
	done := make(chan error, 1)
	go func() {
		_, err := b.try(b.session(wirename.Generic, ""), "GET", "/v1/slow", nil)
		done <- err
	}()
	<-inside
	if err := stop(); err != nil {
		t.Errorf("serve ended with %v", err)
	}
	if err := <-done; err == nil {
		t.Error("the request was answered, want it cut")
	}
	close(release)
}

// TestSlowClientsAreCut has clients that send or read nothing any more; another is served meanwhile.
func TestSlowClientsAreCut(t *testing.T) {
	s, _ := bare(t)
	s.limits = limits{header: 50 * time.Millisecond, read: 100 * time.Millisecond, write: 100 * time.Millisecond, idle: 50 * time.Millisecond, drain: time.Second}
	if err := s.FillDemo(t.Context(), 20_000, wirename.Prosopo); err != nil {
		t.Fatal(err)
	}
	addr, stop := serveWith(t, s)
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	auth := "Host: x\r\nAuthorization: Bearer " + s.SessionToken(wirename.Prosopo, "").Reveal() + "\r\n"
	for name, sent := range map[string]string{
		"nothing":         "",
		"half a header":   "GET / HTTP/1.1\r\nHost: x\r\nX-A: ",
		"half a body":     "POST /api-keys/create HTTP/1.1\r\n" + auth + "Content-Length: 100\r\n\r\n{\"name\":",
		"idle connection": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"a list unread":   "POST /api-keys/get HTTP/1.1\r\n" + auth + "Content-Length: 2\r\n\r\n{}",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			if err := c.(*net.TCPConn).SetReadBuffer(4096); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(c, sent); err != nil {
				t.Fatal(err)
			}
			b := &bench{t: t, Server: s, url: "http://" + addr}
			b.want(200, s.SessionToken(wirename.Prosopo, "").Reveal(), "GET", "/users/get", nil) // others are served meanwhile
			if name == "a list unread" {
				eventually(t, "the reader is cut", func() bool { return s.store.Reader.Stats().InUse == 0 && openConnections(t, c) })
			}
			if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(c)
			if err != nil && strings.Contains(err.Error(), "timeout") {
				t.Fatalf("still open after 5 s (%v)", err)
			}
			if _, body, _ := bytes.Cut(raw, []byte("\r\n\r\n")); name == "a list unread" && json.Valid(body) {
				t.Error("a list that was cut looks whole")
			}
		})
	}
}

// openConnections reports whether the peer has ended the connection: a write to it fails then.
func openConnections(t *testing.T, c net.Conn) bool {
	t.Helper()
	_, err := c.Write([]byte("x"))
	return err != nil
}

func TestTooLongHeadersAndBodiesAreRefused(t *testing.T) {
	onEachStore(t, testTooLongHeadersAndBodiesAreRefused)
}

func testTooLongHeadersAndBodiesAreRefused(t *testing.T, open opener) {
	b := open(t)
	a, err := b.try("", "GET", "/v1/api-keys", nil, "X-Long", strings.Repeat("a", 64<<10))
	if err == nil && a.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 64 KiB: %d", a.status)
	}
	for _, size := range []int{1<<20 - 100, 1<<20 + 1, 4 << 20} {
		body := `{"name":"k","permissions":["verify"]}` + strings.Repeat(" ", size-len(`{"name":"k","permissions":["verify"]}`))
		want := 400
		if size <= 1<<20 {
			want = 200
		}
		if a := b.ask(b.session(wirename.Prosopo, ""), "POST", "/api-keys/create", body); a.status != want {
			t.Errorf("a body of %d bytes: %d %s, want %d", size, a.status, a.raw, want)
		}
	}
}

// TestAClientThatSendsAllOfATooLongBodyFirstIsToldWhy writes as curl and most clients do not: nothing is read before
// the last byte is sent.
func TestAClientThatSendsAllOfATooLongBodyFirstIsToldWhy(t *testing.T) {
	onEachStore(t, testAClientThatSendsAllOfATooLongBodyFirstIsToldWhy)
}

func testAClientThatSendsAllOfATooLongBodyFirstIsToldWhy(t *testing.T, open opener) {
	b := open(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const size = 24 << 20
	_, err = fmt.Fprintf(conn, "POST /api-keys/create HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		b.session(wirename.Prosopo, ""), size, strings.Repeat(" ", size))
	if err != nil {
		t.Fatalf("the connection was cut before the answer: %v", err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if text, _ := io.ReadAll(res.Body); res.StatusCode != 400 || !strings.Contains(string(text), "over 1 MiB") {
		t.Errorf("answered %d %s", res.StatusCode, text)
	}
}

func TestPanicIsAnsweredAndLoggedWithoutWhatWasSent(t *testing.T) {
	s, log := bare(t)
	const secret = "sk_live_canary"
	for service, path := range map[string]string{wirename.Prosopo: "/sites/panic", wirename.Vertesia: "/api/panic", wirename.Generic: "/v1/panic"} {
		s.routes = append(s.routes, route{http.MethodPost, path, service, need{}, func(c *call) (int, []byte, error) {
			panic("handling " + string(c.body["name"]))
		}})
		r := httptest.NewRequest("POST", path, strings.NewReader(`{"name":"`+secret+`"}`))
		r.Header.Set("Authorization", "Bearer "+s.SessionToken(service, "").Reveal())
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		a := answer{status: w.Code, header: w.Header(), raw: w.Body.Bytes()}
		if err := json.Unmarshal(a.raw, &a.json); err != nil {
			t.Fatalf("%s: %v", a.raw, err)
		}
		shape(t, service, 500, a)
		if strings.Contains(string(a.raw), secret) {
			t.Errorf("the answer quotes the request: %s", a.raw)
		}
	}
	if got := log.String(); strings.Contains(got, secret) || !strings.Contains(got, "panic of type string") || !strings.Contains(got, "live_test.go") {
		t.Errorf("the log is\n%s", got)
	}
}

func TestStoreFailureIsA500AndAListThatFailsIsCut(t *testing.T) {
	s, log := bare(t)
	if err := s.FillDemo(t.Context(), 2*pageSize); err != nil {
		t.Fatal(err)
	}
	ask := func() (status int, cut bool) {
		r := request("GET", "/v1/api-keys", s.SessionToken(wirename.Generic, "").Reveal())
		w := httptest.NewRecorder()
		defer func() { status, cut = w.Code, recover() == http.ErrAbortHandler }()
		s.Handler().ServeHTTP(w, r)
		return w.Code, false
	}
	if status, cut := ask(); status != 200 || cut {
		t.Fatalf("%d, cut %v", status, cut)
	}
	if _, err := s.store.Writer.Exec(`UPDATE keys SET created_at = 'x' WHERE id = (SELECT id FROM keys WHERE service = 'generic' ORDER BY created_at DESC LIMIT 1)`); err != nil {
		t.Fatal(err)
	}
	if _, cut := ask(); !cut {
		t.Error("a list that failed after its first page looks whole")
	}
	if _, err := s.store.Writer.Exec(`DROP TABLE keys`); err != nil {
		t.Fatal(err)
	}
	if status, cut := ask(); status != 500 || cut {
		t.Errorf("%d, cut %v", status, cut)
	}
	if !strings.Contains(log.String(), "no such table") {
		t.Errorf("the log does not say why: %s", log.String())
	}
}
