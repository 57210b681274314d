// Package issuers finds the declarations of issuers: those that are built in, which are the files of this folder, and a user's own,
// which are files in a folder beside the configuration. An issuer is found by being there; no other file names it.
package issuers

import (
	"bufio"
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"detent/client/kit"
)

//go:embed *.toml
var files embed.FS

// ErrUnknown is that there is no such issuer.
var ErrUnknown = errors.New("no such issuer")

// builtIn are the declarations of this folder, each read when it is first asked for.
var builtIn = sync.OnceValue(func() map[string]func() (*kit.Declaration, error) {
	out := map[string]func() (*kit.Declaration, error){}
	entries, _ := files.ReadDir(".")
	for _, f := range entries {
		file := f.Name()
		out[strings.TrimSuffix(file, ".toml")] = sync.OnceValues(func() (*kit.Declaration, error) {
			raw, err := files.ReadFile(file)
			if err != nil {
				return nil, err
			}
			return kit.BuiltIn(file, raw)
		})
	}
	return out
})

// BuiltIn are the names of the issuers that are built in, in the order in which they are listed.
var BuiltIn = sync.OnceValue(func() []string {
	var out []string
	for name := range heads() {
		out = append(out, name)
	}
	place := func(name string) int { return heads()[name].place }
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b)) })
	return slices.Clip(out)
})

// Embedded are those that the embedded service speaks, in that order.
var Embedded = sync.OnceValue(func() []string {
	return slices.DeleteFunc(slices.Clone(BuiltIn()), func(name string) bool { return !heads()[name].embedded })
})

// head is what every command needs of a built-in declaration. It stands above its first table, and is read by itself: reading all declarations
// takes as long as the rest of a start.
type head struct {
	place    int // in the list; the largest number where it names none
	embedded bool
}

// heads are those of all that are built in.
var heads = sync.OnceValue(func() map[string]head {
	out, lines := map[string]head{}, bufio.NewReaderSize(nil, headSize)
	for name := range builtIn() {
		f, err := files.Open(name + ".toml")
		if err != nil {
			continue
		}
		lines.Reset(f)
		out[name] = readHead(lines)
		_ = f.Close()
	}
	return out
})

func readHead(lines *bufio.Reader) head {
	found := head{place: math.MaxInt}
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil || bytes.HasPrefix(line, []byte("[")) {
			return found
		}
		field, value, _ := bytes.Cut(line, []byte("="))
		switch value := bytes.TrimSpace(value); string(bytes.TrimSpace(field)) {
		case "place":
			if at, err := strconv.Atoi(string(value)); err == nil && at > 0 {
				found.place = at
			}
		case "embedded":
			found.embedded = string(value) == "true"
		}
	}
}

// headSize is how much of a declaration is read at once for its head; no line there is longer.
const headSize = 512

// IsBuiltIn reports whether a name is that of one that is built in.
func IsBuiltIn(name string) bool { return builtIn()[name] != nil }

// FolderBeside is where a user's own declarations are: a folder beside the configuration file.
func FolderBeside(config string) string {
	if config == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(config), "issuers")
}

// Names are all issuers: those that are built in, then those of the folder, by their files' names.
func Names(folder string) []string {
	out := slices.Clone(BuiltIn())
	if folder == "" {
		return out
	}
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".toml")
		if ok && !IsBuiltIn(name) && !strings.HasPrefix(e.Name(), ".") && !strings.ContainsFunc(name, unicode.IsControl) {
			out = append(out, name)
		}
	}
	return out
}

// Load is the declaration of an issuer: one that is built in, else the folder's. The error of one that is nowhere is ErrUnknown.
func Load(folder, name string) (*kit.Declaration, error) {
	if load := builtIn()[name]; load != nil {
		return load()
	}
	if folder == "" || name == "" || filepath.Base(name) != name || strings.HasPrefix(name, ".") {
		return nil, ErrUnknown
	}
	d, err := LoadFile(filepath.Join(folder, name+".toml"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrUnknown
	}
	return d, err
}

// LoadFile reads a user's own declaration. Its name is that of its file, and none that is built in.
func LoadFile(file string) (*kit.Declaration, error) {
	raw, err := read(file)
	if err != nil {
		return nil, err
	}
	d, err := kit.LoadUsers(file, raw)
	if err != nil {
		return nil, err
	}
	switch own, is := strings.CutSuffix(filepath.Base(file), ".toml"); {
	case IsBuiltIn(d.Name):
		return nil, &kit.Problem{File: file, Line: 1, Field: "name", Text: fmt.Sprintf("%q is built in: choose another", d.Name)}
	case d.Name != own || !is:
		return nil, &kit.Problem{File: file, Line: 1, Field: "name", Text: fmt.Sprintf("is %q, and the file is called %s: it is %s.toml", d.Name, filepath.Base(file), d.Name)}
	}
	return d, nil
}

// read reads a file, as far as a declaration may be long and a byte more.
func read(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &kit.Problem{File: file, Line: 1, Text: "is no regular file"}
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, kit.MaxFile+1))
}
