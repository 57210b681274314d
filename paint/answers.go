package paint

import (
	"bytes"
	"unicode/utf8"
)

// A keyParser takes what a terminal sends, in pieces of any size, and keeps what is typed: keys, pastes, reports of mouse and
// focus, each whole. What a terminal answers, to us or to whoever asked it before, is none of that, however late its parts
// come: a control sequence that is no key, and the strings of OSC, DCS, APC, PM and SOS.
//
// A person gets out of a string that they began (alt+] is the beginning of one) by any control key: escape, enter, ctrl+c.
type keyParser struct {
	out     []byte
	held    []byte // the beginning of a key or sequence
	state   state
	skip    int  // bytes that still belong to the sequence
	drop    bool // it is none that Bubble Tea needs to see
	torn    bool // its escape was taken for the key before the rest came
	alone   bool // its beginning ended a piece
	escaped bool // the last that was handed on is an escape that was taken for the key
	alt     bool // the character that has begun comes after an escape
	pasting bool
}

type state int

const (
	atGround  state = iota
	atEscape        // after ESC, or ESC ESC
	atControl       // after CSI
	atSingle        // after SS3
	atText          // within a string
	atEnd           // after ESC within a string
	atOpening       // after what may begin a string
)

// maxKey bounds a sequence that may be a key or a report of the mouse.
const maxKey = 32

// The introducers of sequences: after ESC, and as one character of C1.
const (
	csi = '['
	ss3 = 'O'
	osc = ']'
	dcs = 'P'
	apc = '_'
	pm  = '^'
	sos = 'X'
)

// introducer is what one character of C1 stands for; 0 for any other.
func introducer(r rune) byte {
	switch r {
	case 0x8f, 0x90, 0x98, 0x9b, 0x9d, 0x9e, 0x9f:
		return byte(r) - 0x40
	}
	return 0
}

// size is how many bytes wait for the program or for their rest.
func (k *keyParser) size() int { return len(k.out) + len(k.held) }

// escaping reports whether the last byte was an escape that may be the key.
func (k *keyParser) escaping() bool { return k.state == atEscape }

// giveEscape takes it for the key.
func (k *keyParser) giveEscape() {
	k.emit(k.held)
	k.rest()
	k.escaped = true
}

// take hands out what is complete.
func (k *keyParser) take() []byte {
	out := k.out
	k.out = nil
	return out
}

func (k *keyParser) emit(b []byte) { k.out = append(k.out, b...) }

// rest forgets a sequence.
func (k *keyParser) rest() {
	k.held, k.state, k.skip, k.drop, k.torn, k.alone = nil, atGround, 0, false, false, false
}

// feed takes a piece.
func (k *keyParser) feed(b []byte) {
	if k.escaped && len(b) > 0 {
		k.escaped = false
		b = k.lateAnswer(b)
	}
	for i := range b {
		k.byte(b[i], b[i:])
	}
	k.alone = k.state == atOpening
}

// lateAnswer looks whether what comes after an escape that was taken for the key is the rest of an answer, and returns what is
// still to be looked at. It may be a key too, so it must look like an answer.
func (k *keyParser) lateAnswer(b []byte) []byte {
	switch whole := bytes.ContainsAny(b, "\a\x1b"); b[0] {
	case csi:
		k.state = atControl
	case ss3:
		if len(b) == 1 {
			return b
		}
		k.state = atSingle
	case osc, dcs, apc:
		if k.state = atOpening; whole {
			k.state = atText
		}
	case pm, sos:
		if !whole { // nothing tells it from a letter but its end
			return b
		}
		k.state = atText
	default:
		return b
	}
	k.torn, k.drop = true, true
	k.held = append(k.held, '\x1b', b[0])
	return b[1:]
}

