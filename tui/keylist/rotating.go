package keylist

import (
	"fmt"
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
