package cli

import (
	"encoding/csv"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/e2e/deadport"
	"detent/keyserver/wirename"
)

// fleet is a machine with profiles on two services, one of them twice.
func fleet(t *testing.T) (m *machine, a, b *remoteService) {
	t.Helper()
	m, a, b = newMachine(t), newRemote(t), newRemote(t)
	for of, r := range map[string]*remoteService{"A": a, "B": b} {
		for service, token := range r.tokens {
			m.environ = append(m.environ, of+"_"+strings.ToUpper(service)+"="+token)
		}
	}
	m.addProfile("shop", wirename.Prosopo, a.url, "A_PROSOPO")
	m.addProfile("docs", wirename.Vertesia, a.url, "A_VERTESIA")
	m.addProfile("pay", wirename.Generic, b.url, "B_GENERIC", "create = true")
	m.addProfile("twin", wirename.Prosopo, a.url+"/", "A_PROSOPO")
	m.addProfile("other", wirename.Prosopo, b.url, "B_PROSOPO")
	m.create("-p", "shop", "--name", "checkout", "--permission", "getRules", "--expires", "3d")
	m.create("-p", "docs", "--name", "reader", "--role", "reader", "--expires", "30d")
	m.create("-p", "pay", "--name", "=cmd|' /C calc'!A0", "--environment", "live")
	m.now = func() time.Time { return time.Now().Add(60 * time.Hour) } // checkout is near its end
	return m, a, b
}

// addProfile writes one more profile.
func (m *machine) addProfile(name, service, url, variable string, more ...string) {
	m.t.Helper()
	before, _ := os.ReadFile(filepath.Join(m.home, ".config/detent/config.toml"))
	m.write(".config/detent/config.toml", string(before)+fmt.Sprintf("[profiles.%s]\nservice = %q\nurl = %q\ntoken = { env = %q }\n%s\n", name, service, url, variable, strings.Join(more, "\n")))
}

