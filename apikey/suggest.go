package apikey

import (
	"fmt"
	"slices"
	"strings"
)

// UnknownPermission says that there is no such permission, and names those that may have been meant. The caller says where it was typed.
func UnknownPermission(text string, c Capabilities) error {
	want := ParsePermission(text)
	var same, bare, whole []string
	full := map[string][]string{}
	for _, g := range c.PermissionGroups {
		for _, p := range g.Permissions {
			if p.Permission.Name == "*" && text != "*" { // who misspelt some of them did not mean all
				continue
			}
			if p.Permission.Name == want.Name {
				same = append(same, p.Permission.String())
			}
			bare, whole = append(bare, p.Permission.Name), append(whole, p.Permission.String())
			full[p.Permission.Name] = append(full[p.Permission.Name], p.Permission.String())
		}
	}
	if len(same) == 1 || want.Feature == "" && len(same) > 0 {
		return fmt.Errorf("%q is not one permission; use %s", text, Alternatives(same))
	}
	var near []string
	if want.Feature != "" { // its last part alone may be that of many
		near = Nearest(text, whole)
	}
	if len(near) == 0 {
		for _, name := range slices.Compact(Nearest(want.Name, slices.Compact(slices.Sorted(slices.Values(bare))))) {
			near = append(near, full[name]...)
		}
		near = near[:min(len(near), 3)]
	}
	if len(near) == 0 {
		slices.Sort(bare)
		return fmt.Errorf("there is no permission %q; there are %s", text, strings.Join(slices.Compact(bare), ", "))
	}
	return fmt.Errorf("there is no permission %q; did you mean %s?", text, Alternatives(near))
}

// Suggest names what may have been meant, or else everything there is.
func Suggest(text string, options []string) string {
	if near := Nearest(text, options); len(near) > 0 {
		return "did you mean " + Alternatives(near) + "?"
	}
	return "there are " + strings.Join(options, ", ")
}

// Alternatives joins options as a sentence does: a, b or c.
func Alternatives(options []string) string {
	if len(options) < 2 {
		return strings.Join(options, "")
	}
	return strings.Join(options[:len(options)-1], ", ") + " or " + options[len(options)-1]
}
