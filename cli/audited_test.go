//go:build unix

package cli

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"detent/client"
	"detent/keyserver/wirename"
	"detent/rotation"
	"detent/tui/rotate"
)

// actions are those rows of the log whose action is one of the names, in few words.
func (m *machine) actions(names ...string) []string {
	m.t.Helper()
	var out []string
	for _, r := range m.audit() {
		for _, name := range names {
			if r["action"] == name {
				out = append(out, fmt.Sprintf("%s %s (%v) %v, certain %v", r["action"], r["result"], r["reason"], r["detail"], r["certain"]))
			}
		}
	}
	return out
}

func (m *machine) recorded(names []string, want ...string) {
	m.t.Helper()
	got := m.actions(names...)
	if len(got) != len(want) {
		m.t.Errorf("%d records, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
		return
	}
	for i := range want {
		if !regexp.MustCompile("^" + want[i] + "$").MatchString(got[i]) {
			m.t.Errorf("record %d is\n%s\nwant\n%s", i, got[i], want[i])
		}
	}
}

func TestTheCommandAfterADeliveryIsOnRecordWithItsExitAndWithoutItsOutput(t *testing.T) {
	m := newMachine(t)
	file := m.write("app/key", "")
	m.profile(newRemote(t), "prosopo",
		"[profiles.p.deliver.good]", `file = "`+file+`"`, `then = ["true", "--quietly"]`,
		"[profiles.p.deliver.bad]", `file = "`+file+`2"`, `then = ["sh", "-c", "echo it says this; exit 3"]`,
		"[profiles.p.deliver.gone]", `file = "`+file+`3"`, `then = ["sh", "-c", "kill -9 $$"]`,
		"[profiles.p.deliver.none]", `file = "`+file+`4"`)
	create := func(name string) { m.run("", "create", "--name", "k", "--permission", "getRules", "--deliver", name) }
	for _, name := range []string{"good", "bad", "gone", "none"} {
		create(name)
	}
	m.run("", "create", "--name", "k", "--permission", "getRules", "--deliver", `command:sh -c "echo it says this; exit 4"`)
	m.recorded([]string{"then"}, `then done \(<nil>\) good: true, certain true`, `then failed \(exit code 3\) bad: sh, certain true`,
		`then failed \(signal: killed\) gone: sh, certain false`)
	if got := strings.Join(m.actions("deliver"), "\n"); !strings.Contains(got, "deliver failed (exit code 4) command:sh") {
		t.Errorf("a command that takes the secret:\n%s", got)
	}
	if log := read(t, m.auditLog()); strings.Contains(log, "it says this") {
		t.Error("the log holds what a command said")
	}
	m.must("audit", "verify")
}

func TestAnAbortIsOnRecordAsSuch(t *testing.T) {
	m, _, id, env := shop(t, wirename.Prosopo)
	if r := m.rotate(newClock(), "rotate", "shop", "--yes", "--deliver", "env-file:"+env+":API_KEY"); r.code != 1 {
		t.Fatalf("%+v", r)
	}
	var open []struct{ ID string }
	decode(t, m.must("rotations", "-o", "json"), &open)
	if r := m.rotate(newClock(), "rotate", "--abort", open[0].ID); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	m.recorded([]string{"abort"}, `abort done \(<nil>\) rotation `+open[0].ID+`, certain true`)
	for _, r := range m.audit() {
		if r["action"] == "abort" && (r["key_id"] != id || r["key_name"] != "shop" || r["profile"] != "p" || r["ended"] == nil) {
			t.Errorf("%v", r)
		}
	}
}

// TestWhatIsDoneOfAResumedRotationIsOnRecordWithTheNameOfItsKey, wherever the process ended that began it: the one that goes on may send
// a call before it has listed anything.
func TestWhatIsDoneOfAResumedRotationIsOnRecordWithTheNameOfItsKey(t *testing.T) {
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		for _, point := range []string{"before: create", "after: create", "before: disable", "before: delete", "after: delete"} {
			m, _, _, env := shop(t, service)
			c, ended := newClock(), make(chan struct{})
			go func() {
				defer close(ended)
				Run(context.Background(), []string{"rotate", "shop", "--yes", "--accept-unknown", "a test", "--deliver", "env-file:" + env + ":API_KEY", "--drain", "0", "--soak", "0"},
					World{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Environ: m.environ, Now: func() time.Time { return c.at }, Zone: m.zone, Sleep: c.sleep,
						Hook: func(at string) {
							if strings.HasPrefix(at, point) {
								runtime.Goexit()
							}
						}})
			}()
			<-ended
			var all []struct{ ID, State string }
			decode(t, m.must("rotations", "-o", "json"), &all)
			if all[0].State == "open" {
				m.rotate(c, "rotate", "--resume", all[0].ID, "--yes", "--accept-unknown", "a test")
			}
			acts := 0
			for _, r := range m.audit() {
				if r["rotation"] == all[0].ID {
					acts++
					if name, _ := r["key_name"].(string); !strings.HasPrefix(name, "shop") {
						t.Errorf("%s, ended %s: %s of %v is on record without the name: %v", service, point, r["action"], r["key_id"], r)
					}
				}
			}
			if acts < 4 {
				t.Errorf("%s, ended %s: %d acts on record", service, point, acts)
			}
		}
	}
}

