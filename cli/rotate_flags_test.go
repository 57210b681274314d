package cli

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/config"
	"detent/host"
	"detent/keyserver/wirename"
	"detent/rotation"
)

// begun is a rotation that stands at the drain: on a service without last use, and nobody there to say that the old key is unused.
func begun(t *testing.T, service string, more ...string) (m *machine, r *remoteService, id, env string) {
	t.Helper()
	m, r, _, env = shop(t, service)
	res := m.rotate(newClock(), append([]string{"rotate", "shop", "--yes", "-o", "json", "--deliver", "env-file:" + env + ":API_KEY"}, more...)...)
	if res.code != 1 {
		t.Fatalf("exit %d\n%s", res.code, res.stderr)
	}
	return m, r, decodeRotated(t, res.stdout).ID, env
}

func (m *machine) forgetProfiles() {
	m.t.Helper()
	if err := os.Remove(filepath.Join(m.home, ".config/detent/config.toml")); err != nil {
		m.t.Fatal(err)
	}
}

func TestCloseEndsARotationWhoseProfileAndServiceAreGone(t *testing.T) {
	for _, gone := range []string{"nothing", "service", "profile"} {
		t.Run(gone, func(t *testing.T) {
			m, r, id, env := begun(t, wirename.Prosopo)
			before, keys := readFile(t, env), keyIDs(m.keys("p"))
			switch gone {
			case "service":
				r.fault = func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool { w.WriteHeader(404); return true }
			case "profile":
				m.forgetProfiles()
			}
			m.want(2, "--reason", "rotate", "--close", id)
			m.want(2, "--reason: must not be empty", "rotate", "--close", id, "--reason", " ")
			res := m.rotate(newClock(), "rotate", "--close", id, "--reason", "the volume is gone", "-o", "json")
			got := decodeRotated(t, res.stdout)
			if res.code != 0 || got.State != "closed" || !strings.Contains(strings.Join(got.Certain, "\n"), "closed as it stood: the volume is gone") {
				t.Fatalf("exit %d\n%s%s", res.code, res.stdout, res.stderr)
			}
			if readFile(t, env) != before {
				t.Error("the destination was changed")
			}
			if gone == "nothing" {
				if after := keyIDs(m.keys("p")); !slices.Equal(after, keys) {
					t.Errorf("keys %v, were %v", after, keys)
				}
				m.want(1, "is over: closed", "rotate", "--resume", id, "--yes")
			}
			m.want(1, "is over: closed", "rotate", "--close", id, "--reason", "again")
			if out := m.must("rotations"); !strings.Contains(out, id+"  closed") {
				t.Errorf("rotations:\n%s", out)
			}
		})
	}
}

func TestCloseSaysWhatIsLeftWhere(t *testing.T) {
	m, _, id, env := begun(t, wirename.Prosopo)
	res := m.rotate(newClock(), "rotate", "--close", id, "--reason", "moved away")
	for _, says := range []string{"closed as it stands: the close itself changed nothing", "the old key", "the new key", "detent delete ", env + ".detent-" + id} {
		if res.code != 0 || !strings.Contains(res.stderr, says) {
			t.Errorf("%q is not said, exit %d\n%s", says, res.code, res.stderr)
		}
	}
	m.want(1, "no rotation", "rotate", "--close", "aaaaaaaaaa", "--reason", "r")
	m.want(1, "no rotation's id", "rotate", "--close", "x", "--reason", "r")
}

