package form

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

// TestWhoIsAskedIsToldBeforeASecretIsSentByEar: to those who hear the screen, the line that they type is not the enter that sends it.
func TestWhoIsAskedIsToldBeforeASecretIsSentByEar(t *testing.T) {
	v := NewVerifyAmong(plainEnvironment()).(*Verify)
	v.SetSize(80, 24)
	v.Update(ui.Known{Targets: []ui.Target{{Profile: ui.Profile{Name: "shop", URL: "https://shop.example"}, Caps: apikey.Capabilities{Title: "Shop"}, Keys: []apikey.Key{{ID: "1", Name: "till", Masked: "psk_9f3c…"}}}}})
	v.Speak()
	v.Update(pasteOf("psk_9f3c71aa02bd44e0a1c5e7"))
	if cmd := v.Update(enterKey()); cmd != nil {
		t.Fatal("it was sent before anybody was named")
	}
	said := v.Speak()
	var told []string
	for _, f := range said.Facts {
		told = append(told, f.Text)
	}
	if text := strings.Join(told, "\n"); !strings.Contains(text, "shop (shop.example)") || !strings.Contains(text, "till") {
		t.Errorf("told: %s", text)
	}
	cmd := v.Update(enterKey())
	if cmd == nil {
		t.Fatal("it was not sent")
	}
	if sent, ok := cmd().(ui.Verify); !ok || strings.Join(sent.Profiles, " ") != "shop" {
		t.Errorf("%+v", cmd())
	}
}

func pasteOf(text string) tea.KeyMsg {
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true}
}
func enterKey() tea.KeyMsg { return tea.KeyMsg{Type: tea.KeyEnter} }

// TestNoShapeIsDeniedWhileProfilesAreStillAsked: enter that comes before they have answered sends nothing, and is taken up when one fits.
func TestNoShapeIsDeniedWhileProfilesAreStillAsked(t *testing.T) {
	shop := ui.Target{Profile: ui.Profile{Name: "shop", URL: "https://shop.example"}, Caps: apikey.Capabilities{Title: "Shop", SecretPrefixes: []string{"psk_"}}, Keys: []apikey.Key{{ID: "1", Name: "till", Masked: "psk_9f3c…"}}}
	other := ui.Target{Profile: ui.Profile{Name: "docs"}, Caps: apikey.Capabilities{Title: "Docs", SecretPrefixes: []string{"sk-"}}}
	for _, heard := range []bool{false, true} {
		for _, comes := range []bool{false, true} {
			v := NewVerifyAmong(plainEnvironment()).(*Verify)
			v.SetSize(80, 24)
			if heard {
				v.Speak()
			}
			v.Update(ui.Known{Targets: []ui.Target{other}, Asking: true})
			v.Update(pasteOf("psk_9f3c71aa02bd44e0a1c5e7"))
			cmd := v.Update(enterKey())
			if view := v.View(); cmd != nil || strings.Contains(view, "no profile has secrets of this shape") || !strings.Contains(view, "are still asked") {
				t.Errorf("heard %v: sent %v\n%s", heard, cmd != nil, view)
			}
			known := ui.Known{Targets: []ui.Target{other}}
			if comes {
				known.Targets = append(known.Targets, shop)
			}
			v.Update(known)
			if heard {
				v.Speak()
			}
			view := v.View()
			if !comes {
				if !strings.Contains(view, "no profile has secrets of this shape") || v.Update(enterKey()) != nil {
					t.Errorf("heard %v, none fits:\n%s", heard, view)
				}
				continue
			}
			if !strings.Contains(view, "shop (shop.example)") || strings.Contains(view, "are still asked") {
				t.Errorf("heard %v:\n%s", heard, view)
			}
			if cmd := v.Update(enterKey()); cmd == nil {
				t.Errorf("heard %v: not sent, though who is asked is named", heard)
			}
		}
	}
}
