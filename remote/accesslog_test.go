//go:build unix

package remote

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"detent/config"
	"detent/desk"
	"detent/host"
	"detent/sshd"
)

func TestHowASessionEndedIsToldInFewWords(t *testing.T) {
	ended := func(why error) context.Context {
		ctx, end := context.WithCancelCause(t.Context())
		end(why)
		return ctx
	}
	no := host.ErrNo
	for _, c := range []struct {
		ctx   context.Context
		err   error
		shell bool
		want  string
	}{
		{t.Context(), nil, true, "left"}, {t.Context(), nil, false, "exit code 1"}, {t.Context(), no, false, "exit code 1"},
		{ended(sshd.ErrGone), no, true, "connection closed or lost"}, {ended(errRemoved), errRemoved, true, "access removed or changed"},
		{ended(errStopped), errStopped, true, "server stopped"}, {t.Context(), &idleError{"nobody is there"}, true, "idle"},
		{ended(sshd.ErrGone), nil, true, "left"},
	} {
		if got := howItEnded(c.ctx, c.err, 1, c.shell); got != c.want {
			t.Errorf("%v, %v: %q, want %q", context.Cause(c.ctx), c.err, got, c.want)
		}
	}
}

// TestALoopOfCommandsIsCountedNotRecordedOneByOne.
func TestALoopOfCommandsIsCountedNotRecordedOneByOne(t *testing.T) {
	dir := t.TempDir()
	d, err := newAccessLog(host.New(host.Options{Env: config.NewEnv([]string{"XDG_STATE_HOME=" + dir}), Now: time.Now}).Ledger(), sayTo(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	o := config.Operator{Name: "vera", Role: config.Viewer}
	for i := range desk.SessionRecords + 50 {
		d.login(o, &sshd.Session{From: "192.0.2.7:1", Key: signers{t, map[string]ssh.Signer{}}.key("vera").PublicKey()}, "list")(fmt.Sprint("exit code ", i%2))
	}
	d.close()
	log, err := os.ReadFile(filepath.Join(dir, "detent/audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(log)
	if n := strings.Count(text, "\n"); n != 2*desk.SessionRecords+2 || strings.Count(text, "50 more since") != 2 {
		t.Errorf("%d records", n)
	}
}
