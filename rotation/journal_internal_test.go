package rotation

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/disk"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestJournalKeepsEveryFieldOfAKey(t *testing.T) {
	on := true
	k := apikey.Key{ID: "a", Name: "b", Type: "sk", Role: "admin", Environment: apikey.Live,
		Permissions: []apikey.Permission{{Feature: "A", Name: "b"}, {Name: "c"}}, Added: []apikey.Permission{{Name: "i"}}, Masked: "pk7_…", Account: "d", Project: "e", ProjectName: "f",
		Enabled: &on, CreatedAt: apikey.At(noon), UpdatedAt: apikey.At(noon), ExpiresAt: apikey.Never(), LastUsedAt: apikey.Never(),
		Restrictions: &apikey.Restrictions{IPAddresses: []string{"192.0.2.1"}}, CreatedBy: "g", UpdatedBy: "h", CanRetrieve: true, CannotRetrieve: true, Own: true,
		RolledAt: apikey.At(noon), FormerEndsAt: apikey.At(noon), FormerUsedAt: apikey.Never(),
		Matched: true, Extra: map[string]json.RawMessage{"x": json.RawMessage(`{"y":1}`)}}
	v := reflect.ValueOf(k)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Fatalf("the test does not set %s: a new field must be kept too", v.Type().Field(i).Name)
		}
	}
	b, err := json.Marshal(record(k))
	if err != nil {
		t.Fatal(err)
	}
	var back keyRecord
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	k.Matched = false // of one answer, not of the key
	if !reflect.DeepEqual(back.key(), k) {
		t.Errorf("got %+v\nwant %+v\nfrom %s", back.key(), k, b)
	}
	if b, _ = json.Marshal(record(apikey.Key{ID: "a"})); string(b) != `{"id":"a","name":""}` {
		t.Errorf("what the service does not say is written as %s", b)
	}
}