func TestWhatNobodyCanReadIsAcceptedVouchedForOrLeftOut(t *testing.T) {
	m, _, _, env := shop(t, wirename.Prosopo)
	place := []string{"--deliver", "env-file:" + env + ":API_KEY", "--deliver", "command:cat"}
	begin := append([]string{"rotate", "shop", "--yes", "-o", "json"}, place...)
	keys := keyIDs(m.keys("p"))
	m.want(1, "--accept-unknown REASON", begin...)
	if after := keyIDs(m.keys("p")); !slices.Equal(after, keys) {
		t.Errorf("keys %v, were %v", after, keys)
	}
	res := m.rotate(newClock(), append(begin, "--accept-unknown", "looked at it there")...)
	got := decodeRotated(t, res.stdout)
	if res.code != 1 || got.State != "open" {
		t.Fatalf("exit %d\n%s", res.code, res.stderr)
	}
	m.want(1, "can be read, and holds a value", "rotate", "--resume", got.ID, "--yes", "--without", "env-file:"+env+":API_KEY", "--reason", "gone")
	m.want(1, "is no destination of this rotation", "rotate", "--resume", got.ID, "--yes", "--without", "file:/x", "--reason", "gone")
	m.want(1, "holds the new secret", "rotate", "--abort", got.ID, "--yes", "--undone", "env-file:"+env+":API_KEY", "--reason", "put back")
	m.want(1, "--undone command:cat --reason R", "rotate", "--abort", got.ID, "--yes")
	done := m.rotate(newClock(), "rotate", "--abort", got.ID, "--yes", "-o", "json", "--undone", "command:cat", "--reason", "the store has the old one again", "--accept-unknown", "seen there")
	if back := decodeRotated(t, done.stdout); done.code != 0 || back.State != "aborted" || !slices.ContainsFunc(back.Claims, func(c claimed) bool {
		return c.Kind == "person-said" && c.Subject == "command:cat" && strings.Contains(c.Evidence.Detail, "the store has the old one again")
	}) {
		t.Errorf("exit %d\n%s%s", done.code, done.stdout, done.stderr)
	}
	if after := keyIDs(m.keys("p")); !slices.Equal(after, keys) {
		t.Errorf("keys %v, were %v", after, keys)
	}
}

func TestADestinationThatIsGoneForGoodIsLeftOut(t *testing.T) {
	m, _, _, env := shop(t, wirename.Prosopo)
	second := m.write("old/.env", readFile(t, env))
	res := m.rotate(newClock(), "rotate", "shop", "--yes", "-o", "json", "--deliver", "env-file:"+env+":API_KEY", "--deliver", "env-file:"+second+":API_KEY")
	id := decodeRotated(t, res.stdout).ID
	if err := os.RemoveAll(filepath.Dir(second)); err != nil {
		t.Fatal(err)
	}
	m.want(1, "", "rotate", "--resume", id, "--yes", "--drain", "0")
	done := m.rotate(newClock(), "rotate", "--resume", id, "--yes", "-o", "json", "--drain", "0", "--without", "env-file:"+second+":API_KEY", "--reason", "that machine is scrapped")
	if got := decodeRotated(t, done.stdout); done.code != 0 || got.State != "done" || !strings.Contains(done.stdout, "that machine is scrapped") {
		t.Errorf("exit %d\n%s%s", done.code, done.stdout, done.stderr)
	}
}

func TestWhatIsNotTheOldKeysSecretIsReplacedByAFlagAlone(t *testing.T) {
	m, _, _, _ := shop(t, wirename.Prosopo)
	_, other := m.create("-p", "p", "--name", "other", "--permission", "getRules", "--expires", "30d")
	for what, holds := range map[string]string{"another key's": "psp_aaaaaaaaaaaa" + strings.Repeat("a", 51), "another vendor's": "ghp_0123456789abcdefghij0123456789abcdef", "other": other} {
		env := m.write("place/.env", "API_KEY="+holds+"\n")
		begin := []string{"rotate", "shop", "--yes", "--drain", "0", "--deliver", "env-file:" + env + ":API_KEY"}
		keys := len(m.keys("p"))
		m.want(1, "--replace", begin...)
		m.want(1, "--replace", append(begin, "--plan")...)
		if len(m.keys("p")) != keys || readFile(t, env) != "API_KEY="+holds+"\n" {
			t.Errorf("%s: something was changed", what)
		}
	}
	env := m.write("place/.env", "API_KEY="+other+"\n")
	res := m.rotate(newClock(), "rotate", "shop", "--yes", "-o", "json", "--replace", "--deliver", "env-file:"+env+":API_KEY")
	id := decodeRotated(t, res.stdout).ID
	if res.code != 1 || readFile(t, env) == "API_KEY="+other+"\n" {
		t.Fatalf("exit %d\n%s", res.code, res.stderr)
	}
	if back := m.rotate(newClock(), "rotate", "--abort", id); back.code != 0 || readFile(t, env) != "API_KEY="+other+"\n" {
		t.Errorf("the undo: exit %d\n%s\n%s", back.code, back.stderr, readFile(t, env))
	}
}

func TestADisabledKeyComesAliveByAFlagAlone(t *testing.T) {
	m, _, id, env := shop(t, wirename.Vertesia)
	m.must("update", id, "--disable")
	begin := []string{"rotate", "shop", "--yes", "--drain", "0", "--soak", "0", "--deliver", "env-file:" + env + ":API_KEY"}
	m.want(1, "--revive", begin...)
	m.want(1, "--revive", append(begin, "--plan")...)
	if len(m.keys("p")) != 2 {
		t.Error("a key was made")
	}
	if res := m.rotate(newClock(), append(begin, "--revive")...); res.code != 0 || !strings.Contains(res.stderr, "! the key is disabled") {
		t.Errorf("exit %d\n%s", res.code, res.stderr)
	}
}

