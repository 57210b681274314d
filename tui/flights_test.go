package tui

import (
	"context"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

func (f *fakeService) named(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, k := range f.keys {
		if k.Name == name {
			n++
		}
	}
	return n
}

// createInFlight begins a create whose answer reaches no program any more.
func createInFlight(d *driver) (ended chan tea.Msg) {
	d.host.service.hold, d.host.service.entered = make(chan struct{}), make(chan struct{}, 9)
	_, create := d.app.Update(ui.CreateKey{Ticket: 7, Draft: apikey.Draft{Name: "late"}})
	ended = make(chan tea.Msg, 1)
	go func() { ended <- create() }()
	return ended
}

func TestKeyWhoseAnswerComesAfterTheEndIsDeleted(t *testing.T) {
	d := start(t, 120, 40)
	ended, hold := createInFlight(d), d.host.service.hold
	hold <- struct{}{}                 // the create is under way
	go func() { hold <- struct{}{} }() // and so is the deletion, later
	said := d.app.Abandon(context.Background())
	<-ended
	if d.host.service.named("late") != 0 || len(said) != 1 || !strings.Contains(said[0], "deleted again") {
		t.Errorf("%d keys left; said %q", d.host.service.named("late"), said)
	}
}

func TestEndWaitsForAnAnswerNoLongerThanItsTime(t *testing.T) {
	d := start(t, 120, 40)
	ended := createInFlight(d)
	<-d.host.service.entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	said := d.app.Abandon(ctx)
	if len(said) != 1 || !strings.Contains(said[0], "not known whether") {
		t.Errorf("said %q", said)
	}
	close(d.host.service.hold)
	<-ended
}

func TestNothingIsSentAfterTheEnd(t *testing.T) {
	d := start(t, 120, 40)
	_, create := d.app.Update(ui.CreateKey{Ticket: 7, Draft: apikey.Draft{Name: "late"}})
	if said := d.app.Abandon(context.Background()); len(said) != 0 {
		t.Errorf("said %q", said)
	}
	if create(); d.host.service.called("create late") != 0 {
		t.Error("a create was sent after the program had ended")
	}
}

// TestAWriteGoesWhereItWasOrdered: a profile that is asked anew may come back with another connection while a write is on its way.
func TestAWriteGoesWhereItWasOrdered(t *testing.T) {
	off := false
	for call, order := range map[string]tea.Msg{
		"create late": ui.CreateKey{Ticket: 7, Profile: "prod", Draft: apikey.Draft{Name: "late"}},
		"update k1":   ui.UpdateKey{Ticket: 7, Profile: "prod", ID: "k1", Patch: apikey.Patch{Enabled: &off}},
		"delete k1":   ui.DeleteKey{Ticket: 7, Profile: "prod", ID: "k1"},
		"delete k2":   ui.Bulk{Ticket: 7, Delete: true, Items: []ui.BulkItem{{Profile: "prod", ID: "k2"}}},
	} {
		d, host := startFleet(t, 120, 40)
		d.press("0")
		write, other := d.app.intent(order), &fakeService{caps: fakeCaps()}
		d.app.named("prod").connect(ui.Connection{Profile: host.profiles[0], Service: other, Order: other.order})
		if write(); host.services["prod"].called(call) != 1 || len(other.calls) > 0 {
			t.Errorf("%s: ordered of the first connection, which heard %q; the second %q", call, host.services["prod"].calls, other.calls)
		}
	}
}

func TestSecretThatWentNowhereTakesItsKeyAlong(t *testing.T) {
	for name, c := range map[string]struct {
		key  string
		left int
	}{"masked": {"", 0}, "revealed": {"r", 1}, "copied": {"c", 1}} {
		d := start(t, 120, 40)
		d.send(ui.CreateKey{Ticket: 7, Draft: apikey.Draft{Name: "fresh"}})
		d.settle()
		if c.key != "" {
			d.press(c.key)
		}
		said := d.app.Abandon(context.Background())
		if d.host.service.named("fresh") != c.left || len(said) != 1-c.left {
			t.Errorf("%s: %d keys left; said %q\n%s", name, d.host.service.named("fresh"), said, d.view())
		}
	}
}
