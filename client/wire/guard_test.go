package wire

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestDepthCountsBracketsOutsideOfStrings(t *testing.T) {
	deep := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	for text, want := range map[string]error{
		deep:             nil,
		"[" + deep + "]": ErrTooDeep,
		`["` + strings.Repeat(`[{\"`, 100) + `"]`: nil,
		`["\\",` + deep + `]`:                     ErrTooDeep,
	} {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			if _, err := io.Copy(io.Discard, NewGuard(r, MaxOther)); !errors.Is(err, want) {
				t.Errorf("%.40s: got %v, want %v", text, err, want)
			}
		}
	}
}

func TestDepthIsCountedWithinAListAndBehindIt(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, c := range []struct {
		before, after string
		around        int // brackets open around the nested value
	}{
		{`[{"id":`, `},{"id":1}]`, 2}, {`[`, `]`, 1}, {`{"data":[{"id":1},{"id":`, `}]}`, 3}, {`{"data":[],"more":`, `}`, 1},
	} {
		for depth, want := range map[int]error{maxDepth - c.around: nil, maxDepth - c.around + 1: ErrTooDeep} {
			text := c.before + nested(depth) + c.after
			for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
				if _, err := DecodeList(NewGuard(r, MaxList), []string{"data"}, func([]byte) error { return nil }); !errors.Is(err, want) {
					t.Errorf("%.40s, %d deep: got %v, want %v", text, depth, err, want)
				}
			}
		}
	}
}
