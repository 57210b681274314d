package keyserver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// load is clients that do as little as they can, so that what is measured is the service: a connection each, the request's
// bytes made beforehand, of the answer only the status and the length read.
type load struct {
	addr     string
	clients  int
	requests [][]byte // client i begins with the ith and goes round
	want     int      // status
	perSec   float64  // 0 is as fast as they can; else requests are due at this rate, whatever the answers do
}

// loaded is what a load saw.
type loaded struct {
	perSec float64
	took   []time.Duration // from when a request was due to its whole answer, in order
}

// at is a quantile, 0.5 for the median.
func (l loaded) at(q float64) time.Duration {
	return l.took[min(len(l.took)-1, int(float64(len(l.took))*q))]
}

func rawRequest(method, path, token, body string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n", method, path, token)
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

func (l load) run(t testing.TB, lasts time.Duration) loaded {
	t.Helper()
	var mu sync.Mutex
	var out loaded
	var wg sync.WaitGroup
	begun := time.Now()
	for i := range l.clients {
		wg.Go(func() {
			took, err := l.client(i, begun, lasts)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			out.took = append(out.took, took...)
			mu.Unlock()
		})
	}
	wg.Wait()
	if t.Failed() || len(out.took) == 0 {
		t.FailNow()
	}
	slices.Sort(out.took)
	out.perSec = float64(len(out.took)) / time.Since(begun).Seconds()
	return out
}

func (l load) client(i int, begun time.Time, lasts time.Duration) (took []time.Duration, err error) {
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	r := bufio.NewReaderSize(conn, 16<<10)
	var gap time.Duration
	due := time.Now()
	if l.perSec > 0 {
		gap = time.Duration(float64(l.clients) / l.perSec * float64(time.Second))
		due = begun.Add(gap * time.Duration(i) / time.Duration(l.clients))
	}
	for n := i; time.Since(begun) < lasts; n++ {
		if l.perSec > 0 {
			time.Sleep(time.Until(due))
		} else {
			due = time.Now()
		}
		if _, err := conn.Write(l.requests[n%len(l.requests)]); err != nil {
			return took, err
		}
		status, err := skipResponse(r)
		if err != nil {
			return took, err
		}
		if status != l.want {
			return took, fmt.Errorf("answered %d, not %d", status, l.want)
		}
		took = append(took, time.Since(due))
		due = due.Add(gap)
	}
	return took, nil
}

// skipResponse reads one answer and keeps its status.
func skipResponse(r *bufio.Reader) (status int, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, errors.New("no status line")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, chunked := 0, false
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		}
		chunked = chunked || bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked"))
	}
	if !chunked {
		_, err = r.Discard(length)
		return status, err
	}
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return 0, err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return 0, err
		}
		if _, err := r.Discard(int(size) + 2); err != nil || size == 0 {
			return status, err
		}
	}
}

// bareChild serves the least that an API can be, as a measure: a handler that answers [].
func bareChild() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	fmt.Println(l.Addr(), "-")
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "[]")
	})}
	if server.Serve(l) != nil {
		return 1
	}
	return 0
}

// profiled ends its context at SIGTERM, and writes a profile of the processor's time until then where one is asked for.
func profiled() (context.Context, func()) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	path := os.Getenv("KEYSERVER_TEST_PROFILE")
	if path == "" {
		return ctx, stop
	}
	f, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		panic(err)
	}
	return ctx, func() {
		pprof.StopCPUProfile()
		_ = f.Close()
		stop()
	}
}
