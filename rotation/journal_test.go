package rotation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
)

// openAt leaves a rotation open at a step, in no process.
func (f *fixture) openAt(step rotation.Step) string {
	f.t.Helper()
	r := f.Start(nil)
	f.until(r, step)
	r.Close()
	return r.ID()
}

func TestJournalIsForItsOwnerAlone(t *testing.T) {
	f := in(t, vertesiaLike)
	dir := f.Store().Dir
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	id := f.openAt(rotation.Drain)
	for path, want := range map[string]os.FileMode{dir: 0o700, f.Journal(id): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s is %v, want %v (%v)", path, info.Mode().Perm(), want, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, _ := e.Info(); info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others", e.Name())
		}
		if strings.HasSuffix(e.Name(), ".new") {
			t.Errorf("%s was left behind", e.Name())
		}
	}
	if leaks := f.LeaksIn(dir); len(leaks) > 0 {
		t.Errorf("secrets lie in %v", leaks)
	}
}

func TestUnusableJournalIsRefusedAndLeftAsItIs(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	newID := r.View().NewID()
	r.Close()
	id, path := r.ID(), f.Journal(r.ID())
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, new string) string { return strings.ReplaceAll(string(good), old, new) }
	for name, tc := range map[string]struct {
		content string
		want    string
		newer   bool
	}{
		"newer":              {edit(`"version": 3`, `"version": 6, "shiny": true`), "newer detent", true},
		"version 0":          {edit(`"version": 3`, `"version": 0`), "is damaged", false},
		"cut off":            {string(good[:len(good)/2]), "is damaged", false},
		"empty":              {"", "is damaged", false},
		"not JSON":           {"hello", "is damaged", false},
		"two":                {string(good) + string(good), "is damaged", false},
		"unknown field":      {edit(`"version"`, `"surprise": 1, "version"`), "is damaged", false},
		"no step":            {edit(`"step": "drain"`, `"step": ""`), "is damaged", false},
		"an endless step":    {edit(`"step": "drain"`, `"step": "`+strings.Repeat("d", 41)+`"`), "is damaged", false},
		"unknown mode":       {edit(`"mode": "planned"`, `"mode": "daring"`), "is damaged", false},
		"unknown state":      {edit(`"state": "open"`, `"state": "ajar"`), "is damaged", false},
		"another id":         {edit(id, "aaaaaaaaaa"), "another rotation", false},
		"no id":              {edit(`"id": "`+id, `"id": "`), "is damaged", false},
		"name without mark":  {edit(" ~r"+id, ""), "lacks the nonce", false},
		"old key is new":     {edit(`"id": "`+newID+`"`, `"id": "old"`), "is damaged", false},
		"a new key's id":     {edit(`"id": "`+newID+`"`, `"id": ""`), "is damaged", false},
		"no old key":         {edit(`"id": "old"`, `"id": ""`), "is damaged", false},
		"a negative wait":    {edit(`"soak": 6`, `"soak": -6`), "is damaged", false},
		"a negative drain":   {edit(`"drain": 9`, `"drain": -9`), "is damaged", false},
		"planned, old first": {edit(`"mode": "planned"`, `"mode": "planned", "old_first": true`), "is damaged", false},
		"done but at drain":  {edit(`"state": "open"`, `"state": "done"`), "is damaged", false},
		"at done but open":   {edit(`"step": "drain"`, `"step": "done"`), "is damaged", false},
		"an unknown claim":   {edit(`"kind": "row-seen"`, `"kind": "row-guessed"`), "is damaged", false},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.content == string(good) {
				t.Fatal("the test changes nothing")
			}
			if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := f.Resume(id, rotation.ResumeOptions{}, nil)
			var bad *rotation.JournalError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tc.want) || bad.Newer != tc.newer || !strings.Contains(err.Error(), path) {
				t.Errorf("%v", err)
			}
			if _, err := rotation.CloseAsItStands(f.Outside(), id, "no use"); !errors.As(err, &bad) {
				t.Errorf("closed: %v", err)
			}
			views, err := rotation.List(f.Store())
			if err != nil || len(views) != 1 || views[0].Err == nil || views[0].ID != id {
				t.Errorf("%+v, %v", views, err)
			}
			// The key may be in the middle of that rotation: a second one is not begun.
			second := f.Start(nil)
			if _, err := second.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "readable journal") {
				t.Errorf("a second rotation of the key: %v", err)
			}
			second.Close()
			if after, err := os.ReadFile(path); err != nil || string(after) != tc.content {
				t.Error("the file was changed")
			}
		})
	}
}

