package tui

import "testing"

func TestFirst(t *testing.T) {
	for _, s := range [][2]int{{120, 40}, {80, 24}, {60, 20}} {
		d := start(t, s[0], s[1])
		t.Log("\n" + d.view())
		d.press("j", "j", "enter")
		t.Log("\n" + d.view())
		d.press("esc", "/", "p", "a")
		t.Log("\n" + d.view())
		d.press("esc", "?")
		t.Log("\n" + d.view())
		d.press("esc", "p")
		t.Log("\n" + d.view())
	}
}
