package host

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/config"
	"detent/desk"
	"detent/rotation"
	"detent/tui/ui"
)

// onOneStore is a host whose profile "shop" is at the address of the embedded service's own store, which another process serves.
func onOneStore(t *testing.T) *Host {
	t.Helper()
	home := t.TempDir()
	open := func() *Host {
		h := New(Options{Settings: Settings{Timeout: time.Minute}, Env: config.NewEnv([]string{"HOME=" + home}), Now: time.Now, Zone: time.UTC, Say: t.Logf})
		t.Cleanup(h.Close)
		return h
	}
	server := open()
	local, err := server.embeddedService(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, ".config", "detent")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	h := open()
	first, _ := h.Config()
	at, _ := first.Lookup("local/generic")
	s, err := h.OpenProfile(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.Desk.Do(t.Context(), desk.Order{What: desk.Create, Draft: apikey.Draft{Name: "metrics", Environment: apikey.Live}})
	if err != nil {
		t.Fatal(err)
	}
	if made.Created.Key.ID == "" {
		t.Fatal("nothing was created")
	}
	token := write("token", local.token("generic").Reveal())
	write("config.toml", fmt.Sprintf("[profiles.shop]\nservice = \"generic\"\ncreate = true\nurl = %q\ntoken = { file = %q }\n", local.url, token))
	return open()
}

// TestAKeyOfTheEmbeddedStoreThatIsServedHereIsSaidOnce, with the profile that somebody made for it.
func TestAKeyOfTheEmbeddedStoreThatIsServedHereIsSaidOnce(t *testing.T) {
	h := onOneStore(t)
	cfg, err := h.Config()
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, a := range h.Ask(t.Context(), cfg.Profiles) {
		if a.Err != nil {
			t.Fatal(a.Err)
		}
		for _, k := range a.Keys {
			asked = append(asked, a.Profile.Name+" "+k.Name)
		}
	}
	var heard []string
	h.Screens(io.Discard).Hear(t.Context(), nil, func(said ui.Heard) {
		for _, k := range said.Keys {
			heard = append(heard, said.Profile+" "+k.Name)
		}
	})
	for how, got := range map[string][]string{"asked": asked, "heard": heard} {
		n := 0
		for _, k := range got {
			if strings.HasSuffix(k, " metrics") {
				n++
			}
			if k == "local/generic metrics" {
				t.Errorf("%s: the profile that somebody made does not have its own key: %v", how, got)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d times: %v", how, n, got)
		}
	}
}

// TestAKeyInARotationOfAnotherProfileIsNotEnded by whoever reaches it another way.
func TestAKeyInARotationOfAnotherProfileIsNotEnded(t *testing.T) {
	h := onOneStore(t)
	cfg, err := h.Config()
	if err != nil {
		t.Fatal(err)
	}
	open := func(name string) *Session {
		p, _ := cfg.Lookup(name)
		s, err := h.OpenProfile(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	shop, local := open("shop"), open("local/generic")
	keys, err := shop.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var k apikey.Key
	for _, one := range keys {
		if one.Name == "metrics" {
			k = one
		}
	}
	places, err := h.Destinations(shop.Profile, []string{"file:" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.StartRotation(shop, k, places, rotation.Params{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 20 { // to the new key
		if r.View().New != nil {
			break
		}
		if _, err := r.Do(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if r.View().New == nil {
		t.Fatalf("stands at %s", r.View().Step)
	}
	for what, order := range map[string]desk.Order{
		"delete":             {What: desk.Delete, Key: k},
		"delete by id":       {What: desk.Delete, Key: apikey.Key{ID: k.ID}},
		"a new secret":       {What: desk.Roll, Key: k},
		"delete the new one": {What: desk.Delete, Key: *r.View().New},
	} {
		if _, err := local.Desk.Do(t.Context(), order); err == nil || !strings.Contains(err.Error(), "in the open rotation") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if why := h.rotatingElsewhere(shop.Profile, k); why != "" {
		t.Errorf("in its own profile the front shows it: %s", why)
	}
}
