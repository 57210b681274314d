package apikey

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// foundIn are the findings of the keys at noon, as "id kind: detail".
func foundIn(caps Capabilities, p Policy, rotating map[string]bool, keys ...Key) []string {
	var out []string
	for _, f := range Examine(keys, caps, p, rotating, noon) {
		out = append(out, fmt.Sprintf("%s %s: %s", f.KeyID, f.Kind, f.Detail))
	}
	return out
}

func ago(d time.Duration) Moment { return At(noon.Add(-d)) }
func in(d time.Duration) Moment  { return At(noon.Add(d)) }

func TestTimesAreFoundAndSaid(t *testing.T) {
	p := Policy{MaxAge: 90 * day, Expiring: 14 * day, Unused: 30 * day}
	for what, tc := range map[string]struct {
		key  Key
		want []string
	}{
		"nothing known":                {Key{}, nil},
		"just at the limit of age":     {Key{CreatedAt: ago(90 * day)}, nil},
		"over the limit of age":        {Key{CreatedAt: ago(91 * day)}, []string{"k age: created 91 days ago, over the limit of 90 days"}},
		"used just now":                {Key{LastUsedAt: ago(0)}, nil},
		"used at the limit":            {Key{LastUsedAt: ago(30 * day)}, nil},
		"used before the limit":        {Key{LastUsedAt: ago(31 * day)}, []string{"k unused: last used 31 days ago"}},
		"never used, new":              {Key{LastUsedAt: Never(), CreatedAt: ago(30 * day)}, nil},
		"created long ago, and rolled": {Key{CreatedAt: ago(400 * day), RolledAt: ago(3 * day), LastUsedAt: Never()}, nil},
		"rolled long ago":              {Key{CreatedAt: ago(400 * day), RolledAt: ago(91 * day)}, []string{"k age: rolled 91 days ago, over the limit of 90 days"}},
		"rolled, and never used since": {Key{CreatedAt: ago(400 * day), RolledAt: ago(31 * day), LastUsedAt: Never()}, []string{"k unused: never used since it was rolled 31 days ago"}},
		"never used, old":              {Key{LastUsedAt: Never(), CreatedAt: ago(31 * day)}, []string{"k unused: never used since it was created 31 days ago"}},
		"never used, of an unknown":    {Key{LastUsedAt: Never()}, nil},
		"use not told":                 {Key{CreatedAt: ago(31 * day)}, nil},
		"no end":                       {Key{ExpiresAt: Never()}, []string{"k never_expires: has no expiry"}},
		"the end of time":              {Key{ExpiresAt: At(time.Unix(253402300799, 0))}, nil},
		"the end of time, from now":    {Key{CreatedAt: ago(day), ExpiresAt: At(time.Unix(253402300799, 0))}, nil},
		"the end is now":               {Key{ExpiresAt: ago(0)}, []string{"k expired: expired 2026-11-20T12:00:00Z"}},
		"the end was":                  {Key{ExpiresAt: ago(day)}, []string{"k expired: expired 2026-11-19T12:00:00Z"}},
		"the end is near":              {Key{ExpiresAt: in(14*day - time.Second)}, []string{"k expiring: expires 2026-12-04T11:59:59Z"}},
		"the end is not near":          {Key{ExpiresAt: in(14 * day)}, nil},
	} {
		tc.key.ID = "k"
		if got := foundIn(Capabilities{}, p, nil, tc.key); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", what, got, tc.want)
		}
	}
	everything := Key{ID: "k", CreatedAt: ago(200 * day), ExpiresAt: in(time.Hour), LastUsedAt: ago(100 * day)}
	if got := foundIn(Capabilities{}, Policy{}, nil, everything); len(got) != 0 {
		t.Errorf("no limit is set, and %q", got)
	}
}

