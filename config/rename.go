package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Rename gives a profile another name, with its destinations, and wherever the file names it: where it is begun with, and whose it is.
func Rename(path, from, to string) error {
	return rewrite(path, func(text string) (string, error) {
		want, p, err := inFile(path, text, from)
		if err != nil {
			return "", err
		}
		if _, taken := want.Lookup(to); taken {
			return "", fmt.Errorf("there is already a profile %q", to)
		}
		was, table := *p, []string{"profiles", to}
		p.Name = to
		text = headed(text, from, to)
		root, _ := findTable(text, nil)
		if at, there := root.fields["default_profile"]; there && want.Default == from {
			want.Default = to
			text = text[:at.value] + quoteTOML(to) + text[at.end:]
		}
		for i := range want.Operators {
			o := &want.Operators[i]
			at := slices.Index(o.Profiles, from)
			if at < 0 {
				continue
			}
			o.Profiles = slices.Clone(o.Profiles)
			o.Profiles[at] = to
			if text, err = setField(path, text, []string{"operators", o.Name}, fieldValue{name: "profiles", value: quoteWords(o.Profiles)}); err != nil {
				return "", err
			}
		}
		got, err := parse(path, []byte(text))
		if err != nil {
			return "", err
		}
		if now, there := got.Lookup(to); there { // what a file leaves out may follow from the name
			was.Name = to
			if reflect.DeepEqual(now, was) {
				return text, says(path, text, want, table)
			}
		}
		return "", byHand(path, []string{"profiles", from})
	})
}

// headed is the text with another name for a profile wherever a table, or a field, is called by it.
func headed(text, from, to string) string {
	var p unstable.Parser
	p.Reset([]byte(text))
	var out strings.Builder
	var table []string
	done := 0
	for p.NextExpression() {
		e := p.Expression()
		base := table
		if e.Kind != unstable.KeyValue {
			base, table = nil, nil
		}
		full := slices.Clone(base)
		for key := e.Key(); key.Next(); {
			n := key.Node()
			full = append(full, string(n.Data))
			if len(full) == 2 && full[0] == "profiles" && full[1] == from {
				out.WriteString(text[done:n.Raw.Offset])
				out.WriteString(quoteKey(to))
				done = int(n.Raw.Offset + n.Raw.Length)
			}
		}
		if e.Kind != unstable.KeyValue {
			table = full
		}
	}
	return out.String() + text[done:]
}
