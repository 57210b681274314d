package apikey

import "time"

// Day is a calendar day's first and last second in a zone. A day is its numbers: where clocks change at midnight it may begin
// at one, or have its last hour twice. ok is false for a day that the zone has left out.
func Day(year int, month time.Month, day int, loc *time.Location) (first, last time.Time, ok bool) {
	// Clocks change at a quarter of an hour, everywhere and since long.
	const step = 15 * time.Minute
	noon := time.Date(year, month, day, 12, 0, 0, 0, loc)
	within := func(t time.Time) bool {
		y, m, d := t.Date()
		return y == year && m == month && d == day
	}
	if !within(noon) {
		return noon, noon, false
	}
	first, last = noon, noon
	for within(first.Add(-step)) {
		first = first.Add(-step)
	}
	for within(last) {
		last = last.Add(step)
	}
	return first, last.Add(-time.Second), true
}
