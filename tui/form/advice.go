package form

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"detent/tui/ui"
)

// advice is as many of a service's words of advice as fit in room lines, the first ones first. Each is whole or left out.
func advice(env *ui.Env, texts []string, width, room int) []string {
	var out []string
	for _, text := range texts {
		if text == "" {
			continue
		}
		more := ui.Hanging(env.Styles.Dim.Render, "· ", ui.Clean(text), width)
		if len(out)+len(more) > room {
			break
		}
		out = append(out, more...)
	}
	return out
}

// atFoot puts advice into the empty lines at the end of a page, which nothing else needs: nothing moves for it.
func atFoot(env *ui.Env, page, texts []string, width int) []string {
	end := len(page)
	for end > 0 && strings.TrimSpace(ansi.Strip(page[end-1])) == "" {
		end--
	}
	said := advice(env, texts, width, len(page)-end-1)
	return slices.Concat(page[:len(page)-len(said)], said)
}
