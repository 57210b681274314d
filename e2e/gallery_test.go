//go:build unix

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hinshun/vt10x"
)

// look is a way in which the same screens are shown.
type look struct {
	name    string
	colours colours
	env     []string
	ui      string // what [ui] says
}

var galleryLooks = []look{
	{"dark", darkColours, []string{"COLORFGBG=15;0"}, ""},
	{"light", lightColours, []string{"COLORFGBG=0;15"}, ""},
	{"contrast", darkColours, []string{"COLORFGBG=15;0"}, "[ui]\ntheme = \"high-contrast\"\n"},
	{"nocolor", darkColours, []string{"COLORFGBG=15;0", "NO_COLOR=1"}, ""},
}

var gallerySizes = [][2]int{{60, 20}, {80, 24}, {120, 40}, {200, 60}}

// playSize is another than any of the pictures', so that each of them is painted whole.
var playSize = [2]int{100, 32}

// sitter is somebody who uses the program and takes pictures of it.
type sitter struct {
	*person
	look  look
	dir   string
	sizes [][2]int
}

// shot takes a picture of what is on the screen, at each size.
func (p *sitter) shot(name string) {
	p.t.Helper()
	p.shotOnce(name, func() {})
}

// shotOnce does something at each size before the picture is taken.
func (p *sitter) shotOnce(name string, do func()) {
	p.t.Helper()
	p.rest()
	for _, size := range p.sizes {
		from := len(p.output())
		p.resize(size[0], size[1])
		p.framed(size)
		p.rest()
		do()
		p.rest()
		file := filepath.Join(p.dir, fmt.Sprintf("%s-%dx%d-%s.svg", name, size[0], size[1], p.look.name))
		if err := os.WriteFile(file, p.look.colours.picture(p.output()[from:], size[0], size[1]), 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
	p.resize(playSize[0], playSize[1])
	p.framed(playSize)
	p.rest()
}

// do presses a key, and waits for what it is to bring. What esc leads back to may be on the screen behind what it closes: that it acts
// is waited for as well.
func (p *sitter) do(key, want string) []string {
	p.t.Helper()
	if key == "esc" {
		p.rest()
		before := len(p.output())
		p.keys(key)
		p.until("what esc does", func(string) bool { return len(p.raw) > before })
		p.rest()
		return p.wait(want)
	}
	return p.person.do(key, want)
}

// framed waits until the frame has that size.
func (p *sitter) framed(size [2]int) {
	p.t.Helper()
	p.until(fmt.Sprintf("a whole frame of %v", size), func(text string) bool {
		rows := strings.Split(strings.TrimRight(text, "\n"), "\n")
		first, last := []rune(rows[0]), []rune(rows[len(rows)-1])
		return len(rows) == size[1] && len(first) == size[0] && len(last) == size[0] && first[0] == '┌' && last[0] == '└'
	})
}

// picture is a screen as an SVG, of all that was written since it was painted whole.
func (p colours) picture(raw []byte, cols, rows int) []byte {
	term := newScreen(cols, rows)
	_, _ = term.Write(withFaint(raw))
	width, height := 2*margin+float64(cols)*cellWidth, 2*margin+float64(rows)*cellHeight
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="14" fill="%s">
<style>text{white-space:pre}.b,.ub,.bu,.bf,.fb{font-weight:bold}.f,.bf,.fb{opacity:.6}.u,.ub,.bu{text-decoration:underline}</style>
<rect width="100%%" height="100%%" rx="8" fill="%s"/>
`, width, height, width, height, p.ink, p.ground)
	for y := range rows {
		cells := make([]vt10x.Glyph, cols)
		for x := range cells {
			cells[x] = term.Cell(x, y)
		}
		if drawn := p.row(cells); drawn != "" {
			fmt.Fprintf(&out, "<g transform=\"translate(0 %.0f)\">%s</g>\n", margin+float64(y)*cellHeight, drawn)
		}
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// company is a home whose profiles are of several services, all of them a demo's, with keys in use beside the demo's.
type company struct {
	*home
	server *served
	ui     string
}

// newCompany is that home in a place with a short name.
func newCompany(t *testing.T, l look, name string) *company {
	t.Helper()
	h := newHome(t)
	dir := filepath.Join(os.TempDir(), l.name+"-"+name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for i, v := range h.env {
		if strings.HasPrefix(v, "HOME=") {
			h.env[i] = "HOME=" + dir
		}
		if strings.HasPrefix(v, "TMPDIR=") { // where the demo has its files
			h.env[i] = "TMPDIR=" + dir
		}
	}
	h.dir = dir
	c := &company{home: h, server: h.serve(t, "--demo"), ui: l.ui}
	for variable, value := range c.server.tokens {
		if err := os.WriteFile(h.path(variable), []byte(value+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.env = append(h.env, l.env...)
	return c
}

// profile is one of the configuration's.
func (c *company) profile(name, service, token, more string) string {
	url := c.server.url
	if strings.Contains(more, "url =") {
		return fmt.Sprintf("[profiles.%s]\nservice = %q\ntoken = { file = %q }\n%s\n", name, service, c.path(token), more)
	}
	return fmt.Sprintf("[profiles.%s]\nservice = %q\nurl = %q\ntoken = { file = %q }\n%s\n", name, service, url, c.path(token), more)
}

// profiles writes the configuration.
func (c *company) profiles(t *testing.T, texts ...string) {
	t.Helper()
	c.config(t, c.ui+strings.Join(texts, "\n"))
}

// usual are profiles as a company may have them.
func (c *company) usual() []string {
	place := func(profile, name, pattern string) string {
		return fmt.Sprintf("[profiles.%s.deliver.%s]\nkeys = [%q]\nenv_file = { path = %q, variable = \"API_KEY\" }\n", profile, name, pattern, c.path(name+".env"))
	}
	return []string{
		c.profile("prod", "prosopo", "PROSOPO_TOKEN", "environment = \"live\"\n") + place("prod", "shop", "shop-*") + place("prod", "search", "search-*"),
		c.profile("studio", "vertesia", "VERTESIA_TOKEN", "environment = \"live\"\n"),
		c.profile("payments", "generic", "GENERIC_LIVE_TOKEN", "environment = \"live\"\ncreate = true\n"),
		c.profile("staging", "generic", "GENERIC_TEST_TOKEN", "environment = \"test\"\ncreate = true\n") + place("staging", "worker", "worker-*") + place("staging", "mailer", "mailer-*"),
	}
}

// used makes a key that an application reads from its .env file, and uses it.
func (c *company) used(t *testing.T, profile, name, place string, more ...string) (secret string) {
	t.Helper()
	env := c.path(place + ".env")
	if err := os.WriteFile(env, []byte("# "+place+"\nPORT=8080\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.must(t, "", append([]string{"-p", profile, "create", "--name", name, "--deliver", "env-file:" + env + ":API_KEY"}, more...)...)
	secret = variable(t, env, "API_KEY")
	c.must(t, secret, "-p", profile, "verify")
	return secret
}

// exhibit is a flow of which pictures are taken.
type exhibit struct {
	name  string
	only  [][2]int // sizes, else all
	looks int      // the first ones, else all
	unset bool     // where there is no configuration: in no look that one asks for
	play  func(t *testing.T, c *company, sit sat)
}

// TestGalleryOfEveryScreen drives the program through every screen and takes pictures of each, in each size and look:
//
//	go test ./e2e -run Gallery -record DIR
//
// A part of them is taken with -run Gallery/dark/rotation.
func TestGalleryOfEveryScreen(t *testing.T) {
	if *recordTo == "" {
		t.Skip("give a folder with -record")
	}
	dir, err := filepath.Abs(*recordTo)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	for n, l := range galleryLooks {
		t.Run(l.name, func(t *testing.T) {
			for _, e := range exhibits {
				sizes := gallerySizes
				if e.only != nil {
					sizes = e.only
				}
				if e.looks > 0 && n >= e.looks || e.unset && l.ui != "" {
					continue
				}
				t.Run(e.name, func(t *testing.T) {
					t.Parallel()
					c := newCompany(t, l, e.name)
					e.play(t, c, func(args ...string) *sitter {
						return &sitter{c.sit(t, playSize[0], playSize[1], args...), l, dir, sizes}
					})
				})
			}
		})
	}
}
