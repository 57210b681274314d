package client

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"detent/apikey"
	"detent/client/wire"
	"detent/keyserver/wirename"
)

func packed(with func(io.Writer) io.WriteCloser) func(string) string {
	return func(text string) string {
		var b bytes.Buffer
		w := with(&b)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		return b.String()
	}
}

// TestABodyIsReadHoweverItIsPacked: what a create is wrapped in by a server, or by something in front of it, is no reason to throw its
// secret away.
func TestABodyIsReadHoweverItIsPacked(t *testing.T) {
	one := map[string]string{wirename.Prosopo: `{"id":"k9","name":"ci","token":"` + prosopoSecret + `","expiresAt":null}`,
		wirename.Vertesia: `{"id":"k9","name":"ci","value":"` + vertesiaSecret + `"}`, wirename.Generic: `{"success":true,"data":{"id":"k9","name":"ci","key":"` + genericSecret + `"}}`}
	same := func(text string) string { return text }
	guarded := func(guard string) func(string) string { return func(text string) string { return guard + text } }
	zipped := packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	zlibbed := packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	raw := packed(func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 6); return f })
	for name, c := range map[string]struct {
		encoding string
		wrap     func(string) string
	}{
		"plain": {"", same}, "identity": {"identity", same}, "deflate that is none": {"deflate", same},
		"gzip": {"gzip", zipped}, "gzip, shouted": {"GZIP", zipped}, "x-gzip": {"x-gzip", zipped}, "gzip, unannounced": {"", zipped}, "gzip, called identity": {"identity", zipped},
		"gzip twice, once announced": {"gzip", func(s string) string { return zipped(zipped(s)) }}, "gzip twice": {"gzip, gzip", func(s string) string { return zipped(zipped(s)) }},
		"deflate": {"deflate", zlibbed}, "deflate, shouted": {" Deflate", zlibbed}, "deflate without zlib": {"deflate", raw}, "deflate, then gzip": {"deflate, gzip", func(s string) string { return zipped(zlibbed(s)) }},
		"UTF-16": {"", utf16Text(binary.LittleEndian)}, "UTF-16, the other way round": {"", utf16Text(binary.BigEndian)}, "UTF-16, packed": {"gzip", func(s string) string { return zipped(utf16Text(binary.LittleEndian)(s)) }},
		"three marks":   {"", guarded(wire.BOM + wire.BOM + wire.BOM)}, // each file that an interpreter includes may have one
		"a mark inside": {"gzip", func(s string) string { return zipped(wire.BOM + s) }},
		"a guard":       {"", guarded(")]}',\n")}, "a short guard": {"", guarded(")]}'\n")}, "a loop": {"", guarded("while(1);")}, "another loop": {"", guarded("for(;;);")}, "a mark and a guard": {"", guarded(wire.BOM + "\n)]}',")},
	} {
		for _, service := range services {
			answer := ""
			srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if c.encoding != "" {
					w.Header().Set("Content-Encoding", c.encoding)
				}
				_, _ = io.WriteString(w, c.wrap(answer))
			})
			opts := options(service, srv.URL)
			opts.CanCreate = true
			s := mustOpen(t, opts)
			answer = one[service]
			created, err := s.Create(bg, apikey.Draft{Name: "ci", Role: "reader", Environment: apikey.Live, Permissions: perms("verify")})
			if err != nil || created.Key.ID != "k9" || created.Secret.IsZero() {
				t.Errorf("%s, %s: created %+v, %v", service, name, created.Key, err)
			}
			answer = map[bool]string{true: `{"data":[{"id":"k1"}]}`, false: `[{"id":"k1"}]`}[service == wirename.Generic]
			if keys, err := ListAll(bg, s); err != nil || len(keys) != 1 {
				t.Errorf("%s, %s: listed %d, %v", service, name, len(keys), err)
			}
		}
	}
}

// TestWhatIsPackedIsBoundedAsItUnpacks: a deflated answer has the same limit as a plain one, and one that is cut is no answer.
func TestWhatIsPackedIsBoundedAsItUnpacks(t *testing.T) {
	bomb := packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })(`{"id":"k1","name":"` + strings.Repeat("a", 2*wire.MaxOther))
	for _, body := range []string{bomb, bomb[:200]} {
		srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "deflate")
			_, _ = io.WriteString(w, body)
		})
		if _, err := mustOpen(t, options(wirename.Vertesia, srv.URL)).Abilities().Retrieve(bg, "k1"); err == nil || IsKind(err, TooLarge) != (len(body) > 200) {
			t.Errorf("%d bytes: %v", len(body), err)
		}
	}
}

// utf16Text writes a text as UTF-16 with its mark.
func utf16Text(order binary.ByteOrder) func(string) string {
	return func(text string) string {
		b := order.(binary.AppendByteOrder).AppendUint16(nil, 0xfeff)
		for _, unit := range utf16.Encode([]rune(text)) {
			b = order.(binary.AppendByteOrder).AppendUint16(b, unit)
		}
		return string(b)
	}
}

