package remote

import "testing"

// FuzzSessionArgs: whatever a client sends becomes arguments of ours or a refusal in words of ours.
func FuzzSessionArgs(f *testing.F) {
	for _, text := range []string{"", "\\\n", "''", "\"\"", "#", "detent", "detent detent", "list --help", "list -o", "check --all=x", "verify x", "--", "list --", "-h", "\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, command string) {
		args, what, err := sessionArgs(command)
		if what == "" || err == nil && len(args) == 0 && what != "TUI" {
			t.Fatalf("%q: %q %q %v", command, args, what, err)
		}
		if len(args) > 0 {
			if _, ok := sessionCommands[args[0]]; !ok {
				t.Fatalf("%q runs %q", command, args)
			}
		}
	})
}
