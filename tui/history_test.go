package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/tui/history"
	"detent/tui/ui"
)

// recordingHost is a host that has a record.
type recordingHost struct {
	*fakeHost
	acts  []ui.Act
	asked []string
	err   error
}

func (h *recordingHost) Past(_ context.Context, profile, id string) (ui.Past, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, profile+" "+id)
	var out ui.Past
	for _, a := range h.acts {
		if id == "" || a.KeyID == id {
			out.Acts = append(out.Acts, a)
		}
	}
	return out, h.err
}

// noRecord is a host without one.
type noRecord struct{ ui.Host }

func recorded(t *testing.T, width, height int, err error) (*driver, *recordingHost) {
	t.Helper()
	r := &recordingHost{err: err}
	d := start(t, width, height, func(o *Options, h *fakeHost) {
		r.fakeHost = h
		o.Host = r
		for i := range 12 {
			k := h.service.keys[6+i%3]
			a := ui.Act{At: o.Now().Add(-time.Duration(i) * time.Hour), Who: "ada", From: "10.0.0.7", Profile: "prod", Action: []string{"create", "update", "deliver", "rotate"}[i%4],
				KeyID: k.ID, KeyName: k.Name, Outcome: "done", Good: true, More: []string{fmt.Sprintf("expires in %dd", i)}}
			if i == 5 {
				a.Outcome, a.Good = "unknown", false
			}
			r.acts = append(r.acts, a)
		}
	})
	return d, r
}

func TestTheHistoryOfAKeyAndOfAll(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 20}} {
		d, r := recorded(t, size[0], size[1], nil)
		d.app.list.Select(r.acts[0].KeyID)
		k, _, _ := d.app.list.Selected()
		d.press("A").sees("History of "+k.Name, "▸", "result", "ada from 10.0.0.7")
		if _, is := d.app.top().(*history.Screen); !is {
			t.Fatalf("A opens %T", d.app.top())
		}
		if got := r.asked[len(r.asked)-1]; got != "prod "+k.ID {
			t.Errorf("asked for %q", got)
		}
		d.press("A").sees("History of all keys")
		if got := r.asked[len(r.asked)-1]; got != " " {
			t.Errorf("asked for %q", got)
		}
		d.press("/").typing("deliver fraud")
		for _, other := range []string{"create ", "update ", "rotate "} {
			d.seesNot(other)
		}
		d.press("enter").sees("deliver").press("esc").sees("History of all keys").press("esc")
		if d.app.top() != nil {
			t.Errorf("esc does not leave:\n%s", d.view())
		}
	}
}

// The detail tells the last three acts of its key, and no other key's.
func TestTheDetailTellsTheLastActs(t *testing.T) {
	d, r := recorded(t, 120, 40, nil)
	for _, id := range []string{r.acts[0].KeyID, r.acts[1].KeyID, d.host.service.keys[20].ID} {
		d.app.list.Select(id)
		d.press("enter", "G")
		want := slices.DeleteFunc(slices.Clone(r.acts), func(a ui.Act) bool { return a.KeyID != id })
		if len(want) > lastActs {
			want = want[:lastActs]
		}
		if got := strings.Count(d.view(), "  ada"); got != len(want) {
			t.Errorf("%d acts are told, want %d:\n%s", got, len(want), d.view())
		}
		for _, a := range want {
			d.sees(a.Action + ": " + a.Outcome)
		}
		d.press("esc")
	}
}

func TestARecordThatCannotBeReadSaysWhy(t *testing.T) {
	d, _ := recorded(t, 80, 24, fmt.Errorf("audit.log: permission denied"))
	d.press("A").sees("✗ audit.log: permission denied").press("esc")
	if d.app.top() != nil {
		t.Error("esc does not leave")
	}
	start(t, 120, 40).press("A").sees("Nothing is on record of this key").press("A").sees("Nothing is on record here")
	start(t, 120, 40, func(o *Options, h *fakeHost) { o.Host = noRecord{h} }).press("A").sees("history: nothing is recorded here")
}