// A step or a strategy that this detent does not have may be a newer one's: the journal is readable, and shown, but not gone on with; it can be
// closed as it stands.
func TestAJournalOfAnUnknownStageIsShownAndCanBeClosed(t *testing.T) {
	for name, edit := range map[string][2]string{"step": {`"step": "drain"`, `"step": "dream"`}, "strategy": {`"strategy": "create"`, `"strategy": "wish"`}} {
		f := in(t, vertesiaLike)
		id := f.openAt(rotation.Drain)
		b, err := os.ReadFile(f.Journal(id))
		if err == nil {
			err = os.WriteFile(f.Journal(id), []byte(strings.Replace(string(b), edit[0], edit[1], 1)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if v, err := rotation.Find(f.Store(), id); err != nil || v.State != rotation.Open || len(v.Certain) == 0 {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
		if _, err := f.Resume(id, rotation.ResumeOptions{}, nil); err == nil || !strings.Contains(err.Error(), "which ") {
			t.Errorf("%s: %v", name, err)
		}
		if v, err := rotation.CloseAsItStands(f.Outside(), id, "of another detent"); err != nil || v.State != rotation.Closed {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

// What is no file of journal size is refused at once: reading it would not end.
func TestAJournalThatIsNoPlainFileIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no devices and pipes among the files")
	}
	for name, tc := range map[string]struct {
		want string
		make func(path string) error
	}{
		"a device": {"is no regular file", func(path string) error { return os.Symlink("/dev/zero", path) }},
		"a pipe":   {"is no regular file", func(path string) error { return exec.Command("mkfifo", path).Run() }},
		"huge": {"is over 16 MiB", func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 16<<20+1))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(t, vertesiaLike)
			const id = "abcdefghij"
			if err := errors.Join(os.MkdirAll(f.Store().Dir, 0o700), tc.make(f.Journal(id))); err != nil {
				t.Fatal(err)
			}
			_, err := f.Resume(id, rotation.ResumeOptions{}, nil)
			var bad *rotation.JournalError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v", err)
			}
			if views, err := rotation.List(f.Store()); err != nil || len(views) != 1 || views[0].Err == nil {
				t.Errorf("%+v, %v", views, err)
			}
		})
	}
}

func TestUnknownRotationIsNamed(t *testing.T) {
	f := in(t, vertesiaLike)
	for _, id := range []string{"aaaaaaaaaa", "../../etc/passwd", ""} {
		for how, try := range map[string]func() error{
			"resume": func() error { _, err := f.Resume(id, rotation.ResumeOptions{}, nil); return err },
			"find":   func() error { _, err := rotation.Find(f.Store(), id); return err },
			"close":  func() error { _, err := rotation.CloseAsItStands(f.Outside(), id, "why"); return err },
		} {
			if err := try(); err == nil || !strings.Contains(err.Error(), "detent rotations") {
				t.Errorf("%s %q: %v", how, id, err)
			}
		}
	}
	id := f.openAt(rotation.Deliver)
	if _, err := f.Resume(id, rotation.ResumeOptions{}, func(w *rotation.World) { w.Profile = "staging" }); err == nil || !strings.Contains(err.Error(), "belongs to the profile p ") {
		t.Errorf("%v", err)
	}
	if _, err := f.Resume(id, rotation.ResumeOptions{}, func(w *rotation.World) { w.Resolve = nil }); err == nil || !strings.Contains(err.Error(), "no way to find") {
		t.Errorf("%v", err)
	}
	f.Caps = func(c *apikey.Capabilities) { c.Service = "another" }
	if _, err := f.Resume(id, rotation.ResumeOptions{}, nil); err == nil || !strings.Contains(err.Error(), "belongs to the profile p ") {
		t.Errorf("%v", err)
	}
}

func TestFinishedRotationIsNotResumed(t *testing.T) {
	for name, end := range map[string]func(f *fixture, r *rotation.Rotation){
		"done":   func(f *fixture, r *rotation.Rotation) { f.drive(r) },
		"undone": func(f *fixture, r *rotation.Rotation) { f.until(r, rotation.Drain); f.undo(r) },
		"closed": func(f *fixture, r *rotation.Rotation) {
			f.until(r, rotation.Drain)
			_, _ = r.End(context.Background(), "enough")
		},
	} {
		f := in(t, vertesiaLike)
		r := f.Start(nil)
		end(f, r)
		for _, act := range []func(context.Context) (rotation.Result, error){r.Do, r.Undo} {
			if res, err := act(context.Background()); err != nil || res.Status != rotation.Finished || !strings.Contains(res.Message, "is over") {
				t.Errorf("%s: %+v, %v", name, res, err)
			}
		}
		r.Close()
		if _, err := f.Resume(r.ID(), rotation.ResumeOptions{}, nil); err == nil || !strings.Contains(err.Error(), "is over") {
			t.Errorf("%s: %v", name, err)
		}
		if locks, _ := filepath.Glob(f.Store().Dir + "/*.lock"); len(locks) > 0 {
			t.Errorf("%s: the lock is left: %v", name, locks)
		}
	}
}

func TestTheLockOfAnOpenRotationStays(t *testing.T) {
	f := in(t, vertesiaLike)
	f.openAt(rotation.Drain)
	if locks, _ := filepath.Glob(f.Store().Dir + "/*.lock"); len(locks) != 1 {
		t.Errorf("%v", locks)
	}
	g := in(t, vertesiaLike) // one that came to nothing needs it no more
	g.Start(nil).Close()
	if locks, _ := filepath.Glob(g.Store().Dir + "/*.lock"); len(locks) != 0 {
		t.Errorf("%v", locks)
	}
}

func TestChangedDestinationIsNotWrittenTo(t *testing.T) {
	f := in(t, vertesiaLike)
	id := f.openAt(rotation.Deliver)
	b, err := os.ReadFile(f.Journal(id))
	if err != nil {
		t.Fatal(err)
	}
	b = []byte(strings.Replace(string(b), `"describe": "API_KEY in `, `"describe": "API_KEY in /old`, 1))
	if err := os.WriteFile(f.Journal(id), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Resume(id, rotation.ResumeOptions{}, nil); err == nil || !strings.Contains(err.Error(), "was API_KEY in /old") || !strings.Contains(err.Error(), "and is now API_KEY in") {
		t.Errorf("%v", err)
	}
}

func TestOneOfTwoStartsRunsAndTheOtherSaysWho(t *testing.T) {
	f := in(t, vertesiaLike)
	first := f.Start(nil)
	_, err := f.TryStart(nil)
	var busy *rotation.BusyError
	if !errors.As(err, &busy) || busy.Holder.PID != os.Getpid() || busy.Holder.ID != first.ID() || busy.Holder.Since.IsZero() {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(err.Error(), "process ") || !strings.Contains(err.Error(), " since ") {
		t.Errorf("it does not say who: %v", err)
	}
	f.until(first, rotation.Drain)
	if _, err := f.Resume(first.ID(), rotation.ResumeOptions{}, nil); !errors.As(err, &busy) {
		t.Errorf("an open rotation was resumed twice: %v", err)
	}
	if _, err := rotation.CloseAsItStands(f.Outside(), first.ID(), "why"); !errors.As(err, &busy) {
		t.Errorf("an open rotation was closed beside its process: %v", err)
	}
	first.Close()
	_, err = f.TryStart(nil)
	var open *rotation.OpenError
	if !errors.As(err, &open) || !strings.Contains(err.Error(), "--resume "+first.ID()) || open.Step != rotation.Drain {
		t.Errorf("%v", err)
	}
	if _, err = f.TryStart(func(p *rotation.Params) { p.Key = *first.View().New }); !errors.As(err, &open) {
		t.Errorf("the new key of an open rotation was rotated: %v", err)
	}
}

// TestAStartNamesWhatItNeeds: nothing is asked of the service for these.
func TestAStartNamesWhatItNeeds(t *testing.T) {
	for want, change := range map[string]func(p *rotation.Params){
		"no key is named":                func(p *rotation.Params) { p.Key.ID = "" },
		"is for a compromised key":       func(p *rotation.Params) { p.OldFirst = true },
		"needs at least one destination": func(p *rotation.Params) { p.Destinations = nil },
		`there is no strategy "sing"`:    func(p *rotation.Params) { p.Strategy = "sing" },
		"no randomness":                  nil,
	} {
		f := in(t, vertesiaLike)
		if change == nil {
			change = func(p *rotation.Params) { p.Random, want = strings.NewReader(""), "" }
		}
		if _, err := f.TryStart(change); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if log := f.Log(); len(log) > 0 {
			t.Errorf("%q: %v", want, log)
		}
	}
	f := in(t, manualLike)
	if _, err := f.TryStart(func(p *rotation.Params) { p.Strategy = rotation.CreateAndDelete.ID }); err == nil || !strings.Contains(err.Error(), "cannot create a key") {
		t.Errorf("%v", err)
	}
	r := f.Start(nil)
	if v := r.View(); v.Strategy != rotation.Dashboard.ID || !v.Manual || v.Mode != rotation.Planned || v.Drain != rotation.DefaultDrain || v.Soak != rotation.DefaultSoak || v.DrainExplicit || v.SoakExplicit {
		t.Errorf("%+v", v)
	}
}

func TestTwoKeysRotateAtOnce(t *testing.T) {
	f := in(t, with(vertesiaLike, twoPlaces))
	old, other := f.Destinations()[0], f.Destinations()[1]
	f.Place(1).Put("other")
	first := f.Start(func(p *rotation.Params) { p.Destinations = p.Destinations[:1] })
	f.until(first, rotation.Drain)
	second := f.Start(func(p *rotation.Params) { p.Key = f.Key("other").Key; p.Destinations = p.Destinations[1:] })
	f.until(second, rotation.Drain)
	if old.Spec() == other.Spec() || first.ID() == second.ID() {
		t.Error("they are one")
	}
}

// TestAPlaceBelongsToOneOpenRotation: two rotations that write one place would each undo the other. What is written another way is the same place.
func TestAPlaceBelongsToOneOpenRotation(t *testing.T) {
	for name, tc := range map[string]struct {
		host, where string
		variable    string
		refused     bool
	}{
		"the same":         {"host", "same", "API_KEY", true},
		"through a link":   {"host", "link", "API_KEY", true},
		"another variable": {"host", "same", "OTHER", false},
		"on another host":  {"elsewhere", "same", "API_KEY", false},
	} {
		f := in(t, vertesiaLike)
		for range 4 { // those that are over have let it go, wherever their ids are in the order
			over := f.Start(nil)
			f.until(over, rotation.Create)
			f.undo(over)
			over.Close()
		}
		first := f.Start(nil)
		f.until(first, rotation.Create)
		path := f.Place(0).Path()
		if tc.where == "link" {
			link := filepath.Join(t.TempDir(), "linked")
			if err := os.Symlink(filepath.Dir(path), link); err != nil {
				t.Fatal(err)
			}
			path = filepath.Join(link, filepath.Base(path))
		}
		second := f.Start(func(p *rotation.Params) {
			p.Key, p.Host, p.Replace = f.Key("other").Key, tc.host, true
			p.Destinations = []rotationDestination{parse(t, "env-file:"+path+":"+tc.variable)}
		})
		_, err := second.Do(context.Background())
		if refused := err != nil && strings.Contains(err.Error(), "belongs to the open rotation "+first.ID()); refused != tc.refused {
			t.Errorf("%s: %v", name, err)
		}
		second.Close()
		if !tc.refused {
			continue
		}
		if _, err := first.End(context.Background(), "given up"); err != nil { // what is over holds no place
			t.Fatal(err)
		}
		third := f.Start(func(p *rotation.Params) { p.Key, p.Replace = f.Key("other").Key, true })
		if _, err := third.Do(context.Background()); err != nil {
			t.Errorf("%s, after its end: %v", name, err)
		}
	}
}

func TestRotationsOfTheSameKeyThroughTwoProfilesMeet(t *testing.T) {
	f := in(t, vertesiaLike)
	f.openAt(rotation.Drain)
	r := f.Start(func(p *rotation.Params) { p.Profile = "prod-too" })
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "another profile here") {
		t.Errorf("%v", err)
	}
}

func TestListShowsOpenRotationsFirst(t *testing.T) {
	f := in(t, vertesiaLike)
	done := f.Start(nil)
	f.drive(done)
	done.Close()
	f.Pass(1)
	r := f.Start(func(p *rotation.Params) { p.Key = f.Key(done.View().NewID()).Key })
	f.until(r, rotation.Verify)
	r.Close()
	undone := f.Start(func(p *rotation.Params) {
		p.Key = f.Key("other").Key
		p.Destinations = []rotationDestination{parse(f.t, "file:"+t.TempDir()+"/secret")}
	})
	f.until(undone, rotation.Deliver)
	f.undo(undone)
	undone.Close()
	views, err := rotation.List(f.Store())
	if err != nil || len(views) != 3 || views[0].ID != r.ID() || views[1].ID != undone.ID() || views[2].ID != done.ID() {
		t.Fatalf("%+v, %v", views, err)
	}
	v := views[0]
	if v.PublicStep() != "verify" || v.Old.ID != done.View().NewID() || v.New == nil || len(v.Destinations) != 1 || v.Next.Undo == "" || len(v.History) == 0 || v.Path != f.Journal(r.ID()) || v.Holder != nil {
		t.Errorf("%+v", v)
	}
	if ids := rotation.Concerns(views, "p"); len(ids) != 2 || !ids[v.Old.ID] || !ids[v.New.ID] {
		t.Errorf("%v", ids)
	}
	if ids := rotation.Concerns(views, "staging"); len(ids) != 0 {
		t.Errorf("%v", ids)
	}
}

// TestAListSaysWhoHasARotationOpen: another process, or an operator of this one.
func TestAListSaysWhoHasARotationOpen(t *testing.T) {
	for operator, want := range map[string]bool{"": false, "ann": true} {
		f := in(t, vertesiaLike)
		r := f.Start(func(p *rotation.Params) { p.Operator = operator })
		f.until(r, rotation.Drain)
		views, err := rotation.List(f.Store())
		if err != nil || len(views) != 1 || (views[0].Holder != nil) != want || views[0].Operator != operator {
			t.Errorf("%q: %+v, %v", operator, views, err)
		}
	}
}

func TestOtherFilesOfTheFolderAreLeftAlone(t *testing.T) {
	f := in(t, vertesiaLike)
	id := f.openAt(rotation.Drain)
	for _, name := range []string{"window.json", "debug.log", id + ".json.new"} {
		if err := os.WriteFile(filepath.Join(f.Store().Dir, name), []byte("not ours"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(f.Store().Dir, "abcdefghij.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if views, err := rotation.List(f.Store()); err != nil || len(views) != 1 || views[0].Err != nil {
		t.Errorf("%+v, %v", views, err)
	}
	if views, err := rotation.List(rotation.Files{Dir: f.Dir() + "/none"}); err != nil || len(views) != 0 {
		t.Errorf("a folder that is not there: %+v, %v", views, err)
	}
}

func TestUnwritableJournalStopsBeforeTheCall(t *testing.T) {
	for step, call := range map[rotation.Step]string{rotation.Create: "create", rotation.Deliver: "put", rotation.Disable: "disable", rotation.Delete: "delete"} {
		f := in(t, vertesiaLike)
		r := f.Start(nil)
		f.until(r, step)
		restore := f.Adversary("full disk of the journals", 0)
		_, err := r.Do(context.Background())
		if err == nil && step == rotation.Delete { // the gate comes before
			_, err = r.Do(context.Background())
		}
		if err == nil || !strings.Contains(err.Error(), "write the journal") || !strings.Contains(err.Error(), "make room") {
			t.Errorf("%s: %v", step, err)
		}
		if log := f.Log(); count(log, call) != 0 {
			t.Errorf("%s: %v", step, log)
		}
		restore()
		f.drive(r)
		f.rotated("writable again")
	}
}

func TestNoSecretInErrorsOrViews(t *testing.T) {
	for step, op := range map[rotation.Step]string{rotation.Deliver: "put", rotation.Verify: "probe", rotation.Delete: "delete", rotation.Create: "create"} {
		f := in(t, genericLike)
		r := f.Start(func(p *rotation.Params) { noWaits(p) })
		f.until(r, step)
		f.Fail(op, &client.Error{Op: op, Kind: client.Unavailable, Status: 500, Message: "no", Outcome: client.NotDone}, false)
		f.Fail(op, &client.Error{Op: op, Kind: client.Unavailable, Status: 500, Message: "no", Outcome: client.NotDone}, false) // the deletion asks twice
		_, err := r.Do(context.Background())
		b, jsonErr := json.Marshal(r.View())
		if jsonErr != nil || err == nil {
			t.Fatal(step, jsonErr, err)
		}
		for _, text := range []string{err.Error(), string(b), fmt.Sprintf("%+v", r.View())} {
			if f.Leaks(text) {
				t.Errorf("%s: a secret is in %q", step, text)
			}
		}
	}
}

// echoing is a service whose answers to a deletion repeat a secret, in words that are no yes.
type echoing struct {
	client.Service
	secret func() apikey.Secret
}

func (s echoing) Unwrap() client.Service { return s.Service }

func (s echoing) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	out, err := s.Service.Delete(ctx, id)
	out.Evidence = "the service answered 200 ended " + s.secret().Reveal() + ", and its list does not have the key"
	return out, err
}

// TestNoSecretInWhatAJournalKeepsOfAServicesWords: by what a key is taken for gone, and what may have been made, which are in the service's own words and names.
// The world holds it for each journal that is written.
func TestNoSecretInWhatAJournalKeepsOfAServicesWords(t *testing.T) {
	for _, whose := range []string{"old", "new"} {
		for _, back := range []bool{false, true} {
			f := in(t, genericLike)
			r := f.Start(func(p *rotation.Params) {
				noWaits(p)
				p.Service = echoing{p.Service, func() apikey.Secret { return f.Key(whose).Secret }}
			})
			f.until(r, rotation.Verify)
			if back {
				f.undo(r)
			} else {
				f.drive(r)
			}
			if v := r.View(); !says(v.Certain, "is gone, as far as is seen: the service answered 200 ended") || f.Leaks(fmt.Sprintf("%+v", v)) {
				t.Errorf("%s, back %v: %q", whose, back, v.Certain)
			}
		}
	}
	f := in(t, genericLike)
	r := f.Start(noWaits)
	f.until(r, rotation.Create)
	f.forgetful("named " + f.Key("old").Secret.Reveal())
	f.Fail("create", lost("create"), true)
	f.Fail("list", lost("list"), false)
	if _, err := r.Do(context.Background()); err == nil || !f.undo(r) {
		t.Fatal("not undone", err)
	}
	if left := r.View().Left; !says(left, "key-3") || f.Leaks(strings.Join(left, "\n")) {
		t.Errorf("%q", left)
	}
}

// A screen draws while a step runs.
func TestViewIsThereWhileAStepRuns(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	stop := make(chan struct{})
	var drawn sync.WaitGroup
	first := make(chan struct{})
	drawn.Go(func() {
		for n := 0; ; n++ {
			_ = r.View().Next.Text
			if n == 0 {
				close(first)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	<-first
	asked := 0
	f.Hook = func(string) {
		if r.View().ID != "" {
			asked++
		}
	}
	f.drive(r)
	close(stop)
	drawn.Wait()
	if asked == 0 {
		t.Error("nothing was asked within a step")
	}
}

func TestDeliveriesAreGuardedForTheProfileWhereTheKeyDoesNotSay(t *testing.T) {
	for name, want := range map[string]bool{"prosopo": true, "generic": false} {
		f := in(t, shapes[name])
		path := f.Place(0).Path()
		b, err := os.ReadFile(path)
		if err == nil { // a value that is a live one beside it
			err = os.WriteFile(path, append(b, []byte("STRIPE=sk_live_0123456789abcdefabcdef\n")...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		r := f.Start(func(p *rotation.Params) { p.Key.Environment = apikey.Test })
		res, err := r.Do(context.Background())
		asked := err == nil && res.Question != nil && res.Question.Kind == rotation.AskMixed
		if asked != want {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
}

// TestTheKeyOfTheFingerprintsOutlivesARotation: a secret of one that is over is no new secret.
func TestTheKeyOfTheFingerprintsOutlivesARotation(t *testing.T) {
	f := in(t, vertesiaLike)
	r := f.Start(nil)
	f.until(r, rotation.Drain)
	taken := f.Key("new").Secret
	f.drive(r)
	r.Close()
	again := f.Start(func(p *rotation.Params) { p.Key = f.Key(r.View().NewID()).Key; noWaits(p) })
	f.until(again, rotation.Create)
	f.OnCreate = func(made *apikey.Created) { made.Secret = taken }
	if _, err := again.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "a secret that is not new") {
		t.Errorf("%v", err)
	}
	if keys, _ := filepath.Glob(f.Store().Dir + "/fingerprint.key*"); !slices.Equal(keys, []string{f.Store().Dir + "/fingerprint.key"}) {
		t.Errorf("%v", keys)
	}
}
