package rotate

import (
	"context"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/rotation"
)

func (s *Screen) key(msg tea.KeyMsg) tea.Cmd {
	k := s.env.Keys
	s.quit = s.quit || msg.Type == tea.KeyCtrlC
	switch {
	case s.Typing():
		return s.typed(msg)
	case s.busy:
		// A step is never cancelled: what was asked of the service cannot be taken back by looking away.
		if key.Matches(msg, k.Cancel, k.Quit) {
			s.leaving = true
		}
		return nil
	case s.asking == askLeave:
		return s.answerLeave(msg)
	case s.asking == askUndo:
		return s.answerUndo(msg)
	case s.asking == askConsent:
		switch {
		case key.Matches(msg, k.Yes):
			return s.consent()
		case key.Matches(msg, k.Cancel, k.No, k.Quit):
			return s.leave()
		}
		return nil
	case s.asking == askStatements:
		return s.answerStatements(msg)
	case key.Matches(msg, k.Up):
		s.scroll--
	case key.Matches(msg, k.Down):
		s.scroll++
	case key.Matches(msg, k.Cancel, k.Back, k.Quit):
		return s.askToLeave()
	case key.Matches(msg, k.Undo) && s.rotation != nil && s.view.Next.Undo != "":
		s.asking = askUndo
		s.guard++
	case key.Matches(msg, k.Attest) && s.canAttest():
		return s.ask(rotation.NeedAttest)
	case key.Matches(msg, k.Toggle) && s.view.Step == rotation.Soak:
		return s.run(false, s.rotation.Reenable)
	case key.Matches(msg, k.Confirm):
		if s.rotation == nil || s.finished() {
			return s.leave()
		}
		return s.do(s.goesBack())
	}
	return nil
}

// goesBack says that enter goes on with an undo, or tries one again that failed before it had begun.
func (s *Screen) goesBack() bool { return s.view.Undoing || s.err != nil && s.undoing }

func (s *Screen) askToLeave() tea.Cmd {
	if s.view.SecretInHand { // deliver it, or delete the new key, but do not lose it
		s.asking = askLeave
		s.guard++
		return nil
	}
	return s.leave()
}

func (s *Screen) answerLeave(msg tea.KeyMsg) tea.Cmd {
	k := s.env.Keys
	switch {
	case key.Matches(msg, k.Confirm):
		s.quit = false
		return s.do(false)
	case key.Matches(msg, k.Discard):
		s.quit = false
		return s.do(true)
	case key.Matches(msg, k.Cancel, k.Back):
		s.asking, s.quit = askNothing, false
		s.guard++
	}
	return nil
}

func (s *Screen) answerUndo(msg tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(msg, s.env.Keys.Yes, s.env.Keys.Confirm):
		return s.do(true)
	case key.Matches(msg, s.env.Keys.Cancel, s.env.Keys.No):
		s.asking = askNothing
		s.guard++
	}
	return nil
}

func (s *Screen) answerStatements(msg tea.KeyMsg) tea.Cmd {
	k := s.env.Keys
	switch {
	case key.Matches(msg, k.Yes, k.Confirm):
		s.stated++
		s.guard++
		if s.stated < len(s.view.Statements()) {
			return nil
		}
		return s.attest()
	case key.Matches(msg, k.Undo) && s.view.Next.Undo != "":
		s.asking = askUndo
		s.guard++
	case key.Matches(msg, k.Cancel, k.No, k.Quit):
		return s.leave()
	}
	return nil
}

func (s *Screen) typed(msg tea.KeyMsg) tea.Cmd {
	switch msg.Type {
	case tea.KeyEsc, tea.KeyCtrlC:
		s.input.Reset()
		s.input.Blur()
		s.asking = askNothing
		s.guard++
		return nil
	case tea.KeyEnter:
		return s.submit()
	}
	var cmd tea.Cmd
	s.problem = ""
	if s.asking == askPaste && msg.Paste {
		// A newline in the middle would be joined silently; the reader refuses it instead.
		if _, err := apikey.ParseSecret(string(msg.Runes)); err != nil {
			s.problem = err.Error()
			return nil
		}
		// A copied line ends in a line break, which the input would make a space.
		msg.Runes = []rune(strings.TrimRight(string(msg.Runes), "\r\n"))
	}
	s.input, cmd = s.input.Update(msg)
	return cmd
}

func (s *Screen) submit() tea.Cmd {
	text := s.input.Value()
	if s.asking == askPaste {
		if text == "" && s.problem != "" { // what was wrong with the paste says more than that nothing is there
			return nil
		}
		secret, err := apikey.ParseSecret(text)
		if err != nil {
			s.problem = err.Error()
			return nil
		}
		s.input.Reset()
		s.input.Blur()
		return s.paste(secret)
	}
	if err := s.rotation.Accept(text, false); err != nil {
		s.problem = err.Error()
		return nil
	}
	s.input.Reset()
	s.input.Blur()
	return s.do(false)
}

func (s *Screen) paste(secret apikey.Secret) tea.Cmd {
	r := s.rotation
	return s.act(didMsg{screen: s, pasted: true}, func(ctx context.Context) (rotation.Result, error) { return r.Paste(ctx, secret) })
}
