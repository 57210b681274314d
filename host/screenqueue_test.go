package host

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/rotate"
)

// inQueue makes a queue of keys of the demo ready, and says where its folder is.
func inQueue(t *testing.T, h *Host, screens *Screens, names ...string) (rotate.Queue, string) {
	t.Helper()
	screens.Stage()
	var items []rotate.Item
	for _, p := range screens.Profiles() {
		s, err := screens.session(t.Context(), p.Name, apikey.Key{})
		if err != nil {
			t.Fatal(err)
		}
		keys, err := s.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			for _, k := range keys {
				if p.Name+" "+k.Name == name {
					items = append(items, rotate.Item{Profile: p.Name, Key: k})
				}
			}
		}
	}
	if len(items) != len(names) {
		t.Fatalf("%d of %d keys", len(items), len(names))
	}
	dir, err := h.resources.temp()
	if err != nil {
		t.Fatal(err)
	}
	return screens.Queue(t.Context(), items), dir
}

func byName(q rotate.Queue, name string) (int, rotate.Queued) {
	for i, item := range q.Items() {
		if item.Key.Name == name {
			return i, item
		}
	}
	return -1, rotate.Queued{}
}

// A key without a place is a hole, which is filled by a place that is its own alone; what cannot be so is said, and asked again.
func TestAHoleOfAQueueIsFilledByAPlaceOfItsOwn(t *testing.T) {
	h, _ := demoHost(t, nil)
	defer h.Close()
	q, dir := inQueue(t, h, h.Screens(io.Discard), "local/prosopo payments-api", "local/prosopo checkout-verify", "local/generic storefront")
	defer q.Close()
	if _, item := byName(q, "payments-api"); item.Why != "" || item.Hole || len(item.Places) != 1 {
		t.Errorf("payments-api: %+v", item)
	}
	if _, item := byName(q, "storefront"); item.Hole || item.Why == "" {
		t.Errorf("a rotation of storefront is open, and that is no hole: %+v", item)
	}
	at, item := byName(q, "checkout-verify")
	if !item.Hole || item.Why == "" {
		t.Fatalf("checkout-verify: %+v", item)
	}
	for place, want := range map[string]string{
		"payments": "where payments-api", "env-file:../x/.env:KEY": "outside", "env-file:nowhere/.env:KEY": "nowhere", "nonsense": "no destination",
	} {
		if item := q.Fill(t.Context(), at, []string{place}); !item.Hole || !strings.Contains(item.Why, want) {
			t.Errorf("%s: %q, want %q", place, item.Why, want)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "checkout"), 0o700); err != nil {
		t.Fatal(err)
	}
	if item := q.Fill(t.Context(), at, []string{"env-file:checkout/.env:KEY"}); item.Hole || item.Why != "" || len(item.Places) != 1 || !strings.Contains(item.Places[0], "KEY in ") || item.ID == "" {
		t.Errorf("filled: %+v", item)
	}
}

// The first that fails keeps the next from beginning; both go on from where they stand once what was wrong is mended.
func TestAQueueThatStoppedGoesOnFromWhereItStands(t *testing.T) {
	h, _ := demoHost(t, nil)
	defer h.Close()
	screens := h.Screens(io.Discard)
	screens.Host.o.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	q, dir := inQueue(t, h, screens, "local/prosopo payments-api", "local/prosopo terraform")
	app, away := filepath.Join(dir, "payments"), filepath.Join(dir, "away")
	made := false
	ends := map[string]error{}
	q.Run(t.Context(), 9, func(p rotate.Progress) {
		if p.View.Step == rotation.Deliver && !made {
			made = true
			if err := os.Rename(app, away); err != nil {
				t.Error(err)
			}
		}
		if p.Done {
			ends[p.View.Old.Name] = p.Err
		}
	})
	if ends["payments-api"] == nil || !errors.Is(ends["terraform"], ErrNotBegun) {
		t.Fatalf("ended with %v", ends)
	}
	if err := os.Rename(away, app); err != nil {
		t.Fatal(err)
	}
	again := q.Again(t.Context())
	defer again.Close()
	_, first := byName(again, "payments-api")
	_, second := byName(again, "terraform")
	if first.Why != "" || !strings.Contains(strings.Join(first.Notes, " "), "goes on where it stands: deliver") || second.Why != "" || len(again.Items()) != 2 {
		t.Fatalf("%+v and %+v", first, second)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stands := map[string]rotation.Step{}
	again.Run(ctx, 9, func(p rotate.Progress) {
		if stands[p.View.Old.Name] = p.View.Step; p.View.Step == rotation.Drain {
			stop()
		}
	})
	if stands["payments-api"] != rotation.Drain {
		t.Errorf("they stand at %v", stands)
	}
}
