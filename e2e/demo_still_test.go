//go:build unix

package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestTheDemoStandsStillOnceItsListIsThere: its rotations are there with the first picture of the list, and none of them has the list drawn
// every second.
func TestTheDemoStandsStillOnceItsListIsThere(t *testing.T) {
	t.Parallel()
	s := newHome(t).start(t, 100, 30, "--demo")
	s.until("the list", func(text string) bool {
		if strings.Contains(text, "NAME") && strings.Contains(text, "data-warehouse") && !strings.Contains(text, "data-warehouse ~") {
			t.Errorf("the list without its rotations:\n%s", text)
		}
		return strings.Contains(text, "↻ drain 2:00h")
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
	s.keys("q")
	if code := s.exit(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
