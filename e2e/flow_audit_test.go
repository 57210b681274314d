//go:build unix

package e2e

import (
	"encoding/json"
	"testing"
)

// TestAnActionOfTheScreensIsOnRecord: what is created and deleted on the screen is in the audit log, whose chain holds.
func TestAnActionOfTheScreensIsOnRecord(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	p := h.sit(t, 80, 40)
	p.wait(`No keys yet\.`)
	p.do("n", "New Prosopo key")
	p.say("payments-api", "› payments-api▏")
	p.do("tab", `\[90d\]`)
	p.do("enter", "0 of 23 picked")
	p.do("space", "1 of 23 picked")
	p.do("enter", `▸ Create ◂`)
	p.confirm("Key created")
	p.do("s", "payments-api.key▏")
	p.confirm(`✓ (.*\n)*.*written to a new file`)
	p.confirm(`▸ payments-api`)
	p.gone("Key created")
	p.do("d", "Delete a key")
	p.armed()
	p.do("y", "No keys yet")
	p.wait("payments-api deleted")
	p.keys("q")
	if code := p.exit(); code != 0 {
		t.Errorf("exit %d", code)
	}

	r := h.run(t, "", "audit", "-o", "json")
	var rows []struct {
		Action, Result, Profile, Who, From string
		KeyName                            string `json:"key_name"`
		Certain                            bool
	}
	if err := json.Unmarshal([]byte(r.stdout), &rows); err != nil {
		t.Fatalf("%v: %+v", err, r)
	}
	for i, want := range []string{"create", "deliver", "delete"} {
		if i >= len(rows) || rows[i].Action != want || rows[i].Result != "done" || !rows[i].Certain || rows[i].Who == "" || rows[i].From != "local" ||
			rows[i].Profile != "local/prosopo" || rows[i].KeyName != "payments-api" {
			t.Fatalf("row %d, want %s: %+v", i, want, rows)
		}
	}
	if r := h.run(t, "", "audit", "verify"); r.code != 0 {
		t.Errorf("verify: %+v", r)
	}
}
