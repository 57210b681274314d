package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/audit"
	"detent/client"
	"detent/delivery"
	"detent/rotation"
	"detent/rotation/world"
)

var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// telling is an issuer that says more of its keys than their names.
type telling struct {
	*issuer
	made, changed func(k *apikey.Key)
}

func (s *telling) Create(ctx context.Context, d apikey.Draft) (apikey.Created, error) {
	made, err := s.issuer.Create(ctx, d)
	s.made(&made.Key)
	return made, err
}

func (s *telling) Update(ctx context.Context, id string, p apikey.Patch) (apikey.Key, error) {
	k, err := s.issuer.Update(ctx, id, p)
	s.changed(&k)
	return k, err
}

// records are all that is on record.
func (c *counter) records() (out []audit.Record) {
	c.t.Helper()
	report, err := audit.Read(c.dir, nil, nil, func(r audit.Record) { out = append(out, r) })
	if err != nil || len(report.Problems) > 0 {
		c.t.Fatal(err, report.Problems)
	}
	return out
}

func words(f audit.Fields) string {
	var out []string
	for id, value := range f {
		out = append(out, id+" "+string(value))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// TestTheReceiptSaysWhatWasGrantedAndChanged: before it is sent what was asked for, and after it what the service says, and of what
// that does not say, what was asked for. What was there before is what the service said last.
func TestTheReceiptSaysWhatWasGrantedAndChanged(t *testing.T) {
	yes, no := true, false
	whole := apikey.Draft{Name: "n", Role: "reader", Environment: apikey.Live, Expiry: apikey.Expiry{After: 30 * 24 * time.Hour},
		Permissions:  []apikey.Permission{{Feature: "AccessRules", Name: "getRules"}, {Feature: "AccessRules", Name: "addRule"}},
		Restrictions: apikey.Restrictions{IPAddresses: []string{"192.0.2.0/24"}}, Extra: map[string]json.RawMessage{"clearance": json.RawMessage(`{"level":3}`)}}
	asked := `clearance {"level":3}, environment "live", expires_at "2027-03-31T12:00:00Z", permissions ["AccessRules.getRules","AccessRules.addRule"], ` +
		`restrictions {"ip_addresses":["192.0.2.0/24"],"referrers":[],"endpoints":[]}, role "reader"`
	for what, c := range map[string]struct {
		order                             Order
		made, changed                     func(k *apikey.Key)
		fails                             error
		granted, before, after            string // as it begins
		endGranted, endBefore, endedAfter string
	}{
		"a whole create": {order: Order{What: Create, Draft: whole}, granted: asked, endGranted: asked},
		"the least": {order: Order{What: Create, Draft: apikey.Draft{Name: "n", Role: "reader"}}, granted: `expires_at null, role "reader"`,
			endGranted: `expires_at null, role "reader"`},
		"the service gives something else": {order: Order{What: Create, Draft: whole}, granted: asked,
			made: func(k *apikey.Key) {
				k.ExpiresAt, k.Role, k.Enabled, k.Environment = apikey.At(noon.Add(time.Hour)), "executor", &yes, apikey.Test
			},
			endGranted: strings.NewReplacer(`"2027-03-31T12:00:00Z"`, `"2027-03-01T13:00:00Z"`, `"live"`, `"test", enabled true`, `"reader"`, `"executor"`).Replace(
				strings.Replace(asked, `environment "live"`, `enabled true, environment "test"`, 1))},
		"a create without an answer": {order: Order{What: Create, Draft: whole}, fails: lost, granted: asked, endGranted: asked},
		"a name and a role": {order: Order{What: Update, Key: apikey.Key{ID: "k"}, Patch: apikey.Patch{Name: name("m"), Role: name("reader")}},
			before: `name "old", role "owner"`, after: `name "m", role "reader"`, endBefore: `name "old", role "owner"`, endedAfter: `name "m", role "reader"`},
		"the service calls it otherwise": {order: Order{What: Update, Key: apikey.Key{ID: "k"}, Patch: apikey.Patch{Name: name("m")}},
			changed: func(k *apikey.Key) { k.Name = "m-2" },
			before:  `name "old"`, after: `name "m"`, endBefore: `name "old"`, endedAfter: `name "m-2"`},
		"another end and a limit": {order: Order{What: Update, Key: apikey.Key{ID: "k"}, Patch: apikey.Patch{Expiry: &apikey.Expiry{After: time.Hour}, Properties: map[string]json.RawMessage{"rpm": json.RawMessage("60")}}},
			after: `expires_at "2027-03-01T13:00:00Z", rpm 60`, endedAfter: `expires_at "2027-03-01T13:00:00Z", rpm 60`},
		"a limit is taken away": {order: Order{What: Update, Key: apikey.Key{ID: "k"}, Patch: apikey.Patch{Properties: map[string]json.RawMessage{"rpm": json.RawMessage("null")}}}, after: "rpm null", endedAfter: "rpm null"},
		"disabled": {order: Order{What: Update, Key: apikey.Key{ID: "k"}, Patch: apikey.Patch{Enabled: &no}},
			before: "enabled true", after: "enabled false", endBefore: "enabled true", endedAfter: "enabled false"},
		"refused": {order: Order{What: Update, Key: apikey.Key{ID: "k"}, Patch: apikey.Patch{Enabled: &no}}, fails: &client.Error{Kind: client.Forbidden, Outcome: client.NotDone},
			before: "enabled true", after: "enabled false", endBefore: "enabled true", endedAfter: "enabled false"},
		"of a key that nobody has listed": {order: Order{What: Update, Key: apikey.Key{ID: "unheard", Enabled: &yes}, Patch: apikey.Patch{Enabled: &no, Role: name("reader")}},
			before: "enabled true", after: `enabled false, role "reader"`, endBefore: "enabled true", endedAfter: `enabled false, role "reader"`},
		"deleted": {order: Order{What: Delete, Key: apikey.Key{ID: "k"}}, before: `enabled true, role "owner"`, endBefore: `enabled true, role "owner"`},
		"a public key": {order: Order{What: PublicKey, Request: apikey.PublicKeyRequest{Name: "front", Project: "p1", TTL: 3600}},
			granted: `expires_at "2027-03-01T13:00:00Z", project "p1"`, endGranted: `expires_at "2027-03-01T13:00:00Z", project "p1"`},
	} {
		nothing := func(*apikey.Key) {}
		s := &telling{&issuer{caps: able, keys: []apikey.Key{{ID: "k", Name: "old", Role: "owner", Enabled: &yes}}}, nothing, func(k *apikey.Key) { k.Name = "" }}
		s.caps.Expiry, s.caps.Restrictions, s.caps.ChangeExpiry = apikey.Can(), apikey.Can(), apikey.Can()
		s.caps.Properties = []apikey.Property{{Field: "rpm", Title: "requests a minute", Change: true}}
		if len(c.order.Draft.Permissions) > 0 {
			s.caps.Environments, s.caps.PermissionGroups = []apikey.Environment{apikey.Live}, []apikey.PermissionGroup{{Feature: "AccessRules"}}
		}
		if c.made != nil {
			s.made = c.made
		}
		if c.changed != nil {
			s.changed = c.changed
		}
		if c.fails != nil {
			s.fails = []error{c.fails}
		}
		at := open(t, s, func(o *Options) { o.Now = func() time.Time { return noon } })
		if _, err := at.keys(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, _ = at.handle(t.Context(), c.order)
		got := at.records()
		if len(got) != 2 {
			t.Errorf("%s: %d records", what, len(got))
			continue
		}
		for i, want := range [][3]string{{c.granted, c.before, c.after}, {c.endGranted, c.endBefore, c.endedAfter}} {
			r := got[i]
			if have := [3]string{words(r.Granted), words(r.Before), words(r.After)}; have != want {
				t.Errorf("%s, %s:\ngranted %s\nwant    %s\nbefore %s, want %s\nafter %s, want %s", what, r.Kind, have[0], want[0], have[1], want[1], have[2], want[2])
			}
		}
	}
}

// TestWhatAServiceDoesNotHaveIsNotGranted: where keys have no end, nothing is said of one.
func TestWhatAServiceDoesNotHaveIsNotGranted(t *testing.T) {
	at := open(t, &issuer{caps: able}, nil)
	if _, err := at.Do(t.Context(), orders["create"].order); err != nil {
		t.Fatal(err)
	}
	for _, r := range at.records() {
		if got := words(r.Granted); got != `role "reader"` {
			t.Errorf("%s: %s", r.Kind, got)
		}
	}
}

// TestAReceiptInARotationSaysOfWhichStage, of an act, of a call that was announced, of a delivery and what follows it, and of an abort.
func TestAReceiptInARotationSaysOfWhichStage(t *testing.T) {
	on := true
	s := &issuer{caps: able, keys: []apikey.Key{{ID: "k", Name: "old", Enabled: &on}}}
	at := open(t, s, nil)
	at.o.Ledger.Actor = Actor{Name: "alice", From: "local"}
	path := filepath.Join(t.TempDir(), "secret")
	d, err := delivery.Parse("file:"+path, delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}

	w := rotation.World{Dir: t.TempDir(), Profile: "prod", Service: at.Acts(), Announce: at.Announce, Notify: at.Notify, Manages: true,
		Sleep: func(context.Context, time.Duration) error { return nil }}
	zero := time.Duration(0)
	r, err := rotation.Start(rotation.Params{World: w, Key: s.keys[0], Destinations: []delivery.Destination{at.o.Ledger.Place(d, "prod", "prosopo", nil)}, Drain: &zero, Soak: &zero, Replace: true,
		AcceptUnknown: "looked at by hand"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	id := r.ID()
	run := at.o.Ledger.Rotation(r)
	for range 20 {
		res, err := run.Do(t.Context())
		if err != nil {
			t.Log(err)
			break
		}
		if res.Status != rotation.Moved {
			t.Log(res.Message)
			break
		}
	}
	for range 5 {
		if res, err := run.Undo(t.Context()); err != nil || res.Status == rotation.Finished {
			break
		}
	}
	seen := map[string]string{}
	for _, rec := range at.records() {
		if rec.Rotation != id || rec.Stage == "" {
			t.Errorf("%s %s is of rotation %q at %q", rec.Kind, rec.Action, rec.Rotation, rec.Stage)
		}
		seen[rec.Action] = rec.Stage
	}
	for _, action := range []string{"rotate", "said", "create", "deliver", "abort"} {
		if seen[action] == "" {
			t.Errorf("no %s in %v", action, seen)
		}
	}
}

// TestWhatARotationTellsIsOnRecord with its key, and one that cannot be recorded is told in the end.
func TestWhatARotationTellsIsOnRecord(t *testing.T) {
	at := open(t, &issuer{caps: able}, nil)
	part := rotation.Part{ID: "r7k2mq4xzp", Stage: rotation.Drain, Old: apikey.Key{ID: "k", Name: "old"}}
	want := map[rotation.NoticeKind]string{rotation.NoticeBegun: "rotate", rotation.NoticeStage: "stage", rotation.NoticeStatement: "said"}
	for kind, action := range want {
		at.Notify(rotation.Notice{Part: part, Kind: kind, Text: "why"})
		all := at.records()
		if r := all[len(all)-1]; r.Kind != audit.Event || r.Action != action || r.Who != "alice" || r.Profile != "prod" || r.Service != "prosopo" || r.KeyID != "k" || r.KeyName != "old" ||
			r.Rotation != part.ID || r.Stage != "drain" || r.Detail != "why" || r.Result != audit.Done || !*r.Certain {
			t.Errorf("%s: %+v", kind, r)
		}
	}
	broken := &Ledger{Broken: errors.New("no audit log")}
	at = open(t, &issuer{caps: able}, func(o *Options) { o.Ledger = broken })
	at.Notify(rotation.Notice{Part: part, Kind: rotation.NoticeStatement, Text: "why"})
	if got := fmt.Sprint(broken.Lost()); !strings.Contains(got, "no audit log") {
		t.Error(got)
	}
}

// TestADeliveryIsOnRecordUnderItsKey, and the words of a command are not.
func TestADeliveryIsOnRecordUnderItsKey(t *testing.T) {
	at := open(t, &issuer{caps: able}, nil)
	path := filepath.Join(t.TempDir(), "secret")
	d, err := delivery.Parse("file:"+path, delivery.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := orders["create"].order
	o.Places, o.Delivery, o.Note = []delivery.Destination{at.o.Ledger.Place(d, "prod", "prosopo", []string{"true", "--token", "hunter2"})}, NewDelivery("", func(string) {}), func(string) {}
	if err := o.Delivery.Preflight(t.Context(), o.Places, apikey.Secret{}); err != nil {
		t.Fatal(err)
	}
	if _, err := at.Do(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range at.records() {
		if r.Kind == audit.End {
			got = append(got, r.Action+" "+r.KeyID+" "+r.KeyName)
		}
		if strings.Contains(fmt.Sprint(r), "hunter2") {
			t.Errorf("%+v", r)
		}
	}
	if strings.Join(got, "; ") != "create made0 n; deliver made0 n; then made0 n" {
		t.Error(got)
	}
}

// TestWhatCannotBeRecordedIsNotShownToAnOperator: here it is shown, and told in the end.
func TestWhatCannotBeRecordedIsNotShownToAnOperator(t *testing.T) {
	for _, strict := range []bool{false, true} {
		l := &Ledger{Broken: errors.New("no audit log"), Strict: strict}
		reveal := Order{What: Show, Key: apikey.Key{ID: "k"}}
		d := Open(nil, Options{Ledger: l})
		if _, err := d.Do(t.Context(), reveal); (err != nil) != strict {
			t.Errorf("strict %v: %v", strict, err)
		}
		printed := false
		reveal.Hand = func() error { printed = true; return nil }
		if _, err := d.Do(t.Context(), reveal); (err != nil) != strict || printed == strict {
			t.Errorf("strict %v: printed %v, %v", strict, printed, err)
		}
	}
}

// TestAnUndoThatIsRefusedIsOnRecordWithWhatTheRefusalSays, whichever it is: nothing was changed by it.
func TestAnUndoThatIsRefusedIsOnRecordWithWhatTheRefusalSays(t *testing.T) {
	atOnce := func(p *rotation.Params) { p.Outage = "agreed" }
	for name, c := range map[string]struct {
		sc     world.Scenario
		change func(*rotation.Params)
		until  rotation.Step
		then   func(f *world.World)
		says   string
	}{
		"the old key was deleted":    {world.Scenario{Headless: true, Drain: -1}, nil, rotation.Delete, nil, "a deletion of the old key was sent"},
		"the former secret is dead":  {world.Scenario{Roll: time.Hour, AtOnce: true, Drain: -1}, atOnce, rotation.Deliver, nil, "the former secret died with the roll"},
		"the overlap is over":        {world.Scenario{Roll: 3 * time.Minute, Drain: time.Minute}, nil, rotation.Verify, func(f *world.World) { f.Pass(time.Hour) }, "the overlap is over"},
		"somebody disabled the key":  {world.Scenario{Disable: true, Drain: -1}, nil, rotation.Verify, func(f *world.World) { f.Enable("old", false) }, "somebody has disabled the old key"},
		"the list lacks the old key": {world.Scenario{Drain: -1}, nil, rotation.Verify, func(f *world.World) { f.Remove("old") }, "the list does not show the old key"},
	} {
		t.Run(name, func(t *testing.T) {
			f := world.New(t, c.sc)
			at := open(t, &issuer{caps: able}, nil)
			r := at.o.Ledger.Rotation(f.Start(c.change))
			for range 10 {
				if r.View().Step == c.until {
					break
				}
				if _, err := r.Do(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if c.until == rotation.Delete {
				for range 2 { // it is asked for again
					f.Fail("delete", &client.Error{Op: "delete", Kind: client.Timeout, Outcome: client.Unknown}, true)
				}
				_, _ = r.Do(t.Context())
			}
			if c.then != nil {
				c.then(f)
			}
			_, err := r.Undo(t.Context())
			var no *rotation.RefusedError
			if !errors.As(err, &no) || !strings.HasPrefix(no.Reason, c.says) {
				t.Fatalf("at %s: %v", r.View().Step, err)
			}
			all := at.records()
			if last := all[len(all)-1]; last.Action != "abort" || last.Result != audit.Refused || !*last.Certain || last.Reason != no.Reason {
				t.Errorf("%+v, want the reason %q", last, no.Reason)
			}
			f.Forgive()
		})
	}
}

// unsure is an issuer that takes keys for gone by its list alone.
type unsure struct{ *issuer }

const byItsList = "its list does not have the key"

func (s unsure) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	_, err := s.issuer.Delete(ctx, id)
	return apikey.Deleted{Evidence: byItsList}, err
}

func (s unsure) EndOverlap(context.Context, string) (apikey.Deleted, error) {
	return apikey.Deleted{Evidence: byItsList}, nil
}

func (s unsure) Abilities() client.Abilities {
	can := s.issuer.Abilities()
	can.EndOverlap = s.EndOverlap
	return can
}

// TestAReceiptIsNoMoreCertainThanItsWords: what a list alone shows is not certain, in a rotation neither.
func TestAReceiptIsNoMoreCertainThanItsWords(t *testing.T) {
	for name, do := range map[string]func(at *counter) error{
		"by hand": func(at *counter) error {
			out, err := at.Do(t.Context(), Order{What: Delete, Key: apikey.Key{ID: "k"}})
			if words := out.Deleted.Words("k"); !strings.Contains(words, "as far as is seen") {
				t.Error(words)
			}
			return err
		},
		"announced": func(at *counter) error {
			ctx, end, err := at.Announce(t.Context(), "delete", "k")
			if err == nil {
				_, err = at.Acts().Delete(ctx, "k")
				end(err)
			}
			return err
		},
		"an overlap": func(at *counter) error {
			_, err := at.Do(t.Context(), Order{What: EndOverlap, Key: apikey.Key{ID: "k"}})
			return err
		},
	} {
		at := open(t, unsure{&issuer{caps: able, keys: []apikey.Key{{ID: "k"}}}}, nil)
		if err := do(at); err != nil {
			t.Fatal(name, err)
		}
		all := at.records()
		if end := all[len(all)-1]; end.Result != audit.Done || end.Certain == nil || *end.Certain || end.Reason != byItsList {
			t.Errorf("%s: %s, certain %v: %q", name, end.Result, *end.Certain, end.Reason)
		}
	}
	at := open(t, &issuer{caps: able, keys: []apikey.Key{{ID: "k"}}, fails: []error{lost, lost}}, nil)
	_, err := at.Do(t.Context(), Order{What: Delete, Key: apikey.Key{ID: "k"}})
	if all := at.records(); err == nil || all[len(all)-1].Reason == "" {
		t.Errorf("a delete that was not answered: %v, on record %+v", err, all[len(all)-1])
	}
}
