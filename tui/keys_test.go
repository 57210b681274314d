package tui

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"detent/apikey"
	"detent/tui/ui"
)

// keysDoc is docs/KEYS.md, made of the bindings themselves.
func keysDoc() string {
	var b strings.Builder
	b.WriteString("# Keys\n\nGenerated from `tui/ui/keys.go` by `go test ./tui -run Keys -update`; a test fails when it is stale.\n")
	for _, s := range ui.NewKeys().Sections() {
		fmt.Fprintf(&b, "\n## %s\n\n| Key | Does |\n|---|---|\n", s.Title)
		for _, k := range s.Keys {
			names := make([]string, len(k.Keys()))
			for i, name := range k.Keys() {
				if name == " " {
					name = "space"
				}
				names[i] = "`" + strings.ReplaceAll(name, "|", "\\|") + "`"
			}
			fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(names, " "), k.Help().Desc)
		}
	}
	words := ui.FilterWords()
	fmt.Fprintf(&b, "\n## %s\n\nAll of them must hold, in any order. What is not understood is said under the filter, and left out.\n\n| Word | Finds |\n|---|---|\n", words.Title)
	for _, w := range words.Keys {
		fmt.Fprintf(&b, "| `%s` | %s |\n", w.Help().Key, w.Help().Desc)
	}
	b.WriteString(everyWord())
	b.WriteString(`
In read-only mode the keys that write (` + "`n e r x d`" + `) are gone from help and answer with why. In a text input every
printable key is text. Of keys that arrive in one read, movement all acts; of the others one acts, and what follows it
is text for the input that it opened, or movement. A confirmation takes neither enter nor y, and no d that deletes the
new key, from the read that opened it, nor in its first 300 ms.
`)
	return b.String()
}

// everyWord is all that the filter understands, of the tables of fields and findings.
func everyWord() string {
	var text, times []string
	states := []string{"`disabled`", "`enabled`", "`own`"}
	for f := range apikey.Fields() {
		switch word := "`" + f.Filter + "`"; {
		case f.Filter == "":
		case f.Kind == apikey.KindTime || f.Kind == apikey.KindLife:
			times = append(times, word)
		default:
			text = append(text, word)
		}
	}
	for f := range apikey.Findings() {
		for _, word := range f.Filter {
			states = append(states, "`"+word+"`")
		}
	}
	return fmt.Sprintf("\nBefore `:` may stand %s `status`;\nbefore `<` and `>` %s `unused`. The states, bare or after `status:`, are\n%s.\n",
		strings.Join(text, " "), strings.Join(times, " "), strings.Join(states, " "))
}

func TestKeysDocIsGeneratedFromTheKeys(t *testing.T) {
	const path = "../docs/KEYS.md"
	if *update {
		if err := os.WriteFile(path, []byte(keysDoc()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != keysDoc() {
		t.Errorf("%s is stale: go test ./tui -run Keys -update", path)
	}
}

// These keys are promised: a change is one of docs/REFERENCE.md as well.
func TestTheKeysAreThoseOfThePromise(t *testing.T) {
	k := ui.NewKeys()
	promised := map[string][]string{
		"up": {"k", "up"}, "down": {"j", "down"}, "first": {"g"}, "last": {"G"},
		"half a page up": {"ctrl+u"}, "half a page down": {"ctrl+d"}, "page up": {"pgup"}, "page down": {"pgdown"},
		"detail": {"enter", "l"}, "back": {"esc", "h"}, "new": {"n"}, "edit": {"e"}, "rotate": {"r"}, "rotations": {"R"},
		"enable/disable": {"x"}, "delete": {"d"}, "filter": {"/"}, "sort": {"s"}, "reverse": {"S"}, "copy …": {"y"},
		"verify a secret": {"v"}, "profiles": {"p"}, "reload": {"ctrl+r"}, "help": {"?"}, "quit": {"q", "ctrl+c"},
	}
	found := map[string]string{}
	for _, s := range k.Sections()[:3] {
		for _, b := range s.Keys {
			found[b.Help().Desc] = strings.Join(b.Keys(), " ")
		}
	}
	for desc, keys := range promised {
		for _, name := range keys {
			if !strings.Contains(" "+found[desc]+" ", " "+name+" ") {
				t.Errorf("%q is not bound to %q but to %q", desc, name, found[desc])
			}
		}
	}
}

func TestNoKeyOfTheMainScreenMeansTwoThings(t *testing.T) {
	owner := map[string]string{}
	for _, s := range ui.NewKeys().Sections()[:3] {
		for _, b := range s.Keys {
			for _, name := range b.Keys() {
				if other, taken := owner[name]; taken {
					t.Errorf("%q is both %q and %q", name, other, b.Help().Desc)
				}
				owner[name] = b.Help().Desc
			}
		}
	}
}
