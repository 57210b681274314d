package rotation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// shelf is a service that has the keys of a fixture.
type shelf struct {
	caps    apikey.Capabilities
	rows    []*shelved
	now     time.Time
	made    int
	dead    string // a secret that is refused, though its row is there
	deleted func(id string)
}

type shelved struct {
	Key    keyRecord `json:"key"`
	Secret string    `json:"secret"`
}

func (s *shelf) Capabilities() apikey.Capabilities { return s.caps }

func (s *shelf) Abilities() client.Abilities { return client.Abilities{} }

func (s *shelf) List(_ context.Context, each func([]apikey.Key)) error {
	var out []apikey.Key
	for _, row := range s.rows {
		out = append(out, row.Key.key())
	}
	each(out)
	return nil
}

func (s *shelf) find(id string) *shelved {
	i := slices.IndexFunc(s.rows, func(r *shelved) bool { return r.Key.ID == id })
	if i < 0 {
		return nil
	}
	return s.rows[i]
}

// add makes a key like the old one.
func (s *shelf) add(name string) *shelved {
	s.made++
	old := s.rows[0].Key
	old.ID, old.Name, old.CreatedAt, old.LastUsedAt = fmt.Sprintf("made-%d", s.made), name, moment{apikey.At(s.now)}, moment{}
	if old.Enabled != nil {
		on := true
		old.Enabled = &on
	}
	row := &shelved{Key: old, Secret: fmt.Sprintf("sk_live_canary9%03d0123456789abcdef", s.made)}
	s.rows = append(s.rows, row)
	return row
}

func (s *shelf) Create(_ context.Context, d apikey.Draft) (apikey.Created, error) {
	row := s.add(d.Name)
	return apikey.Created{Key: row.Key.key(), Secret: apikey.NewSecret(row.Secret), Bound: true}, nil
}

func (s *shelf) Update(_ context.Context, id string, p apikey.Patch) (apikey.Key, error) {
	row := s.find(id)
	if row == nil {
		return apikey.Key{}, &client.Error{Op: "update", Kind: client.NotFound, Status: 404, Outcome: client.NotDone, Own: true}
	}
	if p.Enabled != nil {
		row.Key.Enabled = p.Enabled
	}
	if p.Name != nil {
		row.Key.Name = *p.Name
	}
	return row.Key.key(), nil
}

func (s *shelf) Delete(_ context.Context, id string) (apikey.Deleted, error) {
	if s.find(id) == nil {
		return apikey.Deleted{AlreadyGone: true}, nil
	}
	s.deleted(id)
	s.rows = slices.DeleteFunc(s.rows, func(r *shelved) bool { return r.Key.ID == id })
	return apikey.Deleted{}, nil
}

func (s *shelf) Probe(_ context.Context, secret apikey.Secret, _ string) (apikey.Proof, error) {
	for _, row := range s.rows {
		if apikey.NewSecret(row.Secret).Equal(secret) && row.Secret != s.dead && !row.Key.key().IsDisabled() {
			row.Key.LastUsedAt = moment{apikey.At(s.now)}
			return apikey.Proof{Verdict: apikey.Accepted, Call: "GET /harmless", Evidence: "GET /harmless answered 200"}, nil
		}
	}
	return apikey.Proof{Verdict: apikey.Refused, Call: "GET /harmless", Evidence: "GET /harmless answered 401"}, nil
}

// opened is a fixture: what a process of the version before left.
type opened struct {
	t     *testing.T
	dir   string
	id    string
	shelf *shelf
	world World
}

