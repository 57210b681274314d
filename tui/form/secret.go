package form

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/ui"
	"detent/tui/widget"
)

// revealFor is how long a secret stays on the screen.
const revealFor = 30 * time.Second

// maxBoxed is the longest secret that a box in 80 columns shows on one line.
const maxBoxed = 72

// Secret shows a new secret, masked until asked. It is not left silently: the
// user says that the secret is stored, or has the key deleted. What is shown hides
// again when the terminal loses the focus or changes its size, and after revealFor.
type Secret struct {
	env     *ui.Env
	caps    apikey.Capabilities
	profile ui.Profile
	key     apikey.Key
	secret  apikey.Secret
	notes   []string
	public  string // what a public value is told by instead; empty for a secret

	shown       bool
	shownAt     time.Time
	seen        bool // it was on the screen once: somebody may have it
	turn        int  // the reveal that a timer belongs to
	asked       int  // the ticket of a reveal that is not answered yet; 0 for none
	copied      bool
	stored      bool     // a delivery said that it is there
	kept        []string // the places whose former content comes back when the key is deleted from here
	status      []statusLine
	err         error     // why the key was not deleted
	sink        *sink     // a destination being typed
	destination string    // the one that was typed last
	question    *question // before leaving
	quitting    bool      // leaving means to quit: ctrl+c asked

	ticket  int
	busy    string // what is under way
	guard   int
	pane    widget.Scroller
	fill    bool // the secret is long: the whole frame
	expires apikey.Moment
}

type statusLine struct {
	mark, text string
	kind       statusKind
}

type statusKind int

const (
	plain statusKind = iota
	good
	bad
)

type hideSecret struct {
	screen *Secret
	turn   int
}

// NewSecret shows the secret of a key that was just created.
func NewSecret(env *ui.Env, caps apikey.Capabilities, profile ui.Profile, created apikey.Created) ui.Screen {
	return &Secret{
		pane: widget.NewPager(env),
		env:  env, caps: caps, profile: profile, key: created.Key, secret: created.Secret, notes: created.Notes,
		guard: 1, fill: created.Secret.Len() > maxBoxed, expires: created.Key.ExpiresAt,
	}
}

// NewPublicValue shows a public key. It is public by design, and returned again while it is valid: it
// is left without a question.
func NewPublicValue(env *ui.Env, profile ui.Profile, name string, value apikey.PublicKeyValue) ui.Screen {
	return &Secret{
		pane: widget.NewPager(env),
		env:  env, profile: profile, secret: value.Value, notes: value.Notes, key: apikey.Key{Name: name, ExpiresAt: value.ExpiresAt}, guard: 1,
		public: "A public key is public by design: it may stand in a browser or an app. The service returns the same value again while it is valid",
		fill:   value.Value.Len() > maxBoxed, expires: value.ExpiresAt,
	}
}

// Title names the box.
func (s *Secret) Title() string {
	if s.public != "" {
		return "Public key"
	}
	return "Key created"
}

// WantsAll takes the whole frame for a long secret, so that it has few lines.
func (s *Secret) WantsAll() bool { return s.fill }

// HoldsKeys keeps esc, q and ctrl+c from leaving silently.
func (s *Secret) HoldsKeys() bool { return s.public == "" && !s.secret.IsZero() }

// Unclaimed is the new key, while its secret has gone nowhere from here: not to the screen, the
// clipboard or a destination.
func (s *Secret) Unclaimed() (apikey.Key, bool) {
	return s.key, s.public == "" && !s.secret.IsZero() && !s.seen && !s.copied && !s.stored && s.ticket == 0
}

// Typing is true while a destination is typed.
func (s *Secret) Typing() bool { return s.sink != nil && s.question == nil }

// Guard keeps an enter in flight from leaving.
func (s *Secret) Guard() int { return s.guard }

// SetSize is the largest content that fits. Another size hides the secret: the terminal may
// have been attached elsewhere.
func (s *Secret) SetSize(width, height int) {
	width = min(width, widget.Readable)
	if s.pane.Width != 0 && (width != s.pane.Width || height != s.pane.Height) {
		s.hide()
	}
	s.pane.SetSize(width, height)
}

// Bindings are the keys that act now.
func (s *Secret) Bindings() []key.Binding {
	k := s.env.Keys
	switch {
	case s.question != nil:
		return s.question.bindings(s.env)
	case s.sink != nil:
		return []key.Binding{k.Next, k.Confirm, k.Cancel}
	}
	if !s.hintsFit(s.pane.Width) {
		return []key.Binding{s.closing()} // the others are in the view, with room for their words
	}
	return append(s.secretBindings(), s.closing())
}

// closing is the key of the button: a public key is just closed.
func (s *Secret) closing() key.Binding {
	if s.public != "" {
		return s.env.Keys.Dismiss
	}
	return s.env.Keys.Stored
}

// secretBindings are what can be done with the secret.
func (s *Secret) secretBindings() []key.Binding {
	k := s.env.Keys
	out := []key.Binding{k.Reveal, k.Copy}
	if len(s.profile.Destinations) > 0 {
		out = append(out, k.Named)
	}
	if !s.env.Remote {
		out = append(out, k.Save, k.EnvLine, k.Pipe)
	}
	if s.canDelete() {
		out = append(out, k.Discard)
	}
	return out
}

