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
			t.Errorf("%s of a key was lost: what packed does not keep has to be named in isPlain (pack.go)\n%+v\n%+v", differing(*k, keys[i]), keys[i], *k)
		}
	}
	if got.Len() != len(keys) {
		t.Errorf("%d keys of %d", got.Len(), len(keys))
	}
}

// TestALongTextComesBack: what a packed key can point at has an end, and letters take more bytes as they are spelled than as they are found.
func TestALongTextComesBack(t *testing.T) {
	var keys []apikey.Key
	for _, letter := range []string{"a", "A", "\u212a", "Ⱥ", "\U00010400"} {
		for _, n := range []int{1, 4000, 1<<14 - 2, 1 << 14, 1<<15 + 1, 1 << 16, 1<<16 + 7} {
			text := strings.Repeat(letter, n)
			keys = append(keys, apikey.Key{ID: text, Name: "n"}, apikey.Key{ID: "i", Name: text}, apikey.Key{ID: text, Name: text, Masked: text})
		}
	}
	for i, k := range newList(keys...).Keys().All() {
		if !reflect.DeepEqual(*k, keys[i]) {
			t.Errorf("key %d, %d bytes of id, %d of name, %d of mask, is not what it was", i, len(keys[i].ID), len(keys[i].Name), len(keys[i].Masked))
		}
	}
}

// TestAUsualKeyTakesLittleMemory: what a list of 100,000 takes is felt, and it is not copied.
func TestAUsualKeyTakesLittleMemory(t *testing.T) {
	if size := reflect.TypeFor[packed]().Size(); size > 80 {
		t.Errorf("a packed key takes %d bytes beside its text, 80 were enough", size)
	}
	keys := make([]apikey.Key, chunkLen)
	for i := range keys {
		keys[i] = apikey.Key{ID: fmt.Sprint(i), Name: fmt.Sprint("Key ", i), Permissions: []apikey.Permission{}}
	}
	if got := testing.AllocsPerRun(10, func() { NewBatch(keys) }); got > 10 {
		t.Errorf("a batch of %d keys takes %.0f allocations", len(keys), got)
	}
	l, batch := newList(), NewBatch(keys)
	run(l, l.Add(batch))
	if &batch.keys[0] != l.store.at(0) {
		t.Error("a batch as long as a chunk was copied")
	}
	run(l, l.Add(NewBatch(keys[:1]), NewBatch(keys)))
	if l.Len() != 2*chunkLen+1 || l.Keys().At(chunkLen+1).Name != "Key 0" {
		t.Errorf("%d keys, the first of the third batch is %+v", l.Len(), l.Keys().At(chunkLen+1))
	}
}

// differing names the fields in which two keys differ.
func differing(a, b apikey.Key) string {
	var names []string
	v, w := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range v.NumField() {
		if !reflect.DeepEqual(v.Field(i).Interface(), w.Field(i).Interface()) {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	return strings.Join(names, ", ")
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
