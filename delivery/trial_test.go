//go:build unix

package delivery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detent/apikey"
)

func TestANameThatLeavesNoRoomForWhatLiesBesideIsRefusedBeforehand(t *testing.T) {
	const longest = 255
	for id, room := range map[string]int{testJob: longest - len(".detent-"+testJob+".mode"), strings.Repeat("a", 64): longest - len(".detent-.mode") - 64} {
		for _, length := range []int{room - 1, room, room + 1, 250, longest} {
			for _, there := range []bool{true, false} {
				path := filepath.Join(t.TempDir(), strings.Repeat("e", length))
				if there {
					writeFile(t, path, "KEY=old\n", 0o644)
				}
				d, job := must(Parse("env-file:"+path+":KEY", Options{NoSync: true})), Job{ID: id}
				look := job
				look.LookOnly = true
				_, looked := d.Preflight(t.Context(), look)
				_, err := d.Preflight(t.Context(), job)
				if fits := length <= room; fits != (err == nil) {
					t.Errorf("%d characters, room for %d: %v", length, room, err)
				}
				if fmt.Sprint(looked) != fmt.Sprint(err) {
					t.Errorf("%d characters: who only looks meets %v, who tries %v", length, looked, err)
				}
				if err != nil {
					if !strings.Contains(err.Error(), fmt.Sprintf("has %d characters", length+longest-room)) {
						t.Errorf("%d: %v", length, err)
					}
					continue
				}
				mustDo(t, second(d.Put(t.Context(), job, apikey.NewSecret(testSecret))))
			}
		}
	}
}

// TestAKilledTrialIsRemovedByTheNextOne kills preflight at each of its points; another rotation's preflight, or the end of the same one, tidies up.
func TestAKilledTrialIsRemovedByTheNextOne(t *testing.T) {
	for _, s := range killScenes() {
		points := 0
		for kill := 1; ; kill++ {
			path := s.set(t)
			spec := fmt.Sprintf(s.spec, path)
			if !killed(t, errand{Spec: spec, ID: testJob, Do: "preflight", KillAt: kill}, "") {
				break
			}
			points++
			s.isOld(t, path)
			d := must(Parse(spec, Options{}))
			if kill%2 == 0 {
				mustDo(t, d.Finish(t.Context(), Job{ID: testJob}))
			} else {
				mustDo(t, second(d.Preflight(t.Context(), Job{ID: "another"})))
			}
			isAlone(t, path)
		}
		if points < 14 {
			t.Errorf("%s: only %d points of a preflight were met", s.name, points)
		}
	}
}

func TestATrialNeverRemovesWhatIsNotATrial(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	writeFile(t, path, "KEY=old\n", 0o600)
	kept := map[string]string{
		path + ".detent-other":      "KEY=older\n",
		path + ".detent-other.mode": "0644\n",
		path + ".detent-mine.test":  "KEY=mine\n",
		path + ".detent-mine.try":   "detent tries to say something else\n",
		path + ".tests":             trialMark,
	}
	for name, content := range kept {
		writeFile(t, name, content, 0o600)
	}
	mustDo(t, os.Symlink(path, path+".detent-link.test"))
	mustDo(t, second(preflight(t, "env-file:"+path+":KEY", Job{})))
	for name, content := range kept {
		isFile(t, name, content, 0o600)
	}
	if _, err := os.Lstat(path + ".detent-link.test"); err != nil {
		t.Error("a link was removed")
	}
}

func TestWhoOnlyLooksWritesNothing(t *testing.T) {
	for _, s := range scenes {
		path := s.set(t)
		before := must(os.Stat(filepath.Dir(path)))
		d := must(Parse(fmt.Sprintf(s.spec, path), Options{Hook: func(p string) {
			if step, ok := strings.CutPrefix(p, pointBefore); ok && step != stepRead {
				t.Errorf("%s: it does %q", s.name, step)
			}
		}}))
		mustDo(t, second(d.Preflight(t.Context(), Job{ID: testJob, LookOnly: true})))
		if after := must(os.Stat(filepath.Dir(path))); !before.ModTime().Equal(after.ModTime()) {
			t.Errorf("%s: the folder was touched", s.name)
		}
	}
}

