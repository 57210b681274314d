package delivery

import (
	"os"
	"path/filepath"
	"testing"

	"detent/apikey"
)

func TestFilesGiveBackWhatTheyHold(t *testing.T) {
	const canary = "sk_live_canary0123456789"
	dir := t.TempDir()
	for spec, content := range map[string]string{
		"env-file:" + dir + "/.env:API_KEY": "# ours\nexport API_KEY=\"" + canary + "\"\n",
		"file:" + dir + "/token":            canary + "\n",
	} {
		d, err := Parse(spec, Options{})
		if err != nil {
			t.Fatal(err)
		}
		holder, ok := d.(Holder)
		if !ok {
			t.Fatalf("%s gives nothing back", spec)
		}
		if s, err := holder.Held(t.Context()); err != nil || s.Exists || !s.Secret.IsZero() {
			t.Errorf("%s: nothing is there, yet it holds something: %v", spec, err)
		}
		path := filepath.Join(dir, map[bool]string{true: ".env", false: "token"}[d.Describe() != dir+"/token"])
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := holder.Held(t.Context()); err != nil || !s.Exists || !s.Secret.Equal(apikey.NewSecret(canary)) {
			t.Errorf("%s: %v", spec, err)
		}
	}
	for _, spec := range []string{"command:cat", "clipboard"} {
		if d, err := Parse(spec, Options{}); err != nil {
			t.Fatal(err)
		} else if _, ok := d.(Holder); ok {
			t.Errorf("%s claims to hold something", spec)
		}
	}
}

// TestOnlyTheSecretItselfReadsBackAsTheSame: a value that others wrote since, or no value, is different.
func TestOnlyTheSecretItselfReadsBackAsTheSame(t *testing.T) {
	const canary = "sk_live_canary0123456789"
	path := filepath.Join(t.TempDir(), "app")
	for spec, contents := range map[string]map[string]Match{
		"file:" + path: {canary: Same, canary + "\n": Same, canary + "x": Different, "": Different, "other\n": Different},
		"env-file:" + path + ":KEY": {"KEY=" + canary + "\n": Same, "KEY='" + canary + "' # c": Same, "KEY=" + canary + "x\n": Different,
			"KEY=\n": Different, "OTHER=" + canary: Different, "KEY=" + canary + "\nKEY=other\n": Different, "KEY='" + canary: Different},
	} {
		d, err := Parse(spec, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for content, want := range contents {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if m, err := d.ReadBack(t.Context(), apikey.NewSecret(canary)); err != nil || m != want {
				t.Errorf("%s of %q: %v, %v, want %v", spec, content, m, err, want)
			}
		}
	}
}
