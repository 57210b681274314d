package host

import (
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"detent/config"
)

// TestAConfigurationThatIsChangedWhileTheScreensAreOpenIsTakenUp, and told of once; one that is wrong is not, until it is mended.
func TestAConfigurationThatIsChangedWhileTheScreensAreOpenIsTakenUp(t *testing.T) {
	h := hostWith(t, someProfile)
	defer h.Close()
	s := h.Screens(io.Discard)
	news := s.Options(config.Profile{Name: "prod"}).News
	path, _, err := h.o.Env.Path("")
	if err != nil {
		t.Fatal(err)
	}
	names := func() (out []string) {
		for _, p := range s.Profiles() {
			if !p.Embedded {
				out = append(out, p.Name)
			}
		}
		return out
	}
	const shop, prod = "profiles were changed", "[profiles.prod]"
	for _, c := range []struct {
		what, text, told string
		there            []string
	}{
		{"one more", someProfile + strings.ReplaceAll(someProfile, prod, "[profiles.shop]"), shop, []string{"prod", "shop"}},
		{"a typo", someProfile + "colour = 1\n", "is not taken up: " + path, []string{"prod", "shop"}},
		{"words of the screens that they do not know", someProfile + "[ui]\norder = [\"nme\"]\n", "is not taken up: " + path, []string{"prod", "shop"}},
		{"mended as it was", someProfile + strings.ReplaceAll(someProfile, prod, "[profiles.shop]"), "", []string{"prod", "shop"}},
		{"one gone", strings.ReplaceAll(someProfile, prod, "[profiles.shop]"), shop, []string{"shop"}},
		{"another address", strings.ReplaceAll(strings.ReplaceAll(someProfile, prod, "[profiles.shop]"), "api.", "www."), shop, []string{"shop"}},
		{"deleted", "", shop, nil},
	} {
		if c.text == "" {
			err = os.Remove(path)
		} else {
			err = os.WriteFile(path, []byte(c.text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		news.Look()
		if c.told != "" {
			if text, ok := news.Next(); !ok || !strings.Contains(text, c.told) {
				t.Errorf("%s: told %q", c.what, text)
			}
		}
		if got := names(); !slices.Equal(got, c.there) {
			t.Errorf("%s: there are %q, want %q", c.what, got, c.there)
		}
		if len(h.resources.news) > 0 {
			t.Errorf("%s: told %q more", c.what, <-h.resources.news)
		}
	}
	h.Close()
	if text, ok := news.Next(); ok {
		t.Errorf("after the end: %q", text)
	}
}

// TestWhatTheScreensChangeThemselvesIsNoNews.
func TestWhatTheScreensChangeThemselvesIsNoNews(t *testing.T) {
	h := hostWith(t, someProfile)
	defer h.Close()
	s := h.Screens(io.Discard)
	s.Options(config.Profile{Name: "prod"}).News.Look()
	if err := s.RenameProfile(t.Context(), "prod", "shop"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Config(); err != nil || len(h.resources.news) > 0 {
		t.Errorf("%v, and %d lines", err, len(h.resources.news))
	}
}

// TestTheTokenOfTheEnvironmentStaysWithTheProfileOfTheStart, whatever default the file names meanwhile.
func TestTheTokenOfTheEnvironmentStaysWithTheProfileOfTheStart(t *testing.T) {
	other := strings.ReplaceAll(someProfile, "[profiles.prod]", "[profiles.shop]")
	for name, change := range map[string]func(s *Screens, path string) error{
		"in an editor": func(_ *Screens, path string) error {
			return os.WriteFile(path, []byte("default_profile = \"shop\"\n"+someProfile+other), 0o600)
		},
		"on the screen": func(s *Screens, _ string) error { return s.MakeDefault(t.Context(), "shop") },
	} {
		h := hostWith(t, "default_profile = \"prod\"\n"+someProfile+other, "DETENT_TOKEN=prods_own", "T=shops_own")
		s := h.Screens(io.Discard)
		s.Options(config.Profile{Name: "prod"})
		path, _, err := h.o.Env.Path("")
		if err == nil {
			err = change(s, path)
		}
		if err != nil {
			t.Fatal(err)
		}
		for profile, want := range map[string]string{"prod": "prods_own", "shop": "shops_own"} {
			p, err := s.lookup(profile)
			if err != nil {
				t.Fatal(err)
			}
			tokens, err := h.tokens()
			if err != nil {
				t.Fatal(err)
			}
			if secret, err := tokens.Read(t.Context(), p); err != nil || !secret.HasPrefix(want) {
				t.Errorf("%s: %s authenticates with another's token, or none: %v", name, profile, err)
			}
		}
		h.Close()
	}
}
