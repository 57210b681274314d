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
	near := apikey.Nearest(want.Name, bare)
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
	if near := apikey.Nearest(text, options); len(near) > 0 {
		return "did you mean " + alternatives(near) + "?"
	}
	return "there are " + strings.Join(options, ", ")
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
