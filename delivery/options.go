package delivery

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/kballard/go-shellquote"

	"detent/apikey"
)

// Options are what a destination needs of the world. The zero value of each
// field is the default that its comment names.
type Options struct {
	// Home is what ~ stands for; without it ~ is refused.
	Home string
	// Dir is what a relative path is relative to; empty is the working directory.
	Dir string
	// Below is the one folder in which files are written; empty is anywhere.
	Below string
	// Environ is the environment of child processes, without the variables that a
	// token.env names; DETENT_TOKEN is taken out here in any case. Nil is an empty one.
	Environ []string
	// Clipboard hands a secret to the operator's clipboard; nil where there is none.
	Clipboard func(apikey.Secret) error
	// LookPath finds a program; nil is exec.LookPath.
	LookPath func(name string) (string, error)
	// Timeout bounds each child process; 0 is 60 s.
	Timeout time.Duration
	// MaxOutput is how many bytes of a child's output are kept, the last ones; 0 is 64 KiB.
	MaxOutput int
	// NoSync leaves disk syncs out, for what need not survive a crash of the machine: tests, and the demo.
	NoSync bool
	// NoMounts leaves out asking every process of this system which files it has mounted by themselves, for tests that
	// prepare thousands of deliveries to folders of their own.
	NoMounts bool
	// Hook is called before and after each file operation, with "delivery before: STEP" and
	// "delivery after: STEP"; nil does nothing. Tests kill the process there, or act as
	// somebody else would. The steps are those of disk.go.
	Hook func(point string)
	// Fault, where it returns an error, has the step of that name fail with it in place of being
	// done. For tests alone; nil never does.
	Fault func(step string) error
}

const (
	defaultTimeout   = 60 * time.Second
	defaultMaxOutput = 64 << 10
)

func (o Options) withDefaults() Options {
	if o.LookPath == nil {
		o.LookPath = exec.LookPath
	}
	o.Timeout, o.MaxOutput = cmp.Or(o.Timeout, defaultTimeout), cmp.Or(o.MaxOutput, defaultMaxOutput)
	if o.Hook == nil {
		o.Hook = func(string) {}
	}
	if o.Fault == nil {
		o.Fault = func(string) error { return nil }
	}
	// Never nil: os/exec would take that for our own environment.
	o.Environ = CleanEnviron(o.Environ, nil)
	return o
}

// Config is a destination as a profile names it. Exactly one of EnvFile, File and
// Command is set.
type Config struct {
	// Name is what --deliver calls it.
	Name string
	// Keys are patterns: whoever asks where a key goes suggests it for those whose name matches.
	Keys []string
	// EnvFile is one variable of a .env file.
	EnvFile *EnvFile
	// File is the path of a file that holds the secret alone.
	File string
	// Command is a program and its arguments; the secret is its standard input.
	Command []string
	// Then is a program and its arguments, run after a delivery and again after an undo.
	Then []string
	// Probe is a program and its arguments: exit 0 says that the application there works with what it has.
	Probe []string
}

// EnvFile names a variable of a .env file.
type EnvFile struct {
	Path     string
	Variable string
}

// New makes the destination that a profile names. Paths are absolute or begin with ~.
func New(c Config, o Options) (Destination, error) {
	kinds := 0
	for _, set := range []bool{c.EnvFile != nil, c.File != "", len(c.Command) > 0} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		return nil, fmt.Errorf("destination %s: exactly one of env_file, file and command is needed", display(c.Name))
	}
	path := c.File
	if c.EnvFile != nil {
		path = c.EnvFile.Path
	}
	if len(c.Command) == 0 && !filepath.IsAbs(path) && !strings.HasPrefix(path, "~") {
		return nil, fmt.Errorf("destination %s: the path %s is neither absolute nor begins with ~", display(c.Name), display(path))
	}
	d, err := build(c, o.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("destination %s: %w", display(c.Name), err)
	}
	return d, nil
}

func build(c Config, o Options) (Destination, error) {
	common := common{spec: c.Name, then: slices.Clone(c.Then), probe: slices.Clone(c.Probe), o: o}
	switch {
	case c.EnvFile != nil:
		if err := checkVariable(c.EnvFile.Variable); err != nil {
			return nil, err
		}
		path, err := absolute(c.EnvFile.Path, o)
		if err != nil {
			return nil, err
		}
		e := &envFile{inFile{common: common, place: place{path: path, o: o}, suffix: ":" + c.EnvFile.Variable}, c.EnvFile.Variable}
		e.look, e.change = e.holds, e.changeFor
		return e, nil
	case c.File != "":
		path, err := absolute(c.File, o)
		if err != nil {
			return nil, err
		}
		p := &plainFile{inFile{common: common, place: place{path: path, o: o}}}
		p.look, p.change = p.holds, func(job Job) change { return change{job: job, look: p.holds} }
		return p, nil
	}
	if c.Command[0] == "" {
		return nil, fmt.Errorf("the command has no program")
	}
	return &command{oneWay: oneWay{common}, words: slices.Clone(c.Command)}, nil
}

