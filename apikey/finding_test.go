package apikey

import (
	"slices"
	"strings"
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

func TestKindsAreThoseOfTheFindings(t *testing.T) {
	now := time.Now()
	ago := func(days int) Moment { return At(now.Add(-time.Duration(days) * 24 * time.Hour)) }
	mint := Permission{Feature: "ApiKeys", Name: "createApiKey"}
	caps := Capabilities{AccessFields: []Field{FieldRestrictions}, Roles: []RoleInfo{{Name: "admin", Risk: CanMint}},
		PermissionGroups: []PermissionGroup{{Permissions: []PermissionInfo{{Permission: mint, Risk: CanMint}}}}}
	keys := []Key{{ID: "a", Name: "x", CreatedAt: ago(200), LastUsedAt: Never(), ExpiresAt: ago(1)}, {ID: "b", Name: "x", Permissions: []Permission{mint}, ExpiresAt: ago(-3)},
		{ID: "c", Role: "admin", Restrictions: &Restrictions{}, ExpiresAt: Never()}}
	rotating := map[string]bool{"b": true}
	type seen struct {
		id   string
		kind FindingKind
	}
	var kinds, words []seen
	pointers := []*Key{&keys[0], &keys[1], &keys[2]}
	ExamineKinds(len(pointers), slices.All(pointers), caps, DefaultPolicy(), rotating, now, func(at int, kind FindingKind) { kinds = append(kinds, seen{keys[at].ID, kind}) })
	for _, f := range Examine(keys, caps, DefaultPolicy(), rotating, now) {
		words = append(words, seen{f.KeyID, f.Kind})
	}
	if len(kinds) < 8 || !slices.Equal(kinds, words) {
		t.Errorf("kinds %v, findings %v", kinds, words)
	}
}

func TestARightIsRiskyUnderAnyFeature(t *testing.T) {
	caps := Capabilities{PermissionGroups: []PermissionGroup{{Permissions: []PermissionInfo{{Permission: Permission{Feature: "ApiKeys", Name: "createApiKey"}, Risk: CanMint}}}}}
	keys := []Key{{ID: "a", Permissions: []Permission{{Feature: "apiKeys", Name: "createApiKey"}, {Feature: "apiKeys", Name: "other"}}}}
	found := Examine(keys, caps, DefaultPolicy(), nil, time.Now())
	if len(found) != 1 || found[0].Kind != FindingCanMint || !strings.Contains(found[0].Detail, "apiKeys.createApiKey") {
		t.Errorf("found %+v", found)
	}
}

func TestFindingIsNamedAsPeopleSayIt(t *testing.T) {
	for kind, want := range map[FindingKind]string{FindingNoOpGrant: "no-op grant", FindingNeverExpires: "never expires", FindingAge: "age"} {
		if got := kind.Words(); got != want {
			t.Errorf("%s is called %q, want %q", kind, got, want)
		}
	}
}

func TestAgesBelowADayAreNotSaidInDays(t *testing.T) {
	for d, want := range map[time.Duration]string{
		1500 * time.Millisecond: "1s", 90 * time.Minute: "1h30m0s", 30 * time.Hour: "1 day", 90 * 24 * time.Hour: "90 days",
	} {
		if got := age(d).String(); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
