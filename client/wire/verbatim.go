package wire

import (
	"fmt"
	"strings"
	"sync"
)

// Verbatim remembers how the service itself spells what is shown scrubbed: ids, and the names of
// permissions, features and roles, which must go back to the service exactly as they came. Only
// spellings that scrubbing changes are kept, so that it is empty with an honest service.
type Verbatim struct {
	mu    sync.Mutex
	raw   map[string]string // shown → as the service spells it
	shown map[string]string // the reverse
}

// Show is the text to show for raw.
func (v *Verbatim) Show(raw string) string {
	shown := Scrub(raw, MaxField)
	if shown == raw {
		return raw
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if s, ok := v.shown[raw]; ok {
		return s
	}
	if v.raw == nil {
		v.raw, v.shown = map[string]string{}, map[string]string{}
	}
	// The mark keeps an altered text apart from an honest one that reads the same.
	unique := strings.TrimSpace(shown + " (altered)")
	for n := 2; v.raw[unique] != ""; n++ {
		unique = strings.TrimSpace(fmt.Sprintf("%s (altered %d)", shown, n))
	}
	v.raw[unique], v.shown[raw] = raw, unique
	return unique
}

// Raw is what to send for a text that Show returned.
func (v *Verbatim) Raw(shown string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if raw, ok := v.raw[shown]; ok {
		return raw
	}
	return shown
}
