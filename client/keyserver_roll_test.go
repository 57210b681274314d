package client_test

import (
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/keyserver/wirename"
)

// TestAKeyOfTheEmbeddedServiceIsRolled: what the declaration says of a roll is what the service does.
func TestAKeyOfTheEmbeddedServiceIsRolled(t *testing.T) {
	e := serve(t)
	s := e.open(t, wirename.Generic, e.admin(t, wirename.Generic), nil)
	roller := s.Abilities()
	if can := s.Capabilities().Roll; !can.OK || !can.AtOnce || can.Overlap != 7*24*time.Hour || !can.Again || !can.End || !can.Keep {
		t.Fatalf("%+v", can)
	}
	made, err := s.Create(t.Context(), apikey.Draft{Name: "ci", Environment: apikey.Live})
	if err != nil {
		t.Fatal(err)
	}
	accepts := func(secret apikey.Secret) bool {
		t.Helper()
		proof, err := s.Probe(t.Context(), secret, "")
		if err != nil {
			t.Fatal(err)
		}
		return proof.Verdict == apikey.Accepted
	}
	must := func(gone apikey.Deleted, err error) bool {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return gone.AlreadyGone
	}
	id := made.Key.ID
	rolled, err := roller.Roll(t.Context(), id, apikey.RollOrder{Overlap: time.Hour, Once: "one"})
	if err != nil || rolled.Key.ID != id || rolled.Secret.IsZero() || !accepts(rolled.Secret) || !accepts(made.Secret) {
		t.Fatalf("%+v, %v", rolled.Key, err)
	}
	row := find(t, s, id)
	ends, overlaps := row.FormerEndsAt.Time()
	if !overlaps || !row.RolledAt.Equal(rolled.Key.RolledAt) || time.Until(ends) > time.Hour || time.Until(ends) < 50*time.Minute || !row.FormerUsedAt.Known() {
		t.Errorf("%+v", row)
	}
	if again, err := roller.Roll(t.Context(), id, apikey.RollOrder{Overlap: time.Hour, Once: "one"}); err != nil || !again.Secret.IsZero() || !again.Key.RolledAt.Equal(rolled.Key.RolledAt) {
		t.Errorf("asked for again: %+v, %v", again.Key, err)
	}
	if _, err := roller.Roll(t.Context(), id, apikey.RollOrder{Overlap: time.Hour, Once: "two"}); !client.IsKind(err, client.Conflict) || client.MayHaveHappened(err) {
		t.Errorf("while an overlap runs: %v", err)
	}
	if must(roller.KeepFormer(t.Context(), id, apikey.Never())) || accepts(rolled.Secret) || !accepts(made.Secret) || find(t, s, id).RolledAt.Known() {
		t.Error("the former secret is not the key's again")
	}
	if !must(roller.KeepFormer(t.Context(), id, apikey.Never())) || !must(roller.EndOverlap(t.Context(), id)) {
		t.Error("an overlap ran that there was not")
	}
	second, err := roller.Roll(t.Context(), id, apikey.RollOrder{Overlap: time.Hour, Once: "three"})
	if err != nil || must(roller.EndOverlap(t.Context(), id)) || accepts(made.Secret) || !accepts(second.Secret) {
		t.Errorf("the end of an overlap: %v", err)
	}
	third, err := roller.Roll(t.Context(), id, apikey.RollOrder{Overlap: 0, Once: "four"})
	if err != nil || accepts(second.Secret) || !accepts(third.Secret) || find(t, s, id).FormerEndsAt.Known() {
		t.Errorf("at once: %v", err)
	}
}
