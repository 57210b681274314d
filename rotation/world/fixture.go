package world

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/delivery"
	"detent/rotation"
)

// T is what a fixture needs of a test.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(do func())
	TempDir() string
}

// World is the simulated world for rotation's own tests: no operator and no adversary of its own, but each of his acts at
// hand, answers that fail when they are told to, a log of everything that the program does, in order, and the truth. What would lose a
// key (I1, I6) fails the test at its end.
type World struct {
	t T
	w *world
	// OnDraft is what the client checks of a draft; nil where nothing is.
	OnDraft func(apikey.Draft) error
	// Caps changes what the service says of itself.
	Caps func(*apikey.Capabilities)
	// OnProbe changes an answer about a secret; whose is as in Log.
	OnProbe func(whose string, p *apikey.Proof)
	// OnCreate changes the answer of a create.
	OnCreate func(*apikey.Created)
	// Hook is called at every point: rotation's own, and delivery's file operations.
	Hook func(point string)
	// Own is whose key the program authenticates with: "old", "new" or an id; empty for one that is not listed.
	Own string
	// ProbeOf gives a place, by its number, a probe: what says whether the application there works.
	ProbeOf map[int]func() error

	log    []string
	faults map[string][]fault
	points int
	opened []*rotation.Rotation
}

// New makes a world for one test.
func New(t T, sc Scenario) *World {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "detent-rotation-")
	if err != nil {
		dir = t.TempDir()
	}
	f := &World{t: t, w: newWorld(Walk{Scenario: sc}, Options{Dir: dir}), faults: map[string][]fault{}, ProbeOf: map[int]func() error{}}
	f.w.store.files = &rotation.Files{Dir: filepath.Join(dir, "state"), NoSync: true}
	t.Cleanup(func() {
		f.Close()
		_ = os.RemoveAll(dir)
		for _, broken := range f.w.failures {
			t.Errorf("%s: %s", broken.Invariant, broken.Text)
		}
	})
	return f
}

// Close ends every process.
func (f *World) Close() {
	for _, r := range f.opened {
		r.Close()
	}
	f.opened, f.w.process = nil, nil
}

// Dir is the world's folder; Store where the journals lie.
func (f *World) Dir() string { return f.w.dir }

// Store is where the journals lie.
func (f *World) Store() rotation.Files { return *f.w.store.files }

// Outside is the world as a process sees it.
func (f *World) Outside() rotation.World {
	out := f.w.outside()
	out.Service, out.Hook = f.Service(), f.at
	out.Resolve = func(spec string) (delivery.Destination, error) {
		if p := f.w.placeOf(spec); p != nil {
			return f.destination(p)
		}
		return nil, fmt.Errorf("no place %s", spec)
	}
	sleep := out.Sleep
	out.Sleep = func(ctx context.Context, d time.Duration) error {
		f.note("sleep")
		return sleep(ctx, d)
	}
	out.Announce = func(ctx context.Context, action, id string) (context.Context, func(error), error) {
		f.note("announce " + action + " " + f.whose(f.w.keyByID(id)))
		return ctx, func(err error) {
			if rotation.NotSent(err) {
				f.note("not sent")
			}
		}, nil
	}
	return out
}

// Params start a rotation of the old key to all places.
func (f *World) Params() rotation.Params {
	p := rotation.Params{World: f.Outside(), Key: f.w.reported(f.w.shown(f.w.old, f.w.now)), Mode: rotation.Mode(f.w.sc.mode()), OldFirst: f.w.sc.OldFirst}
	p.Key.Own = f.Own == "old"
	p.Drain, p.Soak = f.w.sc.drain(), f.w.sc.soak()
	p.Destinations = f.Destinations()
	p.Strategy, p.Overlap = f.w.sc.strategy()
	return p
}

// Destinations are all places, as the program uses them.
func (f *World) Destinations() (out []delivery.Destination) {
	for _, p := range f.w.places {
		d, err := f.destination(p)
		f.w.must(err)
		out = append(out, d)
	}
	return out
}

// Start begins a rotation in a process of its own.
func (f *World) Start(change func(*rotation.Params)) *rotation.Rotation {
	f.t.Helper()
	r, err := f.TryStart(change)
	if err != nil {
		f.t.Fatalf("%v", err)
	}
	return r
}

