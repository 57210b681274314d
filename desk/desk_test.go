package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/audit"
	"detent/client"
	"detent/config"
	"detent/delivery"
)

// issuer is a service that does what it is asked, unless it has an error to give.
type issuer struct {
	caps  apikey.Capabilities
	keys  []apikey.Key
	sent  []string
	fails []error // of the next writes, nil for none
	does  bool    // a write that fails was carried out all the same
	again apikey.Secret
	// gaveUp is why the last call could have been broken off; nil where it could not.
	gaveUp error

	renamed string            // what the last update called a key
	spoils  func(*apikey.Key) // changes the answer to an update
}

var able = apikey.Capabilities{Title: "Issuer", Create: apikey.Can(), Delete: apikey.Can(), Rename: apikey.Can(), ChangeRole: apikey.Can(), Disable: apikey.Can(), ChangeExpiry: apikey.Can(), PublicKeys: apikey.Can(),
	Roll:  apikey.Roll{Ability: apikey.Can(), AtOnce: true, Overlap: time.Hour, Again: true, End: true, Keep: true},
	Roles: []apikey.RoleInfo{{Name: "reader"}}, MaxName: 20}

func (s *issuer) Capabilities() apikey.Capabilities { return s.caps }

func (s *issuer) Abilities() client.Abilities {
	return client.Abilities{RequestPublicKey: s.RequestPublicKey, Retrieve: s.Retrieve, Roll: s.Roll, EndOverlap: s.EndOverlap, KeepFormer: s.KeepFormer}
}

func (s *issuer) List(_ context.Context, each func([]apikey.Key)) error {
	each(s.keys)
	return nil
}

func (s *issuer) write(ctx context.Context, what string, do func()) error {
	s.sent, s.gaveUp = append(s.sent, what), ctx.Err()
	var err error
	if len(s.fails) > 0 {
		err, s.fails = s.fails[0], s.fails[1:]
	}
	if err == nil || s.does {
		do()
	}
	return err
}

func (s *issuer) Create(ctx context.Context, d apikey.Draft) (apikey.Created, error) {
	k := apikey.Key{ID: fmt.Sprintf("made%d", len(s.keys)), Name: d.Name}
	err := s.write(ctx, "create", func() { s.keys = append(s.keys, k) })
	return apikey.Created{Key: k, Secret: apikey.NewSecret("a-new-secret-0123456789")}, err
}

func (s *issuer) Update(ctx context.Context, id string, p apikey.Patch) (apikey.Key, error) {
	if p.Name != nil {
		s.renamed = *p.Name
	}
	k := apikey.Key{ID: id, Name: "k"}
	if s.spoils != nil {
		s.spoils(&k)
	}
	return k, s.write(ctx, "update", func() {})
}

func (s *issuer) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	gone := true
	err := s.write(ctx, "delete", func() {
		for i, k := range s.keys {
			if k.ID == id {
				s.keys, gone = append(s.keys[:i:i], s.keys[i+1:]...), false
				return
			}
		}
	})
	return apikey.Deleted{AlreadyGone: gone && err == nil}, err
}

func (s *issuer) Probe(context.Context, apikey.Secret, string) (apikey.Proof, error) {
	return apikey.Proof{}, nil
}

func (s *issuer) RequestPublicKey(ctx context.Context, _ apikey.PublicKeyRequest) (apikey.PublicKeyValue, error) {
	return apikey.PublicKeyValue{}, s.write(ctx, "public-key", func() {})
}

func (s *issuer) Retrieve(ctx context.Context, _ string) (apikey.Secret, error) {
	return s.again, s.write(ctx, "retrieve", func() {})
}

func (s *issuer) Roll(ctx context.Context, id string, order apikey.RollOrder) (apikey.Rolled, error) {
	return apikey.Rolled{Key: apikey.Key{ID: id}, Secret: apikey.NewSecret("a-new-secret-0123456789")}, s.write(ctx, fmt.Sprintf("roll %s %s", order.Overlap, order.Once), func() {})
}

func (s *issuer) EndOverlap(ctx context.Context, _ string) (apikey.Deleted, error) {
	return apikey.Deleted{}, s.write(ctx, "end-overlap", func() {})
}

func (s *issuer) KeepFormer(ctx context.Context, _ string, _ apikey.Moment) (apikey.Deleted, error) {
	return apikey.Deleted{}, s.write(ctx, "keep-former", func() {})
}

// counter is a desk over an issuer, with what it records and refuses.
type counter struct {
	*Desk
	t       *testing.T
	dir     string
	refused []string
}

