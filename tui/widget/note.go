package widget

import (
	"strings"

	"github.com/charmbracelet/huh"

	"detent/tui/ui"
)

// Note is huh's note: lines that are only read. huh takes _ * ` and \ in it for marks, which names of keys are full of; here they are
// letters.
type Note struct{ in *huh.Note }

// NewNote makes an empty note.
func NewNote(env *ui.Env) *Note {
	n := &Note{huh.NewNote()}
	n.in.WithTheme(Theme(env))
	return n
}

// letters takes the meaning from what huh would read as a mark.
var letters = strings.NewReplacer(`\`, `\\`, `_`, `\_`, `*`, `\*`, "`", "\\`")

// endOfStyle is what ends a style, and what huh closes every note with, styled or not.
const endOfStyle = "\x1b[0m"

// Lines draws lines of at most width cells.
func (n *Note) Lines(lines []string, width int) []string {
	if len(lines) == 0 {
		return nil
	}
	n.in.Description(letters.Replace(strings.Join(lines, "\n")))
	n.in.WithWidth(width)
	drawn := strings.Split(n.in.View(), "\n")
	out := make([]string, len(lines))
	copy(out, drawn[min(1, len(drawn)):]) // the first is for a title
	for i := range out {
		out[i] = strings.TrimRight(out[i], " ")
	}
	end := &out[len(out)-1]
	*end = strings.TrimSuffix(*end, endOfStyle)
	return out
}