// TryStart is Start where it may be refused.
func (f *World) TryStart(change func(*rotation.Params)) (*rotation.Rotation, error) {
	p := f.Params()
	if change != nil {
		change(&p)
	}
	f.w.replaced = f.w.replaced || p.Replace
	r, err := rotation.Start(p)
	return f.opens(r, err)
}

// Resume opens a rotation in another process.
func (f *World) Resume(id string, o rotation.ResumeOptions, change func(*rotation.World)) (*rotation.Rotation, error) {
	out := f.Outside()
	if change != nil {
		change(&out)
	}
	r, err := rotation.Resume(out, id, o)
	return f.opens(r, err)
}

func (f *World) opens(r *rotation.Rotation, err error) (*rotation.Rotation, error) {
	if err != nil {
		return nil, err
	}
	f.opened = append(f.opened, r)
	f.w.process, f.w.id = &process{f.w, r}, r.ID()
	f.w.forgetReads()
	return r, nil
}

// Die ends the process at this point, as a kill does.
func (f *World) Die(point string) {
	panic(f.w.dies(point))
}

// Life runs a process that dies at the n-th point; 0 lives on. It says how many points there were, and where it died.
func (f *World) Life(n int, run func()) (points int, died string) {
	f.points = 0
	before := f.Hook
	f.Hook = func(point string) {
		if before != nil {
			before(point)
		}
		if f.points == n {
			f.Die(point)
		}
	}
	defer func() {
		f.Hook, points = before, f.points
		switch p := recover().(type) {
		case nil:
		case death:
			f.w.dead, died = false, p.point
			f.w.thaw(f.w.atDeath)
			f.Close()
		default:
			panic(p)
		}
	}()
	run()
	return points, ""
}

// Adversary lets one of the adversary's acts happen now; the result puts it right, where it can be.
func (f *World) Adversary(act string, n int) (restore func()) {
	f.t.Helper()
	back, done := mischiefNamed(act).do(f.w, n)
	if !done {
		f.t.Fatalf("%q cannot be done now", act)
	}
	if back == nil {
		back = func() {}
	}
	return back
}

// Pass lets time go by for everybody.
func (f *World) Pass(d time.Duration) { f.w.pass(d, true) }

// Now is the true time.
func (f *World) Now() time.Time { return f.w.now }

// SetWall moves the machine's wall clock.
func (f *World) SetWall(by time.Duration) { f.w.wall += by }

// Mono is the program's monotonic clock.
func (f *World) Mono() time.Time { return f.w.mono() }

// Replaced says that somebody allowed the places to be written over.
func (f *World) Replaced() { f.w.replaced = true }

// Forgive forgets what would have failed the test: for one that does what must not be done.
func (f *World) Forgive() { f.w.failures = nil }

// Broken are the invariants that did not hold so far.
func (f *World) Broken() []Failure { return f.w.failures }

// AcceptAll is whether the service accepts anything.
func (f *World) AcceptAll(yes bool) { f.w.acceptAll = yes }

// Key is one key as it truly is.
type Key struct {
	apikey.Key
	Secret   apikey.Secret
	Alive    bool // there, on, not over
	Accepted bool // the service takes its secret now
	Gone     bool
}

// Key finds "old", "other", "new" or an id; a Key without an ID is none.
func (f *World) Key(which string) Key {
	k := f.find(which)
	if k == nil {
		return Key{Gone: true}
	}
	return f.key(k)
}

func (f *World) key(k *key) Key {
	return Key{Key: f.w.shown(k, f.w.now), Secret: k.secret, Alive: f.w.alive(k), Accepted: f.w.accepts(k), Gone: !k.gone.IsZero()}
}

// Keys are all keys that are there.
func (f *World) Keys() (out []Key) {
	for _, k := range f.w.keys {
		if k.gone.IsZero() {
			out = append(out, f.key(k))
		}
	}
	return out
}

// Live are those that carry the old key's base name.
func (f *World) Live() []Key {
	return slices.DeleteFunc(f.Keys(), func(k Key) bool { b, _ := apikey.SplitName(k.Name); return b != base })
}

