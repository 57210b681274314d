package apikey

import (
	"slices"
	"strings"
)

// Nearest are at most three of the options that differ little from text, the nearest first, capitals aside: what somebody
// who mistyped it may have meant.
func Nearest(text string, options []string) []string {
	type candidate struct {
		name string
		away int
	}
	text = strings.ToLower(text)
	var found []candidate
	for _, o := range options {
		low := strings.ToLower(o)
		away := editDistance(text, low)
		if len(text) >= 4 && (strings.Contains(low, text) || strings.Contains(text, low)) {
			away = min(away, 1)
		}
		if away <= max(2, len(text)/4) && away < max(len(text), len(low)) { // something in it is the same
			found = append(found, candidate{o, away})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return a.away - b.away })
	names := make([]string, 0, 3)
	for _, c := range found[:min(3, len(found))] {
		names = append(names, c.name)
	}
	return names
}

// editDistance is how many bytes have to be added, dropped or changed (Levenshtein).
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b)) // no name is so long, and it takes the time of both multiplied
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