func open(t *testing.T, s client.Service, change func(*Options)) *counter {
	t.Helper()
	c := &counter{t: t, dir: t.TempDir()}
	o := Options{Profile: "prod", Issuer: "prosopo", Timeout: time.Minute,
		Ledger:  &Ledger{Log: audit.Open(c.dir, time.Now), Actor: Actor{Name: "alice", From: "192.0.2.7"}},
		Refused: func(e Entry, why string) { c.refused = append(c.refused, e.Action+" "+e.KeyID+": "+why) }}
	if change != nil {
		change(&o)
	}
	c.Desk = Open(s, o)
	return c
}

// receipts are what is on record, a begin with its end as one.
func (c *counter) receipts() (out []string) {
	c.t.Helper()
	report, err := audit.Read(c.dir, nil, nil, func(r audit.Record) {
		if r.Kind == audit.End {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s by %s certain %v %s", r.Action, r.KeyID, r.Result, r.Who, *r.Certain, r.Reason)))
		}
	})
	if err != nil || len(report.Problems) > 0 {
		c.t.Fatal(err, report.Problems)
	}
	return out
}

func name(s string) *string { return &s }

// orders are one of each kind, with the word and the key that its receipt has.
var orders = map[string]struct {
	order Order
	id    string
}{
	"create":     {Order{What: Create, Draft: apikey.Draft{Name: "n", Role: "reader"}}, "made1"},
	"update":     {Order{What: Update, Key: apikey.Key{ID: "k"}, Patch: apikey.Patch{Name: name("m")}}, "k"},
	"disable":    {Order{What: Update, Key: apikey.Key{ID: "k"}, Patch: apikey.Patch{Enabled: new(bool)}}, "k"},
	"delete":     {Order{What: Delete, Key: apikey.Key{ID: "k"}}, "k"},
	"public-key": {Order{What: PublicKey}, ""},
	"retrieve":   {Order{What: Retrieve, Key: apikey.Key{ID: "k"}}, "k"},

	"roll":        {Order{What: Roll, Key: apikey.Key{ID: "k"}, Overlap: time.Hour, Once: "r1"}, "k"},
	"end-overlap": {Order{What: EndOverlap, Key: apikey.Key{ID: "k"}}, "k"},
	"keep-former": {Order{What: KeepFormer, Key: apikey.Key{ID: "k"}}, "k"},
}

// forAdmins make a secret die. A rotation does so by its own rules.
var forAdmins = map[What]bool{Delete: true, Roll: true, EndOverlap: true, KeepFormer: true}

// TestEveryKindOfOrderIsTried: the tests below go through orders, so that a kind that is missing there is tried nowhere.
func TestEveryKindOfOrderIsTried(t *testing.T) {
	tried := map[What]bool{}
	for _, c := range orders {
		tried[c.order.What] = true
	}
	for _, c := range withoutService {
		tried[c.order.What] = true
	}
	for what, k := range kinds {
		if what == Rotate { // asked for, and never done as one
			continue
		}
		if !tried[what] {
			t.Errorf("%q: add one to orders above, and its call to call below", what)
		}
		if k.op == "" || k.call == nil {
			t.Errorf("%q: a kind of order has at least op, its words for an error, and call", what)
		}
		if !k.reads && (k.check == nil && k.can == nil || k.abilities == nil || k.recordAsked == nil) {
			t.Errorf("%q changes something: it has a check against what the issuer can, the abilities that a viewer is shown without, and a receipt of what was asked", what)
		}
	}
}

// TestWhatARoleMayNotDoIsNotOffered: a screen asks the desk's capabilities, and says whose it is.
func TestWhatARoleMayNotDoIsNotOffered(t *testing.T) {
	for _, role := range []config.Role{"", config.Admin, config.Rotate, config.Viewer} {
		c := open(t, &issuer{caps: able}, func(o *Options) { o.Role = role }).Capabilities()
		for what, k := range kinds {
			if k.abilities == nil {
				continue
			}
			want := ""
			switch {
			case role == config.Viewer:
				want = ViewerOnly
			case role == config.Rotate && forAdmins[what]:
				want = DeleteIsAdmins
			}
			for _, a := range k.abilities(&c) {
				if a.OK != (want == "") || a.Why != want {
					t.Errorf("%q for the role %q: %+v, want %q (does the issuer of this test have the ability?)", what, role, *a, want)
				}
			}
		}
	}
}

