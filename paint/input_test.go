package paint

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// typed lets a keyboard read what is written to it piece by piece, and returns what each read gave.
func typed(t *testing.T, size int, pieces ...string) []string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	k := newFileKeyboard(r)
	var out []string
	buf := make([]byte, size+1)
	for _, piece := range pieces {
		if _, err := w.WriteString(piece); err != nil {
			t.Fatal(err)
		}
		for readable(r, 0) {
			n, err := k.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, strings.ReplaceAll(string(buf[:n]), string(readBegin), "|"))
		}
	}
	_ = w.Close()
	return out
}

func TestAReadBeginsWhereNothingMoreWasThere(t *testing.T) {
	for _, c := range []struct {
		name   string
		size   int
		pieces []string
		want   []string
	}{
		{"single keys", 256, []string{"j", "k"}, []string{"|j", "|k"}},
		{"letters in one piece", 256, []string{"jjj"}, []string{"|jjj"}},
		{"a piece of several buffers is one read", 20, []string{"abcdefghijklmnopqrstuvwxyz"}, []string{"|abcdefghijk", "lmnopqrstuvwxyz"}},
		{"an arrow", 256, []string{"\x1b[A\x1bOB"}, []string{"|\x1b[A\x1bOB"}},
		{"a lone escape is a key after a while", 256, []string{"\x1b"}, []string{"|\x1b"}},
		{"a paste is one read", 256, []string{"\x1b[200~one", "two\x1b[201~", "x"}, []string{"\x1b[200~one", "two\x1b[201~", "|x"}},
		{"a whole paste", 256, []string{"\x1b[200~one\x1b[201~"}, []string{"|\x1b[200~one\x1b[201~"}},
		{"a sequence is not torn at the buffer's end", 17, []string{"abcd\x1b[1;5Cd"}, []string{"|abcd", "\x1b[1;5Cd"}},
		{"nor is a character", 14, []string{"abcd契x"}, []string{"|abcd", "契x"}},
		{"a report of focus", 256, []string{"\x1b[I"}, []string{"|\x1b[I"}},
	} {
		got := typed(t, c.size+len(readBegin)-9, c.pieces...)
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestASequenceThatTheLineTearsIsPutTogether(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if _, err := w.WriteString("\x1b"); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = w.WriteString("[A") // while the reader waits for it
		_ = w.Close()
	}()
	buf := make([]byte, 256)
	n, err := newFileKeyboard(r).Read(buf)
	if got := string(buf[:n]); err != nil || !strings.HasSuffix(got, "\x1b[A") {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestAKeyRightAfterEscapeIsNotAltAndThatKey(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if _, err := w.WriteString("\x1b"); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		k := newFileKeyboard(r)
		buf := make([]byte, 256)
		for range 2 {
			n, _ := k.Read(buf)
			read <- strings.ReplaceAll(string(buf[:n]), string(readBegin), "|")
		}
	}()
	for pending(r) > 0 { // until the escape was read: the reader waits for its rest now
		runtime.Gosched()
	}
	if _, err := w.WriteString("q"); err != nil {
		t.Fatal(err)
	}
	if esc, q := <-read, <-read; esc != "|\x1b" || q != "|q" {
		t.Errorf("read %q, then %q", esc, q)
	}
	_ = w.Close()
}