// steps runs do once and lists the steps that it takes, in order, each with its number among those of its name.
func steps(do func(o Options)) (all []string) {
	do(Options{NoSync: true, Hook: func(p string) {
		if step, ok := strings.CutPrefix(p, pointBefore); ok {
			all = append(all, step)
		}
	}})
	return all
}

var errDisk = errors.New("the disk is on fire")

// TestAStepThatFailsIsAFailureAndHarmsNothing has each single step of each call fail: the call says so, the file
// is the old or the new one, and after the fault everything can be done as if it had not been.
func TestAStepThatFailsIsAFailureAndHarmsNothing(t *testing.T) {
	ctx, job, secret := context.Background(), Job{ID: testJob}, apikey.NewSecret(testSecret)
	calls := map[string]func(d Destination) error{
		"preflight": func(d Destination) error { return second(d.Preflight(ctx, job)) },
		"put":       func(d Destination) error { return second(d.Put(ctx, job, secret)) },
		"undo":      func(d Destination) error { return second(d.Undo(ctx, job)) },
		"finish":    func(d Destination) error { return d.Finish(ctx, job) },
		"held":      func(d Destination) error { return second(d.(Holder).Held(ctx)) },
		"former":    func(d Destination) error { return second(d.(Holder).Former(ctx, job)) },
		"read back": func(d Destination) error { return second(d.ReadBack(ctx, secret)) },
	}
	for call, do := range calls {
		for _, s := range scenes {
			ready := func(t *testing.T) (path, spec string) {
				path = s.set(t)
				spec = fmt.Sprintf(s.spec, path)
				d := must(Parse(spec, Options{NoSync: true}))
				if call != "preflight" && call != "put" {
					mustDo(t, second(d.Put(ctx, job, secret)))
				}
				if call == "finish" {
					writeFile(t, newPath(path, job), "half", 0o600)
					writeFile(t, trialPath(path, job), trialMark, 0o600)
				}
				return path, spec
			}
			_, spec := ready(t)
			all := steps(func(o Options) { mustDo(t, do(must(Parse(spec, o)))) })
			for n, failing := range all {
				path, spec := ready(t)
				i := -1
				o := Options{NoSync: true, Fault: func(step string) error {
					if i++; i == n {
						if step != failing {
							t.Fatalf("step %d is %q now, was %q", n, step, failing)
						}
						return errDisk
					}
					return nil
				}}
				if err := do(must(Parse(spec, o))); !errors.Is(err, errDisk) {
					t.Errorf("%s of %s: step %q failed, and it says %v", call, s.name, failing, err)
				}
				s.isOneOfTwo(t, path)
				d := must(Parse(spec, Options{NoSync: true}))
				switch call {
				case "preflight":
					s.isOld(t, path)
					isAlone(t, path)
				case "put":
					if failing != stepFolder {
						s.isOld(t, path) // what fails before the rename has changed nothing
					}
					mustDo(t, second(d.Put(ctx, job, secret)))
					isFile(t, path, s.want, s.after)
					mustDo(t, second(d.Undo(ctx, job)))
				case "undo":
					mustDo(t, second(d.Undo(ctx, job)))
				default:
					isFile(t, path, s.want, s.after)
				}
				mustDo(t, d.Finish(ctx, job))
				isAlone(t, path)
			}
		}
	}
}

// TestWhatIsMadeToLastIsSynced: each file before its rename, and the folder after each rename and removal.
func TestWhatIsMadeToLastIsSynced(t *testing.T) {
	for _, s := range scenes {
		path := s.set(t)
		var all []string
		d := must(Parse(fmt.Sprintf(s.spec, path), Options{Hook: func(p string) {
			if step, before := strings.CutPrefix(p, pointBefore); before {
				all = append(all, step)
			}
		}}))
		job := Job{ID: testJob}
		mustDo(t, second(d.Preflight(t.Context(), job)))
		synced(t, s.name+" preflight", all)
		all = nil
		mustDo(t, second(d.Put(t.Context(), job, apikey.NewSecret(testSecret))))
		synced(t, s.name+" put", all)
		all = nil
		mustDo(t, second(d.Undo(t.Context(), job)))
		synced(t, s.name+" undo", all)
		all = nil
		mustDo(t, d.Finish(t.Context(), job))
		synced(t, s.name+" finish", all)
		all = nil
		mustDo(t, d.Finish(t.Context(), job))
		if len(all) > 0 && all[len(all)-1] == stepFolder {
			t.Errorf("%s: nothing was removed, and the folder was synced", s.name)
		}
	}
}

