package config

import (
	"fmt"
	"slices"
	"strings"
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
		text = withTable(text, "profiles."+quoteTOML(profile)+".deliver."+quoteTOML(d.Name), fieldsOfDeliver(d))
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
		t, _ := findTable(text, nil)
		if at, there := t.fields[field]; there {
			text = text[:at.value] + value + text[at.end:]
		} else { // before every table: behind one it would be a field of that
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

// fieldsOfDeliver are a destination's.
func fieldsOfDeliver(d Deliver) []fieldValue {
	out := []fieldValue{{name: "keys", value: quoteWords(d.Keys)}, {name: "file", value: textValue(d.File)}, {name: "command", value: quoteWords(d.Command)}}
	if d.EnvFile != nil {
		out = append(out, fieldValue{name: "env_file", value: inlineTable("path", quoteTOML(d.EnvFile.Path), "variable", quoteTOML(d.EnvFile.Variable))})
	}
	return out
}

// without is the text without a table and those below it: from the line of its header to that of its last field. Comments between
// tables stay.
func without(text string, table []string) string {
	type span struct{ from, to int }
	var gone []span
	in := false
	all, _ := expressions(text)
	for _, e := range all {
		switch {
		case e.header:
			if in = len(e.name) >= len(table) && slices.Equal(e.name[:len(table)], table); in {
				gone = append(gone, span{strings.LastIndexByte(text[:e.at], '\n') + 1, nextLine(text, e.at)})
			}
		case in:
			if f, ok := findField(text, e.at); ok {
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
