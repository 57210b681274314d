package config

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"detent/client/issuers"
	"detent/disk"
)

// Template is what config init writes: every field, explained, none of them active.
var Template = sync.OnceValue(func() string {
	name, address := issuers.BuiltIn()[0], "https://api.example.com"
	if d, err := issuers.Load("", name); err == nil {
		address = d.URL
	}
	return strings.NewReplacer("{locals}", locals(), "{name}", name, "{URL}", address, "{NAME}", strings.ToUpper(name),
		"{auth}", strings.Join(whoHave("auth"), ", "), "{create}", strings.Join(whoHave("create"), ", "), "{secret_prefix}", strings.Join(whoHave("secret_prefix"), ", ")).Replace(template)
})

//go:embed template.toml
var template string

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
	_, err = f.WriteString(Template())
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
	return errors.Join(err, disk.SyncFolder(filepath.Dir(path)))
}

// fieldValue is a field of a profile as TOML writes it. The value is empty where the file needs none; off is what says the same
// in a field that is there.
type fieldValue struct{ name, value, off string }

// fieldsOf are a profile's own fields in the order of the file. What they cannot say right, the parser refuses afterwards.
func fieldsOf(p Profile) []fieldValue {
	where := func(b bool, value string) string { return map[bool]string{true: value}[b] }
	var parents []string
	for _, name := range slices.Sorted(maps.Keys(p.Parents)) {
		parents = append(parents, name, quoteTOML(p.Parents[name]))
	}
	t := p.Token
	return []fieldValue{
		{name: "service", value: textValue(p.Service)},
		{name: "url", value: textValue(p.URL)},
		{name: "parents", value: inlineTable(parents...)},
		{name: "token", value: cmp.Or(inlineTable("env", textValue(t.Env)), inlineTable("file", textValue(t.File)), inlineTable("command", quoteWords(t.Command)))},
		{name: "ca", value: textValue(p.CA)},
		{name: "environment", value: textValue(string(p.Environment))},
		{name: "read_only", value: where(p.ReadOnly, "true"), off: "false"},
		{name: "max_age", value: where(p.MaxAge > 0, fmt.Sprintf(`"%ds"`, int64(p.MaxAge.Seconds())))},
		{name: "auth", value: where(p.Exchange, quoteTOML("exchange")), off: quoteTOML("direct")},
		{name: "token_url", value: textValue(p.TokenURL)},
		{name: "create", value: where(p.CanCreate, "true"), off: "false"},
		{name: "secret_prefix", value: textValue(p.SecretPrefix)},
	}
}

// withTable is a text with a table at its end.
func withTable(text, name string, fields []fieldValue) string {
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if text != "" {
		text += "\n"
	}
	text += "[" + name + "]\n"
	for _, f := range fields {
		if f.value != "" {
			text += f.name + " = " + f.value + "\n"
		}
	}
	return text
}

// textValue, quoteWords and inlineTable write a value, which is empty where there is nothing to write.
func textValue(s string) string {
	if s == "" {
		return ""
	}
	return quoteTOML(s)
}

func quoteWords(words []string) string {
	if len(words) == 0 {
		return ""
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quoteTOML(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// inlineTable takes names, each with its value.
func inlineTable(pairs ...string) string {
	var fields []string
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			fields = append(fields, pair[0]+" = "+pair[1])
		}
	}
	if len(fields) == 0 {
		return ""
	}
	return "{ " + strings.Join(fields, ", ") + " }"
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
