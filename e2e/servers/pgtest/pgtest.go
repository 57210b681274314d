// Package pgtest runs a throw-away PostgreSQL for tests: a cluster in a temporary folder, on a free port of loopback, that
// ends with the test binary.
package pgtest

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/e2e/freeport"
	"detent/e2e/needs"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver
)

// Server is a running cluster. Everybody on loopback is let in, but for the role "locked", whose password is Password.
type Server struct {
	bin, dir string
	owner    *owner // nil for whoever runs the test
	port     int
	process  *os.Process
	exited   chan struct{}
}

// Password is that of the role "locked".
const Password = "canary-pa55word"

var shared struct {
	once   sync.Once
	server *Server
	err    error
	made   int
}

var errMissing = errors.New("PostgreSQL is not installed (Debian: apt-get install postgresql)")

// Shared is the cluster of the test binary, started by the first test that asks. Where there is no PostgreSQL the test is
// skipped, or fails if the variable DETENT_NEED names postgres. TestMain calls Stop at the end.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.once.Do(func() { shared.server, shared.err = Start() })
	if errors.Is(shared.err, errMissing) && !needs.Promised("postgres") {
		t.Skip(shared.err)
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// Stop ends the shared cluster, if one was started.
func Stop() {
	if shared.server != nil {
		shared.server.Stop()
	}
}

// Schema makes an empty schema and returns a URL whose connections live in it.
func Schema(t testing.TB) string {
	t.Helper()
	s := Shared(t)
	shared.made++
	name := "t" + strconv.Itoa(shared.made)
	s.Query(t, "CREATE SCHEMA "+name)
	return s.URL("detent") + "?search_path=" + name
}

// URL is how the role of that name reaches the cluster.
func (s *Server) URL(role string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/postgres", role, s.port)
}

// Addr is where the cluster listens.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Start makes and starts a cluster. It does not survive a power cut (no fsync); it does survive a kill.
func Start() (*Server, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return nil, errMissing
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: filepath.Dir(found[len(found)-1]), dir: dir, owner: account()}
	if err := s.init(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) init() error {
	if s.owner != nil {
		if err := os.Chown(s.dir, s.owner.uid, s.owner.gid); err != nil {
			return err
		}
	}
	initdb := s.command("initdb", "-A", "trust", "-U", "detent", "--no-sync", "-E", "UTF8", "--locale=C", "-D", s.data())
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	hba := "host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\nlocal all all trust\n"
	if err := os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(hba), 0o600); err != nil {
		return err
	}
	var err error
	if s.port, err = freeport.New(); err != nil {
		return err
	}
	if err := s.Launch(); err != nil {
		return err
	}
	if _, err := s.ask("CREATE ROLE locked LOGIN PASSWORD '" + Password + "'"); err != nil {
		s.Stop()
		return err
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Launch starts a cluster that Halt or Kill ended.
func (s *Server) Launch() error {
	cmd := s.command("postgres", "-D", s.data(), "-p", strconv.Itoa(s.port), "-k", s.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=128MB",
		"-c", "log_min_messages=fatal", "-c", "logging_collector=off", "-c", "log_destination=stderr")
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = log, log
	s.exited = make(chan struct{})
	started := make(chan error, 1)
	go func() {
		// The death signal is tied to the thread that starts the process.
		runtime.LockOSThread()
		err := cmd.Start()
		s.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait() // a cluster that ends by a signal is no news
		}
		_ = log.Close() // written by another process
		close(s.exited)
	}()
	if err := <-started; err != nil {
		return err
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		select {
		case <-s.exited:
			said, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("postgres ended: %s", said)
		default:
		}
		if _, err := s.ask("SELECT '1'"); err == nil {
			return nil
		} else if time.Now().After(deadline) {
			return fmt.Errorf("postgres does not answer: %w", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Stop ends the cluster and removes it.
func (s *Server) Stop() {
	s.Kill()
	_ = os.RemoveAll(s.dir) // a leftover in the temporary folder
}

// Query runs a statement as the owner of the cluster and returns the rows of its one column, a line each.
func (s *Server) Query(t testing.TB, statement string) string {
	t.Helper()
	said, err := s.ask(statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return said
}

func (s *Server) ask(statement string) (string, error) {
	db, err := sql.Open("pgx", s.URL("detent"))
	if err != nil {
		return "", err
	}
	defer func() { _ = db.Close() }() // nothing is left to be sent
	rows, err := db.Query(statement)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what matters
	var said []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return "", err
		}
		said = append(said, text)
	}
	return strings.Join(said, "\n"), rows.Err()
}

type owner struct{ uid, gid int }

// account is who runs the cluster where we are root, which PostgreSQL does not run as.
func account() *owner {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil {
			return &owner{uid, gid}
		}
	}
	return nil
}
