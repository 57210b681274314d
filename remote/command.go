package remote

import (
	"errors"
	"io"
	"strings"

	"github.com/kballard/go-shellquote"
	"github.com/spf13/pflag"
)

// sessionCommands are what works without a terminal, and the flags of each. What stands nowhere here is refused.
var sessionCommands = map[string]func(f *pflag.FlagSet){
	"list": func(f *pflag.FlagSet) { f.Bool("all-profiles", false, "") }, "rotations": func(*pflag.FlagSet) {}, "verify": func(*pflag.FlagSet) {},
	"check": func(f *pflag.FlagSet) {
		f.String("max-age", "", "")
		f.String("expiring", "", "")
		f.String("unused", "", "")
		f.Bool("all", false, "")
		f.Bool("all-profiles", false, "")
	},
	"audit": func(f *pflag.FlagSet) { // for admins
		f.String("since", "", "")
		f.String("key", "", "")
		f.String("operator", "", "")
	},
}

// spokenCommand opens the TUI in lines: clients take what begins with a dash for an option of their own.
const spokenCommand = "screen-reader"

const sessionHelp = "over SSH there are list, check, rotations and verify, with -o, -p, --all-profiles, the FILTER of list and the numbers of check, and for admins audit, with -o, --since, --key and --operator; without a command, the TUI, or with screen-reader the TUI in lines"

// sessionArgs makes arguments of ours of a command that a client sent, and says in words of ours what it is: what came may
// hold a secret. None reaches cobra as it came.
func sessionArgs(command string) (args []string, what string, err error) {
	if strings.TrimSpace(command) == "" {
		return nil, "TUI", nil
	}
	words, err := shellquote.Split(command)
	if err != nil {
		return nil, "no command", errors.New("the command cannot be split into words: is a quote left open?")
	}
	if len(words) == 0 { // a comment, an escaped line end
		return nil, "no command", errors.New("the command has no words; " + sessionHelp)
	}
	if len(words) == 1 && words[0] == spokenCommand {
		return []string{"--" + spokenCommand}, "TUI", nil
	}
	name := words[0]
	if name == "detent" && len(words) > 1 {
		words = words[1:]
		name = words[0]
	}
	register, ok := sessionCommands[name]
	if name == "help" || name == "--help" || name == "-h" {
		return nil, "help", pflag.ErrHelp
	}
	if !ok {
		return nil, "a command that is not offered", errors.New(sessionHelp)
	}
	f := pflag.NewFlagSet(name, pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringP("output", "o", "", "")
	f.StringP("profile", "p", "", "")
	register(f)
	if err := f.Parse(words[1:]); errors.Is(err, pflag.ErrHelp) {
		return nil, name + " --help", err
	} else if err != nil {
		return nil, name + " with a flag that is not offered", errors.New(err.Error() + "; " + sessionHelp)
	}
	if f.NArg() > 0 && name != "list" {
		return nil, name + " with an argument", errors.New(name + " takes no argument; " + sessionHelp)
	}
	args = []string{name}
	f.Visit(func(x *pflag.Flag) { args = append(args, "--"+x.Name+"="+x.Value.String()) })
	if f.NArg() > 0 { // the words of a filter, which are no flags whatever they begin with
		args = append(append(args, "--"), f.Args()...)
	}
	return args, name, nil
}
