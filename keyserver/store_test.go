package keyserver

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/wirename"
)

func openErr(path string) error {
	s, err := Open(context.Background(), Options{Path: path})
	if err == nil {
		return s.Close()
	}
	return err
}

// closedStore makes a store with some keys and returns its path; nothing has it open.
func closedStore(t testing.TB, keys int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.db")
	s, err := Open(context.Background(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.FillDemo(context.Background(), keys); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustExec(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStoreFilesAreForTheOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	b := openAt(t, filepath.Join(dir, "keys.db"), newClock())
	b.prosopo(b.session(wirename.Prosopo, ""), "k", []string{"verify"})
	files := 0
	err := filepath.WalkDir(filepath.Dir(dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		} else {
			files++
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s is %v, want %v", path, info.Mode(), want)
		}
		return nil
	})
	if err != nil || files != 3 {
		t.Errorf("%d files, %v; want the store, its WAL and its index", files, err)
	}
}

func TestLooseStoreFileIsTightened(t *testing.T) {
	path := closedStore(t, 1)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := openErr(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the store is %v (%v)", info.Mode(), err)
	}
}

func TestStoreKeepsWhatItWasGivenAcrossARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	var token, project string
	t.Run("first", func(t *testing.T) {
		b := openAt(t, path, newClock())
		token = b.prosopo(b.session(wirename.Prosopo, ""), "k", []string{"getApiKeys"}).text("token")
		project = b.project.id
	})
	b := openAt(t, path, newClock())
	b.want(200, token, "POST", "/api-keys/get", "{}")
	if b.project.id != project {
		t.Error("the default project has another id")
	}
}

func TestTwoServersOnOneStoreAgreeAtOnce(t *testing.T) {
	onEachStore(t, testTwoServersOnOneStoreAgreeAtOnce)
}

func testTwoServersOnOneStoreAgreeAtOnce(t *testing.T, open opener) {
	one := open(t)
	two := one.beside(t)
	key := one.generic(one.session(wirename.Generic, apikey.Live), "k", "live")
	two.want(200, key.text("data.key"), "GET", "/v1/api-keys", nil)
	two.want(200, two.session(wirename.Generic, apikey.Live), "DELETE", "/v1/api-keys/"+key.text("data.id"), nil)
	one.want(401, key.text("data.key"), "GET", "/v1/api-keys", nil)
	one.want(401, two.session(wirename.Generic, apikey.Live), "GET", "/v1/api-keys", nil)
}

func TestStoreOfANewerVersionIsLeftUntouched(t *testing.T) {
	path := closedStore(t, 1)
	mustExec(t, path, `UPDATE detent_meta SET value = '99' WHERE name = 'schema'`)
	unchanged(t, path, "newer version")
}

func TestForeignDatabaseIsLeftUntouched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	mustExec(t, path, `CREATE TABLE notes (id TEXT)`, `INSERT INTO notes VALUES ('mine')`)
	unchanged(t, path, "another program's database")
}

// unchanged opens a file that is to be refused and checks that no byte of it has changed.
func unchanged(t *testing.T, path, want string) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	err = openErr(path)
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
		t.Errorf("opened with %v, want an error with %q and the path", err, want)
	}
	if after, readErr := os.ReadFile(path); readErr != nil || !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
}

func TestFileThatIsNoDatabaseIsLeftUntouched(t *testing.T) {
	for name, content := range map[string]string{"text": "my notes\n", "one byte": "x", "a header alone": "SQLite format 3\x00", "zeroes": strings.Repeat("\x00", 8192)} {
		path := filepath.Join(t.TempDir(), "keys.db")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { unchanged(t, path, "not a key store") })
	}
}

func TestTruncatedStoreIsRefusedAndLeftUntouched(t *testing.T) {
	whole, err := os.ReadFile(closedStore(t, 200))
	if err != nil {
		t.Fatal(err)
	}
	for _, share := range []int{10, 50, 90} {
		path := filepath.Join(t.TempDir(), "keys.db")
		if err := os.WriteFile(path, whole[:len(whole)*share/100], 0o600); err != nil {
			t.Fatal(err)
		}
		unchanged(t, path, "damaged")
	}
}

