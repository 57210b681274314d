package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
)

// Width is the number of cells that styled text takes.
func Width(s string) int {
	if isPlainASCII(s) {
		return len(s)
	}
	return ansi.StringWidth(s)
}

// Clean makes text from a service, a file or a user fit to be put in a cell: one line, no
// control or invisible characters, and only clusters whose width every terminal agrees about.
// Of any other cluster the base character stays, or U+FFFD. It is for plain text: styles are lost.
func Clean(s string) string {
	if isPlainASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	s = strings.ToValidUTF8(s, "\uFFFD")
	for len(s) > 0 {
		takes := 1
		switch c := s[0]; {
		case c == '\n' || c == '\t' || c == '\r':
			b.WriteByte(' ')
		case c < ' ' || c == 0x7f:
		case c < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf):
			b.WriteByte(c)
		default:
			cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
			writeCluster(&b, cluster, width)
			takes = len(cluster)
		}
		s = s[takes:]
	}
	return b.String()
}

func writeCluster(b *strings.Builder, cluster string, width int) {
	base, size := utf8.DecodeRuneInString(cluster)
	switch {
	case unicode.Is(unicode.Zs, base) || base == emptyBraille:
		b.WriteByte(' ')
		return
	case !visible(base):
		return
	}
	if len(cluster) == size || allVisible(cluster[size:]) {
		if width > 0 && ansi.StringWidthWc(cluster) == width {
			b.WriteString(cluster)
			return
		}
	}
	alone := cluster[:size]
	if w := ansi.StringWidth(alone); w > 0 && w == ansi.StringWidthWc(alone) {
		b.WriteString(alone)
		return
	}
	b.WriteRune(unicode.ReplacementChar)
}

// allVisible reports whether what follows a base joins nothing and hides nothing: accents only. A variation selector
// makes its base one cell wide on one terminal and two on another.
func allVisible(s string) bool {
	for _, r := range s {
		if unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || !unicode.Is(unicode.Mn, r) && !visible(r) {
			return false
		}
	}
	return true
}

// emptyBraille is a symbol that looks like a space.
const emptyBraille = '\u2800'

// visible leaves out the letters that are drawn as nothing too, such as the Hangul fillers.
func visible(r rune) bool {
	return r == ' ' || unicode.IsGraphic(r) && r != emptyBraille &&
		!unicode.In(r, unicode.Zs, unicode.Mn, unicode.Me, unicode.Other_Default_Ignorable_Code_Point)
}

func isPlainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Truncate cuts styled text to width cells; what was cut shows as an ellipsis.
func Truncate(s string, width int) string {
	switch {
	case width <= 0:
		return ""
	case Width(s) <= width:
		return s
	}
	return ansi.Truncate(s, width, "…")
}

// Pad makes styled text exactly width cells wide, cutting or filling on the right.
func Pad(s string, width int) string {
	if width <= 0 {
		return ""
	}
	s = Truncate(s, width)
	if gap := width - Width(s); gap > 0 {
		return s + strings.Repeat(" ", gap)
	}
	return s
}

// PadLeft makes styled text exactly width cells wide, filling on the left: for numbers.
func PadLeft(s string, width int) string {
	if width <= 0 {
		return ""
	}
	s = Truncate(s, width)
	if gap := width - Width(s); gap > 0 {
		return strings.Repeat(" ", gap) + s
	}
	return s
}

// Spread puts left and right at the ends of width cells; left is cut first.
func Spread(left, right string, width int) string {
	if width <= 0 {
		return ""
	}
	right = Truncate(right, width)
	rest := width - Width(right)
	if rest < 2 {
		return Pad(right, width)
	}
	if right != "" {
		return Pad(left, rest-1) + " " + right
	}
	return Pad(left, rest)
}

// Fit makes a block exactly width by height: it can never push the rest of the frame away.
func Fit(block string, width, height int) []string {
	lines := make([]string, 0, max(height, 0))
	for line := range strings.SplitSeq(block, "\n") {
		if len(lines) == height {
			break
		}
		lines = append(lines, Pad(line, width))
	}
	for len(lines) < height {
		lines = append(lines, strings.Repeat(" ", max(width, 0)))
	}
	return lines
}

