package cli

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"detent/client"
	"detent/host"
	"detent/rotation"
	"detent/tui/rotate"
)

// marked are keys of a crew as the screen marks them.
func (c *crew) marked(h *host.Screens) []rotate.Item {
	c.t.Helper()
	conn, err := h.Open(c.t.Context(), "p")
	if err != nil {
		c.t.Fatal(err)
	}
	keys, err := client.ListAll(c.t.Context(), conn.Service)
	if err != nil {
		c.t.Fatal(err)
	}
	var out []rotate.Item
	for _, k := range keys {
		if strings.HasPrefix(k.Name, "app") || k.Name == "bystander" {
			out = append(out, rotate.Item{Profile: "p", Key: k})
		}
	}
	return out
}

// TestMarkedKeysAreRotatedAsAQueueIs: the plan names the places and what cannot be, begins nothing, and a run makes, delivers and proves
// one at a time; each then waits for its own drain.
func TestMarkedKeysAreRotatedAsAQueueIs(t *testing.T) {
	c := newCrew(t, 3)
	h := c.hostFor("-p", "p")
	q := h.Queue(t.Context(), c.marked(h))
	ready := 0
	for _, i := range q.Items() {
		switch {
		case i.Key.Name == "bystander":
			if i.Why == "" {
				t.Error("a key without a place is in the plan")
			}
		case i.Why != "" || len(i.Places) != 1 || i.Mode != rotation.Planned:
			t.Errorf("%s: %+v", i.Key.Name, i)
		default:
			ready++
		}
	}
	if len(c.wire) > 0 || ready != 3 {
		t.Fatalf("%d are ready, and the plan did %v", ready, c.wire)
	}
	var mu sync.Mutex
	ends := map[string]rotate.Progress{}
	q.Run(t.Context(), 9, func(p rotate.Progress) {
		mu.Lock()
		defer mu.Unlock()
		if p.Done {
			ends[q.Items()[p.At].Key.Name] = p
		}
	})
	for name, p := range ends { // this service does not say when a key was last used: a person says that the old one is quiet
		if p.Err == nil || !strings.Contains(p.Err.Error(), "waits for you") || p.View.Step != rotation.Drain {
			t.Errorf("%s ended at %s: %v", name, p.View.Step, p.Err)
		}
	}
	if len(ends) != 3 || c.count("create") != 3 || c.count("delete") > 0 {
		t.Errorf("%d ends, %v", len(ends), c.wire)
	}
	for i, env := range c.envs { // R goes on with it: nobody holds it any more
		if !strings.Contains(readFile(t, env), "API_KEY=") {
			t.Errorf("app%d: %s", i, readFile(t, env))
		}
	}
	for _, p := range ends {
		if r, err := h.Resume(t.Context(), p.View.ID); err != nil {
			t.Errorf("%s is not resumed: %v", p.View.ID, err)
		} else {
			r.Close()
		}
	}
}

// TestAQueueStopsAtTheFirstFailure: what has not begun does not begin.
func TestAQueueStopsAtTheFirstFailure(t *testing.T) {
	c := newCrew(t, 3)
	h := c.hostFor("-p", "p")
	q := h.Queue(t.Context(), c.marked(h))
	c.fault = func(int) bool { return true }
	var mu sync.Mutex
	failed, untouched := 0, 0
	q.Run(t.Context(), 9, func(p rotate.Progress) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errors.Is(p.Err, host.ErrNotBegun):
			untouched++
		case p.Done && p.Err != nil:
			failed++
		}
	})
	if failed != 1 || untouched != 2 || c.count("create") != 1 {
		t.Errorf("%d failed, %d were not begun, %v", failed, untouched, c.wire)
	}
}