// FuzzDamagedStore damages a store at any byte: it opens, or is refused with an error that
// names it and leaves it as it was; it never panics.
func FuzzDamagedStore(f *testing.F) {
	whole, err := os.ReadFile(closedStore(f, 20))
	if err != nil {
		f.Fatal(err)
	}
	for _, at := range []int{0, 16, 18, 24, 28, 40, 56, 60, 99, 100, 103, 105, 108, 200, 4095, 4096, 4097, 9000, len(whole) - 1} {
		f.Add(at, byte(0xff), 1)
		f.Add(at, byte(0), 64)
	}
	f.Fuzz(func(t *testing.T, at int, with byte, length int) {
		damaged := bytes.Clone(whole)
		if at < 0 || at >= len(damaged) || length < 0 {
			return
		}
		for i := at; i < min(at+length, len(damaged)); i++ {
			damaged[i] = with
		}
		path := filepath.Join(t.TempDir(), "keys.db")
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		err := openErr(path)
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), path) {
			t.Errorf("the error does not name the store: %v", err)
		}
		if after, readErr := os.ReadFile(path); readErr != nil || !bytes.Equal(damaged, after) {
			t.Errorf("refused with %v, but the file was changed", err)
		}
	})
}

func TestStoreInAnUnusablePlaceIsAClearError(t *testing.T) {
	dir := t.TempDir()
	blocker := filepath.Join(dir, "file")
	if err := os.WriteFile(blocker, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(blocker, "keys.db"), dir} {
		if err := openErr(path); err == nil || !strings.Contains(err.Error(), "key store") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestOddPathsAreOneFileEach(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a b.db", "q?mode=ro.db", "h#x.db", "p%20.db", "ключ.db", "plus+and&.db"} {
		path := filepath.Join(dir, name)
		if err := openErr(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: the store is elsewhere: %v", name, err)
		}
	}
}

func TestNoSecretIsInTheStoreOrTheLog(t *testing.T) {
	b := open(t)
	secrets := []string{
		b.prosopo(b.session(wirename.Prosopo, ""), "p", []string{"verify"}).text("token"),
		b.vertesia(b.session(wirename.Vertesia, ""), "v", "admin").text("value"),
		b.generic(b.session(wirename.Generic, apikey.Live), "g", "live").text("data.key"),
	}
	secrets = append(secrets, b.want(200, secrets[1], "POST", "/token/issue", nil).text("token"))
	for _, kind := range []sessionKind{{wirename.Prosopo, ""}, {wirename.Vertesia, ""}, {wirename.Generic, apikey.Live}, {wirename.Generic, apikey.Test}, {wirename.Generic, ""}} {
		token := b.session(kind.service, kind.env)
		if token == "" {
			t.Fatalf("no session for %v", kind)
		}
		secrets = append(secrets, token)
	}
	for _, secret := range secrets {
		b.ask(secret, "GET", "/v1/api-keys/"+secret+"?key="+secret, nil)
		b.ask(secret, "DELETE", "/v1/api-keys/"+secret, nil)
	}
	b.usage.flush()
	files := b.log.String()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		raw, err := os.ReadFile(b.path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		files += string(raw)
	}
	for _, secret := range secrets {
		random := secret[len(secret)-30:]
		if strings.Contains(files, random) {
			t.Errorf("%.12s… is in the store or the log", secret)
		}
	}
}

// TestWritesReachTheDiskBeforeTheyAreAnswered holds the settings that a kill -9 cannot show and a power loss would.
func TestWritesReachTheDiskBeforeTheyAreAnswered(t *testing.T) {
	b := open(t)
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "busy_timeout": "5000", "foreign_keys": "1"} {
		var got string
		if err := b.store.Writer.QueryRow(`PRAGMA ` + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", pragma, got, err, want)
		}
	}
}

// holder is a program that makes the store at the same time: it has the write lock of a file without a write-ahead log
// when it says so, and lets go when its standard input ends.
func holder(path string) int {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return 1
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`BEGIN IMMEDIATE`); err != nil {
		return 1
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin) // it ends
	if _, err := db.Exec(`ROLLBACK`); err != nil {
		return 1
	}
	return 0
}

// TestAStoreThatAnotherMakesAtTheSameTimeIsWaitedFor: SQLite says at once that such a file is locked, whatever the
// busy timeout is.
func TestAStoreThatAnotherMakesAtTheSameTimeIsWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "KEYSERVER_TEST_HOLDER="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanln(out, new(string)); err != nil {
		t.Fatal(err)
	}
	// However late it comes, it is waited for; one that is not waited for ends Open before.
	time.AfterFunc(50*time.Millisecond, func() { _ = in.Close() })
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestAnOpeningThatIsCalledOffSaysSo: wherever it was.
func TestAnOpeningThatIsCalledOffSaysSo(t *testing.T) {
	t.Parallel()
	off := 0
	for i := range 60 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i)*100*time.Microsecond, cancel)
		s, err := Open(ctx, Options{Path: filepath.Join(t.TempDir(), "keys.db")})
		switch {
		case err == nil:
			err = s.Close()
		case errors.Is(err, context.Canceled):
			off, err = off+1, nil
		}
		if err != nil {
			t.Error(err)
		}
	}
	if off == 0 {
		t.Error("none was called off")
	}
}
