package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/keyserver/wirename"
)

// clock is a world in which waiting takes no time.
type clock struct {
	at    time.Time
	slept time.Duration
}

func newClock() *clock { return &clock{at: time.Now()} }

func (c *clock) sleep(_ context.Context, d time.Duration) error {
	c.at, c.slept = c.at.Add(d), c.slept+d
	return nil
}

// rotate runs a command line on the clock.
func (m *machine) rotate(c *clock, args ...string) result {
	m.t.Helper()
	var out, errs bytes.Buffer
	code := Run(context.Background(), args, World{In: strings.NewReader(""), Out: &out, Err: &errs, Environ: m.environ,
		Now: func() time.Time { return c.at }, Zone: m.zone, Sleep: c.sleep})
	return result{out.String(), errs.String(), code}
}

// rotated is the JSON of a rotation, with the members that docs/REFERENCE.md names and no other.
type rotated struct {
	ID      string         `json:"id"`
	State   string         `json:"state"`
	Step    string         `json:"step"`
	Old     map[string]any `json:"old"`
	New     map[string]any `json:"new"`
	Certain []string       `json:"certain"`
	Unknown []string       `json:"unknown"`
	Claims  []claimed      `json:"claims"`
}

type claimed struct {
	Kind     string `json:"kind"`
	Subject  string `json:"subject"`
	Evidence struct {
		By     string    `json:"by"`
		At     time.Time `json:"at"`
		Detail string    `json:"detail"`
	} `json:"evidence"`
}

func decodeRotated(t *testing.T, text string) rotated {
	t.Helper()
	var r rotated
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil || d.More() {
		t.Fatalf("%v in\n%s", err, text)
	}
	if r.Certain == nil || r.Unknown == nil || r.Old == nil || r.Claims == nil {
		t.Errorf("a member is missing:\n%s", text)
	}
	return r
}

// shop is a machine with a key of that service, delivered to a .env file.
func shop(t *testing.T, service string) (m *machine, r *remoteService, id, env string) {
	t.Helper()
	m, r = newMachine(t), newRemote(t)
	var more []string
	access := []string{"--permission", "getRules"}
	switch service {
	case wirename.Vertesia:
		access = []string{"--role", "reader"}
	case wirename.Generic:
		more, access = []string{"create = true"}, []string{"--environment", "live"}
	}
	m.profile(r, service, more...)
	id, secret := m.create(append([]string{"--name", "shop", "--expires", "30d"}, access...)...)
	return m, r, id, m.write("app/.env", "API_KEY="+secret+"\n")
}

func keyIDs(keys []map[string]any) []string {
	var out []string
	for _, k := range keys {
		out = append(out, k["id"].(string))
	}
	return out
}

func TestRotateWithoutADestinationIsUsageBeforeAnythingChanges(t *testing.T) {
	m, _, id, _ := shop(t, wirename.Prosopo)
	before := keyIDs(m.keys("p"))
	m.want(2, "--deliver", "rotate", "shop", "--yes")
	m.want(2, "--deliver", "rotate", id, "--yes", "--deliver", "nonsense")
	m.want(2, "no terminal", "rotate", "shop", "--deliver", "file:x")
	// What is wrong with the command line is said before a confirmation that could not mend it.
	m.want(2, "--deliver", "rotate", "shop")
	m.want(1, "no key", "rotate", "nobody", "--deliver", "file:x")
	if after := keyIDs(m.keys("p")); !slices.Equal(before, after) {
		t.Errorf("keys before %v, after %v", before, after)
	}
	if out := m.must("rotations", "-o", "json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("rotations: %s", out)
	}
}

// "$ID" of a variable that is not set must not begin another rotation.
func TestRotateRefusesAnEmptyIDOrReason(t *testing.T) {
	m, _, _, env := shop(t, wirename.Prosopo)
	for _, flag := range []string{"--resume", "--abort", "--accept-unknown"} {
		for _, empty := range []string{"", " "} {
			m.want(2, flag+": must not be empty", "rotate", "shop", flag, empty, "--deliver", "env-file:"+env+":API_KEY", "--yes")
			m.want(2, flag+": must not be empty", "rotate", flag, empty, "--yes")
		}
	}
	if out := m.must("rotations", "-o", "json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("rotations: %s", out)
	}
}

