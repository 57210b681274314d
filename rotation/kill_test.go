package rotation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

// killed is what a hook throws where the process dies.
type killed struct{ point string }

type scenario struct {
	name        string
	caps        apikey.Capabilities
	retrievable bool
	places      string // f: a file, c: a command
	mode        Mode
	oldFirst    bool
}

func scenarios() []scenario {
	var out []scenario
	shapes := []struct {
		name        string
		caps        apikey.Capabilities
		retrievable bool
	}{{"prosopo", prosopoShape(), false}, {"prosopo that gives secrets again", prosopoShape(), true},
		{"vertesia", vertesiaShape(), false}, {"generic", genericShape(), false}}
	modes := []struct {
		name     string
		mode     Mode
		oldFirst bool
	}{{"planned", Planned, false}, {"compromised", Compromised, false}, {"old first", Compromised, true}}
	for _, s := range shapes {
		for _, m := range modes {
			for _, places := range []string{"f", "c", "fc"} {
				out = append(out, scenario{s.name + ", " + m.name + ", " + places, s.caps, s.retrievable, places, m.mode, m.oldFirst})
			}
		}
	}
	return out
}

func (sc scenario) city(t *testing.T) *city {
	c := newCity(t, sc.caps)
	c.retrievable, c.planned = sc.retrievable, sc.mode == Planned
	for i, p := range sc.places {
		c.place(fmt.Sprintf("%c%d", p, i), p == 'f')
	}
	return c
}

func (sc scenario) params(p *Params) {
	p.Mode, p.OldFirst = sc.mode, sc.oldFirst
	if sc.caps.LastUsed.OK {
		p.Drain = ptr(600 * time.Millisecond) // three looks instead of thirty
	}
}

// life runs a rotation in a process that dies at the n-th point; 0 lives on. It reports how many
// points there were.
func (c *city) life(n int, run func()) (points int, died string) {
	c.hook = func(point string) {
		points++
		c.assertNoGap(point)
		if points == n {
			panic(killed{point})
		}
	}
	defer func() {
		c.hook = nil
		if p := recover(); p != nil {
			k, ok := p.(killed)
			if !ok {
				panic(p)
			}
			died = k.point
		}
	}()
	run()
	return points, ""
}

// assertNoGap: in a planned rotation every application has a key that works, at every instant. The
// hooks may run while the service is at work, hence no lock.
func (c *city) assertNoGap(point string) {
	if !c.planned {
		return
	}
	for _, p := range c.dests {
		if !c.works(p.app) || !c.works(p.content) {
			c.t.Fatalf("at %q the application at %s has a key that does not work", point, p.name)
		}
	}
}

// forget lets the locks of a dead process go, as the kernel does.
func forget(r *Rotation) {
	if r != nil && r.lock != nil {
		r.lock.release()
	}
}

// TestKilledAnywhereItCanGoOnOrBack kills a rotation at every point of every scenario, then resumes it, or
// aborts it, and kills that too at a point that moves along.
func TestKilledAnywhereItCanGoOnOrBack(t *testing.T) {
	total, every := 0, 1
	if testing.Short() {
		every = 5
	}
	for _, sc := range scenarios() {
		if testing.Short() && sc.places != "fc" {
			continue
		}
		t.Run(sc.name, func(t *testing.T) {
			c := sc.city(t)
			all, _ := c.life(0, func() { r := c.start(sc.params); c.drive(r); r.Close() })
			c.assertRotated("not killed")
			for n := 1; n <= all; n += every {
				for _, back := range []bool{false, true} {
					killOnce(t, sc, n, back)
				}
			}
			total += all
		})
	}
	t.Logf("%d kill points, one in %d killed at, each resumed and aborted", total, every)
	if total < 100 {
		t.Errorf("only %d kill points: are the hooks called?", total)
	}
}

func killOnce(t *testing.T, sc scenario, n int, back bool) {
	t.Helper()
	c := sc.city(t)
	var r *Rotation
	_, died := c.life(n, func() { r = c.start(sc.params); c.drive(r) })
	forget(r)
	what := fmt.Sprintf("killed at point %d (%s), back=%v", n, died, back)
	if died == "" {
		t.Fatalf("point %d was not reached", n)
	}
	// The second life is killed once more, at a point that differs from case to case.
	_, _ = c.life(n*5%37+1, func() { r = c.again(what, back) })
	forget(r)
	r = c.again(what, back)
	if r != nil {
		r.Close()
	}
	c.assertEnd(what, sc, back)
}

// again resumes whatever is open, or starts anew, and goes on or back to the end.
func (c *city) again(what string, back bool) (r *Rotation) {
	c.t.Helper()
	views, err := List(c.dir)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, v := range views {
		if v.Err != nil {
			c.t.Fatalf("%s: %v", what, v.Err)
		}
		if v.State != Open {
			continue
		}
		if len(v.Certain) == 0 || v.Next.Text == "" || v.Next.Default == "" {
			c.t.Fatalf("%s: nothing is said about the open rotation", what)
		}
		if r, err = Resume(c.world(), v.ID, ResumeOptions{}); err != nil {
			c.t.Fatalf("%s: %v", what, err)
		}
		defer func(r *Rotation) {
			if p := recover(); p != nil {
				forget(r)
				panic(p)
			}
		}(r)
		if back && c.goBack(what, r) {
			return r
		}
		c.drive(r)
		return r
	}
	return nil
}

// goBack undoes; false where the old key is gone, or the rotation is over.
func (c *city) goBack(what string, r *Rotation) bool {
	c.t.Helper()
	if r.View().State == Over {
		return false
	}
	res, err := r.Undo(context.Background())
	if errors.Is(err, ErrOldGone) {
		return false
	}
	for range 5 {
		if err != nil {
			c.t.Fatalf("%s: undo: %v", what, err)
		}
		if res.Status == Finished {
			return true
		}
		c.decide(r, res)
		res, err = r.Undo(context.Background())
	}
	c.t.Fatalf("%s: the undo has no end: %+v", what, res)
	return false
}

func (c *city) assertEnd(what string, sc scenario, back bool) {
	c.t.Helper()
	views, err := List(c.dir)
	if err != nil {
		c.t.Fatal(err)
	}
	state := State("")
	for _, v := range views {
		state = v.State
		if v.State == Open {
			c.t.Fatalf("%s: a rotation is still open at %s: %v %v", what, v.Step, v.Certain, v.Unknown)
		}
	}
	switch state {
	case "", Aborted:
		if state == Aborted && !back {
			c.t.Fatalf("%s: aborted, though it was to go on", what)
		}
		c.assertUndone(what)
	case Over:
		c.assertRotated(what)
	}
	c.assertNoSecretIn(what, c.dir)
	if c.probed["old-1"] > 0 {
		c.t.Fatalf("%s: the old key was probed", what)
	}
}

func (c *city) assertNoSecretIn(what, dir string) {
	c.t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, s := range c.secret {
			if strings.Contains(string(b), s[:20]) {
				c.t.Fatalf("%s: %s holds a secret", what, path)
			}
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		c.t.Fatal(err)
	}
}