// addBroken adds profiles that fail in every way that one can.
func (m *machine) addBroken(b *remoteService) {
	t := m.t
	t.Helper()
	dead := "http://" + deadport.Address(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, and nobody answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	m.addProfile("wrong", wirename.Vertesia, b.url, "A_VERTESIA")
	m.addProfile("dead", wirename.Generic, dead, "B_GENERIC")
	m.addProfile("silent", wirename.Generic, "http://"+silent.Addr().String(), "B_GENERIC")
	m.addProfile("unset", wirename.Generic, b.url, "NOBODY_SETS_THIS")
}

// whole are the profiles of a fleet that answer, in the order of the file; twin has the keys of shop.
var whole, broken = []string{"shop", "docs", "pay", "other"}, []string{"wrong", "dead", "silent", "unset"}

// unhurried is long enough for a service that answers, and short enough for one that never will.
const unhurried = "1500ms"

func TestAllProfilesAreListedOnceAndWhoDoesNotAnswerIsNamed(t *testing.T) {
	m, a, b := fleet(t)
	m.addBroken(b)
	var want []map[string]any
	for _, p := range whole {
		want = append(want, m.keys(p)...)
	}
	r := m.run("", "list", "--all-profiles", "-o", "json", "--timeout", unhurried)
	var got []map[string]any
	decode(t, r.stdout, &got)
	got = slices.DeleteFunc(got, func(k map[string]any) bool { return strings.HasPrefix(k["profile"].(string), "local/") })
	for _, k := range append(got, want...) { // the last use moves with each list
		delete(k, "last_used_at")
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
	worst := 0
	for _, p := range broken {
		alone := m.run("", "list", "-p", p, "--timeout", unhurried)
		worst = max(worst, alone.code)
		line := p + ": " + strings.TrimPrefix(strings.SplitN(alone.stderr, "\n", 2)[0], "detent: ")
		if alone.code == 0 || !strings.Contains(r.stderr, "detent: "+line+fmt.Sprintf(" (exit %d)\n", alone.code)) {
			t.Errorf("%s alone is exit %d:\n%s\nnot in\n%s", p, alone.code, alone.stderr, r.stderr)
		}
	}
	if r.code != worst {
		t.Errorf("exit %d, want the highest, %d", r.code, worst)
	}
	for _, p := range append(slices.Clone(whole), "twin") {
		if strings.Contains(r.stderr, p+":") {
			t.Errorf("%s has answered:\n%s", p, r.stderr)
		}
	}
	for _, args := range [][]string{{"list"}, {"list", "-o", "csv"}, {"check", "--all", "-o", "json"}} {
		r := m.run("", append(args, "--all-profiles", "--timeout", "1s")...)
		for _, remote := range []*remoteService{a, b} {
			for secret := range maps.Values(remote.tokens) {
				if strings.Contains(r.stdout+r.stderr, secret) {
					t.Errorf("%v shows a token", args)
				}
			}
		}
	}
}

// TestProfilesAreAskedSideBySide: each of them answers only once all are asked.
func TestProfilesAreAskedSideBySide(t *testing.T) {
	m := newMachine(t)
	const profiles = 6
	var asked sync.WaitGroup
	asked.Add(profiles)
	var config strings.Builder
	for i := range profiles {
		r := newRemote(t)
		var once sync.Once
		r.fault = func(http.ResponseWriter, *http.Request, http.Handler) bool {
			once.Do(asked.Done)
			asked.Wait()
			return false
		}
		m.environ = append(m.environ, fmt.Sprintf("T%d=%s", i, r.tokens[wirename.Generic]))
		fmt.Fprintf(&config, "[profiles.p%d]\nservice = \"generic\"\nurl = %q\ntoken = { env = \"T%d\" }\n", i, r.url, i)
	}
	m.write(".config/detent/config.toml", config.String())
	var keys []map[string]any
	decode(t, m.must("list", "--all-profiles", "-o", "json"), &keys)
	var of []string
	for _, k := range keys {
		of = append(of, k["profile"].(string))
	}
	if of = slices.Compact(of); !slices.Equal(of, []string{"p0", "p1", "p2", "p3", "p4", "p5"}) {
		t.Errorf("keys of %v: not in the order of the file", of)
	}
}

func TestAFilterOnTheCommandLineIsThatOfTheScreen(t *testing.T) {
	m, _, _ := fleet(t)
	m.environ = append(m.environ, "DETENT_PROFILE=shop")
	for filter, want := range map[string]string{
		"checkout": "shop/checkout", "expires<14d": "shop/checkout", "status:expiring": "shop/checkout", "name:reader": "docs/reader", "role:reader": "docs/reader",
		"env:live name:cmd": "pay/=cmd|' /C calc'!A0", "checkout role:reader": "", "expires<60d !role:reader": "shop/checkout",
	} {
		for _, words := range [][]string{{filter}, strings.Fields(filter)} {
			r := m.run("", append(append([]string{"list", "--all-profiles", "-o", "json"}, "--"), words...)...)
			var keys []map[string]any
			decode(t, r.stdout, &keys)
			var got []string
			for _, k := range keys {
				got = append(got, k["profile"].(string)+"/"+k["name"].(string))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%q finds %q, want %q", words, got, want)
			}
		}
	}
	if r := m.want(0, "no key matches", "list", "zzz"); r.stdout != "" {
		t.Errorf("%q", r.stdout)
	}
	for _, wrong := range []string{"colour:red", "expires<", "status:exp", "role:"} {
		m.want(2, "FILTER: ", "list", wrong)
	}
	m.want(2, "ask one of the two", "list", "--all-profiles", "-p", "shop")
}

// TestAFilterOnWhatAServiceDoesNotReportSaysSo, of each profile, whether it leaves nothing or everything.
func TestAFilterOnWhatAServiceDoesNotReportSaysSo(t *testing.T) {
	m, _, _ := fleet(t)
	for _, c := range []struct{ filter, says, silent string }{
		{"unused>90d", "shop: no key reports last used: which keys the filter means is not known", "pay: no key"},
		{"!unused>90d", "shop: no key reports last used: the filter left none out by it", "pay: no key"},
		{"role:admin", "shop: no key reports role: which", "docs: no key"},
		{"perm:getRules !env:live", "docs: no key reports permissions: which", "twin: no key"},
	} {
		r := m.run("", "list", "--all-profiles", c.filter)
		if !strings.Contains(r.stderr, c.says) || strings.Contains(r.stderr, c.silent) {
			t.Errorf("%s:\n%s", c.filter, r.stderr)
		}
	}
}

func TestAListForASpreadsheetHasOneSetOfColumnsAndNoFormula(t *testing.T) {
	m, _, _ := fleet(t)
	read := func(args ...string) [][]string {
		r := m.run("", append([]string{"list", "-o", "csv"}, args...)...)
		rows, err := csv.NewReader(strings.NewReader(r.stdout)).ReadAll()
		if err != nil || !strings.HasSuffix(r.stdout, "\r\n") {
			t.Fatalf("%v\n%s", err, r.stdout)
		}
		return rows
	}
	all, none := read("--all-profiles"), read("-p", "shop", "zzz")
	if len(none) != 1 || !slices.Equal(none[0], slices.DeleteFunc(slices.Clone(all[0]), func(title string) bool { return !slices.Contains(none[0], title) })) || none[0][0] != "name" {
		t.Errorf("columns %v, of nothing %v", all[0], none[0])
	}
	for _, title := range []string{"id", "profile", "service", "expires_at", "last_used_at", "permissions", "restrictions", "findings"} {
		if !slices.Contains(none[0], title) {
			t.Errorf("no column %s in %v", title, none[0])
		}
	}
	names, at := []string{}, slices.Index(all[0], "profile")
	for _, row := range all[1:] {
		names = append(names, row[at]+"/"+row[0])
	}
	if !slices.Contains(names, "pay/'=cmd|' /C calc'!A0") || !slices.Contains(names, "shop/checkout") {
		t.Errorf("%v", names)
	}
}

func TestAllProfilesAreCheckedAndAFindingSaysWhose(t *testing.T) {
	m, _, b := fleet(t)
	type finding struct {
		Kind, Profile string
		Key           *struct{ Name string }
	}
	of := func(text string) (out []string) {
		var found struct{ Findings []finding }
		decode(t, text, &found)
		for _, f := range found.Findings {
			out = append(out, f.Profile+" "+f.Kind+" "+f.Key.Name)
		}
		return out
	}
	if r := m.want(1, "", "check", "--all-profiles"); !strings.HasPrefix(r.stdout, "PROFILE  SEVERITY  KIND") || !strings.Contains(r.stdout, "shop     warning   expiring  checkout") {
		t.Errorf("%s", r.stdout)
	}
	m.want(0, "nothing to report", "check", "--all-profiles", "--expiring", "1h")
	if r := m.want(1, "", "check", "-p", "shop", "-o", "json"); strings.Contains(r.stdout, "profile") {
		t.Errorf("the shape of one profile's findings: %s", r.stdout)
	}
	m.addBroken(b)
	r := m.run("", "check", "--all-profiles", "-o", "json", "--timeout", unhurried)
	if got := of(r.stdout); r.code != 2 || !slices.Equal(got, []string{"shop expiring checkout"}) {
		t.Errorf("exit %d, %v", r.code, got)
	}
	for _, p := range broken { // alone, too, it is that it could not be checked
		if !strings.Contains(r.stderr, "detent: "+p+": ") {
			t.Errorf("%s is not named:\n%s", p, r.stderr)
		}
	}
	if n := strings.Count(r.stderr, "(exit 2)"); n != len(broken) {
		t.Errorf("%d profiles that could not be checked:\n%s", n, r.stderr)
	}
}
