package paint

import (
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

func TestAPainterThatWritesSlowlyKeepsTheLatestFrameOnly(t *testing.T) {
	release, painted, asked := make(chan bool), make(chan string, 100), make(chan bool, 100)
	p := newPainter(func(f frame) (int, error) {
		<-release
		painted <- f.text
		return len(f.text), nil
	}, func() { asked <- true }, 0)
	go p.run()
	defer p.stop()

	made := 0
	show := func(text string) {
		if p.ready() {
			made++
			p.offer(frame{text: text})
		}
	}
	show("first")
	for range 100 {
		show("made in vain")
	}
	release <- true
	if got := <-painted; got != "first" {
		t.Errorf("painted %q", got)
	}
	<-asked // the painter wants what it missed
	show("last")
	release <- true
	if got := <-painted; got != "last" || made != 2 {
		t.Errorf("painted %q after %d frames were made", got, made)
	}
	select {
	case <-asked:
		t.Error("an idle painter asks")
	case <-painted:
		t.Error("a frame was queued")
	default:
	}
}

func TestAThinLineIsNotFilledFasterThanItDrains(t *testing.T) {
	asked := make(chan bool, 100)
	var sent []int
	p := newPainter(func(f frame) (int, error) {
		sent = append(sent, 800)
		return 800, nil
	}, func() { asked <- true }, ThinLine)
	go p.run()
	defer p.stop()
	begun := time.Now()
	for range 6 {
		for !p.ready() {
			<-asked
		}
		p.offer(frame{})
	}
	for !p.ready() {
		<-asked
	}
	// On an SSH line a frame is more than its bytes, and not the only thing that has to get through.
	if took, least := time.Since(begun), 6*(800+96)*time.Second/(ThinLine*4/5)-slack; took < least {
		t.Errorf("%d frames of 800 bytes in %v: less than %v", len(sent), took, least)
	}
}

// The mark that comes before a key changes nothing: were a frame made for it, that of the key would wait for the gap
// between two frames.
func TestTheMarkOfAReadMakesNoFrame(t *testing.T) {
	painted := make(chan frame, 1)
	p := newPainter(func(f frame) (int, error) { painted <- f; return 1, nil }, func() {}, 0)
	go p.run()
	defer p.stop()
	views := 0
	a := &attachment{painter: p, model: counted{views: &views}}
	a.Update(ReadBegin{})
	if a.View(); views != 0 {
		t.Fatal("a frame was made for the mark")
	}
	a.Update(tea.KeyMsg{Type: tea.KeyDown})
	if a.View(); views != 1 {
		t.Fatal("no frame was made for the key")
	}
	<-painted
}

type counted struct{ views *int }

func (c counted) Init() tea.Cmd                       { return nil }
func (c counted) Update(tea.Msg) (tea.Model, tea.Cmd) { return c, nil }
func (c counted) View() string                        { *c.views++; return "frame" }
