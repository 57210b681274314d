package tui

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/apikey"
	"detent/paint"
	"detent/tui/lines"
	"detent/tui/ui"
)

// driver runs an App without a terminal and without waiting: commands run, and
// their messages come back, until nothing is under way. Timers fire when the clock passes them.
type driver struct {
	t      testing.TB
	app    *App
	model  tea.Model // what gets the messages: the app, or its lines
	host   *fakeHost
	clock  *clock
	out    *bytes.Buffer
	msgs   chan tea.Msg
	flying int
	held   int // commands that wait for the test to let them go
	mu     sync.Mutex
	timers []timer
	quit   bool
}

type timer struct {
	at  time.Time
	msg tea.Msg
}

func renderer(p termenv.Profile, dark bool) *lipgloss.Renderer {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(p)
	r.SetHasDarkBackground(dark)
	return r
}

// start opens the app on the profile prod at a size and waits until it is quiet.
func start(t testing.TB, width, height int, change ...func(*Options, *fakeHost)) *driver {
	t.Helper()
	c := newClock()
	d := &driver{t: t, clock: c, host: newFakeHost(c, fakeKeys(40, c.Now())), out: &bytes.Buffer{}, msgs: make(chan tea.Msg, 1024)}
	o := Options{
		Host: d.host, Profile: "prod", Now: c.Now, Zone: time.FixedZone("CET", 3600), Renderer: renderer(termenv.Ascii, true),
		Copy: func(text string) error { _, err := d.out.WriteString("copied " + text); return err },
		After: func(after time.Duration, msg tea.Msg) tea.Cmd {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.timers = append(d.timers, timer{c.Now().Add(after), msg})
			return nil
		},
	}
	for _, f := range change {
		f(&o, d.host)
	}
	d.app = New(o)
	d.model = d.app
	if o.Spoken {
		d.model = lines.New(d.app, d.out)
	}
	d.send(tea.WindowSizeMsg{Width: width, Height: height})
	d.run(d.app.Init())
	d.settle()
	return d
}

// run starts a command, as Bubble Tea does: batches side by side, sequences in turn.
func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	d.flying++
	go func() { d.msgs <- ran{cmd()} }()
}

type ran struct{ msg tea.Msg }

func (d *driver) settle() {
	d.t.Helper()
	patience := time.After(time.Minute)
	for d.flying > d.held {
		select {
		case m := <-d.msgs:
			d.flying--
			d.take(m.(ran).msg)
		case <-patience:
			d.t.Fatal("the program does not come to rest")
		}
	}
}

// until lets commands come back until something is so, though others are under way.
func (d *driver) until(so func() bool) {
	d.t.Helper()
	for patience := time.After(time.Minute); !so(); {
		select {
		case m := <-d.msgs:
			d.flying--
			d.take(m.(ran).msg)
		case <-patience:
			d.t.Fatalf("it does not come to that:\n%s", d.view())
		}
	}
}

func (d *driver) take(msg tea.Msg) {
	switch m := msg.(type) {
	case nil:
	case tea.QuitMsg:
		d.quit = true
	case tea.BatchMsg:
		for _, c := range m {
			d.run(c)
		}
	default:
		if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() {
			for i := range v.Len() { // a sequence
				if c := v.Index(i).Interface().(tea.Cmd); c != nil {
					d.take(c())
				}
			}
			return
		}
		d.send(msg)
	}
}

func (d *driver) send(msg tea.Msg) {
	_, cmd := d.model.Update(msg)
	if d.model == tea.Model(d.app) {
		d.check()
	}
	d.run(cmd)
}

// check holds of every frame: exactly the terminal's size.
func (d *driver) check() {
	d.t.Helper()
	lines := strings.Split(d.app.View(), "\n")
	if len(lines) != d.app.height {
		d.t.Fatalf("the frame has %d lines, the terminal %d:\n%s", len(lines), d.app.height, d.app.View())
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w != d.app.width {
			d.t.Fatalf("line %d is %d cells wide, the terminal %d: %q", i, w, d.app.width, line)
		}
	}
}

