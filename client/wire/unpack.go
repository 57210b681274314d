package wire

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Body looks at how a body begins, before anything is decided by its content type: what of it is left is what follows a
// byte order mark, or a guard against its being read as a script.
type Body struct {
	*bufio.Reader
}

// OpenBody unpacks a body that came packed though nobody asked for it so: net/http has unpacked what it asked for. Whatever a
// create is wrapped in, its secret is shown once.
func OpenBody(body io.Reader, encoding string) Body {
	o := Body{bufio.NewReaderSize(body, 512)}
	packings := strings.Split(strings.ToLower(encoding), ",")
	for i := range packings {
		o = o.unpacked(strings.TrimSpace(packings[len(packings)-1-i]))
	}
	o = o.unmarked()
	head, _ := o.Peek(64)
	for _, guard := range scriptGuards {
		if rest, ok := bytes.CutPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte(guard)); ok {
			_, _ = o.Discard(len(head) - len(rest))
			break
		}
	}
	return o
}

// BOM is the mark that a text of Unicode may begin with.
const BOM = "\ufeff"

// scriptGuards keep JSON from being loaded as a script; no JSON begins like them. The longer one of two comes first.
var scriptGuards = []string{")]}',", ")]}'", "while(1);", "for(;;);", "for (;;);"}

func (o Body) unpacked(packing string) Body {
	head, _ := o.Peek(2)
	if len(head) < 2 {
		return o
	}
	switch first := uint(head[0])<<8 | uint(head[1]); {
	case first == 0x1f8b:
		if r, err := gzip.NewReader(o.Reader); err == nil {
			return Body{bufio.NewReaderSize(r, 512)}
		}
	case packing != "deflate" || head[0] == '{' || head[0] == '[': // some servers announce it and send JSON
	case head[0]&0x0f == 8 && first%31 == 0:
		if r, err := zlib.NewReader(o.Reader); err == nil {
			return Body{bufio.NewReaderSize(r, 512)}
		}
	default: // as many servers understand the word
		return Body{bufio.NewReaderSize(flate.NewReader(o.Reader), 512)}
	}
	return o
}

// IsWebPage reports whether the body is one, whatever it is called.
func (o Body) IsWebPage() bool {
	head, _ := o.Peek(64)
	return LooksLikeWebPage(head)
}

// IsEmpty reports whether there is no body.
func (o Body) IsEmpty() bool {
	_, err := o.Peek(1)
	return err == io.EOF
}

// SaysHTML says what an answer calls itself: a framework may call its JSON so.
func SaysHTML(h http.Header) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(h.Get("Content-Type"))), "text/html")
}

// unmarked takes the mark away that a text begins with, and gives a text whose mark is that of UTF-16 as UTF-8.
func (o Body) unmarked() Body {
	head, _ := o.Peek(len(BOM))
	for ; string(head) == BOM; head, _ = o.Peek(len(BOM)) {
		_, _ = o.Discard(len(BOM))
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return Body{bufio.NewReaderSize(transform.NewReader(o.Reader, unicode.BOMOverride(transform.Nop)), 512)}
	}
	return o
}
