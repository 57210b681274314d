package form

import (
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/tui/ui"
)

var ci = apikey.Key{ID: "k1", Name: "ci-deploy"}

func TestDeleteDefaultsToCancel(t *testing.T) {
	d := drive(t, NewDelete(plainEnvironment(), prosopo(), testProfile, ci, false))
	d.sees("ci-deploy", "id k1", "▸ Cancel ◂", "unknown: this service does not report it; look at the portal's Audit page")
	d.press("enter").closed()
	for _, k := range []string{"n", "esc"} {
		d := drive(t, NewDelete(plainEnvironment(), prosopo(), testProfile, ci, false))
		d.press(k).closed()
		if len(d.intents) != 1 {
			t.Errorf("%s: %+v", k, d.intents)
		}
	}
}

func TestDeleteNamesTheKeyItWasOpenedFor(t *testing.T) {
	for _, keys := range [][]string{{"y"}, {"right", "enter"}, {"tab", "enter"}, {"left", "enter"}} {
		d := drive(t, NewDelete(plainEnvironment(), prosopo(), testProfile, ci, false))
		d.press(keys...)
		sent := last[ui.DeleteKey](d)
		if sent.ID != "k1" || sent.Name != "ci-deploy" {
			t.Errorf("%v: %+v", keys, sent)
		}
		d.sees("deleting…").press("y", "enter", "esc")
		if len(d.intents) != 1 {
			t.Errorf("keys acted during the deletion: %+v", d.intents)
		}
		d.send(ui.KeyDeleted{Ticket: sent.Ticket})
		d.closed()
	}
}

func TestAKeyInAnOpenRotationHasItsNameTyped(t *testing.T) {
	d := drive(t, NewDelete(plainEnvironment(), prosopo(), testProfile, ci, true))
	d.sees("A rotation of this key is open").press("y", "enter").sees("type the name exactly").quiet()
}

func TestALiveKeyHasItsNameTyped(t *testing.T) {
	live := ci
	live.Environment, live.LastUsedAt = apikey.Live, apikey.At(noon.Add(-2*time.Minute))
	for name, s := range map[string]ui.Screen{
		"live key":     NewDelete(plainEnvironment(), generic(), testProfile, live, false),
		"live profile": NewDelete(plainEnvironment(), generic(), prodProfile, ci, false),
	} {
		d := drive(t, s)
		if !s.(ui.Typist).Typing() {
			t.Errorf("%s: letters are not text", name)
		}
		d.press("y", "enter").sees("type the name exactly").quiet()
		d.press("backspace", "ci-deplo", "tab", "right", "enter").sees("type the name exactly").quiet()
		d.press("y", "enter")
		last[ui.DeleteKey](d)
	}
	drive(t, NewDelete(plainEnvironment(), generic(), testProfile, live, false)).sees("! Last used", "2m ago")
}

func TestDeletingDetentsOwnCredentialAsksForMore(t *testing.T) {
	own := ci
	own.Own = true
	d := drive(t, NewDelete(plainEnvironment(), prosopo(), testProfile, own, false))
	d.sees("detent itself uses this key", "Type ci-deploy", "[ ] I understand")
	d.press("ci-deploy", "enter").quiet()
	d.press("enter").sees("tick this first").quiet()
	d.press("tab", "right", "enter").sees("tick this first").quiet()
	d.press("space").sees("[x] I understand").press("enter")
	last[ui.DeleteKey](d)
}

func TestAFailedDeletionSaysWhatIsCertain(t *testing.T) {
	d := drive(t, NewDelete(plainEnvironment(), prosopo(), testProfile, ci, false))
	d.press("y")
	sent := last[ui.DeleteKey](d)
	d.send(ui.KeyDeleted{Ticket: sent.Ticket + 1})
	d.sees("deleting…")
	d.send(ui.KeyDeleted{Ticket: sent.Ticket, Err: &client.Error{Op: "delete key", Kind: client.Timeout, Outcome: client.Unknown}})
	d.sees("may be gone", "▸ Close ◂", "Try again", "Reload the list")
	d.press("right", "right", "enter")
	last[ui.Reload](d)
	d.closed()
}

func TestToggleSwitchesOffAndOn(t *testing.T) {
	on, off := true, false
	k := ci
	k.Enabled = &on
	d := drive(t, NewToggle(plainEnvironment(), vertesia(), prodProfile, k))
	d.sees("until it is enabled again", "▸ Cancel ◂").press("y")
	if sent := last[ui.UpdateKey](d); *sent.Patch.Enabled || sent.ID != "k1" {
		t.Errorf("%+v", sent)
	}
	d.send(ui.KeyUpdated{Ticket: last[ui.UpdateKey](d).Ticket})
	d.closed()
	k.Enabled = &off
	d = drive(t, NewToggle(plainEnvironment(), vertesia(), prodProfile, k))
	d.press("y")
	if sent := last[ui.UpdateKey](d); !*sent.Patch.Enabled {
		t.Errorf("%+v", sent)
	}
	k.Enabled, k.Own = &on, true
	d = drive(t, NewToggle(plainEnvironment(), vertesia(), testProfile, k))
	d.press("y").sees("[ ] I understand").quiet()
}