func TestRotateTakesOnlyWhatGoesTogether(t *testing.T) {
	m, _, _, env := shop(t, wirename.Prosopo)
	for _, args := range [][]string{
		{"rotate", "--yes"}, {"rotate", "shop", "other", "--yes"},
		{"rotate", "shop", "--resume", "aaaaaaaaaa", "--yes"}, {"rotate", "--resume", "aaaaaaaaaa", "--abort", "aaaaaaaaaa", "--yes"},
		{"rotate", "--resume", "aaaaaaaaaa", "--deliver", "file:x", "--yes"}, {"rotate", "--resume", "aaaaaaaaaa", "--compromised", "--yes"},
		{"rotate", "--abort", "aaaaaaaaaa", "--drain", "1m", "--yes"},
		{"rotate", "shop", "--old-first", "--deliver", "env-file:" + env + ":API_KEY", "--yes"},
		{"rotate", "shop", "--drain", "soon", "--deliver", "env-file:" + env + ":API_KEY", "--yes"},
		{"rotate", "shop", "--soak", "-1m", "--deliver", "env-file:" + env + ":API_KEY", "--yes"},
		{"rotate", "shop", "-o", "yaml", "--deliver", "env-file:" + env + ":API_KEY", "--yes"},
		{"rotate", "shop", "--read-only", "--deliver", "env-file:" + env + ":API_KEY", "--yes"},
		{"rotate", "shop", "--compromised", "--drain", "5m", "--deliver", "env-file:" + env + ":API_KEY", "--yes"},
		{"rotate", "shop", "--soak", "5m", "--compromised", "--deliver", "env-file:" + env + ":API_KEY", "--yes"},
	} {
		m.want(2, "", args...)
	}
	m.want(1, "no key", "rotate", "nobody", "--yes", "--deliver", "env-file:"+env+":API_KEY")
	for _, id := range []string{"aaaaaaaaaa", "../../etc/passwd", "nonsense"} {
		m.want(1, "rotation", "rotate", "--resume", id, "--yes")
		m.want(1, "rotation", "rotate", "--abort", id, "--yes")
	}
	if n := len(m.keys("p")); n != 2 {
		t.Errorf("%d keys, want the administrator and shop", n)
	}
}

