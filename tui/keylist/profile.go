package keylist

import (
	"iter"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
)

// Profile is one whose keys are in a list. Rows name theirs by its place among the list's profiles.
type Profile struct {
	Name    string
	Presets []apikey.PermissionPreset // the service's names for sets of permissions
	Setting apikey.Setting
}

const (
	profileColumn     = "PROFILE"
	environmentColumn = "ENV"
)

// profileOf is the profile of a key, by its place.
func (s *packedList) profileOf(i int32) int {
	if int(i) < len(s.of) {
		return int(s.of[i])
	}
	return 0
}

// Of are the keys of one profile with their places among these, and how many they are.
func (k Keys) Of(profile int) (n int, keys iter.Seq2[int, *apikey.Key]) {
	var places []int32
	for i := range int32(k.list.n) {
		if k.list.profileOf(i) == profile {
			places = append(places, i)
		}
	}
	return len(places), func(yield func(int, *apikey.Key) bool) {
		var scratch apikey.Key
		for at, i := range places {
			if !yield(at, k.list.key(i, &scratch)) {
				return
			}
		}
	}
}

// Profile is the profile of a key, by its place.
func (k Keys) Profile(i int) int { return k.list.profileOf(int32(i)) }

// SetProfiles says whose keys are in the list; the column of profiles is there where they are several.
func (l *List) SetProfiles(profiles ...Profile) {
	l.profiles = profiles
	l.ctx.profiles = profiles
	l.idxQuery = nil // what was found before was found with other settings
	l.relayout()
}

// BeginOf starts a load of one profile. Its keys of an earlier load stay until EndOf, and those of others stay.
func (l *List) BeginOf(profile int) {
	l.loading = true
	delete(l.waiting, profile)
	if slices.Contains(l.store.of, uint16(profile)) {
		l.waiting[profile] = []Batch{}
	}
}

// AddOf takes batches of the load of one profile that is under way.
func (l *List) AddOf(profile int, batches ...Batch) tea.Cmd {
	for i := range batches {
		batches[i].profile, batches[i].of = uint16(profile), true
	}
	if waiting, wait := l.waiting[profile]; wait {
		l.waiting[profile] = append(waiting, batches...)
		return nil
	}
	return l.Add(batches...)
}

// EndOf closes the load of one profile; more says that others go on. One that failed leaves the profile's keys as they were. What came
// has a place from then on: the others may never end.
func (l *List) EndOf(profile int, complete, more bool) tea.Cmd {
	batches, waited := l.waiting[profile]
	delete(l.waiting, profile)
	l.loading = more
	if !waited || !complete {
		return l.orderRest()
	}
	next := l.store.without(profile)
	for _, batch := range batches {
		next.add(batch, l.columns, &l.ctx)
	}
	return l.replace(next)
}

// without is the store again but for the keys of one profile. Columns stay as wide as they were.
func (s *store) without(profile int) *store {
	out := &store{shown: slices.Clone(s.shown), widths: slices.Clone(s.widths), signed: s.signed, access: s.access.empty()}
	for i := range int32(s.n) {
		if s.profileOf(i) == profile {
			continue
		}
		out.put(*s.at(i))
		out.of = append(out.of, uint16(s.profileOf(i)))
		out.access.of = append(out.access.of, s.access.of[i])
		out.marks = append(out.marks, s.mark(i)) // of some keys nothing may be found yet
	}
	return out
}

// SetMarksOf gives the findings of every key of one profile, in the order of Keys. Where the list has other keys of it by now, they
// are not those that were examined.
func (l *List) SetMarksOf(profile int, marks []ui.Marks) tea.Cmd {
	all := make([]ui.Marks, l.store.n)
	copy(all, l.store.marks)
	n := 0
	for i := range int32(l.store.n) {
		if l.store.profileOf(i) == profile {
			if n < len(marks) {
				all[i] = marks[n]
			}
			n++
		}
	}
	if n != len(marks) {
		return nil
	}
	return l.SetMarks(all)
}

// SelectedProfile is the profile of the key under the cursor, by its place; of no key it is -1.
func (l *List) SelectedProfile() int {
	if _, _, ok := l.Selected(); !ok {
		return -1
	}
	return l.seen.profileOf(l.current)
}

// inProfile stands between a profile and the id of a key of it, where a list has several.
const inProfile = "\x1f"

// ref names a key of the list: by its id, and where there are several profiles by its own.
func (l *List) ref(i int32) string {
	id := l.seen.at(i).keyID()
	if len(l.profiles) > 1 {
		return l.profiles[l.seen.profileOf(i)].Name + inProfile + id
	}
	return id
}

// refOf is the profile and the id that a name of a key means; the profile is -1 for any.
func (l *List) refOf(name string) (profile int, id string) {
	of, id, both := strings.Cut(name, inProfile)
	if !both {
		return -1, of
	}
	return slices.IndexFunc(l.profiles, func(p Profile) bool { return p.Name == of }), id
}

// SelectedRef names the key under the cursor so that Select finds it; empty for none.
func (l *List) SelectedRef() string {
	if _, _, ok := l.Selected(); !ok {
		return ""
	}
	return l.ref(l.current)
}

// SelectOf puts the cursor on a key of a profile as soon as it is there.
func (l *List) SelectOf(profile int, id string) {
	l.wantedID, l.wantedOf = id, profile
	l.place(false)
}
