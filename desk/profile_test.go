package desk

import (
	"context"
	"errors"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/delivery"
)

// withoutService are orders that ask no service: of the configuration, and of a secret that there is. done is their one receipt, from
// afar what an admin who comes over SSH is refused with; empty is nothing.
var withoutService = []struct {
	order     Order
	done      string
	fromAfar  string
	forAdmins bool
}{
	{Order{What: AddProfile, Setup: Setup{Is: config.Profile{Name: "n"}, Token: apikey.NewSecret("typed-by-somebody")}}, "profile-add", "", true},
	{Order{What: EditProfile, Setup: Setup{Was: config.Profile{Token: config.Token{Env: "T"}}, Is: config.Profile{ReadOnly: true, Token: config.Token{Env: "T"}}}}, "profile-edit", "", true},
	{Order{What: RenameProfile, Setup: Setup{To: "m"}}, "profile-rename", "changes the server's configuration", true},
	{Order{What: DefaultProfile}, "profile-default", "changes the server's configuration", true},
	{Order{What: RemoveProfile}, "profile-remove", "changes the server's configuration", true},
	{Order{What: AddDestination}, "destination-add", "changes the server's configuration", true},
	{Order{What: RemoveDestination}, "destination-remove", "changes the server's configuration", true},
	{Order{What: Show, Key: apikey.Key{ID: "k"}}, "reveal k", "", false},
	{Order{What: Deliver, Key: apikey.Key{ID: "k"}}, "deliver k", "", false},
}

// keeps counts what it was asked to keep.
type keeps struct {
	checked, kept int
	err           error
}

func (k *keeps) Check(o Order) (Order, error) { k.checked++; return o, k.err }
func (k *keeps) Keep(Order) error             { k.kept++; return nil }

// TestWhatAsksNoServiceIsCheckedRefusedAndRecordedLikeEveryOrder, read-only or not: nothing is changed at the service.
func TestWhatAsksNoServiceIsCheckedRefusedAndRecordedLikeEveryOrder(t *testing.T) {
	for _, c := range withoutService {
		for _, role := range []config.Role{"", config.Admin, config.Rotate, config.Viewer} {
			for _, readOnly := range []bool{false, true} {
				k := &keeps{}
				var put []string
				at := open(t, nil, func(o *Options) { o.Role, o.Keeper, o.ReadOnly = role, k, readOnly })
				o := c.order
				if o.What == Deliver {
					o.Places = []delivery.Destination{at.o.Ledger.Place(&noted{put: &put}, "prod", "prosopo", nil)}
					o.Delivery = NewDelivery(apikey.Live, func(string) {})
				}
				_, err := at.Do(t.Context(), o)
				got := strings.Join(at.receipts(), "; ")
				why := ""
				switch {
				case role == config.Viewer, role == config.Rotate && c.forAdmins:
					why = BeyondRole
				case role == config.Admin:
					why = c.fromAfar
				}
				if why != "" {
					if !client.IsKind(err, client.ReadOnly) || client.MayHaveHappened(err) || k.checked+k.kept+len(put) > 0 || got != "" || len(at.refused) != 1 || !strings.HasSuffix(at.refused[0], why) {
						t.Errorf("%s by %q: %v, checked %d, kept %d, put %v, on record %q, refused %q", o.What, role, err, k.checked, k.kept, put, got, at.refused)
					}
					continue
				}
				fields := strings.Fields(c.done + " done by alice certain true")
				if err != nil || strings.Join(strings.Fields(got), " ") != strings.Join(fields, " ") || (k.kept == 1) != c.forAdmins || (len(put) == 1) != (o.What == Deliver) || len(at.refused) > 0 {
					t.Errorf("%s by %q: %v, kept %d, put %v, on record %q, want %q", o.What, role, err, k.kept, put, got, fields)
				}
			}
		}
	}
}

// noted is a place that takes what it is given.
type noted struct {
	delivery.Destination
	put *[]string
}

func (n *noted) Preflight(context.Context, delivery.Job) (delivery.Plan, error) {
	return delivery.Plan{}, nil
}
func (n *noted) Put(context.Context, delivery.Job, apikey.Secret) (delivery.Report, error) {
	*n.put = append(*n.put, "put")
	return delivery.Report{}, nil
}
func (n *noted) Finish(context.Context, delivery.Job) error { return nil }
func (n *noted) Then(context.Context) (string, error)       { return "", nil }
func (n *noted) Describe() string                           { return "a place" }
func (n *noted) Spec() string                               { return "file:/k" }
func (n *noted) CanUndo() bool                              { return false }
func (n *noted) HasThen() bool                              { return false }
func (n *noted) ReadBack(context.Context, apikey.Secret) (delivery.Match, error) {
	return delivery.Same, nil
}

// TestWhatTheKeeperRefusesIsNeitherKeptNorOnRecord.
func TestWhatTheKeeperRefusesIsNeitherKeptNorOnRecord(t *testing.T) {
	for _, c := range withoutService {
		if !c.forAdmins {
			continue
		}
		k := &keeps{err: errors.New("is open")}
		at := open(t, nil, func(o *Options) { o.Keeper = k })
		if _, err := at.Do(t.Context(), c.order); !errors.Is(err, k.err) || k.kept > 0 || len(at.receipts()) > 0 {
			t.Errorf("%s: %v, kept %d, on record %v", c.order.What, err, k.kept, at.receipts())
		}
	}
}
