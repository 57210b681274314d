package keylist

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
)

// TestAFilterSaysWhatIsNotReported: that nothing matches says nothing of keys that lack the field.
func TestAFilterSaysWhatIsNotReported(t *testing.T) {
	bare := []apikey.Key{{ID: "1", Name: "one"}, {ID: "2", Name: "two"}}
	for filter, want := range map[string]string{
		"unused>90d": "last used", "unused<90d": "last used", "used<1d": "last used", "unused": "last used", "status:unused": "last used",
		"expires<14d": "expires", "created>1y": "created", "updated<1d": "updated", "role:admin": "role", "perm:deleteRule": "permissions",
		"type:public": "type", "disabled": "state", "status:enabled": "state", "env:live": "environment", "project:x": "project", "creator:x": "created by",
		"old": "created", "status:old": "created", "expired": "expires", "status:expiring": "expires", "expiring": "expires", "never-expires": "expires",
		"unrestricted": "restrictions", "status:unrestricted": "restrictions",
		"unused>90d role:admin": "last used, role", "one used<1d": "last used",
		"zzz": "", "id:9": "", "name:x": "", "zzz !role:admin": "",
	} {
		l := newList(bare...)
		l.SetSize(100, 12)
		press(l, "/")
		for _, r := range filter {
			press(l, string(r))
		}
		text := ansi.Strip(strings.Join(l.Lines(), "\n"))
		if want == "" && !strings.Contains(text, "No key matches.") || want != "" && !strings.Contains(text, "No key here reports "+want+":") {
			t.Errorf("%s:\n%s", filter, text)
		}
	}
	// One key that reports it is enough for a plain answer.
	l := newList(append(filterKeys(), bare...)...)
	l.SetSize(100, 12)
	press(l, "/")
	for _, r := range "used<1m" {
		press(l, string(r))
	}
	if text := ansi.Strip(strings.Join(l.Lines(), "\n")); !strings.Contains(text, "No key matches.") {
		t.Error(text)
	}
}

// TestWhatANegatedFilterLeavesOutIsNotKnownWhereItIsNotReported: the keys stay, and that they are not those is not claimed.
func TestWhatANegatedFilterLeavesOutIsNotKnownWhereItIsNotReported(t *testing.T) {
	bare := []apikey.Key{{ID: "1", Name: "one"}, {ID: "2", Name: "two"}}
	for filter, want := range map[string]string{
		"!unused>90d": "last used", "!used<1d": "last used", "!unused": "last used", "!status:unused": "last used", "!expired": "expires", "!expires<14d": "expires",
		"!role:admin": "role", "!perm:deleteRule": "permissions", "!type:public": "type", "!disabled": "state", "!status:enabled": "state", "!env:live": "environment",
		"!old": "created", "!unrestricted": "restrictions", "!unused>90d !role:admin": "last used, role", "one !used<1d": "last used",
		"!zzz": "", "!id:9": "", "!name:x": "", "one": "", "!rotating": "", "!own": "",
	} {
		l := newList(bare...)
		l.SetSize(100, 12)
		typeFilter(l, filter)
		lines := l.Lines()
		text := ansi.Strip(strings.Join(lines, "\n"))
		if l.Shown() == 0 || len(lines) != 12 {
			t.Errorf("%s: %d keys on %d lines", filter, l.Shown(), len(lines))
		}
		if said := strings.Contains(text, "? No key here reports"); said != (want != "") || said && !strings.Contains(text, "No key here reports "+want+": ") {
			t.Errorf("%s:\n%s", filter, text)
		}
		press(l, "esc")
		if text := ansi.Strip(strings.Join(l.Lines(), "\n")); strings.Contains(text, "No key here reports") {
			t.Errorf("%s: it stays", filter)
		}
	}
	l := newList(append(filterKeys(), bare...)...) // some do
	l.SetSize(100, 12)
	typeFilter(l, "!role:admin")
	if text := ansi.Strip(strings.Join(l.Lines(), "\n")); strings.Contains(text, "No key here reports") {
		t.Error(text)
	}
}

// TestEnvMeansTheProfilesWhereAKeyDoesNotSay: live, test, and what the badge says.
func TestEnvMeansTheProfilesWhereAKeyDoesNotSay(t *testing.T) {
	keys := []apikey.Key{{ID: "1", Name: "says nothing"}, {ID: "2", Name: "a test key", Environment: apikey.Test}}
	for _, c := range []struct {
		setting apikey.Setting
		filter  string
		rows    int
	}{
		{apikey.Setting{Environment: apikey.Live, Remote: true}, "env:live", 1}, {apikey.Setting{Environment: apikey.Live, Remote: true}, "env:test", 1},
		{apikey.Setting{Environment: apikey.Test, Remote: true}, "env:test", 2}, {apikey.Setting{Remote: true}, "env:live", 0}, {apikey.Setting{Remote: true}, "env:env?", 1},
		{apikey.Setting{Embedded: true}, "env:local", 1}, {apikey.Setting{Embedded: true, Demo: true}, "env:demo", 1}, {apikey.Setting{}, "env:live", 0},
	} {
		for _, late := range []bool{false, true} { // the filter may stand before the profile is there
			l := newList(keys...)
			l.SetSize(100, 12)
			if !late {
				l.SetProfiles(Profile{Setting: c.setting})
			}
			press(l, "/")
			for _, r := range c.filter {
				press(l, string(r))
			}
			if late {
				l.SetProfiles(Profile{Setting: c.setting})
				l.Clear()
				load(l, keys...)
			}
			if l.Shown() != c.rows {
				t.Errorf("%+v, %s, late %v: %d rows", c.setting, c.filter, late, l.Shown())
			}
		}
	}
}
