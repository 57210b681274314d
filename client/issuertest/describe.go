package issuertest

import (
	"encoding/json"
	"fmt"
	"strings"

	"detent/apikey"
)

// describe is a key in a line: what the service reports of each field, in the order of the table, and what detent knows of
// it besides.
func describe(k *apikey.Key) string {
	var parts []string
	for f := range apikey.FieldsOf(k) {
		value, said := f.JSON(k)
		if !said {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			raw = []byte("?")
		}
		text := strings.Trim(string(raw), `"`)
		if strings.ContainsAny(text, " \\") && raw[0] == '"' {
			text = string(raw)
		}
		parts = append(parts, string(f.ID)+"="+text)
	}
	if k.Own {
		parts = append(parts, "own")
	}
	if k.Matched {
		parts = append(parts, "matched")
	}
	return strings.Join(parts, " ")
}

func describeAll(keys []apikey.Key) []string {
	var lines []string
	for i := range keys {
		lines = append(lines, describe(&keys[i]))
	}
	if lines == nil {
		lines = []string{"none"}
	}
	return lines
}

func describeProof(p apikey.Proof) string {
	parts := []string{p.Verdict.String()}
	for name, list := range map[string][]string{"can": p.Can, "cannot": p.Cannot} {
		if len(list) > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", name, strings.Join(list, ", ")))
		}
	}
	if len(parts) == 3 && parts[1] > parts[2] {
		parts[1], parts[2] = parts[2], parts[1]
	}
	if p.Key != nil {
		parts = append(parts, "of "+p.Key.ID)
	}
	return strings.Join(append(parts, "by "+p.Call), "; ")
}

// offered are the permissions of a service, a line each: "heading: name", "!" where it makes keys, and what it is; after them roles and
// environments, where it can be asked for those.
func offered(c apikey.Capabilities) (lines []string) {
	for _, g := range c.PermissionGroups {
		for _, p := range g.Permissions {
			line := g.Title + ": " + p.Permission.String()
			if p.Risk == apikey.CanMint {
				line += " !"
			}
			if p.Description != "" {
				line += ", " + p.Description
			}
			lines = append(lines, line)
		}
	}
	if !c.Catalogue.Beside {
		return lines
	}
	for _, r := range c.Roles {
		line := "role: " + r.Name
		if r.Risk == apikey.CanMint {
			line += " !"
		}
		if r.Description != "" {
			line += ", " + r.Description
		}
		lines = append(lines, line)
	}
	for _, e := range c.Environments {
		lines = append(lines, "environment: "+string(e))
	}
	for _, p := range c.Properties {
		names := p.Names()
		for i, choice := range p.Choices {
			line := string(p.Field) + ": " + names[i]
			if about := strings.TrimSpace(choice.Value + " " + choice.About); about != names[i] {
				line += ", " + about
			}
			lines = append(lines, line)
		}
	}
	return lines
}
