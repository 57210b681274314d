package form

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/client"
	"detent/tui/ui"
	"detent/tui/widget"
)

// Verify takes a pasted secret, proves it with one harmless request, and says which key it is and what
// it may do. The secret is forgotten as soon as it was sent.
type Verify struct {
	env     *ui.Env
	caps    apikey.Capabilities
	profile ui.Profile
	line    *widget.Text
	problem string
	secret  apikey.Secret  // that was asked about
	of      apikey.Setting // the profile's, with what the secret says it is of
	ticket  int
	busy    bool
	proof   *apikey.Proof
	err     error
	buttons buttons
	pane    widget.Scroller
	known   *known // nil where there is one profile
	heard   bool   // the screen is heard: who is asked is told by itself before enter counts
	named   bool   // and was
	left    bool   // what was chosen takes its place
	early   bool   // enter came before the profile that it may be of had answered
	in      string // the profile that accepted it
}

// NewVerifyAmong asks for a secret of whichever profile: what is known of their keys comes with ui.Known.
func NewVerifyAmong(env *ui.Env) ui.Screen {
	v := NewVerify(env, apikey.Capabilities{}, ui.Profile{}).(*Verify)
	v.known = newKnown()
	v.known.asking = true
	return v
}

// NewVerify asks for a secret.
func NewVerify(env *ui.Env, caps apikey.Capabilities, profile ui.Profile) ui.Screen {
	v := &Verify{env: env, caps: caps, profile: profile, line: widget.NewSecretText(env), pane: widget.NewPager(env)}
	v.line.Focus()
	return v
}

// Title names the box.
func (v *Verify) Title() string { return "Verify a secret" }

// Typing is true while the secret is typed or pasted.
func (v *Verify) Typing() bool { return v.asking() }

func (v *Verify) asking() bool { return !v.busy && v.proof == nil && v.err == nil }

// SetSize is the largest content that fits.
func (v *Verify) SetSize(width, height int) { v.pane.SetSize(min(width, widget.Readable), height) }

// Bindings are the keys that act now.
func (v *Verify) Bindings() []key.Binding {
	k := v.env.Keys
	switch {
	case v.busy:
		return []key.Binding{k.Cancel}
	case v.asking():
		if v.known != nil && len(v.known.found) > 1 {
			return []key.Binding{k.Down, k.Up, k.Confirm, k.Cancel}
		}
		return []key.Binding{k.Confirm, k.Cancel}
	}
	if v.found() {
		out, not := []key.Binding{v.pressed()}, v.not()
		for _, x := range []struct {
			b        key.Binding
			why, say string
		}{{k.Rotate, not.Replace, "replace it"}, {k.Toggle, not.Off, "switch it off"}, {k.Delete, not.Delete, "delete it"}} {
			if x.why == "" {
				out = append(out, ui.Does(x.b, x.say))
			}
		}
		return append(out, k.Cancel)
	}
	return []key.Binding{v.pressed(), k.Next, k.Cancel}
}

// pressed is what enter does: the button that is highlighted.
func (v *Verify) pressed() key.Binding {
	b := v.env.Keys.Confirm
	if label := v.buttons.labels[v.buttons.at]; label != "" {
		b.SetHelp(b.Help().Key, strings.ToLower(label[:1])+label[1:])
	}
	return b
}

// Update takes keys and the proof.
func (v *Verify) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.Verified:
		if v.busy && msg.Ticket == v.ticket {
			v.busy, v.err, v.in = false, msg.Err, msg.Profile
			v.buttons = buttons{labels: []string{verifyClose, verifyNext}}
			if msg.Err == nil {
				v.proof = &msg.Proof
			}
			if v.found() {
				acts := []string{verifyGo, verifyReplace}
				if v.not().Replace != "" {
					acts = acts[:1]
				}
				v.buttons.labels = append(acts, v.buttons.labels...)
			}
		}
	case ui.Known:
		if v.known != nil && v.asking() {
			v.known.take(msg, v.line.Value())
			v.nowKnown()
		}
	case tea.KeyMsg:
		return v.press(msg)
	}
	return nil
}

func (v *Verify) press(msg tea.KeyMsg) tea.Cmd {
	k := v.env.Keys
	switch {
	case key.Matches(msg, k.Cancel) && !widget.IsText(msg), !v.asking() && msg.String() == "q":
		v.line.Wipe()
		return ui.Do(ui.Pop{Screen: v})
	case v.busy:
		return nil
	case !v.asking():
		return v.answer(msg)
	case msg.Type == tea.KeyEnter:
		return v.send()
	}
	if v.known != nil && v.known.choose(k, msg) {
		v.named = false
		return nil
	}
	v.line.Update(msg)
	v.problem, v.named, v.early = v.line.Problem(), false, false
	if v.known != nil {
		v.known.hold(v.line.Value())
	}
	return nil
}

