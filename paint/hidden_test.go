//go:build unix

package paint

import (
	"io"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// TestWhatWasPastedWithAHiddenLineIsTakenWithIt: nothing is left for the shell.
func TestWhatWasPastedWithAHiddenLineIsTakenWithIt(t *testing.T) {
	for typed, want := range map[string]string{"one\r": "one", "one\rrm -rf x\rthree": "one\nrm -rf x\nthree", "one\n\ntwo\n": "one\n\ntwo\n", strings.Repeat("k=v\r", 500): strings.Repeat("k=v\n", 500)} {
		master, tty, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.Copy(io.Discard, master) }()
		if _, err := master.WriteString(typed); err != nil {
			t.Fatal(err)
		}
		got, err := ReadHidden(tty)
		if strings.TrimSuffix(got, "\n") != strings.TrimSuffix(want, "\n") || err != nil {
			t.Errorf("%.40q: read %.60q, %v", typed, got, err)
		}
		if readable(tty, 0) {
			t.Errorf("%.40q: something is left for the shell", typed)
		}
		_ = tty.Close()
		_ = master.Close()
	}
}
