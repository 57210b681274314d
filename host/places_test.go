package host

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detent/apikey"
)

func TestAPlaceSaysWhatItHolds(t *testing.T) {
	dir := t.TempDir()
	h := hostWith(t, someProfile).Screens(io.Discard)
	k := apikey.Key{ID: "1", Name: "payments-api ~rznjoqz5tye", Masked: "psp_eqh5abcdefgh****"}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const canary = "psp_eqh5abcdefghthe-rest-of-the-secret"
	for spec, want := range map[string]string{
		"env-file:" + write("a", "API_KEY="+canary+"\n") + ":API_KEY":             "holds payments-api (psp_eqh5abcdefgh****)",
		"env-file:" + write("b", "API_KEY=psp_zzzzzzzzzzzzzzzzzz\n") + ":API_KEY": "holds a secret that is not payments-api's: psp_…",
		"env-file:" + write("c", "OTHER=1\n") + ":API_KEY":                        "nothing is there yet",
		"file:" + filepath.Join(dir, "none"):                                      "nothing is there yet",
		"file:" + write("d", canary+"\n"):                                         "holds payments-api (psp_eqh5abcdefgh****)",
		"command:true":                                                            "nobody can read what it holds",
	} {
		got, err := h.Look(context.Background(), "prod", k, spec)
		if err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, %v; want %q", spec, got, err, want)
		}
		if strings.Contains(got, "the-rest") || strings.Contains(got, "zzzz") {
			t.Errorf("%s: the secret is told: %s", spec, got)
		}
	}
	if got, err := h.Look(context.Background(), "prod", k, "file:"+filepath.Join(dir, "no", "folder")); err == nil {
		t.Errorf("a place that cannot be: %q", got)
	}
}

// A place that is remembered is suggested for the key, and for its name after a rotation, and for no other.
func TestARememberedPlaceIsSuggestedForItsKey(t *testing.T) {
	for _, tc := range []struct{ name, spec, describes string }{
		{"payments-api", "env-file:/srv/payments/.env:API_KEY", "API_KEY"},
		{"payments-api ~rznjoqz5tye", "file:~/keys/payments", "payments"},
		{"a*b [c]?", `command:vault kv put "a b" key=-`, "vault"},
		{"中文", "env-file:rel/.env:K", "K"},
	} {
		h := hostWith(t, someProfile).Screens(io.Discard)
		k := apikey.Key{ID: "1", Name: tc.name}
		for n := range 2 {
			name, err := h.Remember(context.Background(), "prod", k, tc.spec)
			if err != nil {
				t.Fatalf("%s: %v", tc.spec, err)
			}
			found := h.Destinations("prod", tc.name)
			if len(found) != n+1 || !found[n].Suggested || !strings.Contains(found[n].Describe, tc.describes) || name == "" {
				t.Errorf("%s: %+v", tc.spec, found)
			}
		}
		for _, d := range h.Destinations("prod", "another") {
			if d.Suggested {
				t.Errorf("%s is suggested for another key", tc.spec)
			}
		}
	}
	h := hostWith(t, someProfile).Screens(io.Discard)
	for profile, spec := range map[string]string{"local/prosopo": "file:/x", "prod": "clipboard", "nobody": "file:/x"} {
		if name, err := h.Remember(context.Background(), profile, apikey.Key{Name: "k"}, spec); err == nil {
			t.Errorf("%s for %s is remembered as %s", spec, profile, name)
		}
	}
}

// A place that is added, or taken away, while its profile is open is a place of it at once.
func TestAnOpenProfileHasThePlacesThatItHasNow(t *testing.T) {
	h := hostWith(t, someProfile, "T=a-token").Screens(io.Discard)
	k := apikey.Key{ID: "1", Name: "payments-api"}
	places := func() int {
		s, err := h.session(t.Context(), "prod", k)
		if err != nil {
			t.Fatal(err)
		}
		return len(Suggested(s.Profile, k.Name))
	}
	if n := places(); n != 0 {
		t.Fatalf("%d places to begin with", n)
	}
	name, err := h.Remember(t.Context(), "prod", k, "file:/srv/key")
	if err != nil {
		t.Fatal(err)
	}
	if n := places(); n != 1 {
		t.Errorf("%d places once one is remembered", n)
	}
	s, err := h.session(t.Context(), "prod", k)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := h.Host.Destination(s.Profile, name); err != nil || d.Spec() != name {
		t.Errorf("%v, %v", d, err)
	}
}
