package world

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"detent/apikey"
)

// Scenario is what a walk finds: the service, the key, the places, the operator's wishes. The zero value of each field is
// its simplest, so that a failing walk can be made small.
type Scenario struct {
	// The service.
	Prefix       string // how its secrets begin, and that it says so
	Masks        bool   // rows show how the secret begins
	Manual       bool   // it cannot create: the dashboard does
	Disable      bool
	Rename       bool
	SeesUse      bool
	Retrieve     bool
	Identify     bool
	Access       string // what a key's access is: "", "permissions", "role", "restrictions"
	Silent       string // whose access it does not report: "all" keys', or that of "old" ones
	Unsent       bool   // a create cannot ask for that access: a new key has none of it
	SilentExpiry string // likewise how long they live
	Declared     bool   // it declares its lags, and how coarse its last use is
	NoTryDead    bool   // it must not be asked with a dead secret
	NamedAfter   bool   // a key gets its name by a second call
	MaxName      int

	ListLag, GoneLag, RevokeLag, AcceptLag, EnableLag time.Duration
	UseEvery, UseRound, UseDelay                      time.Duration
	Latency                                           time.Duration
	Skew                                              time.Duration
	NoControl                                         bool // everything is accepted
	BusyRows                                          int

	// The key.
	Life      time.Duration // how long it lives; 0 for ever
	Left      time.Duration // how much of it is left, negative where it has expired
	Off       bool          // it is disabled
	Marked    bool          // an earlier rotation's mark is in its name
	Twin      bool          // another key has the same base
	Elsewhere time.Duration // how often an application that nobody told us of uses it; 0 for none

	// The places.
	Places []string
	Then   bool   // the applications read their secret when the command after a delivery runs
	Wrong  string // the first place never held the key: "stranger", "another key", "other variable"; "nothing" is right

	// The operator.
	AtOnce        bool          // the key is given a new secret, and the former one dies with the call; Roll is set, too
	Renew         bool          // a roll makes a key with an id of its own; the old one ends with it (AtOnce), or an hour later. Roll is 0
	Unnamed       bool          // a roll has no name by which it is done once, and no row shows when a key was rolled; with AtOnce
	NoClock       bool          // the service shows no clock
	Roll          time.Duration // the key is given a new secret, and the former one lives on for so long; 0 is create and delete
	Announced     bool          // by the strategy of that name
	Compromised   bool
	OldFirst      bool
	Drain         time.Duration // as named; negative for 0 by name, 0 for the default
	SoakZero      bool
	AcceptUnknown bool
	Replace       bool   // a place may hold something else
	Revive        bool   // a dead key may come alive
	NotMine       bool   // another marked key is no rival
	Headless      bool   // nobody can be asked: what is needed is said at the next start
	Pastes        string // the wrong secret that is pasted first: "old", "other"
}

func (sc Scenario) mode() string {
	if sc.Compromised || sc.OldFirst {
		return "compromised"
	}
	return "planned"
}

func (sc Scenario) drain() *time.Duration {
	switch {
	case sc.Drain < 0:
		return new(time.Duration)
	case sc.Drain > 0:
		return &sc.Drain
	}
	return nil
}

// quiet is how long the old key is watched.
func (sc Scenario) quiet() time.Duration {
	if sc.Drain == 0 {
		return 15 * time.Minute
	}
	return max(sc.Drain, 0)
}

func (sc Scenario) soak() *time.Duration {
	if sc.SoakZero {
		return new(time.Duration)
	}
	return nil
}

// appEvery is how often the applications of the places use their secret: within each quiet time.
func (sc Scenario) appEvery() time.Duration { return max(sc.quiet()/4, time.Second) }

// strategy is by which the key is rotated, empty for the usual one, and how long a former secret lives on.
func (sc Scenario) strategy() (id string, overlap *time.Duration) {
	hour := time.Hour
	switch {
	case sc.AtOnce:
		return "roll-at-once", nil
	case sc.Roll > 0:
		return "roll", &sc.Roll
	case sc.Renew:
		return "roll", &hour
	case sc.Announced:
		return announced, nil
	}
	return "", nil
}

