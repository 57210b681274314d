//go:build unix

package audit

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func inBackground(do func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	return done
}

// TestWhatIsNoFileKeepsNobodyWaiting: a pipe, a folder or a device in the place of each file of the log.
func TestWhatIsNoFileKeepsNobodyWaiting(t *testing.T) {
	for _, name := range []string{logName, headName, lockName, headName + ".new"} {
		for kind, put := range map[string]func(path string) error{
			"pipe": func(p string) error { return syscall.Mkfifo(p, 0o600) }, "folder": func(p string) error { return os.Mkdir(p, 0o700) },
			// No device of the system's: whoever takes the check away would set its mode for everybody.
			"socket": func(p string) error {
				l, err := net.ListenUnix("unix", &net.UnixAddr{Name: p})
				if err == nil {
					l.SetUnlinkOnClose(false)
					err = l.Close()
				}
				return err
			},
		} {
			dir := t.TempDir()
			l := Open(dir, time.Now)
			if err := put(filepath.Join(dir, name)); err != nil {
				t.Skip(err)
			}
			done := inBackground(func() error { return l.Event(Action{Action: "login"}, Outcome{Result: Done}) })
			select {
			case err := <-done:
				if err == nil && name != headName+".new" {
					t.Errorf("a %s as %s: recorded", kind, name)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("a %s as %s: it waits", kind, name)
			}
			read := inBackground(func() error { _, err := Read(dir, nil, nil, func(Record) {}); return err })
			select {
			case <-read:
			case <-time.After(20 * time.Second):
				t.Fatalf("a %s as %s: verify waits", kind, name)
			}
		}
	}
}