// TestEveryOrderIsCheckedRefusedAndRecordedAlike, by whom and by whichever way it comes: ordered, or as a call of the service
// that screens have.
func TestEveryOrderIsCheckedRefusedAndRecordedAlike(t *testing.T) {
	ways := map[string]func(c *counter, o Order) error{
		"an order": func(c *counter, o Order) error { _, err := c.Do(t.Context(), o); return err },
		"a call":   func(c *counter, o Order) error { return call(t.Context(), c.Service(), o) },
		"an act":   func(c *counter, o Order) error { return call(t.Context(), c.Acts(), o) },
	}
	for word, c := range orders {
		for _, role := range []config.Role{"", config.Admin, config.Rotate, config.Viewer} {
			for way, do := range ways {
				s := &issuer{caps: able, keys: []apikey.Key{{ID: "k", Name: "old"}}, again: apikey.NewSecret("the-secret-again")}
				at := open(t, s, func(o *Options) { o.Role = role })
				err := do(at, c.order)
				no := role == config.Viewer || role == config.Rotate && forAdmins[c.order.What] && way != "an act"
				got := strings.Join(at.receipts(), "; ")
				if no {
					if !client.IsKind(err, client.ReadOnly) || client.MayHaveHappened(err) || len(s.sent) > 0 || got != "" || len(at.refused) != 1 || !strings.HasSuffix(at.refused[0], BeyondRole) {
						t.Errorf("%s by %q as %s: sent %v, %v, on record %q, refused %q", word, role, way, s.sent, err, got, at.refused)
					}
					continue
				}
				want := strings.Join(strings.Fields(word+" "+c.id+" done by alice certain true"), " ")
				if got = strings.Join(strings.Fields(got), " "); err != nil || len(s.sent) != 1 || got != want || len(at.refused) > 0 {
					t.Errorf("%s by %q as %s: sent %v, %v, on record %q, want %q", word, role, way, s.sent, err, got, want)
				}
			}
		}
	}
}

// call makes the call of a service that is an order.
func call(ctx context.Context, s client.Service, o Order) (err error) {
	switch o.What {
	case Create:
		_, err = s.Create(ctx, o.Draft)
	case Update:
		_, err = s.Update(ctx, o.Key.ID, o.Patch)
	case Delete:
		_, err = s.Delete(ctx, o.Key.ID)
	case PublicKey:
		_, err = s.Abilities().RequestPublicKey(ctx, o.Request)
	case Retrieve:
		_, err = s.Abilities().Retrieve(ctx, o.Key.ID)
	case Roll:
		_, err = s.Abilities().Roll(ctx, o.Key.ID, apikey.RollOrder{Overlap: o.Overlap, Once: o.Once})
	case EndOverlap:
		_, err = s.Abilities().EndOverlap(ctx, o.Key.ID)
	case KeepFormer:
		_, err = s.Abilities().KeepFormer(ctx, o.Key.ID, o.Key.ExpiresAt)
	default:
		err = fmt.Errorf("call makes no call for %q", o.What)
	}
	return err
}

func TestNothingIsSentWhereNothingMayBeChanged(t *testing.T) {
	for word, c := range orders {
		s := &issuer{caps: able}
		at := open(t, s, func(o *Options) { o.ReadOnly = true })
		_, err := at.Do(t.Context(), c.order)
		if no := word != "retrieve"; no != client.IsKind(err, client.ReadOnly) || no == (len(s.sent) > 0) || no == (len(at.receipts()) > 0) {
			t.Errorf("%s: %v, sent %v, on record %v", word, err, s.sent, at.receipts())
		}
	}
}

