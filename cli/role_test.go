package cli

import (
	"context"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/rotation"
)

// everything is a service that does all it is asked.
type everything struct {
	client.Service
	deleted []string
}

func (*everything) Capabilities() apikey.Capabilities {
	return apikey.Capabilities{Create: apikey.Can(), Delete: apikey.Can(), Rename: apikey.Can(), Disable: apikey.Can()}
}

func (*everything) Create(context.Context, apikey.Draft) (apikey.Created, error) {
	return apikey.Created{Key: apikey.Key{ID: "made"}}, nil
}

func (*everything) Update(context.Context, string, apikey.Patch) (apikey.Key, error) {
	return apikey.Key{}, nil
}

func (s *everything) Delete(_ context.Context, id string) (apikey.Deleted, error) {
	s.deleted = append(s.deleted, id)
	return apikey.Deleted{}, nil
}

func guestApp(role config.Role) *app {
	return &app{remote: &guest{operator: config.Operator{Name: "x", Role: role, Profiles: []string{"prod"}}}}
}

func TestRolesHoldBelowTheScreens(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		role                                   config.Role
		create, update, deleteOther, deleteOwn bool
	}{
		{config.Viewer, false, false, false, false},
		{config.Rotate, true, true, false, true},
		{config.Admin, true, true, true, true},
	} {
		s := guestApp(c.role).forRole(&everything{}, config.Profile{})
		_, err := s.Create(ctx, apikey.Draft{})
		if (err == nil) != c.create {
			t.Errorf("%s create: %v", c.role, err)
		}
		if _, err = s.Update(ctx, "x", apikey.Patch{}); (err == nil) != c.update {
			t.Errorf("%s update: %v", c.role, err)
		}
		if _, err = s.Delete(ctx, "other"); (err == nil) != c.deleteOther {
			t.Errorf("%s delete: %v", c.role, err)
		}
		if err != nil && !client.IsKind(err, client.ReadOnly) {
			t.Errorf("%s: a refusal that may have happened: %v", c.role, err)
		}
		if _, err = s.Delete(ctx, "made"); (err == nil) != c.deleteOwn {
			t.Errorf("%s takes back what it made: %v", c.role, err)
		}
		if caps := s.Capabilities(); caps.Delete.OK != c.deleteOther || caps.Create.OK != c.create || !caps.Delete.OK && caps.Delete.Why == "" {
			t.Errorf("%s: %+v", c.role, caps)
		}
	}
}

func TestNobodyOverSSHWritesOutAPlaceOnTheServer(t *testing.T) {
	p := config.Profile{Name: "prod", Deliver: []config.Deliver{{Name: "payments"}}}
	for _, role := range []config.Role{config.Viewer, config.Rotate, config.Admin} {
		a := guestApp(role)
		for spec, ok := range map[string]bool{"payments": true, "clipboard": true, "file:/etc/passwd": false, "env-file:/x:Y": false, "command:sh": false, "other": false} {
			if err := a.mayDeliver(p, spec); (err == nil) != ok {
				t.Errorf("%s %s: %v", role, spec, err)
			}
		}
	}
	if err := (&app{}).mayDeliver(p, "file:/x"); err != nil {
		t.Error("the user of this machine may")
	}
	h := &host{a: guestApp(config.Admin)}
	h.a.cfg = &config.Config{Profiles: []config.Profile{p}}
	if _, err := h.Deliver(context.Background(), "prod", "file:/tmp/x", apikey.Secret{}); err == nil || !strings.Contains(err.Error(), "a destination that the profile names") {
		t.Errorf("below the screens: %v", err)
	}
}

func TestAnOperatorSeesTheRotationsOfTheirProfilesAlone(t *testing.T) {
	got := guestApp(config.Rotate).visible([]rotation.View{{ID: "a", Profile: "prod"}, {ID: "b", Profile: "other"}, {ID: "c", Profile: "prod"}})
	if len(got) != 2 || got[0].ID != "a" || got[1].ID != "c" {
		t.Errorf("%v", got)
	}
}