// synced holds that a call ends in a sync of the folder, and that what is renamed was synced since it was written.
func synced(t *testing.T, what string, all []string) {
	t.Helper()
	if len(all) == 0 || all[len(all)-1] != stepFolder {
		t.Errorf("%s ends in %q", what, all)
	}
	clean := true
	for _, step := range all {
		switch {
		case strings.HasPrefix(step, "write "):
			clean = false
		case strings.HasPrefix(step, "sync "):
			clean = true
		case strings.HasPrefix(step, "rename ") && !clean:
			t.Errorf("%s: %q of what was not synced", what, step)
		}
	}
}

func TestAnUnexpectedOwnerIsAskedAbout(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make other users' files")
	}
	const eve = 12345
	for _, c := range []struct {
		name        string
		file        int // its owner; -1 for none
		folder      int
		asked       bool
		who, folded string
	}{
		{"ours", 0, 0, false, "you", ""},
		{"another's in their folder", eve, eve, false, "user 12345", ""},
		{"another's in our folder", eve, 0, true, "user 12345", ""},
		{"another's in a third one's folder", eve, nobody, true, "user 12345", ""},
		{"ours in another's folder", 0, eve, false, "you", ""},
		{"a new one in another's folder", -1, eve, false, "you", "user 12345"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, ".env")
		if c.file >= 0 {
			writeFile(t, path, "KEY=old\n", 0o600)
			mustDo(t, os.Chown(path, c.file, 0))
		}
		mustDo(t, os.Chown(dir, c.folder, 0))
		plan, err := preflight(t, "env-file:"+path+":KEY", Job{})
		var asks *ConsentError
		if errors.As(err, &asks) != c.asked || c.asked && asks.Needs != UnexpectedOwner || !c.asked && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if plan.Owner != c.who {
			t.Errorf("%s: the owner is said to be %q", c.name, plan.Owner)
		}
		notes := strings.Join(plan.Notes, "\n")
		if named := strings.Contains(notes, "belongs to user 12345, who reads"); named != (c.who != "you" && !c.asked) {
			t.Errorf("%s: %q", c.name, notes)
		}
		if c.folded != "" && !strings.Contains(notes, "its folder belongs to "+c.folded) {
			t.Errorf("%s: %q", c.name, notes)
		}
		d := must(Parse("env-file:"+path+":KEY", Options{NoSync: true}))
		err = second(d.Put(t.Context(), Job{ID: testJob}, apikey.NewSecret(testSecret)))
		if errors.As(err, &asks) != c.asked || !c.asked && err != nil {
			t.Errorf("%s: put: %v", c.name, err)
		}
		if c.asked {
			isFile(t, path, "KEY=old\n", 0o600)
			isAlone(t, path)
			mustDo(t, second(preflight(t, "env-file:"+path+":KEY", Job{AllowOwner: true})))
			mustDo(t, second(d.Put(t.Context(), Job{ID: testJob, AllowOwner: true}, apikey.NewSecret(testSecret))))
		}
	}
}

// TestAFileMadeByAStrangerSinceThePreflightIsNotFilled: they would own what is put into it.
func TestAFileMadeByAStrangerSinceThePreflightIsNotFilled(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make other users' files")
	}
	for _, there := range []bool{true, false} {
		places(t, func(t *testing.T, spec, path string, write func(string)) {
			all := 1
			for n := 1; n <= all; n++ {
				_ = os.Remove(path)
				if there {
					write("old")
				}
				mustDo(t, must(Parse(spec, Options{})).Finish(t.Context(), Job{ID: testJob}))
				i, at := 0, ""
				d := must(Parse(spec, Options{NoSync: true, Hook: func(p string) {
					if i++; i == n {
						at = p
						_ = os.Remove(path)
						write("theirs")
						mustDo(t, os.Chown(path, nobody, nobody))
					}
				}}))
				_, err := d.Put(t.Context(), Job{ID: testJob}, apikey.NewSecret(testSecret))
				all = max(all, i)
				info := must(os.Stat(path))
				if uid, _ := owner(info); uid != nobody {
					continue // replaced by ours
				}
				if content := string(must(os.ReadFile(path))); strings.Contains(content, testSecret) {
					t.Errorf("made at %q: the stranger reads the secret (%v)", at, err)
				}
			}
			if all < 20 {
				t.Errorf("only %d points", all)
			}
		})
	}
}