func TestWhatTheIssuerCannotIsNotSent(t *testing.T) {
	cannot := apikey.Cannot("it cannot")
	rpm := func(text string) map[string]json.RawMessage {
		return map[string]json.RawMessage{"rpm": json.RawMessage(text)}
	}
	upToTen := func(c *apikey.Capabilities) {
		c.Properties = []apikey.Property{{Field: "rpm", Title: "requests a minute", Most: 10}}
	}
	for what, c := range map[string]struct {
		order Order
		take  func(c *apikey.Capabilities)
	}{
		"create":          {orders["create"].order, func(c *apikey.Capabilities) { c.Create = cannot }},
		"delete":          {orders["delete"].order, func(c *apikey.Capabilities) { c.Delete = cannot }},
		"roll":            {orders["roll"].order, func(c *apikey.Capabilities) { c.Roll.Ability = cannot }},
		"end an overlap":  {orders["end-overlap"].order, func(c *apikey.Capabilities) { c.Roll.Ability = cannot }},
		"keep a former":   {orders["keep-former"].order, func(c *apikey.Capabilities) { c.Roll.Ability = cannot }},
		"rename":          {orders["update"].order, func(c *apikey.Capabilities) { c.Rename = cannot }},
		"disable":         {orders["disable"].order, func(c *apikey.Capabilities) { c.Disable = cannot }},
		"change the role": {Order{What: Update, Patch: apikey.Patch{Role: name("reader")}}, func(c *apikey.Capabilities) { c.ChangeRole = cannot }},
		"public keys":     {orders["public-key"].order, func(c *apikey.Capabilities) { c.PublicKeys = apikey.Ability{} }},
		"no name":         {Order{What: Create, Draft: apikey.Draft{Name: " ", Role: "reader"}}, nil},
		"a long name":     {Order{What: Update, Patch: apikey.Patch{Name: name(strings.Repeat("n", 21))}}, nil},
		"a control in it": {Order{What: Update, Patch: apikey.Patch{Name: name("a\x1bb")}}, nil},
		"an unknown role": {Order{What: Update, Patch: apikey.Patch{Role: name("root")}}, nil},
		"a role of none":  {Order{What: Create, Draft: apikey.Draft{Name: "n", Role: "reader"}}, func(c *apikey.Capabilities) { c.Roles = nil }},
		"a restriction":   {Order{What: Create, Draft: apikey.Draft{Name: "n", Role: "reader", Restrictions: apikey.Restrictions{IPAddresses: []string{"10.0.0.1"}}}}, nil},
		"another end":     {Order{What: Update, Patch: apikey.Patch{Expiry: &apikey.Expiry{After: time.Hour}}}, func(c *apikey.Capabilities) { c.ChangeExpiry = cannot }},
		"an end it has not": {Order{What: Update, Patch: apikey.Patch{Expiry: &apikey.Expiry{After: time.Hour}}}, func(c *apikey.Capabilities) {
			c.Lifetimes.Spans = []time.Duration{time.Minute}
		}},
		"a lifetime it has not": {Order{What: Create, Draft: apikey.Draft{Name: "n", Role: "reader"}}, func(c *apikey.Capabilities) {
			c.Expiry, c.Lifetimes = apikey.Can(), apikey.Lifetimes{Longest: time.Hour, Always: true}
		}},
		"a limit too high":     {Order{What: Create, Draft: apikey.Draft{Name: "n", Role: "reader", Extra: rpm("11")}}, upToTen},
		"a limit that is text": {Order{What: Create, Draft: apikey.Draft{Name: "n", Role: "reader", Extra: rpm(`"x"`)}}, upToTen},
		"a limit that stays":   {Order{What: Update, Patch: apikey.Patch{Properties: rpm("5")}}, upToTen},
		"an order unknown":     {Order{What: "x"}, nil},
	} {
		s := &issuer{caps: able}
		if c.take != nil {
			c.take(&s.caps)
		}
		at := open(t, s, nil)
		if _, err := at.Do(t.Context(), c.order); err == nil || client.MayHaveHappened(err) || len(s.sent) > 0 {
			t.Errorf("%s: %v, sent %v", what, err, s.sent)
		}
	}
}

func TestWhoMadeAKeyInThisSessionMayTakeItBack(t *testing.T) {
	s := &issuer{caps: able, keys: []apikey.Key{{ID: "other"}}}
	at := open(t, s, func(o *Options) { o.Role = config.Rotate })
	out, err := at.Do(t.Context(), orders["create"].order)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := at.Do(t.Context(), Order{What: Delete, Key: apikey.Key{ID: "other"}}); err == nil {
		t.Error("another's key was deleted")
	}
	if _, err := at.Do(t.Context(), Order{What: Delete, Key: out.Created.Key}); err != nil {
		t.Error(err)
	}
}

var lost = &client.Error{Kind: client.Timeout, Outcome: client.Unknown, Message: "no answer"}

// TestALostDeleteIsAskedOnceMore, by its id; the receipt says what is certain in the end.
func TestALostDeleteIsAskedOnceMore(t *testing.T) {
	for _, does := range []bool{false, true} {
		s := &issuer{caps: able, keys: []apikey.Key{{ID: "k"}}, fails: []error{lost}, does: does}
		at := open(t, s, nil)
		if _, err := at.Do(t.Context(), orders["delete"].order); err != nil || len(s.keys) > 0 || len(s.sent) != 2 {
			t.Errorf("%v: %v, sent %v", does, err, s.sent)
		}
		if got := at.receipts(); len(got) != 1 || !strings.Contains(got[0], "done by alice certain true") {
			t.Errorf("%v: %v", does, got)
		}
		// A rotation settles that itself.
		s = &issuer{caps: able, keys: []apikey.Key{{ID: "k"}}, fails: []error{lost}, does: does}
		at = open(t, s, nil)
		if _, err := at.Acts().Delete(t.Context(), "k"); !errors.Is(err, lost) || len(s.sent) != 1 {
			t.Errorf("a rotation's: %v, sent %v", err, s.sent)
		}
	}
}

