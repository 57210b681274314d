package tui

import (
	"slices"
	"strings"
	"testing"

	"detent/apikey"
)

// A wider terminal never shows less: where the detail comes beside the list, no column goes for it.
func TestAWiderTerminalLosesNoColumn(t *testing.T) {
	for _, service := range []string{"prosopo", "with roles", "with environments", "with long names"} {
		d := start(t, 60, 24, func(_ *Options, h *fakeHost) {
			for i := range h.service.keys {
				switch k := &h.service.keys[i]; service {
				case "with roles":
					k.Permissions, k.Role = nil, "application"
				case "with environments":
					k.Environment = apikey.Live
				case "with long names":
					k.Name += " of the blue-green canary in eu-central-1"
				}
			}
		})
		var before []string
		for width := 60; width <= 220; width++ {
			d.app.resize(width, 24)
			d.settle()
			var titles []string
			for _, line := range strings.Split(d.view(), "\n")[:4] {
				for _, c := range []string{"NAME", "KEY", "ACCESS", "CREATED", "STATUS", "EXPIRES", "LAST USED", "ENV"} {
					if strings.Contains(line, " NAME ") && strings.Contains(line, c) {
						titles = append(titles, c)
					}
				}
			}
			if !slices.Contains(titles, "NAME") {
				t.Fatalf("%s: at %d no titles were found:\n%s", service, width, d.view())
			}
			if slices.Contains(titles, "CREATED") && !slices.Contains(titles, "ACCESS") {
				t.Fatalf("%s: at %d CREATED shows and ACCESS does not", service, width)
			}
			for _, c := range []string{"NAME", "ACCESS", "STATUS", "EXPIRES", "ENV"} {
				if slices.Contains(before, c) && !slices.Contains(titles, c) {
					t.Fatalf("%s: %s shows at %d and not at %d:\n%s", service, c, width-1, width, d.view())
				}
			}
			before = titles
		}
	}
}
