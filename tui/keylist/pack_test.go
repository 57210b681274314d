package keylist

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

// Every field of a key comes back from the list, alone and beside those that are packed; one that is added to
// apikey.Key later as well.
func TestAPackedKeySaysAllOfTheKey(t *testing.T) {
	enabled := true
	values := map[reflect.Type]any{
		reflect.TypeFor[string]():                     "Text",
		reflect.TypeFor[apikey.Environment]():         apikey.Live,
		reflect.TypeFor[[]apikey.Permission]():        []apikey.Permission{{Feature: "F", Name: "n"}},
		reflect.TypeFor[*bool]():                      &enabled,
		reflect.TypeFor[bool]():                       true,
		reflect.TypeFor[apikey.Moment]():              apikey.At(time.Unix(1_700_000_000, 5)),
		reflect.TypeFor[*apikey.Restrictions]():       &apikey.Restrictions{Referrers: []string{"r"}},
		reflect.TypeFor[map[string]json.RawMessage](): map[string]json.RawMessage{"a": json.RawMessage("1")},
	}
	keys := []apikey.Key{{}, {ID: "1", Name: "upper Case", Masked: "psp_1****"}, {ID: "É", Name: "line\nbreak", Permissions: []apikey.Permission{}}}
	fields := reflect.TypeFor[apikey.Key]()
	for i := range fields.NumField() {
		v, ok := values[fields.Field(i).Type]
		if !ok {
			t.Fatalf("apikey.Key.%s is of a new type: give it a value in the map above", fields.Field(i).Name)
		}
		for _, k := range []apikey.Key{{}, {ID: "id", Name: "name", Masked: "mask"}} {
			reflect.ValueOf(&k).Elem().Field(i).Set(reflect.ValueOf(v))
			keys = append(keys, k)
		}
	}
	got := newList(keys...).Keys()
	for i, k := range got.All() {
		if !reflect.DeepEqual(*k, keys[i]) || !reflect.DeepEqual(got.At(i), keys[i]) {
			t.Errorf("%+v came back as %+v: a field that packed does not keep has to be named in isPlain (pack.go)", keys[i], *k)
		}
	}
	if got.Len() != len(keys) {
		t.Errorf("%d keys of %d", got.Len(), len(keys))
	}
}

// Keys that come in batches end in the order in which they would stand had they come at once.
func TestBatchesAreMergedIntoTheOrder(t *testing.T) {
	var keys []apikey.Key
	for i := range 9000 {
		keys = append(keys, apikey.Key{ID: fmt.Sprint(i), Name: fmt.Sprintf("key-%d", i*7919%2500), CreatedAt: apikey.At(time.Unix(int64(i%100+1), 0))})
	}
	for _, title := range []string{"NAME", "CREATED"} {
		for _, reverse := range []bool{false, true} {
			batched := newList()
			batched.sortBy = slices.IndexFunc(batched.columns, func(c column) bool { return c.title == title })
			batched.reverse = reverse
			for _, size := range []int{1, 500, 4500, 9000} {
				run(batched, batched.Add(NewBatch(keys[batched.Len():size])))
			}
			once := newList()
			once.sortBy, once.reverse = batched.sortBy, reverse
			run(once, once.Add(NewBatch(keys)))
			if got, want := strings.Join(places(batched), " "), strings.Join(places(once), " "); got != want {
				t.Errorf("%s, reverse %v: batches are in another order", title, reverse)
			}
		}
	}
}

func places(l *List) []string {
	out := make([]string, len(l.idx))
	for n, i := range l.idx {
		out[n] = l.seen.at(i).keyID()
	}
	return out
}