// TestALostDeleteIsNotSettledByWhatStopsTheSecond: what is said of that says nothing of the first.
func TestALostDeleteIsNotSettledByWhatStopsTheSecond(t *testing.T) {
	for _, second := range []error{
		&client.Error{Kind: client.RateLimited, Status: 429, Outcome: client.NotDone, Message: "slow down", Hint: "Wait."},
		&client.Error{Kind: client.Unauthorized, Status: 401, Outcome: client.NotDone, Own: true, Message: "not valid"},
		&client.Error{Kind: client.Unreachable, Outcome: client.NotDone, Message: "refused the connection"},
		context.Canceled, lost,
	} {
		s := &issuer{caps: able, keys: []apikey.Key{{ID: "k"}}, fails: []error{lost, second}}
		at := open(t, s, nil)
		_, err := at.Do(t.Context(), orders["delete"].order)
		if !client.MayHaveHappened(err) || client.Refused(err) || !errors.Is(err, second) || !strings.Contains(err.Error(), "a first request was not answered") {
			t.Errorf("%v: %v", second, err)
		}
		if got := at.receipts(); len(got) != 1 || !strings.HasPrefix(got[0], "delete k failed by alice certain false") {
			t.Errorf("%v: %q", second, got)
		}
	}
}

// TestADeletionThatWasTakenIsSaidAsThat: 202 is a yes to the request, and no end of the key.
func TestADeletionThatWasTakenIsSaidAsThat(t *testing.T) {
	begun := &client.Error{Kind: client.BadAnswer, Outcome: client.Unknown, Message: "the list still has the key", Err: client.ErrBegun}
	s := &issuer{caps: able, keys: []apikey.Key{{ID: "k"}}, fails: []error{begun}}
	at := open(t, s, nil)
	out, err := at.Do(t.Context(), orders["delete"].order)
	if words := out.Deleted.Words("k"); err != nil || len(s.sent) != 1 || !strings.HasPrefix(words, "k is being deleted, as far as is said: the service answered that it took the deletion (202), and its list still has the key") {
		t.Errorf("%v, %q, sent %v", err, words, s.sent)
	}
	if got := at.receipts(); len(got) != 1 || !strings.Contains(got[0], "done by alice certain false") {
		t.Errorf("%q", got)
	}
	s = &issuer{caps: able, keys: []apikey.Key{{ID: "k"}}, fails: []error{begun}}
	if _, err := open(t, s, nil).Acts().Delete(t.Context(), "k"); !errors.Is(err, client.ErrStillListed) {
		t.Errorf("a rotation's, which looks itself: %v", err)
	}
}

func TestALostCreateNamesTheKeyThatWasNotThereBefore(t *testing.T) {
	for _, does := range []bool{false, true} {
		s := &issuer{caps: able, keys: []apikey.Key{{ID: "k", Name: "n"}}, fails: []error{lost}, does: does}
		at := open(t, s, nil)
		var said []string
		o := orders["create"].order
		o.Before, o.Note = at.Before(t.Context()), func(text string) { said = append(said, text) }
		o.WarnOfDuplicate()
		if _, err := at.Do(t.Context(), o); !errors.Is(err, lost) {
			t.Error(err)
		}
		text := strings.Join(said, "\n")
		if named := strings.Contains(text, `there is a key named "n": made1,`); named != does || !strings.Contains(text, "is there already (k)") {
			t.Errorf("%v:\n%s", does, text)
		}
	}
}

