//go:build unix

package cli

import (
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/desk"
)

// TestAWrongDraftIsRefusedAlikeOnEveryFront: a command says what is wrong in the words that the order of a screen is refused with, and
// nothing is sent or recorded.
func TestAWrongDraftIsRefusedAlikeOnEveryFront(t *testing.T) {
	h := newHouse(t, people[0])
	k := h.key("kept", false)
	long := strings.Repeat("n", 1000)
	create := func(change func(d *apikey.Draft)) desk.Order {
		d := apikey.Draft{Name: "k", Role: "reader", Type: apikey.SecretKey}
		change(&d)
		return desk.Order{What: desk.Create, Draft: d}
	}
	update := func(p apikey.Patch) desk.Order {
		return desk.Order{What: desk.Update, Key: apikey.Key{ID: k.id}, Patch: p}
	}
	public := func(r apikey.PublicKeyRequest) desk.Order { return desk.Order{What: desk.PublicKey, Request: r} }
	a := h.app(people[0], &lines{}, &lines{}, "")
	if err := a.root().ParseFlags([]string{"-p", "w"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	a.begin()
	screens, err := a.host.Screens(nil).Open(t.Context(), "w")
	if err != nil {
		t.Fatal(err)
	}
	said := map[desk.What]int{}
	for _, c := range []struct {
		order desk.Order
		args  string // with spaces for a parting, and _ for a space
	}{
		{create(func(d *apikey.Draft) { d.Name = " " }), "create --name _ --role reader"},
		{create(func(d *apikey.Draft) { d.Name = long }), "create --name " + long + " --role reader"},
		{create(func(d *apikey.Draft) { d.Name = "a\x1bb" }), "create --name a\x1bb --role reader"},
		{create(func(d *apikey.Draft) { d.Role = "emperor" }), "create --name k --role emperor"},
		{create(func(d *apikey.Draft) { d.Permissions = []apikey.Permission{{Name: "getRules"}} }), "create --name k --role reader --permission getRules"},
		{create(func(d *apikey.Draft) { d.Environment = apikey.Live }), "create --name k --role reader --environment live"},
		{create(func(d *apikey.Draft) { d.Restrictions.IPAddresses = []string{"192.0.2.7"} }), "create --name k --role reader --allow-ip 192.0.2.7"},
		{update(apikey.Patch{Name: text(" ")}), "update " + k.id + " --name _"},
		{update(apikey.Patch{Name: text(long)}), "update " + k.id + " --name " + long},
		{update(apikey.Patch{Role: text("emperor")}), "update " + k.id + " --role emperor"},
		{public(apikey.PublicKeyRequest{Name: long}), "public-key --name " + long},
		{public(apikey.PublicKeyRequest{Name: "a\x1bb"}), "public-key --name a\x1bb"},
		{public(apikey.PublicKeyRequest{Project: "a b"}), "public-key --project a_b"},
		{public(apikey.PublicKeyRequest{Project: "../x"}), "public-key --project ../x"},
	} {
		wrong := desk.Check(c.order, screens.Service.Capabilities())
		if wrong == nil {
			t.Errorf("%.60q: the desk finds nothing wrong", c.args)
			continue
		}
		said[c.order.What]++
		h.begin()
		args := strings.Fields(c.args)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "_", " ")
		}
		if r := h.command(people[0], "", args); r.code != 2 || !strings.Contains(r.stderr, strings.ReplaceAll(wrong.Why, "\x1b", "")) {
			t.Errorf("%.60q: exit %d, want the words %q: %s", c.args, r.code, wrong.Why, r.stderr)
		}
		if _, err := screens.Order(t.Context(), c.order); !client.IsKind(err, client.Invalid) || client.MayHaveHappened(err) || !strings.Contains(err.Error(), wrong.Why) {
			t.Errorf("%.60q as the order of a screen: %v", c.args, err)
		}
		if sent, on := h.calls(), h.records(); len(sent)+len(on) > 0 {
			t.Errorf("%.60q: sent %q, on record %v", c.args, sent, on)
		}
	}
	if len(said) < 3 {
		t.Errorf("drafts of %v alone", said)
	}
}
