package host

import (
	"context"
	"sync"

	"detent/apikey"
	"detent/desk"
)

// kept are the deliveries from the screen of a new key, while that screen stands: what the places held can come back.
type kept struct {
	mu   sync.Mutex
	made map[keptFor][]*desk.Delivery
}

// keptFor is a key of a profile.
type keptFor struct{ profile, id string }

func (p *kept) add(profile string, k apikey.Key, run *desk.Delivery) {
	if len(run.Keeping()) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made == nil {
		p.made = map[keptFor][]*desk.Delivery{}
	}
	of := keptFor{profile, k.ID}
	p.made[of] = append(p.made[of], run)
}

// TakeBack puts back what the places held before they were given the secret of the key.
func (h *Screens) TakeBack(ctx context.Context, profile string, k apikey.Key) (notes []string, err error) {
	h.places.mu.Lock()
	defer h.places.mu.Unlock()
	of := keptFor{profile, k.ID}
	ctx = desk.ForKey(ctx, k)
	for runs := h.places.made[of]; len(runs) > 0; runs = h.places.made[of] {
		last := len(runs) - 1 // the latest first: two may have been to one place
		runs[last].Note = func(text string) { notes = append(notes, text) }
		if err := runs[last].TakeBack(ctx); err != nil {
			return notes, err
		}
		h.places.made[of] = runs[:last]
	}
	return notes, nil
}

// Settle lets go of what the places held that were given the secret of the key.
func (h *Screens) Settle(ctx context.Context, profile string, k apikey.Key) {
	h.places.mu.Lock()
	defer h.places.mu.Unlock()
	h.settle(ctx, keptFor{profile, k.ID})
}

// settle is under the lock. That a copy is left is said where somebody still reads it.
func (h *Screens) settle(ctx context.Context, of keptFor) {
	for _, run := range h.places.made[of] {
		run.Note = func(text string) { h.Host.o.Say("%s", text) }
		run.Settle(ctx)
	}
	delete(h.places.made, of)
}

// settleAll is for the end of the program: the secrets are in their places, and nobody can ask for what was there any more.
func (h *Screens) settleAll(ctx context.Context) {
	h.places.mu.Lock()
	defer h.places.mu.Unlock()
	for of := range h.places.made {
		h.settle(ctx, of)
	}
}