// Wrap breaks text into lines of at most width cells, at spaces where it can: never at a
// hyphen, which would tear dates, flags and names apart.
func Wrap(s string, width int) []string {
	if width <= 0 {
		return nil
	}
	var out []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		line, used := "", 0
		for i, word := range strings.Split(paragraph, " ") {
			w := Width(word)
			switch {
			case i == 0:
			case used+1+w <= width:
				line, used = line+" "+word, used+1+w
				continue
			default:
				out = append(out, line)
			}
			line, used = word, w
			for used > width { // a word longer than the line
				head := part(line, width)
				if head == "" || head == line {
					break
				}
				out = append(out, head)
				line = ansi.TruncateLeft(line, Width(head), "")
				used = Width(line)
			}
		}
		out = append(out, line)
	}
	return out
}

// part is as much of a word as a line takes: of a path or an address up to a slash, if that leaves no line half empty.
func part(word string, width int) string {
	head := ansi.Truncate(word, width, "")
	if slash := strings.LastIndexByte(head, '/'); slash > 0 && Width(head[:slash+1]) > width/2 {
		return head[:slash+1]
	}
	return head
}

const day = 24 * time.Hour

// span is a duration in the one unit that says most: "<1m", "12m", "31h", "81d", "4y".
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "<1m"
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d < 1000*day:
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%dy", d/(365*day))
}

// Span is a length of time in its leading unit: "<1m", "12m", "31h", "81d", "4y".
func Span(d time.Duration) string { return span(max(d, -d)) }

// nearest rounds what is to come to its leading unit: a key made a moment ago for 90 days
// expires in 90 days, not in 89.
func nearest(d time.Duration) time.Duration {
	switch {
	case d < time.Minute:
		return d
	case d < time.Hour:
		return d.Round(time.Minute)
	case d < 2*day:
		return d.Round(time.Hour)
	}
	return d.Round(day)
}

// Relative is an instant as seen from now: "81d" is past, "in 9d" is to come.
func Relative(at, now time.Time) string {
	if at.After(now) {
		return "in " + between(now, at, nearest)
	}
	return between(at, now, nil)
}

// between is the span from one instant to a later one, rounded where that is asked for. Beyond 292 years a Duration
// stays where it is, so that the calendar counts.
func between(from, to time.Time, round func(time.Duration) time.Duration) string {
	if years := to.Year() - from.Year(); years > 250 {
		return fmt.Sprintf("%dy", years)
	}
	d := to.Sub(from)
	if round != nil {
		d = round(d)
	}
	return span(d)
}

// Exact is an instant with its time zone: "2027-01-31 23:59:59 CET".
func Exact(at time.Time, zone *time.Location) string {
	return at.In(zone).Format("2006-01-02 15:04:05 MST")
}

// Unknown is what every screen says where the service does not say.
const Unknown = "unknown"

// Moment is a moment for a list's cell: Relative, "never" or "unknown".
func Moment(m apikey.Moment, now time.Time) string {
	if at, ok := m.Time(); ok {
		return Relative(at, now)
	}
	if m.IsNever() {
		return "never"
	}
	return Unknown
}

// MomentExact is a moment for a detail: the instant with its zone and how far
// away it is, "never" or "unknown".
func MomentExact(m apikey.Moment, now time.Time, zone *time.Location) string {
	at, ok := m.Time()
	if !ok {
		return Moment(m, now)
	}
	if at.After(now) {
		return Exact(at, zone) + " · " + Relative(at, now)
	}
	return Exact(at, zone) + " · " + Relative(at, now) + " ago"
}

// Count is a number with its noun: "1 key", "3 keys".
func Count(n int, noun string) string { return apikey.Count(n, noun) }

// Centre puts a block in the middle of width by height cells, its lines kept
// left-aligned to each other.
func Centre(block string, width, height int) []string {
	lines := strings.Split(block, "\n")
	widest := 0
	for _, line := range lines {
		widest = max(widest, Width(line))
	}
	left := strings.Repeat(" ", max((width-widest)/2, 0))
	above := max((height-len(lines))/2, 0)
	return Fit(strings.Repeat("\n", above)+left+strings.Join(lines, "\n"+left), width, height)
}
