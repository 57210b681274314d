package kit

import (
	"strings"
	"testing"
)

// TestAFilterOfRowsNeedsValues: without any, no row would count.
func TestAFilterOfRowsNeedsValues(t *testing.T) {
	for text, want := range map[string]string{
		`list.only = { type = ["auth"], "spec.kind" = ["a", "b"] }`: ``,
		`list.only = { type = [] }`:                                 `list.only: "type" needs a value`,
		`list.only = { "a..b" = ["x"] }`:                            `list.only: "" is no name`,
		`list.only = { type = "auth" }`:                             `list.only.type: must be a list of texts`,
	} {
		if _, err := Load("f.toml", []byte(small+text+"\n")); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
