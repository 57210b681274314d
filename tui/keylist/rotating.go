package keylist

import (
	"fmt"
	"maps"
	"time"

	"detent/tui/ui"
)

// Of names a key of a list: the place of its profile, and its id.
type Of struct {
	Profile int
	ID      string
}

// Rotating is what the rotation of a key waits for: a time, or a person where there is none.
type Rotating struct {
	Step string
	Ends time.Time
}

const waitsForYou = "↻ waits for you"

func (r Rotating) cell(now time.Time) cell {
	left := r.Ends.Sub(now).Round(time.Second)
	if left <= 0 {
		return cell{text: waitsForYou, tone: ui.Warn}
	}
	text := fmt.Sprintf("%d:%02d", left/time.Minute, left%time.Minute/time.Second)
	if left >= time.Hour {
		left = left.Round(time.Minute)
		text = fmt.Sprintf("%d:%02dh", left/time.Hour, left%time.Hour/time.Minute)
	}
	return cell{text: "↻ " + r.Step + " " + text, tone: ui.Accent}
}

// Changes is how long until the row says another time: a second, and where hours are left up to a minute, so that a list that only
// waits for long is not drawn for nothing.
func (r Rotating) Changes(now time.Time) time.Duration {
	left := r.Ends.Sub(now).Round(time.Second)
	if left <= time.Hour {
		return time.Second
	}
	return min((left+time.Minute/2)%time.Minute, left-time.Hour) + time.Second
}

// SetRotating says of old keys of open rotations what those wait for.
func (l *List) SetRotating(rows map[Of]Rotating) {
	if maps.Equal(rows, l.rotating) {
		return
	}
	wider := (len(rows) > 0) != (len(l.rotating) > 0)
	l.rotating, l.ctx.rotating = rows, rows
	if wider {
		l.relayout()
	}
	l.TickRotating()
}

// TickRotating draws the rows that count down anew.
func (l *List) TickRotating() {
	if len(l.rotating) == 0 {
		return
	}
	for i := range l.rows {
		if _, is := l.rotating[l.named(i)]; is {
			delete(l.rows, i)
		}
	}
}
