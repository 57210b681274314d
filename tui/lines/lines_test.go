package lines

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/paint"
	"detent/tui/ui"
)

// stage is a program that says what a test puts on it. Its timers wait until the test lets their time pass.
type stage struct {
	tea.Model
	said   ui.Speech
	news   int
	text   string
	timers []tea.Msg
	did    []string // the keys that came
}

type newsMsg string

func (s *stage) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case newsMsg:
		s.news, s.text = s.news+1, string(msg)
	case tea.KeyMsg:
		s.did = append(s.did, msg.String())
		return s, func() tea.Msg { return nil } // something comes of it
	}
	return s, nil
}

func (s *stage) Speak() (who any, said ui.Speech) { return "list", s.said }
func (s *stage) News() (id int, text string)      { return s.news, s.text }
func (s *stage) Guarded() (bool, time.Duration)   { return false, 0 }
func (s *stage) Now() time.Time                   { return time.Time{} }
func (s *stage) Later(_ time.Duration, msg tea.Msg) tea.Cmd {
	s.timers = append(s.timers, msg)
	return func() tea.Msg { return nil }
}

// hearer is somebody at the front.
type hearer struct {
	t     *testing.T
	stage *stage
	front *Front
	out   bytes.Buffer
}

func hear(t *testing.T, said ui.Speech) *hearer {
	h := &hearer{t: t, stage: &stage{said: said}}
	h.front = New(h.stage, &h.out)
	h.send(nil)
	return h
}

func (h *hearer) send(msgs ...tea.Msg) *hearer {
	for _, m := range msgs {
		h.front.Update(m)
	}
	return h
}

// types sends letters and enters, each a key, of one read.
func (h *hearer) types(text string) *hearer {
	h.send(paint.ReadBegin{})
	for _, r := range text {
		if r == '\r' {
			h.send(tea.KeyMsg{Type: tea.KeyEnter})
			continue
		}
		h.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	return h
}

// rests lets all time pass that something waits for.
func (h *hearer) rests() *hearer {
	for len(h.stage.timers) > 0 {
		timers := h.stage.timers
		h.stage.timers = nil
		h.send(timers...)
	}
	return h
}

// hears takes what was said since.
func (h *hearer) hears(want string) *hearer {
	h.t.Helper()
	got := strings.ReplaceAll(h.out.String(), "\r\n", "\n")
	h.out.Reset()
	if got != want {
		h.t.Fatalf("said was\n%s\nand not\n%s", got, want)
	}
	return h
}

func asking(words string) ui.Speech {
	return ui.Speech{Ask: &ui.Ask{Words: words, Text: func(typed string) ([]tea.KeyMsg, error) { return []tea.KeyMsg{ui.Press(typed)}, nil }}}
}

// TestWhatIsAskedIsSaidAgainBehindNews: once, when the news has settled.
func TestWhatIsAskedIsSaidAgainBehindNews(t *testing.T) {
	h := hear(t, asking("Name")).hears("Name: ")
	h.send(newsMsg("one is done"), newsMsg("two is done")).hears("\none is done\ntwo is done\n")
	h.rests().hears("Name: ")
	h.send(newsMsg("three is done")).rests().hears("\nthree is done\nName: ")
	h.rests().hears("")
}

// TestABurstOfNewsIsNotTornApart: the question waits for the last line of it.
func TestABurstOfNewsIsNotTornApart(t *testing.T) {
	h := hear(t, asking("Name")).hears("Name: ")
	h.send(newsMsg("one"))
	first := h.stage.timers
	h.stage.timers = nil
	h.send(newsMsg("two")).send(first...).hears("\none\ntwo\n")
	h.rests().hears("Name: ")
}

// TestWhatIsTypedBehindNewsStandsBehindItsQuestion: whether the question was said again by then or not.
func TestWhatIsTypedBehindNewsStandsBehindItsQuestion(t *testing.T) {
	h := hear(t, asking("Name")).hears("Name: ")
	h.send(newsMsg("one")).types("ab").hears("\none\nName: ab")
	h.send(newsMsg("two")).rests().hears("") // what is typed is not torn apart
	h.types("c\r").hears("c\ntwo\n")
	if got := fmt.Sprint(h.stage.did); got != "[abc]" {
		t.Errorf("the answer is %s", got)
	}
	h.rests().hears("Name: ")
}

// TestWhatIsTypedBeforeItIsAskedAgainIsKept: an answer that comes at once is of what is asked next.
func TestWhatIsTypedBeforeItIsAskedAgainIsKept(t *testing.T) {
	h := hear(t, asking("Name")).types("a\r").hears("Name: a\n")
	h.types("b").rests().hears("Name: b")
	h.types("\r").rests().hears("\nName: ")
	if got := fmt.Sprint(h.stage.did); got != "[a b]" {
		t.Errorf("the answers are %s", got)
	}
}

// TestWhatActsThoughNothingIsAskedActsAtOnce: and what does not waits for what is asked, with all that was typed behind it.
func TestWhatActsThoughNothingIsAskedActsAtOnce(t *testing.T) {
	loading := ui.Speech{Progress: "loading", Meanwhile: []ui.Choice{{Words: "quit", Key: "q", Keys: ui.Times("q", 1)}}}
	for typed, does := range map[string]string{"q\r": "[q]", "quit\r": "[q]", "q": "[]", "a\rq\r": "[]"} {
		h := hear(t, loading).hears("loading\n")
		h.types(typed)
		if got := fmt.Sprint(h.stage.did); got != does {
			t.Errorf("%q does %s, not %s", typed, got, does)
		}
	}
	h := hear(t, loading).types("a\rq\r")
	h.stage.said = asking("Name")
	h.send(nil).rests().hears("loading\nName: a\nName: q\nName: ")
	if got := fmt.Sprint(h.stage.did); got != "[a q]" {
		t.Errorf("the answers are %s", got)
	}
}
