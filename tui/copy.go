package tui

import (
	"strings"
	"unicode"

	"detent/apikey"
	"detent/tui/dialog"
	"detent/tui/ui"
)

// copyable asks what of a key is to be copied: of what is known of it, and the lines that a program reads it by. A secret is in none.
func (a *App) copyable(k *apikey.Key) ui.Screen {
	var options []dialog.Option
	add := func(label, text string) {
		if text != "" {
			options = append(options, dialog.Option{Label: label, About: ui.Clean(text), Do: ui.CopyText{What: "the " + label, Text: ui.Clean(text)}})
		}
	}
	variable := variableOf(k.Name)
	add("id", k.ID)
	name, _ := apikey.SplitName(k.Name)
	add("name", name)
	add("mask", k.Masked)
	add(".env line", variable+"=  # "+strings.Join(strings.Fields(ui.Clean(name)+" "+k.Masked+" "+k.ID), " "))
	if c := a.here().conn; c != nil && !c.Profile.Embedded {
		add("curl line", `curl -H "Authorization: Bearer $`+variable+`" `+c.Profile.URL)
	}
	return dialog.NewChoice(a.env, "Copy", options)
}

// variableOf is a usual name for the variable of a key: payments-api is PAYMENTS_API.
func variableOf(name string) string {
	name, _ = apikey.SplitName(name)
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	switch out := strings.Join(words, "_"); {
	case out == "":
		return "API_KEY"
	case unicode.IsDigit(rune(out[0])):
		return "KEY_" + out
	default:
		return out
	}
}
