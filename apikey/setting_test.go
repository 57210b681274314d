package apikey

import "testing"

// TestASettingGuardsByTheStricter: each profile, with each key.
func TestASettingGuardsByTheStricter(t *testing.T) {
	for _, c := range []struct {
		name    string
		setting Setting
		badge   string
		loud    bool
		guards  map[Environment]Environment // by the key's own
		of      map[Environment]Environment
	}{
		{"live", Setting{Environment: Live, Remote: true}, "LIVE", true,
			map[Environment]Environment{"": Live, Live: Live, Test: Live}, map[Environment]Environment{"": Live, Live: Live, Test: Test}},
		{"test", Setting{Environment: Test, Remote: true}, "test", false,
			map[Environment]Environment{"": Test, Live: Live, Test: Test}, map[Environment]Environment{"": Test, Live: Live, Test: Test}},
		{"dev", Setting{Environment: Dev, Remote: true}, "dev", false,
			map[Environment]Environment{"": Dev, Live: Live, Test: Test}, map[Environment]Environment{"": Dev, Live: Live, Test: Test}},
		{"not said", Setting{Remote: true}, "env?", false,
			map[Environment]Environment{"": Live, Live: Live, Test: Live}, map[Environment]Environment{"": "", Live: Live, Test: Test}},
		{"not said, on this machine", Setting{}, "", false,
			map[Environment]Environment{"": "", Live: Live, Test: Test}, map[Environment]Environment{"": "", Live: Live, Test: Test}},
		{"live, on this machine", Setting{Environment: Live}, "LIVE", true,
			map[Environment]Environment{"": Live, Test: Live}, map[Environment]Environment{"": Live}},
		{"embedded", Setting{Embedded: true}, "LOCAL", false,
			map[Environment]Environment{"": "", Live: Live, Test: Test}, map[Environment]Environment{"": "", Live: Live, Test: Test}},
		{"demo", Setting{Embedded: true, Demo: true}, "DEMO", false,
			map[Environment]Environment{"": "", Live: Live, Test: Test}, map[Environment]Environment{"": ""}},
		{"test, with a live token", Setting{Environment: Test, Token: Live, Remote: true}, "LIVE", true,
			map[Environment]Environment{"": Live, Test: Live}, map[Environment]Environment{"": Test}},
		{"live, with a test token", Setting{Environment: Live, Token: Test, Remote: true}, "LIVE", true,
			map[Environment]Environment{"": Live, Test: Live}, map[Environment]Environment{"": Live}},
		{"embedded, with a live token", Setting{Embedded: true, Token: Live}, "LOCAL", false,
			map[Environment]Environment{"": ""}, map[Environment]Environment{"": ""}},
	} {
		if c.setting.Badge() != c.badge || c.setting.LooksLive() != c.loud {
			t.Errorf("%s: badge %q, loud %v", c.name, c.setting.Badge(), c.setting.LooksLive())
		}
		for key, want := range c.guards {
			if got := c.setting.Guard(key); got != want {
				t.Errorf("%s: a key of %q is guarded as %q, not %q", c.name, key, got, want)
			}
		}
		for key, want := range c.of {
			if got := c.setting.Of(key); got != want {
				t.Errorf("%s: a key of %q is of %q, not %q", c.name, key, got, want)
			}
		}
		if got := c.setting.ForKey(Live); got.LooksLive() == c.setting.Embedded {
			t.Errorf("%s: a live key's screen is loud: %v", c.name, got.LooksLive())
		}
		if got := c.setting.ForKey(Test); got != c.setting {
			t.Errorf("%s: a test key's screen: %+v", c.name, got)
		}
	}
}

// TestATokenOfAnotherEnvironmentContradictsTheProfile: where both say, and one of them is live.
func TestATokenOfAnotherEnvironmentContradictsTheProfile(t *testing.T) {
	for _, said := range []Environment{"", Live, Test, Dev} {
		for secret, token := range map[string]Environment{"sk_live_0123456789": Live, "sk_test_0123456789": Test, "psp_0123456789": "", "": ""} {
			if got := EnvironmentOf(NewSecret(secret)); got != token {
				t.Errorf("%q is of %q", secret, got)
			}
			s := Setting{Environment: said, Token: token}
			want := said == Live && token == Test || (said == Test || said == Dev) && token == Live
			if s.Contradicted() != want {
				t.Errorf("%q with a token of %q: %v", said, token, !want)
			}
			if s.Embedded = true; s.Contradicted() {
				t.Error("the embedded service's own token contradicts")
			}
		}
	}
}
