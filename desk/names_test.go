package desk

import (
	"testing"

	"detent/apikey"
)

func TestAnActionIsOnRecordUnderTheNewestNameOfItsKey(t *testing.T) {
	var n names
	is := func(id, want string) {
		t.Helper()
		if got := n.of(id).Name; got != want {
			t.Errorf("the name of %q is %q, want %q", id, got, want)
		}
	}
	is("k1", "")
	first := n.begin()
	n.learn(apikey.Key{ID: "k1", Name: "payments"}, apikey.Key{ID: "k2", Name: "k3"}, apikey.Key{ID: "k22"})
	n.learn(apikey.Key{ID: "k4", Name: "while it comes"})
	n.complete(first)
	is("k1", "payments")
	is("k2", "k3")
	is("k22", "")
	is("k3", "") // the name of another
	is("k", "")
	is("k4", "while it comes")

	n.learn(apikey.Key{ID: "k1", Name: "payments-api"})
	is("k1", "payments-api")
	cut := n.begin()
	n.learn(apikey.Key{ID: "k2", Name: "renamed elsewhere"})
	is("k1", "payments-api") // of the list before, until this one is complete
	is("k2", "renamed elsewhere")

	whole := n.begin()
	n.learn(apikey.Key{ID: "k5", Name: "new"})
	n.complete(whole)
	is("k5", "new")
	is("k1", "") // a list without it is complete
	n.complete(cut)
	is("k5", "new")
	n.learn(apikey.Key{ID: "k6", Name: "two\nlines"}) // no client says so
	is("k6", "two")
}
