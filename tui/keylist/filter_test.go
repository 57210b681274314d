package keylist

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/tui/ui"
)

func filterKeys() []apikey.Key {
	yes, no := true, false
	at := func(days int) apikey.Moment { return apikey.At(noon.Add(time.Duration(days) * 24 * time.Hour)) }
	perms := func(names ...string) (out []apikey.Permission) {
		for _, n := range names {
			out = append(out, apikey.Permission{Feature: "AccessRules", Name: n})
		}
		return out
	}
	return []apikey.Key{
		{ID: "a1", Name: "Payments API", Environment: apikey.Live, Role: "admin", Permissions: perms("deleteRule"), ExpiresAt: at(10), CreatedAt: at(-100), LastUsedAt: at(-95), Enabled: &yes},
		{ID: "b2", Name: "ci payments", Environment: apikey.Test, Role: "reader", Permissions: perms("deleteRuleGroup"), ExpiresAt: apikey.Never(), CreatedAt: at(-10), LastUsedAt: at(-1), Enabled: &yes},
		{ID: "c3", Name: "web", Type: apikey.PublicKey, Project: "p1", ProjectName: "Shop", ExpiresAt: at(-2), CreatedAt: at(-200), LastUsedAt: apikey.Never(), Enabled: &no, Own: true},
		{ID: "d4", Name: "contractor: acme", Type: apikey.SecretKey, Masked: "sk-ec5468****"},
	}
}

func TestTheFilterFindsByFields(t *testing.T) {
	for filter, want := range map[string]string{
		"":                      "a1 b2 c3 d4",
		"payments":              "a1 b2",
		"API pay":               "a1",
		"payments env:live":     "a1",
		"env:l":                 "a1",
		"ENV:Live Role:ADMIN":   "a1",
		"role:admin":            "a1",
		"expires<14d":           "a1 c3",
		"expires<14d !expired":  "a1",
		"expires>1w":            "a1",
		"expires>2w":            "",
		"expires<2026-11-24":    "c3",
		"created>90d":           "a1 c3",
		"created<2w":            "b2",
		"created>2026-11-01":    "b2",
		"used<24h":              "",
		"used<25h":              "b2",
		"unused>90d":            "a1 c3",
		"unused<90d":            "b2",
		"perm:deleteRule":       "a1",
		"perm:deleterul":        "a1 b2",
		"perm:accessrules":      "a1 b2",
		"deleterulegroup":       "b2",
		"never-expires":         "b2",
		"!never-expires":        "a1 c3 d4",
		"!ci":                   "a1 c3 d4",
		"payments !ci":          "a1",
		"!env:live":             "b2 c3 d4",
		"disabled":              "c3",
		"enabled":               "a1 b2",
		"status:disabled":       "c3",
		"own":                   "c3",
		"type:public":           "c3",
		"type:sk":               "d4",
		"project:shop":          "c3",
		"project:p1":            "c3",
		"name:ci":               "b2",
		"id:b2":                 "b2",
		"key:ec54":              "d4",
		`"contractor: acme"`:    "d4",
		`name:"payments api"`:   "a1",
		"expiring":              "b2", // a mark
		"status:unused":         "a1",
		"contractor":            "d4",
		"!":                     "a1 b2 c3 d4",
		"env:":                  "a1 b2 c3 d4",
		"status:dis":            "a1 b2 c3 d4", // not yet a word
		"payments env:live zzz": "",
	} {
		l := newList(filterKeys()...)
		run(l, l.SetMarks([]ui.Marks{ui.MarkOf(apikey.FindingUnused), ui.MarkOf(apikey.FindingExpiring), 0, 0}))
		typeFilter(l, filter)
		if got := shownIDs(l); got != want {
			t.Errorf("%s finds %q, want %q", filter, got, want)
		}
		if l.wrong != nil {
			t.Errorf("%s: %v", filter, l.wrong)
		}
	}
}

