package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// headVersion is the format of the head. What is in a record is nothing to it.
const headVersion = 1

const (
	logName  = "audit.log"
	headName = "audit.head"
	lockName = "audit.lock"
)

// Path is the log in a folder.
func Path(dir string) string { return filepath.Join(dir, logName) }

// Head is how far a log goes: the number of its last record and the hash of that line. It is what to note
// elsewhere: who can write the log and the head can forge both, but not what somebody else has noted.
type Head struct {
	Seq  uint64
	Hash string
}

// String is SEQ:HASH.
func (h Head) String() string { return fmt.Sprintf("%d:%s", h.Seq, h.Hash) }

// ParseHead reads what String writes.
func ParseHead(text string) (Head, error) {
	number, sum, ok := strings.Cut(strings.TrimSpace(text), ":")
	seq, err := strconv.ParseUint(number, 10, 64)
	if !ok || err != nil || !isHash(sum) && (seq != 0 || sum != "") {
		return Head{}, errors.New("is no head such as 12:9f86d081… (a number and 64 hexadecimal digits)")
	}
	return Head{seq, sum}, nil
}

func isHash(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}

// openRegular opens a file of the log. A pipe in its place would keep whoever opens it waiting, and what is written to a device
// is nowhere.
func openRegular(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file: move it away", path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func readRegular(path string) ([]byte, error) {
	f, err := openRegular(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(f)
}

// headFile is the head on disk.
type headFile struct {
	Version int    `json:"v"`
	Seq     uint64 `json:"seq"`
	Hash    string `json:"sha256"`
}

// readHead gives the head and whether there is one.
func readHead(dir string) (Head, bool, error) {
	path := filepath.Join(dir, headName)
	b, err := readRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, false, nil
	}
	if err != nil {
		return Head{}, false, err
	}
	var f headFile
	switch err := json.Unmarshal(b, &f); {
	case err == nil && f.Version > headVersion:
		return Head{}, true, fmt.Errorf("%s %w", path, errNewer)
	case err != nil || f.Version != headVersion || !isHash(f.Hash) && (f.Seq != 0 || f.Hash != ""):
		return Head{}, true, fmt.Errorf("%s is damaged", path)
	}
	return Head{f.Seq, f.Hash}, true, nil
}

// writeHead replaces the head at once. The new one's name is fixed: no kill leaves litter behind, and the lock is held.
func writeHead(dir string, h Head) error {
	b, err := json.Marshal(headFile{headVersion, h.Seq, h.Hash})
	if err != nil {
		return err
	}
	path := filepath.Join(dir, headName)
	f, err := openRegular(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(path+".new", path)
	}
	return err
}
