package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const followedProfile = "[profiles.a]\nservice = \"prosopo\"\nurl = \"https://a.example\"\ntoken = { env = \"A\" }\n"

// TestAFileIsReadAgainWhenItHasChanged, whatever changed of it, and not before.
func TestAFileIsReadAgainWhenItHasChanged(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"another profile": func(p string) error {
			return os.WriteFile(p, []byte(followedProfile+strings.ReplaceAll(followedProfile, ".a]", ".b]")), 0o600)
		},
		"renamed into place": func(p string) error {
			if err := os.WriteFile(p+".new", []byte(strings.ReplaceAll(followedProfile, ".a]", ".b]")), 0o600); err != nil {
				return err
			}
			return os.Rename(p+".new", p)
		},
		"deleted": os.Remove,
	} {
		path := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(path, []byte(followedProfile), 0o600); err != nil {
			t.Fatal(err)
		}
		f := Follow(path, false)
		later := time.Now().Add(time.Hour) // what changes now is not seen by its age
		if cfg, err, read := f.Look(later); !read || err != nil || len(cfg.Profiles) != 1+len(BuiltIn()) {
			t.Fatalf("%s: the first look: %v %v", name, read, err)
		}
		if _, _, read := f.Look(later.Add(time.Hour)); read {
			t.Errorf("%s: it was read again though nothing had changed", name)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		cfg, err, read := f.Look(later)
		if !read || err != nil {
			t.Fatalf("%s: %v %v", name, read, err)
		}
		_, has := cfg.Lookup("b")
		if gone := len(cfg.Profiles) == len(BuiltIn()); has == gone {
			t.Errorf("%s: %v", name, cfg.Names())
		}
	}
}

// TestAFileThatChangesTwiceInOneTickIsSeen: on a file system whose times are coarse the second change leaves no stamp.
func TestAFileThatChangesTwiceInOneTickIsSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(followedProfile), 0o600); err != nil {
		t.Fatal(err)
	}
	f := Follow(path, true)
	if _, err, _ := f.Look(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(followedProfile, ".a]", ".b]")), 0o600); err != nil {
		t.Fatal(err)
	}
	f.stamp = StampOf(path) // nothing shows
	cfg, err, _ := f.Look(time.Now())
	if err != nil || cfg == nil {
		t.Fatalf("the change is not seen: %v", err)
	}
	if _, has := cfg.Lookup("b"); !has {
		t.Error("the change is not taken up")
	}
}

// TestAFileThatCannotBeReadIsTriedAgain: what is wrong may be mended without a sign of it, a folder above it say.
func TestAFileThatCannotBeReadIsTriedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte("colour = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(time.Hour)
	f := Follow(path, true)
	if _, err, read := f.Look(now); !read || err == nil {
		t.Fatalf("%v %v", read, err)
	}
	if _, _, read := f.Look(now.Add(RetryEvery / 2)); read {
		t.Error("it is read at every look")
	}
	if _, err, read := f.Look(now.Add(RetryEvery)); !read || err == nil {
		t.Errorf("%v %v", read, err)
	}
}
