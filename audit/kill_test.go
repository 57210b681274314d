//go:build unix

package audit

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// writerDir makes this binary a process that appends to the log of a folder, and says after each record what it has.
const writerDir = "DETENT_AUDIT_WRITER"

func TestMain(m *testing.M) {
	dir := os.Getenv(writerDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	l := Open(dir, time.Now)
	l.at = func(string) { fmt.Println("at") }
	for {
		e, err := l.Begin(alice)
		if err == nil {
			fmt.Println("wrote", e.seq)
			err = e.End(Outcome{Result: Done, Certain: true})
		}
		if err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
	}
}

// writer starts a process that appends. It is killed after a number of its lines.
func writer(t *testing.T, dir string, kill int) (wrote []uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), writerDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return nil
	}
	scan := bufio.NewScanner(out)
	for n := 0; n < kill && scan.Scan(); n++ {
		var seq uint64
		if _, err := fmt.Sscanf(scan.Text(), "wrote %d", &seq); err == nil {
			wrote = append(wrote, seq)
		}
		if strings.HasPrefix(scan.Text(), "failed") {
			t.Error(scan.Text())
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return wrote
}

func TestKilledWritersLeaveAValidChain(t *testing.T) {
	dir := t.TempDir()
	rounds := 40
	if testing.Short() {
		rounds = 8
	}
	told := map[uint64]bool{}
	for i := range rounds {
		for _, seq := range writer(t, dir, 1+i%11) {
			told[seq] = true
		}
		all, report := read(t, dir)
		if len(report.Problems) > 0 {
			t.Fatalf("after kill %d: %v", i, report.Problems)
		}
		there := map[uint64]bool{}
		for _, r := range all {
			there[r.Seq] = true
		}
		for seq := range told {
			if !there[seq] {
				t.Fatalf("after kill %d: record %d was written and is not there", i, seq)
			}
		}
	}
	done(t, Open(dir, time.Now), alice)
	sound(t, dir)
}

func TestProcessesAppendToOneChain(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	var mu sync.Mutex
	told := map[uint64]bool{}
	for range 3 {
		wg.Go(func() {
			for _, seq := range writer(t, dir, 60) {
				mu.Lock()
				if told[seq] {
					t.Errorf("two processes wrote record %d", seq)
				}
				told[seq] = true
				mu.Unlock()
			}
		})
	}
	l := Open(dir, time.Now)
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if e, err := l.Begin(alice); err != nil || e.End(Outcome{Result: Done, Certain: true}) != nil {
					t.Errorf("%v", err)
				}
			}
		})
	}
	wg.Wait()
	if got := len(sound(t, dir)); got < 40+len(told) {
		t.Errorf("%d records", got)
	}
}
