package world

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"detent/apikey"
)

// newWorld is a world for a walk, which begins a second after epoch.
func newWorld(walk Walk, o Options) *world {
	w := &world{sc: walk.Scenario.clone(), walk: walk, dir: o.Dir, rng: rand.New(rand.NewPCG(1, 2)), logging: o.Log,
		shownTo: map[string]bool{}, refusedPaste: map[string]bool{}, moments: map[int64]moment{}, claimed: map[seenClaim]bool{}, met: map[Pair]int{}}
	w.now, w.store, w.disk = epoch, newStore(w), 1
	for _, s := range walk.Strikes {
		w.strikes = append(w.strikes, strike{Strike: s, do: mischiefNamed(s.Act).do})
	}
	w.must(os.MkdirAll(w.dir, 0o700))
	w.settle()
	return w
}

// settle puts the scenario into the world.
func (w *world) settle() {
	sc := w.sc
	born := epoch.Add(-81 * 24 * time.Hour)
	row := apikey.Key{ID: "old", Name: base, CreatedAt: apikey.At(born), ExpiresAt: apikey.Never()}
	if sc.Life > 0 {
		end := epoch.Add(sc.Left)
		row.CreatedAt, row.ExpiresAt = apikey.At(end.Add(-sc.Life)), apikey.At(end)
	}
	if sc.Marked {
		row.Name = base + " ~raaaaaaaaaa"
	}
	switch sc.Access {
	case "permissions":
		row.Permissions = []apikey.Permission{{Feature: "Rules", Name: "getRules"}, {Feature: "Rules", Name: "setRules"}}
	case "role":
		row.Role = "developer"
	case "restrictions":
		row.Environment, row.Restrictions = apikey.Live, &apikey.Restrictions{}
	}
	w.old = w.addKey(row, born)
	other := row
	other.ID, other.Name = "other", "ci-deploy"
	w.other = w.addKey(other, born)
	if sc.Off {
		w.old.enabled, w.old.since = false, born
	}
	if sc.Twin {
		twin := row
		twin.ID, twin.Name = "twin", base+" ~rbbbbbbbbbb"
		made, _ := row.CreatedAt.Time()
		twin.CreatedAt = apikey.At(made.Add(-time.Hour))
		w.addKey(twin, born.Add(-time.Hour))
	}
	for i := range sc.BusyRows {
		busy := w.addKey(apikey.Key{Name: fmt.Sprintf("busy-%d", i), CreatedAt: apikey.At(born)}, born)
		w.apps = append(w.apps, &app{name: "busy", text: busy.text, every: 700 * time.Millisecond, since: epoch})
	}
	w.server, w.acceptAll = sc.Skew, sc.NoControl
	w.old.before = w.alive(w.old)
	places := sc.Places
	if len(places) == 0 {
		places = []string{envPlace}
	}
	for i, kind := range places {
		value := w.old.text
		if i == 0 {
			switch sc.Wrong {
			case "nothing", "other variable":
				value = ""
			case "stranger":
				value = "a-value-of-another-service-0123456789"
			case "another key":
				value = w.other.text
			}
		}
		p := w.addPlace(kind, sc.Then, value)
		if i == 0 && sc.Wrong == "other variable" && kind != filePlace && kind != hookPlace {
			text, _ := p.raw()
			p.write(text + "OTHER_KEY=" + w.old.text + "\n")
		}
	}
	if sc.Elsewhere > 0 {
		w.apps = append(w.apps, &app{name: "elsewhere", text: w.old.text, every: sc.Elsewhere, since: epoch.Add(-sc.Elsewhere)})
	}
	w.pass(time.Second, true)
}

// addPlace makes a place that holds a value, with the application that reads it.
func (w *world) addPlace(kind string, then bool, value string) *place {
	p := &place{w: w, n: len(w.places), kind: kind, then: then, former: value, read: -1}
	p.base = filepath.Join(w.dir, "p"+string(rune('0'+p.n)))
	folder := filepath.Join(p.base, "app")
	p.path = filepath.Join(folder, ".env")
	switch kind {
	case hookPlace:
		p.remote = value
	case linkPlace:
		w.must(os.MkdirAll(folder, 0o755))
		w.must(os.MkdirAll(filepath.Join(p.base, "data"), 0o755))
		w.must(os.Symlink("../data/real.env", p.path))
	case releasePlace:
		folder = filepath.Join(p.base, "releases", "1")
		w.must(os.MkdirAll(folder, 0o755))
		w.must(os.Symlink("releases/1", filepath.Join(p.base, "current")))
		p.path = filepath.Join(p.base, "current", ".env")
	case filePlace:
		w.must(os.MkdirAll(folder, 0o755))
		p.path = filepath.Join(folder, "secret")
	default:
		w.must(os.MkdirAll(folder, 0o755))
	}
	w.places = append(w.places, p)
	if kind != hookPlace && value != "" {
		p.write(p.text(value))
	}
	w.apps = append(w.apps, &app{name: "app of " + kind, place: p, text: value, every: w.sc.appEvery(), since: epoch.Add(-w.sc.appEvery())})
	return p
}