func TestRotateWithoutAnAttestationStopsAtTheDrainWithTheOldKeyOn(t *testing.T) {
	m, _, old, env := shop(t, wirename.Vertesia)
	oldSecret := strings.TrimSpace(strings.TrimPrefix(read(t, env), "API_KEY="))
	c := newClock()
	res := m.rotate(c, "rotate", "shop", "--yes", "-o", "json", "--deliver", "env-file:"+env+":API_KEY")
	got := decodeRotated(t, res.stdout)
	if res.code != 1 || got.State != "open" || got.Step != "drain" || got.Old["id"] != old || got.New["id"] == nil || c.slept > time.Minute {
		t.Fatalf("exit %d after %s\n%s%s", res.code, c.slept, res.stdout, res.stderr)
	}
	if !strings.Contains(res.stderr, "detent rotate --resume "+got.ID) {
		t.Errorf("no way on:\n%s", res.stderr)
	}
	for _, k := range m.keys("p") {
		if k["id"] == old && k["enabled"] != true {
			t.Errorf("the old key: %v", k)
		}
	}
	for _, secret := range []string{oldSecret, strings.TrimPrefix(read(t, env), "API_KEY=")} {
		if v := m.run(secret, "verify"); v.code != 0 {
			t.Errorf("a secret does not work: %+v", v)
		}
	}
	m.want(1, "detent rotate --resume "+got.ID, "rotate", old, "--yes", "--deliver", "env-file:"+env+":API_KEY")
	m.want(1, "detent rotate --resume "+got.ID, "rotate", got.New["id"].(string), "--yes", "--deliver", "env-file:"+env+":API_KEY")

	var found struct {
		Findings []struct {
			Kind, Severity, Detail string
			Key                    struct{ ID, Name string }
		}
	}
	checked := m.want(1, "", "check", "-o", "json")
	decode(t, checked.stdout, &found)
	var ids []string
	for _, f := range found.Findings {
		if f.Kind == "rotation_open" && f.Severity == "warning" && f.Detail != "" {
			ids = append(ids, f.Key.ID)
		}
	}
	if len(ids) != 2 || !slices.Contains(ids, old) || !slices.Contains(ids, got.New["id"].(string)) {
		t.Errorf("rotation_open of %v, want old and new", ids)
	}

	// A drain that is given is the operator's word, and is kept.
	c.slept = 0
	res = m.rotate(c, "rotate", "--resume", got.ID, "--yes", "-o", "json", "--drain", "20m", "--soak", "30m")
	end := decodeRotated(t, res.stdout)
	if res.code != 0 || end.State != "done" || end.Step != "done" || c.slept < 50*time.Minute || c.slept > 52*time.Minute {
		t.Fatalf("exit %d after %s\n%s%s", res.code, c.slept, res.stdout, res.stderr)
	}
	if keys := keyIDs(m.keys("p")); len(keys) != 2 || slices.Contains(keys, old) {
		t.Errorf("keys %v", keys)
	}
	m.want(0, "", "check")
	if v := m.run(oldSecret, "verify"); v.code != 1 {
		t.Errorf("the old secret: %+v", v)
	}
	m.want(1, "is over", "rotate", "--resume", got.ID, "--yes")
	m.want(1, "is over", "rotate", "--abort", got.ID, "--yes")
	var all []json.RawMessage
	decode(t, m.must("rotations", "-o", "json"), &all)
	if len(all) != 1 || decodeRotated(t, string(all[0])).State != "done" {
		t.Errorf("rotations: %s", all)
	}
}

