package rotation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
)

// openAt leaves a rotation open at a step, in no process.
func (c *city) openAt(step Step) string {
	c.t.Helper()
	r := c.start(nil)
	c.doUntil(r, step)
	r.Close()
	return r.ID()
}

func TestJournalIsForItsOwnerAlone(t *testing.T) {
	c := shaped(t, vertesiaShape())
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	id := c.openAt(Drain)
	for path, want := range map[string]os.FileMode{c.dir: 0o700, journalPath(c.dir, id): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s is %v, want %v (%v)", path, info.Mode().Perm(), want, err)
		}
	}
	entries, err := os.ReadDir(c.dir)
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
	c.assertNoSecretIn("open", c.dir)
}

func TestJournalKeepsEveryFieldOfAKey(t *testing.T) {
	on := true
	k := apikey.Key{ID: "a", Name: "b", Type: "sk", Role: "admin", Environment: apikey.Live,
		Permissions: []apikey.Permission{{Feature: "A", Name: "b"}, {Name: "c"}}, Masked: "pk7_…", Account: "d", Project: "e", ProjectName: "f",
		Enabled: &on, CreatedAt: apikey.At(epoch), UpdatedAt: apikey.At(epoch), ExpiresAt: apikey.Never(), LastUsedAt: apikey.Never(),
		Restrictions: &apikey.Restrictions{IPAddresses: []string{"192.0.2.1"}}, CreatedBy: "g", UpdatedBy: "h", CanRetrieve: true, Own: true,
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
	untold := record(apikey.Key{ID: "a"})
	if b, _ = json.Marshal(untold); string(b) != `{"id":"a","name":""}` {
		t.Errorf("what the service does not say is written as %s", b)
	}
}

func version(n int) string { return fmt.Sprintf(`"version": %d`, n) }

// The file was written by the first detent that rotated. What is open then is ended by every later one.
func TestJournalOfTheFirstVersionIsRead(t *testing.T) {
	old, err := os.ReadFile("testdata/journal-v1.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	const id = "iym7dhq6uv"
	if err := os.WriteFile(journalPath(dir, id), old, 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := Find(dir, id)
	if err != nil {
		t.Fatal(err)
	}
	if v.Step != Drain || v.State != Open || v.Old.Role != "application" || v.New == nil || v.New.ID != "omvgkttwga6h" || !v.Destinations[0].Put ||
		v.Drain != DefaultDrain || v.DrainExplicit || len(blocked(v.Diff)) != 0 || len(v.History) != 4 || !strings.Contains(v.Next.Undo, "/srv/shop/.env") {
		t.Errorf("%+v", v)
	}
	j, err := decode(old)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeJournal(dir, j); err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile(journalPath(dir, id))
	if err != nil || !strings.Contains(string(now), version(journalVersion)) {
		t.Errorf("written anew as %s, %v", now, err)
	}
}

func TestUnusableJournalIsRefusedAndLeftAsItIs(t *testing.T) {
	c := shaped(t, vertesiaShape())
	id := c.openAt(Drain)
	path := journalPath(c.dir, id)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		content string
		want    string
		newer   bool
	}{
		"newer":              {strings.Replace(string(good), version(journalVersion), version(journalVersion+1)+`, "shiny": true`, 1), "newer detent", true},
		"version 0":          {strings.Replace(string(good), version(journalVersion), version(0), 1), "is damaged", false},
		"cut off":            {string(good[:len(good)/2]), "is damaged", false},
		"empty":              {"", "is damaged", false},
		"not JSON":           {"hello", "is damaged", false},
		"two":                {string(good) + string(good), "is damaged", false},
		"unknown field":      {strings.Replace(string(good), `"version"`, `"surprise": 1, "version"`, 1), "is damaged", false},
		"unknown step":       {strings.Replace(string(good), `"step": "drain"`, `"step": "dream"`, 1), "is damaged", false},
		"another id":         {strings.ReplaceAll(string(good), id, "aaaaaaaaaa"), "another rotation", false},
		"name without mark":  {strings.Replace(string(good), " ~r"+id, "", 1), "lacks the nonce", false},
		"old key is new":     {strings.ReplaceAll(string(good), `"new-2"`, `"old-1"`), "is damaged", false},
		"done but at delete": {strings.Replace(string(good), `"state": "open"`, `"state": "done"`, 1), "is damaged", false},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.content == string(good) {
				t.Fatal("the test changes nothing")
			}
			if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Resume(c.world(), id, ResumeOptions{})
			var bad *JournalError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tc.want) || bad.Newer != tc.newer || !strings.Contains(err.Error(), path) {
				t.Errorf("%v", err)
			}
			views, err := List(c.dir)
			if err != nil || len(views) != 1 || views[0].Err == nil || views[0].ID != id {
				t.Errorf("%+v, %v", views, err)
			}
			// The key may be in the middle of that rotation: a second one is not begun.
			second := c.start(nil)
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
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, maxJournal+1))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := shaped(t, vertesiaShape())
			const id = "abcdefghij"
			if err := errors.Join(os.MkdirAll(c.dir, 0o700), tc.make(journalPath(c.dir, id))); err != nil {
				t.Fatal(err)
			}
			_, err := Resume(c.world(), id, ResumeOptions{})
			var bad *JournalError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v", err)
			}
			if views, err := List(c.dir); err != nil || len(views) != 1 || views[0].Err == nil {
				t.Errorf("%+v, %v", views, err)
			}
		})
	}
}