// byte takes one byte; piece is what it begins.
func (k *keyParser) byte(b byte, piece []byte) {
	if k.pasting {
		k.emit([]byte{b})
		if k.held = append(k.held, b); bytes.HasSuffix(k.held, pasteEnd) {
			k.held, k.pasting = nil, false
		} else if len(k.held) >= len(pasteEnd) {
			k.held = append(k.held[:0], k.held[1:]...)
		}
		return
	}
	switch k.state {
	case atGround:
		k.typed(b)
	case atEscape:
		k.afterEscape(b)
	case atControl:
		k.inControl(b)
	case atSingle:
		k.inSingle(b)
	case atOpening:
		k.inOpening(b, piece)
	case atText:
		k.inText(b)
	case atEnd:
		if b == '\\' {
			k.rest()
			return
		}
		// An escape ends a string by itself. Before a letter it was the key with which somebody got out of it.
		k.rest()
		if begins(b) {
			k.held = []byte{'\x1b'}
			k.afterEscape(b)
			return
		}
		k.typed(b)
	}
}

// begins reports whether a sequence begins with an escape and b.
func begins(b byte) bool { return bytes.IndexByte([]byte{csi, ss3, osc, dcs, apc, pm, sos}, b) >= 0 }

// typed takes a byte of text.
func (k *keyParser) typed(b byte) {
	if b == '\x1b' && len(k.held) == 0 {
		k.held, k.state = []byte{b}, atEscape
		return
	}
	k.held = append(k.held, b)
	for len(k.held) > 0 && utf8.FullRune(k.held) {
		r, n := utf8.DecodeRune(k.held)
		if n == 1 && r == utf8.RuneError {
			r = rune(k.held[0]) // no UTF-8
		}
		char, rest := k.held[:n], k.held[n:]
		k.held = nil
		if by := introducer(r); by != 0 && len(rest) == 0 {
			k.alt, k.drop, k.held = false, true, []byte{'\x1b'}
			k.introduce(by)
			return
		}
		if k.alt {
			k.emit([]byte{'\x1b'})
			k.alt = false
		}
		k.emit(char)
		if len(rest) > 0 { // what did not go on with a character
			for _, b := range rest {
				k.byte(b, rest)
			}
			return
		}
	}
}

// afterEscape takes what follows an escape.
func (k *keyParser) afterEscape(b byte) {
	switch {
	case begins(b):
		k.introduce(b)
	case b == '\x1b' && len(k.held) < 2:
		k.held = append(k.held, b)
	case b == '\\': // the end of a string that is over
		k.rest()
	case b == '\x1b':
		k.emit(k.held)
		k.held = []byte{b}
	case b < utf8.RuneSelf:
		k.emit(append(k.held, b)) // alt and a key
		k.rest()
	default: // alt and a character, whose bytes come one by one
		k.rest()
		k.alt = true
		k.typed(b)
	}
}

// introduce begins a sequence.
func (k *keyParser) introduce(by byte) {
	if len(k.held) > 1 && by != csi && by != ss3 { // the first of two escapes was the key
		k.emit(k.held[:1])
		k.held = k.held[1:]
	}
	k.held = append(k.held, by)
	switch by {
	case csi:
		k.state = atControl
	case ss3:
		k.state = atSingle
	default:
		k.state = atOpening
	}
}

// inControl takes a byte of a control sequence.
func (k *keyParser) inControl(b byte) {
	switch {
	case k.skip > 0 && b >= 0x20:
		k.held = append(k.held, b)
		if k.skip--; k.skip == 0 {
			k.finish()
		}
	case b < 0x20 || b > 0x7e: // no sequence after all
		k.abandon(b)
	case b < 0x40:
		if k.held = append(k.held, b); len(k.held) > maxKey {
			k.held, k.drop = k.held[:maxKey], true
		}
	default:
		parameters := bytes.TrimLeft(k.held, "\x1b")[1:]
		k.held = append(k.held, b)
		switch {
		case len(parameters) == 0 && b == 'M':
			k.skip = 3 // where the mouse is
			return
		case len(parameters) == 0 && b == csi:
			k.skip = 1 // a function key of Linux's console
			return
		}
		k.drop = k.drop || !isKey(parameters, b)
		k.finish()
	}
}

