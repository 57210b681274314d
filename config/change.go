package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"detent/tomlfile"
)

// ErrChanged is why a profile is not changed: the file no longer says of it what was read.
var ErrChanged = errors.New("it was changed in the file since it was read; look at it again")

// Change gives a profile's own fields new values, before being what they were when they were read. Its name and its
// destinations stay, and so does the rest of the file, comments included. The result is validated before it replaces the
// file in one step. An error in a field is an *Error.
func Change(path string, before, after Profile) error {
	return rewrite(path, func(text string) (string, error) { return changed(path, text, before, after) })
}

// Append adds a profile at the end of the file, which stays as it is otherwise, comments included. With the name of an
// operator, it becomes one of theirs. The result is validated before it replaces the file in one step; a new file is 0600.
// An error in a field is an *Error.
func Append(path string, p Profile, operator string) error {
	return rewrite(path, func(text string) (string, error) {
		text, err := appended(path, text, p)
		if err != nil || operator == "" {
			return text, err
		}
		return given(path, text, p.Name, operator)
	})
}

// rewrite replaces the file by what edit makes of it, unless somebody else does so meanwhile.
func rewrite(path string, edit func(text string) (string, error)) error {
	old, mode, err := current(path)
	if err != nil {
		return err
	}
	body, marked := strings.CutPrefix(string(old), string(tomlfile.ByteOrderMark))
	text, err := edit(body)
	if err != nil {
		return err
	}
	if now, _, err := current(path); err != nil || !bytes.Equal(now, old) {
		return errors.Join(fmt.Errorf("%s: it is being changed by somebody else: try again", path), err)
	}
	if marked {
		text = string(tomlfile.ByteOrderMark) + text
	}
	return replace(path, text, mode)
}

// appended is the text of the file with the profile at its end.
func appended(path, text string, p Profile) (string, error) {
	before, err := parse(path, []byte(text))
	if err != nil {
		return "", err
	}
	if _, taken := before.Lookup(p.Name); taken {
		return "", fmt.Errorf("there is already a profile %q", p.Name)
	}
	text = withTable(text, "profiles."+quoteTOML(p.Name), fieldsOf(p))
	after, err := parse(path, []byte(text))
	if err != nil {
		return "", err
	}
	if err := after.Unusable(p.Name); err != nil {
		return "", err
	}
	if _, there := after.Lookup(p.Name); !there {
		return "", fmt.Errorf("%s: the profile cannot be added at the end: add it by hand", path)
	}
	return text, nil
}

// changed is the text of the file with the profile's fields as in after.
func changed(path, text string, before, after Profile) (string, error) {
	want, err := parse(path, []byte(text))
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(want.Profiles, func(p Profile) bool { return p.Name == before.Name && !p.Embedded })
	if i < 0 {
		return "", ErrChanged
	}
	now := want.Profiles[i]
	before.Deliver, after.Name, after.Deliver = now.Deliver, now.Name, now.Deliver
	if !reflect.DeepEqual(now, before) {
		return "", ErrChanged
	}
	if clean, err := CheckURL(after.URL); err == nil { // one that is wrong is told by the parser, with its field
		after.URL = clean
	}
	table, was := []string{"profiles", now.Name}, fieldsOf(before)
	for i, f := range fieldsOf(after) {
		if f.value != was[i].value {
			if text, err = setField(path, text, table, f); err != nil {
				return "", err
			}
		}
	}
	want.Profiles[i] = after
	if got, err := parse(path, []byte(text)); err == nil && got.Unusable(now.Name) != nil {
		return "", got.Unusable(now.Name)
	}
	return text, says(path, text, want, table)
}

// given is the text of the file with a profile among an operator's; nothing where they see it as it is.
func given(path, text, profile, operator string) (string, error) {
	want, err := parse(path, []byte(text))
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(want.Operators, func(o Operator) bool { return o.Name == operator })
	if i < 0 {
		return "", fmt.Errorf("%s: there is no operator %q any more", path, operator)
	}
	o := &want.Operators[i]
	if o.Sees(profile) {
		return text, nil
	}
	o.Profiles = append(slices.Clone(o.Profiles), profile)
	table := []string{"operators", operator}
	text, err = setField(path, text, table, fieldValue{name: "profiles", value: quoteWords(o.Profiles)})
	if err != nil {
		return "", err
	}
	return text, says(path, text, want, table)
}

// says holds that an edit did what it should and nothing else: it is of text, and what counts is what the file says.
func says(path, text string, want *Config, table []string) error {
	got, err := parse(path, []byte(text))
	if wrong := (*Error)(nil); errors.As(err, &wrong) && wrong.Field == "" { // no TOML any more
		return byHand(path, table)
	}
	if err != nil {
		return err
	}
	if got.Default != want.Default || !reflect.DeepEqual(got.Profiles, want.Profiles) || !reflect.DeepEqual(got.Operators, want.Operators) {
		return byHand(path, table)
	}
	return nil
}
