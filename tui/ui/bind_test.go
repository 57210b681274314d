package ui

import (
	"slices"
	"strings"
	"testing"
)

// Every action takes one key and several, and every key that a configuration may name is one that a terminal sends.
func TestAnActionTakesOtherKeys(t *testing.T) {
	for _, chosen := range NewKeys().Actions() {
		for _, names := range [][]string{{"f5"}, {"ctrl+t", "ü"}, {"space"}} {
			k := NewKeys()
			if err := k.Bind(chosen, names); err != nil {
				t.Fatalf("%s = %q: %v", chosen, names, err)
			}
			for _, name := range names {
				msg, ok := KeyNamed(name)
				if !ok {
					t.Fatalf("no key is named %q", name)
				}
				if !slices.ContainsFunc(k.actions(), func(a action) bool { return a.name == chosen && slices.Contains(a.binding.Keys(), msg.String()) }) {
					t.Errorf("%s = %q does not act on %q", chosen, names, msg.String())
				}
			}
			if other, problem := k.Conflict([]string{chosen}); problem != "" && !strings.Contains(problem, "space") {
				t.Errorf("%s = %q: %s %s", chosen, names, other, problem)
			}
		}
		k := NewKeys()
		for _, wrong := range []string{"", "ctrl+", "up up", "F5", "ctrl+c", "ctrl+z", "nn", "\x1b"} {
			if err := k.Bind(chosen, []string{wrong}); err == nil {
				t.Errorf("%s = %q is accepted", chosen, wrong)
			}
		}
	}
	if err := NewKeys().Bind("rotte", []string{"r"}); err == nil || !strings.Contains(err.Error(), "rotate") {
		t.Errorf("an action that there is not: %v", err)
	}
}

// Of any two actions, one that is given a key of the other is a conflict, which names both and blames the one that was given it; where
// both were given others, there is none.
func TestOneKeyForTwoActionsIsAConflict(t *testing.T) {
	all := NewKeys().actions()
	for _, a := range all {
		for _, b := range all {
			taken := b.binding.Keys()[0]
			if a.name == b.name || taken == "ctrl+c" {
				continue
			}
			k := NewKeys()
			if err := k.Bind(a.name, []string{taken}); err != nil {
				t.Fatal(err)
			}
			if action, problem := k.Conflict([]string{a.name}); action != a.name || !strings.Contains(problem, b.name) {
				t.Errorf("%s = %q, which is %s: %q %q", a.name, taken, b.name, action, problem)
			}
			if err := k.Bind(b.name, []string{"f9"}); err != nil {
				t.Fatal(err)
			}
			if action, problem := k.Conflict([]string{a.name, b.name}); action != "" {
				t.Errorf("%s = %q and %s = f9: %q %q", a.name, taken, b.name, action, problem)
			}
		}
	}
	if action, problem := NewKeys().Conflict(nil); action != "" {
		t.Errorf("the program's own keys: %s %s", action, problem)
	}
}

// ctrl+c leaves, whatever quits.
func TestCtrlCQuitsWhateverElseDoes(t *testing.T) {
	k := NewKeys()
	if err := k.Bind("quit", []string{"Q"}); err != nil {
		t.Fatal(err)
	}
	if got := k.Quit.Keys(); !slices.Equal(got, []string{"Q", "ctrl+c"}) || k.Quit.Help().Key != "Q" {
		t.Errorf("%q, shown as %q", got, k.Quit.Help().Key)
	}
}
