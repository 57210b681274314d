package host

import (
	"errors"
	"strings"
	"testing"

	"detent/apikey"
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
		"the mark of a rotation that is over":  {[]apikey.Key{first}, nil, "ci ~rbbbbbbbbbb", "", `no key has the id or the name "ci ~rbbbbbbbbbb"`, 1},
		"a part of a name":                     {[]apikey.Key{first}, nil, "c", "", "no key has", 1},
		"another case":                         {[]apikey.Key{first}, nil, "CI", "", "no key has", 1},
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