// The file was written by the first detent that rotated. What is open then is ended by every later one.
func TestJournalOfTheFirstVersionIsRead(t *testing.T) {
	old, err := os.ReadFile("testdata/journal-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	store := Files{Dir: t.TempDir(), NoSync: true}
	const id = "iym7dhq6uv"
	if err := store.Save(id, old); err != nil {
		t.Fatal(err)
	}
	v, err := Find(store, id)
	if err != nil {
		t.Fatal(err)
	}
	if v.Step != Drain || v.State != Open || v.Strategy != CreateAndDelete.ID || v.Old.Role != "application" || v.New == nil || v.New.ID != "omvgkttwga6h" ||
		!v.Destinations[0].Put || v.Drain != DefaultDrain || v.DrainExplicit || len(blocked(v.Diff)) != 0 || len(v.History) != 4 || !strings.Contains(v.Next.Undo, "/srv/shop/.env") {
		t.Errorf("%+v", v)
	}
	if len(v.Claims) != 0 {
		t.Errorf("what it says was done is claimed to have been seen: %v", v.Claims)
	}
	j, err := decode(old)
	if err != nil {
		t.Fatal(err)
	}
	b, err := encode(j)
	if err != nil || !strings.Contains(string(b), `"version":3`) {
		t.Errorf("written anew as %s, %v", b, err)
	}
}

// TestAnOlderJournalIsReadWithTodaysCaution: what an older detent said of a list, or of an undo, is not known to have been seen.
func TestAnOlderJournalIsReadWithTodaysCaution(t *testing.T) {
	base := func(change func(*journal)) journal {
		j := journal{ID: "abcdefghij", Profile: "p", Service: "s", Mode: Planned, State: Open, Step: Drain, Name: "n ~rabcdefghij",
			Old: keyRecord{ID: "o"}, New: &keyRecord{ID: "n"}, Print: "614703f6e066", Proved: 3, LastUseMoves: true,
			Destinations: []destinationRecord{{Spec: "app", Begun: true, Put: true, Then: true}}}
		change(&j)
		return j
	}
	for name, tc := range map[string]struct {
		j     journal
		holds func(j *journal) bool
	}{
		"what was proved is to be proved anew": {base(func(*journal) {}), func(j *journal) bool { return j.Proved == 0 && !j.LastUseMoves && !j.deleteSent() }},
		"the strategy follows from the lane":   {base(func(j *journal) { j.Manual = true }), func(j *journal) bool { return j.Strategy == strategyDashboard }},
		"and else it is the other one":         {base(func(*journal) {}), func(j *journal) bool { return j.Strategy == strategyCreate }},
		"gone was said of a list":              {base(func(j *journal) { j.OldGone = true }), func(j *journal) bool { return !j.OldGone && j.deleteSent() }},
		"at delete it may have been sent":      {base(func(j *journal) { j.Step = Delete }), func(j *journal) bool { return j.deleteSent() }},
		"a deletion on its way":                {base(func(j *journal) { j.Pending = []string{opDelete} }), func(j *journal) bool { return j.deleteSent() }},
		"retired by a disable":                 {base(func(j *journal) { j.Step, j.CanDisable, j.Mode, j.OldFirst = Retire, true, Compromised, true }), func(j *journal) bool { return !j.deleteSent() }},
		"retired by a delete":                  {base(func(j *journal) { j.Step, j.Mode, j.OldFirst = Retire, Compromised, true }), func(j *journal) bool { return j.deleteSent() }},
		"undone was said of what was not":      {base(func(j *journal) { j.Destinations[0].Undone = true }), func(j *journal) bool { d := j.Destinations[0]; return !d.Undone && !d.Then && d.Begun }},
		"a key without an id":                  {base(func(j *journal) { j.New.ID = "" }), func(j *journal) bool { return j.New == nil && j.Print == "" && j.pending(opCreate) }},
		"a key with the old id":                {base(func(j *journal) { j.New.ID = "o" }), func(j *journal) bool { return j.New == nil && j.pending(opCreate) }},
		"what is over stays as it was":         {base(func(j *journal) { j.State, j.Step, j.OldGone = Over, Done, true }), func(j *journal) bool { return j.OldGone && j.Proved == 3 }},
	} {
		for _, version := range []int{1, 2} {
			b, err := json.Marshal(tc.j)
			if err != nil {
				t.Fatal(err)
			}
			j, err := decode([]byte(strings.Replace(string(b), `"version":0`, `"version":`+string(rune('0'+version)), 1)))
			if err != nil || !tc.holds(j) {
				t.Errorf("%s (version %d): %+v, %v", name, version, j, err)
			}
		}
		today := tc.j
		today.Version = journalVersion
		today.migrate()
		if !reflect.DeepEqual(today.Destinations, tc.j.Destinations) || today.Proved != tc.j.Proved || today.OldGone != tc.j.OldGone {
			t.Errorf("%s: one of today is changed", name)
		}
	}
}

func TestALookAtALockIsNoHolder(t *testing.T) {
	f := Files{Dir: t.TempDir()}
	release, holder, err := f.Lock("key-1", Holder{ID: "r1", PID: 1, Host: "elsewhere"})
	if err != nil || holder != nil {
		t.Fatalf("held by %+v, %v", holder, err)
	}
	if h := f.HeldBy("key-1"); h == nil || h.ID != "r1" {
		t.Errorf("held by %+v", h)
	}
	if _, holder, err = f.Lock("key-1", Holder{ID: "r2"}); err != nil || holder == nil || holder.ID != "r1" {
		t.Errorf("the second has it too: %+v, %v", holder, err)
	}
	release(false)
	if _, err := os.Stat(f.lockPath("key-1")); err != nil {
		t.Errorf("the file of one that goes on later: %v", err)
	}
	if h := f.HeldBy("key-1"); h != nil {
		t.Errorf("a look says that it is held by %+v", h)
	}
	// A look has it for an instant: who takes it tries again.
	look, _, err := f.tryLock(f.lockPath("key-1"))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(2*lockPause, func() { _ = look.Close() })
	release, holder, err = f.Lock("key-1", Holder{ID: "r3"})
	if err != nil || holder != nil {
		t.Fatalf("after a look it is held by %+v, %v", holder, err)
	}
	release(true)
	if _, err := os.Stat(f.lockPath("key-1")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file of one that is over: %v", err)
	}
	if f.HeldBy("key-1") != nil {
		t.Error("a lock that nobody needs any more is held")
	}
}

// TestWhoWaitsForALockThatIsRemovedTakesTheNewOne: between opening the file and locking it the one before may have removed it.
func TestWhoWaitsForALockThatIsRemovedTakesTheNewOne(t *testing.T) {
	f := Files{Dir: t.TempDir()}
	path := f.lockPath("key-1")
	held, _, err := f.tryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if !sameFile(held, path) {
		t.Error("the file that is there is taken for another")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if sameFile(held, path) {
		t.Error("a file that was removed counts")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if sameFile(held, path) {
		t.Error("another file counts")
	}
	_ = held.Close()
}

func TestAHolderIsNamedAsFarAsItIsKnown(t *testing.T) {
	since := noon
	host, _ := os.Hostname()
	for want, h := range map[string]Holder{
		"another process": {},
		"process 7 of bob on pay1, since 2026-11-23T12:00:00Z": {PID: 7, User: "bob", Host: "pay1", Since: since},
		"the operator ann, since 2026-11-23T12:00:00Z":         {PID: 7, Operator: "ann", Since: since},
	} {
		if h.String() != want || h.isUs() {
			t.Errorf("%q, us %v; want %q", h, h.isUs(), want)
		}
	}
	us := Holder{PID: os.Getpid(), Host: host}
	if !us.isUs() {
		t.Error("this process is taken for another")
	}
	if us.Operator = "ann"; us.isUs() {
		t.Error("an operator's session is taken for this process")
	}
	if us = (Holder{PID: os.Getpid(), Host: host + "x"}); us.isUs() {
		t.Error("the same number on another host is taken for this process")
	}
}

func TestTheKeyOfTheFingerprintsIsMadeOnceAndKept(t *testing.T) {
	f := Files{Dir: filepath.Join(t.TempDir(), "new", "folder")}
	first, err := f.Key(strings.NewReader(strings.Repeat("a", keyLen)))
	if err != nil || string(first) != strings.Repeat("a", keyLen) {
		t.Fatalf("%x, %v", first, err)
	}
	again, err := f.Key(strings.NewReader(strings.Repeat("b", keyLen)))
	if err != nil || string(again) != string(first) {
		t.Errorf("another key: %x, %v", again, err)
	}
	path := filepath.Join(f.Dir, keyFile)
	for p, want := range map[string]fs.FileMode{path: 0o600, f.Dir: 0o700} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", p, info.Mode(), err)
		}
	}
	// Two processes that make it at the same moment have one.
	if err := disk.First(path, []byte("another")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("it was written over: %v", err)
	}
	if entries, _ := os.ReadDir(f.Dir); len(entries) != 1 {
		t.Errorf("left beside it: %v", entries)
	}
	for name, b := range map[string][]byte{"short": []byte("short"), "long": make([]byte, keyLen+1), "empty": {}} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Key(strings.NewReader(strings.Repeat("c", keyLen))); err == nil || !strings.Contains(err.Error(), "is damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (Files{Dir: t.TempDir()}).Key(strings.NewReader("too little")); err == nil || !strings.Contains(err.Error(), "no randomness") {
		t.Errorf("too little randomness: %v", err)
	}
}

func TestAFingerprintTellsItsSecretAlone(t *testing.T) {
	p := &fingerprinter{store: Files{Dir: t.TempDir()}, random: strings.NewReader(strings.Repeat("a", keyLen))}
	mine, other := apikey.NewSecret("sk_live_0123456789abcdef"), apikey.NewSecret("sk_live_0123456789abcdeX")
	print, err := p.of(mine)
	if err != nil || !strings.HasPrefix(print, keyed) || strings.Contains(print, "0123456789") {
		t.Fatalf("%s, %v", print, err)
	}
	for name, tc := range map[string]struct {
		secret apikey.Secret
		print  string
		want   bool
	}{
		"its own": {mine, print, true}, "another": {other, print, false}, "nothing": {apikey.Secret{}, print, false}, "no print": {mine, "", false},
		"of an older version": {mine, mine.Fingerprint("abcdefghij"), true}, "of another rotation then": {mine, mine.Fingerprint("jihgfedcba"), false},
	} {
		if p.is(tc.secret, tc.print, "abcdefghij") != tc.want {
			t.Errorf("%s: %v", name, !tc.want)
		}
	}
	if none, err := p.of(apikey.Secret{}); none != "" || err != nil {
		t.Errorf("nothing has the print %q, %v", none, err)
	}
}

// The wait is long enough for a timeout that is longer than the floor of five seconds.
func TestLateCreateIsWaitedForTwiceTheTimeout(t *testing.T) {
	w := World{Timeout: 15 * time.Second}
	if w.settle() != 30*time.Second || (World{}).settle() != 5*time.Second {
		t.Errorf("%s and %s", w.settle(), (World{}).settle())
	}
}

func TestSpansReadAsPeopleWriteThem(t *testing.T) {
	for d, want := range map[time.Duration]string{
		30*24*time.Hour - time.Second: "30d", 30*24*time.Hour - 20*time.Minute: "29d 23h",
		15 * time.Minute: "15m", 70 * time.Second: "1m10s", 70 * time.Minute: "1h10m", time.Hour: "1h",
		10 * time.Second: "10s", 90 * 24 * time.Hour: "90d", 30 * time.Hour: "1d 6h", 0: "0s",
	} {
		if got := span(d); got != want {
			t.Errorf("%d is %s, want %s", d, got, want)
		}
	}
}

// FuzzJournal: whatever lies in the folder, decode neither panics nor accepts what it
// would not write itself.
func FuzzJournal(f *testing.F) {
	on := true
	j := &journal{ID: "abcdefghij", Profile: "p", Service: "s", Strategy: strategyCreate, Mode: Planned, State: Open, Step: Create, Name: "n ~rabcdefghij",
		Old: record(apikey.Key{ID: "k", Enabled: &on, ExpiresAt: apikey.Never(), CreatedAt: apikey.At(noon),
			Extra: map[string]json.RawMessage{"x": json.RawMessage(`{}`)}})}
	seed, err := encode(j)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`{"version":1,"old":{"id":"x","expires_at":"never"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		j, err := decode(b)
		if err != nil {
			return
		}
		again, err := encode(j)
		if err != nil {
			t.Fatalf("%q was read but cannot be written: %v", b, err)
		}
		j2, err := decode(again)
		if err != nil {
			t.Fatalf("%q was written but cannot be read: %v", again, err)
		}
		third, err := encode(j2)
		if err != nil || string(third) != string(again) {
			t.Fatalf("%q became %q", again, third)
		}
		_ = viewOf(j, strategyOf(j), false)
	})
}

// TestAListIsInOneOrder: what is open first, the latest first, and of one moment by its id; what cannot be read has no moment.
func TestAListIsInOneOrder(t *testing.T) {
	type entry struct {
		id    string
		state State
		hour  int // -1 cannot be read
	}
	want := []entry{{"bbbbbbbbbb", Open, 9}, {"dddddddddd", Open, 9}, {"aaaaaaaaaa", Open, 3}, {"cccccccccc", Over, 12}, {"eeeeeeeeee", Aborted, 7}, {"ffffffffff", Closed, 7}, {"gggggggggg", "", -1}, {"hhhhhhhhhh", "", -1}}
	ids := map[string]string{}
	for turn := range len(want) { // each order of the ids, as the store lists them
		store := Files{Dir: t.TempDir(), NoSync: true}
		for i, e := range want {
			id := e.id
			if e.id == "aaaaaaaaaa" || e.id == "cccccccccc" { // whose place is not told by the id
				id = strings.Repeat(string(rune('i'+(i*3+turn)%len(want))), 10) // anywhere among the others
			}
			ids[e.id] = id
			j := &journal{ID: id, Mode: Planned, State: e.state, Step: Verify, Strategy: strategyCreate, Old: keyRecord{ID: "old"}, Name: "web" + apikey.Mark(id), Started: noon.Add(time.Duration(e.hour) * time.Hour), Changed: noon}
			if e.state == Over {
				j.Step = Done
			}
			b, err := encode(j)
			if e.hour < 0 {
				b = []byte(`{"version":3}`)
			}
			if err = errors.Join(err, store.Save(id, b)); err != nil {
				t.Fatal(err)
			}
		}
		views, err := List(store)
		if err != nil || len(views) != len(want) {
			t.Fatalf("%d, %v", len(views), err)
		}
		for i, v := range views {
			if v.ID != ids[want[i].id] || (v.Err != nil) != (want[i].hour < 0) {
				t.Errorf("turn %d: %d is %s (%s, %s), want %s", turn, i, v.ID, v.State, v.Started, ids[want[i].id])
			}
		}
	}
}

// TestAClosedRotationHoldsNoSecret: what the process had of them is forgotten, and its lock is given back once.
func TestAClosedRotationHoldsNoSecret(t *testing.T) {
	s := apikey.NewSecret("sk_live_0123456789abcdef0123")
	released := 0
	r := &Rotation{j: &journal{State: Open, Step: Deliver, Strategy: strategyCreate}, strategy: CreateAndDelete, secret: s, old: s, pasted: &pasted{secret: s},
		formers: map[string]apikey.Secret{"app": s}, release: func(bool) { released++ }}
	r.Close()
	r.Close()
	if !r.secret.IsZero() || !r.old.IsZero() || r.pasted != nil || len(r.formers) > 0 || released != 1 {
		t.Errorf("%d times given back: %+v", released, r)
	}
}
