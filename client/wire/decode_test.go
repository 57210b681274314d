package wire

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
)

// TestListsInAnyPieces: where a body is cut into reads changes nothing, and no broken body passes for a list.
func TestListsInAnyPieces(t *testing.T) {
	for body, want := range map[string]int{
		`[]`: 0, ` [ ] `: 0, `[{"id":"a"},{"id":"b"}]`: 2, "[\n{\"id\":\"a]\\\"\"} ,\t7]": 2, `{"data":[]}`: 0, `{"data":[1,2],"next":"x"}`: 2, `{"a":[3],"data":[1] }`: 1, `{"data":null}`: 0,
		`{"data":["` + strings.Repeat("x", 200_000) + `",2],"z":{}}`: 2,
		`[1,]`: -1, `[,1]`: -1, `[1 2]`: -1, `[1`: -1, `[`: -1, `[1]]`: -1, `[1],`: -1, `{"data":[1],}`: -1, `{"data":[1]`: -1, `{"data":[]"a":1}`: -1, `{"data":[1] 2}`: -1, `{"data":[1]]`: -1, `{"data":[1],"data":[2]}`: -1, `{"data":[1]}{}`: -1, `[1,"a`: -1, `[}]`: -1,
	} {
		for _, r := range []io.Reader{strings.NewReader(body), iotest.OneByteReader(strings.NewReader(body)), iotest.DataErrReader(strings.NewReader(body))} {
			n := 0
			_, err := DecodeList(NewGuard(r, MaxList), []string{"data"}, func(raw []byte) error { n++; return json.Unmarshal(raw, new(any)) })
			if want < 0 && err == nil || want >= 0 && (err != nil || n != want) {
				t.Errorf("%.40q: %d elements, %v; want %d", body, n, err, want)
			}
		}
	}
	broken := errors.New("reset")
	if _, err := DecodeList(NewGuard(io.MultiReader(strings.NewReader(`[{"id":`), iotest.ErrReader(broken)), MaxList), nil, func([]byte) error { return nil }); !errors.Is(err, broken) {
		t.Errorf("a broken connection is told as %v", err)
	}
}

// ranOut is a body in whose middle the time runs out; whoever reads on hears something else, as of net/http.
type ranOut struct {
	text string
	told bool
}

func (r *ranOut) Read(p []byte) (int, error) {
	switch n := copy(p, r.text); {
	case n > 0:
		r.text = r.text[n:]
		return n, nil
	case !r.told:
		r.told = true
		return 0, context.DeadlineExceeded
	}
	return 0, net.ErrClosed
}

func TestAListWhoseTimeRunsOutSaysSoWhereverItStands(t *testing.T) {
	const whole = `{"success":true,"data":[{"id":"k1","name":"a"},{"id":"k2","name":"b"}],"next":null}`
	for at := range len(whole) {
		body := NewGuard(&ranOut{text: whole[:at]}, MaxList)
		_, err := DecodeList(body, []string{"data"}, func([]byte) error { return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %s: %v", whole[:at], err)
		}
	}
}
