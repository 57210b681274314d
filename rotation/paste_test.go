package rotation

import (
	"context"
	"strings"
	"testing"

	"detent/apikey"
)

// byHand is what the operator does in the dashboard.
func (c *city) byHand(id, name string) apikey.Secret {
	k := c.old()
	k.ID, k.Name, k.CreatedAt, k.LastUsedAt = id, name, apikey.At(c.now), apikey.Never()
	return apikey.NewSecret(c.add(k).secret)
}

func manualCity(t *testing.T) (*city, *Rotation) {
	c := shaped(t, manualShape())
	c.find("old-1").secret = "sk_live_oldcanary0123456789abcdef"
	c.dests[0].content, c.dests[0].app = c.find("old-1").secret, c.find("old-1").secret
	r := c.start(nil)
	c.doUntil(r, Create)
	return c, r
}

func TestManualLaneAsksForTheKeyThatItNames(t *testing.T) {
	c, r := manualCity(t)
	res := c.mustDo(r)
	if res.Need != NeedPaste || !strings.Contains(res.Said, r.View().NewName) || !strings.Contains(res.Said, "environment live; restrictions ip 192.0.2.0/24; never expires") {
		t.Fatalf("%+v", res)
	}
	if c.count("create") != 0 {
		t.Error("a create was sent to a service that has none")
	}
	secret := c.byHand("made-1", "anything")
	res, err := r.Paste(context.Background(), secret)
	if err != nil || res.Step != Deliver || r.View().New.ID != "made-1" {
		t.Fatalf("%+v, %v", res, err)
	}
	c.find("made-1").Name = "payments-api"
	c.drive(r)
	c.assertRotated("by hand")
}

func TestWrongPasteIsRefusedBeforeItIsUsed(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"cut off":         {"sk_live_abc", "cut off"},
		"nothing":         {"", "nothing was pasted"},
		"another service": {"pk7_0123456789abcdef0123", "begins with sk_live_ or sk_test_"},
		"a test key":      {"sk_test_0123456789abcdef0123", "test environment"},
		"the old key":     {"sk_live_oldcanary0123456789abcdef", "the one in use now"},
		"unknown":         {"sk_live_typo456789abcdef0123", "refuses this secret"},
	} {
		c, r := manualCity(t)
		_, err := r.Paste(context.Background(), apikey.NewSecret(tc.text))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
		if c.probed["old-1"] > 0 || name != "unknown" && c.count("probe") > 0 {
			t.Errorf("%s: it was used: %v", name, c.calls)
		}
		if tc.text != "" && err != nil && strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: the error repeats it", name)
		}
		if r.View().New != nil || r.View().Step != Create {
			t.Errorf("%s: %+v", name, r.View())
		}
	}
}

func TestPastedSecretIsMatchedToTheRowThatAppeared(t *testing.T) {
	c, r := manualCity(t)
	if _, err := r.Paste(context.Background(), apikey.NewSecret(c.find("other-1").secret)); err == nil || !strings.Contains(err.Error(), "no new key is in the list") {
		t.Errorf("a key that was there before: %v", err)
	}
	secret := c.byHand("made-1", "one")
	c.byHand("made-2", "two")
	if _, err := r.Paste(context.Background(), secret); err == nil || !strings.Contains(err.Error(), `"two" (made-2)`) {
		t.Errorf("one of two: %v", err)
	}
	c.find("made-1").Name = r.View().NewName
	if _, err := r.Paste(context.Background(), secret); err != nil || r.View().New.ID != "made-1" {
		t.Errorf("the one with the mark: %v", err)
	}
}

func TestPastedKeyOfAnotherEnvironmentIsRefused(t *testing.T) {
	c, r := manualCity(t)
	secret := c.byHand("made-1", "one")
	c.find("made-1").Environment = apikey.Test
	if _, err := r.Paste(context.Background(), secret); err == nil || !strings.Contains(err.Error(), "is a test key") {
		t.Errorf("%v", err)
	}
}

func TestManualLaneSurvivesALostPaste(t *testing.T) {
	for name, again := range map[string]bool{"pasted again": true, "another one made": false} {
		t.Run(name, func(t *testing.T) {
			c, r := manualCity(t)
			secret := c.byHand("made-1", r.View().NewName)
			if _, err := r.Paste(context.Background(), secret); err != nil {
				t.Fatal(err)
			}
			r.Close() // the secret goes with the process, before it was delivered
			r, err := Resume(c.world(), r.ID(), ResumeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if next := r.View().Next; !strings.Contains(next.Text, "is gone") {
				t.Errorf("%+v", next)
			}
			if res := c.mustDo(r); res.Step != Create || c.find("made-1") != nil {
				t.Fatalf("%+v, %s", res, c.describe())
			}
			if again { // what was deleted is refused
				if _, err := r.Paste(context.Background(), secret); err == nil {
					t.Fatal("a deleted key was taken")
				}
			}
			if _, err := r.Paste(context.Background(), c.byHand("made-2", "payments-api ~r"+r.ID())); err != nil {
				t.Fatal(err)
			}
			c.drive(r)
			c.assertRotated("second")
		})
	}
}

func TestSecretThatTheOperatorStillHasIsTakenAgain(t *testing.T) {
	c, r := manualCity(t)
	secret := c.byHand("made-1", "anything")
	if _, err := r.Paste(context.Background(), secret); err != nil {
		t.Fatal(err)
	}
	r.Close()
	r, err := Resume(c.world(), r.ID(), ResumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Paste(context.Background(), apikey.NewSecret(c.find("old-1").secret)); err == nil || r.SecretInHand() {
		t.Fatalf("another secret was taken: %v", err)
	}
	if _, err := r.Paste(context.Background(), secret); err != nil || !r.SecretInHand() {
		t.Fatal(err)
	}
	c.find("made-1").Name = "payments-api"
	c.drive(r)
	c.assertRotated("taken again")
	if c.count("delete") != 1 {
		t.Errorf("%v", c.calls)
	}
}

func TestPasteIsTakenOnlyWhereItIsAskedFor(t *testing.T) {
	c := shaped(t, genericShape())
	r := c.start(nil)
	if _, err := r.Paste(context.Background(), apikey.NewSecret("sk_live_0123456789abcdef0123")); err == nil {
		t.Error("a service that creates keys took a paste")
	}
	if err := r.Attest("?"); err == nil {
		t.Error("there is nothing to confirm in preflight")
	}
	if err := r.Accept("?", false); err == nil {
		t.Error("there is nothing to accept in preflight")
	}
	r.Close()
	if _, err := r.Do(context.Background()); err == nil {
		t.Error("a closed rotation went on")
	}
	if _, err := r.Undo(context.Background()); err == nil {
		t.Error("a closed rotation was undone")
	}
}

func TestManualLaneCanBeUndone(t *testing.T) {
	c, r := manualCity(t)
	if _, err := r.Paste(context.Background(), c.byHand("made-1", "anything")); err != nil {
		t.Fatal(err)
	}
	c.doUntil(r, Drain)
	c.goBack("by hand", r)
	c.assertUndone("by hand")
	if c.find("made-1") != nil {
		t.Error("the key made by hand is still there")
	}
}