func TestAStrangersLinkIsNotFollowed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make other users' links")
	}
	const eve = 12345
	for _, c := range []struct {
		name         string
		link, target int
		folder       bool // the link is among the folders
		taken        bool
	}{
		{"ours", 0, 0, false, true}, {"theirs to theirs", eve, eve, false, true}, {"theirs to ours", eve, 0, false, false}, {"theirs to a third one's", eve, nobody, false, false},
		{"a folder, ours", 0, 0, true, true}, {"a folder, theirs to theirs", eve, eve, true, true}, {"a folder, theirs to ours", eve, 0, true, false}, {"a folder, theirs to a third one's", eve, nobody, true, false},
	} {
		dir := t.TempDir()
		real := filepath.Join(dir, "real")
		mustDo(t, os.Mkdir(real, 0o755))
		writeFile(t, filepath.Join(real, "app"), "KEY=old\n", 0o600)
		link, path, target := filepath.Join(dir, "link"), filepath.Join(dir, "link"), filepath.Join(real, "app")
		if c.folder {
			path, target = filepath.Join(link, "app"), real
		}
		mustDo(t, os.Symlink(target, link))
		mustDo(t, os.Lchown(link, c.link, 0))
		mustDo(t, os.Chown(target, c.target, 0))
		d, job := holder(t, "env-file:"+path+":KEY", Options{NoSync: true}), Job{ID: testJob, AllowOwner: true}
		for call, err := range map[string]error{
			"preflight": second(d.Preflight(t.Context(), job)),
			"held":      second(d.Held(t.Context())),
			"put":       second(d.Put(t.Context(), job, apikey.NewSecret(testSecret))),
			"undo":      second(d.Undo(t.Context(), job)),
		} {
			if c.taken && err != nil && !errors.Is(err, ErrNoCopy) {
				t.Errorf("%s: %s: %v", c.name, call, err)
			} else if !c.taken {
				isPlaceError(t, c.name+": "+call, err, Untrusted)
				isFile(t, filepath.Join(real, "app"), "KEY=old\n", 0o600)
			}
		}
	}
}

// TestAPathThatLooksLikeAPatternIsItself: what lies beside another path that the pattern would match is nobody's here.
func TestAPathThatLooksLikeAPatternIsItself(t *testing.T) {
	for name, matched := range map[string]string{"a[bc]d": "abd", "a?c": "abc", "a*c": "abbc", `a\b`: "ab"} {
		dir := t.TempDir()
		path, other := filepath.Join(dir, name), filepath.Join(dir, matched)
		for _, p := range []string{path, other} {
			writeFile(t, p, "KEY=old\n", 0o600)
			writeFile(t, p+".detent-earlier.test", trialMark, 0o600)
			writeFile(t, p+".detent-earlier", "KEY=older\n", 0o600)
		}
		plan, err := preflight(t, "env-file:"+path+":KEY", Job{})
		mustDo(t, err)
		if _, err := os.Lstat(path + ".detent-earlier.test"); err == nil {
			t.Errorf("%s: what a killed trial left is still there", name)
		}
		isFile(t, other+".detent-earlier.test", trialMark, 0o600)
		var lie []string
		for _, n := range plan.Notes {
			if strings.Contains(n, "another rotation's backup") {
				lie = append(lie, n)
			}
		}
		if len(lie) != 1 || !strings.HasSuffix(lie[0], path+".detent-earlier") {
			t.Errorf("%s: %q", name, lie)
		}
	}
}
