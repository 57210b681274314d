// Package needs says which programs beside Go the tests may count on. Where one is not installed, a test of it is skipped; the variable
// DETENT_NEED names those that are promised, as .ci/run does, and without one of these it fails.
package needs

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Promised reports whether DETENT_NEED names it.
func Promised(name string) bool {
	return slices.Contains(strings.Split(os.Getenv("DETENT_NEED"), ","), name)
}

// Program is the path of a program.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
	case Promised(name):
		t.Fatalf("%s is not installed, and DETENT_NEED names it", name)
	default:
		t.Skipf("%s is not installed", name)
	}
	return path
}
