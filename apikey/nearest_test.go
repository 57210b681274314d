package apikey

import (
	"slices"
	"strings"
	"testing"
)

func TestNearestIsWhatMayHaveBeenMeant(t *testing.T) {
	options := []string{"createApiKey", "deleteApiKey", "getApiKeys", "verify", "getSite", "getSites", "expired", "expiring", "id"}
	for text, want := range map[string][]string{
		"verfiy":       {"verify"},              // two letters changed places
		"VERIFY":       {"verify"},              // capitals
		"getSite":      {"getSite", "getSites"}, // itself first
		"createApikye": {"createApiKey"},
		"expird":       {"expired"},
		"apikey":       {"createApiKey", "deleteApiKey", "getApiKeys"}, // a part, three at most
		"zzzzzz":       nil,
		"xy":           nil,
		"":             nil,
	} {
		if got := Nearest(text, options); !slices.Equal(got, want) {
			t.Errorf("Nearest(%q) = %q, want %q", text, got, want)
		}
	}
	if got := Nearest(strings.Repeat("a", 1000), []string{strings.Repeat("b", 1000)}); len(got) > 0 {
		t.Errorf("two long texts with nothing alike are near: %d", len(got))
	}
}