func (v *Verify) answer(msg tea.KeyMsg) tea.Cmd {
	k := v.env.Keys
	switch {
	case v.found() && v.not().Replace == "" && key.Matches(msg, k.Rotate):
		return v.choose(verifyReplace)
	case v.found() && v.not().Off == "" && key.Matches(msg, k.Toggle):
		return v.goTo(ui.GoTo{Off: true})
	case v.found() && v.not().Delete == "" && key.Matches(msg, k.Delete):
		return v.goTo(ui.GoTo{Delete: true, Secret: v.secret})
	case v.pane.Update(msg):
	case !key.Matches(msg, v.env.Keys.Confirm):
		v.buttons.update(v.env, msg)
	default:
		return v.choose(v.buttons.labels[v.buttons.at])
	}
	return nil
}

// What a proof leads to. Of a secret whose key is known, that key is what there is to see, or to replace.
const (
	verifyGo      = "Go to the key"
	verifyReplace = "It leaked: replace it"
	verifyClose   = "Close"
	verifyNext    = "Another one"
)

func (v *Verify) choose(label string) tea.Cmd {
	switch label {
	case verifyGo, verifyReplace:
		return v.goTo(ui.GoTo{Replace: label == verifyReplace})
	case verifyNext:
		if v.proof, v.err, v.problem, v.secret = nil, nil, "", (apikey.Secret{}); v.known != nil {
			v.known.hold("")
		}
		return nil
	}
	return ui.Do(ui.Pop{Screen: v})
}

func (v *Verify) goTo(to ui.GoTo) tea.Cmd {
	profile, k, _ := v.subject()
	to.Profile, to.ID = profile, k.ID
	v.left = true
	return tea.Sequence(ui.Do(ui.Pop{Screen: v}), ui.Do(to))
}

// send checks what was pasted and hands it on once.
func (v *Verify) send() tea.Cmd {
	known := v.known
	if known == nil {
		known = newKnown(ui.Target{Profile: v.profile, Caps: v.caps})
	}
	known.hold(v.line.Value())
	secret, is := known.secret()
	switch {
	case !is:
		v.problem = known.problem
		return nil
	case v.known != nil && len(known.fits) == 0 && known.asking:
		v.early = true
		v.problem = "no profile that has answered has secrets of this shape, and others are still asked for their keys. It was not sent."
		return nil
	case v.known != nil && len(known.fits) == 0:
		v.problem = noneFits
		return nil
	case v.known == nil && len(known.found) > 1:
		v.problem = "the text holds " + ui.Count(len(known.found), "secret") + ": paste one alone. None was sent."
		return nil
	}
	if ok, why := apikey.CouldBelong(secret, v.caps, nil); v.known == nil && !ok {
		v.problem = ui.Clean(why) + ". It was not sent."
		return nil
	}
	if v.known != nil && v.heard && !v.named {
		v.named = true
		return nil
	}
	v.named = false
	v.of = v.profile.Setting
	v.of.Token = apikey.EnvironmentOf(secret)
	v.line.Wipe()
	v.secret = secret // until the screen is left: it may delete its own key
	v.problem, v.busy, v.ticket = "", true, v.env.Ticket()
	var among []string
	if v.known != nil {
		among = v.known.profiles()
	}
	return ui.Do(ui.Verify{Ticket: v.ticket, Profiles: among, Secret: secret})
}

// nowKnown goes on where enter came too early: who would be asked is told, and a second enter asks them.
func (v *Verify) nowKnown() {
	if !v.early || v.known.asking && len(v.known.fits) == 0 {
		return
	}
	v.early, v.problem = false, ""
	if len(v.known.fits) == 0 {
		v.problem = noneFits
		return
	}
	v.named = v.heard
}

const noneFits = "no profile has secrets of this shape. It was not sent."

// whom is who is asked, as the user calls it.
func (v *Verify) whom() string {
	if v.known != nil {
		return v.known.hosts()
	}
	if v.profile.Name != "" {
		return ui.Clean(v.profile.Name)
	}
	return ui.Clean(v.caps.Title)
}

// purpose is what is asked for, and what becomes of it.
func (v *Verify) purpose() string {
	if v.known != nil {
		return "Paste a secret, or a text that holds one, to see whether it works, which key it is and what it may do. It is compared with the masks of all profiles, and sent to nobody before enter; it is not kept."
	}
	return "Paste a secret to see whether it works, which key it is and what it may do. One harmless request is made with it, to " + v.whom() + "; it is not kept."
}

