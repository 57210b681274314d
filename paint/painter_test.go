package paint

import (
	"testing"
	"time"
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
		if p.wants() {
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
		for !p.wants() {
			<-asked
		}
		p.offer(frame{})
	}
	for !p.wants() {
		<-asked
	}
	if took, least := time.Since(begun), 6*800*time.Second/ThinLine-slack; took < least {
		t.Errorf("%d frames of 800 bytes in %v: less than %v", len(sent), took, least)
	}
}
