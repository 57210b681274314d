//go:build unix

package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestTheDemoStandsStillOnceItsListIsThere: its rotations are made before the list is read, what is found of them comes with it, and none of
// them has the list drawn every second.
func TestTheDemoStandsStillOnceItsListIsThere(t *testing.T) {
	t.Parallel()
	s := newHome(t).start(t, 100, 30, "--demo")
	keys := regexp.MustCompile(`\d+ keys`)
	first := "" // how many keys there are when all have answered: a rotation that begins later makes one more
	s.until("the list", func(text string) bool {
		if first == "" && strings.Contains(text, "3 of 3 answered") {
			first = keys.FindString(text)
		}
		return first != "" && strings.Contains(text, "↻ drain 2:00h")
	})
	const still = 1500 * time.Millisecond // longer than the second of a row that counts seconds
	for since := time.Duration(0); since < still; {
		time.Sleep(still - since)
		s.mu.Lock()
		since = time.Since(s.reads[len(s.reads)-1].at)
		if shown := time.Since(s.reads[0].at); since < still && shown > patience {
			s.mu.Unlock()
			t.Fatalf("after %v it is drawn still:\n%s", shown, s.text())
		}
		s.mu.Unlock()
	}
	if last := keys.FindString(s.text()); first != last || first == "" {
		t.Errorf("the list has %q first, and then %q", first, last)
	}
	s.keys("q")
	if code := s.exit(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
