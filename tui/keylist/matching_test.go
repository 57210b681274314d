package keylist

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"detent/apikey"
)

// TestWhatIsFoundDoesNotDependOnHowItIsLookedFor: many keys are looked at as they lie, few in the order that is wanted.
func TestWhatIsFoundDoesNotDependOnHowItIsLookedFor(t *testing.T) {
	keys := make([]apikey.Key, 300)
	for i := range keys {
		keys[i] = apikey.Key{ID: fmt.Sprint("k", i), Name: fmt.Sprintf("name-%d", i%7), Masked: "m"}
	}
	s := newStore(nil)
	s.add(NewBatch(keys), nil, &context{})
	draw := rand.New(rand.NewPCG(5, 6))
	for _, text := range []string{"name-3", "k1", "!k2", "nobody", "name-1 k"} {
		q, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		w := &work{view: *s, query: q}
		match := q.compile(s, w.now)
		for _, n := range []int{0, 1, 20, len(keys)/2 - 1, len(keys) / 2, len(keys)/2 + 1, len(keys)} {
			from := make([]int32, 0, n)
			for _, i := range draw.Perm(len(keys))[:n] {
				from = append(from, int32(i))
			}
			want := slices.DeleteFunc(slices.Clone(from), func(i int32) bool { return !match(i) })
			if got := w.matching(from); !slices.Equal(got, want) {
				t.Errorf("%q in %d of %d keys: %d found, %d expected, or in another order", text, n, len(keys), len(got), len(want))
			}
		}
	}
}
