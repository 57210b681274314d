package table

import "testing"

// TestNoCellOfACSVIsAFormula, however it begins; what is none stays as it is.
func TestNoCellOfACSVIsAFormula(t *testing.T) {
	for _, sign := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		for _, before := range []string{"", " ", "\t", "\r\n", "\n "} {
			if cell := before + sign + "cmd|' /C calc'!A0"; noFormula(cell) != "'"+cell {
				t.Errorf("%q stays %q", cell, noFormula(cell))
			}
		}
	}
	for _, cell := range []string{"", "web", "a=b", "2026-03-01", "192.0.2.7", " web", "'x", "é=1"} {
		if got := noFormula(cell); got != cell {
			t.Errorf("%q became %q", cell, got)
		}
	}
}
