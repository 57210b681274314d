package cli

import (
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
)

// unknownPermission names the permissions that may have been meant.
func unknownPermission(text string, c apikey.Capabilities) error {
	want := apikey.ParsePermission(text)
	var same, bare []string
	full := map[string]string{}
	for _, g := range c.PermissionGroups {
		for _, p := range g.Permissions {
			if p.Permission.Name == want.Name {
				same = append(same, p.Permission.String())
			}
			bare = append(bare, p.Permission.Name)
			full[p.Permission.Name] = p.Permission.String()
		}
	}
	if len(same) > 0 {
		return fmt.Errorf("--permission: %q is not one permission; use %s", text, alternatives(same))
	}
	near := nearest(want.Name, bare)
	for i, name := range near {
		near[i] = full[name]
	}
	if len(near) == 0 {
		slices.Sort(bare)
		return fmt.Errorf("--permission: there is no permission %q; there are %s", text, strings.Join(slices.Compact(bare), ", "))
	}
	return fmt.Errorf("--permission: there is no permission %q; did you mean %s?", text, alternatives(near))
}

// suggest names what may have been meant, or else everything there is.
func suggest(text string, options []string) string {
	if near := nearest(text, options); len(near) > 0 {
		return "did you mean " + alternatives(near) + "?"
	}
	return "there are " + strings.Join(options, ", ")
}

// nearest are at most three options that differ little from text, the nearest first.
func nearest(text string, options []string) []string {
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
		if away <= max(2, len(text)/4) {
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

// editDistance is how many letters have to be added, dropped or changed (Levenshtein).
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
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

func alternatives(options []string) string {
	if len(options) < 2 {
		return strings.Join(options, "")
	}
	return strings.Join(options[:len(options)-1], ", ") + " or " + options[len(options)-1]
}

func roleNames(c apikey.Capabilities) []string {
	names := make([]string, len(c.Roles))
	for i, r := range c.Roles {
		names[i] = r.Name
	}
	return names
}
