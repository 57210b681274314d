package host

import (
	"errors"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
)

func TestAKeyIsFoundByItsNameForEver(t *testing.T) {
	key := func(id, name string) apikey.Key { return apikey.Key{ID: id, Name: name} }
	open := func(old string, fresh *apikey.Key) rotation.View {
		return rotation.View{ID: "oooooooooo", State: rotation.Open, Old: apikey.Key{ID: old, Name: "ci"}, New: fresh}
	}
	first, second := key("k1", "ci ~raaaaaaaaaa"), key("k2", "ci ~roooooooooo")
	long := strings.Repeat("x", 40)
	for what, tc := range map[string]struct {
		keys []apikey.Key
		open []rotation.View
		text string
		id   string
		says string // of the error
		code int
	}{
		"an exact name":                        {[]apikey.Key{key("k0", "ci"), first}, nil, "ci", "k0", "", 0},
		"an id":                                {[]apikey.Key{key("k0", "k1"), first}, nil, "k1", "k1", "", 0},
		"the name before a rotation":           {[]apikey.Key{first, key("k9", "cid")}, nil, "ci", "k1", "", 0},
		"the name before three rotations":      {[]apikey.Key{key("k3", "ci ~raaaaaaaaaa ~rbbbbbbbbbb")}, nil, "ci", "k3", "", 0},
		"the whole name":                       {[]apikey.Key{first, second}, nil, "ci ~raaaaaaaaaa", "k1", "", 0},
		"a name with a slash":                  {[]apikey.Key{key("k4", "CI/CD Pipeline ~raaaaaaaaaa")}, nil, "CI/CD Pipeline", "k4", "", 0},
		"the mark of a rotation that is over":  {[]apikey.Key{first}, nil, "ci ~rbbbbbbbbbb", "", `no key that is listed has the id or the name "ci ~rbbbbbbbbbb"`, 1},
		"a part of a name":                     {[]apikey.Key{first}, nil, "c", "", "no key that is listed has", 1},
		"another case":                         {[]apikey.Key{first}, nil, "CI", "", "no key that is listed has", 1},
		"two of one base":                      {[]apikey.Key{first, second}, nil, "ci", "", `2 keys are named "ci": use an id: k1 (ci ~raaaaaaaaaa), k2 (ci ~roooooooooo)`, 2},
		"two of one name":                      {[]apikey.Key{key("k1", "ci"), key("k2", "ci"), first}, nil, "ci", "", `2 keys are named "ci": use an id: k1, k2`, 2},
		"both of an open rotation":             {[]apikey.Key{first, second}, []rotation.View{open("k1", &second)}, "ci", "", "detent rotate --resume oooooooooo", 1},
		"both, the new one not yet known":      {[]apikey.Key{first, second}, []rotation.View{open("k1", nil)}, "ci", "", "detent rotate --resume oooooooooo", 1},
		"both and a third one":                 {[]apikey.Key{first, second, key("k7", "ci ~rcccccccccc")}, []rotation.View{open("k1", &second)}, "ci", "", "3 keys are named", 2},
		"the old one by its own name":          {[]apikey.Key{key("k0", "ci"), second}, []rotation.View{open("k0", &second)}, "ci", "k0", "", 0},
		"a name that the service's limit cuts": {[]apikey.Key{key("k5", long[:8]+" ~raaaaaaaaaa")}, nil, long, "k5", "", 0},
	} {
		s := &Session{Caps: apikey.Capabilities{MaxName: 21}}
		got, _, err := s.pick(tc.keys, tc.text, tc.open)
		code := 0
		if err != nil {
			code = ExitNo
			if _, wrong := errors.AsType[*UsageError](err); wrong {
				code = ExitUsage
			}
		}
		if got.ID != tc.id || (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) || code != tc.code {
			t.Errorf("%s: %q, %v (exit %d)", what, got.ID, err, code)
		}
	}
}

