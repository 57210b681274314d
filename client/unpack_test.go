package client

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"

	"detent/apikey"
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
	one := map[string]string{apikey.Prosopo: `{"id":"k9","name":"ci","token":"` + prosopoSecret + `","expiresAt":null}`,
		apikey.Vertesia: `{"id":"k9","name":"ci","value":"` + vertesiaSecret + `"}`, apikey.Generic: `{"success":true,"data":{"id":"k9","name":"ci","key":"` + genericSecret + `"}}`}
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
		"a mark inside": {"gzip", func(s string) string { return zipped(bom + s) }},
		"a guard":       {"", guarded(")]}',\n")}, "a short guard": {"", guarded(")]}'\n")}, "a loop": {"", guarded("while(1);")}, "another loop": {"", guarded("for(;;);")}, "a mark and a guard": {"", guarded(bom + "\n)]}',")},
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
			answer = map[bool]string{true: `{"data":[{"id":"k1"}]}`, false: `[{"id":"k1"}]`}[service == apikey.Generic]
			if keys, err := ListAll(bg, s); err != nil || len(keys) != 1 {
				t.Errorf("%s, %s: listed %d, %v", service, name, len(keys), err)
			}
		}
	}
}

// TestWhatIsPackedIsBoundedAsItUnpacks: a deflated answer has the same limit as a plain one, and one that is cut is no answer.
func TestWhatIsPackedIsBoundedAsItUnpacks(t *testing.T) {
	bomb := packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })(`{"id":"k1","name":"` + strings.Repeat("a", 2*maxOther))
	for _, body := range []string{bomb, bomb[:200]} {
		srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "deflate")
			_, _ = io.WriteString(w, body)
		})
		if _, err := mustOpen(t, options(apikey.Vertesia, srv.URL)).(Retriever).Retrieve(bg, "k1"); err == nil || IsKind(err, TooLarge) != (len(body) > 200) {
			t.Errorf("%d bytes: %v", len(body), err)
		}
	}
}