func openFixture(t *testing.T, path string) *opened {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o := &opened{t: t, dir: t.TempDir(), shelf: &shelf{now: noon.Add(time.Hour)}}
	store := Files{Dir: filepath.Join(o.dir, "state"), NoSync: true}
	var j journal
	for _, part := range strings.Split(strings.ReplaceAll("\n"+string(b), "@DIR@", o.dir), "\n-- ")[1:] {
		name, text, _ := strings.Cut(part, " --\n")
		switch name {
		case "journal.json":
			if err = json.Unmarshal([]byte(text), &j); err == nil {
				o.id = j.ID
				err = store.Save(j.ID, []byte(text))
			}
		case "rows.json":
			err = json.Unmarshal([]byte(text), &o.shelf.rows)
		default:
			err = os.WriteFile(filepath.Join(o.dir, name), []byte(text+"\n"), 0o600)
		}
		if err != nil {
			t.Fatal(name, err)
		}
	}
	able := func(yes bool) apikey.Ability {
		if yes {
			return apikey.Can()
		}
		return apikey.Cannot("not here")
	}
	o.shelf.caps = apikey.Capabilities{Service: j.Service, Create: able(!j.Manual), Delete: apikey.Can(), Disable: able(j.CanDisable), LastUsed: able(j.SeesUse), Expiry: apikey.Can(),
		Rename: able(j.Service == "vertesia"), AccessFields: j.Fields}
	o.shelf.deleted = func(id string) {
		if row := o.shelf.find(id); o.holds() == row.Secret && !j.OldFirst {
			t.Errorf("%s is deleted while the place holds its secret", id)
		}
	}
	o.world = World{Profile: "prod", Service: o.shelf, Store: store, Random: rand.NewChaCha8([32]byte{}),
		Now: func() time.Time { return o.shelf.now }, Wall: func() time.Time { return o.shelf.now },
		Sleep: func(_ context.Context, d time.Duration) error { o.shelf.now = o.shelf.now.Add(d); return nil },
		Resolve: func(spec string) (delivery.Destination, error) {
			return delivery.Parse(spec, delivery.Options{NoSync: true, NoMounts: true})
		}}
	return o
}

// holds is the value in the place.
func (o *opened) holds() string {
	b, _ := os.ReadFile(filepath.Join(o.dir, ".env"))
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "API_KEY="); ok {
			return value
		}
	}
	return ""
}

// goes on, or back, with a person who says yes, or that what is not to be seen is so. It reports false where the way back is refused.
func (o *opened) goes(back bool) bool {
	o.t.Helper()
	r, err := Resume(o.world, o.id, ResumeOptions{})
	if err != nil {
		o.t.Fatal(err)
	}
	defer r.Close()
	for range 300 {
		act := r.Do
		if back {
			act = r.Undo
		}
		res, err := act(o.t.Context())
		switch {
		case back && errors.Is(err, ErrOldGone):
			return false
		case err != nil:
			o.t.Fatalf("at %s, back %v: %v", r.View().Step, back, err)
		case res.Status == Finished:
			return true
		case res.Status == Waiting:
			o.shelf.now = o.shelf.now.Add(res.Wait)
		case res.Status == Stopped:
			for q := res.Question; q != nil; q = res.Question {
				a := Answer{Kind: q.Kind, Subject: q.Subject, Choice: Yes, Reason: "seen"}
				if a.Kind == AskPaste {
					a.Secret = apikey.NewSecret(o.shelf.add(r.View().NewName).Secret)
				}
				if res, err = r.Answer(o.t.Context(), a); err != nil || res.Status == Stopped && res.Question == nil {
					o.t.Fatalf("at %s, %s: %+v, %v", r.View().Step, a.Kind, res, err)
				}
			}
		}
	}
	o.t.Fatalf("it has no end, back %v: %+v", back, r.View())
	return false
}

