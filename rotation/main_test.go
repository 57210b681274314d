package rotation

import (
	"flag"
	"os"
	"testing"
)

// TestMain keeps no list of the files that are opened: rotations open millions, and go test looks at each, for minutes, to know until when the
// result holds.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.testlogfile", "")
	os.Exit(m.Run())
}
