package rotation

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"detent/apikey"
	"detent/disk"
)

// Store keeps the journals of rotations. A rotation calls it from one goroutine at a time; several processes may
// use one store at once. An error means that nothing was kept; what was there before is still there.
type Store interface {
	// Load is a journal as it was saved last; fs.ErrNotExist where there is none.
	Load(id string) ([]byte, error)
	// Save replaces a journal at once: after a kill or a loss of power there is the old content or the new.
	// It returns when that is durable. It is called before and after every call that changes anything.
	Save(id string, journal []byte) error
	// IDs lists the journals, in any order.
	IDs() ([]string, error)
	// Lock takes a name for as long as this process lives or until release; holder is who has it, where it is taken.
	// release(true) says that the name will not be needed again.
	Lock(name string, h Holder) (release func(done bool), holder *Holder, err error)
	// HeldBy is who has the name, if anybody.
	HeldBy(name string) *Holder
	// Key is the secret key of the fingerprints that journals hold: made at random when it is first asked for, and
	// the same ever after.
	Key(random io.Reader) ([]byte, error)
	// Where says in words where a journal lies, for messages.
	Where(id string) string
}

// Files keeps each journal in a file of its own in a folder for its owner alone.
type Files struct {
	Dir string
	// NoSync leaves the disk syncs out, for tests that simulate kills by the thousand.
	NoSync bool
}

const (
	journalExt = ".json"
	keyFile    = "fingerprint.key"
	keyLen     = 32
	// maxJournal is far beyond what a rotation with thousands of events takes.
	maxJournal = 16 << 20
)

// Where is the journal's file.
func (f Files) Where(id string) string { return filepath.Join(f.Dir, id+journalExt) }

// Load reads the file.
func (f Files) Load(id string) ([]byte, error) { return readPlain(f.Where(id)) }

// readPlain reads a regular file of bounded size: a pipe would be waited for, a device never end.
func readPlain(path string) ([]byte, error) {
	// A pipe is opened without waiting for its other end, so that it can be refused.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &JournalError{Path: path, Reason: "is no regular file"}
	}
	b, err := io.ReadAll(io.LimitReader(f, maxJournal+1))
	if err == nil && len(b) > maxJournal {
		return nil, &JournalError{Path: path, Reason: "is over 16 MiB"}
	}
	return b, err
}

// Save replaces the file by a rename. The name of the new one is fixed, so that no kill leaves litter behind. It is indented,
// since people read it.
func (f Files) Save(id string, b []byte) error {
	if err := disk.PrivateFolder(f.Dir); err != nil {
		return err
	}
	var text bytes.Buffer
	if err := json.Indent(&text, b, "", "  "); err != nil {
		return err
	}
	text.WriteByte('\n')
	return f.replace(f.Where(id), text.Bytes())
}

func (f Files) replace(path string, b []byte) error {
	next := path + ".new"
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if !f.NoSync {
		err = errors.Join(err, file.Sync())
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next))
	}
	if f.NoSync {
		return nil
	}
	return disk.SyncFolder(f.Dir)
}

// IDs lists the files that are named as journals are; logs and the like may lie beside them.
func (f Files) IDs() ([]string, error) {
	entries, err := os.ReadDir(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		id, ours := strings.CutSuffix(e.Name(), journalExt)
		if ours && !e.IsDir() && apikey.IsNonce(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Key is kept in a file beside the journals, for its owner alone.
func (f Files) Key(random io.Reader) ([]byte, error) {
	path := filepath.Join(f.Dir, keyFile)
	for range 2 {
		switch key, err := readPlain(path); {
		case err == nil && len(key) == keyLen:
			return key, nil
		case err == nil:
			return nil, fmt.Errorf("%s is damaged: it has %d bytes, not %d", path, len(key), keyLen)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
		key := make([]byte, keyLen)
		if _, err := io.ReadFull(random, key); err != nil {
			return nil, fmt.Errorf("no randomness for the fingerprints' key: %w", err)
		}
		if err := disk.PrivateFolder(f.Dir); err != nil {
			return nil, err
		}
		if err := disk.First(path, key); err == nil || !errors.Is(err, fs.ErrExist) {
			return key, err
		}
	}
	return nil, fmt.Errorf("%s cannot be read after it was made", path)
}

// fingerprinter makes the fingerprints that journals hold in place of secrets.
type fingerprinter struct {
	store  Store
	random io.Reader
	key    []byte
}

// keyed marks a fingerprint that needs the store's key; the ones before it were made with the rotation's id alone.
const keyed = "k1:"

func (p *fingerprinter) of(s apikey.Secret) (string, error) {
	if s.IsZero() {
		return "", nil
	}
	if p.key == nil {
		key, err := p.store.Key(p.random)
		if err != nil {
			return "", fmt.Errorf("the key of the fingerprints: %w", err)
		}
		p.key = key
	}
	return keyed + s.KeyedPrint(p.key), nil
}

// is reports whether a secret has that fingerprint, of a journal of today or of an older version.
func (p *fingerprinter) is(s apikey.Secret, print, id string) bool {
	switch {
	case s.IsZero() || print == "":
		return false
	case !strings.HasPrefix(print, keyed):
		return s.Fingerprint(id) == print
	}
	now, err := p.of(s)
	return err == nil && hmac.Equal([]byte(now), []byte(print))
}

// lockName belongs to the old key, not to the rotation, so that two processes that start on the same key meet
// before either has made anything.
func lockName(profile, service, oldID string) string {
	sum := sha256.Sum256([]byte(profile + "\x00" + service + "\x00" + oldID))
	return "key-" + hex.EncodeToString(sum[:8])
}
