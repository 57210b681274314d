package rotate

import (
	"sync"

	tea "github.com/charmbracelet/bubbletea"
)

// progressBox carries what is told from the goroutines of a queue to the program.
type progressBox struct {
	mu   sync.Mutex
	came []Progress
	over bool
	wake chan struct{}
}

func (b *progressBox) put(p Progress) {
	b.mu.Lock()
	b.came = append(b.came, p)
	b.mu.Unlock()
	b.ring()
}

func (b *progressBox) end() {
	b.mu.Lock()
	b.over = true
	b.mu.Unlock()
	b.ring()
}

func (b *progressBox) ring() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *progressBox) next(s *QueueScreen) tea.Cmd {
	return func() tea.Msg {
		for {
			b.mu.Lock()
			msg := progressMsg{s, b.came, b.over}
			b.came = nil
			b.mu.Unlock()
			if len(msg.came) > 0 || msg.over {
				return msg
			}
			<-b.wake
		}
	}
}
