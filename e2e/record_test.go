//go:build unix

package e2e

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hinshun/vt10x"
	"github.com/muesli/termenv"
)

var recordTo = flag.String("record", "", "write the README's recording of a rotation into this file, an SVG that plays by itself")

// take is one moment of a recording: what had been written by then, for how long it is shown, and what is said below it.
type take struct {
	session int
	upTo    int
	holds   time.Duration
	says    string
}

// recording collects the moments of one or several runs of the program, each in a terminal of its own.
type recording struct {
	cols, rows int
	sessions   []*terminal
	takes      []take
}

func (r *recording) open(s *terminal) { r.sessions = append(r.sessions, s) }

func (r *recording) last() *terminal { return r.sessions[len(r.sessions)-1] }

// hold shows what is on the screen now.
func (r *recording) hold(d time.Duration, says string) {
	r.takes = append(r.takes, take{len(r.sessions) - 1, len(r.last().output()), d, says})
}

// types writes a text letter by letter, each of them a moment.
func (r *recording) types(text, says string) {
	s := r.last()
	for i := range text {
		before := len(s.output())
		s.write(text[i : i+1])
		s.until("an answer to "+text[:i+1], func(string) bool { return len(s.raw) > before })
		r.hold(70*time.Millisecond, says)
	}
}

// faint is what the model of a terminal does not know: it is shown as what blinks, which this program never does.
var faint = regexp.MustCompile(`\x1b\[([0-9;]*)m`)

func withFaint(raw []byte) []byte {
	return faint.ReplaceAllFunc(raw, func(seq []byte) []byte {
		parts := strings.Split(string(seq[2:len(seq)-1]), ";")
		for i := 0; i < len(parts); i++ {
			switch parts[i] {
			case "38", "48":
				if i+1 < len(parts) && parts[i+1] == "5" {
					i += 2
				} else {
					i += 4
				}
			case "2":
				parts[i] = "5"
			case "22":
				parts[i] = "22;25"
			}
		}
		return []byte("\x1b[" + strings.Join(parts, ";") + "m")
	})
}

const (
	cellWidth, cellHeight = 8.4, 17.0
	margin                = 16.0
)

// colours are the 16 of a terminal and the two that it starts with.
type colours struct {
	palette     []string
	ground, ink string
}

var darkColours = colours{[]string{"#1b1e28", "#e06c75", "#98c379", "#d19a66", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
	"#5c6370", "#ff7b85", "#a8d389", "#e5c07b", "#7fbfff", "#d78bee", "#6fd0dc", "#ffffff"}, "#14161d", "#d7dae0"}

var lightColours = colours{[]string{"#24292f", "#c1121f", "#116329", "#8a5a00", "#0a4fc4", "#8250df", "#1b7c83", "#6e7781",
	"#57606a", "#a40e26", "#1a7f37", "#7a4d00", "#0550ae", "#6639ba", "#3192aa", "#ffffff"}, "#ffffff", "#24292f"}

func (p colours) hue(c vt10x.Color, none string) string {
	switch {
	case c == vt10x.DefaultFG:
		return p.ink
	case c == vt10x.DefaultBG:
		return none
	case c.ANSI():
		return p.palette[c]
	case c < 256:
		return termenv.ConvertToRGB(termenv.ANSI256Color(c)).Hex()
	}
	return fmt.Sprintf("#%06x", uint32(c))
}