// isKey reports whether a control sequence, of what stands between its introducer and its last byte, is a key, the mouse or the
// focus. That the cursor is at 1;5 ends as F3 with a modifier does; there is no such key here.
func isKey(parameters []byte, last byte) bool {
	if len(parameters) > 0 && parameters[0] == '<' {
		return last == 'M' || last == 'm'
	}
	return len(bytes.Trim(parameters, "0123456789;")) == 0 && bytes.IndexByte([]byte("~^$@ABCDEFHPQSZabcdIOM"), last) >= 0
}

// finish hands a whole sequence on, unless it is an answer.
func (k *keyParser) finish() {
	drop, held := k.drop, k.held
	k.rest()
	if len(held) > 1 && held[1] == '\x1b' && !takesAlt(held[2:]) {
		held = held[1:]
	}
	if !drop {
		k.emit(held)
		k.pasting = bytes.Equal(held, pasteBegin)
	}
}

// takesAlt reports whether alt makes another key of one whose sequence, after its escape, is b: Bubble Tea would take any other
// for alt+esc and letters.
func takesAlt(b []byte) bool {
	last := b[len(b)-1]
	return len(b) == 2 && isFunction(last) || b[0] == csi && last == '~' && len(bytes.Trim(b[1:len(b)-1], "0123456789")) == 0 && len(b) < 5
}

// abandon gives up a sequence that b does not belong to.
func (k *keyParser) abandon(b byte) {
	torn, held := k.torn, k.held
	k.rest()
	if torn {
		k.emit(held[1:]) // its escape was the key, and this a letter
	}
	k.byte(b, []byte{b})
}

// inSingle takes the character after SS3.
func (k *keyParser) inSingle(b byte) {
	switch {
	case b < 0x20 || b > 0x7e:
		k.abandon(b)
	case b >= '0' && b <= '9' || b == ';': // old terminals say there which modifier is held
		k.drop = true
	default:
		k.held = append(k.held, b)
		k.drop = k.drop || !isFunction(b)
		k.finish()
	}
}

// isFunction reports whether a key sends SS3 and b.
func isFunction(b byte) bool { return bytes.IndexByte([]byte("ABCDHFPQRSabcd"), b) >= 0 }

// inOpening decides by its first byte whether a string begins. A letter that comes alone after an escape and one that came
// alone is typed, unless it is what a terminal says there.
func (k *keyParser) inOpening(b byte, piece []byte) {
	says := false
	switch k.held[len(k.held)-1] {
	case osc:
		says = b >= '0' && b <= '9' || b == 'l' || b == 'L' || b == 'I'
	case dcs:
		says = b >= '0' && b <= '9' || bytes.IndexByte([]byte(";!>+$|"), b) >= 0
	case apc:
		says = b == 'G'
	}
	if b == '\x1b' || !says && (k.torn || k.alone && len(piece) == 1) {
		k.abandon(b)
		return
	}
	k.held, k.state = nil, atText
	k.inText(b)
}

// inText takes a byte of a string.
func (k *keyParser) inText(b byte) {
	if k.skip > 0 && b >= 0x80 && b < 0xc0 {
		k.skip-- // the rest of a character
		if k.held[0] == 0xc2 && b == 0x9c {
			k.rest() // the end, as a character of C1 in UTF-8
		}
		return
	}
	k.held, k.skip = append(k.held[:0], b), 0
	switch {
	case b == '\a', b == 0x9c:
		k.rest()
	case b == '\x1b':
		k.state = atEnd
	case b < 0x20:
		k.rest()
		k.byte(b, []byte{b})
	case b >= 0xf0:
		k.skip = 3
	case b >= 0xe0:
		k.skip = 2
	case b >= 0xc0:
		k.skip = 1
	}
}

var pasteBegin, pasteEnd = []byte("\x1b[200~"), []byte("\x1b[201~")