func TestUnknownRotationIsNamed(t *testing.T) {
	c := shaped(t, vertesiaShape())
	for _, id := range []string{"aaaaaaaaaa", "../../etc/passwd", ""} {
		if _, err := Resume(c.world(), id, ResumeOptions{}); err == nil || !strings.Contains(err.Error(), "detent rotations") {
			t.Errorf("%q: %v", id, err)
		}
	}
	w := c.world()
	id := c.openAt(Deliver)
	w.Profile = "staging"
	if _, err := Resume(w, id, ResumeOptions{}); err == nil || !strings.Contains(err.Error(), "belongs to the profile prod") {
		t.Errorf("%v", err)
	}
}

func TestFinishedRotationIsNotResumed(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.drive(r)
	r.Close()
	if _, err := Resume(c.world(), r.ID(), ResumeOptions{}); err == nil || !strings.Contains(err.Error(), "is over") {
		t.Errorf("%v", err)
	}
}

func TestChangedDestinationIsNotWrittenTo(t *testing.T) {
	c := shaped(t, vertesiaShape())
	id := c.openAt(Deliver)
	b, err := os.ReadFile(journalPath(c.dir, id))
	if err != nil {
		t.Fatal(err)
	}
	b = []byte(strings.Replace(string(b), `"describe": "the place app"`, `"describe": "the place of old"`, 1))
	if err := os.WriteFile(journalPath(c.dir, id), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(c.world(), id, ResumeOptions{}); err == nil || !strings.Contains(err.Error(), "was the place of old and is now the place app") {
		t.Errorf("%v", err)
	}
}

func TestOneOfTwoStartsRunsAndTheOtherSaysWho(t *testing.T) {
	c := shaped(t, vertesiaShape())
	first := c.start(nil)
	_, err := Start(c.params())
	var busy *BusyError
	if !errors.As(err, &busy) || busy.Holder.PID != os.Getpid() || busy.Holder.ID != first.ID() || busy.Holder.Since.IsZero() {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(err.Error(), "process ") || !strings.Contains(err.Error(), " since ") {
		t.Errorf("it does not say who: %v", err)
	}
	c.doUntil(first, Drain)
	if _, err := Resume(c.world(), first.ID(), ResumeOptions{}); !errors.As(err, &busy) {
		t.Errorf("an open rotation was resumed twice: %v", err)
	}
	first.Close()
	_, err = Start(c.params())
	var open *OpenError
	if !errors.As(err, &open) || !strings.Contains(err.Error(), "--resume "+first.ID()) {
		t.Errorf("%v", err)
	}
	p := c.params()
	p.Key = c.find(first.View().New.ID).Key
	if _, err = Start(p); !errors.As(err, &open) {
		t.Errorf("the new key of an open rotation was rotated: %v", err)
	}
}

func TestTwoKeysRotateAtOnce(t *testing.T) {
	c := shaped(t, vertesiaShape())
	c.start(nil)
	p := c.params()
	p.Key = c.find("other-1").Key
	r, err := Start(p)
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}

func TestRotationsOfTheSameKeyThroughTwoProfilesMeet(t *testing.T) {
	c := shaped(t, vertesiaShape())
	c.openAt(Drain)
	r := c.start(func(p *Params) { p.Profile = "prod-too" })
	if _, err := r.Do(context.Background()); err == nil || !strings.Contains(err.Error(), "another profile here") {
		t.Errorf("%v", err)
	}
}

func TestTwoHostsThatStartTogetherBothStop(t *testing.T) {
	c := shaped(t, vertesiaShape())
	here := c.start(nil)
	c.doUntil(here, Create)
	there := c.old()
	there.ID, there.Name = "there", "payments-api ~rzzzzzzzzzz"
	c.add(there)
	res := c.mustDo(here)
	if res.Need != NeedCleanup || !strings.Contains(res.Said, "there") {
		t.Fatalf("%+v", res)
	}
	c.keys = c.keys[:len(c.keys)-2] // the other one was aborted, before ours in the list
	c.add(*here.View().New)
	c.find(here.View().New.ID).secret = here.secret.Reveal()
	c.drive(here)
	if len(c.live()) != 1 {
		t.Error(c.describe())
	}
}

func TestListShowsOpenRotationsFirst(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.drive(r)
	r.Close()
	c.find(r.View().New.ID).ID = "old-1"
	id := c.openAt(Verify)
	views, err := List(c.dir)
	if err != nil || len(views) != 2 || views[0].ID != id || views[1].State != Over {
		t.Fatalf("%+v, %v", views, err)
	}
	v := views[0]
	if v.PublicStep() != "verify" || v.Old.ID != "old-1" || v.New == nil || len(v.Destinations) != 1 || v.Next.Undo == "" || len(v.History) == 0 {
		t.Errorf("%+v", v)
	}
	if ids := Concerns(views, "prod"); len(ids) != 2 || !ids["old-1"] || !ids[v.New.ID] {
		t.Errorf("%v", ids)
	}
	if ids := Concerns(views, "staging"); len(ids) != 0 {
		t.Errorf("%v", ids)
	}
}

func TestOtherFilesOfTheFolderAreLeftAlone(t *testing.T) {
	c := shaped(t, vertesiaShape())
	id := c.openAt(Drain)
	for _, name := range []string{"window.json", "debug.log", id + ".json.new"} {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte("not ours"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if views, err := List(c.dir); err != nil || len(views) != 1 || views[0].Err != nil {
		t.Errorf("%+v, %v", views, err)
	}
}

func TestDeliveriesAreGuardedForTheProfileWhereTheKeyDoesNotSay(t *testing.T) {
	for _, caps := range []apikey.Capabilities{prosopoShape(), genericShape()} {
		c := shaped(t, caps)
		r := c.start(func(p *Params) { p.Key.Environment = apikey.Test })
		c.doUntil(r, Create)
		want := apikey.Test
		if caps.Service == apikey.Generic {
			want = apikey.Live
		}
		if got := r.job().Environment; got != want {
			t.Errorf("%s: guarded for %q, want %q", caps.Service, got, want)
		}
		r.Close()
	}
}

func TestUnwritableJournalStopsBeforeTheCall(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	c.doUntil(r, Create)
	// A folder in the way of the next version is refused for root too.
	inTheWay := filepath.Join(c.dir, r.ID()+".json.new")
	if err := os.Mkdir(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := r.Do(context.Background())
	if err == nil || !strings.Contains(err.Error(), "write the journal") || c.count("create") != 0 {
		t.Fatalf("%v after %v", err, c.calls)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	c.drive(r)
	c.assertRotated("writable again")
}

func TestNoSecretInErrorsOrViews(t *testing.T) {
	c := shaped(t, genericShape())
	r := c.start(nil)
	c.doUntil(r, Deliver)
	c.dests[0].failPut = errors.New("refused")
	_, err := r.Do(context.Background())
	b, jsonErr := json.Marshal(r.View())
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	texts := []string{err.Error(), string(b)}
	c.failNext("probe", failure{refusal("prove", client.Unavailable, 500), false})
	c.dests[0].failPut = nil
	c.doUntil(r, Verify)
	_, err = r.Do(context.Background())
	for _, text := range append(texts, err.Error()) {
		for _, s := range c.secret {
			if strings.Contains(text, s[:20]) {
				t.Errorf("a secret is in %q", text)
			}
		}
	}
}

// A screen draws while a step runs.
func TestViewIsThereWhileAStepRuns(t *testing.T) {
	c := shaped(t, vertesiaShape())
	r := c.start(nil)
	begun, stop, drawn := make(chan struct{}), make(chan struct{}), make(chan int)
	go func() {
		for n := 1; ; n++ {
			_ = r.View().Next.Text
			if n == 1 {
				close(begun)
			}
			select {
			case <-stop:
				drawn <- n
				return
			default:
			}
		}
	}()
	<-begun
	asked := 0
	c.hook = func(string) {
		if r.View().ID != "" {
			asked++
		}
	}
	c.drive(r)
	close(stop)
	if n := <-drawn; n == 0 || asked == 0 {
		t.Errorf("drawn %d times, asked %d times within a step", n, asked)
	}
}

// FuzzJournal: whatever lies in the folder, decode neither panics nor accepts what it
// would not write itself.
func FuzzJournal(f *testing.F) {
	j := &journal{Version: 1, ID: "abcdefghij", Profile: "p", Service: "s", Mode: Planned, State: Open, Step: Create, Name: "n ~rabcdefghij",
		Old: record(apikey.Key{ID: "k", Enabled: ptr(true), ExpiresAt: apikey.Never(), CreatedAt: apikey.At(epoch),
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
		_ = viewOf(j, false)
	})
}