// Short is a spelling for a record. A command's words may hold anything: the first is enough.
func Short(spec string) string {
	command, ok := strings.CutPrefix(spec, "command:")
	if !ok {
		return spec
	}
	command = strings.TrimSpace(command)
	if end := strings.IndexFunc(command, unicode.IsSpace); end >= 0 {
		command = command[:end]
	}
	return "command:" + filepath.Base(command)
}

const specForms = "env-file:PATH:VARIABLE, file:PATH, command:CMDLINE, clipboard, or the name of a destination of the profile"

// Parse reads a destination as docs/REFERENCE.md writes it: env-file:PATH:VARIABLE (the
// last colon splits), file:PATH, command:CMDLINE (split into words as a shell
// would, with no shell and no expansion) or clipboard. Names of the profile are
// the caller's to look up first. The Spec of a file has its whole path, so that it means
// the same place when a rotation is resumed from another folder.
func Parse(spec string, o Options) (Destination, error) {
	o = o.withDefaults()
	kind, rest, found := strings.Cut(spec, ":")
	c := Config{Name: spec}
	switch {
	case spec == "clipboard":
		return &clipboard{oneWay{common{spec: spec, o: o}}}, nil
	case kind == "clipboard":
		return nil, fmt.Errorf("clipboard takes nothing after it")
	case !found:
		return nil, fmt.Errorf("%s is no destination: use %s", display(clip(spec)), specForms)
	case kind == "env-file":
		i := strings.LastIndexByte(rest, ':')
		if i < 0 {
			return nil, fmt.Errorf("env-file needs a path and a variable: env-file:PATH:VARIABLE")
		}
		c.EnvFile = &EnvFile{Path: rest[:i], Variable: rest[i+1:]}
		if path, err := absolute(c.EnvFile.Path, o); err == nil {
			c.Name = "env-file:" + path + ":" + c.EnvFile.Variable
		}
	case kind == "file":
		if rest == "" {
			return nil, fmt.Errorf("file needs a path: file:PATH")
		}
		c.File = rest
		if path, err := absolute(rest, o); err == nil {
			c.Name = "file:" + path
		}
	case kind == "command":
		words, err := shellquote.Split(rest)
		if err != nil {
			return nil, fmt.Errorf("command: the command line cannot be split into words: %s", strings.ToLower(err.Error()))
		}
		if len(words) == 0 {
			return nil, fmt.Errorf("command needs a program: command:CMDLINE")
		}
		c.Command = words
	default:
		return nil, fmt.Errorf("%s is no kind of destination: use %s", display(clip(kind)), specForms)
	}
	d, err := build(c, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return d, nil
}

// absolute resolves ~ and a relative path, and refuses one that is not below o.Below. It does not follow symbolic links.
func absolute(path string, o Options) (string, error) {
	path, err := resolved(path, o)
	if err == nil && o.Below != "" && !strings.HasPrefix(path, filepath.Clean(o.Below)+string(filepath.Separator)) {
		err = fmt.Errorf("%s is outside %s, and files are written below that alone here: give a relative path", display(path), display(o.Below))
	}
	return path, err
}

func resolved(path string, o Options) (string, error) {
	switch {
	case path == "":
		return "", fmt.Errorf("the path is empty")
	case strings.HasSuffix(path, "/"):
		return "", fmt.Errorf("%s is a folder: name the file in it", display(path))
	case path == "~" || strings.HasPrefix(path, "~/"):
		if o.Home == "" {
			return "", fmt.Errorf("%s: the home directory is not known", display(path))
		}
		return filepath.Join(o.Home, path[1:]), nil
	case strings.HasPrefix(path, "~"):
		return "", fmt.Errorf("%s: another user's home is not looked up: write the whole path", display(path))
	case filepath.IsAbs(path):
		return filepath.Clean(path), nil
	}
	dir := o.Dir
	if dir == "" {
		wd, err := os.Getwd()
		if err != nil {
			return "", fmt.Errorf("%s is relative, and the working directory is not known", display(path))
		}
		dir = wd
	}
	return filepath.Join(dir, path), nil
}

// CleanEnviron is the environment for a child process: environ without
// DETENT_TOKEN and without the variables named in drop (those of every token.env).
func CleanEnviron(environ []string, drop []string) []string {
	hidden := append([]string{"DETENT_TOKEN"}, drop...)
	out := make([]string, 0, len(environ))
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !slices.ContainsFunc(hidden, func(h string) bool { return sameVariable(name, h) }) {
			out = append(out, entry)
		}
	}
	return out
}

func sameVariable(a, b string) bool {
	if runtime.GOOS == "windows" {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// common is what every destination has.
type common struct {
	spec  string
	then  []string
	probe []string
	o     Options
}

// Spec is the destination as the operator wrote it, with a whole path.
func (c *common) Spec() string { return c.spec }

// HasThen says whether a command runs after a delivery.
func (c *common) HasThen() bool { return len(c.then) > 0 }

// HasProbe says whether a command tells if the application works.
func (c *common) HasProbe() bool { return len(c.probe) > 0 }
