package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
)

// keyJSON is a key as interface.md writes it. A field that the service does not report is absent.
type keyJSON struct {
	ID           string             `json:"id"`
	Name         string             `json:"name,omitempty"`
	Profile      string             `json:"profile"`
	Service      string             `json:"service"`
	Environment  apikey.Environment `json:"environment,omitempty"`
	Type         string             `json:"type,omitempty"`
	Role         string             `json:"role,omitempty"`
	Permissions  *[]string          `json:"permissions,omitempty"`
	Masked       string             `json:"masked,omitempty"`
	Account      string             `json:"account,omitempty"`
	Project      string             `json:"project,omitempty"`
	ProjectName  string             `json:"project_name,omitempty"`
	Enabled      *bool              `json:"enabled,omitempty"`
	CreatedAt    apikey.Moment      `json:"created_at,omitzero"`
	UpdatedAt    apikey.Moment      `json:"updated_at,omitzero"`
	ExpiresAt    apikey.Moment      `json:"expires_at,omitzero"`
	LastUsedAt   apikey.Moment      `json:"last_used_at,omitzero"`
	Restrictions *restrictionsJSON  `json:"restrictions,omitempty"`
	Findings     []string           `json:"findings"`
}

type restrictionsJSON struct {
	IPAddresses []string `json:"ip_addresses"`
	Referrers   []string `json:"referrers"`
	Endpoints   []string `json:"endpoints"`
}

// keyJSON writes one key; warnings are its findings by key id.
func (s *session) keyJSON(k apikey.Key, warnings map[string][]string) keyJSON {
	out := keyJSON{
		ID: k.ID, Name: k.Name, Profile: s.profile.Name, Service: s.profile.Service, Environment: k.Environment,
		Type: k.Type, Role: k.Role, Masked: k.Masked, Account: k.Account, Project: k.Project, ProjectName: k.ProjectName,
		Enabled: k.Enabled, CreatedAt: k.CreatedAt, UpdatedAt: k.UpdatedAt, ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt,
		Findings: notNil(warnings[k.ID]),
	}
	if k.Permissions != nil {
		texts := permissionTexts(k.Permissions)
		out.Permissions = &texts
	}
	if r := k.Restrictions; r != nil {
		out.Restrictions = &restrictionsJSON{notNil(r.IPAddresses), notNil(r.Referrers), notNil(r.Endpoints)}
	}
	return out
}

// notNil makes JSON write [] where there is nothing.
func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func permissionTexts(permissions []apikey.Permission) []string {
	out := make([]string, len(permissions))
	for i, p := range permissions {
		out[i] = p.String()
	}
	return out
}

func joinPermissions(permissions []apikey.Permission) string {
	return strings.Join(permissionTexts(permissions), " ")
}

// writeJSON writes one value.
func writeJSON(w io.Writer, value any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// column is one column of a table of keys; value is empty where the service does not say.
type column struct {
	title string
	value func(keyJSON) string
}

var columns = []column{
	{"NAME", func(k keyJSON) string { return k.Name }},
	{"ID", func(k keyJSON) string { return k.ID }},
	{"ENVIRONMENT", func(k keyJSON) string { return string(k.Environment) }},
	{"TYPE", func(k keyJSON) string { return k.Type }},
	{"ROLE", func(k keyJSON) string { return k.Role }},
	{"KEY", func(k keyJSON) string { return k.Masked }},
	{"ACCOUNT", func(k keyJSON) string { return k.Account }},
	{"PROJECT", func(k keyJSON) string { return k.Project }},
	{"PROJECT NAME", func(k keyJSON) string { return k.ProjectName }},
	{"STATE", func(k keyJSON) string {
		if k.Enabled == nil {
			return ""
		}
		return map[bool]string{true: "enabled", false: "disabled"}[*k.Enabled]
	}},
	{"CREATED", func(k keyJSON) string { return moment(k.CreatedAt) }},
	{"UPDATED", func(k keyJSON) string { return moment(k.UpdatedAt) }},
	{"EXPIRES", func(k keyJSON) string { return moment(k.ExpiresAt) }},
	{"LAST USED", func(k keyJSON) string { return moment(k.LastUsedAt) }},
	{"RESTRICTIONS", func(k keyJSON) string {
		if k.Restrictions == nil {
			return ""
		}
		r := k.Restrictions
		return orNone(strings.Join(append(append(append([]string{}, r.IPAddresses...), r.Referrers...), r.Endpoints...), " "))
	}},
	{"FINDINGS", func(k keyJSON) string { return strings.Join(k.Findings, " ") }},
	// Last, where its length moves nothing else.
	{"PERMISSIONS", func(k keyJSON) string {
		if k.Permissions == nil {
			return ""
		}
		return orNone(strings.Join(*k.Permissions, " "))
	}},
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

// moment is a time in UTC, never, or empty where the service does not say.
func moment(m apikey.Moment) string {
	if at, ok := m.Time(); ok {
		return at.UTC().Format(time.RFC3339)
	}
	if m.IsNever() {
		return "never"
	}
	return ""
}

// writeKeys writes a table of keys with the columns that any of them fills.
func writeKeys(w io.Writer, keys []keyJSON) error {
	if len(keys) == 0 {
		return nil
	}
	var titles []string
	rows := make([][]string, len(keys))
	for _, c := range columns {
		filled := false
		cells := make([]string, len(keys))
		for i, k := range keys {
			cells[i] = c.value(k)
			filled = filled || cells[i] != ""
		}
		if !filled {
			continue
		}
		titles = append(titles, c.title)
		for i, cell := range cells {
			if cell == "" {
				cell = "-"
			}
			rows[i] = append(rows[i], cell)
		}
	}
	return writeTable(w, titles, rows)
}

// writeTable aligns columns by the cells that their text takes on a terminal.
func writeTable(w io.Writer, titles []string, rows [][]string) error {
	widths := make([]int, len(titles))
	all := append([][]string{titles}, rows...)
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, row := range all {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// keyCount is a number of keys in words: "1 key", "3 keys".
func keyCount(n int) string {
	if n == 1 {
		return "1 key"
	}
	return fmt.Sprintf("%d keys", n)
}

// writeKey writes every field of one key that the service reports, a line each.
func writeKey(w io.Writer, k keyJSON) error {
	for _, c := range columns {
		if text := c.value(k); text != "" {
			if _, err := fmt.Fprintf(w, "%-13s %s\n", strings.ToLower(c.title), text); err != nil {
				return err
			}
		}
	}
	return nil
}

// warningsOf are the findings that deserve attention, by key id, as list and check name them.
func (s *session) warningsOf(keys []apikey.Key, rotating map[string]bool, now time.Time) map[string][]string {
	out := map[string][]string{}
	for _, f := range apikey.Examine(keys, s.caps, s.profile.Policy(), rotating, now) {
		if f.Kind.IsWarning() && f.KeyID != "" {
			out[f.KeyID] = append(out[f.KeyID], string(f.Kind))
		}
	}
	return out
}