func TestExplicitDrainIsKeptOverAResume(t *testing.T) {
	m, r, old, env := shop(t, wirename.Vertesia)
	c := newClock()
	broken := true
	r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
		if req.Method == http.MethodPut && broken {
			http.Error(w, `{"error":"not now","status":403}`, http.StatusForbidden)
			return true
		}
		return false
	}
	res := m.rotate(c, "rotate", old, "--yes", "-o", "json", "--drain", "0", "--soak", "7m", "--deliver", "env-file:"+env+":API_KEY")
	got := decodeRotated(t, res.stdout)
	if res.code != 1 || got.Step != "disable" || got.State != "open" {
		t.Fatalf("exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	broken, c.slept = false, 0
	if res = m.rotate(c, "rotate", "--resume", got.ID, "--yes"); res.code != 0 || c.slept < 7*time.Minute || c.slept > 8*time.Minute {
		t.Errorf("exit %d after %s\n%s", res.code, c.slept, res.stderr)
	}
}

func TestWatchedDrainNeedsNoAttestation(t *testing.T) {
	m, _, old, env := shop(t, wirename.Generic)
	c := newClock()
	res := m.rotate(c, "rotate", old, "--yes", "-o", "json", "--deliver", "env-file:"+env+":API_KEY")
	if got := decodeRotated(t, res.stdout); res.code != 0 || got.State != "done" || c.slept < 15*time.Minute || c.slept > 17*time.Minute {
		t.Errorf("exit %d after %s\n%s%s", res.code, c.slept, res.stdout, res.stderr)
	}
}

func TestAbortAfterTheOldKeyIsGoneIsRefused(t *testing.T) {
	m, r, old, env := shop(t, wirename.Prosopo)
	broken := true
	r.fault = func(w http.ResponseWriter, req *http.Request, _ http.Handler) bool {
		if isCreate(req) && broken {
			http.Error(w, `{"error":{"code":403,"message":"no","key":"API.INSUFFICIENT_PERMISSIONS"}}`, http.StatusForbidden)
			return true
		}
		return false
	}
	res := m.rotate(newClock(), "rotate", old, "--yes", "-o", "json", "--compromised", "--old-first", "--deliver", "env-file:"+env+":API_KEY")
	got := decodeRotated(t, res.stdout)
	if res.code != 1 || got.New != nil || got.Step != "create" || slices.Contains(keyIDs(m.keys("p")), old) {
		t.Fatalf("exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	if !strings.Contains(res.stderr, "--resume "+got.ID) || strings.Contains(res.stderr, "--abort") {
		t.Errorf("a way back is named, and there is none:\n%s", res.stderr)
	}
	m.want(1, "--resume "+got.ID, "rotate", "--abort", got.ID, "--yes")
	broken = false
	if res := m.rotate(newClock(), "rotate", "--resume", got.ID, "--yes"); res.code != 0 {
		t.Fatalf("%+v", res)
	}
	if v := m.run(strings.TrimPrefix(read(t, env), "API_KEY="), "verify"); v.code != 0 {
		t.Errorf("%+v", v)
	}
}

func TestAbortPutsEverythingBack(t *testing.T) {
	m, _, old, env := shop(t, wirename.Vertesia)
	before := read(t, env)
	res := m.rotate(newClock(), "rotate", old, "--yes", "-o", "json", "--deliver", "env-file:"+env+":API_KEY")
	id := decodeRotated(t, res.stdout).ID
	if before == read(t, env) {
		t.Fatal("nothing was delivered")
	}
	m.want(1, "--resume "+id, "rotate", old, "--deliver", "file:x")
	m.want(2, "no terminal", "rotate", "--resume", id)
	res = m.rotate(newClock(), "rotate", "--abort", id, "-o", "json") // --yes is of KEY and --resume
	if got := decodeRotated(t, res.stdout); res.code != 0 || got.State != "aborted" || len(got.Unknown) != 0 {
		t.Errorf("exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	if keys := keyIDs(m.keys("p")); len(keys) != 2 || !slices.Contains(keys, old) || read(t, env) != before {
		t.Errorf("keys %v", keys)
	}
	m.want(0, "", "check")
}

func TestPublicKeyIsNotRotated(t *testing.T) {
	m, _, _, env := shop(t, wirename.Vertesia)
	m.must("public-key", "--name", "web")
	var id string
	for _, k := range m.keys("p") {
		if k["type"] == "pk" {
			id = k["id"].(string)
		}
	}
	m.want(1, "public key", "rotate", id, "--yes", "--deliver", "env-file:"+env+":API_KEY")
	m.want(1, "public key", "rotate", id)
	if n := len(m.keys("p")); n != 3 {
		t.Errorf("%d keys", n)
	}
}

// hideRestrictions makes the service one that does not report restrictions.
func hideRestrictions(w http.ResponseWriter, req *http.Request, forward http.Handler) bool {
	if !strings.HasSuffix(req.URL.Path, "/v1/api-keys") || req.Method != http.MethodGet {
		return false
	}
	seen := &recorder{header: http.Header{}}
	forward.ServeHTTP(seen, req)
	var page map[string]any
	if json.Unmarshal(seen.body.Bytes(), &page) != nil {
		return false
	}
	rows, _ := page["data"].([]any)
	for _, row := range rows {
		delete(row.(map[string]any), "restrictions")
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(page)
	return true
}

// recorder keeps an answer; the request's own encoding is not asked for.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
func (r *recorder) WriteHeader(int)             {}

func TestWhatTheServiceDoesNotReportIsAcceptedWithAReasonAlone(t *testing.T) {
	m, r, old, env := shop(t, wirename.Generic)
	r.fault = func(w http.ResponseWriter, req *http.Request, forward http.Handler) bool {
		req.Header.Del("Accept-Encoding")
		return hideRestrictions(w, req, forward)
	}
	before := len(m.keys("p"))
	res := m.rotate(newClock(), "rotate", old, "--yes", "-o", "json", "--drain", "0s", "--deliver", "env-file:"+env+":API_KEY")
	if res.code != 1 || res.stdout != "" || !strings.Contains(res.stderr, "same restrictions: the service does not report it") || !strings.Contains(res.stderr, "--accept-unknown") {
		t.Fatalf("exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	if n := len(m.keys("p")); n != before {
		t.Fatalf("%d keys, %d before: what cannot be accepted is said before a key is made", n, before)
	}
	res = m.rotate(newClock(), "rotate", old, "--yes", "-o", "json", "--drain", "0s", "--deliver", "env-file:"+env+":API_KEY", "--accept-unknown", "looked at both in the dashboard")
	if end := decodeRotated(t, res.stdout); res.code != 0 || end.State != "done" || !strings.Contains(strings.Join(end.Certain, "\n"), "looked at both") {
		t.Errorf("exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
}

func TestOwnCredentialInATokenFileIsSwitchedFirst(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	token := m.write("token", r.tokens[wirename.Vertesia]+"\n")
	m.write(".config/detent/config.toml", fmt.Sprintf("default_profile = \"p\"\n[profiles.p]\nservice = \"vertesia\"\nurl = %q\ntoken = { file = %q }\n", r.url, token))
	old := m.keys("p")[0]["id"].(string)
	place := filepath.Join(m.home, "secret")
	res := m.rotate(newClock(), "rotate", old, "--yes", "--drain", "0s", "--soak", "0s", "--deliver", "file:"+place)
	if res.code != 0 {
		t.Fatalf("%+v", res)
	}
	keys := m.keys("p") // with the new credential, from the file
	if len(keys) != 1 || keys[0]["id"] == old || strings.TrimSpace(read(t, token)) == r.tokens[wirename.Vertesia] {
		t.Errorf("keys %v", keys)
	}
	if left, _ := filepath.Glob(token + ".*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	info, err := os.Stat(token)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token file: %v %v", info, err)
	}
}

// The token file is where the operator would say that the new secret goes.
func TestOwnTokenFileMayBeTheDestination(t *testing.T) {
	for _, back := range []bool{false, true} {
		m, r := newMachine(t), newRemote(t)
		token := m.write("token", r.tokens[wirename.Vertesia]+"\n")
		m.write(".config/detent/config.toml", fmt.Sprintf("default_profile = \"p\"\n[profiles.p]\nservice = \"vertesia\"\nurl = %q\ntoken = { file = %q }\n", r.url, token))
		old := m.keys("p")[0]["id"].(string)
		m.want(2, "--deliver file:"+token, "rotate", old, "--yes")
		res := m.rotate(newClock(), "rotate", old, "--yes", "-o", "json", "--deliver", "file:"+token)
		id := decodeRotated(t, res.stdout).ID
		way := []string{"rotate", "--resume", id, "--yes", "--drain", "0", "--soak", "0"}
		if back {
			way = []string{"rotate", "--abort", id, "--yes"}
		}
		if res := m.rotate(newClock(), way...); res.code != 0 {
			t.Fatalf("back %v: %+v", back, res)
		}
		keys := m.keys("p")
		if len(keys) != 1 || (keys[0]["id"] == old) != back || (read(t, token) == r.tokens[wirename.Vertesia]+"\n") != back {
			t.Errorf("back %v: keys %v", back, keys)
		}
		if left, _ := filepath.Glob(token + ".*"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	}
}

func TestOwnCredentialInAVariableStopsBeforeTheOldKeyIsTouched(t *testing.T) {
	m, r := newMachine(t), newRemote(t)
	m.profile(r, wirename.Vertesia)
	old := m.keys("p")[0]["id"].(string)
	place := filepath.Join(m.home, "secret")
	res := m.rotate(newClock(), "rotate", old, "--yes", "-o", "json", "--drain", "0s", "--soak", "0s", "--deliver", "file:"+place)
	got := decodeRotated(t, res.stdout)
	if res.code != 1 || got.State != "open" || !strings.Contains(res.stderr, "P_TOKEN") {
		t.Fatalf("exit %d\n%s%s", res.code, res.stdout, res.stderr)
	}
	for _, k := range m.keys("p") {
		if k["enabled"] != true {
			t.Errorf("disabled: %v", k)
		}
	}
	for i, v := range m.environ {
		if strings.HasPrefix(v, "P_TOKEN=") {
			m.environ[i] = "P_TOKEN=" + strings.TrimSpace(read(t, place))
		}
	}
	if res := m.rotate(newClock(), "rotate", "--resume", got.ID, "--yes"); res.code != 0 {
		t.Fatalf("%+v", res)
	}
	if keys := keyIDs(m.keys("p")); len(keys) != 1 || keys[0] == old {
		t.Errorf("keys %v", keys)
	}
}

func TestRelativeDestinationMeansTheSamePlaceWhenResumedElsewhere(t *testing.T) {
	m, _, old, env := shop(t, wirename.Vertesia)
	t.Chdir(filepath.Dir(env))
	res := m.rotate(newClock(), "rotate", old, "--yes", "-o", "json", "--deliver", "env-file:.env:API_KEY")
	id := decodeRotated(t, res.stdout).ID
	if res.code != 1 || id == "" {
		t.Fatalf("%+v", res)
	}
	t.Chdir(t.TempDir())
	if res := m.rotate(newClock(), "rotate", "--resume", id, "--yes", "--drain", "0s", "--soak", "0s"); res.code != 0 {
		t.Fatalf("%+v", res)
	}
	if v := m.run(strings.TrimPrefix(read(t, env), "API_KEY="), "verify"); v.code != 0 {
		t.Errorf("%+v", v)
	}
	if left, _ := filepath.Glob(env + ".*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestDestinationOfTheProfileIsTakenWhereItsKeysMatch(t *testing.T) {
	m, _, old, env := shop(t, wirename.Vertesia)
	config := filepath.Join(m.home, ".config/detent/config.toml")
	m.write(".config/detent/config.toml", read(t, config)+"[profiles.p.deliver.payments]\nkeys = [\"sho*\"]\nenv_file = { path = \""+env+"\", variable = \"API_KEY\" }\n")
	if res := m.rotate(newClock(), "rotate", old, "--yes", "--drain", "0s", "--soak", "0s"); res.code != 0 || !strings.Contains(res.stderr, env) {
		t.Fatalf("%+v", res)
	}
	if v := m.run(strings.TrimPrefix(read(t, env), "API_KEY="), "verify"); v.code != 0 {
		t.Errorf("%+v", v)
	}
}

func TestRotationsSaysWhatIsCertain(t *testing.T) {
	m, _, old, env := shop(t, wirename.Prosopo)
	if r := m.want(0, "no rotation", "rotations"); r.stdout != "" {
		t.Errorf("%q", r.stdout)
	}
	res := m.rotate(newClock(), "rotate", old, "--yes", "-o", "json", "--deliver", "env-file:"+env+":API_KEY")
	id := decodeRotated(t, res.stdout).ID
	out := m.must("rotations")
	for _, want := range []string{id, "open", "drain", "shop", "the old key", "was not touched", "was given the new secret"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said in\n%s", want, out)
		}
	}
	if res := m.rotate(newClock(), "rotate", "--abort", id, "--yes"); res.code != 0 {
		t.Fatal(res.stderr)
	}
	if out := m.must("rotations"); !strings.Contains(out, "that it deleted the new key") {
		t.Errorf("what is certain about a past rotation is not said:\n%s", out)
	}
	m.write(".local/state/detent/zzzzzzzzzz.json", "{")
	r := m.want(1, "damaged", "rotations", "-o", "json")
	var all []json.RawMessage
	decode(t, r.stdout, &all)
	if len(all) != 1 {
		t.Errorf("%d rotations beside the damaged one", len(all))
	}
}
