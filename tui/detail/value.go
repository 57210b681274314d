package detail

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"

	"detent/apikey"
	"detent/tui/ui"
)

// valueOf is the text of a field that has no place of its own: a property as its service calls it, and other JSON with spaces, at which a
// line may be broken. It is empty where the service does not say.
func valueOf(env *ui.Env, f apikey.FieldInfo, s Subject) string {
	raw := s.Key.Extra[f.Member()]
	if !f.IsExtra() || raw == nil {
		return f.Text(s.Key)
	}
	for _, p := range s.Caps.Properties {
		if p.Field != f.ID {
			continue
		}
		if at, err := apikey.InstantOf(raw); err == nil && p.Kind == apikey.InstantProperty {
			return ui.Exact(at, env.Zone)
		}
		return p.Words(raw)
	}
	text := cmp.Or(strings.Join(apikey.PropertyWords(raw), ", "), string(raw))
	var spaced bytes.Buffer
	if json.Indent(&spaced, []byte(text), "", "") != nil {
		return text
	}
	return strings.ReplaceAll(spaced.String(), "\n", " ")
}
