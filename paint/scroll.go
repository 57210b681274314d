package paint

// A shift says that the rows from top to bottom, both included, moved up by
// that many rows; down if by is negative.
type shift struct {
	top, bottom, by int
}

const (
	// segment is the piece of a row, in columns, that is looked for elsewhere.
	// Rows as a whole do not move where a list scrolls beside a pane that stays.
	segment = 16

	minShifted = 3 // pieces that must agree before a shift is tried
)

// A scout finds the shift that most pieces of the screen made.
type scout struct {
	rows  map[uint64]int // where a piece was; repeated where it was in several rows
	votes []vote
}

type vote struct {
	n, top, bottom int
}

const repeated = -1

// find proposes a shift between two screens, if there may be one.
func (s *scout) find(old, now [][]cell) (shift, bool) {
	h := len(now)
	if s.rows == nil {
		s.rows = map[uint64]int{}
	}
	clear(s.rows)
	for y, row := range old {
		eachPiece(row, func(at int, hash uint64) {
			if before, known := s.rows[hash]; known && before != y {
				s.rows[hash] = repeated
			} else {
				s.rows[hash] = y
			}
		})
	}
	if len(s.votes) < 2*h+1 {
		s.votes = make([]vote, 2*h+1)
	}
	clear(s.votes)
	for y, row := range now {
		if &row[0] == &old[y][0] {
			continue
		}
		eachPiece(row, func(at int, hash uint64) {
			if same(row, old[y], at) {
				return
			}
			if from, known := s.rows[hash]; known && from != repeated {
				s.votes[from-y+h].count(y)
			}
		})
	}
	best := 0
	for i, v := range s.votes {
		if v.n > s.votes[best].n {
			best = i
		}
	}
	v, by := s.votes[best], best-h
	if v.n < minShifted || by == 0 {
		return shift{}, false
	}
	// The region holds where the rows are and where they were.
	return shift{min(v.top, v.top+by), max(v.bottom, v.bottom+by), by}, true
}

func (v *vote) count(y int) {
	if v.n == 0 {
		v.top, v.bottom = y, y
	}
	v.n++
	v.bottom = y
}

// eachPiece calls f with the column and the hash of every piece of a row that
// is not mostly blank. The hash tells the column too.
func eachPiece(row []cell, f func(at int, hash uint64)) {
	const prime = 1099511628211 // FNV-1a's
	for at := 0; at < len(row); at += segment {
		hash, ink := uint64(14695981039346656037)+uint64(at), 0
		for _, c := range row[at:min(at+segment, len(row))] {
			if c.glyph != ' ' {
				ink++
			}
			// The style is left out: the selected row moves as well.
			hash = (hash ^ uint64(uint32(c.glyph))) * prime
		}
		if ink >= segment/4 {
			f(at, hash)
		}
	}
}

func same(a, b []cell, at int) bool {
	for x := at; x < min(at+segment, len(a)); x++ {
		if a[x].glyph != b[x].glyph {
			return false
		}
	}
	return true
}

// apply returns the rows as they are after the shift. empty comes in.
func (s shift) apply(rows [][]cell, empty []cell, into [][]cell) [][]cell {
	into = append(into[:0], rows...)
	for y := s.top; y <= s.bottom; y++ {
		if from := y + s.by; from >= s.top && from <= s.bottom {
			into[y] = rows[from]
		} else {
			into[y] = empty
		}
	}
	return into
}
