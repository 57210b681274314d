package paint

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// A sample is a list beside a detail pane, as programs draw it: the frames that
// the tests and benchmarks paint.
type sample struct {
	width, height int
	names         []string
	cursor, top   int
	detail        bool
}

func newSample(width, height, rows int) *sample {
	s := &sample{width: width, height: height, detail: true}
	r := rand.New(rand.NewPCG(1, 2))
	kinds := []string{"payments", "ci", "ledger", "search", "mail", "billing-export", "web"}
	for i := range rows {
		s.names = append(s.names, fmt.Sprintf("%s-%s-%05x", kinds[r.IntN(len(kinds))], []string{"prod", "test", "dev"}[r.IntN(3)], i*7919%0xfffff))
	}
	return s
}

func (s *sample) page() int { return s.height - 4 }

func (s *sample) move(by int) {
	s.cursor = max(0, min(len(s.names)-1, s.cursor+by))
	s.top = max(min(s.top, s.cursor), s.cursor-s.page()+1)
}

func fit(text string, width int) string {
	text = ansi.Truncate(text, width, "…")
	return text + strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
}

func (s *sample) view() string {
	left := s.width
	if s.detail {
		left = s.width * 2 / 3
	}
	var lines []string
	lines = append(lines,
		fit(fmt.Sprintf("\x1b[1m detent\x1b[0m \x1b[90m prod · prosopo\x1b[0m \x1b[1;7;91m LIVE \x1b[0m \x1b[90m%d keys · 3 expiring\x1b[0m", len(s.names)), s.width),
		fit("\x1b[1;90m NAME                          KEY          ACCESS         CREATED  EXPIRES  USED\x1b[0m", s.width))
	fields := s.fields(s.width - left - 3)
	for y := range s.page() {
		line := strings.Repeat(" ", left)
		if i := s.top + y; i < len(s.names) {
			text := fit(fmt.Sprintf("%s %-13s%-14s%5dd  %-7s%4dm", fit(s.names[i], 28), fmt.Sprintf("pk%d_…", i%97), fmt.Sprintf("%d permissions", i%9), i%400, []string{"never", "in 9d"}[i%2], i%60), left-1)
			switch {
			case i == s.cursor:
				line = "\x1b[7m▸" + text + "\x1b[0m"
			case i%5 == 0:
				line = " " + text[:40] + "\x1b[93m" + text[40:] + "\x1b[0m"
			default:
				line = " " + text
			}
		}
		if s.detail {
			line += "\x1b[90m│\x1b[0m "
			if y < len(fields) {
				line += fields[y]
			}
		}
		lines = append(lines, line)
	}
	lines = append(lines, fit(fmt.Sprintf("\x1b[90m%d/%d\x1b[0m", s.cursor+1, len(s.names)), s.width),
		fit("\x1b[1mn\x1b[0m\x1b[90m new · \x1b[0m\x1b[1mr\x1b[0m\x1b[90m rotate · \x1b[0m\x1b[1m/\x1b[0m\x1b[90m filter\x1b[0m", s.width))
	return strings.Join(lines, "\n")
}

func (s *sample) fields(width int) []string {
	i := s.cursor
	return []string{
		"\x1b[1m" + fit(s.names[i], width) + "\x1b[0m",
		"",
		"\x1b[90mid        \x1b[0m" + fmt.Sprintf("key_%08x", i*2654435761%0xffffffff),
		"\x1b[90mstatus    \x1b[0menabled",
		"\x1b[90menv       \x1b[0mlive",
		"\x1b[90mcreated   \x1b[0m" + fmt.Sprintf("2026-%02d-%02d 10:%02d CET", i%12+1, i%28+1, i%60),
		"\x1b[90mexpires   \x1b[0m" + []string{"never", "2026-12-02 00:00 CET"}[i%2],
		"\x1b[90mlast used \x1b[0m" + fmt.Sprintf("%d minutes ago", i%60),
		"",
		"\x1b[90maccess\x1b[0m",
		"  Access rules",
		"    getRules",
		"    updateRules",
	}
}

// A walk draws random frames: text of every kind, styles, scrolls, inserts,
// jumps, resizes.
type walk struct {
	r             *rand.Rand
	width, height int
	lines         []string
}

var scraps = []string{
	"payments-api", "never", "in 9d", " ", "    ", "                  ", "x", "API key", "─────────", "│ ", "▸", "ä", "é", "e\u0301", "ñ\u0303o",
	"漢字", "キー", "한글", "ｆｕｌｌ", "שלום", "مفتاح", "👩‍👩‍👧", "🇩🇪", "❤️", "👍🏽", "🔑", "a\u200db", "\u200b", "\u202eevil", "\t", "\x00", "\u0301",
	"\u1160", "\U000e0041", "ก็", "क्षि", "·", "…", "\ufffd", "\u00ad", "⌚", "☎", "1️⃣", "\xff", "\u009b31m",
}

