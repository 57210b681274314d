package form

import (
	"errors"

	"detent/client"
	"detent/tui/ui"
)

// failure says in lines what happened, what is certain and what to do next.
// undone is what is certain when nothing happened; doubt is what to do when that is not known.
func failure(env *ui.Env, err error, undone, doubt string, width int) []string {
	st := env.Styles
	out := ui.Hanging(st.Bad.Render, "✗ ", ui.Clean(err.Error()), width)
	var known *client.Error
	switch {
	case client.MayHaveHappened(err):
		out = append(out, ui.Hanging(st.Warn.Render, "? ", "No answer is not a no. "+doubt, width)...)
	case errors.As(err, &known) && known.Outcome == client.NotDone && undone != "":
		out = append(out, ui.Hanging(st.Base.Render, "  ", "Certain: "+undone, width)...)
	}
	if hint := client.HintOf(err); hint != "" {
		out = append(out, ui.Hanging(st.Base.Render, "  ", ui.Clean(hint), width)...)
	}
	return out
}
