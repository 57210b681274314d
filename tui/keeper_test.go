package tui

import (
	"context"
	"errors"
	"slices"
	"testing"

	"detent/apikey"
	"detent/tui/rotate"
	"detent/tui/ui"
)

// keepingHost is a host that changes which profiles and destinations there are.
type keepingHost struct {
	*fakeHost
	did []string
	err error
}

func (h *keepingHost) do(what string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		h.did = append(h.did, what)
	}
	return h.err
}

func (h *keepingHost) RemoveProfile(_ context.Context, name string) error {
	return h.do("remove " + name)
}
func (h *keepingHost) RenameProfile(_ context.Context, name, to string) error {
	return h.do("rename " + name + " " + to)
}
func (h *keepingHost) MakeDefault(_ context.Context, name string) error {
	return h.do("default " + name)
}
func (h *keepingHost) RemoveDestination(_ context.Context, profile, name string) error {
	return h.do("remove " + profile + " " + name)
}

func (h *keepingHost) Destinations(profile, _ string) []rotate.Named {
	if profile == "audit" {
		return nil
	}
	return []rotate.Named{{Name: "payments", Describe: "API_KEY in /srv/payments/.env"}}
}

func (h *keepingHost) Look(context.Context, string, apikey.Key, string) (string, error) {
	return "holds a secret, psp_…", h.do("look")
}
func (h *keepingHost) CanRemember(string) bool { return false }
func (h *keepingHost) Remember(context.Context, string, apikey.Key, string) (string, error) {
	return "", errors.New("no")
}

func keeping(t *testing.T, width, height int) (*driver, *keepingHost) {
	t.Helper()
	k := &keepingHost{}
	d := start(t, width, height, func(o *Options, h *fakeHost) { k.fakeHost = h; o.Host = k })
	return d, k
}

func TestAProfileIsRemovedAndMadeTheDefaultUnderP(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {60, 20}} {
		d, h := keeping(t, size[0], size[1])
		d.press("p", "j", "j", "m").sees("audit", "default", "remove")
		d.press("enter").sees("detent begins with audit now", "Profiles")
		d.press("m", "down", "down", "enter").sees("Remove the profile audit?", "▸ keep it")
		d.press("enter").sees("nothing was removed")
		d.press("m", "down", "down", "enter", "down", "enter").sees("profile audit removed")
		if want := []string{"default audit", "remove audit"}; !slices.Equal(h.did, want) {
			t.Errorf("did %q, want %q", h.did, want)
		}
		d.press("m", "down", "enter").sees("names no destination")
		d.press("m", "down", "down", "down", "enter").sees("Rename the profile audit", "audit")
		d.press("enter").sees("type another name").press("backspace", "x", "q", "enter").sees("profile audit is called audixq now")
		if want := "rename audit audixq"; h.did[len(h.did)-1] != want {
			t.Errorf("did %q, want %s", h.did, want)
		}
	}
}

func TestTheProfileInUseIsNotRemoved(t *testing.T) {
	d, h := keeping(t, 120, 40)
	d.press("p", "m", "down", "down", "enter", "down", "enter").sees("prod is in use: switch to another profile first")
	d.press("j", "m").seesNot("remove")
	if len(h.did) > 0 {
		t.Errorf("did %q", h.did)
	}
	h.err = errors.New("the file is not yours")
	d.press("enter").sees("Could not make local/prosopo the default", "the file is not yours")
}

func TestADestinationIsLookedAtAndRemovedUnderP(t *testing.T) {
	d, h := keeping(t, 80, 24)
	d.press("p", "m", "down", "enter").sees("Destinations of prod", "payments", "API_KEY in /srv/payments/.env")
	d.press("enter", "enter").sees("payments holds a secret, psp_…")
	d.press("m", "down", "enter", "enter", "down", "enter").sees("destination payments removed")
	if want := []string{"look", "remove prod payments"}; !slices.Equal(h.did, want) {
		t.Errorf("did %q, want %q", h.did, want)
	}
}

// Where profiles are not for who sits there, nothing more is asked either.
func TestWhereProfilesAreNotChangedNothingMoreIsAsked(t *testing.T) {
	d := start(t, 120, 40).press("p")
	d.seesNot("more").press("m").sees("Profiles")
	k := &keepingHost{}
	d = start(t, 120, 40, func(o *Options, h *fakeHost) {
		k.fakeHost = h
		o.Host, o.Remote.NoProfiles = k, "profiles are for admins"
	}).press("p")
	d.seesNot("m more").press("m").sees("Profiles").seesNot("default")
	var _ ui.Keeper = k
}
