package table

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
)

// anyKeys are keys with some of all fields, with names of every width.
func anyKeys(random *rand.Rand, n int) []Row {
	maybe := func(text string) string {
		if random.IntN(3) == 0 {
			return ""
		}
		return text
	}
	at := func() apikey.Moment { return apikey.At(time.Unix(1_800_000_000+random.Int64N(1e7), 0).UTC()) }
	rows := make([]Row, n)
	for i := range rows {
		on := random.IntN(2) == 0
		k := apikey.Key{ID: fmt.Sprintf("id%022d", random.Int64N(1e15)), Name: maybe(strings.Repeat([]string{"payments-", "日本語", "é"}[random.IntN(3)], 1+random.IntN(12))),
			Type: maybe("sk"), Role: maybe("developer"), Environment: apikey.Environment(maybe("live")), Masked: maybe("psp_abcdefghijkl****"), Account: maybe("ash2c5cl3kf3lbdzadfcu6dv"),
			Project: maybe("snccrsg7eh3q6xa6mai6uyh3"), ProjectName: maybe("Default"), Enabled: &on, CreatedAt: at(), UpdatedAt: at(), ExpiresAt: apikey.Never(), LastUsedAt: at(),
			CreatedBy: maybe("maria"), Restrictions: &apikey.Restrictions{IPAddresses: []string{"10.0.0.0/8", "192.168.0.0/16"}}}
		for p := range random.IntN(27) {
			k.Permissions = append(k.Permissions, apikey.Permission{Feature: "AccessRules", Name: fmt.Sprintf("permission%d", p)})
		}
		if random.IntN(4) == 0 {
			k.Extra = map[string]json.RawMessage{"tenants": json.RawMessage(`["one","two"]`)}
		}
		rows[i] = Row{Key: k, Profile: []string{"prod", "a-profile-with-a-long-name"}[random.IntN(2)], Service: "s", Findings: []string{"age", "unused"}[:random.IntN(3)]}
	}
	return rows
}

// TestATableOfKeysFitsTheTerminal at every width: ids whole, nothing cut without an ellipsis, what is left out named.
func TestATableOfKeysFitsTheTerminal(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for width := 60; width <= 400; width++ {
		rows, several := anyKeys(random, 1+random.IntN(8)), random.IntN(2) == 0
		var whole, fitted strings.Builder
		if left, err := Keys(&whole, rows, several, 0); err != nil || len(left) > 0 {
			t.Fatal(left, err)
		}
		left, err := Keys(&fitted, rows, several, width)
		if err != nil {
			t.Fatal(err)
		}
		words := map[string]bool{}
		for _, w := range strings.Fields(whole.String()) {
			words[w] = true
		}
		for line := range strings.Lines(fitted.String()) {
			line = strings.TrimRight(line, "\n")
			if ansi.StringWidth(line) > width {
				t.Fatalf("%d cells at %d:\n%s", ansi.StringWidth(line), width, fitted.String())
			}
			for _, w := range strings.Fields(line) {
				if !words[w] && !strings.HasSuffix(w, "…") {
					t.Fatalf("%q is cut without an ellipsis at %d:\n%s", w, width, fitted.String())
				}
			}
		}
		for _, r := range rows {
			if !strings.Contains(fitted.String(), r.Key.ID+" ") && !strings.Contains(fitted.String(), r.Key.ID+"\n") {
				t.Fatalf("%s is not whole at %d:\n%s", r.Key.ID, width, fitted.String())
			}
			if several && !strings.Contains(fitted.String(), r.Profile[:4]) {
				t.Fatalf("whose at %d?\n%s", width, fitted.String())
			}
		}
		head, _, _ := strings.Cut(fitted.String(), "\n")
		all, _, _ := strings.Cut(whole.String(), "\n")
		if n, m := len(strings.Fields(head))+len(strings.Fields(strings.Join(left, " "))), len(strings.Fields(all)); n != m {
			t.Fatalf("%d of %d titles are shown or named at %d: %s; left %q", n, m, width, head, left)
		}
		if maxWidth(whole.String()) <= width && fitted.String() != whole.String() {
			t.Fatalf("it fitted at %d", width)
		}
	}
}

func maxWidth(text string) (most int) {
	for line := range strings.Lines(text) {
		most = max(most, ansi.StringWidth(strings.TrimRight(line, "\n")))
	}
	return most
}
