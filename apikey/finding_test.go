package apikey

import (
	"testing"
	"time"
)

func TestKeysWithoutANameShareNone(t *testing.T) {
	keys := []Key{{ID: "a"}, {ID: "b"}, {ID: "c", Name: "x"}, {ID: "d", Name: "x"}}
	var duplicates []string
	for _, f := range Examine(keys, Capabilities{}, DefaultPolicy(), nil, time.Now()) {
		if f.Kind == FindingDuplicateName {
			duplicates = append(duplicates, f.KeyID)
		}
	}
	if len(duplicates) != 2 || duplicates[0] != "c" || duplicates[1] != "d" {
		t.Errorf("duplicate names on %v", duplicates)
	}
}
