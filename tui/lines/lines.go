// Package lines is the front for those who hear the screen: the same program without a picture. What a screen would draw is said,
// one line a change, each once; what is asked is answered by a number or a line of text, which becomes the keys that do that on the
// screen. So nothing can be done here that a key could not do there, and every guard of the screens holds.
package lines

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/paint"
	"detent/tui/ui"
)

// Program is what is told: the screens' root.
type Program interface {
	tea.Model
	// Speak is what there is to hear now, and of whom.
	Speak() (who any, said ui.Speech)
	// News is the latest line that a screen's footer would show, and which one it is.
	News() (id int, text string)
	// Guarded says whether what is asked must not be answered by what was typed before, and how long it takes no answer yet.
	Guarded() (guarded bool, left time.Duration)
	Later(d time.Duration, msg tea.Msg) tea.Cmd
	Now() time.Time
}

var clock = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d\d:\d\d(:\d\d)?`) })

// seldom is the least time between two lines of progress.
const seldom = 10 * time.Second

// Front is the model that a terminal runs.
type Front struct {
	program   Program
	voice     voice
	line      editor
	ahead     []tea.KeyMsg // typed while nothing was asked
	meanwhile []ui.Choice  // that act though nothing is asked
	late      bool         // what else came in this read was typed before a guarded question was asked

	told  map[any]*told // of each who has spoken
	who   any
	ask   *ui.Ask
	asked string // how the ask reads: another one is another question
	hold  bool   // of an answer more may come: until it had its time, what was asked before is not asked again
	held  int    // which hold that is
	ever  map[string]bool
	news  int
	heard []string // of the news, not said yet

	progress   string
	progressAt time.Time
	sending    *answer // waits for the guard to be over
}

// told is what was said of somebody.
type told struct {
	facts   map[string]bool
	answers []string
	choices []string
	asked   map[string]bool // the questions
}

// answer are the keys of an answer on their way.
type answer struct {
	do   func()
	keys []tea.KeyMsg
}

type (
	sendMsg   struct{ answer *answer }
	promptMsg struct{ hold int }
)

// soon is how long what was answered is not asked again: what comes of an answer is said first.
const soon = 200 * time.Millisecond

// New makes the front of a program that writes to a terminal.
func New(program Program, out io.Writer) *Front {
	return &Front{program: program, voice: voice{out: out}, told: map[any]*told{}, ever: map[string]bool{}}
}

// Init begins.
func (f *Front) Init() tea.Cmd { return f.program.Init() }

// View is empty: nothing is drawn.
func (f *Front) View() string { return "" }

// Update takes what is typed for itself, hands everything else on, and says what came of it.
func (f *Front) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	defer f.voice.flush()
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case paint.ReadBegin: // each answer is a read of its own
		f.late = false
		return f, nil
	case tea.KeyMsg:
		cmd = f.key(msg)
	case sendMsg:
		if f.sending != msg.answer || msg.answer == nil {
			return f, nil
		}
		f.sending = nil
		cmd = f.send(*msg.answer)
	case promptMsg:
		if f.held == msg.hold {
			f.hold = false
		}
	case tea.ResumeMsg:
		f.asked = "" // what was asked stands above what the shell has said since
		cmd = f.tell(msg)
	default:
		cmd = f.tell(msg)
	}
	cmds := []tea.Cmd{cmd, f.speak()}
	for {
		next, took := f.typedAhead()
		if !took {
			return f, tea.Batch(cmds...)
		}
		cmds = append(cmds, next, f.speak())
	}
}

// typedAhead takes what was typed while nothing was asked: a key of it where something is asked now, else a whole line that chooses
// what acts meanwhile. A line that chooses nothing waits, and those behind it do.
func (f *Front) typedAhead() (cmd tea.Cmd, took bool) {
	if len(f.ahead) == 0 || f.sending != nil {
		return nil, false
	}
	if f.takes() {
		next := f.ahead[0]
		f.ahead = f.ahead[1:]
		return f.key(next), true
	}
	var line editor
	defer line.wipe()
	for i, k := range f.ahead {
		if !line.take(k, &voice{}, true) {
			continue
		}
		c, ok := f.chosen(&ui.Ask{Brief: true, Choices: f.meanwhile}, strings.TrimSpace(line.done()))
		if ok {
			f.ahead = f.ahead[i+1:]
			return f.later(answer{c.Do, c.Keys}), true
		}
		break
	}
	return nil, false
}

// tell hands a message to the program.
func (f *Front) tell(msg tea.Msg) tea.Cmd {
	_, cmd := f.program.Update(msg)
	if id, text := f.program.News(); id != f.news {
		if f.news = id; text != "" {
			f.heard = append(f.heard, ui.InWords(text))
		}
	}
	return cmd
}

// takes reports whether something was asked that what is typed answers.
func (f *Front) takes() bool { return f.asked != "" && f.sending == nil }

// key is one key of the terminal: of the line, or one that acts at once.
func (f *Front) key(msg tea.KeyMsg) tea.Cmd {
	switch {
	case msg.Type == tea.KeyCtrlC, msg.Type == tea.KeyCtrlD && f.line.empty(): // leave; the end of input is no answer
		f.drop()
		return f.press(ui.Press("ctrl+c"))
	case msg.Type == tea.KeyEsc:
		f.drop()
		return f.press(msg)
	case f.late:
		return nil
	case !f.takes():
		if len(f.ahead) < 1000 {
			f.ahead = append(f.ahead, msg)
		}
		return nil
	}
	if !f.voice.open { // news came in between: an answer stands behind what it answers
		f.voice.prompt(f.ask.Words)
	}
	if len(msg.Runes) > 1 && msg.Type == tea.KeyRunes { // of one read: what comes after an enter in it belongs to what is asked then
		return f.runes(msg)
	}
	done := f.line.take(msg, &f.voice, f.ask.Secret)
	if !done {
		return nil
	}
	typed := f.line.done()
	f.voice.end()
	return f.submit(typed)
}

func (f *Front) runes(msg tea.KeyMsg) tea.Cmd {
	for _, r := range msg.Runes {
		f.line.take(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}, &f.voice, f.ask.Secret)
	}
	return nil
}

// drop forgets what was typed.
func (f *Front) drop() {
	f.line.wipe()
	f.ahead, f.sending = nil, nil
	f.voice.end()
	f.asked = "" // what is asked then is asked anew
}

// press is a key of its own, and what came of the answer before does not count for what comes of it.
func (f *Front) press(keys ...tea.KeyMsg) tea.Cmd {
	if t := f.told[f.who]; t != nil {
		t.answers = nil
	}
	f.progress = ""
	cmds := make([]tea.Cmd, 0, 2*len(keys))
	for _, k := range keys {
		cmds = append(cmds, f.tell(paint.ReadBegin{}), f.tell(k))
	}
	return tea.Batch(cmds...)
}

// submit is a whole line.
func (f *Front) submit(typed string) tea.Cmd {
	ask := f.ask
	f.asked = ""
	text := strings.TrimSpace(typed)
	if text == "" {
		if len(ask.Keep) > 0 {
			return f.later(answer{keys: ask.Keep})
		}
		return nil
	}
	if c, ok := f.chosen(ask, text); ok {
		return f.later(answer{c.Do, c.Keys})
	}
	switch {
	case ask.Text != nil:
		keys, err := ask.Text(text)
		if err != nil {
			f.voice.say("failed: " + err.Error())
			return nil
		}
		return f.later(answer{keys: keys})
	case text == "?", text == "again":
		delete(f.told, f.who)
		clear(f.ever)
	default:
		f.voice.say("There is no choice " + ui.Clean(text) + "; a question mark, or again, says all of them.")
	}
	return nil
}

// chosen finds what a line chooses: by number, by the key's name, or by words that only one choice begins with.
func (f *Front) chosen(ask *ui.Ask, text string) (ui.Choice, bool) {
	if ask.Text != nil && len(ask.Choices) == 0 {
		return ui.Choice{}, false
	}
	numbers := numbered(ask)
	found := []ui.Choice{}
	for i, c := range ask.Choices {
		if c.Key == text || numbers[i] == text {
			return c, true
		}
		if strings.HasPrefix(strings.ToLower(c.Words), strings.ToLower(text)) {
			found = append(found, c)
		}
	}
	if ask.Other != nil {
		if c, ok := ask.Other(text); ok {
			return c, true
		}
	}
	if len(found) == 1 && len(text) > 2 {
		return found[0], true
	}
	if text == "0" && !ask.Brief { // back, as from every screen
		return ui.Choice{Keys: ui.Times("esc", 1)}, true
	}
	return ui.Choice{}, false
}

// numbered are the numbers of the choices; the way back is 0.
func numbered(ask *ui.Ask) []string {
	out := make([]string, len(ask.Choices))
	n := 0
	for i, c := range ask.Choices {
		switch {
		case ask.Brief:
			out[i] = c.Key
		case c.Key == "esc":
			out[i] = "0"
		default:
			n++
			out[i] = ui.Number(n)
		}
	}
	return out
}

// later sends an answer as soon as what is asked takes one.
func (f *Front) later(a answer) tea.Cmd {
	_, left := f.program.Guarded()
	if left <= 0 {
		return f.send(a)
	}
	f.sending = &a
	return f.program.Later(left+time.Millisecond, sendMsg{&a})
}

func (f *Front) send(a answer) tea.Cmd {
	if a.do != nil {
		a.do()
	}
	wait := f.wait()
	cmd := f.press(a.keys...)
	for _, k := range a.keys {
		if k.Paste {
			clear(k.Runes)
		}
	}
	if cmd == nil { // nothing more comes of it
		f.hold = false
		return nil
	}
	return tea.Batch(cmd, wait)
}

// speak says what is new, and asks. Behind news that come while something is asked it is asked again, once they have settled.
func (f *Front) speak() tea.Cmd {
	before := f.voice.lines
	who, said := f.program.Speak()
	reads := ""
	if said.Ask != nil {
		reads = reading(said.Ask)
	}
	same := reads == f.asked && who == f.who
	if !f.line.empty() {
		if same {
			return nil // what is typed is not torn apart; it is said when the line is done
		}
		f.line.wipe()
		f.voice.say("What you were typing was for what was asked before, and was not taken.")
	}
	if guarded, _ := f.program.Guarded(); guarded && !same && reads != "" && f.sending == nil {
		f.ahead, f.late = nil, true // it was typed before the question was there
	}
	t := f.told[who]
	known := t != nil && t.asked[reads]
	if t == nil {
		t = &told{facts: map[string]bool{}, asked: map[string]bool{}}
		f.told[who] = t
	}
	f.who = who
	for _, fact := range said.Facts {
		id := fact.Same
		if id == "" {
			id = clock().ReplaceAllString(fact.Text, "") // the same a second later
		}
		if !t.facts[id] && !(fact.Ever && f.ever[id]) {
			t.facts[id], f.ever[id] = true, fact.Ever
			f.say(fact.Text)
		}
	}
	for _, a := range said.Answers {
		if !slices.Contains(t.answers, a) {
			f.say(a)
		}
	}
	for _, news := range f.heard { // a screen may have said it already
		f.voice.say(news)
	}
	f.heard = nil
	t.answers = said.Answers
	f.saySeldom(said.Progress)
	f.meanwhile = said.Meanwhile
	if f.ask = said.Ask; !same || f.ask == nil {
		f.asked = ""
	}
	switch {
	case f.ask == nil || f.sending != nil || f.asked != "" && f.voice.open:
		f.hold = false
		return nil
	case f.voice.lines > before && (f.asked != "" || f.hold && known):
		return f.wait()
	case f.hold && known:
		return nil
	}
	f.hold = false
	f.asked, t.asked[reads] = reads, true
	f.choices(t)
	f.voice.prompt(f.ask.Words)
	return nil
}

// wait puts off what was asked before, for as long as more may come.
func (f *Front) wait() tea.Cmd {
	f.hold = true
	f.held++
	return f.program.Later(soon, promptMsg{f.held})
}

// say says a line of a screen, and the news that says the same not again.
func (f *Front) say(line string) {
	f.heard = slices.DeleteFunc(f.heard, func(news string) bool { return strings.Contains(line, news) })
	f.voice.say(line)
}

// reading is a question as it would be read.
func reading(ask *ui.Ask) string {
	var b strings.Builder
	b.WriteString(ask.Words)
	for _, c := range ask.Choices {
		b.WriteString("\n" + c.Words)
	}
	return b.String() + "\n"
}

// choices says those that were not said at their place before.
func (f *Front) choices(t *told) {
	numbers := numbered(f.ask)
	now := make([]string, len(f.ask.Choices))
	for i, c := range f.ask.Choices {
		now[i] = numbers[i] + " " + c.Words
	}
	switch {
	case slices.Equal(now, t.choices):
	case f.ask.Brief:
		if letters := "Letters: " + strings.Join(now, ", ") + "."; !f.ever[letters] {
			f.ever[letters] = true
			f.voice.say(letters)
		}
	default:
		for i, c := range now {
			if i >= len(t.choices) || t.choices[i] != c {
				f.voice.say(c)
			}
		}
	}
	t.choices = now
}

// saySeldom says how something goes on.
func (f *Front) saySeldom(progress string) {
	if progress == "" {
		f.progress = ""
		return
	}
	now := f.program.Now()
	if progress == f.progress || f.progress != "" && now.Sub(f.progressAt) < seldom {
		return
	}
	f.progress, f.progressAt = progress, now
	f.voice.say(progress)
}
