package apikey

import (
	"strings"
	"testing"
)

func TestNamesOfProfiles(t *testing.T) {
	for name, want := range map[string]bool{
		"prod": true, "local/prosopo": true, "a": true, "1": true, "日本": true, "x._/-": true, strings.Repeat("é", 64): true,
		"": false, "-a": false, "/a": false, "a b": false, "a\n": false, "a\xff": false, strings.Repeat("é", 65): false, "a:b": false,
	} {
		if got := IsProfileName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestNamesOfVariables(t *testing.T) {
	for name, want := range map[string]bool{
		"A": true, "_": true, "PROSOPO_TOKEN": true, "a1": true, "": false, "1A": false, "A-B": false, "A B": false, "É": false, "A\n": false,
	} {
		if got := IsVariableName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
