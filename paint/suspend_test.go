//go:build unix

package paint

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// shell is a session leader that runs the program as a job in the foreground,
// says when it stops, and continues it at the next line.
func shell() {
	signal.Ignore(syscall.SIGTTOU)
	cooked, _ := term.GetState(os.Stdin.Fd())
	exe, _ := os.Executable()
	job := exec.Command(exe)
	job.Env = append(os.Environ(), programVariable+"="+os.Getenv("PAINT_TEST_JOB"))
	job.Stdin, job.Stdout, job.Stderr = os.Stdin, os.Stdout, os.Stderr
	job.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: 0}
	if err := job.Start(); err != nil {
		fmt.Println(err)
		return
	}
	pid := job.Process.Pid
	for n := 1; ; n++ {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
			_ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, os.Getpid())
			fmt.Printf("job ended %d\r\n", status.ExitStatus())
			return
		}
		_ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, os.Getpid())
		state, _ := term.GetState(0)
		fmt.Printf("stop %d, cooked=%v\r\n", n, fmt.Sprint(state) == fmt.Sprint(cooked))
		var line string
		_, _ = fmt.Scanln(&line)
		_ = unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, pid)
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
}

func TestCtrlZStopsUnderBubbleTeasRendererToo(t *testing.T) {
	s := start(t, "shell", "PAINT_TEST_JOB=standard")
	s.shows("1/1000")
	s.send("\x1a")
	s.shows("stop 1, cooked=true")
	s.send("fg\r")
	s.shows("note: resumed")
	s.send("q")
	s.left("job ended 0")
}

// TestASessionLeaderIsNotStopped: nobody would continue it. What comes after the key still acts.
func TestASessionLeaderIsNotStopped(t *testing.T) {
	for _, program := range []string{"cells", "standard"} {
		s := start(t, program)
		s.shows("1/1000")
		s.send("\x1a")
		s.send("j")
		s.shows("2/1000")
		s.send("q")
		s.left("ended well")
	}
}

// TestCtrlZOverSSHStopsNobody: it would stop the server, with everybody's sessions.
func TestCtrlZOverSSHStopsNobody(t *testing.T) {
	a := &attachment{job: remoteJob{}}
	if msg := a.filter(nil, tea.KeyMsg{Type: tea.KeyCtrlZ}); msg != nil {
		t.Errorf("it is handed on as %v", msg)
	}
}

func TestSuspendGivesTheTerminalBackAndTakesItAgain(t *testing.T) {
	s := start(t, "shell", "PAINT_TEST_JOB=cells")
	s.shows("1/1000")
	for n, key := range []string{"z", "\x1a"} { // the program's own wish, and the user's
		stop := fmt.Sprintf("stop %d, cooked=true", n+1)
		s.send(key)
		s.shows(stop)
		before, _, _ := cutLast(s.output(), stop)
		for mode, want := range saneModes {
			if got, set := modes(before)[mode]; set && got != want {
				t.Errorf("the shell got mode ?%s %v", mode, got)
			}
		}
		s.send("fg\r")
		s.shows("note: resumed")
	}
	s.send("j")
	s.shows("2/1000")
	s.send("q")
	s.left("job ended 0")
}

func TestAStopFromOutsideIsRepaired(t *testing.T) {
	s := start(t, "shell", "PAINT_TEST_JOB=cells")
	s.shows("1/1000")
	group, err := unix.IoctlGetInt(int(s.keys.Fd()), unix.TIOCGPGRP)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(-group, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s.shows("stop 1, ")
	s.send("fg\n") // the input is still raw
	s.shows("note: resumed")
	s.wait("the picture alone", func() bool { return !strings.Contains(s.screen.String(), "stop 1") })
	s.send("q")
	s.left("job ended 0")
}