// hintsFit reports whether every key fits on one line.
func (s *Secret) hintsFit(width int) bool {
	return ui.Width(ui.Hints(s.env.Styles, append(s.secretBindings(), s.closing()), 1000)) <= width-2
}

func (s *Secret) canDelete() bool { return s.public == "" && s.caps.Delete.OK && s.key.ID != "" }

func (s *Secret) hide() {
	s.shown, s.asked = false, 0
	s.turn++
}

// Update takes keys, the loss of focus, the timer and the answers to intents.
func (s *Secret) Update(msg tea.Msg) tea.Cmd {
	if s.shown && !s.env.Now().Before(s.shownAt.Add(revealFor)) {
		s.hide() // the timer may be late: the machine slept
	}
	switch msg := msg.(type) {
	case tea.BlurMsg:
		s.hide()
	case hideSecret:
		if msg.screen == s && msg.turn == s.turn {
			s.hide()
		}
	case ui.SecretRevealed:
		if msg.Ticket == s.asked {
			return s.reveal(msg.Err)
		}
	case ui.SecretDelivered:
		if msg.Ticket == s.ticket {
			s.delivered(msg)
		}
	case ui.Completed:
		if s.sink != nil {
			return s.sink.completed(msg, s.press)
		}
	case ui.KeyDeleted:
		if msg.Ticket == s.ticket {
			return s.deleted(msg)
		}
	case tea.KeyMsg:
		return s.press(msg)
	}
	return nil
}

func (s *Secret) delivered(msg ui.SecretDelivered) {
	s.busy = ""
	if held := (*ui.HeldError)(nil); errors.As(msg.Err, &held) {
		s.askToReplace(held.Place)
		return
	}
	if msg.Err != nil {
		s.status = []statusLine{{"✗ ", s.secret.Redact(ui.Clean(msg.Err.Error())), bad}}
		return
	}
	s.stored = true
	for _, place := range msg.Delivered.Kept {
		if !slices.Contains(s.kept, place) {
			s.kept = append(s.kept, place)
		}
	}
	s.status = []statusLine{{"✓ ", ui.Clean(msg.Delivered.Summary), good}}
	for _, n := range msg.Delivered.Notes {
		s.status = append(s.status, statusLine{"  ", ui.Clean(n), plain})
	}
}

func (s *Secret) deleted(msg ui.KeyDeleted) tea.Cmd {
	s.busy = ""
	if msg.Err == nil {
		return s.leave()
	}
	s.err = msg.Err
	if len(msg.Back) > 0 { // it is in no place any more
		s.stored, s.kept = false, nil
	}
	for _, line := range msg.Back {
		s.status = append(s.status, statusLine{"· ", ui.Clean(line), plain})
	}
	return nil
}

func (s *Secret) press(msg tea.KeyMsg) tea.Cmd {
	k := s.env.Keys
	leaving := msg.Type == tea.KeyCtrlC || s.sink == nil && key.Matches(msg, k.Cancel, k.Quit)
	switch {
	case s.question != nil:
		if msg.Type == tea.KeyCtrlC {
			return nil
		}
		return answer(&s.question, s.env, msg)
	case leaving && (s.public != "" || s.stored): // it is where it belongs: there is nothing to lose
		return s.leave()
	case leaving:
		s.quitting = msg.Type == tea.KeyCtrlC
		s.askToLeave("Its secret cannot be shown again once this is closed.")
		return nil
	case s.sink != nil:
		return s.typeSink(msg)
	case s.pane.Update(msg):
		return nil
	}
	return s.act(msg)
}

func (s *Secret) act(msg tea.KeyMsg) tea.Cmd {
	k := s.env.Keys
	s.quitting = false // who goes on here does not want to quit any more
	switch {
	case key.Matches(msg, k.Reveal):
		return s.toggle()
	case key.Matches(msg, k.Copy):
		s.copied = true
		s.status = []statusLine{{"→ ", "sent to your terminal for its clipboard — nothing confirms that it arrived: paste it to be sure", plain}}
		return ui.Do(ui.CopySecret{Profile: s.profile.Name, Key: s.key, Secret: s.secret})
	case key.Matches(msg, k.Stored):
		if s.public != "" || s.stored || s.copied {
			return s.leave()
		}
		s.askToLeave("It was neither copied nor saved from here. Is it stored?")
	case s.busy != "":
		return nil
	case len(s.profile.Destinations) > 0 && key.Matches(msg, k.Named):
		s.askWhere()
	case s.env.Remote && key.Matches(msg, k.Save, k.EnvLine, k.Pipe):
		s.status = []statusLine{{"· ", "a file or a command would be on the server: copy the secret, or rotate to a destination of the profile", plain}}
	case key.Matches(msg, k.Save):
		s.sink = newSink(s.env, toFile, s.key.Name)
	case key.Matches(msg, k.EnvLine):
		s.sink = newSink(s.env, toEnv, s.key.Name)
	case key.Matches(msg, k.Pipe):
		s.sink = newSink(s.env, toCommand, s.key.Name)
	case s.canDelete() && key.Matches(msg, k.Discard):
		s.askToDelete()
	}
	return nil
}

