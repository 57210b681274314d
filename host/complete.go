package host

import (
	"context"

	"detent/delivery"
	"detent/tui/ui"
)

var _ ui.Completer = (*Screens)(nil)

// Complete says how a place that is being typed may go on, as this machine has it. Whoever sits at another machine does not look at the
// files of this one.
func (h *Screens) Complete(_ context.Context, text string) []string {
	if h.Host.o.Guest != nil {
		return nil
	}
	o, err := h.Host.deliveryOptions()
	if err != nil {
		return nil
	}
	return delivery.Complete(text, o)
}
