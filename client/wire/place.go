package wire

import (
	"slices"
	"strings"
)

// letters are those of the texts of a list, many in one piece of memory: a text of its own for each is a third of what a list of 10,000 keys allocates.
// What is in a piece stays, so that a part of it may be kept as long as one likes.
type letters struct{ piece strings.Builder }

// The pieces: a single key takes a small one.
const (
	firstPiece = 256
	mostPiece  = 16 << 10
)

// keep is a text that is a copy of b.
func (l *letters) keep(b []byte) string {
	if len(b) > l.piece.Cap()-l.piece.Len() {
		size := min(max(2*l.piece.Cap(), firstPiece), mostPiece)
		if len(b) > size/4 {
			return string(b)
		}
		l.piece = strings.Builder{}
		l.piece.Grow(size)
	}
	from := l.piece.Len()
	l.piece.Write(b)
	return l.piece.String()[from:]
}

// textPlace is the place of a text in a row of a list.
type textPlace struct {
	text *Text
	in   *letters
	all  bool // what is no text is taken as it stands: a row without any would have none
}

func (p *textPlace) UnmarshalJSON(b []byte) error {
	if inside, ok := unquoted(b); ok {
		*p.text = Text(p.in.keep(inside))
		return nil
	}
	if p.all && len(b) > 0 && strings.IndexByte("[{tf", b[0]) >= 0 {
		*p.text = Text(Literal(b))
		return nil
	}
	return p.text.UnmarshalJSON(b)
}

// timePlace is the place of an instant in a row that has something in place of none.
type timePlace struct {
	time *Time
	none []string
}

func (p *timePlace) UnmarshalJSON(b []byte) error {
	if slices.Contains(p.none, Literal(b)) {
		*p.time = Time{Set: true, Absent: true}
		return nil
	}
	return p.time.UnmarshalJSON(b)
}

// Shared is what was made of JSON that many rows have alike. Nobody may change it: other keys have it too.
type Shared[T any] map[string]T

// maxShared bounds what a list of which no two rows are alike costs.
const maxShared = 1000

// Of is what make makes of JSON.
func (s *Shared[T]) Of(raw []byte, make func(raw []byte) T) T {
	if known, ok := (*s)[string(raw)]; ok {
		return known
	}
	made := make(raw)
	if *s == nil {
		*s = Shared[T]{}
	}
	if len(*s) < maxShared {
		(*s)[string(raw)] = made
	}
	return made
}

// referencePlace is the place of a reference in a row of a list.
type referencePlace struct {
	reference *reference
	objects   *Shared[reference]
}

func (p *referencePlace) UnmarshalJSON(b []byte) (err error) {
	if len(b) == 0 || b[0] != '{' {
		return p.reference.UnmarshalJSON(b)
	}
	*p.reference = p.objects.Of(b, func(raw []byte) (r reference) {
		err = r.UnmarshalJSON(raw)
		return r
	})
	return err
}
