package rotation

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/delivery"
)

func TestUndoIsAnnouncedByWhatThereIsToUndo(t *testing.T) {
	const on, old, ask, then, gone = "turn the old key on again", "put the old value back in app", "ask you to put the old value back in app", "run the command after app again", "delete the new key"
	app := func(d destinationRecord) journal {
		d.Describe = "app"
		return journal{Destinations: []destinationRecord{d}}
	}
	for name, c := range map[string]struct {
		j    journal
		want []string
	}{
		"nothing was begun":           {app(destinationRecord{CanUndo: true}), []string{"end the rotation; nothing was changed"}},
		"a put was begun":             {app(destinationRecord{CanUndo: true, Begun: true}), []string{old}},
		"a put that has no undo":      {app(destinationRecord{Begun: true, Put: true, Then: true}), []string{ask}},
		"put back, not started again": {app(destinationRecord{CanUndo: true, Begun: true, Undone: true}), []string{then}},
		"put back and started":        {app(destinationRecord{CanUndo: true, Begun: true, Undone: true, Then: true}), []string{"end the rotation; nothing was changed"}},
		"the old key is off":          {journal{OldDisabled: true}, []string{on}},
		"it may be off":               {journal{Pending: []string{opDisable}}, []string{on}},
		"a new key":                   {journal{New: &keyRecord{ID: "n"}}, []string{gone}},
		"there may be a new key":      {journal{Pending: []string{opCreate}}, []string{gone}},
		"an earlier new key":          {journal{Superseded: []string{"n"}}, []string{gone}},
		"everything": {journal{OldDisabled: true, New: &keyRecord{ID: "n"}, Destinations: []destinationRecord{{Describe: "app", CanUndo: true, Begun: true, Put: true, Then: true}}},
			[]string{on, old, gone}},
		"too late":             {journal{OldGone: true, OldDisabled: true, New: &keyRecord{ID: "n"}}, []string{""}},
		"a deletion was sent":  {journal{Pending: []string{opDelete}, New: &keyRecord{ID: "n"}}, []string{""}},
		"it lives, as you say": {journal{LivesOn: true, OldGone: true, New: &keyRecord{ID: "n"}}, []string{gone}},
	} {
		if got := c.j.undoWords(); got != strings.Join(c.want, ", then ") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestWhatIsSaidOfAPlaceFollowsWhatWasBegunThere: a place that was left alone is never said to hold anything of ours.
func TestWhatIsSaidOfAPlaceFollowsWhatWasBegunThere(t *testing.T) {
	const untouched, byWord, doubt, back, without = "app was not changed by this rotation", "app has its old value by your word: seen", "whether app holds a secret of this rotation",
		"app holds the old value again, as it was read back", "the rotation goes on without app: gone"
	all := []string{untouched, byWord, doubt, back, without, "app was given the new secret", "the command after it has not succeeded yet", "nobody can read it"}
	for name, c := range map[string]struct {
		d     destinationRecord
		state State
		says  []string
	}{
		"left alone":           {destinationRecord{}, Open, []string{untouched}},
		"left alone, aborted":  {destinationRecord{}, Aborted, []string{untouched}},
		"begun":                {destinationRecord{Begun: true}, Open, []string{doubt}},
		"begun, aborted":       {destinationRecord{Begun: true}, Aborted, nil},
		"begun, by a word":     {destinationRecord{Begun: true, Undid: "seen"}, Aborted, []string{byWord}},
		"put":                  {destinationRecord{Begun: true, Put: true, Reads: true}, Open, []string{"app was given the new secret"}},
		"put, unreadable":      {destinationRecord{Begun: true, Put: true}, Open, []string{"app was given the new secret", "nobody can read it"}},
		"put back":             {destinationRecord{Begun: true, Undone: true, Then: true}, Open, []string{back}},
		"put back, no restart": {destinationRecord{Begun: true, Undone: true}, Open, []string{back, "the command after it has not succeeded yet"}},
		"put back, over":       {destinationRecord{Begun: true, Undone: true}, Aborted, []string{back}},
		"left out":             {destinationRecord{Begun: true, Put: true, Without: "gone"}, Open, []string{without}},
	} {
		c.d.Spec, c.d.Describe = "app", "app"
		j := &journal{State: c.state, Step: Deliver, Strategy: strategyCreate, Old: keyRecord{ID: "o"}, Destinations: []destinationRecord{c.d}}
		v := viewOf(j, strategyOf(j), false)
		said := strings.Join(slices.Concat(v.Certain, v.Unknown), "\n")
		for _, s := range all {
			if is := strings.Contains(said, s); is != slices.Contains(c.says, s) {
				t.Errorf("%s: %q is said: %v\n%s", name, s, is, said)
			}
		}
	}
}

// TestAPlaceThatWasPutBackNeedsNoRecovery: a lost secret that lies nowhere any more is not looked for.
func TestAPlaceThatWasPutBackNeedsNoRecovery(t *testing.T) {
	for undone, want := range map[bool]string{true: "delete that key and create again", false: "recover the new secret"} {
		j := &journal{State: Open, Step: Deliver, Strategy: strategyCreate, New: &keyRecord{ID: "n"}, Destinations: []destinationRecord{{Spec: "app", Begun: true, Undone: undone}}}
		if got := viewOf(j, strategyOf(j), false).Next.Default; got != want {
			t.Errorf("undone %v: %q, want %q", undone, got, want)
		}
	}
}

// TestWhatIsPendingIsSaidToBeUnknown: each call whose answer is missing, in words of its own.
func TestWhatIsPendingIsSaidToBeUnknown(t *testing.T) {
	j := &journal{State: Open, Step: Deliver, Strategy: strategyCreate, Name: "n ~r", Old: keyRecord{ID: "o", Name: "k"},
		Pending: []string{opCreate, opDelete, opDisable, "put app", "then app", "undo app", opRename}}
	v := viewOf(j, strategyOf(j), false)
	for i, want := range []string{`whether a new key "n ~r" was created`, "whether the old key was deleted: a deletion was sent, or may have been", "whether the old key was disabled",
		"whether app already holds the new secret", "whether the command after app has run", "whether app holds the old value again", "whether this took effect: rename the new key"} {
		if i >= len(v.Unknown) || !strings.HasPrefix(v.Unknown[i], want) {
			t.Errorf("%d: %q, want %q", i, v.Unknown, want)
		}
	}
	for _, said := range v.Certain {
		if strings.Contains(said, "was not touched") || strings.Contains(said, "no new key") {
			t.Errorf("certain, but not so: %q", said)
		}
	}
}

func TestALineThatRemovesACopyIsQuotedForTheShell(t *testing.T) {
	for path, want := range map[string]string{"/srv/app/.env.detent-a": "/srv/app/.env.detent-a", "/srv/my app/.env": "'/srv/my app/.env'", "/srv/it's/$HOME": `'/srv/it'\''s/$HOME'`, "/a~b": "'/a~b'"} {
		if got := shellWord(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestEachPhaseHasANameOfTheSeeds(t *testing.T) {
	var got []string
	for _, p := range Phases {
		got = append(got, p.String())
	}
	if want := "Create new key, Update application, Verify new key, Delete old key"; strings.Join(got, ", ") != want {
		t.Errorf("%q", got)
	}
	for _, s := range Strategies() {
		last := PhaseCreate
		for _, st := range s.Stages {
			if st.ID == Retire {
				continue
			}
			if st.Phase < last {
				t.Errorf("%s: %s comes after a later phase", s.ID, st.ID)
			}
			last = st.Phase
		}
	}
}

func TestTheStepThatIsShownIsOneOfTheInterfaces(t *testing.T) {
	for _, tc := range []struct {
		v    View
		want string
	}{{View{Step: Retire, CanDisable: true}, "disable"}, {View{Step: Retire}, "delete"}, {View{Step: Soak}, "soak"}, {View{Step: Done}, "done"}} {
		if got := tc.v.PublicStep(); got != tc.want {
			t.Errorf("%s, %v: %s", tc.v.Step, tc.v.CanDisable, got)
		}
	}
}

// TestACloseSaysNoMoreOfAKeyThanTheLastListShowed: it changes nothing, and looks at nothing.
func TestACloseSaysNoMoreOfAKeyThanTheLastListShowed(t *testing.T) {
	seen, missing := RowSeen, RowMissing
	for name, c := range map[string]struct {
		rows       []ClaimKind // of both keys, in order
		of         []string    // whose they are, where not of both
		pending    string
		old, fresh string
	}{
		"the old one is missing":   {[]ClaimKind{missing, seen}, []string{SubjectOld, SubjectNew}, "", "was not in the last list", "is left as it is: `detent delete new`"},
		"the new one is missing":   {[]ClaimKind{seen, missing}, []string{SubjectOld, SubjectNew}, "", "is left as it is", "was not in the last list; should it be there, `detent delete new`"},
		"shown by the last list":   {[]ClaimKind{missing, seen}, nil, "", "is left as it is", "is left as it is: `detent delete new`"},
		"not in the last list":     {[]ClaimKind{seen, missing}, nil, "", "was not in the last list", "was not in the last list; should it be there, `detent delete new`"},
		"never looked for":         {nil, nil, "", "is left as it is", "is left as it is: `detent delete new`"},
		"a deletion of it is sent": {[]ClaimKind{seen}, nil, opDelete, "may be there still: a deletion of it was sent", "is left as it is: `detent delete new`"},
	} {
		j := journal{State: Closed, Old: keyRecord{ID: "old", Name: "web"}, New: &keyRecord{ID: "new", Name: "web"}, Superseded: []string{"lost"}}
		if c.pending != "" {
			j.begun(c.pending)
		}
		for i, kind := range c.rows {
			for _, subject := range []string{SubjectOld, SubjectNew} {
				if c.of == nil || c.of[i] == subject {
					j.Claims = keepClaim(j.Claims, Claim{claimRecord{Kind: kind, Subject: subject}})
				}
			}
		}
		left := j.left()
		want := []string{`the old key "web" (old) ` + c.old, `the new key "web" (new) ` + c.fresh, "the earlier new key lost was not deleted by this rotation: `detent delete lost`"}
		if len(left) != len(want) {
			t.Fatalf("%s: %q", name, left)
		}
		for i := range want {
			if !strings.HasPrefix(left[i], want[i]) {
				t.Errorf("%s: %q, want %q", name, left[i], want[i])
			}
		}
	}
}

// TestThatAPlaceWasReadIsSaidWhereItWas: a place that can be read, and was not since, is only said to have been given the secret.
func TestThatAPlaceWasReadIsSaidWhereItWas(t *testing.T) {
	for want, tc := range map[string]struct {
		reads bool
		holds string
	}{"app was given the new secret": {true, ""}, "app was given the new secret; nobody can read it": {false, ""}, "app was given the new secret; read at 00:00:00Z": {true, "app held the new secret"},
		"app was given the new secret; but at 00:00:00Z it held nothing": {true, "app held nothing"}} {
		j := &journal{State: Open, Step: Verify, Strategy: strategyCreate, New: &keyRecord{ID: "n"}}
		if tc.holds != "" {
			j.Claims = []Claim{{claimRecord{Kind: PlaceHolds, Subject: "app", Evidence: Evidence{Detail: tc.holds}}}}
		}
		if got := j.placeWords(destinationRecord{Spec: "app", Describe: "app", Begun: true, Put: true, Reads: tc.reads}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestAPathLeadsElsewhereOnlyWhereBothAreKnown: a place on no machine has no whereabouts, nor has one of an older journal.
func TestAPathLeadsElsewhereOnlyWhereBothAreKnown(t *testing.T) {
	for _, tc := range []struct {
		was, is   string
		elsewhere bool
	}{{"", "", false}, {"/a", "", false}, {"", "/a", false}, {"/a", "/a", false}, {"/a", "/b", true}} {
		if err := elsewhere(&destinationRecord{Where: tc.was}, delivery.Held{Where: tc.is}); (err != nil) != tc.elsewhere {
			t.Errorf("%q, and now %q: %v", tc.was, tc.is, err)
		}
	}
}

// TestADifferenceIsAcceptedAsItWasSeen: of that field, with those values; another one blocks anew, and what nobody reports is not what differs.
func TestADifferenceIsAcceptedAsItWasSeen(t *testing.T) {
	for name, tc := range map[string]struct {
		accepted   acceptance
		unknown    string
		role, want string
	}{
		"nothing":                     {acceptance{}, "", "admin", "differs"},
		"as it was seen":              {acceptance{Field: apikey.FieldRole, Old: "reader", New: "admin", Reason: "wanted"}, "", "admin", "accepted"},
		"another new value":           {acceptance{Field: apikey.FieldRole, Old: "reader", New: "developer", Reason: "wanted"}, "", "admin", "differs"},
		"another old value":           {acceptance{Field: apikey.FieldRole, Old: "developer", New: "admin", Reason: "wanted"}, "", "admin", "differs"},
		"another field":               {acceptance{Field: apikey.FieldEnvironment, Old: "reader", New: "admin", Reason: "wanted"}, "", "admin", "differs"},
		"what nobody reports":         {acceptance{}, "not told", "", "accepted"},
		"what is reported to differ":  {acceptance{}, "not told", "admin", "differs"},
		"the same, whatever was said": {acceptance{Field: apikey.FieldRole, Old: "reader", New: "reader", Reason: "wanted"}, "not told", "reader", "equal"},
	} {
		j := &journal{State: Open, Step: Delete, Strategy: strategyCreate, Fields: []apikey.Field{apikey.FieldRole}, Old: keyRecord{ID: "o", Role: "reader"}, New: &keyRecord{ID: "n", Role: tc.role},
			Accepted: []acceptance{tc.accepted}, AcceptUnknown: tc.unknown}
		for _, d := range j.diff(noon) {
			if d.Field == apikey.FieldRole && string(d.Verdict) != tc.want || (d.Verdict == Tolerated) != (d.Reason != "") {
				t.Errorf("%s: %+v, want %s", name, d, tc.want)
			}
		}
	}
}

// TestAPlaceHoldsItsFormerValueWhereThatIsKnown: nothing is a former value of a place that was looked at, and of no other.
func TestAPlaceHoldsItsFormerValueWhereThatIsKnown(t *testing.T) {
	r := &Rotation{j: &journal{ID: "abcdefghij"}, fingerprints: &fingerprinter{key: []byte("a key of the store, for a test..")}}
	was, other := apikey.NewSecret("sk_live_0123456789abcdef0123"), apikey.NewSecret("sk_live_other56789abcdef0123")
	print, err := r.fingerprints.of(was)
	if err != nil {
		t.Fatal(err)
	}
	nothing, holds, another := delivery.Held{}, delivery.Held{Exists: true, Secret: was}, delivery.Held{Exists: true, Secret: other}
	for name, tc := range map[string]struct {
		rec  destinationRecord
		held delivery.Held
		want bool
	}{
		"nothing, as it was":           {destinationRecord{Where: "/a"}, nothing, true},
		"nothing, of what is unknown":  {destinationRecord{}, nothing, false},
		"a value where nothing was":    {destinationRecord{Where: "/a"}, holds, false},
		"its value":                    {destinationRecord{Where: "/a", Held: true, Former: print}, holds, true},
		"another value":                {destinationRecord{Where: "/a", Held: true, Former: print}, another, false},
		"nothing where a value was":    {destinationRecord{Where: "/a", Held: true, Former: print}, nothing, false},
		"a value that was not kept":    {destinationRecord{Where: "/a", Held: true}, holds, false},
		"nothing, and it was not kept": {destinationRecord{Where: "/a", Held: true}, nothing, false},
	} {
		if got := r.isFormer(&tc.rec, tc.held); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestOpenRotationsConcernTheirKeys of that profile, wherever they are in a list: what is over, of another profile or unreadable does not.
func TestOpenRotationsConcernTheirKeys(t *testing.T) {
	key := func(id string) apikey.Key { return apikey.Key{ID: id} }
	fresh := key("b")
	views := []View{{Profile: "p", State: Open, Err: os.ErrInvalid, Old: key("x")}, {Profile: "q", State: Open, Old: key("y")}, {Profile: "p", State: Over, Old: key("z")}, {Profile: "p", State: Open, Old: key("a"), New: &fresh}, {Profile: "p", State: Open, Old: key("c")}}
	for range views {
		views = append(views[1:], views[0])
		ids := Concerns(views, "p")
		if len(ids) != 3 || !ids["a"] || !ids["b"] || !ids["c"] {
			t.Errorf("%v", ids)
		}
	}
}

// TestWhoSaidThatTheOldKeyIsGoneIsNamed: the service is not said to have answered what a person said, and what a person says to live was not left untouched.
func TestWhoSaidThatTheOldKeyIsGoneIsNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		j        journal
		says     string
		saysNone string
	}{
		"the service answered":        {journal{OldGone: true, OldBy: "its mask", Dead: deadState{Still: time.Second}}, "when the old secret dies: it was still accepted 1s after the service answered that the key is deleted", "your word"},
		"nobody showed whose it was":  {journal{OldGone: true, Dead: deadState{Still: time.Second}}, "what the place held before was still accepted 1s after the service answered that the key is deleted, and was not shown to be the old key's", "dies"},
		"a person said":               {journal{OldGone: true, ByPerson: true, Dead: deadState{Still: time.Second}}, "still accepted 1s after your word that the key is deleted", "the service answered"},
		"a person said that it lives": {journal{LivesOn: true}, "by your word the old key \"web\" (old) lives, although a deletion of it was sent", "was not touched"},
		"nobody said anything":        {journal{}, "was not touched", "by your word"},
	} {
		j := tc.j
		j.State, j.Step, j.Strategy, j.Old, j.New = Open, Delete, strategyCreate, keyRecord{ID: "old", Name: "web"}, &keyRecord{ID: "new", Name: "web"}
		v := viewOf(&j, CreateAndDelete, false)
		said := strings.Join(slices.Concat(v.Certain, v.Unknown), "; ")
		if !strings.Contains(said, tc.says) || strings.Contains(said, tc.saysNone) {
			t.Errorf("%s: %s", name, said)
		}
	}
}
