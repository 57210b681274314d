package rotation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lock is held while a rotation is in use. It belongs to the old key, not to the rotation,
// so that two processes that start on the same key meet before either has made anything.
// The kernel releases it when a process ends, however that comes about.
type lock struct {
	file *flock.Flock
}

func lockPath(dir, profile, service, oldID string) string {
	sum := sha256.Sum256([]byte(profile + "\x00" + service + "\x00" + oldID))
	return filepath.Join(dir, "key-"+hex.EncodeToString(sum[:8])+".lock")
}

// heldBy has the lock for an instant: who cannot take it tries again. The attempts are counted, since a busy machine
// may let time pass without one.
const (
	lockAttempts = 10
	lockPause    = 10 * time.Millisecond
)

// takeLock returns nil and the holder where another process, or another
// rotation of this one, has it.
func takeLock(path, id, operator string, now time.Time) (*lock, *Holder, error) {
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
	host, _ := os.Hostname()
	h := Holder{ID: id, PID: os.Getpid(), Host: host, User: userName(), Operator: operator, Since: now.UTC()}
	b, err := json.Marshal(h)
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		_ = l.Close()
		return nil, nil, err
	}
	return &lock{file: l}, nil, nil
}

// release gives the lock back. The file stays: to remove it would let two processes lock two files.
func (l *lock) release() {
	if l != nil {
		_ = l.file.Close()
	}
}

// heldBy says who has the lock, if anybody.
func heldBy(path string) *Holder {
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
