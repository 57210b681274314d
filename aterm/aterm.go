// Package aterm settles the terminal's background before Bubble Tea can ask.
//
// Bubble Tea v1 queries the terminal in an init function and waits up to five
// seconds for an answer. Go initialises packages that are ready in the order of
// their import paths, and "detent/aterm" sorts before "github.com/charmbracelet/bubbletea",
// so this runs first, and then nothing is asked.
package aterm

import (
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

func init() { lipgloss.SetHasDarkBackground(IsDark(os.Getenv)) }

// IsDark tells a dark background from the environment alone: DETENT_THEME
// (dark or light), then COLORFGBG as rxvt, Konsole and others set it
// ("15;0": the last number is the background's palette index). The default is dark.
func IsDark(getenv func(string) string) bool {
	switch strings.ToLower(getenv("DETENT_THEME")) {
	case "light":
		return false
	case "dark":
		return true
	}
	fields := strings.Split(getenv("COLORFGBG"), ";")
	if index, err := strconv.Atoi(fields[len(fields)-1]); err == nil {
		return index < 7 || index == 8
	}
	return true
}
