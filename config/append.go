package config

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"detent/client/issuers"
)

// Template is what config init writes: every field, explained, none of them active.
var Template = strings.NewReplacer("{locals}", locals(), "{name}", exampleName, "{URL}", exampleURL, "{NAME}", strings.ToUpper(exampleName),
	"{auth}", strings.Join(whoHave("auth"), ", "), "{create}", strings.Join(whoHave("create"), ", ")).Replace(template)

//go:embed template.toml
var template string

// exampleName and exampleURL are the issuer that the template shows.
var exampleName, exampleURL = func() (string, string) {
	name := issuers.BuiltIn()[0]
	d, err := issuers.Load("", name)
	if err != nil {
		return name, "https://api.example.com"
	}
	return name, d.URL
}()

// locals are the names of the profiles that are always there.
func locals() string {
	var names []string
	for _, p := range BuiltIn() {
		names = append(names, p.Name)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// Init writes the commented template to path, which must not be there yet. The file
// is 0600, a new folder 0700.
func Init(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: is already there and is left as it is", path)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(Template)
	return errors.Join(err, f.Sync(), f.Close())
}

// current reads the file to append to; one that is not there is empty.
func current(path string) (data []byte, mode fs.FileMode, err error) {
	data, err = readGuarded(path, configFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0o600, nil
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	return data, info.Mode().Perm(), nil
}

// replace puts text in the place of the file, or of what a symbolic link there points to.
func replace(path, text string, mode fs.FileMode) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	err := inOneStep(path, text, mode)
	var at *fs.PathError
	var link *os.LinkError
	switch { // they name a file that nobody has heard of: the one that was to take the place
	case errors.As(err, &at):
		err = at.Err
	case errors.As(err, &link):
		err = link.Err
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: in its folder: %w", path, err)
	}
	return nil
}

func inOneStep(path, text string, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	return errors.Join(err, SyncFolder(filepath.Dir(path)))
}

// fieldValue is a field of a profile as TOML writes it. The value is empty where the file needs none; off is what says the same
// in a field that is there.
type fieldValue struct{ name, value, off string }

// fieldsOf are a profile's own fields in the order of the file. What they cannot say right, the parser refuses afterwards.
func fieldsOf(p Profile) []fieldValue {
	text := func(s string) string {
		if s == "" {
			return ""
		}
		return quoteTOML(s)
	}
	yes := func(b bool) string {
		if b {
			return "true"
		}
		return ""
	}
	token := ""
	switch {
	case p.Token.Env != "":
		token = "{ env = " + quoteTOML(p.Token.Env) + " }"
	case p.Token.File != "":
		token = "{ file = " + quoteTOML(p.Token.File) + " }"
	case len(p.Token.Command) > 0:
		token = "{ command = " + quoteWords(p.Token.Command) + " }"
	}
	age, auth := "", ""
	if p.MaxAge > 0 {
		age = quoteTOML(strconv.FormatInt(int64(p.MaxAge.Seconds()), 10) + "s")
	}
	if p.Exchange {
		auth = quoteTOML("exchange")
	}
	parents := ""
	for i, name := range slices.Sorted(maps.Keys(p.Parents)) {
		parents += map[bool]string{true: "{ ", false: ", "}[i == 0] + name + " = " + quoteTOML(p.Parents[name])
	}
	if parents != "" {
		parents += " }"
	}
	return []fieldValue{
		{name: "service", value: text(p.Service)},
		{name: "url", value: text(p.URL)},
		{name: "parents", value: parents},
		{name: "token", value: token},
		{name: "ca", value: text(p.CA)},
		{name: "environment", value: text(string(p.Environment))},
		{name: "read_only", value: yes(p.ReadOnly), off: "false"},
		{name: "max_age", value: age},
		{name: "auth", value: auth, off: quoteTOML("direct")},
		{name: "token_url", value: text(p.TokenURL)},
		{name: "create", value: yes(p.CanCreate), off: "false"},
	}
}

// render writes a profile as TOML.
func render(p Profile) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[profiles.%s]\n", quoteTOML(p.Name))
	for _, f := range fieldsOf(p) {
		if f.value != "" {
			fmt.Fprintf(&b, "%s = %s\n", f.name, f.value)
		}
	}
	return b.String()
}

// quoteWords writes a list of basic strings.
func quoteWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quoteTOML(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quoteTOML writes a basic string.
func quoteTOML(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, "\\u%04X", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
