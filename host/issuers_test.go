package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detent/client/issuers"
	"detent/client/kit"
	"detent/tui/ui"
)

// TestAnIssuerIsShownWithWhatEachNewKeyIsAskedFor: constants may be access, too.
func TestAnIssuerIsShownWithWhatEachNewKeyIsAskedFor(t *testing.T) {
	d, err := kit.Load("jot.toml", []byte(strings.Replace(jotFile, `send = { name`, `send = { kind = "admin", grant = { scopes = ["read", "write"], days = 7 }, name`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := DescribeIssuer(&out, d); err != nil || !strings.Contains(out.String(), `create       POST /v1/{team}/keys, always with grant.days = 7, grant.scopes = "read", grant.scopes = "write", kind = "admin"`+"\n") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// TestAnIssuerIsShownWithWhatANewKeyCanBeGiven: what nobody chooses, too.
func TestAnIssuerIsShownWithWhatANewKeyCanBeGiven(t *testing.T) {
	text := strings.Replace(jotFile, "list =", `types = ["svc", "usr"]
permission = [{ name = "read" }, { name = "keys", group = "Admin", mints = true }, { name = "self", always = true }]
role = [{ name = "viewer" }, { name = "owner", mints = true }]
expiry.spans = ["30d", "60d"]
number = [{ name = "rpm", title = "requests a minute", least = 1, most = 90, always = true }]
property = [{ name = "tier", kind = "choice", title = "plan", choices = ["free", "paid"] }, { name = "hosts", kind = "addresses", title = "from where", without = "anywhere" }]
truth = { list_lag = "5s", use_resolution = "24h" }
list =`, 1)
	text = strings.Replace(text, `send = { name`, `send = { level = { field = "role" }, kind = { field = "type" }, scopes = { field = "permissions", as = "list" }, ends = { field = "expires_at", as = "unix" }, name`, 1)
	d, err := kit.Load("jot.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := DescribeIssuer(&out, d); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"permission   read", "permission   Admin: keys (can mint)", "always       self: the service gives it to each key by itself", "role         viewer, owner (can mint)", "type         svc, usr", "lifetime     30d, 60d or never",
		"property     rpm: number, requests a minute, from 1 to 90, which each key has", "property     tier: choice, plan (free, paid)", "property     hosts: addresses, from where, none is anywhere",
		"truth        the list may be behind by 5s", "truth        last use is written once in 1d"} {
		if !strings.Contains(out.String(), line+"\n") {
			t.Errorf("%q is not in\n%s", line, out.String())
		}
	}
}

// TestTheListOfIssuersFitsAndSaysWhatEachWasProvenOn: in 80 columns, with a file of the user's that is right and one that is wrong, whose
// reason is a line of its own.
func TestTheListOfIssuersFitsAndSaysWhatEachWasProvenOn(t *testing.T) {
	h := hostWith(t, someProfile)
	folder, err := h.issuersPath()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"jot": jotFile, "broken": strings.Replace(jotFile, "GET /v1/me", "DELETE /v1/me", 1)} {
		if err := os.WriteFile(filepath.Join(folder, name+".toml"), []byte(strings.Replace(text, `"jot"`, `"`+name+`"`, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := h.Issuers()
	if err != nil {
		t.Fatal(err)
	}
	cells := IssuerCells(all)
	width := [3]int{}
	for i, row := range cells {
		for c, text := range row {
			width[c] = max(width[c], ui.Width(text))
		}
		if row[2] == "" && all[i].Wrong == "" || row[1] == "" {
			t.Errorf("%q says too little", row)
		}
		if d, err := issuers.Load(folder, row[0]); err == nil && row[2] != d.Proven {
			t.Errorf("%s is proven by %q, and %q is shown", row[0], d.Proven, row[2])
		}
	}
	if total := width[0] + 2 + width[1] + 2 + width[2]; total > 80 || len(cells) != len(issuers.BuiltIn())+2 {
		t.Errorf("%d columns, %d rows", total, len(cells))
	}
	wrong := WrongIssuers(all)
	if len(wrong) != 1 || !strings.HasPrefix(wrong[0], "broken cannot be used: "+filepath.Join(folder, "broken.toml")+":9: probe[0].call: ") {
		t.Errorf("%q", wrong)
	}
}
