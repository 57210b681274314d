// Package ui is what every screen shares: the contract of a screen, the intents
// it may hand to the root, the styles, the keys and the text helpers.
package ui

import (
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// Screen is a pane or an overlay. It does no I/O: it shows state, asks, and
// returns commands that yield typed intents for the root to carry out.
type Screen interface {
	Update(msg tea.Msg) tea.Cmd
	View() string
	SetSize(width, height int)
	// Bindings are the keys that act now; the footer and help are made of them.
	Bindings() []key.Binding
}

// Starter is a screen that asks for something as soon as it is opened.
type Starter interface{ Init() tea.Cmd }

// Begin opens a screen: what a Starter asks for.
func Begin(s Screen) tea.Cmd {
	if starts, ok := s.(Starter); ok {
		return starts.Init()
	}
	return nil
}

// Typist is a screen with text inputs. While Typing, every printable key is text.
type Typist interface{ Typing() bool }

// Leaver is an overlay that does not let esc, q or ctrl+c leave silently: the root
// passes these keys on to it instead of acting on them.
type Leaver interface{ HoldsKeys() bool }

// Env is handed to every screen when it is made: no screen reads a clock, a
// global style or the environment.
type Env struct {
	Styles *Styles
	Keys   *Keys
	Now    func() time.Time
	Zone   *time.Location
	// After sends msg after d, such as what hides a revealed secret; nil is the real clock.
	After func(d time.Duration, msg tea.Msg) tea.Cmd

	// Remote says that the operator sits at another machine: a path or a command would be the server's.
	Remote bool
	// NoWrites says why this operator may only look; empty where they may change something.
	NoWrites string

	// Waiting is the wait of a rotation that goes on in this program; nil where none may.
	Waiting func(rotation string) (Wait, bool)

	// Early says that the confirmation on top does not take enter or y yet: what they would do is drawn dim.
	Early bool

	tickets int
}

// Ticket is a number that no other intent of this program has: what a screen
// recognises the answer to its intent by. Called in Update alone.
func (e *Env) Ticket() int {
	e.tickets++
	return e.tickets
}

// Later sends msg after d, by After.
func (e *Env) Later(d time.Duration, msg tea.Msg) tea.Cmd {
	if e.After != nil {
		return e.After(d, msg)
	}
	return tea.Tick(d, func(time.Time) tea.Msg { return msg })
}
