package paint

import (
	"slices"
	"strings"
	"testing"
)

// show paints a frame on the terminal, from scratch.
func showFresh(text string, width, height int) *terminal {
	t := newTerminal(width, height)
	var c canvas
	t.Write(c.paint(frame{text: text, width: width, height: height}))
	return t
}

func checkSame(t *testing.T, step int, text string, got, want *terminal) {
	t.Helper()
	if len(got.faults) > 0 {
		t.Fatalf("step %d: the terminal complains: %v", step, got.faults)
	}
	a, b := got.picture(), want.picture()
	for y := range a {
		if a[y] != b[y] {
			t.Fatalf("step %d, row %d:\ndiffs   %q\nrepaint %q\nframe line %q", step, y, a[y], b[y], strings.Split(text, "\n")[y])
		}
	}
}

func TestDiffsShowWhatARepaintShows(t *testing.T) {
	seeds := uint64(40)
	if testing.Short() {
		seeds = 8
	}
	for seed := range seeds {
		w := newWalk(seed, 20+int(seed)*3, 3+int(seed)%20)
		term := newTerminal(w.width, w.height)
		var c canvas
		for step := range 120 {
			text := w.step()
			if step%40 == 39 { // a resize, with the frame of the new size
				w.width += 7 - int(seed)%15
				term.resize(w.width, term.height)
			}
			f := frame{text: text, width: w.width, height: w.height, fresh: step%40 == 39 || step%50 == 49}
			term.Write(c.paint(f))
			want := showFresh(text, w.width, w.height)
			checkSame(t, step, text, term, want)
			if got := term.text(); !slices.Equal(got, Text(text, w.width, w.height)) {
				t.Fatalf("seed %d step %d: Text says %q, the terminal shows %q", seed, step, Text(text, w.width, w.height), got)
			}
		}
	}
}

func TestAListScrolledBesideAPaneIsExact(t *testing.T) {
	s := newSample(120, 40, 500)
	term := newTerminal(s.width, s.height)
	var c canvas
	for step, by := range []int{0, 1, 1, 30, 4, 1, 1, 1, -1, -40, 2, 5, 90, 36, 36, -36, 1, -400, 499, -1, -35, -1, -1} {
		s.move(by)
		text := s.view()
		term.Write(c.paint(frame{text: text, width: s.width, height: s.height}))
		checkSame(t, step, text, term, showFresh(text, s.width, s.height))
	}
}

func TestAFrameThatIsShownCostsNothing(t *testing.T) {
	s := newSample(120, 40, 500)
	var c canvas
	f := frame{text: s.view(), width: 120, height: 40}
	c.paint(f)
	if out := c.paint(f); len(out) != 0 {
		t.Errorf("the same frame wrote %q", out)
	}
	f.text = "\x1b[0m" + f.text
	if out := c.paint(f); len(out) != 0 {
		t.Errorf("a frame that looks the same wrote %q", out)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add("\x1b[1mdetent\x1b[0m\nlist", "\x1b[1mdetent\x1b[0m\nrow\nlist", uint8(20), uint8(5))
	f.Add("漢字漢字\n│ e\u0301 │", "x漢字\n👩‍👩‍👧│", uint8(7), uint8(2))
	f.Add("\x1b]52;c;eA==\x07\u009b2J", "\x00\x7f\u2028\x1b[?1049l", uint8(9), uint8(2))
	f.Add("\x1b[38;2;1;2", "\x1b[48:5m\t\xff", uint8(1), uint8(1))
	f.Fuzz(func(t *testing.T, first, second string, width, height uint8) {
		w, h := int(width)%200+1, int(height)%60+1
		term := newTerminal(w, h)
		var c canvas
		for _, text := range []string{first, second} {
			out := c.paint(frame{text: text, width: w, height: h})
			if bad := stray(out); bad != "" {
				t.Fatal(bad)
			}
			term.Write(out)
		}
		want := showFresh(second, w, h)
		if len(term.faults) > 0 {
			t.Fatalf("the terminal complains: %v", term.faults)
		}
		if !slices.Equal(term.picture(), want.picture()) {
			t.Fatalf("diff:\n%q\nrepaint:\n%q", term.picture(), want.picture())
		}
	})
}
