package rotation

import (
	"encoding/json"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"detent/disk"

	"github.com/gofrs/flock"
)

// A lock is held for an instant by whoever looks at it: who cannot take it tries again. The attempts are counted,
// since a busy machine may let time pass without one.
const (
	lockAttempts = 10
	lockPause    = 10 * time.Millisecond
)

func (f Files) lockPath(name string) string { return filepath.Join(f.Dir, name+".lock") }

// Lock holds a file's lock. The kernel releases it when a process ends, however that comes about.
func (f Files) Lock(name string, h Holder) (func(done bool), *Holder, error) {
	if err := disk.PrivateFolder(f.Dir); err != nil {
		return nil, nil, err
	}
	path := f.lockPath(name)
	for {
		l, holder, err := f.tryLock(path)
		if l == nil {
			return nil, holder, err
		}
		// The one before may have removed the file between our opening and our locking it.
		if !sameFile(l, path) {
			_ = l.Close()
			continue
		}
		b, err := json.Marshal(h)
		if err == nil {
			err = os.WriteFile(path, b, 0o600)
		}
		if err != nil {
			_ = l.Close()
			return nil, nil, err
		}
		return func(done bool) {
			if done { // while we hold it: whoever waits for it sees that the file is another one
				_ = os.Remove(path)
			}
			_ = l.Close()
		}, nil, nil
	}
}

func (f Files) tryLock(path string) (*flock.Flock, *Holder, error) {
	l := flock.New(path, flock.SetPermissions(0o600))
	got, err := l.TryLock()
	for attempt := 1; err == nil && !got && attempt < lockAttempts; attempt++ {
		time.Sleep(lockPause)
		got, err = l.TryLock()
	}
	if err != nil {
		return nil, nil, err
	}
	if !got {
		h := readHolder(path)
		return nil, &h, nil
	}
	return l, nil, nil
}

func sameFile(l *flock.Flock, path string) bool {
	held, err := l.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(path)
	return err == nil && os.SameFile(held, now)
}

// HeldBy says who has the lock, if anybody.
func (f Files) HeldBy(name string) *Holder {
	path := f.lockPath(name)
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	l := flock.New(path, flock.SetFlag(os.O_RDONLY))
	got, err := l.TryRLock()
	if err != nil || got {
		_ = l.Close()
		return nil
	}
	h := readHolder(path)
	return &h
}

func readHolder(path string) Holder {
	var h Holder
	if b, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(b, &h) // a holder that is just writing is "another process"
	}
	return h
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}

func (h Holder) isUs() bool {
	host, _ := os.Hostname()
	return h.Operator == "" && h.PID == os.Getpid() && h.Host == host
}
