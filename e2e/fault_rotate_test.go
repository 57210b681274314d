//go:build unix

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"detent/keyserver/wirename"
)

// TestRotationStandsEveryFault spoils each call of a rotation with each fault and then goes on, or back,
// over a line that is well again: the end is the right one, and nothing is lost or told meanwhile.
func TestRotationStandsEveryFault(t *testing.T) {
	t.Parallel()
	services := backends(t)
	plots := []plot{
		{name: "prosopo", service: wirename.Prosopo, places: []string{"app"}},
		{name: "vertesia", service: wirename.Vertesia, places: []string{"env"}},
		{name: "generic", service: wirename.Generic, places: []string{"app"}},
		{name: "generic roll", service: wirename.Generic, places: []string{"env"}, args: []string{"--strategy", "roll", "--overlap", "1h"}},
	}
	row := 0
	var cells, through atomic.Int64
	t.Run("cells", func(t *testing.T) {
		for _, pl := range plots {
			p := newPlay(t, services[pl.service], pl)
			p.proxy.when(nil)
			p.must(p.now(nil, p.rotateArgs()...))
			p.assertRotated()
			for call, what := range p.proxy.seen() {
				row++
				for _, i := range chosen(row, true) {
					f := faults()[i]
					t.Run(fmt.Sprintf("%s %02d %s, %02d %s", pl.name, call+1, what, i, f.name), func(t *testing.T) {
						t.Parallel()
						cells.Add(1)
						if newPlay(t, services[pl.service], pl).spoiled(call+1, f, effects[i], (call+i)%2 == 0) {
							through.Add(1)
						}
					})
				}
			}
		}
	})
	t.Logf("rotations under faults: %d cells (%d services, %d faults, each of %d calls; %s): %d went through at once, %d stopped and were ended well",
		cells.Load(), len(plots), len(faults()), row, matrixSize(row), through.Load(), cells.Load()-through.Load())
}

// spoiled rotates with one call spoiled, and ends what was stopped. It reports whether nothing had to be ended.
func (p *play) spoiled(call int, f *fault, e effect, back bool) bool {
	p.Helper()
	p.debug = true
	p.proxy.when(func(n int, _ *http.Request) *fault {
		if n == call {
			return f
		}
		return nil
	})
	args := p.rotateArgs()
	if e.read == "hangs" {
		args = append(args, "--timeout", "600ms")
	}
	r := p.now(nil, args...)
	p.proxy.when(nil)
	p.quiet(r)
	if strings.Contains(r.stderr, "keeps the name") { // the last call, which only gives the old name back, is not worth a failure
		p.named = p.base + " ~r"
	}
	if r.code == 0 {
		p.assertRotated()
		return true
	}
	if r.code != 1 || r.stderr == "" {
		p.Errorf("exit %d\n%s", r.code, r.stderr)
	}
	p.finish(back, func(args ...string) result {
		r := p.now(nil, append(args, "--accept-unknown", "the fault hid it")...)
		if r.code == 2 { // --abort takes no such reason
			r = p.now(nil, args...)
		}
		p.quiet(r)
		return r
	})
	return false
}

// quiet holds that nothing of a secret and no control character was said, logged or journaled.
func (p *play) quiet(r result) {
	p.Helper()
	said := r.stdout + r.stderr
	if at := strings.IndexFunc(said, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); at >= 0 {
		p.Errorf("a control character: %q", said)
	}
	said += p.read("debug.log")
	for _, j := range p.journals() {
		b, err := os.ReadFile(p.home.path(".local/state/detent", j.ID+".json"))
		if err != nil {
			p.Fatal(err)
		}
		said += string(b)
	}
	secrets := []string{p.admin, p.oldSecret}
	if !p.uses("file") {
		secrets = append(secrets, p.envValue())
	}
	for _, secret := range secrets {
		if strings.Contains(said, secret) {
			p.Error("a secret is said, logged or journaled")
		}
	}
}
