package tui

import (
	"context"
	"errors"
	"testing"

	"detent/apikey"
)

// TestWhatAServiceSaysReachesTheOpenForm, and is what the next form begins with.
func TestWhatAServiceSaysReachesTheOpenForm(t *testing.T) {
	failed, asked := errors.New("no network"), 0
	d := start(t, 80, 24, func(o *Options, h *fakeHost) {
		h.service.caps.Catalogue.Can = true
		h.catalogue = func(context.Context) error {
			if asked++; failed == nil {
				h.service.offer(apikey.Catalogue{Can: true, Asked: o.Now()}, apikey.PermissionGroup{Feature: "Puzzle", Title: "Puzzle",
					Permissions: []apikey.PermissionInfo{{Permission: apikey.Permission{Feature: "Puzzle", Name: "solve"}, Description: "Solve a puzzle"}}})
			}
			return failed
		}
	})
	d.press("n", "x", "enter", "enter")
	d.sees("0 of 5 picked", "the service could not be asked: as documented")
	d.press("esc", "y")
	failed = nil
	d.press("n", "x", "enter", "enter")
	d.sees("0 of 1 picked", "as the service said just now", "Solve a puzzle")
	if got := d.app.profile.caps.PermissionGroups; len(got) != 1 || got[0].Feature != "Puzzle" || asked != 2 {
		t.Errorf("asked %d times, and the next form begins with %+v", asked, got)
	}
}
