//go:build !unix

package paint

import tea "github.com/charmbracelet/bubbletea"

// supported is false where there is no SIGWINCH: Bubble Tea paints there.
const supported = false

type signals struct{}

func listen(*tea.Program) *signals { return &signals{} }

func (*signals) jobs()                   {}
func (*signals) stop()                   {}
func (*signals) resized()                {}
func (*signals) suspend()                {}
func (*signals) lend(bool)               {}
func (*signals) explain(err error) error { return err }

func canSuspend() bool { return false }

func (*signals) canSuspend() bool { return canSuspend() }
func (*signals) canExec() bool    { return true }
