package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"detent/disk"
)

// Log appends to the log of one folder. It may be used by many goroutines, and by many processes at once.
type Log struct {
	dir string
	now func() time.Time
	// at is called at every point where a kill must be survived; for tests.
	at func(point string)
	// mu lets the goroutines of this process queue for the lock, which is fair to none: with many, one could wait beyond its patience.
	mu sync.Mutex
}

// Open is the log of a folder; nothing is made before the first record.
func Open(dir string, now func() time.Time) *Log {
	return &Log{dir: dir, now: now, at: func(string) {}}
}

// Entry is an action that has begun.
type Entry struct {
	log    *Log
	action Action
	seq    uint64
}

// Begin records that an action is about to be sent. Without an error the record is on the disk.
func (l *Log) Begin(a Action) (*Entry, error) {
	seq, err := l.append(record(Begin, a))
	return &Entry{l, a, seq}, err
}

// End records what came of it. An entry whose begin could not be written is recorded whole.
func (e *Entry) End(o Outcome) error {
	if e.seq == 0 {
		return e.log.Event(e.action, o)
	}
	r := record(End, e.action)
	r.Ref = e.seq
	r.end(o)
	_, err := e.log.append(r)
	return err
}

// Event records an action that is over.
func (l *Log) Event(a Action, o Outcome) error {
	r := record(Event, a)
	r.end(o)
	_, err := l.append(r)
	return err
}

// Writable proves that a record could be written, as far as that can be told without writing one.
func (l *Log) Writable() error {
	return l.locked(func() error {
		f, err := l.open()
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		_, err = l.tail(f)
		return err
	})
}

// patience is how long another process may hold the log. It writes two small files.
const patience = 5 * time.Second

func (l *Log) locked(f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := disk.PrivateFolder(l.dir); err != nil {
		return err
	}
	path := filepath.Join(l.dir, lockName)
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // opened without us
		return fmt.Errorf("%s is no regular file: move it away", path)
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	switch _, err := lock.TryLockContext(ctx, 2*time.Millisecond); {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: another process has held it for %s", lock.Path(), patience)
	case err != nil:
		return err
	}
	defer func() { _ = lock.Close() }()
	return f()
}

func (l *Log) open() (*os.File, error) {
	f, err := openRegular(Path(l.dir), os.O_RDWR|os.O_APPEND|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		if err := f.Chmod(0o600); err != nil {
			_ = f.Close()
			return nil, err
		}
	}
	return f, nil
}

// append numbers, chains and writes one record, and moves the head after it.
func (l *Log) append(r Record) (seq uint64, err error) {
	err = l.locked(func() error {
		f, err := l.open()
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		end, err := l.tail(f)
		if err != nil {
			return err
		}
		lines, head, err := end.lines(r, l.now().UTC())
		if err != nil {
			return err
		}
		l.at("before the record")
		if err := write(f, lines); err != nil {
			return err
		}
		seq = head.Seq
		l.at("before the head")
		if err := writeHead(l.dir, head); err != nil || !end.empty {
			return err
		}
		return disk.SyncFolder(l.dir) // the names of a new log and head; later heads that a power cut loses are caught up with
	})
	if err != nil && seq == 0 {
		return 0, fmt.Errorf("the audit log: %w", err)
	}
	// The record is written: a head that lags behind is caught up with by the next one.
	return seq, nil
}

// write appends, and takes back what a full disk let through by half.
func write(f *os.File, b []byte) error {
	before, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(before))
	}
	return nil
}

// tail is the end of the log that the next record goes after.
type tail struct {
	head  Head   // of the last record, or of the head file where that goes further
	empty bool   // no line in the file
	torn  []byte // what lies behind the last record
	whole bool   // torn is a whole record that lacks its line's end
}

// maxTorn bounds what is looked through for the last record. More than that, and the file is something else.
const maxTorn = 1 << 20

// tail finds the last record, and holds it against the head. The very first use makes the head, so that a log never is without one.
func (l *Log) tail(f *os.File) (tail, error) {
	anchor, there, err := readHead(l.dir)
	if err != nil {
		return tail{}, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return tail{}, err
	}
	t, found, err := lastWithin(f, size, 2*maxLine)
	if err == nil && !found {
		t, found, err = lastWithin(f, size, maxTorn)
	}
	switch {
	case err != nil:
		return tail{}, fmt.Errorf("%s %w", f.Name(), err)
	case !found && size > maxTorn:
		return tail{}, fmt.Errorf("%s does not end with a record: look at it (detent audit verify), and move it away to begin another", f.Name())
	}
	t.empty = size == 0
	if !there {
		if err := writeHead(l.dir, Head{}); err != nil {
			return tail{}, err
		}
	}
	if anchor.Seq >= t.head.Seq {
		// Where the file lost its end, the gap stays to be seen.
		t.head = anchor
	}
	return t, nil
}

// lastWithin looks for the last record in the last bytes of the file.
func lastWithin(f *os.File, size, span int64) (tail, bool, error) {
	from := max(0, size-span)
	b := make([]byte, size-from)
	if _, err := io.ReadFull(io.NewSectionReader(f, from, size-from), b); err != nil {
		return tail{}, false, err
	}
	return lastRecord(b)
}

// lastRecord finds the last line that is a record, and what lies behind it.
func lastRecord(b []byte) (t tail, found bool, err error) {
	for at := len(b); at > 0; {
		line, ended := bytes.CutSuffix(b[:at], []byte{'\n'})
		start := bytes.LastIndexByte(line, '\n') + 1
		r, err := decode(line[start:])
		if errors.Is(err, errNewer) {
			return t, false, err
		}
		if err == nil {
			return tail{head: Head{r.Seq, lineHash(line[start:])}, torn: b[at:], whole: !ended}, true, nil
		}
		at = start
	}
	return tail{torn: b}, false, nil
}

// lines are the bytes to append for a record: what seals a torn end or begins a file comes before it.
func (t tail) lines(r Record, now time.Time) (out []byte, head Head, err error) {
	head = t.head
	add := func(r Record) error {
		r.Seq, r.Prev, r.Time = head.Seq+1, head.Hash, now
		line, err := encode(r)
		if err == nil {
			out = append(append(out, line...), '\n')
			head = Head{r.Seq, lineHash(line)}
		}
		return err
	}
	switch torn := t.torn; {
	case t.whole:
		out = append(out, '\n')
	case len(torn) > 0:
		if torn[len(torn)-1] != '\n' {
			out = append(out, '\n')
			torn = append(bytes.Clone(torn), '\n')
		}
		err = add(Record{Version: version, Kind: Recovered, Torn: &Torn{int64(len(torn)), lineHash(torn)}})
	case t.empty && head.Seq > 0:
		err = add(Record{Version: version, Kind: Continued})
	}
	if err == nil {
		err = add(r)
	}
	return out, head, err
}
