package rotation

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// TestALookAtALockIsNoHolder: heldBy has it for an instant. A timer that is due first fires first, so that the last attempt comes after.
func TestALookAtALockIsNoHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key-1.lock")
	look := flock.New(path)
	if got, err := look.TryRLock(); err != nil || !got {
		t.Fatal(got, err)
	}
	time.AfterFunc(2*lockPause, func() { _ = look.Close() })
	l, holder, err := takeLock(path, "r1", "", time.Now())
	if err != nil || holder != nil {
		t.Fatalf("held by %+v, %v", holder, err)
	}
	defer l.release()
	if _, holder, err = takeLock(path, "r2", "", time.Now()); err != nil || holder == nil || holder.ID != "r1" {
		t.Errorf("the second has it too: %+v, %v", holder, err)
	}
}