// TestTheReceiptSaysWhatIsCertain by the error.
func TestTheReceiptSaysWhatIsCertain(t *testing.T) {
	for want, err := range map[string]error{
		"refused by alice certain true forbidden":  &client.Error{Kind: client.Forbidden, Outcome: client.NotDone},
		"failed by alice certain false timeout":    lost,
		"failed by alice certain true unreachable": &client.Error{Kind: client.Unreachable, Outcome: client.NotDone},
		"failed by alice certain false":            context.Canceled,
		"failed by alice certain true":             UnchangedError{errors.New("as it was")},
	} {
		at := open(t, &issuer{caps: able, fails: []error{err}}, nil)
		_, _ = at.Acts().Update(t.Context(), "k", apikey.Patch{Name: name("m")})
		if got := at.receipts(); len(got) != 1 || got[0] != "update k "+want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
	at := open(t, &issuer{caps: able}, nil)
	if secret, err := at.Do(t.Context(), orders["retrieve"].order); err != nil || !secret.Secret.IsZero() {
		t.Fatal(secret, err)
	}
	if got := at.receipts(); len(got) != 1 || got[0] != "retrieve k refused by alice certain true not given" {
		t.Errorf("%q", got)
	}
}

func TestWhatCannotBeRecordedIsDoneHereAndRefusedForAnOperator(t *testing.T) {
	for _, strict := range []bool{false, true} {
		s := &issuer{caps: able}
		ledger := &Ledger{Broken: errors.New("no audit log"), Strict: strict}
		at := open(t, s, func(o *Options) { o.Ledger = ledger })
		_, err := at.Do(t.Context(), orders["update"].order)
		if (err != nil) != strict || (len(s.sent) == 0) != strict || (len(ledger.Lost()) == 0) != strict {
			t.Errorf("strict %v: %v, sent %v, lost %v", strict, err, s.sent, ledger.Lost())
		}
		if strict && (client.MayHaveHappened(err) || !strings.Contains(err.Error(), "no audit log")) {
			t.Error(err)
		}
	}
}

// TestACallThatWasAnnouncedHasOneReceipt, begun before the last look.
func TestACallThatWasAnnouncedHasOneReceipt(t *testing.T) {
	at := open(t, &issuer{caps: able, keys: []apikey.Key{{ID: "k"}}}, nil)
	ctx, end, err := at.Announce(t.Context(), "delete", "k")
	if err != nil {
		t.Fatal(err)
	}
	_, err = at.Acts().Delete(ctx, "k")
	end(err)
	if got := at.receipts(); len(got) != 1 || got[0] != "delete k done by alice certain true" {
		t.Errorf("%q", got)
	}
	_, _ = at.Acts().Update(ctx, "k", apikey.Patch{Name: name("m")})
	if got := at.receipts(); len(got) != 2 {
		t.Errorf("another call under it: %q", got)
	}
}

// TestACallThatTheServiceDoesNotHaveIsRefused, whatever it says that it can.
func TestACallThatTheServiceDoesNotHaveIsRefused(t *testing.T) {
	everyServiceHas := []string{"create", "update", "disable", "delete"}
	for what, c := range orders {
		s := &issuer{caps: able}
		at := open(t, &some{Service: s}, nil)
		_, err := at.Do(t.Context(), c.order)
		lacks := !slices.Contains(everyServiceHas, what)
		if client.IsKind(err, client.Unsupported) != lacks || lacks && (client.MayHaveHappened(err) || len(s.sent) > 0) {
			t.Errorf("%s: %v, sent %v", what, err, s.sent)
		}
	}
}

// TestAWriteIsNotBrokenOffAndAReadIs by whoever gives up meanwhile.
func TestAWriteIsNotBrokenOffAndAReadIs(t *testing.T) {
	for what, c := range orders {
		s := &issuer{caps: able}
		at := open(t, s, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _ = at.Do(ctx, c.order)
		if len(s.sent) == 0 || (s.gaveUp != nil) != kinds[c.order.What].reads {
			t.Errorf("%s: sent %v, given up: %v", what, s.sent, s.gaveUp)
		}
	}
}

// TestADesksServiceCanDoWhatItsIssuerCan, and nothing else: each call of Abilities is there where the issuer has it, alone and among others.
func TestADesksServiceCanDoWhatItsIssuerCan(t *testing.T) {
	for i := range reflect.TypeFor[client.Abilities]().NumField() {
		for _, others := range []bool{false, true} {
			s := &some{Service: &issuer{caps: able}}
			can := reflect.ValueOf(&s.can).Elem()
			for j := range can.NumField() {
				if others != (i == j) {
					can.Field(j).Set(reflect.MakeFunc(can.Field(j).Type(), nil))
				}
			}
			for _, wrapped := range []client.Service{open(t, s, nil).Service(), open(t, s, nil).Acts()} {
				out := reflect.ValueOf(wrapped.Abilities())
				for j := range out.NumField() {
					if out.Field(j).IsNil() != can.Field(j).IsNil() {
						t.Errorf("%s: absent %v, of the issuer %v", can.Type().Field(j).Name, out.Field(j).IsNil(), can.Field(j).IsNil())
					}
				}
			}
		}
	}
	ledger := &Ledger{}
	for _, spec := range []string{"file:/tmp/x", "command:cat", "env-file:/tmp/.env:A"} {
		d, err := delivery.Parse(spec, delivery.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, was := d.(delivery.Holder)
		if _, is := ledger.Place(d, "p", "s", nil).(delivery.Holder); is != was {
			t.Errorf("%s: gives back %v, was %v", spec, is, was)
		}
	}
}

// some is a service with some abilities.
type some struct {
	client.Service
	can client.Abilities
}

func (s *some) Abilities() client.Abilities { return s.can }

// TestATakingBackLeavesWhatSomebodyHasWrittenSince: the second place fails, and the first one holds neither the new secret nor the old
// value by then.
func TestATakingBackLeavesWhatSomebodyHasWrittenSince(t *testing.T) {
	for _, since := range []string{"", "third"} {
		dir := t.TempDir()
		first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
		for _, path := range []string{first, second} {
			if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var places []delivery.Destination
		for i, path := range []string{first, second} {
			d, err := delivery.Parse("file:"+path, delivery.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if i == 1 {
				d = &failing{d, func() {
					if since != "" {
						_ = os.WriteFile(first, []byte(since), 0o600)
					}
				}}
			}
			places = append(places, d)
		}
		var said []string
		run := NewDelivery("", func(text string) { said = append(said, text) })
		run.Job.Replace = true
		secret := apikey.NewSecret("a-new-secret-0123456789")
		if err := run.Preflight(t.Context(), places, apikey.Secret{}); err != nil {
			t.Fatal(err)
		}
		said = nil
		err := run.Put(t.Context(), places, secret)
		if strings.Contains(strings.Join(said, "\n"), "mode 0644 becomes") { // the preflight has said that
			t.Errorf("said twice: %q", said)
		}
		if err == nil || strings.Contains(err.Error(), "putting the old content back") != (since != "") {
			t.Errorf("since %q: %v", since, err)
		}
		want := since
		if since == "" {
			want = "old"
		}
		got, _ := os.ReadFile(first)
		if last, _ := os.ReadFile(second); string(got) != want || string(last) != "old" {
			t.Errorf("since %q: the places hold %q and %q", since, got, last)
		}
	}
}

// failing is a place that takes nothing.
type failing struct {
	delivery.Destination
	before func()
}

func (f *failing) Put(context.Context, delivery.Job, apikey.Secret) (delivery.Report, error) {
	f.before()
	return delivery.Report{}, errors.New("it is full")
}

// TestADeletionIsCalledDoneByTheServicesWordAlone: a list that lacks the key is none, and "no such key" is none while the list shows it.
func TestADeletionIsCalledDoneByTheServicesWordAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		fails  []error
		does   bool
		hides  bool // the list lacks the key though it lives
		denies bool // "no such key" is answered though it lives
		done   bool
		sent   int
	}{
		"answered":                             {nil, false, false, false, true, 1},
		"lost, and done":                       {[]error{lost}, true, false, false, true, 2},
		"lost, and not done":                   {[]error{lost}, false, false, false, true, 2},
		"lost, not done, and not listed":       {[]error{lost}, false, true, false, true, 2},
		"lost, done, then refused":             {[]error{lost, &client.Error{Op: "delete", Kind: client.RateLimited, Status: 429, Outcome: client.NotDone}}, true, false, false, false, 2},
		"lost, then not sent":                  {[]error{lost, &client.Error{Op: "list keys", Kind: client.BadAnswer, Outcome: client.NotDone, Message: "down"}}, false, false, false, false, 2},
		"lost twice":                           {[]error{lost, lost}, false, false, false, false, 2},
		"lost twice, not done, and not listed": {[]error{lost, lost}, false, true, false, false, 2},
		"denied while it is listed":            {nil, false, false, true, false, 1},
		"denied, and not listed":               {nil, false, true, true, true, 1},
	} {
		s := &issuer{caps: able, keys: []apikey.Key{{ID: "k", Name: "n"}}, fails: tc.fails, does: tc.does}
		at := open(t, &lying{s, tc.hides, tc.denies}, nil)
		_, err := at.Do(t.Context(), Order{What: Delete, Key: apikey.Key{ID: "k", Name: "n"}})
		if (err == nil) != tc.done || len(s.sent) != tc.sent {
			t.Errorf("%s: %v, sent %v", name, err, s.sent)
		}
		if err == nil && len(s.keys) > 0 && !tc.denies {
			t.Errorf("%s: it lives, and is said to be deleted", name)
		}
		certain := fmt.Sprint(at.receipts())
		if err != nil && !client.MayHaveHappened(err) || (err != nil) == strings.Contains(certain, "certain true") {
			t.Errorf("%s: %v, on record %s", name, err, certain)
		}
	}
}

// lying is an issuer whose list, or whose answer to a deletion, is not true.
type lying struct {
	*issuer
	hides, denies bool
}

func (s *lying) List(ctx context.Context, each func([]apikey.Key)) error {
	if s.hides {
		each(nil)
		return nil
	}
	return s.issuer.List(ctx, each)
}

func (s *lying) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	if s.denies {
		s.sent = append(s.sent, "delete")
		return apikey.Deleted{AlreadyGone: true}, nil
	}
	return s.issuer.Delete(ctx, id)
}

// TestANameHasNoBlanksAroundIt, from whichever front: a name is looked for without them. A rotation names its key itself.
func TestANameHasNoBlanksAroundIt(t *testing.T) {
	for _, name := range []string{"ci", " ci", "ci ", "\tci\n", "\u00a0ci\u2003"} {
		s := &issuer{caps: able, keys: []apikey.Key{{ID: "k1", Name: "ci"}}}
		c := open(t, s, nil)
		var said []string
		o := Order{What: Create, Draft: apikey.Draft{Name: name, Role: "reader"}, Before: c.Before(t.Context()), Note: func(text string) { said = append(said, text) }}
		o.WarnOfDuplicate()
		for _, send := range []func(context.Context, Order) (Outcome, error){c.Do, c.Send} {
			if _, err := send(t.Context(), o); err != nil || s.keys[len(s.keys)-1].Name != "ci" {
				t.Errorf("%q: created as %q, %v", name, s.keys[len(s.keys)-1].Name, err)
			}
			if _, err := send(t.Context(), Order{What: Update, Key: apikey.Key{ID: "k1"}, Patch: apikey.Patch{Name: &name}}); err != nil || s.renamed != "ci" {
				t.Errorf("%q: renamed to %q, %v", name, s.renamed, err)
			}
		}
		if words := strings.Join(said, "\n"); !strings.Contains(words, `"ci" is there already`) || strings.Contains(words, "asked for the name") {
			t.Errorf("%q: said %q", name, said)
		}
		if _, err := c.Do(t.Context(), Order{What: Create, Act: true, Draft: apikey.Draft{Name: " ci ~r1", Role: "reader"}}); err != nil || s.keys[len(s.keys)-1].Name != " ci ~r1" {
			t.Errorf("a rotation's key is called %q, %v", s.keys[len(s.keys)-1].Name, err)
		}
	}
}

// TestAKeyThatIsGoneAtASecondRequestIsNotSaidToHaveBeenGoneBefore: it was deleted by the first one, or by somebody else.
func TestAKeyThatIsGoneAtASecondRequestIsNotSaidToHaveBeenGoneBefore(t *testing.T) {
	for name, tc := range map[string]struct {
		fails []error
		does  bool
		keys  []apikey.Key
		want  string
	}{
		"lost, and done":        {[]error{lost}, true, []apikey.Key{{ID: "k", Name: "n"}}, "n is gone: the first request was not answered"},
		"lost, and not done":    {[]error{lost}, false, []apikey.Key{{ID: "k", Name: "n"}}, "n deleted"},
		"gone before":           {nil, false, nil, "n was already gone"},
		"answered, still there": {[]error{&client.Error{Op: "delete", Kind: client.BadAnswer, Outcome: client.Unknown, Message: "open", Err: client.ErrStillListed}}, false, []apikey.Key{{ID: "k", Name: "n"}}, ""},
	} {
		s := &issuer{caps: able, keys: tc.keys, fails: tc.fails, does: tc.does}
		at := open(t, s, nil)
		out, err := at.Do(t.Context(), Order{What: Delete, Key: apikey.Key{ID: "k", Name: "n"}})
		if words := out.Deleted.Words("n"); (err == nil) != (tc.want != "") || err == nil && !strings.HasPrefix(words, tc.want) {
			t.Errorf("%s: %q, %v", name, words, err)
		}
		if on := fmt.Sprint(at.receipts()); tc.does && (strings.Contains(on, "already gone") || !strings.Contains(on, "asked again")) {
			t.Errorf("%s: on record %s", name, on)
		}
		if tc.want == "" && len(s.sent) != 1 {
			t.Errorf("%s: sent %v", name, s.sent)
		}
	}
}

// TestWhatAChangeChangesBesidesIsSaid, as far as both rows tell.
func TestWhatAChangeChangesBesidesIsSaid(t *testing.T) {
	on, off, name, role := true, false, "b", "writer"
	for what, tc := range map[string]struct {
		patch  apikey.Patch
		spoils func(*apikey.Key)
		want   string
	}{
		"the role":                      {apikey.Patch{Name: &name}, func(k *apikey.Key) { k.Role = "writer" }, "the answer shows the role writer, and the list had reader: that was not asked for"},
		"off":                           {apikey.Patch{Name: &name}, func(k *apikey.Key) { k.Enabled = &off }, "the answer shows the state disabled, and the list had enabled: that was not asked for"},
		"what was asked for":            {apikey.Patch{Role: &role, Enabled: &off}, func(k *apikey.Key) { k.Role, k.Enabled = "writer", &off }, ""},
		"nothing":                       {apikey.Patch{Name: &name}, func(k *apikey.Key) { k.Role, k.Enabled = "reader", &on }, ""},
		"what is not in a short answer": {apikey.Patch{Name: &name}, func(k *apikey.Key) {}, ""},
	} {
		s := &issuer{caps: able, spoils: tc.spoils}
		s.caps.Roles = []apikey.RoleInfo{{Name: "reader"}, {Name: "writer"}}
		var said []string
		o := Order{What: Update, Key: apikey.Key{ID: "k1", Name: "a", Role: "reader", Enabled: &on}, Patch: tc.patch, Note: func(text string) { said = append(said, text) }}
		if _, err := open(t, s, nil).Do(t.Context(), o); err != nil || strings.Join(said, "\n") != tc.want {
			t.Errorf("%s: %q, %v", what, said, err)
		}
	}
}
