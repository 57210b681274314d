package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/tui/ui"
)

// fleetHost has a service of its own for each profile.
type fleetHost struct {
	*fakeHost
	services map[string]*fakeService
	refuse   map[string]error         // by profile: why it does not open
	hold     map[string]chan struct{} // by profile: what its list waits for
	asked    [][]string
	mu       sync.Mutex
	options  func(*Options) // what the program begins with
}

func (h *fleetHost) Open(_ context.Context, name string) (ui.Connection, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.refuse[name]; err != nil {
		return ui.Connection{}, err
	}
	for _, p := range h.profiles {
		if s := h.services[name]; p.Name == name && s != nil {
			return ui.Connection{Profile: p, Service: s, Order: s.order, Policy: apikey.DefaultPolicy(), Rotations: h.openRotations}, nil
		}
	}
	return ui.Connection{}, errors.New("there is no profile " + name)
}

func (h *fleetHost) Hear(ctx context.Context, profiles []string, each func(ui.Heard)) {
	var all sync.WaitGroup
	var handing sync.Mutex
	h.mu.Lock()
	h.asked = append(h.asked, profiles)
	h.mu.Unlock()
	say := func(said ui.Heard) {
		handing.Lock()
		defer handing.Unlock()
		each(said)
	}
	for _, p := range h.profiles {
		if profiles != nil && !slices.Contains(profiles, p.Name) {
			continue
		}
		all.Go(func() {
			c, err := h.Open(ctx, p.Name)
			if err != nil {
				say(ui.Heard{Profile: p.Name, Done: true, Err: err})
				return
			}
			if wait := h.hold[p.Name]; wait != nil {
				select {
				case <-wait:
				case <-ctx.Done():
				}
			}
			err = c.Service.List(ctx, func(batch []apikey.Key) { say(ui.Heard{Profile: p.Name, Connection: &c, Keys: slices.Clone(batch)}) })
			say(ui.Heard{Profile: p.Name, Connection: &c, Done: true, Err: err})
		})
	}
	all.Wait()
}

// startFleet opens all profiles: prod (live), shop (test), gen (whose environment nobody says), each with keys of its own; and what the
// test adds. Ids are the same in each.
func startFleet(t testing.TB, width, height int, change ...func(*fleetHost)) (*driver, *fleetHost) {
	t.Helper()
	var host *fleetHost
	d := start(t, width, height, func(o *Options, h *fakeHost) {
		now := h.service.clock.Now()
		remote := func(name string, e apikey.Environment) ui.Profile {
			return ui.Profile{Name: name, Service: "prosopo", URL: "https://" + name + ".example", Environment: e, Setting: apikey.Setting{Environment: e, Remote: true}, Token: "env " + strings.ToUpper(name), Draft: ui.ProfileDraft{Name: name, Service: "prosopo", URL: "https://" + name + ".example", TokenEnv: strings.ToUpper(name)}}
		}
		h.profiles = []ui.Profile{remote("prod", apikey.Live), remote("shop", apikey.Test), remote("gen", "")}
		host = &fleetHost{fakeHost: h, services: map[string]*fakeService{}, refuse: map[string]error{}, hold: map[string]chan struct{}{}}
		for _, p := range h.profiles {
			caps := fakeCaps()
			caps.Title = "The " + p.Name
			var keys []apikey.Key
			for i, k := range fakeKeys(5, now) {
				k.ID, k.Name = fmt.Sprint("k", i), p.Name+"-"+k.Name
				k.Own, k.Enabled = false, nil
				k.CreatedAt, k.LastUsedAt, k.ExpiresAt = apikey.At(now.Add(-24*time.Hour)), apikey.At(now), apikey.Never()
				keys = append(keys, k)
			}
			host.services[p.Name] = &fakeService{caps: caps, keys: keys, clock: h.service.clock}
		}
		host.services["shop"].keys[3].ExpiresAt = apikey.At(now.Add(-5 * 24 * time.Hour))
		host.services["gen"].keys[4].ExpiresAt = apikey.At(now.Add(58 * time.Minute))
		host.services["prod"].keys[2].CreatedAt = apikey.At(now.Add(-92 * 24 * time.Hour))
		for _, f := range change {
			f(host)
		}
		if o.Host = host; host.options != nil {
			host.options(o)
		}
	})
	return d, host
}

