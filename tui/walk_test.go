//go:build unix

package tui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	_ "detent/aterm" // or Bubble Tea would ask the terminal for its colours first
	"detent/paint"
	"detent/tui/dialog"
	"detent/tui/ui"
)

// walkedProgram is the UI on the real painter, over keys with hostile names, and rotations that always go on.
func walkedProgram(dir string) int {
	screen := paint.New(os.Stdin, os.Stdout, paint.Options{ReportFocus: true, Mouse: true, Standard: os.Getenv("DETENT_E2E_RENDERER") == "standard"})
	w := &witness{dir: dir}
	c := newClock()
	c.at = w.now()
	host := newFakeHost(c, fakeKeys(300, c.Now()))
	for i, name := range hostileNames() {
		host.service.keys[i*7].Name = name
	}
	w.service = host.service
	shop := &fakeService{caps: fakeCaps(), keys: fakeKeys(9, c.Now()), clock: c}
	fleet := &fleetHost{fakeHost: host, services: map[string]*fakeService{"prod": host.service, host.profiles[1].Name: shop},
		refuse: map[string]error{host.profiles[2].Name: errors.New(strings.Join(hostileNames(), " "))}}
	o := Options{Profile: "prod", Now: w.now, Zone: time.UTC, Copy: func(string) error { return nil }}
	fleet.whole(&o)
	w.App = New(o)
	if _, err := screen.Run(w); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// witness writes down which screen is on top and what View says when F12 asks for it. Each time half a second has passed
// for the program, so that no confirmation's guard has to be waited for, and some writes fail. F11 is an error.
type witness struct {
	*App
	dir     string
	service *fakeService

	mu sync.Mutex
	n  int
}

func (w *witness) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(time.Duration(w.n) * time.Second / 2)
}

func (w *witness) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if k, ok := msg.(tea.KeyMsg); ok && k.Type == tea.KeyF11 {
		if _, there := w.top().(*dialog.Error); there {
			return w, nil
		}
		msg = ui.Fail{Title: "Could not delete " + hostileNames()[0], Err: errors.New(strings.Join(hostileNames(), " "))}
	}
	if k, ok := msg.(tea.KeyMsg); ok && k.Type == tea.KeyF12 {
		w.mu.Lock()
		w.n++
		n := w.n
		w.mu.Unlock()
		w.service.mu.Lock()
		w.service.writeErr = nil
		if n%5 == 0 {
			w.service.writeErr = errors.New(strings.Join(hostileNames(), " "))
		}
		w.service.mu.Unlock()
		top := "no overlay"
		if s := w.top(); s != nil {
			top = fmt.Sprintf("%T", s)
		}
		text := top + "\n" + strings.Join(paint.Text(w.View(), w.width, w.height), "\n")
		path := filepath.Join(w.dir, fmt.Sprint(n))
		if os.WriteFile(path+".part", []byte(text), 0o600) == nil {
			_ = os.Rename(path+".part", path)
		}
		return w, nil
	}
	_, cmd := w.App.Update(msg)
	return w, cmd
}