// View is the input, or what the proof showed.
func (v *Verify) View() string {
	st, w := v.env.Styles, max(v.pane.Width, 20)
	switch {
	case v.busy:
		return clamp([]string{st.Strong.Render("asking " + v.whom() + "…")}, w, v.pane.Height)
	case v.err != nil:
		body := failure(v.env, v.err, "nothing was proved, neither way.", "Nothing was changed; verify it once more.", w)
		return scrolled(&v.pane, body, append([]string{""}, v.buttons.lines(v.env, w, true)...))
	case v.proof != nil:
		return scrolled(&v.pane, v.proofLines(w), append([]string{""}, v.buttons.lines(v.env, w, true)...))
	}
	body := ui.Styled(st.Base.Render, v.purpose(), w)
	body = append(body, "", v.line.View(w))
	if v.known != nil {
		body = append(body, v.known.lines(v.env, w)...)
	}
	if v.problem != "" {
		body = append(body, ui.Hanging(st.Bad.Render, "✗ ", v.problem, w)...)
	}
	return scrolled(&v.pane, body, nil)
}

func (v *Verify) proofLines(width int) []string {
	st, p := v.env.Styles, v.proof
	var out []string
	switch p.Verdict {
	case apikey.Accepted:
		says := "valid: the service accepts it"
		if v.in != "" {
			says += ", in the profile " + ui.Clean(v.in)
		}
		out = append(out, ui.Hanging(st.Good.Render, "✓ ", says, width)...)
	case apikey.Known, apikey.Silent:
		out = append(out, ui.Hanging(st.Warn.Render, "? ", "cannot tell: "+ui.Clean(p.Why), width)...)
	default:
		says := "not valid: the service refuses it"
		if v.found() {
			says = "not valid as it was pasted: the service refuses it"
		}
		out = append(out, ui.Hanging(st.Bad.Render, "✗ ", says, width)...)
		out = append(out, v.likely(width)...)
		if p.Message != "" {
			out = append(out, ui.Hanging(st.Base.Render, "  ", "It said: "+ui.Clean(p.Message), width)...)
		}
	}
	if !p.Refused() {
		out = append(out, v.likely(width)...)
	}
	if hint := v.hint(); hint != "" && !(p.Refused() && v.found()) {
		out = append(out, ui.Hanging(st.Base.Render, "  ", hint, width)...)
	}
	if v.of.Contradicted() {
		out = append(out, ui.Hanging(st.Warn.Render, "! ", "this is a "+environmentWord(v.of.Token)+" key, and the profile says "+environmentWord(v.of.Environment), width)...)
	}
	if k := p.Key; k != nil {
		out = append(out, "")
		out = append(out, ui.Styled(st.Strong.Render, displayName(*k), width)...)
		out = append(out, ui.Styled(st.Dim.Render, keyLine(v.profile, *k), width)...)
		out = append(out, v.granted(*k, width)...)
	} else if p.Accepted() {
		out = append(out, ui.Hanging(st.Dim.Render, "? ", "which key it is: unknown, the service does not let it be told", width)...)
	}
	for _, part := range []struct {
		mark, word string
		items      []string
		render     func(...string) string
	}{{"✓ ", "may ", p.Can, st.Base.Render}, {"✗ ", "may not ", p.Cannot, st.Base.Render}, {"? ", "not shown: ", p.Unknown, st.Dim.Render}} {
		if len(part.items) > 0 {
			out = append(out, "")
		}
		for _, item := range part.items {
			out = append(out, ui.Hanging(part.render, part.mark, part.word+ui.Clean(item), width)...)
		}
	}
	if cannot := v.cannot(width); len(cannot) > 0 {
		out = append(append(out, ""), cannot...)
	}
	if p.Evidence != "" {
		out = append(out, "")
		out = append(out, ui.Styled(st.Dim.Render, ui.Clean(p.Evidence), width)...)
	}
	return out
}

// granted is what the key may do and until when, as the service reports it.
func (v *Verify) granted(k apikey.Key, width int) []string {
	var labels, texts, out []string
	widest := 0
	for f := range apikey.FieldsOf(&k) {
		if !f.Access || !f.Reported(&k) {
			continue
		}
		label, text := ui.Clean(f.Label), ui.Clean(f.Text(&k))
		if at, ok := k.ExpiresAt.Time(); ok && f.ID == apikey.FieldExpiry {
			text = ui.Exact(at, v.env.Zone) + " · " + ui.Moment(k.ExpiresAt, v.env.Now())
		}
		labels, texts, widest = append(labels, label), append(texts, text), max(widest, ui.Width(label))
	}
	for i, label := range labels {
		out = append(out, ui.Hanging(v.env.Styles.Base.Render, v.env.Styles.Dim.Render(ui.Pad(label, widest))+"  ", texts[i], width)...)
	}
	return out
}

// hint is what to do about a secret that is not accepted.
func (v *Verify) hint() string {
	out := ui.Clean(v.proof.Hint)
	if out == "" && v.proof.Refused() {
		out = client.HintOf(&client.Error{Kind: client.Unauthorized})
	}
	if v.proof.Refused() && v.profile.Environment != "" {
		out = strings.TrimSpace(out + " This profile's environment is " + environmentWord(v.profile.Environment) + ".")
	}
	return out
}