// TestTheWorstKeyOfAllProfilesIsFirst: one press lists them, none more goes to the worst.
func TestTheWorstKeyOfAllProfilesIsFirst(t *testing.T) {
	for _, size := range [][2]int{{60, 20}, {80, 24}, {120, 40}, {200, 60}} {
		d, _ := startFleet(t, size[0], size[1])
		d.press("0").isOn("shop-nightly-report").sees("all profiles · 3 of 3 answered", "15 keys", "PROFILE", "✗ expired", "shop")
		d.press("j").isOn("gen-mobile-app").press("j").isOn("prod-web-frontend")
	}
}

// TestAProfileThatFailsIsOneLineAndHoldsNothingUp, whatever it fails at, and says what mends it; e does it.
func TestAProfileThatFailsIsOneLineAndHoldsNothingUp(t *testing.T) {
	for name, c := range map[string]struct {
		fail   func(h *fleetHost)
		says   string
		detail string
	}{
		"a refused token": {func(h *fleetHost) { h.services["gen"].listErr = refusedToken }, "✗ gen: refused the token (401) · e mends it", "env GEN"},
		"no token":        {func(h *fleetHost) { h.refuse["gen"] = errors.New("environment variable GEN is not set") }, "✗ gen: environment variable GEN is not set · e mends it", "GEN is not set"},
		"a dead service": {func(h *fleetHost) {
			h.services["gen"].listErr = &client.Error{Op: "list keys", Kind: client.Unreachable, Message: "connection refused"}
		}, "✗ gen: not reachable: connection refused · e asks again", "connection refused"},
		"a slow service": {func(h *fleetHost) { h.services["gen"].listErr = &client.Error{Op: "list keys", Kind: client.Timeout} }, "✗ gen: did not answer in time · e asks again", ""},
		"an ill-tempered one": {func(h *fleetHost) {
			h.services["gen"].listErr = &client.Error{Op: "list keys", Kind: client.Forbidden, Status: 403}
		}, "✗ gen: answered 403", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, host := startFleet(t, 100, 24, c.fail)
			d.press("0").isOn("shop-nightly-report").sees("2 of 3 answered", c.says)
			d.press("G", "enter").sees("The profile gen did not answer", c.detail).press("esc")
			d.press("e")
			if strings.Contains(c.says, "asks again") {
				if got := host.asked[len(host.asked)-1]; !slices.Equal(got, []string{"gen"}) {
					t.Errorf("asked again: %v", got)
				}
				host.services["gen"].listErr = nil
				d.press("e").sees("3 of 3 answered").seesNot("✗ gen")
				if d.app.list.Len() != 15 {
					t.Errorf("%d keys", d.app.list.Len())
				}
				return
			}
			d.sees("Edit gen")
		})
	}
}

func TestRowsOfAProfileThatIsThereWaitForNoOther(t *testing.T) {
	wait := make(chan struct{})
	d, _ := startFleet(t, 100, 24, func(h *fleetHost) { h.hold["gen"] = wait })
	d.send(keyMsg("0"))
	d.until(func() bool { // both said all, and were looked at
		return strings.Contains(d.view(), "2 of 3 answered") && strings.Contains(d.view(), "✗ expired 1") && strings.Contains(d.view(), "! old 1")
	})
	d.isOn("shop-nightly-report").sees("2 of 3 answered", "10 keys", "! old")
	close(wait)
	d.settle()
	d.isOn("shop-nightly-report").sees("3 of 3 answered", "15 keys")
}

// TestWhatIsDoneToARowIsDoneInItsProfile: every act, though all profiles have keys of the same ids.
func TestWhatIsDoneToARowIsDoneInItsProfile(t *testing.T) {
	for _, profile := range []string{"prod", "shop", "gen"} {
		on := func(t *testing.T) (*driver, *fleetHost) {
			d, host := startFleet(t, 120, 40)
			d.press("0", "/")
			d.typing(profile + "-ci-deploy")
			return d.press("enter").isOn(profile + "-ci-deploy"), host
		}
		only := func(t *testing.T, host *fleetHost, call string) {
			t.Helper()
			for name, s := range host.services {
				if n := s.called(call); n != map[bool]int{true: 1}[name == profile] {
					t.Errorf("%s: %q was called %d times at %s", profile, call, n, name)
				}
			}
		}
		live := profile != "shop" // what nobody says may be live
		t.Run(profile+" delete", func(t *testing.T) {
			d, host := on(t)
			d.press("d").sees("─ " + profile + " · prosopo")
			if live {
				d.typing(profile + "-ci-deploy")
			}
			if live {
				d.press("tab")
			}
			d.press("tab", "enter").sees(profile+"-ci-deploy deleted", "0 of 14")
			only(t, host, "delete k1")
			for name, s := range host.services { // the others are not asked again; that of the start was asked for it
				n := s.called("list")
				if name == "prod" {
					n--
				}
				if n != map[bool]int{true: 2, false: 1}[name == profile] {
					t.Errorf("%s was listed %d times after a deletion in %s", name, n, profile)
				}
			}
		})
		t.Run(profile+" toggle", func(t *testing.T) {
			d, host := on(t)
			d.press("x")
			if live {
				d.sees("─ "+profile+" · prosopo", "Disable").press("tab", "enter")
			}
			only(t, host, "update k1")
		})
		t.Run(profile+" edit", func(t *testing.T) {
			d, _ := on(t)
			d.press("e").sees("─ " + profile + " · prosopo")
		})
		t.Run(profile+" create", func(t *testing.T) {
			d, _ := on(t)
			d.press("n").sees("New key where?").press("enter").sees("─ " + profile + " · prosopo")
		})
	}
}