// toggle hides the secret, or asks to show it: that it was shown is on record first.
func (s *Secret) toggle() tea.Cmd {
	if s.shown || s.asked != 0 {
		s.hide()
		return nil
	}
	s.asked = s.env.Ticket()
	return ui.Do(ui.RevealSecret{Ticket: s.asked, Profile: s.profile.Name, Key: s.key})
}

// reveal shows it, unless that may not be. Whatever has hidden it since has taken the question back.
func (s *Secret) reveal(why error) tea.Cmd {
	s.asked = 0
	if why != nil {
		s.status = []statusLine{{"✗ ", "not shown: " + s.secret.Redact(ui.Clean(why.Error())), bad}}
		return nil
	}
	s.turn++
	s.shown, s.seen, s.shownAt = true, true, s.env.Now()
	return s.env.Later(revealFor, hideSecret{s, s.turn})
}

func (s *Secret) typeSink(msg tea.KeyMsg) tea.Cmd {
	destination, done, cmd := s.sink.update(msg)
	if !done {
		return cmd
	}
	s.sink = nil
	if destination == "" {
		return nil
	}
	s.destination = destination
	return s.deliver(false)
}

func (s *Secret) deliver(replace bool) tea.Cmd {
	s.begin("writing…")
	return ui.Do(ui.Deliver{Ticket: s.ticket, Profile: s.profile.Name, Key: s.key, Destination: s.destination, Secret: s.secret, Replace: replace})
}

// askToReplace asks whether what a place holds already may go.
func (s *Secret) askToReplace(place string) {
	s.status = []statusLine{{"· ", "nothing was written", plain}}
	s.ask([]string{"Cancel", "Replace it"}, func(i int) tea.Cmd {
		if i == 0 {
			return nil
		}
		return s.deliver(true)
	}, s.env.Styles.Strong.Render("Replace what is there?"),
		ui.Clean(place)+" holds a value already. It is kept while this is open, and put back if the new secret cannot be written, or if you delete the key here.")
}

// askWhere asks to which destination of the profile the secret goes.
func (s *Secret) askWhere() {
	labels := []string{"Cancel"}
	for _, name := range s.profile.Destinations {
		labels = append(labels, ui.Clean(name))
	}
	s.ask(labels, func(i int) tea.Cmd {
		if i == 0 {
			return nil
		}
		s.destination = s.profile.Destinations[i-1]
		return s.deliver(false)
	}, s.env.Styles.Strong.Render("Where does it go?"), "What the place holds already is asked about before it is replaced.")
}

// ask puts a question, whose first answer is the safe one. A secret on the screen is hidden for it.
func (s *Secret) ask(labels []string, pick func(i int) tea.Cmd, lines ...string) {
	s.hide()
	s.guard++
	s.question = ask(lines, labels, pick)
}

// begin notes what is under way.
func (s *Secret) begin(what string) {
	s.ticket, s.busy, s.status, s.err = s.env.Ticket(), what, nil, nil
}

func (s *Secret) askToLeave(why string) {
	labels := []string{"Go back", "I have stored it"}
	if s.canDelete() {
		labels = append(labels, "Delete this key")
	}
	s.ask(labels, func(i int) tea.Cmd {
		switch i {
		case 1:
			return s.leave()
		case 2:
			s.askToDelete()
		}
		return nil
	}, s.env.Styles.Strong.Render("Leave "+displayName(s.key)+"?"), why)
}

func (s *Secret) askToDelete() {
	st := s.env.Styles
	lines := []string{st.Bad.Render("Delete " + displayName(s.key) + "?"),
		"The key is refused from the next request on, wherever its secret was put. This cannot be undone."}
	if len(s.kept) > 0 {
		lines = append(lines, "Before that, what was there is put back: "+ui.Clean(strings.Join(s.kept, ", "))+".")
	}
	s.ask([]string{"Cancel", "Delete this key"}, func(i int) tea.Cmd {
		if i == 0 {
			return nil
		}
		s.begin("deleting…")
		return ui.Do(ui.DeleteKey{Ticket: s.ticket, Profile: s.profile.Name, ID: s.key.ID, Name: s.key.Name, Masked: s.key.Masked, TakeBack: len(s.kept) > 0})
	}, lines...)
	s.question.yes = 1
}

// leave forgets the secret and closes the screen.
func (s *Secret) leave() tea.Cmd {
	s.secret = apikey.Secret{}
	s.hide()
	does := []tea.Cmd{ui.Do(ui.Pop{Screen: s})}
	if len(s.kept) > 0 {
		does = append(does, ui.Do(ui.Settle{Profile: s.profile.Name, Key: s.key}))
	}
	if s.quitting {
		does = append(does, ui.Do(ui.Quit{}))
	}
	if len(does) == 1 {
		return does[0]
	}
	return tea.Sequence(does...)
}
