package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/creack/pty"
)

const asProgram = "DETENT_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestStartAsksTheTerminalNothing holds the order of initialisation: detent/aterm
// has to come before Bubble Tea, which would ask for the background's colour
// and wait for an answer for five seconds.
func TestStartAsksTheTerminalNothing(t *testing.T) {
	cmd := exec.Command(os.Args[0], "version")
	cmd.Env = []string{asProgram + "=1", "TERM=xterm-256color", "HOME=" + t.TempDir()}
	began := time.Now()
	f, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	out, _ := io.ReadAll(f) // a terminal that its program has left answers with EIO
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !bytes.HasPrefix(out, []byte("detent ")) || bytes.ContainsRune(out, 0x1b) {
		t.Errorf("wrote %q", out)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("took %s: it waits for the terminal's answer", took)
	}
}