func TestAProfileThatMayOnlyBeLookedAtRefusesForItsOwnRows(t *testing.T) {
	d, _ := startFleet(t, 100, 30, func(h *fleetHost) { h.profiles[1].ReadOnly = true })
	d.press("0").isOn("shop-nightly-report").press("d").sees("read-only")
	d.press("j").isOn("gen-mobile-app").press("d").sees("Delete")
}

func TestADigitJumpsToAProfile(t *testing.T) {
	d, _ := startFleet(t, 100, 24)
	for _, key := range []string{"2", "0", "3", "1", "0"} {
		d.press(key)
		switch key {
		case "0":
			d.sees("all profiles", "15 keys", "PROFILE")
		default:
			d.sees([]string{"prod", "shop", "gen"}[key[0]-'1']+" · prosopo", "5 keys").seesNot("PROFILE")
		}
	}
	d.press("9").sees("there is no profile 9")
}

func TestAReloadOfOneProfileLeavesTheOthersRows(t *testing.T) {
	d, host := startFleet(t, 100, 24)
	d.press("0")
	host.services["shop"].keys = host.services["shop"].keys[:2]
	host.services["gen"].listErr = refusedToken
	d.press("ctrl+r").sees("12 keys", "2 of 3 answered", "✗ gen: refused the token") // what was known of gen stays
	host.services["prod"].keys = nil
	host.services["gen"].listErr = nil
	d.press("ctrl+r").sees("7 keys", "3 of 3 answered").seesNot("✗ gen")
}

func TestTheFilterOfAllProfilesKnowsProfiles(t *testing.T) {
	d, _ := startFleet(t, 100, 24)
	d.press("0", "/")
	d.typing("profile:shop")
	d.sees("5 of 15")
	d.press("esc", "/")
	d.typing("env:live") // of prod, whose keys say nothing
	d.sees("5 of 15")
}

// TestAProfileThatNeverAnswersHidesNoKeysOfTheOthers, by whatever the list is ordered.
func TestAProfileThatNeverAnswersHidesNoKeysOfTheOthers(t *testing.T) {
	first, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	d, _ := startFleet(t, 120, 40, func(h *fleetHost) {
		for name, n := range map[string]int{"prod": 6000, "shop": 500} {
			h.services[name].keys = fakeKeys(n, h.service.clock.Now())
			h.services[name].batch = n
		}
		h.hold["shop"], h.hold["gen"] = first, never
	})
	d.press("s")
	d.clock.pass(time.Second)
	d.send(keyMsg("0"))
	d.until(func() bool { return strings.Contains(d.view(), "/6000 ") })
	close(first)
	d.until(func() bool { return strings.Contains(d.view(), "/6500 ") })
}

// TestFindingsOfAnEarlierLookAreDropped: what was looked at twice is told by the second look, whichever comes first.
func TestFindingsOfAnEarlierLookAreDropped(t *testing.T) {
	d, _ := startFleet(t, 100, 24)
	d.press("0").sees("3 of 3 answered", "! old 1")
	for at, m := range d.app.fleet.members {
		d.send(fleetExamined{d.app.fleet, map[int]examined{at: {nr: m.asked - 1, marks: make([]ui.Marks, 5), counts: counts{rotating: 999}}}})
	}
	d.seesNot("999").sees("! old 1")
}

// TestWhatComesWhileAProgramEndsHarmsNothing: messages are taken until it has ended, and the list stands as it stood.
func TestWhatComesWhileAProgramEndsHarmsNothing(t *testing.T) {
	d, _ := startFleet(t, 120, 40)
	d.press("0").isOn("shop-nightly-report")
	before := d.view()
	d.app.quit()
	d.app.Update(recalled{gen: d.app.load.gen, past: map[string][]ui.Act{}})
	d.app.Update(fleetExamined{fleet: d.app.fleet})
	if after := d.view(); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}
