package tui

import (
	"strings"
	"testing"
)

// TestAChipIsTabAndEnter: tab and enter leave the keys of the most urgent state, and again take the filter away.
func TestAChipIsTabAndEnter(t *testing.T) {
	d := start(t, 120, 40)
	d.sees("[✗ expired 1] [! expiring 1] [! old 29]")
	d.press("tab", "enter").sees("status:expired", "1 of 40").isOn("web-frontend")
	d.press("tab", "tab", "enter").sees("status:expiring", "1 of 40").isOn("payments-api").seesNot("status:expired")
	d.press("tab", "tab", "enter").seesNot("status:")
	d.press("/").typing("api").press("enter", "tab", "tab", "tab", "enter").sees("api status:old")
	d.press("esc").press("tab", "j").isOn("payments-api") // any other key is for the rows
	d.press("enter").sees("esc back")
}

func TestTheLineOfExpiriesIsHiddenWhereRowsAreFew(t *testing.T) {
	for height := 20; height <= 40; height++ {
		d := start(t, 120, height)
		if has := strings.Contains(d.view(), "expiries  now"); has != (height >= 30) {
			t.Errorf("at %d rows the line of expiries is there: %v", height, has)
		}
	}
}

// TestTheListIsWiderWhereThereIsNothingBesideIt: no empty pane.
func TestTheListIsWiderWhereThereIsNothingBesideIt(t *testing.T) {
	d := start(t, 120, 40)
	d.press("/").typing("zzz")
	for _, line := range strings.Split(d.view(), "\n")[1:39] {
		if strings.Count(line, "│") != 2 {
			t.Fatalf("a pane beside nothing: %q", line)
		}
	}
	d.press("esc").sees("PERMISSIONS")
}

// TestTheDetailHasMostOfTheWidthWhereItIsRead.
func TestTheDetailHasMostOfTheWidthWhereItIsRead(t *testing.T) {
	for _, width := range []int{100, 120, 160, 200} {
		d := start(t, width, 40)
		d.press("enter")
		line := []rune(strings.Split(d.view(), "\n")[5])
		at := strings.IndexRune(string(line[1:]), '│')
		if left := len([]rune(string(line[1:])[:at])) + 1; width-left < width*58/100 || width-left > width*62/100 {
			t.Errorf("at %d the detail has %d cells:\n%s", width, width-left, d.view())
		}
	}
}

func TestWhereTheCursorStandsIsTold(t *testing.T) {
	d := start(t, 80, 24)
	d.sees("1/40").press("j", "j").sees("3/40").press("G").sees("40/40").press("/").typing("api").press("enter").sees("/22 ·")
}