// TestUTF16IsReadInPiecesOfAnySize, and what is none of it is a sign that says so.
func TestUTF16IsReadInPiecesOfAnySize(t *testing.T) {
	for _, text := range []string{"", "a", "{\"name\":\"日本 😀\"}", strings.Repeat("😀x", 3000)} {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			sent := utf16Text(order)(text)
			for name, r := range map[string]io.Reader{"whole": strings.NewReader(sent), "bytes": iotest.OneByteReader(strings.NewReader(sent)), "at the end": iotest.DataErrReader(strings.NewReader(sent))} {
				if got, err := io.ReadAll(wire.OpenBody(r, "")); err != nil || string(got) != text {
					t.Errorf("%s, %v: %q, %v", name, order, got, err)
				}
			}
		}
	}
	sent := utf16Text(binary.LittleEndian)("ab")
	if got, err := io.ReadAll(wire.OpenBody(strings.NewReader(sent+"\x00\xd8c\x00d"), "")); err != nil || string(got) != "ab\ufffdc\ufffd" {
		t.Errorf("%q, %v", got, err)
	}
	broken := errors.New("the line is cut")
	if got, err := io.ReadAll(wire.OpenBody(io.MultiReader(strings.NewReader(sent), iotest.ErrReader(broken)), "")); !errors.Is(err, broken) || string(got) != "ab" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestTheSecretOfACreateIsFoundInWhateverStandsAroundIt: a notice of an interpreter, a line of a log, a proxy's comment. It is shown once.
func TestTheSecretOfACreateIsFoundInWhateverStandsAroundIt(t *testing.T) {
	one := map[string]string{wirename.Prosopo: `{"id":"k9","name":"c{i","token":"` + prosopoSecret + `","expiresAt":null}`,
		wirename.Vertesia: `{"id":"k9","name":"c{i","value":"` + vertesiaSecret + `"}`, wirename.Generic: `{"success":true,"data":{"id":"k9","name":"c{i","key":"` + genericSecret + `"}}`}
	long := strings.Repeat("x", 200)
	for _, around := range [][2]string{
		{"<br />\n<b>Notice</b>: Undefined index: x in <b>/srv/a.php</b> on line <b>3</b><br />\n", ""}, {"Warning: array {3} \"odd\" [\n", ""}, {"", "<!-- served in 3 ms -->"}, {"", "\n{\"took\":3}"},
		{"{\"level\":\"warn\",\"msg\":\"" + long + long + "\"}\n", ""}, {"{\"a\":{\"id\":\"x\"}}", "{}"}, {"callback(", ");"}, {"/**/ cb && cb(", ")"}, {"[", "]"}, {"<script>var x = {a:{b:[{", ""}, {"", "0"}, {"", "\x00\x00"},
		{"{\"success\":false,\"error\":\"cache\"} ", ""}, {strings.Repeat("{", 30), ""},
	} {
		for _, kind := range []string{"application/json", "text/html"} {
			for _, service := range services {
				body := around[0] + one[service] + around[1]
				srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", kind)
					_, _ = io.WriteString(w, body)
				})
				opts := options(service, srv.URL)
				opts.CanCreate = true
				created, err := mustOpen(t, opts).Create(bg, apikey.Draft{Name: "ci", Role: "reader", Environment: apikey.Live, Permissions: perms("verify")})
				if err != nil || created.Key.ID != "k9" || created.Secret.IsZero() || created.Secret.Reveal() != secretOf[service] {
					t.Errorf("%s, %s: %q: created %+v, %v", service, kind, around, created.Key, err)
				}
			}
		}
	}
	// The line breaks behind it: what came is whole.
	for _, service := range services {
		srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5000")
			_, _ = io.WriteString(w, one[service])
		})
		opts := options(service, srv.URL)
		opts.CanCreate = true
		if created, err := mustOpen(t, opts).Create(bg, apikey.Draft{Name: "ci", Role: "reader", Environment: apikey.Live, Permissions: perms("verify")}); err != nil || created.Secret.IsZero() {
			t.Errorf("%s: the line breaks: %v", service, err)
		}
	}
}

// TestWhatHoldsNoSecretIsNoAnswerToACreate, however much JSON a page holds.
func TestWhatHoldsNoSecretIsNoAnswerToACreate(t *testing.T) {
	for _, service := range services {
		for _, body := range []string{"<html><script>{\"id\":\"k1\",\"name\":\"x\"}</script>", "<html>{\"csrf\":{\"a\":1}}", strings.Repeat(`{"a":`, 2000), "x{", "{\"id\":\"k1\"} {\"success\":false,\"error\":\"no\"}", "{}{}"} {
			srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				_, _ = io.WriteString(w, body)
			})
			opts := options(service, srv.URL)
			opts.CanCreate = true
			_, err := mustOpen(t, opts).Create(bg, apikey.Draft{Name: "ci", Role: "reader", Environment: apikey.Live, Permissions: perms("verify")})
			if !MayHaveHappened(err) {
				t.Errorf("%s: %q: %v", service, body, err)
			}
		}
	}
}

// TestAPartOfACreateThatBrokeIsNoAnswerWithoutItsSecret: an object within it, such as who made the key, has an id as well. That the answer broke is what
// is known.
func TestAPartOfACreateThatBrokeIsNoAnswerWithoutItsSecret(t *testing.T) {
	for _, declared := range []string{`create = { call = "POST /keys", send = { name = { field = "name" } } }`, `create = { call = "POST /keys", send = { name = { field = "name" } }, secret = { call = "POST /keys/{id}/secret" } }`} {
		for body, want := range map[string]string{`{"id":"k9","_member":{"id":"m1","name":"ann"},"token":"key-01`: "in the middle", `{"id":"k9","key":{"id":"k9","token":"key-0123456789"},"more`: ""} {
			s := serve(t, "list.call = \"GET /keys\"\n"+declared+"\n"+plainRows+plainProbe, "token-0123456789", func(w http.ResponseWriter, r *http.Request, _ string) {
				w.Header().Set("Content-Length", "500")
				say(w, 201, body)
			})
			made, err := s.Create(bg, apikey.Draft{Name: "ci"})
			if want == "" && (err != nil || made.Key.ID != "k9" || made.Secret.IsZero()) || want != "" && (!MayHaveHappened(err) || !strings.Contains(err.Error(), want) || len(s.asked()) != 1) {
				t.Errorf("%s: %+v, %v, %q", body, made.Key, err, s.asked())
			}
		}
	}
}
