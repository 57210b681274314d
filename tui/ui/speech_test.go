package ui

import (
	"strings"
	"testing"
)

// TestNoPictureIsSaid: what draws lines, blocks, shapes and dots is no word.
func TestNoPictureIsSaid(t *testing.T) {
	for r := rune(0x2500); r <= 0x28ff; r++ {
		if r > 0x25ff && r < 0x2800 {
			continue
		}
		if said := InWords("drain " + string(r) + string(r) + "  forum"); strings.ContainsRune(said, r) || !strings.HasPrefix(said, "drain") || !strings.HasSuffix(said, "forum") {
			t.Errorf("%q is said as %q", r, said)
		}
	}
}
