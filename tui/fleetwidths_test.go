package tui

import (
	"strings"
	"testing"
)

// TestNoIDIsBrokenAtAnyWidth: the list of all profiles with its detail, a plan, a leaked secret and a bulk question at each width.
func TestNoIDIsBrokenAtAnyWidth(t *testing.T) {
	long := "65f03c6ef367aa0192837465"
	d, _ := startFleet(t, 60, 30, func(h *fleetHost) { h.services["shop"].keys[3].ID = long })
	d.press("0").isOn("shop-nightly-report")
	for width := 60; width <= 220; width++ {
		d.app.resize(width, 30)
		d.app.settle()
		d.check()
		if d.press("enter"); !strings.Contains(d.view(), long) {
			t.Fatalf("at %d the id is broken or gone:\n%s", width, d.view())
		}
		d.press("esc")
		for _, screen := range [][]string{{"v"}, {"space", "d"}, {"R"}, {"n"}} { // each frame's size is checked as it is drawn
			d.press(screen...).press("esc")
			d.app.list.ClearMarks()
			d.app.list.Select("shop\x1f" + long)
		}
	}
}

// TestTheListOfAllProfilesSaysWhereEachKeyWorks: of a key that does not say it itself, as its profile does; in the list of one
// profile the frame says it.
func TestTheListOfAllProfilesSaysWhereEachKeyWorks(t *testing.T) {
	d, _ := startFleet(t, 120, 40)
	d.press("0")
	for profile, word := range map[string]string{"prod": "▲ LIVE", "shop": "△ test", "gen": "△ env?"} {
		for line := range strings.SplitSeq(d.view(), "\n") {
			if strings.Contains(line, profile+"-ci-deploy") && !strings.Contains(line, word) {
				t.Errorf("a key of %s does not say %s: %q", profile, word, line)
			}
		}
	}
	d.press("1").sees("LIVE").seesNot("▲ LIVE").seesNot(" ENV ")
}

// TestNoColumnStandsWhereOneThatMattersMoreHadNoRoom: in the list of all profiles as well, and with a wide status.
func TestNoColumnStandsWhereOneThatMattersMoreHadNoRoom(t *testing.T) {
	for _, keys := range []string{"0", "0 enter esc", "r enter enter enter esc 0"} {
		d := openedAt(t, keys, 60, 30)
		for width := 60; width <= 220; width++ {
			d.app.resize(width, 30)
			d.settle()
			titles := ""
			for line := range strings.SplitSeq(d.view(), "\n") {
				if strings.Contains(line, " NAME ") {
					titles = line
				}
			}
			if titles == "" {
				t.Fatalf("at %d there are no titles:\n%s", width, d.view())
			}
			for _, less := range []string{"CREATED", "LAST USED", " KEY "} {
				for _, more := range []string{"PROFILE", "ENV", "ACCESS", "STATUS", "EXPIRES"} {
					if strings.Contains(titles, less) && !strings.Contains(titles, more) {
						t.Fatalf("%s: at %d %s stands, and %s does not: %s", keys, width, less, more, titles)
					}
				}
			}
		}
	}
}
