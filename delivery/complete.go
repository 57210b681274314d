package delivery

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxCompletions is how many ways to go on are told.
const maxCompletions = 200

// Complete says how a destination that is being typed may go on: files and folders of this machine, and behind a .env file and its colon the
// variables that it has. What is typed stays as it is spelt; a path without a kind before it is a .env file's.
func Complete(text string, o Options) []string {
	o = o.withDefaults()
	kind, rest := "", text
	for _, k := range []string{"env-file:", "file:"} {
		if after, ok := strings.CutPrefix(text, k); ok {
			kind, rest = k, after
		}
	}
	if strings.HasPrefix(text, "command:") {
		return nil
	}
	if rest == "~" {
		return []string{kind + "~" + string(filepath.Separator)}
	}
	if i := strings.LastIndexByte(rest, ':'); i > 0 && kind != "file:" {
		return goingOn(kind+rest[:i+1], rest[i+1:], variables(rest[:i], o))
	}
	folder, begun := filepath.Split(rest)
	return goingOn(kind+folder, begun, inFolder(folder, begun, kind != "file:", o))
}

// goingOn are those of the names that go on with what was begun, behind what comes before it.
func goingOn(before, begun string, names []string) (out []string) {
	for _, name := range names {
		if strings.HasPrefix(name, begun) && len(out) < maxCompletions {
			out = append(out, before+name)
		}
	}
	return out
}

// inFolder are the names in a folder that a secret may go to. Hidden ones are there where a dot was typed, but for .env files: they are what
// is looked for.
func inFolder(folder, begun string, env bool, o Options) (names []string) {
	path := "."
	if folder != "" {
		path = strings.TrimRightFunc(folder, func(r rune) bool { return r == '/' || r == filepath.Separator })
	}
	if path == "" {
		path = string(filepath.Separator) + "."
	}
	path, err := resolved(path, o)
	if err != nil || !below(path, o) {
		return nil
	}
	found, err := os.ReadDir(path)
	if err != nil {
		return nil
	}
	for _, f := range found {
		name := f.Name()
		dotenv := strings.HasPrefix(name, ".env") || strings.HasSuffix(name, ".env")
		if strings.HasPrefix(name, ".") && !strings.HasPrefix(begun, ".") && !dotenv || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			continue
		}
		mode := f.Type()
		if mode&fs.ModeSymlink != 0 {
			if info, err := os.Stat(filepath.Join(path, name)); err == nil {
				mode = info.Mode().Type()
			}
		}
		switch {
		case mode.IsDir():
			names = append(names, name+string(filepath.Separator))
		case mode.IsRegular() && env && dotenv:
			names = append(names, name+":")
		case mode.IsRegular():
			names = append(names, name)
		}
	}
	return names
}

// variables are the names of those in a .env file.
func variables(path string, o Options) (names []string) {
	path, err := resolved(path, o)
	if err != nil || !below(path, o) {
		return nil
	}
	content, _, err := readRegular(path)
	if err != nil {
		return nil
	}
	d, err := parseDotenv(content)
	if err != nil {
		return nil
	}
	for _, a := range d.vars {
		names = append(names, a.name)
	}
	return names
}

// below reports whether a path may be looked at: where files are written below one folder alone, no other is.
func below(path string, o Options) bool {
	base := filepath.Clean(o.Below)
	return o.Below == "" || path == base || strings.HasPrefix(path, base+string(filepath.Separator))
}
