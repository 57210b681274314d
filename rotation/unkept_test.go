package rotation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/rotation"
)

// forgetful has the service call each key that is made otherwise than it was asked to.
func (f *fixture) forgetful(name string) {
	f.Hook = func(point string) {
		if point != "after: create" {
			return
		}
		for _, k := range f.Keys() {
			if _, nonce := apikey.SplitName(k.Name); nonce != "" {
				f.Edit(k.ID, func(row *apikey.Key) { row.Name = name })
			}
		}
		f.Pass(time.Second)
	}
}

// TestANameThatIsNotKeptIsSaid: by it the key of a create is found whose answer is lost.
func TestANameThatIsNotKeptIsSaid(t *testing.T) {
	for name, lost := range map[string]bool{"": true, "Key": true, "payments-api-": false} {
		f := in(t, vertesiaLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Create)
		if !lost { // what is changed of it leaves the mark
			_, mark, _ := strings.Cut(r.View().NewName, " ")
			name += mark
		}
		f.forgetful(name)
		res := f.do(r)
		if !says(res.Notes, "was asked to call it") || says(res.Notes, "cannot be told by its name") != lost {
			t.Errorf("%q: %q", name, res.Notes)
		}
		f.drive(r)
		if left := r.View().Left; len(left) > 0 {
			t.Errorf("%q: nothing was lost, and it says %q", name, left)
		}
		f.Forgive()
	}
}

// TestAKeyThatCannotBeToldByItsNameIsNamedAtTheEnd: its create was not answered, and the service does not keep names. What appeared about then may be it; nothing is
// deleted by a guess, and what was there before, or somebody marked, is not named.
func TestAKeyThatCannotBeToldByItsNameIsNamedAtTheEnd(t *testing.T) {
	for _, end := range []rotation.State{rotation.Over, rotation.Aborted, rotation.Closed} {
		for _, again := range []bool{false, true} { // it is found out by another process
			f := in(t, vertesiaLike)
			r := f.Start(noWaits)
			f.until(r, rotation.Create)
			f.forgetful("Key")
			f.Fail("create", lost("create"), true)
			f.Fail("list", lost("list"), false)
			if _, err := r.Do(context.Background()); err == nil {
				t.Fatal("it went on without a list")
			}
			if again {
				r = f.again(r, rotation.ResumeOptions{})
			}
			if end == rotation.Over {
				f.drive(r)
			} else if f.do(r); end == rotation.Aborted && !f.undo(r) {
				t.Fatal("not undone")
			} else if end == rotation.Closed {
				if _, err := r.End(context.Background(), "looked at by hand"); err != nil {
					t.Fatal(err)
				}
			}
			v := r.View()
			if v.State != end || !says(v.Left, "cannot be told by its name") || !says(v.Left, "key-3") || says(v.Left, "other") || says(v.Left, v.NewID()) && v.NewID() != "" && end != rotation.Closed {
				t.Errorf("%s, in another process %v: %s, left %q, %s", end, again, v.State, v.Left, f.keys())
			}
			if f.Key("key-3").Gone {
				t.Errorf("%s: it was deleted by a guess", end)
			}
			if says(v.Unknown, "its key would be called") {
				t.Errorf("%s: it is not called so: %q", end, v.Unknown)
			}
			f.Forgive()
		}
	}
}

// TestWhatMayHaveBeenMadeIsNamedWhereNoNameWasSeen: the create was not answered, and the rotation is undone before another is.
func TestWhatMayHaveBeenMadeIsNamedWhereNoNameWasSeen(t *testing.T) {
	for _, kept := range []bool{true, false} {
		f := in(t, vertesiaLike)
		r := f.Start(noWaits)
		f.until(r, rotation.Create)
		if !kept {
			f.forgetful("")
		}
		f.Fail("create", lost("create"), true)
		f.Fail("list", lost("list"), false)
		if _, err := r.Do(context.Background()); err == nil {
			t.Fatal("it went on without a list")
		}
		if !f.undo(r) {
			t.Fatal("not undone")
		}
		if left := r.View().Left; says(left, "key-3") == kept || kept && len(left) > 0 || f.Key("key-3").Gone != kept {
			t.Errorf("kept %v: %q, %s", kept, left, f.keys())
		}
		f.Forgive()
	}
}

// TestAKeyThatIsNamedAfterItIsMadeIsNamedAtTheEnd: its create was not answered, so that it has no name, and names are kept all the same.
func TestAKeyThatIsNamedAfterItIsMadeIsNamedAtTheEnd(t *testing.T) {
	sc := vertesiaLike
	sc.NamedAfter = true
	f := in(t, sc)
	r := f.Start(noWaits)
	f.until(r, rotation.Create)
	f.forgetful("")
	f.Fail("create", lost("create"), true)
	f.Fail("list", lost("list"), false)
	if _, err := r.Do(context.Background()); err == nil {
		t.Fatal("it went on without a list")
	}
	f.Hook = nil // the second call is made
	f.drive(r)
	v := r.View()
	if v.State != rotation.Over || !says(v.Left, "key-3") || !says(v.Left, "may be it") || says(v.Left, v.NewID()) || says(v.Unknown, "its key would be called") || f.Key("key-3").Gone {
		t.Errorf("%s, left %q, unknown %q, %s", v.State, v.Left, v.Unknown, f.keys())
	}
	f.Forgive()
}