// TestAnAbortOnTheScreensIsOnRecord, and one that has to stop says so; what was not begun has nothing to record.
func TestAnAbortOnTheScreensIsOnRecord(t *testing.T) {
	m := newMachine(t)
	m.create("-p", "local/generic", "--name", "shop", "--environment", "live")
	h := m.hostFor()
	begin := func(spec string) rotate.Rotation {
		t.Helper()
		c, err := h.Open(t.Context(), "local/generic")
		if err != nil {
			t.Fatal(err)
		}
		keys, err := client.ListAll(t.Context(), c.Service)
		if err != nil {
			t.Fatal(err)
		}
		r, err := h.Start(t.Context(), "local/generic", keys[0], rotate.Plan{Destinations: []string{spec}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Close)
		return r
	}
	undo := func(r rotate.Rotation) {
		t.Helper()
		if _, err := r.Undo(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r := begin("file:" + m.home + "/a")
	undo(r)
	r.Close()
	m.recorded([]string{"abort"})
	r = begin("command:true")
	for range 3 { // preflight, create, deliver
		if _, err := r.Do(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	undo(r)
	if _, err := r.Answer(t.Context(), rotation.Answer{Kind: rotation.AskUndone, Subject: "command:true", Choice: rotation.Yes, Reason: "put back by hand"}); err != nil {
		t.Fatal(err)
	}
	undo(r)
	m.recorded([]string{"abort"}, `abort failed \(stopped: it needs a person\) rotation \w+, certain true`, `abort done \(<nil>\) rotation \w+, certain true`)
}

// TestARollThatAScreenBeganIsOne: what was chosen there reaches the rotation, and its receipt says so.
func TestARollThatAScreenBeganIsOne(t *testing.T) {
	m := newMachine(t)
	m.create("-p", "local/generic", "--name", "shop", "--environment", "live")
	h := m.hostFor()
	c, err := h.Open(t.Context(), "local/generic")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := client.ListAll(t.Context(), c.Service)
	if err != nil {
		t.Fatal(err)
	}
	overlap := 3 * time.Hour
	r, err := h.Start(t.Context(), "local/generic", keys[0], rotate.Plan{Destinations: []string{"file:" + m.home + "/a"}, Strategy: rotation.RollWithOverlap.ID, Overlap: &overlap})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	for range 2 { // preflight, roll
		if _, err := r.Do(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	after, err := client.ListAll(t.Context(), c.Service)
	if err != nil || len(after) != 1 || after[0].ID != keys[0].ID || !after[0].RolledAt.Known() {
		t.Fatalf("after the roll: %+v, %v", after, err)
	}
	if v := r.View(); v.Strategy != rotation.RollWithOverlap.ID || v.Overlap != overlap {
		t.Errorf("it runs as %s with %s", v.Strategy, v.Overlap)
	}
}
