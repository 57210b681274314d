package remote

import (
	"strings"
	"testing"
)

// FuzzSessionArgs: whatever a client sends becomes arguments of ours or a refusal in words of ours.
func FuzzSessionArgs(f *testing.F) {
	for _, text := range []string{"", "\\\n", "''", "\"\"", "#", "detent", "detent detent", "list --help", "list -o", "check --all=x", "verify x", "screen-reader", "screen-reader x", "--", "list --", "list a '!b' -- --c", "list --all-profiles x", "-h", "\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, command string) {
		args, what, err := sessionArgs(command)
		if what == "" || err == nil && len(args) == 0 && what != "TUI" {
			t.Fatalf("%q: %q %q %v", command, args, what, err)
		}
		for _, flag := range args[min(1, len(args)):] { // before the words: flags of ours alone
			if flag == "--" {
				break
			}
			if !strings.HasPrefix(flag, "--") || strings.HasPrefix(flag, "--config") {
				t.Fatalf("%q runs %q", command, args)
			}
		}
		if len(args) > 0 {
			if _, ok := sessionCommands[args[0]]; !ok && (len(args) != 1 || args[0] != "--screen-reader") {
				t.Fatalf("%q runs %q", command, args)
			}
		}
	})
}
