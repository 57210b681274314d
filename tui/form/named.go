package form

import (
	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/ui"
)

// askWhere asks to which destination of the profile the secret goes.
func (s *Secret) askWhere() {
	s.hide()
	s.guard++
	labels := []string{"Cancel"}
	for _, name := range s.profile.Destinations {
		labels = append(labels, ui.Clean(name))
	}
	s.question = ask([]string{s.env.Styles.Strong.Render("Where does it go?"), "What the place holds already is asked about before it is replaced."}, labels, func(i int) tea.Cmd {
		if i == 0 {
			return nil
		}
		s.destination = s.profile.Destinations[i-1]
		return s.deliver(false)
	})
}