// capabilities are what the service says of itself.
func (sc Scenario) capabilities() apikey.Capabilities {
	can := func(yes bool) apikey.Ability {
		if yes {
			return apikey.Can()
		}
		return apikey.Cannot("this service has no such call")
	}
	caps := apikey.Capabilities{Service: "generic", Title: "the simulated service", Create: can(!sc.Manual), Delete: apikey.Can(), Rename: can(sc.Rename),
		Disable: can(sc.Disable), Retrieve: can(sc.Retrieve), LastUsed: can(sc.SeesUse), Expiry: apikey.Can(), Restrictions: can(sc.Access == "restrictions"),
		NamedAfter: sc.NamedAfter, MaxName: sc.MaxName, AccessFields: []apikey.Field{apikey.FieldExpiry}}
	switch sc.Access {
	case "permissions":
		caps.AccessFields = append(caps.AccessFields, apikey.FieldPermissions)
	case "role":
		caps.AccessFields = append(caps.AccessFields, apikey.FieldRole)
	case "restrictions":
		caps.AccessFields = append(caps.AccessFields, apikey.FieldEnvironment, apikey.FieldRestrictions)
	}
	if sc.Unsent {
		caps.Unsent = slices.DeleteFunc(slices.Clone(caps.AccessFields), func(f apikey.Field) bool { return f == apikey.FieldExpiry })
	}
	switch week := 7 * 24 * time.Hour; {
	case sc.Roll > 0 && !sc.Unnamed:
		caps.Roll = apikey.Roll{Ability: apikey.Can(), AtOnce: true, Overlap: week, Again: true, End: true, Keep: true}
	case sc.Roll > 0:
		caps.Roll = apikey.Roll{Ability: apikey.Can(), AtOnce: true}
	case sc.Renew && sc.AtOnce:
		caps.Roll = apikey.Roll{Ability: apikey.Can(), NewID: true, AtOnce: true}
	case sc.Renew:
		caps.Roll = apikey.Roll{Ability: apikey.Can(), NewID: true, AtOnce: true, Overlap: week, Keep: true}
	}
	caps.NoTryDead = sc.NoTryDead
	if sc.Declared {
		caps.ListLag, caps.RevokeLag, caps.UseResolution = max(sc.ListLag, sc.GoneLag), sc.RevokeLag, max(sc.UseEvery, sc.UseRound)
	}
	if sc.Prefix != "" {
		caps.SecretPrefixes = []string{sc.Prefix}
	}
	return caps
}

// base is the key's name.
const base = "payments-api"

// tells reports whether this service lets anybody tell one key's secret from another's. Where it does not, what a place holds passes for the old
// key's, and the program says that nothing shows it. A last use tells nothing where applications use the keys all the time, nor where the list shows
// it late.
func (sc Scenario) tells() bool {
	return sc.Masks || sc.Identify || sc.SeesUse && sc.UseEvery == 0 && sc.UseRound <= time.Second && sc.UseDelay == 0 && sc.ListLag == 0 && sc.BusyRows == 0 && sc.Elsewhere == 0 && sc.appEvery() > time.Minute
}

// some draws a value: the first one half of the time.
func some[T any](rng *rand.Rand, values ...T) T {
	if rng.IntN(2) == 0 {
		return values[0]
	}
	return values[rng.IntN(len(values))]
}