func TestAWrongFilterIsSaidAndTheListStays(t *testing.T) {
	for filter, says := range map[string]string{
		"expires<":          "needs a time",
		"expires<14x":       "needs a time",
		"expires<d":         "needs a time",
		"expires:14d":       "compare it with < or >",
		"colour:red":        `no field "colour"`,
		"name<7d":           `no field "name" to compare`,
		"status:great":      `no status "great"`,
		"expires<99999999d": "needs a time",
	} {
		l := newList(filterKeys()...)
		typeFilter(l, "payments "+filter)
		if got := shownIDs(l); got != "a1 b2" {
			t.Errorf("%s: the list shows %q", filter, got)
		}
		if !strings.Contains(l.View(), says) {
			t.Errorf("%s: %q is not said:\n%s", filter, says, l.View())
		}
		press(l, "esc")
		if strings.Contains(l.View(), says) {
			t.Errorf("%s: %q stays", filter, says)
		}
	}
}

func TestFindingsThatComeLaterCount(t *testing.T) {
	l := newList(filterKeys()...)
	typeFilter(l, "status:unused")
	if got := shownIDs(l); got != "" {
		t.Fatalf("without findings: %q", got)
	}
	run(l, l.SetMarks([]ui.Marks{0, 0, 0, ui.MarkOf(apikey.FindingUnused)}))
	if got := shownIDs(l); got != "d4" {
		t.Errorf("with findings: %q", got)
	}
}

// TestFieldsNarrowAsAFreshFilterFinds types and erases at random.
func TestFieldsNarrowAsAFreshFilterFinds(t *testing.T) {
	words := []string{"pay", "payments", "expire", "expired", "perm:delete", "perm:deleteRule", "perm:deleteRuleGroup", "!ci", "!c", "env:", "env:live", "env:test", "unused>9d", "unused>90d", "own", "ow", "status:disabled", "a"}
	l := newList(filterKeys()...)
	for i := range 2000 {
		filter := words[i*7%len(words)] + " " + words[i*i%len(words)]
		l.input.Set(filter[:i%(len(filter)+1)])
		run(l, l.refilter())
		got := shownIDs(l)
		fresh := newList(filterKeys()...)
		typeFilter(fresh, l.input.Value())
		if want := shownIDs(fresh); got != want {
			t.Fatalf("%q finds %q after others, %q alone", l.input.Value(), got, want)
		}
	}
}

func typeFilter(l *List, text string) {
	press(l, "/")
	l.input.Set(text)
	run(l, l.refilter())
}

func shownIDs(l *List) string {
	var ids []string
	for _, i := range l.idx {
		ids = append(ids, l.seen.at(i).keyID())
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func TestSortIsThatOfStrings(t *testing.T) {
	var keys []apikey.Key
	for i := range 500 {
		k := apikey.Key{ID: fmt.Sprint(i), Name: []string{"", "a", "payments-api", "payments-api-2", "payments-", "日本語", "zzzzzzzz", "zzzzzzzzz"}[i%8] + strings.Repeat("x", i%3)}
		if i%4 != 0 {
			k.Project = fmt.Sprintf("project-with-a-long-name-%d", i*7%13)
		}
		keys = append(keys, k)
	}
	l := newList(keys...)
	for c := range l.columns {
		if l.columns[c].title != "NAME" && l.columns[c].title != "PROJECT" {
			continue
		}
		for _, l.reverse = range []bool{false, true} {
			l.sortBy = c
			run(l, l.resort())
			text := func(i int32) string {
				if l.columns[c].byName {
					return l.seen.text(i)
				}
				return l.columns[c].text(&l.ctx, l.seen.key(i, new(apikey.Key)))
			}
			for n := 1; n < len(l.idx); n++ {
				a, b := text(l.idx[n-1]), text(l.idx[n])
				if a == "" && b != "" || b != "" && (a > b) != l.reverse && a != b {
					t.Fatalf("%s, reverse %v: %q before %q", l.columns[c].title, l.reverse, a, b)
				}
			}
		}
	}
}

// TestReadingAFilterWritesToNoTable: sessions over SSH read theirs side by side.
func TestReadingAFilterWritesToNoTable(t *testing.T) {
	for _, table := range []*[]string{&fieldWords, &momentWords} {
		kept := *table
		t.Cleanup(func() { *table = kept })
		room := append(slices.Clone(kept), make([]string, 64)...)
		*table = room[:len(kept)]
		for _, text := range []string{"env:live", "rpm:50", "rpm>50", "statu:old", "expires<14d", "expries<14d", "type:public", `perm:"a b"`, "profile:x", "envv:live", "!ci"} {
			if _, _ = parse(text); room[len(kept)] != "" {
				t.Fatalf("%s writes %q behind the words %v", text, room[len(kept)], kept)
			}
		}
	}
}
