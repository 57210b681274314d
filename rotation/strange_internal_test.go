package rotation

import (
	"reflect"
	"testing"
	"time"

	"detent/apikey"
)

// TestNoJournalHoweverStrangePanicsWhereItIsShown: each field of a full journal is left out, alone and with each other one, in every state.
func TestNoJournalHoweverStrangePanicsWhereItIsShown(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	fresh := keyRecord{ID: "fresh", Name: "web ~rabcdefghij"}
	full := journal{ID: "abcdefghij", Profile: "p", Service: "generic", Strategy: strategyCreate, Mode: Planned, State: Open, Step: Verify, Started: at, Changed: at,
		Undoing: true, Fields: []apikey.Field{apikey.FieldExpiry}, CanDisable: true, Base: "web", Name: "web ~rabcdefghij", Old: keyRecord{ID: "old", Name: "web"}, New: &fresh,
		Superseded: []string{"lost"}, Print: "k1:x", OldPrint: "k1:y", OldBy: "its mask", Pending: []string{opCreate, opDelete, "put a"},
		Destinations: []destinationRecord{{Spec: "a", Describe: "a", Begun: true, Put: true, Reads: true, Backup: "/a.detent-abcdefghij"}}, OldDisabled: true, OldGone: true,
		DeletedAt: at, Dead: deadState{Still: time.Second}, NewGone: true, ClosedFor: "because", Unfound: 1, AcceptProbe: "because", Drain: time.Minute}
	for _, kind := range ClaimKinds {
		for _, subject := range []string{SubjectOld, SubjectNew, "a"} {
			full.Claims = append(full.Claims, Claim{claimRecord{kind, subject, Evidence{By: "probe", At: at, Detail: "said"}}})
		}
	}
	fields := reflect.TypeFor[journal]().NumField()
	show := func(state State, i, k int) {
		j := full
		if j.State = state; state == Over {
			j.Step = Done
		}
		v := reflect.ValueOf(&j).Elem()
		v.Field(i).SetZero()
		v.Field(k).SetZero()
		b, err := encode(&j)
		if err != nil {
			t.Fatal(err)
		}
		read, err := decode(b)
		if err != nil {
			return // refused as damaged
		}
		names := v.Type().Field(i).Name + " and " + v.Type().Field(k).Name
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("%s, without %s: %v", state, names, p)
			}
		}()
		if got := viewOf(read, strategyOf(read), false); got.State != state {
			t.Errorf("%s, without %s: shown as %s", state, names, got.State)
		}
	}
	for _, state := range []State{Open, Over, Aborted, Closed} {
		for i := range fields {
			show(state, i, i)
			for k := range i {
				if !testing.Short() {
					show(state, i, k)
				}
			}
		}
	}
}
