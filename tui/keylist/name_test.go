package keylist

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/apikey"
)

// dim is the text of a line that is drawn dim.
func dim(line string) string {
	var out strings.Builder
	for _, m := range regexp.MustCompile(`\x1b\[([0-9;]*)m([^\x1b]*)`).FindAllStringSubmatch(line, -1) {
		if strings.Contains(";"+m[1]+";", ";2;") {
			out.WriteString(m[2])
		}
	}
	return out.String()
}

func TestTheMarkOfARotationIsDimInTheList(t *testing.T) {
	for _, tc := range []struct {
		name   string
		width  int
		filter string
		want   string // dim
	}{
		{"ci-deploy ~rznjoqz5tye", 60, "", " ~rznjoqz5tye"},
		{"ci-deploy", 60, "", ""},
		{"ci-deploy ~rznjoqz5tye", 22, "", " ~rznjoqz…"}, // cut within the mark
		{"a-name-that-is-much-longer ~rznjoqz5tye", 22, "", ""},
		{"ci-deploy ~rznjoqz5tye", 60, "deploy", " ~rznjoqz5tye"},
		{"ci-deploy ~rznjoqz5tye", 60, "znj", " ~roqz5tye"}, // what the filter matched is marked as that
		{"ci-deploy ~rznjoqz5tye", 60, "name:y", " ~rznjoqz5te"},
	} {
		for _, selected := range []bool{false, true} {
			l := New(newEnv(termenv.ANSI))
			l.SetSize(tc.width, 10)
			load(l, apikey.Key{ID: "1", Name: tc.name}, apikey.Key{ID: "2", Name: tc.name})
			typeFilter(l, tc.filter)
			line := l.row(map[bool]int{true: 0, false: 1}[selected])
			want := tc.want
			if selected && tc.filter != "" && want != "" {
				want = " ~rznjoqz5tye" // the bar shows no matches
			}
			if got := strings.TrimRight(dim(line), " "); got != want {
				t.Errorf("%q at %d, filter %q, selected %v: dim is %q, want %q in %q", tc.name, tc.width, tc.filter, selected, got, want, line)
			}
			if ansi.StringWidth(line) != tc.width {
				t.Errorf("%q at %d: %d cells", tc.name, tc.width, ansi.StringWidth(line))
			}
		}
	}
}

// TestEveryFieldWithAWordIsFound: what the table of fields gives a word is found by it, and a plain word looks where the table says.
func TestEveryFieldWithAWordIsFound(t *testing.T) {
	yes := true
	full := apikey.Key{ID: "needle-id", Name: "needle-name", Type: "needle-type", Role: "needle-role", Environment: "needle-env", Masked: "needle-mask", Account: "needle-account",
		Project: "needle-project", ProjectName: "needle-title", Permissions: []apikey.Permission{{Feature: "F", Name: "needle-right"}}, Added: []apikey.Permission{{Name: "needle-added"}}, Enabled: &yes,
		CreatedAt: apikey.At(noon), UpdatedAt: apikey.At(noon), ExpiresAt: apikey.At(noon), LastUsedAt: apikey.At(noon), RolledAt: apikey.At(noon), FormerEndsAt: apikey.At(noon), FormerUsedAt: apikey.At(noon),
		Restrictions: &apikey.Restrictions{IPAddresses: []string{"needle-ip"}}, CreatedBy: "needle-maker", UpdatedBy: "needle-changer",
		Extra: map[string]json.RawMessage{}}
	for f := range apikey.Fields() {
		if f.IsExtra() {
			full.Extra[string(f.ID)] = json.RawMessage(`"needle-` + string(f.ID) + `"`)
		}
	}
	l := newList(full, apikey.Key{ID: "other", Name: "hay"})
	for f := range apikey.Fields() {
		if (f.Filter != "" || f.Search) && !f.Reported(&full) {
			t.Errorf("the key of this test has no value for %s: give it one that begins with needle-", f.ID)
			continue
		}
		if _, isTime := f.Moment(&full); isTime {
			if f.Filter == "" {
				t.Errorf("%s is a time and has no word", f.ID)
			}
			typeFilter(l, f.Filter+"<1h")
			if got := shownIDs(l); got != "needle-id" || l.wrong != nil {
				t.Errorf("%s<1h finds %q, %v", f.Filter, got, l.wrong)
			}
			continue
		}
		if f.Filter != "" {
			typeFilter(l, f.Filter+":needle")
			if f.IsExtra() {
				typeFilter(l, f.Filter+`:needle-`)
			}
			if f.Whole {
				typeFilter(l, f.Filter+":needle-")
			}
			if got := shownIDs(l); got != "needle-id" || l.wrong != nil {
				t.Errorf("%s: finds %q, %v", f.Filter, got, l.wrong)
			}
		}
		if f.Search {
			word := strings.TrimPrefix(f.Text(&full), "F.")
			typeFilter(l, word)
			if got := shownIDs(l); got != "needle-id" {
				t.Errorf("%s, the word %s finds %q", f.ID, word, got)
			}
		}
	}
	typeFilter(l, "colour:red")
	if l.wrong == nil || !strings.Contains(l.wrong.Error(), "name env type role perm key account project restriction added creator updater properties clearance") {
		t.Errorf("%v", l.wrong)
	}
}