// Add has somebody make a key.
func (f *World) Add(row apikey.Key) Key {
	if !row.CreatedAt.Known() {
		row.CreatedAt = apikey.At(f.w.now)
	}
	k := f.w.addKey(row, f.w.now)
	_, nonce := apikey.SplitName(row.Name)
	k.ours = nonce == f.w.id && nonce != ""
	return f.key(k)
}

// ByHand has a person make the new key in the dashboard.
func (f *World) ByHand(id, name string) apikey.Secret {
	row := f.w.old.row
	row.ID, row.Name, row.CreatedAt = id, name, apikey.At(f.w.now)
	k := f.w.addKey(row, f.w.now)
	k.ours = true
	return k.secret
}

// Edit has somebody change a key's row.
func (f *World) Edit(which string, change func(*apikey.Key)) { f.w.change(f.find(which), change) }

// Enable has somebody switch a key on or off.
func (f *World) Enable(which string, on bool) { f.w.enable(f.find(which), on) }

// Remove has somebody delete a key.
func (f *World) Remove(which string) { f.w.remove(f.find(which)) }

// Use has somebody use a key now.
func (f *World) Use(which string) { f.w.use(f.find(which), f.w.now) }

// Idle stops every application that uses a key.
func (f *World) Idle() { f.w.apps = nil }

// Elsewhere has an application that nobody was told of use a key, every so often.
func (f *World) Elsewhere(which string, every time.Duration) (stop func()) {
	a := &app{name: "elsewhere", text: f.find(which).text, every: every, since: f.w.now}
	f.w.apps = append(f.w.apps, a)
	return func() { a.off = true }
}

// Leaks reports whether a text holds any secret of the world.
func (f *World) Leaks(text string) bool { return strings.Contains(text, canary) }

// LeaksIn are the files below a folder that hold one.
func (f *World) LeaksIn(dir string) (out []string) {
	for path, text := range f.w.allFiles() {
		if strings.HasPrefix(path, dir) && f.Leaks(text) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// Gap says which application has a secret that the service would not take now.
func (f *World) Gap() string {
	for _, a := range f.w.apps {
		if k := f.w.keyByText(f.w.secretOf(a)); a.place != nil && !f.w.accepts(k) {
			return fmt.Sprintf("the application of %s", a.place)
		}
	}
	return ""
}

// Journal is the journal's file.
func (f *World) Journal(id string) string { return filepath.Join(f.w.dir, "state", id+".json") }

// Place is where a secret is delivered, as it truly is.
type Place struct {
	f *World
	p *place
}

// Place is the n-th.
func (f *World) Place(n int) *Place { return &Place{f: f, p: f.w.places[n]} }

// Spec is as the operator writes it.
func (p *Place) Spec() string { return p.p.spec() }

// Path is the file.
func (p *Place) Path() string { return p.p.path }

// Holds is whose secret it holds: "old", "new", an id; "nothing", or "made-up" for what is no key's.
func (p *Place) Holds() string {
	p.f.w.disk++ // a test may have changed the file behind our back
	if p.p.content() == "" {
		return "nothing"
	}
	return p.f.whose(p.f.w.keyByText(p.p.content()))
}

// App is whose secret the application there uses.
func (p *Place) App() string {
	for _, a := range p.f.w.apps {
		if a.place == p.p {
			return p.f.whose(p.f.w.keyByText(p.f.w.secretOf(a)))
		}
	}
	return "no application"
}

// Put has somebody write a key's secret there, or any other text.
func (p *Place) Put(what string) {
	if k := p.f.find(what); k != nil {
		what = k.text
	}
	p.p.put(what)
}

// Copies are the kept copies beside it.
func (p *Place) Copies() []string { return p.p.copies() }

// LeftOut says that a person let it go, so that what it holds may die.
func (p *Place) LeftOut() { p.p.left = true }

// InDashboard is the secret of the key that a person made in the dashboard, or makes now.
func (f *World) InDashboard() apikey.Secret {
	for _, k := range slices.Backward(f.w.keys) { // of several the last one: those before were given up
		if k.ours && f.w.alive(k) {
			return k.secret
		}
	}
	return f.w.inDashboard().secret
}
