//go:build unix

package cli

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"detent/desk"
)

// visits are the logins, logouts and refusals on record, in few words.
func (h *sshHost) visits() []string {
	h.t.Helper()
	var out []string
	for _, r := range h.audit() {
		if from, _ := r["from"].(string); strings.HasPrefix(from, "127.0.0.1:") {
			line, _ := json.Marshal([]any{r["who"], r["action"], r["result"], r["reason"], r["detail"], r["key_name"]})
			out = append(out, string(line))
		}
	}
	return out
}

func (h *sshHost) visited(want string) {
	h.t.Helper()
	re := regexp.MustCompile("^" + want + "$")
	deadline := time.Now().Add(patience)
	for {
		all := h.visits()
		for _, line := range all {
			if re.MatchString(line) {
				return
			}
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("not on record: %s\n%s", want, strings.Join(all, "\n"))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestWhoComesGoesAndIsRefusedOverSSHIsOnRecord(t *testing.T) {
	h := newSSHHost(t)
	_, secret := h.create("--name", "payments", "--permission", "getRules")
	if _, err := h.dial("eve"); err == nil {
		t.Fatal("an unknown key lets in")
	}
	h.visited(`\["","login","refused","unknown key","SHA256:\S+",null\]`)
	h.exec("ada", "list", "")
	h.visited(`\["ada","login","done",null,"list, admin, with SHA256:\S+",null\]`)
	h.visited(`\["ada","logout","done","exit code 0","list",null\]`)
	h.exec("alice", "sh -c "+secret, "")
	h.visited(`\["alice","command","refused","a command that is not offered","as operator",null\]`)
	h.exec("alice", "verify "+secret, "")
	h.visited(`\["alice","command","refused","verify with an argument","as operator",null\]`)
	h.exec("alice", "list --token="+secret, "")
	h.visited(`\["alice","command","refused","list with a flag that is not offered","as operator",null\]`)
	h.visited(`\["alice","logout","done","refused","a command that is not offered",null\]`)

	vera := openScreen(t, h.login("vera"), "xterm", 110, 30)
	vera.wait("payments")
	vera.press("n")
	h.visited(`\["vera","create","refused","beyond the role","as viewer",null\]`)
	vera.press("q")
	_ = vera.end()
	h.visited(`\["vera","login","done",null,"TUI, viewer, with SHA256:\S+",null\]`)
	h.visited(`\["vera","logout","done","left","TUI",null\]`)

	alice := openScreen(t, h.login("alice"), "xterm", 110, 30)
	alice.wait("1 key")
	alice.press("d")
	h.visited(`\["alice","delete","refused","beyond the role","as operator","payments"\]`)
	_ = alice.s.Close()
	h.visited(`\["alice","logout","done","connection closed or lost","TUI",null\]`)

	_ = h.login("ada").Close()
	h.visited(`\["ada","login","failed","no session was begun",null,null\]`)
	if strings.Contains(read(t, h.auditLog()), secret) || strings.Contains(h.err.String(), secret) {
		t.Error("a secret is on record")
	}
	h.must("audit", "verify")
}

func TestAScannerOverSSHIsCountedNotRecordedOneByOne(t *testing.T) {
	h := newSSHHost(t)
	for range desk.StrangerRecords + 4 {
		if _, err := h.dial("eve"); err == nil {
			t.Fatal("an unknown key lets in")
		}
	}
	waitFor(t, "all are told", func() bool { return strings.Count(h.err.String(), ": unknown key SHA256:") == desk.StrangerRecords+4 })
	waitFor(t, "the first are on record", func() bool { return len(h.visits()) == desk.StrangerRecords })
	h.stop()
	h.visited(`\["","login","refused","unknown key","4 more since [-0-9: ]+; the last: SHA256:\S+",null\]`)
	if got := h.visits(); len(got) != desk.StrangerRecords+1 {
		t.Errorf("%d records:\n%s", len(got), strings.Join(got, "\n"))
	}
	h.must("audit", "verify")
}

// TestWithoutARecordAnOperatorCanLookAndChangeNothing: nobody is kept out of a host whose disk is full, and the server says so.
func TestWithoutARecordAnOperatorCanLookAndChangeNothing(t *testing.T) {
	h := newSSHHost(t)
	if err := errors.Join(os.Remove(h.auditLog()), os.Mkdir(h.auditLog(), 0o700)); err != nil { // a folder in the log's place
		t.Fatal(err)
	}
	v := openScreen(t, h.login("alice"), "xterm", 160, 30)
	v.wait("nothing can be changed, since it cannot be recorded")
	if !strings.Contains(h.err.String(), "not on record: ") {
		t.Error("the server does not say so")
	}
}
