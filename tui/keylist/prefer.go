package keylist

import (
	"fmt"
	"slices"
	"strings"
)

// Columns are the names of the columns: their titles as a configuration writes them.
func Columns() []string {
	var out []string
	for _, c := range columns() {
		out = append(out, c.nameOf())
	}
	return out
}

func (c *column) nameOf() string {
	return strings.ReplaceAll(strings.ToLower(c.title), " ", "_")
}

// CheckColumns says what is wrong with a choice of columns, CheckOrder with an order.
func CheckColumns(names []string) error {
	for i, name := range names {
		switch {
		case !slices.Contains(Columns(), name):
			return fmt.Errorf("there is no column %q; there are %s", name, strings.Join(Columns(), ", "))
		case slices.Contains(names[:i], name):
			return fmt.Errorf("%s is there twice", name)
		}
	}
	if len(names) > 0 && names[0] != Columns()[0] {
		return fmt.Errorf("the first column is always %s", Columns()[0])
	}
	return nil
}

// CheckOrder says what is wrong with what a list is to begin with.
func CheckOrder(order string) error {
	name := strings.TrimPrefix(order, "-")
	var sorts []string
	for _, c := range columns() {
		if c.sortable() {
			sorts = append(sorts, c.nameOf())
		}
	}
	if order != "" && !slices.Contains(sorts, name) {
		return fmt.Errorf(`nothing is sorted by %q; there are %s, and with - before it the reverse order`, name, strings.Join(sorts, ", "))
	}
	return nil
}

// Prefer takes the columns that are wanted, in their order, and the order to begin with; what is wrong is left out. It is for a list that
// has no keys yet.
func (l *List) Prefer(names []string, order string) {
	if len(names) > 0 && CheckColumns(names) == nil {
		all := map[string]column{}
		for _, c := range columns() {
			all[c.nameOf()] = c
		}
		profile := strings.ToLower(profileColumn)
		if !slices.Contains(names, profile) {
			names = slices.Insert(slices.Clone(names), 1, profile) // where rows are of several profiles, each says of which
		}
		chosen := make([]column, len(names))
		for i, name := range names {
			chosen[i] = all[name]
		}
		l.setColumns(chosen)
	}
	name, reverse := strings.CutPrefix(order, "-")
	if i := slices.IndexFunc(l.columns, func(c column) bool { return c.nameOf() == name && c.sortable() }); i >= 0 {
		l.sortBy, l.reverse = i, reverse
	}
	l.Clear()
}

// setColumns gives the list its columns, and sorts by what wants something done where that is one of them.
func (l *List) setColumns(columns []column) {
	l.columns, l.byDrop = columns, nil
	for i := 1; i < len(columns); i++ {
		l.byDrop = append(l.byDrop, i)
	}
	slices.SortFunc(l.byDrop, func(a, b int) int { return columns[a].drop - columns[b].drop })
	l.sortBy = max(slices.IndexFunc(columns, func(c column) bool { return c.byNeed }), 0)
}

// SortedBy is what the list is sorted by, as Prefer takes it.
func (l *List) SortedBy() string {
	if l.reverse {
		return "-" + l.columns[l.sortBy].nameOf()
	}
	return l.columns[l.sortBy].nameOf()
}
