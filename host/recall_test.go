package host

import (
	"encoding/json"
	"strings"
	"testing"

	"detent/apikey"
	"detent/audit"
	"detent/config"
	"detent/desk"
)

// TestAnOperatorIsToldOfTheKeysOfTheirProfilesThatWereDeleted, and who did it only where they may read the record.
func TestAnOperatorIsToldOfTheKeysOfTheirProfilesThatWereDeleted(t *testing.T) {
	server := hostWith(t, someProfile)
	defer server.Close()
	for _, of := range []struct{ profile, rotation string }{{"prod", ""}, {"other", ""}, {"prod", "r123"}} {
		e := desk.Entry{Profile: of.profile, Action: string(desk.Delete), KeyID: "k1", KeyName: "worker", Rotation: of.rotation,
			Before: audit.Fields{"masked": json.RawMessage(`"psp_abcdefghijk****"`)}}
		if err := server.Ledger().Record(e, func() error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	secret := apikey.NewSecret("psp_abcdefghijklmnopqrstuvwxyz234567")
	who := localActor(server.o.Env).Name
	for _, role := range []config.Role{config.Viewer, config.Rotate, config.Admin} {
		g := guest(role, &config.Config{})
		g.Server = server
		past, err := New(Options{Guest: g, Now: server.o.Now, Env: server.o.Env}).Recall()
		if err != nil || len(past) != 1 || past[0].Of(secret) != "its mask" {
			t.Errorf("%s: %+v, %v", role, past, err)
			continue
		}
		if words := past[0].Words("its mask"); !strings.Contains(words, "worker (k1), deleted ") || strings.Contains(words, " by "+who) != (role == config.Admin) {
			t.Errorf("%s is told %q", role, words)
		}
	}
	if past, err := server.Recall(); err != nil || len(past) != 2 {
		t.Errorf("the user of this machine: %v, %v", past, err)
	}
}
