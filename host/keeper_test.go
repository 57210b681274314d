package host

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"detent/apikey"
)

func TestProfilesAndDestinationsAreChangedAndThatIsRecorded(t *testing.T) {
	const more = "\n[profiles.old]\nservice = \"prosopo\"\nurl = \"https://old.example.com\"\ntoken = { env = \"O\" }\n"
	h := hostWith(t, someProfile+more)
	s := h.Screens(io.Discard)
	ctx := context.Background()
	if err := s.MakeDefault(ctx, "prod"); err != nil {
		t.Fatal(err)
	}
	if p, err := h.Selected(); err != nil || p.Name != "prod" {
		t.Errorf("begins with %q, %v", p.Name, err)
	}
	if err := s.RemoveProfile(ctx, "prod"); err == nil || !strings.Contains(err.Error(), "the default") {
		t.Errorf("the default: %v", err)
	}
	name, err := s.Remember(ctx, "old", apikey.Key{Name: "k"}, "file:/srv/k")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveDestination(ctx, "old", name); err != nil || len(s.Destinations("old", "k")) != 0 {
		t.Errorf("%v, %v", err, s.Destinations("old", "k"))
	}
	if err := s.RemoveProfile(ctx, "old"); err != nil {
		t.Fatal(err)
	}
	if cfg, err := h.Config(); err != nil || strings.Contains(strings.Join(cfg.Names(), " "), "old") {
		t.Errorf("%v, %v", cfg.Names(), err)
	}
	rows, _, err := h.AuditPast(AuditFilter{}, AuditRows{})
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, r := range rows {
		acts = append(acts, r.Action+" "+string(r.Result))
	}
	want := "profile-default done, profile-remove failed, destination-add done, destination-remove done, profile-remove done"
	if got := strings.Join(acts, ", "); got != want {
		t.Errorf("on record: %s\nwant %s", got, want)
	}
}

// What is thrown away, and who sits elsewhere, changes no configuration: a file that is not there is not written.
func TestWhoMayNotChangeTheConfigurationIsRefused(t *testing.T) {
	h := hostWith(t, someProfile)
	h.o.Demo = true
	s := h.Screens(io.Discard)
	for name, do := range map[string]func() error{
		"default":     func() error { return s.MakeDefault(context.Background(), "local/prosopo") },
		"remove":      func() error { return s.RemoveProfile(context.Background(), "local/prosopo") },
		"destination": func() error { return s.RemoveDestination(context.Background(), "local/prosopo", "x") },
	} {
		if err := do(); err == nil {
			t.Errorf("%s in the demo is done", name)
		}
	}
	path, _, err := h.o.Env.Path("")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != someProfile {
		t.Errorf("%v\n%s", err, text)
	}
}