// row draws one row of cells; runs of one look are one element, and so is each character of two cells.
func (p colours) row(cells []vt10x.Glyph) string {
	const underline, bold, blinks = 1 << 1, 1 << 2, 1 << 5
	wide := func(at int) bool { return at+1 < len(cells) && cells[at+1].Char == tail }
	var b strings.Builder
	for at := 0; at < len(cells); {
		end, look := at+1, cells[at]
		for !wide(at) && end < len(cells) && cells[end].FG == look.FG && cells[end].BG == look.BG && cells[end].Mode == look.Mode && !wide(end) {
			end++
		}
		if wide(at) {
			end++
		}
		var text strings.Builder
		for _, c := range cells[at:end] {
			if c.Char == tail {
				continue
			}
			if c.Char == 0 {
				c.Char = ' '
			}
			text.WriteRune(c.Char)
		}
		x, width := margin+float64(at)*cellWidth, float64(end-at)*cellWidth
		if back := p.hue(look.BG, ""); back != "" {
			fmt.Fprintf(&b, `<rect x="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, x, width, cellHeight, back)
		}
		if words := strings.TrimRight(text.String(), " "); words != "" {
			indent := len(words) - len(strings.TrimLeft(words, " "))
			x, width, words := x+float64(indent)*cellWidth, float64(len([]rune(words))-indent)*cellWidth, words[indent:]
			if wide(at) {
				width = 2 * cellWidth
			}
			class := ""
			for bit, name := range map[int16]string{underline: "u", bold: "b", blinks: "f"} {
				if look.Mode&bit != 0 {
					class += name
				}
			}
			if class != "" {
				class = ` class="` + class + `"`
			}
			fore := p.hue(look.FG, p.ground) // of a reversed cell the ground is the ink
			if look.FG != vt10x.DefaultFG {
				class += ` fill="` + fore + `"`
			}
			fmt.Fprintf(&b, `<text x="%.1f" y="13" textLength="%.1f"%s>%s</text>`, x, width, class, html.EscapeString(words))
		}
		at = end
	}
	return b.String()
}

// svg plays the moments one after the other, for ever. A row that stands in several is there once.
func (r *recording) svg() []byte {
	rows, ids := map[string]int{}, []string{}
	var frames, styles strings.Builder
	var total, begun time.Duration
	for _, k := range r.takes {
		total += k.holds
	}
	session, fed := -1, 0
	var term vt10x.Terminal
	for i, k := range r.takes {
		if k.session != session {
			session, fed = k.session, 0
			term = vt10x.New(vt10x.WithSize(r.cols, r.rows))
		}
		raw := r.sessions[session].output()
		_, _ = term.Write(withFaint(raw[fed:k.upTo]))
		fed = k.upTo
		fmt.Fprintf(&frames, `<g class="t t%d">`, i)
		for y := range r.rows {
			cells := make([]vt10x.Glyph, r.cols)
			for x := range cells {
				cells[x] = term.Cell(x, y)
			}
			drawn := darkColours.row(cells)
			if drawn == "" {
				continue
			}
			id, there := rows[drawn]
			if !there {
				id = len(ids)
				rows[drawn] = id
				ids = append(ids, drawn)
			}
			fmt.Fprintf(&frames, `<use href="#r%d" y="%.1f"/>`, id, margin+float64(y)*cellHeight)
		}
		fmt.Fprintf(&frames, `<text class="c" x="%.1f" y="%.1f">%s</text></g>`+"\n", margin, 2*margin+float64(r.rows)*cellHeight+14, html.EscapeString(k.says))
		from, to := 100*begun.Seconds()/total.Seconds(), 100*(begun+k.holds).Seconds()/total.Seconds()
		fmt.Fprintf(&styles, "@keyframes k%d{0%%{visibility:hidden}%.3f%%{visibility:visible}%.3f%%{visibility:hidden}}.t%d{animation-name:k%d}\n", i, from, to, i, i)
		begun += k.holds
	}
	width, height := 2*margin+float64(r.cols)*cellWidth, 3*margin+float64(r.rows)*cellHeight+20
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 %.0f %.0f" font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="14" fill="%s">
<style>text{white-space:pre}.b,.ub,.bu,.bf,.fb{font-weight:bold}.f,.bf,.fb{opacity:.6}.u,.ub,.bu{text-decoration:underline}.c{font-family:system-ui,sans-serif;font-size:15px}
.t{visibility:hidden;animation-duration:%.2fs;animation-timing-function:step-end;animation-iteration-count:infinite}
%s</style>
<rect width="100%%" height="100%%" rx="8" fill="%s"/>
<defs>
`, width, height, darkColours.ink, total.Seconds(), styles.String(), darkColours.ground)
	for i, drawn := range ids {
		fmt.Fprintf(&out, `<g id="r%d">%s</g>`+"\n", i, drawn)
	}
	fmt.Fprintf(&out, "</defs>\n%s</svg>\n", frames.String())
	return out.Bytes()
}

// TestRecordingOfARotation plays the README's rotation, a lost line in its middle, on the real program, and records it:
//
//	go test ./e2e -run Recording -record ../docs/img/rotation.svg
//
// Without the flag it is played all the same, so that the recording can be made at any time.
func TestRecordingOfARotation(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	const profile = "local/generic"
	env := h.path("shop", ".env")
	if *recordTo != "" { // where somebody would have it
		env = "/srv/shop/.env"
		t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(env)) })
	}
	if err := os.Mkdir(filepath.Dir(env), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(env, []byte("# the shop\nPORT=8080\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"billing-cron", "ci-deploy", "mobile-app", "search-index"} {
		h.must(t, "", "-p", profile, "create", "--name", name, "--environment", "live", "--deliver", "file:"+h.path(name))
	}
	h.must(t, "", "-p", profile, "create", "--name", "payments-api", "--environment", "live", "--deliver", "env-file:"+env+":API_KEY")
	old := variable(t, env, "API_KEY")
	h.must(t, old, "-p", profile, "verify")

	r := &recording{cols: 100, rows: 28}
	begin := func() {
		cmd := exec.Command(binary, painted([]string{"-p", profile})...)
		cmd.Env, cmd.Dir = append(h.env, "COLORTERM=", "COLORFGBG=15;0"), filepath.Dir(env) // the colours below are those of a dark terminal
		r.open(seat(t, cmd, r.cols, r.rows))
	}
	next := func(key, says string) {
		s := r.last()
		s.step(key, says)
	}
	begin()
	s := r.last()
	s.wait("payments-api")
	r.hold(1500*time.Millisecond, "payments-api is in use. Its key is to be replaced, without an outage.")
	s.keys("/")
	s.wait("filter")
	r.types("pay", "Find it,")
	s.keys("enter")
	s.wait("r rotate")
	r.hold(600*time.Millisecond, "Find it,")
	s.keys("r")
	s.wait("WHERE DOES THE APPLICATION READ THIS KEY")
	r.hold(900*time.Millisecond, "say where the application reads it,")
	r.types(".env:API_KEY", "say where the application reads it,")
	s.keys("shift+tab", "shift+tab", "shift+tab")
	s.wait(`▸ +drain`)
	s.keys("ctrl+u")
	r.hold(500*time.Millisecond, "say where the application reads it,")
	drain := "4s" // longer than it takes a use to show
	if *recordTo != "" {
		drain = "20s"
	}
	r.types(drain, "and for how long the old key must be quiet.")
	next("enter", "begin with the preflight")
	s.wait(`enter +create the new key`)
	r.hold(2*time.Second, "Before anything is made: may we, is this the right place, does a made-up secret fail where the old one works?")
	next("enter", `enter +create the new key`)
	s.wait(`enter +deliver the new secret`)
	r.hold(1500*time.Millisecond, "A second key, with the same access and no more.")
	next("enter", `enter +deliver the new secret`)
	s.wait(`enter +prove the new key`)
	r.hold(1500*time.Millisecond, "The .env has the new secret. One variable changed, and the old value is kept.")
	s.hangUp()
	s.exit()
	r.hold(1300*time.Millisecond, "The line drops.")
	if variable(t, env, "API_KEY") == old {
		t.Fatal("nothing was delivered before the line was lost")
	}

	begin()
	s = r.last()
	s.wait("1 rotation is open: press R")
	r.hold(1200*time.Millisecond, "Back again. Nothing is lost: the journal has every step, and never a secret.")
	s.keys("R")
	s.wait("payments-api +" + profile + " +waits")
	r.hold(900*time.Millisecond, "Back again. Nothing is lost: the journal has every step, and never a secret.")
	next("enter", "payments-api +"+profile+" +waits")
	next("enter", `enter +prove the new key`)
	s.wait("quiet for")
	r.hold(2*time.Second, "Proven: the service accepts the secret that stands in the .env. Now the old key must be quiet.")
	for i := 0; i < 20 && !regexp.MustCompile(`enter +delete the old key`).MatchString(s.text()); i++ {
		before := len(s.output())
		s.until("the wait goes on", func(string) bool { return len(s.raw) > before })
		r.hold(150*time.Millisecond, "Proven: the service accepts the secret that stands in the .env. Now the old key must be quiet.")
	}
	next("enter", `enter +delete the old key`)
	s.wait("Done\\.")
	r.hold(4*time.Second, "Looked at once more right before, deleted, and then seen to be refused. Done.")
	if *recordTo != "" {
		if err := os.WriteFile(*recordTo, r.svg(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
