package audit

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
)

// Problem is one thing that is wrong with a log.
type Problem struct {
	File string
	Line int // 0 where it is about the whole file
	Text string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// maxProblems bounds how many problems are told: after that many, the file is something else.
const maxProblems = 20

// Report is what reading a log has shown.
type Report struct {
	Records  int
	First    uint64 // number of the first record: above 1, the ones before lie in another file
	Head     Head   // of the last record
	Problems []Problem
	// Torn says that the log ends in a line that a killed process left; the next record seals it.
	Torn bool
	// Ahead is how many records are not covered by the head yet: one where a process was killed between the two. Who can
	// write the log can add such a record, or take it away, unseen.
	Ahead int
}

// verifier follows a chain line by line. It is a value: a copy goes on from where it was taken.
type verifier struct {
	file    string
	line    int
	fresh   bool // no record was read yet
	first   uint64
	last    Head
	records int
	torn    torn
	// anchors are heads that must be on the chain, by their number.
	anchors map[uint64]string
	found   []Problem
}

// torn is what lies between two records: no record, to be named by the next one.
type torn struct {
	line  int // where it begins; 0 for nothing
	bytes int64
	sum   hash.Hash
}

func newVerifier(file string, anchors ...Head) verifier {
	v := verifier{file: file, fresh: true, anchors: map[uint64]string{}}
	for _, h := range anchors {
		v.anchors[h.Seq] = h.Hash
	}
	return v
}

func (v *verifier) problem(line int, format string, args ...any) {
	if len(v.found) < maxProblems {
		v.found = append(v.found, Problem{v.file, line, fmt.Sprintf(format, args...)})
	}
}

// next takes a line without its end. ok says that it is a record.
func (v *verifier) next(line []byte) (r Record, ok bool) {
	v.line++
	r, err := decode(line)
	switch {
	case errors.Is(err, errNewer):
		v.problem(v.line, "%v", err)
		return r, false
	case err != nil:
		if v.torn.line == 0 {
			v.torn = torn{line: v.line, sum: sha256.New()}
		}
		v.torn.bytes += int64(len(line)) + 1
		_, _ = v.torn.sum.Write(line)
		_, _ = v.torn.sum.Write([]byte{'\n'})
		return r, false
	}
	v.sealed(r)
	v.chained(r)
	h := Head{r.Seq, lineHash(line)}
	if want, noted := v.anchors[h.Seq]; noted && want != h.Hash {
		v.problem(v.line, "record %d is not the one that its head names: it, or one before it, was changed", h.Seq)
	}
	v.last = h
	v.records++
	return r, true
}

// sealed holds what lies before a record against what the record says of it.
func (v *verifier) sealed(r Record) {
	t := v.torn
	v.torn = torn{}
	switch {
	case t.line == 0 && r.Kind == Recovered:
		v.problem(v.line, "record %d seals %d bytes that are missing", r.Seq, r.Torn.Bytes)
	case t.line == 0:
	case r.Kind != Recovered:
		v.problem(t.line, "this is no record: it was changed or inserted")
	case r.Torn.Bytes != t.bytes || r.Torn.Hash != hex.EncodeToString(t.sum.Sum(nil)):
		v.problem(t.line, "this is not what record %d has sealed: it was changed", r.Seq)
	}
}

// chained holds a record's number and hash against the line before it.
func (v *verifier) chained(r Record) {
	if v.fresh {
		v.fresh, v.first = false, r.Seq
		if r.Seq == 1 && r.Prev == "" || r.Kind == Continued {
			return
		}
		v.problem(v.line, "the log begins with record %d: the records before it are missing", r.Seq)
		return
	}
	switch want := v.last.Seq + 1; {
	case r.Seq > want:
		v.problem(v.line, "record %d follows record %d: %d missing", r.Seq, v.last.Seq, r.Seq-want)
	case r.Seq < want:
		v.problem(v.line, "record %d follows record %d: moved, repeated or inserted", r.Seq, v.last.Seq)
	case r.Prev != v.last.Hash:
		v.problem(v.line, "record %d does not follow from the line before: one of the two was changed", r.Seq)
	}
}

// finish ends the log: nothing that a head names may be missing. rest is a last line without its end.
func (v *verifier) finish(rest []byte) (last *Record, r Report) {
	if len(rest) > 0 {
		// A kill between a record and the end of its line: the next record completes it.
		if rec, err := decode(rest); err == nil || errors.Is(err, errNewer) {
			if _, ok := v.next(rest); ok {
				last = &rec
			}
		} else if v.torn.line == 0 {
			v.torn.line = v.line + 1
		}
	}
	for seq := range v.anchors {
		switch {
		case seq > v.last.Seq:
			v.problem(0, "the log ends with record %d, and its head says %d: %d missing at the end", v.last.Seq, seq, seq-v.last.Seq)
		case seq != 0 && seq < v.first:
			v.problem(0, "the log begins with record %d: record %d, which a head names, lies in another file", v.first, seq)
		}
	}
	return last, Report{Records: v.records, First: v.first, Head: v.last, Problems: v.found, Torn: v.torn.line != 0}
}

// Read follows the log of a folder, hands over each record, and says whether the chain holds. Older files that the log
// continues may be named, the oldest first; noted are heads that were written down elsewhere. It streams.
func Read(dir string, older []string, noted []Head, each func(Record)) (Report, error) {
	return follow(dir, older, noted, func(r Record, _ []byte) error {
		each(r)
		return nil
	})
}

// Lines is Read with the line of each record, without its end, as it lies in the file. An error of each ends it.
func Lines(dir string, older []string, each func(r Record, line []byte) error) (Report, error) {
	return follow(dir, older, nil, each)
}

func follow(dir string, older []string, noted []Head, each func(Record, []byte) error) (Report, error) {
	anchor, there, err := readHead(dir)
	if err != nil {
		return Report{}, err
	}
	path := Path(dir)
	if there {
		noted = append([]Head{anchor}, noted...)
	}
	v := newVerifier(path, noted...)
	for i, h := range noted {
		for _, other := range noted[:i] {
			if h.Seq == other.Seq && h.Hash != other.Hash {
				v.problem(0, "the head %s is not the one that was noted, %s", other, h)
			}
		}
	}
	var rest []byte
	for i, name := range append(append([]string{}, older...), path) {
		v.file, v.line = name, 0
		if i > 0 && len(rest) > 0 {
			v.next(rest) // sealed by nothing: told with the next record
		}
		if rest, err = v.follow(name, name == path, each); err != nil {
			if errors.Is(err, errLong) {
				err = fmt.Errorf("%s: %w", name, err)
			}
			if name == path && errors.Is(err, fs.ErrNotExist) {
				rest = nil
				continue
			}
			return Report{}, err
		}
		if name == path && !there {
			v.problem(0, "its head, %s, is missing: whether the end of the log was cut off cannot be told", headName)
		}
	}
	last, report := v.finish(rest)
	if last != nil {
		if err := each(*last, rest); err != nil {
			return report, err
		}
	}
	if report.Head.Seq > anchor.Seq {
		report.Ahead = int(report.Head.Seq - anchor.Seq)
	}
	return report, nil
}

// follow follows one file; rest is a last line without its end. An older one, that somebody named, may be a pipe (<(zcat …)).
func (v *verifier) follow(name string, ours bool, each func(Record, []byte) error) (rest []byte, err error) {
	open := os.Open
	if ours {
		open = func(name string) (*os.File, error) { return openRegular(name, os.O_RDONLY) }
	}
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return v.read(f, each)
}

func (v *verifier) read(in io.Reader, each func(Record, []byte) error) (rest []byte, err error) {
	b := bufio.NewReaderSize(in, 64<<10)
	for {
		line, err := readLine(b)
		switch {
		case err == nil:
			if r, ok := v.next(line); ok {
				if err := each(r, line); err != nil {
					return nil, err
				}
			}
		case errors.Is(err, io.EOF):
			return line, nil
		default:
			return nil, err
		}
	}
}

// errLong is a line that is longer than any record.
var errLong = errors.New("a line is longer than any record: this is not an audit log")

// readLine reads a line without its end; io.EOF comes with what follows the last one. A torn end may be long, but not without bound.
func readLine(b *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte{'\n'}), nil
		case len(line) > maxTorn:
			return nil, errLong
		case errors.Is(err, bufio.ErrBufferFull):
		default:
			return line, err
		}
	}
}