var pens = []string{
	"", "\x1b[m", "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[7m", "\x1b[4m", "\x1b[22m", "\x1b[27;24m", "\x1b[31m", "\x1b[1;92m", "\x1b[38;5;208m",
	"\x1b[48;5;236m", "\x1b[38;2;1;2;3m", "\x1b[48:2::9:8:7m", "\x1b[39m", "\x1b[49m", "\x1b[4:3m", "\x1b[9m", "\x1b[3;2m", "\x1b]8;;http://x\x1b\\", "\x1b[2J", "\x1b[5A",
}

func newWalk(seed uint64, width, height int) *walk {
	w := &walk{r: rand.New(rand.NewPCG(seed, 0)), width: width, height: height}
	for range height {
		w.lines = append(w.lines, w.line())
	}
	return w
}

func (w *walk) line() string {
	var b strings.Builder
	for range w.r.IntN(14) {
		if w.r.IntN(3) == 0 {
			b.WriteString(pens[w.r.IntN(len(pens))])
		}
		b.WriteString(scraps[w.r.IntN(len(scraps))])
	}
	if w.r.IntN(8) > 0 {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// step changes the picture in one way and returns the frame.
func (w *walk) step() string {
	n := len(w.lines)
	at := w.r.IntN(n)
	switch w.r.IntN(8) {
	case 0:
		w.lines[at] = w.line()
	case 1, 2: // a region scrolls
		to := at + w.r.IntN(n-at)
		by := 1 + w.r.IntN(3)
		for range by {
			copy(w.lines[at:to+1], w.lines[min(at+1, to):to+1])
			w.lines[to] = w.line()
		}
	case 3: // and back
		to := at + w.r.IntN(n-at)
		copy(w.lines[min(at+1, to):to+1], w.lines[at:to+1])
		w.lines[at] = w.line()
	case 4:
		w.lines[at] = scraps[w.r.IntN(len(scraps))] + w.lines[at]
	case 5:
		w.lines[at] = ""
	case 6:
		for range 3 {
			w.lines[w.r.IntN(n)] = w.line()
		}
	case 7:
		if w.r.IntN(4) == 0 {
			for i := range w.lines {
				w.lines[i] = w.line()
			}
		}
	}
	return strings.Join(w.lines[:n-w.r.IntN(2)*w.r.IntN(3)], "\n")
}

func benchmarkFrames(b *testing.B, s *sample, step func(i int)) {
	var c canvas
	c.paint(frame{text: s.view(), width: s.width, height: s.height})
	bytes, frames := 0, 0
	const prepared = 512
	texts := make([]string, prepared)
	for i := range texts {
		step(i)
		texts[i] = s.view()
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%prepared == 0 { // the jump back to the first frame is not what is measured
			c.paint(frame{text: texts[prepared-1], width: s.width, height: s.height, fresh: true})
			c.paint(frame{text: texts[0], width: s.width, height: s.height})
			continue
		}
		bytes += len(c.paint(frame{text: texts[i%prepared], width: s.width, height: s.height}))
		frames++
	}
	b.ReportMetric(float64(bytes)/float64(max(frames, 1)), "B/frame")
}

func BenchmarkMove(b *testing.B) {
	s := newSample(120, 40, 10000)
	down := true
	benchmarkFrames(b, s, func(int) {
		if s.cursor == s.page()-1 {
			down = false
		} else if s.cursor == 0 {
			down = true
		}
		if down {
			s.move(1)
		} else {
			s.move(-1)
		}
	})
}

func BenchmarkMoveWithoutPane(b *testing.B) {
	s := newSample(120, 40, 10000)
	s.detail = false
	benchmarkFrames(b, s, func(i int) { s.move(1 - 2*(i/(s.page()-1)%2)) })
}

func BenchmarkScroll(b *testing.B) {
	s := newSample(120, 40, 10000)
	s.move(s.page())
	benchmarkFrames(b, s, func(int) { s.move(1) })
}

func BenchmarkScrollWithoutPane(b *testing.B) {
	s := newSample(120, 40, 10000)
	s.detail = false
	s.move(s.page())
	benchmarkFrames(b, s, func(int) { s.move(1) })
}

func BenchmarkPage(b *testing.B) {
	s := newSample(120, 40, 100000)
	benchmarkFrames(b, s, func(int) { s.move(s.page()) })
}

func BenchmarkRepaint(b *testing.B) {
	s := newSample(120, 40, 10000)
	var c canvas
	bytes := 0
	view := s.view()
	b.ReportAllocs()
	for b.Loop() {
		bytes = len(c.paint(frame{text: view, width: s.width, height: s.height, fresh: true}))
	}
	b.ReportMetric(float64(bytes), "B/frame")
}