func TestAnotherKeyWithAMarkIsNoRivalByAReasonAlone(t *testing.T) {
	m, _, _, env := shop(t, wirename.Prosopo)
	m.create("-p", "p", "--name", "shop ~raaaaaaaaaa", "--permission", "getRules", "--expires", "30d")
	_, secret, _ := strings.Cut(strings.TrimSpace(readFile(t, env)), "=")
	id := ""
	for _, k := range m.keys("p") {
		if k["name"] == "shop" {
			id = k["id"].(string)
		}
	}
	begin := []string{"rotate", id, "--yes", "--drain", "0", "--deliver", "env-file:" + env + ":API_KEY"}
	m.want(1, "--not-mine REASON", begin...)
	m.want(1, "--not-mine REASON", append(begin, "--plan")...)
	if res := m.rotate(newClock(), append(begin, "--not-mine", "a key of another team")...); res.code != 0 || strings.Contains(readFile(t, env), secret) {
		t.Errorf("exit %d\n%s", res.code, res.stderr)
	}
}

func TestTheStrategyIsNamedOrChosen(t *testing.T) {
	m, _, _, env := shop(t, wirename.Prosopo)
	begin := []string{"rotate", "shop", "--yes", "--deliver", "env-file:" + env + ":API_KEY"}
	m.want(2, "use one of create, ", append(begin, "--strategy", "burn")...)
	res := m.rotate(newClock(), append(begin, "--strategy", "dashboard", "-o", "json")...)
	if got := decodeRotated(t, res.stdout); res.code != 1 || got.Step != "create" || !strings.Contains(res.stderr, "in the dashboard") || len(m.keys("p")) != 2 {
		t.Errorf("exit %d at %s\n%s", res.code, got.Step, res.stderr)
	}
}

// TestThePlansJSONHasTheMembersThatAreDocumented, and no other.
func TestThePlansJSONHasTheMembersThatAreDocumented(t *testing.T) {
	m, _, id, env := shop(t, wirename.Vertesia)
	out := m.must("rotate", "shop", "--plan", "-o", "json", "--deliver", "env-file:"+env+":API_KEY")
	var plan struct {
		Key      map[string]any `json:"key"`
		Strategy string         `json:"strategy"`
		Stages   []struct {
			ID, Title string
			Does      []struct{ Call, Write, Run, Wait, Times string }
			Proves    []string
			Undo      *string
			Asks      []string
		} `json:"stages"`
		Unknown []string `json:"unknown"`
	}
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&plan); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if plan.Key["id"] != id || plan.Strategy != "create" || plan.Unknown == nil {
		t.Errorf("%s", out)
	}
	want := []string{"preflight", "create", "deliver", "verify", "drain", "disable", "soak", "delete"}
	for i, s := range plan.Stages {
		if i >= len(want) || s.ID != want[i] || s.Title == "" || s.Does == nil || s.Proves == nil || s.Asks == nil || (s.Undo == nil) != (s.ID == "delete") {
			t.Errorf("stage %d: %+v", i, s)
		}
		for _, act := range s.Does {
			named := 0
			for _, what := range []string{act.Call, act.Write, act.Run, act.Wait} {
				if what != "" {
					named++
				}
			}
			if named != 1 {
				t.Errorf("%s: not one of call, write, run and wait: %+v", s.ID, act)
			}
		}
	}
	if len(plan.Stages) != len(want) {
		t.Errorf("%d stages", len(plan.Stages))
	}
	if text := m.must("rotate", "shop", "--plan", "--deliver", "env-file:"+env+":API_KEY"); !strings.HasSuffix(text, "Nothing was changed.\n") || !strings.Contains(text, "undo   none: this cannot be taken back") {
		t.Errorf("%s", text)
	}
}

