//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"detent/keyserver/wirename"
)

func TestSecondProcessIsToldWhoRotatesTheKey(t *testing.T) {
	b := newBackend(t, wirename.Vertesia)
	p := newPlay(t, b, plot{service: wirename.Vertesia, places: []string{"env"}})
	inCreate, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	p.proxy.when(func(_ int, r *http.Request) *fault {
		if r.Method != http.MethodPost {
			return nil
		}
		return &fault{afterwards: true, act: func(w http.ResponseWriter, _ *http.Request, a *http.Response, body []byte) {
			once.Do(func() { close(inCreate) })
			<-goOn
			reply(w, a, body)
		}}
	})
	first := p.process(nil, p.rotateArgs()...)
	var said bytes.Buffer
	first.Stderr = &said
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	<-inCreate
	id := p.open()
	holder := fmt.Sprintf("process %d of ", first.Process.Pid)
	for _, args := range [][]string{p.rotateArgs(), {"rotate", "--resume", id, "--yes"}, {"rotate", "--abort", id, "--yes"}} {
		r := p.spawn(nil, args...)
		if r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, holder) || !strings.Contains(r.stderr, "nothing was changed") {
			t.Errorf("%v: exit %d\n%s%s", args[:2], r.code, r.stdout, r.stderr)
		}
	}
	if r := p.spawn(nil, "rotations"); !strings.Contains(r.stdout, holder) {
		t.Errorf("rotations does not say who holds it:\n%s", r.stdout)
	}
	close(goOn)
	if err := first.Wait(); err != nil {
		t.Fatalf("the first: %v\n%s", err, said.String())
	}
	p.assertRotated()
}

func TestManyProcessesAtOnceRotateOnce(t *testing.T) {
	b := newBackend(t, wirename.Prosopo)
	for range 5 {
		p := newPlay(t, b, plot{service: wirename.Prosopo, places: []string{"env"}})
		cmds := make([]*exec.Cmd, 5)
		said := make([]bytes.Buffer, len(cmds))
		for i := range cmds {
			cmds[i] = p.process(nil, p.rotateArgs()...)
			cmds[i].Stderr = &said[i]
			if err := cmds[i].Start(); err != nil {
				t.Fatal(err)
			}
		}
		won := 0
		for i, cmd := range cmds {
			_ = cmd.Wait()
			switch code := cmd.ProcessState.ExitCode(); {
			case code == 0:
				won++
			case code != 1 || !strings.Contains(said[i].String(), "is being rotated by") && !strings.Contains(said[i].String(), "no key") && !strings.Contains(said[i].String(), "is not on the service"):
				t.Errorf("exit %d\n%s", code, said[i].String())
			}
		}
		if won != 1 {
			t.Errorf("%d of %d rotated", won, len(cmds))
		}
		p.assertRotated()
	}
}
