package keylist

import (
	"fmt"
	"testing"
	"time"

	"github.com/muesli/termenv"

	"detent/apikey"
)

// TestKeysThatComeWaitForNoOrderForLong: many keys are not brought into one order again for every few that come,
// but they get it when as many came as were there, after a while, and at the end, whatever end that is.
func TestKeysThatComeWaitForNoOrderForLong(t *testing.T) {
	for _, complete := range []bool{true, false} {
		now := noon
		env := newEnv(termenv.Ascii)
		env.Now = func() time.Time { return now }
		l := New(env)
		l.SetSize(110, 20)
		l.Begin()
		come := func(n, shown int) {
			t.Helper()
			batch := make([]apikey.Key, n)
			for i := range batch {
				batch[i] = apikey.Key{ID: fmt.Sprint(l.Len() + i), Name: fmt.Sprint("k", n-i)}
			}
			run(l, l.Add(NewBatch(batch)))
			if l.Shown() != shown {
				t.Errorf("%d keys came, and %d of %d are shown; want %d", n, l.Shown(), l.Len(), shown)
			}
		}
		come(3000, 3000)
		come(3000, 6000)
		come(10, 6000)
		come(6000, 12_010)
		come(10, 12_010)
		now = now.Add(orderPause)
		come(10, 12_030)
		come(10, 12_030)
		press(l, "s", "s") // another order is one of all keys
		if l.Shown() != 12_040 {
			t.Errorf("sorted by another column, %d of %d keys are shown", l.Shown(), l.Len())
		}
		come(10, 12_040)
		run(l, l.End(complete))
		if l.Shown() != 12_050 || l.Len() != 12_050 {
			t.Errorf("at the end %d of %d keys are shown", l.Shown(), l.Len())
		}
		for line := range l.idx[1:] {
			if a, b := l.store.text(l.idx[line]), l.store.text(l.idx[line+1]); a > b {
				t.Fatalf("%q stands before %q", a, b)
			}
		}
	}
}