func TestClaimsAreOfTheClosedListAndHaveTheirEvidence(t *testing.T) {
	m, _, _, env := shop(t, wirename.Vertesia)
	res := m.rotate(newClock(), "rotate", "shop", "--yes", "-o", "json", "--drain", "0", "--soak", "0", "--deliver", "env-file:"+env+":API_KEY")
	if res.code != 0 {
		t.Fatalf("exit %d\n%s", res.code, res.stderr)
	}
	got := decodeRotated(t, res.stdout)
	kinds := map[string]bool{}
	for _, c := range got.Claims {
		kinds[c.Kind] = true
		if !slices.Contains(rotation.ClaimKinds, rotation.ClaimKind(c.Kind)) || c.Subject == "" || c.Evidence.By == "" || c.Evidence.Detail == "" || c.Evidence.At.IsZero() {
			t.Errorf("%+v", c)
		}
	}
	for _, kind := range []string{"secret-accepted", "secret-refused", "control-refused", "row-seen", "create-answered", "disable-answered", "delete-sent", "delete-answered", "place-held", "place-holds", "same-access"} {
		if !kinds[kind] {
			t.Errorf("there is no claim %s", kind)
		}
	}
	var all []rotated
	if err := json.Unmarshal([]byte(m.must("rotations", "-o", "json")), &all); err != nil || len(all) != 1 || len(all[0].Claims) != len(got.Claims) {
		t.Errorf("rotations: %v, %d", err, len(all))
	}
}

func TestFlagsThatDoNotGoTogetherAreWrongUsage(t *testing.T) {
	m, _, _, env := shop(t, wirename.Prosopo)
	id := "aaaaaaaaaa"
	for _, args := range [][]string{
		{"--close", id}, {"--close", id, "--reason", "r", "--drain", "1m"}, {"--close", id, "--reason", "r", "--accept-unknown", "r"}, {"--close", id, "--reason", "r", "--resume", id},
		{"shop", "--close", id, "--reason", "r"}, {"--resume", id, "--undone", "x", "--reason", "r"}, {"--abort", id, "--without", "x", "--reason", "r"},
		{"--resume", id, "--without", "x"}, {"--abort", id, "--undone", "x"}, {"--resume", id, "--reason", "r"}, {"shop", "--reason", "r", "--deliver", "env-file:" + env + ":API_KEY"},
		{"--resume", id, "--plan"}, {"--resume", id, "--replace"}, {"--resume", id, "--revive"}, {"--resume", id, "--strategy", "create"}, {"--abort", id, "--not-mine", "r"},
		{"shop", "--without", "x", "--reason", "r"}, {"shop", "--undone", "x", "--reason", "r"}, {"shop", "--not-mine", " "},
	} {
		if res := m.run("", append([]string{"rotate", "--yes"}, args...)...); res.code != 2 || res.stdout != "" {
			t.Errorf("%v: exit %d\n%s", args, res.code, res.stderr)
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestWhatIsBrokenOffBeforeItBeganIsNotCalledOpen: there is nothing that --resume could go on with.
func TestWhatIsBrokenOffBeforeItBeganIsNotCalledOpen(t *testing.T) {
	m, _, id, env := shop(t, wirename.Vertesia)
	var errs strings.Builder
	a := &app{world: World{In: strings.NewReader(""), Out: io.Discard, Err: &errs, Environ: m.environ, Now: time.Now, Zone: time.UTC}, env: config.NewEnv(m.environ), out: &output{w: io.Discard}}
	if err := a.root().ParseFlags(nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	a.begin()
	s, r, err := a.beginRotation(t.Context(), id, rotateOptions{deliver: []string{"env-file:" + env + ":API_KEY"}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	run := &rotationRun{a: a, r: a.host.Ledger().Rotation(r)}
	if err := run.interrupted(); !errors.Is(err, host.ErrInterrupted) || strings.Contains(errs.String(), "open") {
		t.Errorf("%v: %s", err, errs.String())
	}
	if _, err := run.r.Do(t.Context()); err != nil { // it has begun on
		t.Fatal(s.Profile.Name, err)
	}
	if err := run.interrupted(); !errors.Is(err, host.ErrInterrupted) || !strings.Contains(errs.String(), "detent rotate --resume "+r.ID()) {
		t.Errorf("%v: %s", err, errs.String())
	}
}

// TestAFlagWithoutItsValueDoesNotTakeTheNextOne, whatever the command: what was meant is not known, and nothing is opened.
func TestAFlagWithoutItsValueDoesNotTakeTheNextOne(t *testing.T) {
	m := newMachine(t)
	for _, args := range [][]string{
		{"rotate", "--abort", "--yes"}, {"rotate", "--resume", "--yes"}, {"rotate", "--close", "--reason", "x"}, {"rotate", "shop", "--deliver", "--yes"},
		{"rotate", "shop", "--accept-unknown", "--plan"}, {"rotate", "--all", "--plan"}, {"create", "--name", "--expires=30d"}, {"rotate", "--abort", "--output=json"},
	} {
		m.want(2, "its value is missing: --", args...)
	}
}
