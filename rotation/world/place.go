package world

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The kinds of places.
const (
	envPlace     = "env"     // a variable of a .env file
	filePlace    = "file"    // a file that holds the secret alone
	linkPlace    = "link"    // a .env file behind a symbolic link
	releasePlace = "release" // a .env file in a folder that a deploy swaps: current -> releases/1
	hookPlace    = "hook"    // a program that takes the secret: nobody can read what it did with it
)

const variable = "API_KEY"

// place is where a secret is delivered.
type place struct {
	w      *world
	n      int
	kind   string
	base   string // the folder that everything of it lies in
	path   string // as the program is told
	then   bool   // the application reads it when the command after a delivery runs, else at each use
	remote string // what an unreadable one holds
	former string // what it held when the rotation began
	full   bool   // the disk is
	taken  bool   // something of it was taken away and is not back

	failPut       int // how many times the command fails, before or after it took effect
	failAfter     bool
	failThen      int
	changed, read int  // sequence numbers: the last change by others, the last look by the program in this act
	struck        bool // the key whose secret it holds was struck after our last try of it
	excused       bool // a secret that it held was made dead by us, since it was changed after our last look
	left          bool // left out, or vouched for, by the operator's word
	touched       bool // the program changed it
	replace       bool // the operator said that it may hold something else than the old key's secret
	oldDead       bool // the old key was dead, or seemed so by the service's clock, when the program looked at it in the preflight
	dead          bool // so it did, a secret that was dead already, or refused when it was said: that goes back

	readAt  int // the file as it was read at that count of changes on the disk
	isText  string
	beheld  string // what it held when the program read the file last
	isThere bool
}

func (p *place) String() string { return fmt.Sprintf("place %d (%s)", p.n, p.kind) }

func (p *place) readable() bool { return p.kind != hookPlace }

// text is what the file looks like with a value; without one the variable is not in it.
func (p *place) text(value string) string {
	switch {
	case p.kind == filePlace && value == "":
		return ""
	case p.kind == filePlace:
		return value + "\n"
	case value == "":
		return "# of the application\nPORT=8080\n"
	}
	return "# of the application\nPORT=8080\n" + variable + "=" + value + "\nREGION=eu\n"
}

func (p *place) write(text string) {
	p.w.disk++
	err := os.WriteFile(p.path, []byte(text), 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return // it was moved away
	}
	p.w.must(err)
}

// raw is the file's content as anybody would read it; false where there is none. It is read again only after something may have
// changed a file.
func (p *place) raw() (string, bool) {
	if p.readAt != p.w.disk || p.w.store.files != nil { // a test of its own may write the file itself
		b, err := os.ReadFile(p.path)
		p.readAt, p.isText, p.isThere = p.w.disk, string(b), err == nil
	}
	return p.isText, p.isThere
}

// content is the secret that an application would find there.
func (p *place) content() string {
	if p.kind == hookPlace {
		return p.remote
	}
	text, ok := p.raw()
	if !ok {
		return ""
	}
	if p.kind == filePlace {
		return strings.TrimSuffix(text, "\n")
	}
	value := ""
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(line, variable+"="); ok {
			value = strings.Trim(strings.TrimSpace(v), `"'`)
		}
	}
	return value
}

// byOthers marks that somebody else has changed it.
func (p *place) byOthers() {
	p.w.seq++
	p.w.disk++
	p.changed = p.w.seq
}

// put has somebody else write a value there, with everything else as it is.
func (p *place) put(value string) {
	defer p.byOthers()
	if p.kind == hookPlace {
		p.remote = value
		return
	}
	text, ok := p.raw()
	if !ok || p.kind == filePlace || p.content() == "" || value == "" {
		p.write(p.text(value))
		return
	}
	p.write(strings.ReplaceAll(text, p.content(), value))
}

// rewrite changes another line of the file.
func (p *place) rewrite() {
	text, ok := p.raw()
	if !ok || p.kind == filePlace {
		return
	}
	p.write(text + "# edited\n")
	p.byOthers()
}

// takeAway renames something of the place; what it returns renames it back.
func (p *place) takeAway(path string, instead func()) func() {
	if os.Rename(path, path+".away") != nil {
		return nil
	}
	p.taken = true
	if instead != nil {
		instead()
	}
	p.byOthers()
	return func() {
		p.taken = false
		_ = os.RemoveAll(path)
		p.w.must(os.Rename(path+".away", path))
		p.byOthers()
	}
}

func (p *place) folder() string {
	if p.kind == releasePlace {
		return filepath.Join(p.base, "current")
	}
	return filepath.Join(p.base, "app")
}