// TestWhatTheVersionBeforeLeftOpenComesToAnEnd: its journals at each step, and killed on the way, are gone on with and undone, with
// today's caution: where a deletion may have been sent there is no way back.
func TestWhatTheVersionBeforeLeftOpenComesToAnEnd(t *testing.T) {
	all, err := filepath.Glob("testdata/v2/*.txt")
	if err != nil || len(all) < 50 {
		t.Fatalf("%d fixtures, %v", len(all), err)
	}
	for _, path := range all {
		name := strings.TrimSuffix(filepath.Base(path), ".txt")
		for _, back := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, back %v", name, back), func(t *testing.T) {
				o := openFixture(t, path)
				before, err := Find(o.world.Store, o.id)
				if err != nil || len(before.Claims) > 0 || before.State != Open {
					t.Fatalf("%+v, %v", before, err)
				}
				may := before.Step == Delete || before.Step == Retire && !before.CanDisable || slices.ContainsFunc(before.Unknown, func(s string) bool { return strings.HasPrefix(s, "whether the old key was deleted") })
				if before.OldGone != may || (before.Next.Undo == "") != may {
					t.Errorf("a deletion may have been sent: %v, and shown as %v, undo %q", may, before.OldGone, before.Next.Undo)
				}
				end := Aborted
				if went := o.goes(back); back && went == may {
					t.Errorf("it went back: %v", went)
				}
				if back && may || !back {
					end = Over
				}
				if back && may {
					o.goes(false)
				}
				v, err := Find(o.world.Store, o.id)
				if !back && before.Undoing { // an undo that has begun is what is gone on with
					end = Aborted
				}
				if err != nil || v.State != end {
					t.Fatalf("it ended as %s, want %s: %v", v.State, end, err)
				}
				var live []*shelved
				for _, row := range o.shelf.rows {
					if base, _ := apikey.SplitName(row.Key.Name); base == "payments-api" {
						live = append(live, row)
					}
				}
				if len(live) != 1 || live[0].Secret != o.holds() || live[0].Key.key().IsDisabled() || (live[0].Key.ID == "old-1") != (end == Aborted) {
					t.Errorf("the keys %+v live, and the place holds %s", live, o.holds())
				}
				if left, _ := filepath.Glob(filepath.Join(o.dir, ".env.*")); len(left) > 0 {
					t.Errorf("left: %v", left)
				}
			})
		}
	}
}

// TestWhatTheVersionBeforeLeftIsNotUndoneOntoADeadSecret, which its journals did not recognise: the kept copy tells it.
func TestWhatTheVersionBeforeLeftIsNotUndoneOntoADeadSecret(t *testing.T) {
	for _, name := range []string{"generic-verify", "generic-drain", "prosopo-verify", "vertesia-verify", "vertesia-drain", "vertesia-disable", "dashboard-verify"} {
		o := openFixture(t, "testdata/v2/"+name+".txt")
		o.shelf.dead = o.shelf.find("old-1").Secret
		before := o.holds()
		r, err := Resume(o.world, o.id, ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Undo(t.Context()); err == nil || !strings.Contains(err.Error(), "the service refuses the old secret") || o.holds() != before {
			t.Errorf("%s: %v", name, err)
		}
		r.Close()
		o.goes(false)
	}
}

func TestAFoundRotationSaysWhereItsJournalLies(t *testing.T) {
	o := openFixture(t, "testdata/v2/vertesia-soak.txt")
	if v, err := Find(o.world.Store, o.id); err != nil || v.Path != o.world.Store.Where(o.id) || v.Path == "" {
		t.Errorf("%q, %v", v.Path, err)
	}
}

// TestAPermissionIsHeldUnderItsFeature, or under any where one of the two names none.
func TestAPermissionIsHeldUnderItsFeature(t *testing.T) {
	for _, tc := range []struct {
		held, needs string
		want        bool
	}{{"A.x", "A.x", true}, {"A.x", "B.x", false}, {"A.x", "x", true}, {"x", "A.x", true}, {"x", "x", true}, {"A.x", "A.y", false}, {"x", "y", false}} {
		if got := holds([]apikey.Permission{apikey.ParsePermission("C.z"), apikey.ParsePermission(tc.held)}, apikey.ParsePermission(tc.needs)); got != tc.want {
			t.Errorf("%s for %s: %v", tc.held, tc.needs, got)
		}
	}
}
