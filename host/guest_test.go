package host

import (
	"context"
	"strings"
	"testing"

	"detent/apikey"
	"detent/config"
	"detent/desk"
	"detent/rotation"
)

func guest(role config.Role, cfg *config.Config) *Guest {
	return &Guest{Operator: config.Operator{Name: "x", Role: role, Profiles: []string{"prod"}}, Server: New(Options{}), Config: cfg,
		Changed: func() *config.Config { return nil }, Refused: func(desk.Entry, string) {}}
}

func TestNobodyOverSSHWritesOutAPlaceOnTheServer(t *testing.T) {
	p := config.Profile{Name: "prod", Deliver: []config.Deliver{{Name: "payments"}}}
	for _, role := range []config.Role{config.Viewer, config.Rotate, config.Admin} {
		h := New(Options{Guest: guest(role, nil)})
		for spec, ok := range map[string]bool{"payments": true, "clipboard": true, "file:/etc/passwd": false, "env-file:/x:Y": false, "command:sh": false, "other": false} {
			if err := h.mayDeliver(p, spec); (err == nil) != (ok && role != config.Viewer) { // who only looks has no secret to put anywhere
				t.Errorf("%s %s: %v", role, spec, err)
			}
		}
	}
	if err := New(Options{}).mayDeliver(p, "file:/x"); err != nil {
		t.Error("the user of this machine may")
	}
	h := New(Options{Guest: guest(config.Admin, &config.Config{Profiles: []config.Profile{p}})}).Screens(nil)
	if _, err := h.Deliver(context.Background(), "prod", apikey.Key{}, "file:/tmp/x", apikey.Secret{}, false); err == nil || !strings.Contains(err.Error(), "a destination that the profile names") {
		t.Errorf("below the screens: %v", err)
	}
}

func TestAnOperatorSeesTheRotationsOfTheirProfilesAlone(t *testing.T) {
	got := New(Options{Guest: guest(config.Rotate, nil)}).visible([]rotation.View{{ID: "a", Profile: "prod"}, {ID: "b", Profile: "other"}, {ID: "c", Profile: "prod"}})
	if len(got) != 2 || got[0].ID != "a" || got[1].ID != "c" {
		t.Errorf("%v", got)
	}
}

func TestTheFilesOfTheServerAreCompletedForNobodyOverSSH(t *testing.T) {
	for _, role := range []config.Role{config.Viewer, config.Rotate, config.Admin} {
		h := New(Options{Guest: guest(role, &config.Config{})}).Screens(nil)
		for _, text := range []string{"/", "/e", "~/", "file:/", "env-file:/etc/environment:"} {
			if found := h.Complete(t.Context(), text); len(found) != 0 {
				t.Errorf("%s: %q goes on with %q", role, text, found)
			}
		}
	}
	if found := hostWith(t, "").Screens(nil).Complete(t.Context(), "/"); len(found) == 0 {
		t.Error("the user of this machine gets nothing either: is this test looking?")
	}
}