// TestANameFindsTheKeyThatWorks: what is over and stays listed is no second key of that name; what deletes or changes a key asks for the id.
func TestANameFindsTheKeyThatWorks(t *testing.T) {
	now := time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)
	off := false
	live, alike := apikey.Key{ID: "k2", Name: "ci", ExpiresAt: apikey.At(now.Add(time.Hour))}, apikey.Key{ID: "k3", Name: "ci"}
	marked := apikey.Key{ID: "k4", Name: "ci ~raaaaaaaaaa", ExpiresAt: apikey.Never()}
	ended, disabled := apikey.Key{ID: "k1", Name: "ci", ExpiresAt: apikey.At(now.Add(-time.Hour))}, apikey.Key{ID: "k1", Name: "ci", Enabled: &off}
	for what, tc := range map[string]struct {
		keys     []apikey.Key
		switches bool // the service switches keys on again
		text, id string
		asks     bool // for an id, where the key is changed
	}{
		"beside one that has ended":                      {[]apikey.Key{ended, live}, false, "ci", "k2", true},
		"beside one that is off for good":                {[]apikey.Key{disabled, live}, false, "ci", "k2", true},
		"beside one that can be switched on":             {[]apikey.Key{disabled, live}, true, "ci", "", true},
		"of a rotation, beside the old one":              {[]apikey.Key{ended, marked}, false, "ci", "k4", false},
		"one that has ended, and no other":               {[]apikey.Key{ended}, false, "ci", "k1", false},
		"two that have ended":                            {[]apikey.Key{ended, {ID: "k9", Name: "ci", ExpiresAt: ended.ExpiresAt}}, false, "ci", "", true},
		"two that work, and one that has ended":          {[]apikey.Key{ended, live, alike}, false, "ci", "", true},
		"by its id, though it has ended":                 {[]apikey.Key{ended, live}, false, "k1", "k1", false},
		"by the whole name, whatever else there is":      {[]apikey.Key{ended, live, marked}, false, "ci ~raaaaaaaaaa", "k4", false},
		"another name's, though that has ended":          {[]apikey.Key{{ID: "k8", Name: "other", ExpiresAt: ended.ExpiresAt}, live}, false, "other", "k8", false},
		"of a rotation, whose old key is off and stays":  {[]apikey.Key{disabled, marked}, false, "ci", "k4", false},
		"one whose end is not told, beside an ended one": {[]apikey.Key{ended, alike}, false, "ci", "k3", true},
	} {
		s := &Session{now: func() time.Time { return now }, Service: clocked{}}
		if tc.switches {
			s.Caps.Disable = apikey.Can()
		}
		got, err := s.FindIn(tc.keys, tc.text, nil)
		if got.ID != tc.id || (err == nil) != (tc.id != "") {
			t.Errorf("%s: %q, %v", what, got.ID, err)
		}
		if _, _, err := s.pick(tc.keys, tc.text, nil); tc.asks != (err != nil) {
			t.Errorf("%s, to be changed: %v", what, err)
		}
	}
}

// clocked is a service that shows its own time.
type clocked struct {
	client.Service
	ahead time.Duration
	told  bool
}

func (c clocked) Abilities() client.Abilities {
	return client.Abilities{ServerTime: func() (server, local time.Time, ok bool) {
		local = time.Date(2026, 11, 30, 0, 59, 0, 0, time.UTC)
		return local.Add(c.ahead), local, c.told
	}}
}

// TestWhichKeyOfANameIsOverIsTheServicesToSay: by a clock of this machine that is wrong another key would be rotated.
func TestWhichKeyOfANameIsOverIsTheServicesToSay(t *testing.T) {
	now := time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)
	for what, tc := range map[string]struct {
		service clocked
		end     time.Duration // of the one key, by this machine's clock; the other never ends
		id      string
	}{
		"over by both clocks":         {clocked{nil, time.Second, true}, -time.Hour, "k2"},
		"over by this machine's only": {clocked{nil, -48 * time.Hour, true}, -time.Hour, ""},
		"over by the service's only":  {clocked{nil, 48 * time.Hour, true}, time.Hour, "k2"},
		"over by none":                {clocked{nil, 0, true}, time.Hour, ""},
		"over, and no clock is told":  {clocked{}, -time.Hour, "k2"},
	} {
		s := &Session{now: func() time.Time { return now }, Service: tc.service}
		keys := []apikey.Key{{ID: "k1", Name: "ci", ExpiresAt: apikey.At(now.Add(tc.end))}, {ID: "k2", Name: "ci", ExpiresAt: apikey.Never()}}
		if got, err := s.FindIn(keys, "ci", nil); got.ID != tc.id || (err == nil) != (tc.id != "") {
			t.Errorf("%s: %q, %v", what, got.ID, err)
		}
	}
}