// moveAway moves its folder; with empty, as a volume that is not mounted, an empty one is there instead.
func (p *place) moveAway(empty bool) func() {
	folder := p.folder()
	if !empty {
		return p.takeAway(folder, nil)
	}
	return p.takeAway(folder, func() { p.w.must(os.Mkdir(folder, 0o755)) })
}

// removeFile removes the file; what it returns writes it anew, where nobody else has.
func (p *place) removeFile() func() {
	text, ok := p.raw()
	if !ok {
		return nil
	}
	_ = os.Remove(p.path)
	if p.kind == linkPlace { // the link is gone, its target stays
		return p.relink("../data/real.env")
	}
	p.byOthers()
	p.taken = true
	return func() {
		p.taken = false
		if _, there := p.raw(); !there {
			p.write(text)
			p.byOthers()
		}
	}
}

func (p *place) relink(to string) func() {
	p.byOthers()
	p.taken = true
	return func() {
		p.taken = false
		_ = os.Remove(p.path)
		p.w.must(os.Symlink(to, p.path))
		p.byOthers()
	}
}

// swap has a deploy put another file at the end of the path: with the value that the repository has, or a copy of
// what was there. What it returns rolls the deploy back.
func (p *place) swap(copied bool) func() {
	value := p.former
	if copied {
		value = p.content()
	}
	text := p.text(value)
	switch p.kind {
	case releasePlace:
		next := filepath.Join(p.base, "releases", "2")
		if os.Mkdir(next, 0o755) != nil {
			return nil
		}
		p.w.must(os.WriteFile(filepath.Join(next, ".env"), []byte(text), 0o600))
		return p.point(filepath.Join(p.base, "current"), "releases/2", "releases/1")
	case linkPlace:
		p.w.must(os.WriteFile(filepath.Join(p.base, "data", "other.env"), []byte(text), 0o600))
		return p.point(p.path, "../data/other.env", "../data/real.env")
	}
	return nil
}

func (p *place) point(link, to, back string) func() {
	set := func(target string) {
		_ = os.Remove(link)
		p.w.must(os.Symlink(target, link))
		p.byOthers()
	}
	set(to)
	p.taken = true
	return func() {
		p.taken = false
		set(back)
	}
}

// copies are the kept copies of any job beside the file.
func (p *place) copies() []string {
	var out []string
	for _, pattern := range []string{"app", "data", "releases/1", "releases/2"} {
		entries, err := os.ReadDir(filepath.Join(p.base, pattern))
		if err != nil {
			continue
		}
		for _, e := range entries {
			if strings.Contains(e.Name(), ".detent-") {
				out = append(out, filepath.Join(p.base, pattern, e.Name()))
			}
		}
	}
	return out
}

// dropCopies removes the kept copies; what it returns puts them back.
func (p *place) dropCopies() func() {
	kept := map[string]string{}
	for _, path := range p.copies() {
		if b, err := os.ReadFile(path); err == nil {
			kept[path] = string(b)
			_ = os.Remove(path)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return func() {
		for path, text := range kept {
			if _, err := os.Stat(filepath.Dir(path)); err == nil {
				p.w.must(os.WriteFile(path, []byte(text), 0o600))
			}
		}
	}
}

// freeze returns what lies on the disk at the moment of a kill, of the files that a clean-up would remove.
func (w *world) freeze() map[string]string {
	out := map[string]string{}
	for _, p := range w.places {
		for _, path := range p.copies() {
			if b, err := os.ReadFile(path); err == nil {
				out[path] = string(b)
			}
		}
	}
	return out
}

// thaw puts back what the unwinding of a killed process cleaned up: no kill does that.
func (w *world) thaw(lay map[string]string) {
	for path, text := range lay {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			w.must(os.WriteFile(path, []byte(text), 0o600))
		}
	}
}

// allFiles are the files under the walk's folder, with their content.
func (w *world) allFiles() map[string]string {
	out := map[string]string{}
	_ = filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if b, err := os.ReadFile(path); err == nil {
				out[path] = string(b)
			}
		}
		return nil
	})
	return out
}

// readables are the places that can be read, in order.
func (w *world) readables() []*place {
	return slices.DeleteFunc(slices.Clone(w.places), func(p *place) bool { return !p.readable() })
}

// spec is the place as the operator writes it.
func (p *place) spec() string {
	switch p.kind {
	case hookPlace:
		return fmt.Sprintf("hook-%d", p.n)
	case filePlace:
		return "file:" + p.path
	}
	return "env-file:" + p.path + ":" + variable
}

func (p *place) described() string {
	if p.kind == filePlace {
		return p.path
	}
	return variable + " in " + p.path
}

func (w *world) placeOf(spec string) *place {
	i := slices.IndexFunc(w.places, func(p *place) bool { return p.spec() == spec })
	if i < 0 {
		return nil
	}
	return w.places[i]
}
