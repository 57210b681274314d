package client

import (
	"bufio"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// unmarked takes the mark away that a text begins with, and gives a text whose mark is that of UTF-16 as UTF-8.
func (o opened) unmarked() opened {
	for head, _ := o.Peek(len(bom)); string(head) == bom; head, _ = o.Peek(len(bom)) {
		_, _ = o.Discard(len(bom))
	}
	head, _ := o.Peek(2)
	var order binary.ByteOrder
	switch string(head) {
	case "\xff\xfe":
		order = binary.LittleEndian
	case "\xfe\xff":
		order = binary.BigEndian
	default:
		return o
	}
	_, _ = o.Discard(2)
	return opened{bufio.NewReaderSize(&fromUTF16{r: o.Reader, order: order}, 512)}
}

// fromUTF16 reads UTF-16 as UTF-8. What is none of it is U+FFFD.
type fromUTF16 struct {
	r     io.Reader
	order binary.ByteOrder
	in    []byte // not yet read: half a unit, or half of a pair
	out   []byte
	err   error
}

func (f *fromUTF16) Read(p []byte) (int, error) {
	for len(f.out) == 0 && f.err == nil {
		var some [512]byte
		var n int
		n, f.err = f.r.Read(some[:])
		f.in = append(f.in, some[:n]...)
		f.decode()
	}
	n := copy(p, f.out)
	f.out = f.out[n:]
	if n == 0 && len(p) > 0 {
		return 0, f.err
	}
	return n, nil
}

// decode takes what is whole; at the end, all.
func (f *fromUTF16) decode() {
	for len(f.in) >= 2 {
		r, size := rune(f.order.Uint16(f.in)), 2
		if utf16.IsSurrogate(r) {
			if len(f.in) < 4 && f.err == nil {
				return
			}
			if len(f.in) >= 4 {
				if pair := utf16.DecodeRune(r, rune(f.order.Uint16(f.in[2:]))); pair != utf8.RuneError {
					r, size = pair, 4
				}
			}
		}
		f.out, f.in = utf8.AppendRune(f.out, r), f.in[size:]
	}
	if f.err != nil && len(f.in) > 0 {
		f.out, f.in = utf8.AppendRune(f.out, utf8.RuneError), nil
	}
}