// TestAShortLifeIsNearItsEndLate: what is made for a small part of the time of warning is not near its end from the first.
func TestAShortLifeIsNearItsEndLate(t *testing.T) {
	for _, tc := range []struct {
		kind       string
		life, left time.Duration
		want       string
	}{
		{"", 24 * time.Hour, 24 * time.Hour, ""}, {"", 24 * time.Hour, 7 * time.Hour, ""}, {"", 24 * time.Hour, 5 * time.Hour, "expiring"},
		{"", 24 * time.Hour, 6 * time.Hour, ""}, {"", 24 * time.Hour, 6*time.Hour - time.Second, "expiring"}, {"", 24 * time.Hour, -time.Second, "expired"},
		{"", 7*day + time.Second, 7 * day, "expiring"}, {"", 10 * day, 10 * day, "expiring"}, {"", 7 * day, 6 * day, ""}, {"", 7 * day, day, "expiring"},
		{"", 15 * day, 14*day - time.Second, "expiring"}, {"", 30 * day, 13 * day, "expiring"}, {"", 30 * day, 15 * day, ""},
		{SecretKey, time.Hour, 50 * time.Minute, ""}, {SecretKey, time.Hour, 10 * time.Minute, "expiring"},
		{PublicKey, 24 * time.Hour, 24 * time.Hour, ""}, {PublicKey, 24 * time.Hour, time.Second, ""}, {PublicKey, 24 * time.Hour, 0, ""},
		{PublicKey, 24 * time.Hour, -day, ""}, {PublicKey, 14 * day, time.Hour, ""},
		{PublicKey, 15 * day, time.Hour, "expiring"}, {PublicKey, 60 * day, -time.Hour, "expired"},
	} {
		k := Key{ID: "k", Type: tc.kind, CreatedAt: in(tc.left - tc.life), ExpiresAt: in(tc.left)}
		var got []string
		for _, f := range Examine([]Key{k}, Capabilities{}, DefaultPolicy(), nil, noon) {
			got = append(got, string(f.Kind))
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s of %s with %s left: %q, want %q", tc.kind, tc.life, tc.left, got, tc.want)
		}
	}
	// Of a public key whose beginning is not told, nothing says that it was to live long.
	if got := foundIn(Capabilities{}, DefaultPolicy(), nil, Key{Type: PublicKey, ExpiresAt: in(time.Hour)}, Key{Type: PublicKey, ExpiresAt: ago(time.Hour)}); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

func TestANameIsSharedInOnePlace(t *testing.T) {
	keys := []Key{
		{ID: "live", Name: "shop", Environment: Live}, {ID: "test", Name: "shop", Environment: Test},
		{ID: "p1", Name: "app", Project: "1"}, {ID: "p2", Name: "app", Project: "2"},
		{ID: "a", Name: "twin", Environment: Live}, {ID: "b", Name: "twin", Environment: Live}, {ID: "c", Name: "twin", Environment: Test},
		{ID: "x", Name: "three"}, {ID: "y", Name: "three"}, {ID: "z", Name: "three"},
		{ID: "n1"}, {ID: "n2"}, {ID: "one", Name: "one"},
	}
	want := []string{"a duplicate_name: 2 keys have this name", "b duplicate_name: 2 keys have this name",
		"x duplicate_name: 3 keys have this name", "y duplicate_name: 3 keys have this name", "z duplicate_name: 3 keys have this name"}
	if got := foundIn(Capabilities{}, DefaultPolicy(), nil, keys...); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestAccessIsFoundAndSaid(t *testing.T) {
	mint, idle := ParsePermission("ApiKeys.createApiKey"), ParsePermission("Sites.noop")
	caps := Capabilities{
		AccessFields: []Field{FieldRole, FieldRestrictions}, Roles: []RoleInfo{{Name: "admin", Risk: CanMint}, {Name: "reader"}, {Risk: CanMint}},
		PermissionGroups: []PermissionGroup{{Permissions: []PermissionInfo{{Permission: ParsePermission("Sites.read")}, {Permission: mint, Risk: CanMint}, {Permission: idle, Risk: NoEffect}}}},
	}
	for what, tc := range map[string]struct {
		key  Key
		want []string
	}{
		"nothing":               {Key{Role: "reader", Restrictions: ips("10.0.0.0/8"), Permissions: perms("Sites.read")}, nil},
		"no role":               {Key{}, nil},
		"a role that mints":     {Key{Role: "admin"}, []string{"k can_mint: role admin can make or delete keys"}},
		"a right that mints":    {Key{Permissions: []Permission{mint}}, []string{"k can_mint: ApiKeys.createApiKey can make, change or delete keys"}},
		"under another feature": {Key{Permissions: perms("apiKeys.createApiKey")}, []string{"k can_mint: apiKeys.createApiKey can make, change or delete keys"}},
		"a right without use":   {Key{Permissions: []Permission{idle}}, []string{"k no_op_grant: Sites.noop does nothing today"}},
		"unrestricted":          {Key{Restrictions: ips()}, []string{"k no_restrictions: from any address and referrer, at any endpoint: no restriction narrows it"}},
		"restrictions not told": {Key{}, nil},
	} {
		tc.key.ID = "k"
		if got := foundIn(caps, DefaultPolicy(), nil, tc.key); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", what, got, tc.want)
		}
	}
	bare := Capabilities{AccessFields: []Field{FieldEnvironment, FieldRestrictions}}
	if got := foundIn(bare, DefaultPolicy(), nil, Key{ID: "k", Restrictions: ips()}); !slices.Equal(got, []string{"k no_restrictions: full access to the account: no restriction narrows it"}) {
		t.Errorf("nothing else narrows it: %q", got)
	}
	if got := foundIn(Capabilities{}, DefaultPolicy(), nil, Key{ID: "k", Restrictions: ips()}); len(got) != 0 {
		t.Errorf("keys that have no restrictions: %q", got)
	}
	if got := foundIn(caps, DefaultPolicy(), map[string]bool{"k": true}, Key{ID: "k"}, Key{ID: "other"}); !slices.Equal(got, []string{"k rotation_open: a rotation of this key is open"}) {
		t.Errorf("%q", got)
	}
}

// TestKindsAreThoseOfTheFindings: the two ways of asking agree, whatever the keys are like.
func TestKindsAreThoseOfTheFindings(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	moments := []Moment{{}, Never(), ago(200 * day), ago(day), in(time.Hour), in(60 * day)}
	moment := func() Moment { return moments[draw.IntN(len(moments))] }
	mint := ParsePermission("ApiKeys.createApiKey")
	caps := Capabilities{AccessFields: []Field{FieldRestrictions}, Roles: []RoleInfo{{Name: "admin", Risk: CanMint}},
		PermissionGroups: []PermissionGroup{{Permissions: []PermissionInfo{{Permission: mint, Risk: CanMint}, {Permission: ParsePermission("A.x"), Risk: NoEffect}}}}}
	kinds := map[FindingKind]int{}
	for range 200 {
		keys := make([]Key, draw.IntN(12))
		pointers, rotating := make([]*Key, len(keys)), map[string]bool{}
		for i := range keys {
			keys[i] = Key{ID: fmt.Sprint(i), Name: []string{"", "x", "y", "z"}[draw.IntN(4)], Role: []string{"", "admin"}[draw.IntN(2)], Type: []string{"", PublicKey}[draw.IntN(2)],
				Environment: []Environment{"", Live}[draw.IntN(2)], Permissions: []([]Permission){nil, {mint}, perms("A.x", "B.createApiKey")}[draw.IntN(3)],
				Restrictions: []*Restrictions{nil, ips(), ips("10.0.0.0/8")}[draw.IntN(3)], CreatedAt: moment(), ExpiresAt: moment(), LastUsedAt: moment()}
			pointers[i], rotating[keys[i].ID] = &keys[i], draw.IntN(4) == 0
		}
		type seen struct {
			id   string
			kind FindingKind
		}
		var short, long []seen
		ExamineKinds(len(keys), slices.All(pointers), caps, DefaultPolicy(), rotating, noon, func(at int, kind FindingKind) { short = append(short, seen{keys[at].ID, kind}) })
		for _, f := range Examine(keys, caps, DefaultPolicy(), rotating, noon) {
			long = append(long, seen{f.KeyID, f.Kind})
			kinds[f.Kind]++
			if f.Name != keys[slices.IndexFunc(keys, func(k Key) bool { return k.ID == f.KeyID })].Name || f.Detail == "" || strings.Contains(f.Detail, "%!") {
				t.Fatalf("%+v", f)
			}
		}
		if !slices.Equal(short, long) {
			t.Fatalf("kinds %v, findings %v", short, long)
		}
	}
	for f := range Findings() {
		if kinds[f.Kind] == 0 && !f.OfService {
			t.Errorf("no key was found to be %s: does examine (finding.go) add it, and does this test draw a key that has it?", f.Kind)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if !slices.ContainsFunc(findings, func(f FindingInfo) bool { return f.Kind == kind }) {
			t.Errorf("%s has no row in the table of findings (findings.go): no list, no filter and no help has it", kind)
		}
	}
}

// TestFindingsAreOthersPastTheInstantThatIsTold: not before it, and never where none is told.
func TestFindingsAreOthersPastTheInstantThatIsTold(t *testing.T) {
	draw := rand.New(rand.NewPCG(3, 4))
	moment := func() Moment {
		return []Moment{{}, Never(), ago(time.Duration(draw.IntN(200)) * day), in(time.Duration(draw.IntN(60)) * day)}[draw.IntN(4)]
	}
	never := 0
	for range 2000 {
		keys := make([]*Key, 1+draw.IntN(2))
		for i := range keys {
			keys[i] = &Key{Type: []string{"", PublicKey}[draw.IntN(2)], CreatedAt: moment(), ExpiresAt: moment(), LastUsedAt: moment()}
		}
		p := Policy{MaxAge: time.Duration(draw.IntN(3)) * 60 * day, Expiring: time.Duration(draw.IntN(3)) * 14 * day, Unused: time.Duration(draw.IntN(3)) * 30 * day}
		kinds := func(now time.Time) (out string, until time.Time) {
			until = ExamineKinds(len(keys), slices.All(keys), Capabilities{}, p, nil, now, func(at int, kind FindingKind) { out += fmt.Sprint(at, kind, " ") })
			return out, until
		}
		now, until := kinds(noon)
		if until.IsZero() {
			never++
			if then, _ := kinds(noon.Add(10_000 * day)); then != now {
				t.Fatalf("nothing changes, but %q becomes %q: %+v", now, then, keys)
			}
			continue
		}
		if then, _ := kinds(until); then != now {
			t.Fatalf("%q becomes %q by %v: %+v", now, then, until, keys)
		}
		if then, _ := kinds(until.Add(1)); then == now {
			t.Fatalf("%q stays past %v: %+v", now, until, keys)
		}
	}
	if never == 0 || never == 2000 {
		t.Errorf("%d of 2000 never change", never)
	}
}

// listed are keys as a long list has them: each of them old, most without an end, some near it, some called alike.
func listed(n int) []*Key {
	out := make([]*Key, n)
	for i := range out {
		out[i] = &Key{ID: fmt.Sprint(i), Name: fmt.Sprintf("billing-api-%d", i%(n-n/8)), Permissions: perms("ApiKeys.createApiKey", "A.x"), CreatedAt: ago(200 * day), ExpiresAt: Never()}
		if i%3 == 0 {
			out[i].ExpiresAt = in(time.Duration(i) * time.Hour)
		}
	}
	return out
}

func examineListed(keys []*Key) (found int) {
	caps := Capabilities{PermissionGroups: []PermissionGroup{{Permissions: []PermissionInfo{{Permission: ParsePermission("ApiKeys.createApiKey"), Risk: CanMint}}}}}
	ExamineKinds(len(keys), slices.All(keys), caps, DefaultPolicy(), nil, noon, func(int, FindingKind) { found++ })
	return found
}

// TestWordsAreMadeWhereTheyAreRead: a list of 100,000 keys asks for the kinds alone.
func TestWordsAreMadeWhereTheyAreRead(t *testing.T) {
	few, many := listed(800), listed(8000)
	for _, keys := range [][]*Key{few, many} {
		for _, k := range keys {
			k.Name = fmt.Sprint(k.Name, k.ID) // names that are shared are counted in a map
		}
		if found := examineListed(keys); found < 2*len(keys) {
			t.Fatalf("%d findings of %d keys", found, len(keys))
		}
	}
	if got := testing.AllocsPerRun(5, func() { examineListed(many) }) - testing.AllocsPerRun(5, func() { examineListed(few) }); got > 10 {
		t.Errorf("7200 keys more take %.0f allocations", got)
	}
}

// TestNamesAreCountedWhateverTheirNumber compares with counting one by one.
func TestNamesAreCountedWhateverTheirNumber(t *testing.T) {
	for n := range 70 {
		keys, want := make([]*Key, n), 0
		names := map[string]int{}
		for i := range keys {
			keys[i] = &Key{ID: fmt.Sprint(i), Name: strings.Repeat("n", i%(n/2+1))}
			names[keys[i].Name]++
		}
		for name, times := range names {
			if name != "" && times > 1 {
				want += times
			}
		}
		got := 0
		ExamineKinds(n, slices.All(keys), Capabilities{}, Policy{}, nil, noon, func(_ int, kind FindingKind) {
			if kind == FindingDuplicateName {
				got++
			}
		})
		if got != want {
			t.Errorf("of %d keys %d share a name, %d were found", n, want, got)
		}
	}
}

func BenchmarkExamine(b *testing.B) {
	keys := listed(10_000)
	b.ReportAllocs()
	for b.Loop() {
		examineListed(keys)
	}
}

func TestFindingIsNamedAsPeopleSayIt(t *testing.T) {
	for kind, want := range map[FindingKind]string{FindingNoOpGrant: "no-op grant", FindingNeverExpires: "never expires", FindingAge: "age"} {
		if got := kind.Words(); got != want {
			t.Errorf("%s is called %q, want %q", kind, got, want)
		}
	}
}

// Scripts rely on the exit code of check: which findings are warnings is a promise of docs/REFERENCE.md.
func TestOnlyWarningsMakeCheckSayNo(t *testing.T) {
	promised := map[FindingKind]bool{FindingAge: true, FindingExpiring: true, FindingExpired: true, FindingUnused: true, FindingRotationOpen: true,
		FindingNeverExpires: false, FindingCanMint: false, FindingNoOpGrant: false, FindingDuplicateName: false, FindingNoRestrictions: false, FindingClockSkew: false, "": false}
	for f := range Findings() {
		if _, ok := promised[f.Kind]; !ok {
			t.Errorf("%s is new: say here whether it is a warning, and in docs/REFERENCE.md", f.Kind)
		}
	}
	for kind, want := range promised {
		if kind.IsWarning() != want {
			t.Errorf("%s is a warning: %v", kind, !want)
		}
	}
}

// TestARowOfAFindingIsWhole: a word of the filter means one thing, and a finding that is about no key has none.
func TestARowOfAFindingIsWhole(t *testing.T) {
	words, urgencies, kinds := map[string]bool{"enabled": true, "disabled": true, "own": true}, map[int]bool{}, map[FindingKind]bool{}
	for f := range Findings() {
		switch {
		case kinds[f.Kind]:
			t.Errorf("%s has two rows", f.Kind)
		case (f.Status == "") != (f.Urgency == 0) || f.Urgency != 0 && urgencies[f.Urgency]:
			t.Errorf("%s: a word in STATUS has an urgency, which no other finding has", f.Kind)
		case f.Status != "" && !f.Warning:
			t.Errorf("%s: notes do not stand in STATUS, which says what is to be done", f.Kind)
		case f.OfService != (len(f.Filter) == 0):
			t.Errorf("%s: a finding about keys has a word in the filter, and one about the service has none", f.Kind)
		}
		kinds[f.Kind], urgencies[f.Urgency] = true, true
		for _, word := range f.Filter {
			if words[word] || word != strings.ToLower(word) || strings.ContainsAny(word, " _:<>\"!") {
				t.Errorf("%s: the filter's word %q is another's, or cannot be typed as one", f.Kind, word)
			}
			words[word] = true
		}
	}
}

func TestTheCommonBar(t *testing.T) {
	if p := DefaultPolicy(); p != (Policy{MaxAge: 90 * 24 * time.Hour, Expiring: 14 * 24 * time.Hour, Unused: 90 * 24 * time.Hour}) {
		t.Errorf("%+v", p)
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