// pass lets time go by, and timers fire.
func (d *driver) pass(by time.Duration) *driver {
	end := d.clock.Now().Add(by)
	for {
		next := -1
		d.mu.Lock()
		for i, tm := range d.timers {
			if !tm.at.After(end) && (next < 0 || tm.at.Before(d.timers[next].at)) {
				next = i
			}
		}
		if next < 0 {
			d.mu.Unlock()
			break
		}
		tm := d.timers[next]
		d.timers = append(d.timers[:next], d.timers[next+1:]...)
		d.mu.Unlock()
		if wait := tm.at.Sub(d.clock.Now()); wait > 0 {
			d.clock.pass(wait)
		}
		d.send(tm.msg)
		d.settle()
	}
	if wait := end.Sub(d.clock.Now()); wait > 0 {
		d.clock.pass(wait)
	}
	return d
}

var keyTypes = map[string]tea.KeyType{
	"enter": tea.KeyEnter, "esc": tea.KeyEsc, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight,
	"tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "ctrl+c": tea.KeyCtrlC, "ctrl+d": tea.KeyCtrlD, "ctrl+u": tea.KeyCtrlU,
	"ctrl+r": tea.KeyCtrlR, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd,
	"backspace": tea.KeyBackspace, "space": tea.KeySpace, "f1": tea.KeyF1, "ctrl+p": tea.KeyCtrlP,
}

func keyMsg(name string) tea.KeyMsg {
	if t, ok := keyTypes[name]; ok {
		if t == tea.KeySpace {
			return tea.KeyMsg{Type: t, Runes: []rune{' '}}
		}
		return tea.KeyMsg{Type: t}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// press presses keys one after the other, as a person does: time passes in between.
func (d *driver) press(keys ...string) *driver {
	d.t.Helper()
	for _, k := range keys {
		d.clock.pass(400 * time.Millisecond)
		if d.app.read.told {
			d.send(paint.ReadBegin{})
		}
		d.send(keyMsg(k))
		d.settle()
	}
	return d
}

// burst sends keys in one read.
func (d *driver) burst(keys ...string) *driver {
	d.t.Helper()
	d.clock.pass(400 * time.Millisecond)
	for _, k := range keys {
		d.send(keyMsg(k))
	}
	d.settle()
	return d
}

// typing types text, a letter at a time.
func (d *driver) typing(text string) *driver {
	d.t.Helper()
	for _, r := range text {
		d.press(map[bool]string{true: "space", false: string(r)}[r == ' '])
	}
	return d
}

func (d *driver) view() string { return ansi.Strip(d.app.View()) }

func (d *driver) sees(texts ...string) *driver {
	d.t.Helper()
	for _, text := range texts {
		if !strings.Contains(d.view(), text) {
			d.t.Fatalf("%q is not on the screen:\n%s", text, d.view())
		}
	}
	return d
}

func (d *driver) seesNot(text string) *driver {
	d.t.Helper()
	if strings.Contains(d.view(), text) {
		d.t.Fatalf("%q is on the screen:\n%s", text, d.view())
	}
	return d
}

// on is the name under the cursor.
func (d *driver) on() string {
	k, _, ok := d.app.list.Selected()
	if !ok {
		return ""
	}
	return k.Name
}

func (d *driver) isOn(name string) *driver {
	d.t.Helper()
	if d.on() != name {
		d.t.Fatalf("the cursor is on %q, not %q:\n%s", d.on(), name, d.view())
	}
	return d
}

// to puts the cursor on a key.
func (d *driver) to(name string) *driver {
	d.t.Helper()
	for _, k := range d.host.service.keys {
		if k.Name == name {
			d.app.list.Select(k.ID)
			d.app.settle()
			return d.isOn(name)
		}
	}
	d.t.Fatalf("there is no key %q", name)
	return d
}

func withKeys(keys []apikey.Key) func(*Options, *fakeHost) {
	return func(_ *Options, h *fakeHost) { h.service.keys = keys }
}

func withProfile(name string) func(*Options, *fakeHost) {
	return func(o *Options, _ *fakeHost) { o.Profile = name }
}

var _ ui.Host = (*fakeHost)(nil)
