package cli

import (
	"os"
	"strings"
	"testing"
)

// TestTheVersionIsTheChangelogs: the newest one that it describes.
func TestTheVersionIsTheChangelogs(t *testing.T) {
	text, err := os.ReadFile("../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\n## ")
	if newest, _, _ := strings.Cut(after, " "); newest != release || !strings.HasPrefix(versionText(), release+" ") {
		t.Errorf("the changelog begins with %s, detent says %s", newest, versionText())
	}
}
