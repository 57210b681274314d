package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// AddDestination adds a named destination to a profile, at the end of the file.
func AddDestination(path, profile string, d Deliver) error {
	return rewrite(path, func(text string) (string, error) {
		want, p, err := inFile(path, text, profile)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(p.Deliver, func(was Deliver) bool { return was.Name == d.Name }) {
			return "", fmt.Errorf("the profile %s has a destination %q already", profile, d.Name)
		}
		p.Deliver = append(slices.Clone(p.Deliver), d)
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		text += "\n" + renderDeliver(profile, d)
		return text, says(path, text, want, []string{"profiles", profile, "deliver", d.Name})
	})
}

// RemoveDestination takes one away.
func RemoveDestination(path, profile, name string) error {
	return rewrite(path, func(text string) (string, error) {
		want, p, err := inFile(path, text, profile)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(p.Deliver, func(was Deliver) bool { return was.Name == name })
		if i < 0 {
			return "", fmt.Errorf("the profile %s has no destination %q", profile, name)
		}
		if p.Deliver = slices.Delete(slices.Clone(p.Deliver), i, i+1); len(p.Deliver) == 0 {
			p.Deliver = nil
		}
		table := []string{"profiles", profile, "deliver", name}
		text = without(text, table)
		return text, says(path, text, want, table)
	})
}

// Remove takes a profile out of the file, with its destinations. One that is begun with is not: another is made that first.
func Remove(path, name string) error {
	return rewrite(path, func(text string) (string, error) {
		want, _, err := inFile(path, text, name)
		if err != nil {
			return "", err
		}
		if want.Default == name {
			return "", fmt.Errorf("%s is the default: make another profile the default first", name)
		}
		want.Profiles = slices.DeleteFunc(want.Profiles, func(p Profile) bool { return p.Name == name && !p.Embedded })
		table := []string{"profiles", name}
		text = without(text, table)
		return text, says(path, text, want, table)
	})
}

// SetDefault makes a profile the one that is begun with.
func SetDefault(path, name string) error {
	return rewrite(path, func(text string) (string, error) {
		want, err := parse(path, []byte(text))
		if err != nil {
			return "", err
		}
		if _, there := want.Lookup(name); !there {
			return "", fmt.Errorf("there is no profile %q", name)
		}
		want.Default = name
		const field = "default_profile"
		value := quoteTOML(name)
		at, there := rootField(text, field)
		switch {
		case there:
			text = text[:at.value] + value + text[at.end:]
		default: // before every table: there it would be a field of the table
			text = field + " = " + value + "\n" + text
		}
		return text, says(path, text, want, []string{field})
	})
}

// inFile is what the file says, and a profile of it that may be changed in place.
func inFile(path, text, profile string) (*Config, *Profile, error) {
	c, err := parse(path, []byte(text))
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(c.Profiles, func(p Profile) bool { return p.Name == profile && !p.Embedded })
	if i < 0 {
		if strings.HasPrefix(profile, Local) {
			return nil, nil, fmt.Errorf("%s is built in: nothing of it is in the file", profile)
		}
		return nil, nil, fmt.Errorf("there is no profile %q in the file", profile)
	}
	return c, &c.Profiles[i], nil
}

// renderDeliver writes a destination as TOML.
func renderDeliver(profile string, d Deliver) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[profiles.%s.deliver.%s]\n", quoteTOML(profile), quoteTOML(d.Name))
	if len(d.Keys) > 0 {
		fmt.Fprintf(&b, "keys = %s\n", quoteWords(d.Keys))
	}
	switch {
	case d.EnvFile != nil:
		fmt.Fprintf(&b, "env_file = { path = %s, variable = %s }\n", quoteTOML(d.EnvFile.Path), quoteTOML(d.EnvFile.Variable))
	case d.File != "":
		fmt.Fprintf(&b, "file = %s\n", quoteTOML(d.File))
	default:
		fmt.Fprintf(&b, "command = %s\n", quoteWords(d.Command))
	}
	return b.String()
}

// without is the text without a table and those below it: from the line of its header to that of its last field. Comments between
// tables stay.
func without(text string, table []string) string {
	var p unstable.Parser
	p.Reset([]byte(text))
	type span struct{ from, to int }
	var gone []span
	in := false
	for p.NextExpression() {
		e := p.Expression()
		var parts []string
		start := -1
		for key := e.Key(); key.Next(); {
			if start < 0 {
				start = int(key.Node().Raw.Offset)
			}
			parts = append(parts, string(key.Node().Data))
		}
		if start < 0 {
			continue
		}
		line := strings.LastIndexByte(text[:start], '\n') + 1
		switch {
		case e.Kind != unstable.KeyValue:
			if in = len(parts) >= len(table) && slices.Equal(parts[:len(table)], table); in {
				gone = append(gone, span{line, nextLine(text, start)})
			}
		case in:
			if f, ok := findField(text, start); ok {
				gone[len(gone)-1].to = f.next
			}
		}
	}
	for _, g := range slices.Backward(gone) {
		rest := text[g.to:]
		if strings.HasSuffix(text[:g.from], "\n\n") { // the empty line before it was its own
			rest = strings.TrimPrefix(rest, "\n")
		}
		text = text[:g.from] + rest
	}
	return text
}

// rootField is where a field stands that is in no table.
func rootField(text, name string) (fieldText, bool) {
	var p unstable.Parser
	p.Reset([]byte(text))
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind != unstable.KeyValue {
			return fieldText{}, false
		}
		key := e.Key()
		if key.Next() && string(key.Node().Data) == name {
			return findField(text, int(key.Node().Raw.Offset))
		}
	}
	return fieldText{}, false
}
