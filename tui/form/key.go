package form

import (
	"fmt"
	"strings"

	"detent/apikey"
	"detent/tui/ui"
)

func displayName(k apikey.Key) string {
	if name := ui.Clean(k.Name); strings.TrimSpace(name) != "" {
		return name
	}
	return fmt.Sprintf("(no name) %s", ui.Clean(k.ID))
}

// keyLine is what tells the key from others of the same name.
func keyLine(p ui.Profile, k apikey.Key) string {
	parts := []string{"id " + ui.Clean(k.ID)}
	if k.Masked != "" {
		parts = append(parts, ui.Clean(k.Masked))
	}
	if p.Name != "" {
		parts = append(parts, "profile "+ui.Clean(p.Name))
	}
	if word := p.Setting.Word(k.Environment); word != "" {
		parts = append(parts, ui.Clean(word))
	}
	return strings.Join(parts, " · ")
}

// environmentOf is where a key works: what the service says of the key, else what the profile says.
func environmentOf(p ui.Profile, k apikey.Key) apikey.Environment { return p.Setting.Of(k.Environment) }

func environmentWord(e apikey.Environment) string {
	if e == apikey.Live {
		return "LIVE"
	}
	return string(e)
}

// badge is an environment as a word that looks like what it is: live shouts.
func badge(env *ui.Env, e string) string {
	switch e {
	case "live":
		return env.Styles.Live.Render("LIVE")
	case "":
		return ""
	}
	return env.Styles.Test.Render(e)
}

// isLive says that a key is guarded as a live one.
func isLive(p ui.Profile, k apikey.Key) bool { return p.Setting.Guard(k.Environment) == apikey.Live }
