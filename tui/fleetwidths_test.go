package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
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

// TestNoKeyIsCutWhereTheDetailHasRoomToGive: in the list of all profiles, where all its columns stand but the project, a KEY is cut only
// beside a detail that could not give what it lacks; and no project stands while one is cut.
func TestNoKeyIsCutWhereTheDetailHasRoomToGive(t *testing.T) {
	for _, c := range []struct{ mask, name int }{{20, 9}, {24, 30}, {24, 60}, {44, 9}} {
		var masks []string
		d, _ := startFleet(t, 120, 30, func(h *fleetHost) {
			for p, s := range h.services {
				for i := range s.keys {
					k := &s.keys[i]
					k.Masked = fmt.Sprintf("%s_%d%s", p, i, strings.Repeat("x", c.mask-len(p)-2))
					k.Name = fmt.Sprintf("%s-%d%s", p, i, strings.Repeat("n", c.name-len(p)-2))
					k.Type, k.ProjectName, k.Environment = apikey.SecretKey, "Default", apikey.Live
					masks = append(masks, k.Masked)
				}
			}
		})
		d.press("0")
		for width := 120; width <= 260; width++ {
			d.app.resize(width, 30)
			d.settle()
			titles, list := "", ""
			for line := range strings.SplitSeq(d.view(), "\n") {
				line = string([]rune(line)[:d.app.shared.list+1])
				if list += line + "\n"; strings.Contains(line, " NAME ") {
					titles = line
				}
			}
			stand := func(title string) bool { return strings.Contains(titles, " "+title+" ") }
			cut := stand("KEY") && slices.ContainsFunc(masks, func(m string) bool { return !strings.Contains(list, m) })
			switch {
			case !d.app.shared.beside && width < 160:
				continue
			case !d.app.shared.beside || width == 200 && !stand("KEY"):
				t.Fatalf("%v at %d: no KEY, or no detail beside it:\n%s", c, width, d.view())
			case cut && stand("PROJECT"):
				t.Fatalf("%v at %d: a project stands, and KEY is cut:\n%s", c, width, d.view())
			case cut && width == 200 && c.mask <= 24:
				t.Fatalf("%v at %d: KEY is cut:\n%s", c, width, d.view())
			}
			_, behind, _ := strings.Cut(titles, " KEY ")
			_, name, _ := strings.Cut(titles, " NAME ")
			lacks := c.mask - (len("KEY ") + len(behind) - len(strings.TrimLeft(behind, " ")) - 2)
			lacks += max(min(max(c.name, 12)+6, 30)-(len("NAME ")+len(name)-len(strings.TrimLeft(name, " "))-2), 0)
			if cut && stand("TYPE") && stand("CREATED") && d.app.shared.detail+2-lacks >= 40 {
				t.Fatalf("%v at %d: KEY lacks %d, and the detail has %d:\n%s", c, width, lacks, d.app.shared.detail+2, d.view())
			}
		}
	}
}