// one draws a value, each as often.
func one[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

func chance(rng *rand.Rand, percent int) bool { return rng.IntN(100) < percent }

// drawScenario makes a scenario in which a step can be met; empty is any step.
func drawScenario(rng *rand.Rand, step string) Scenario {
	sc := Scenario{
		Prefix: one(rng, "sk_live_", ""), Masks: chance(rng, 60), Manual: chance(rng, 12), Disable: chance(rng, 50), Rename: chance(rng, 50),
		SeesUse: chance(rng, 55), Retrieve: chance(rng, 20), Identify: chance(rng, 20), Access: one(rng, "", "permissions", "role", "restrictions"),
		Silent: some(rng, "", "", "all", "old"), SilentExpiry: some(rng, "", "", "", "", "all", "old"), Declared: chance(rng, 40), MaxName: some(rng, 0, 60, 20),
		ListLag: some(rng, 0, time.Second, 3*time.Second, 12*time.Second), GoneLag: some(rng, 0, 2*time.Second, 8*time.Second, 30*time.Second),
		RevokeLag: some(rng, 0, 5*time.Second, 30*time.Second, 56*time.Second), AcceptLag: some(rng, 0, time.Second, 5*time.Second),
		EnableLag: some(rng, 0, 2*time.Second), UseEvery: some(rng, 0, time.Minute, time.Hour), UseRound: some(rng, time.Nanosecond, time.Second, time.Minute),
		UseDelay: some(rng, 0, time.Second, 20*time.Second), Latency: some(rng, 20*time.Millisecond, 400*time.Millisecond), Skew: some(rng, 0, time.Minute, -5*time.Minute),
		BusyRows: some(rng, 0, 1, 3), Marked: chance(rng, 10), Twin: chance(rng, 3),
		Then: chance(rng, 30), Compromised: chance(rng, 25), Drain: one(rng, 8*time.Second, time.Minute, -1, 0), SoakZero: chance(rng, 40),
		AcceptUnknown: chance(rng, 40),
	}
	if sc.UseEvery == 0 && sc.UseRound == time.Nanosecond && chance(rng, 50) {
		sc.UseRound = time.Second
	}
	if chance(rng, 25) {
		sc.Life, sc.Left = 90*24*time.Hour, one(rng, 20*24*time.Hour, time.Hour, 40*time.Second)
	}
	if chance(rng, 15) {
		sc.Elsewhere = sc.appEvery()
	}
	for range 1 + some(rng, 0, 1, 2) {
		sc.Places = append(sc.Places, one(rng, envPlace, envPlace, filePlace, linkPlace, releasePlace, hookPlace))
	}
	if chance(rng, 6) {
		sc.Wrong = one(rng, "nothing", "stranger", "another key", "other variable")
	}
	if chance(rng, 4) {
		sc.Off = sc.Disable
	}
	if chance(rng, 3) && sc.Life > 0 {
		sc.Left = -time.Hour
	}
	if chance(rng, 3) {
		sc.NoControl = true
	}
	if sc.Manual {
		sc.Pastes = some(rng, "", "old", "other")
	}
	sc.NoTryDead, sc.Replace, sc.Revive, sc.NotMine = chance(rng, 8), chance(rng, 5), chance(rng, 8), chance(rng, 4)
	sc.Announced = !sc.Manual && chance(rng, 6)
	sc.Headless = !sc.Manual && chance(rng, 10)
	sc.Unsent = !sc.Manual && !sc.Headless && chance(rng, 6)
	sc.fit(step)
	return sc
}

// fit changes what keeps a step from being met.
func (sc *Scenario) fit(step string) {
	switch step {
	case "retire":
		sc.OldFirst, sc.Compromised = true, true
	case "drain":
		sc.Compromised = false
	case "disable", "soak":
		sc.Compromised, sc.Disable, sc.Off = false, true, false
		sc.SoakZero = sc.SoakZero && step == "disable"
	}
	if sc.OldFirst {
		sc.Compromised = true
	}
}

func (sc Scenario) clone() Scenario {
	b, _ := json.Marshal(sc)
	var out Scenario
	_ = json.Unmarshal(b, &out)
	return out
}

// fitRoll leaves out what a wire that rolls keys does not have, and what a roll has no use for.
func (sc *Scenario) fitRoll() {
	sc.Manual, sc.Disable, sc.Rename, sc.Retrieve, sc.Announced, sc.OldFirst, sc.Off, sc.Pastes = false, false, false, false, false, false, false, ""
	if sc.Left < time.Hour {
		sc.Left = 20 * 24 * time.Hour
	}
}
