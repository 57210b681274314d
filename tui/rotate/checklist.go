package rotate

import (
	"slices"
	"strings"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
)

func (s *Screen) viewHead(p *page) {
	v, st := s.view, p.style()
	mode := string(v.Mode)
	if v.OldFirst {
		mode += ", old key first"
	}
	if v.Manual {
		mode += ", made in the dashboard"
	}
	p.split(st.Dim.Render(mode), st.Dim.Render("begun "+ui.Relative(v.Started, s.env.Now())+" ago · "+v.ID))
}

// keyState is how one of the two keys stands.
type keyState struct {
	word string
	tone ui.Tone
}

// keyStates are those of both; the new one's is empty before it is made.
func (s *Screen) keyStates() (old, made keyState) {
	v := s.view
	if v.Rolls() {
		return s.secretStates()
	}
	old = keyState{"on", ui.Good}
	if v.Lacked(rotation.SubjectOld) {
		old = keyState{"not in the list", ui.Warn}
	}
	switch {
	case v.OldAnswered:
		old = keyState{"deleted", ui.Faint}
	case v.OldGone:
		old = keyState{"deletion sent", ui.Warn}
	case v.OldOff || v.Old.IsDisabled():
		old = keyState{"off", ui.Warn}
	}
	switch {
	case v.New == nil:
	case v.State == rotation.Aborted:
		made = keyState{"deleted", ui.Faint}
	case v.Lacked(rotation.SubjectNew):
		made = keyState{"not in the list", ui.Warn}
	case v.New.IsDisabled():
		made = keyState{"off", ui.Warn}
	default:
		made = keyState{"on", ui.Good}
	}
	return old, made
}

// secretStates are those of a roll: the key stays on, whatever becomes of its secrets.
func (s *Screen) secretStates() (former, made keyState) {
	v := s.view
	former, made = keyState{"on", ui.Good}, keyState{"made", ui.Good}
	dies, known := v.FormerDies.Time()
	switch {
	case v.OldAnswered:
		former = keyState{"ended", ui.Faint}
	case v.OldGone:
		former = keyState{"its end was sent", ui.Warn}
	case v.Lacked(rotation.SubjectOld):
		former = keyState{"not in the list", ui.Warn}
	case known && v.New != nil && v.State != rotation.Aborted:
		if former = (keyState{"its overlap is over", ui.Faint}); dies.After(s.env.Now()) {
			former = keyState{"dies " + ui.Moment(v.FormerDies, s.env.Now()), ui.Warn}
		}
	}
	switch {
	case v.State == rotation.Aborted:
		made = keyState{"given up", ui.Faint}
	case v.Lacked(rotation.SubjectNew):
		made = keyState{"not in the list", ui.Warn}
	case slices.ContainsFunc(v.Claims, func(c rotation.Claim) bool {
		return c.Kind() == rotation.SecretAccepted && c.Subject() == rotation.SubjectNew
	}):
		made = keyState{"accepted", ui.Good}
	}
	return former, made
}

// viewKeys are the two keys; of a roll, the key's two secrets.
func (s *Screen) viewKeys(p *page) {
	v, st := s.view, p.style()
	old, made := s.keyStates()
	before, after := "old  ", st.Dim.Render("new  ")
	if v.Rolls() {
		before, after = "former secret  ", st.Dim.Render("new secret     ")
	}
	p.line(st.Dim.Render(before) + s.named(v.Old) + st.Tone(old.tone).Render(old.word) + s.used(v.Old))
	switch word := st.Tone(made.tone).Render(made.word); {
	case v.New == nil && v.Rolls():
		p.line(after + st.Dim.Render("not made yet"))
	case v.New == nil:
		p.line(after + ui.KeyName(st, st.Dim, clean(v.NewName)) + st.Dim.Render("  not made yet"))
	case v.Rolls():
		p.line(after + word + s.used(*v.New))
	default:
		p.line(after + s.named(*v.New) + word + s.used(*v.New))
	}
}

// named is a key's name and id, or its id alone.
func (s *Screen) named(k apikey.Key) string {
	st := s.env.Styles
	if k.Name == "" {
		return st.Strong.Render(clean(k.ID)) + "  "
	}
	return ui.KeyName(st, st.Strong, clean(k.Name)) + st.Dim.Render("  "+clean(k.ID)+"  ")
}

// used is when it was last used, where that is known.
func (s *Screen) used(k apikey.Key) string {
	if !k.LastUsedAt.Known() {
		return ""
	}
	return s.env.Styles.Dim.Render("  last used " + ui.Moment(k.LastUsedAt, s.env.Now()))
}

// phaseState is how one of the four steps stands.
func phaseState(v rotation.View, phase rotation.Phase) (state rotation.PlanState, any bool) {
	switch {
	case v.State == rotation.Over:
		return rotation.Completed, true
	case v.State == rotation.Aborted, len(v.Plan) == 0:
		return rotation.Later, true
	}
	done := true
	for _, l := range v.Plan {
		if l.Phase != phase {
			continue
		}
		if any = true; l.State == rotation.Current {
			return rotation.Current, true
		}
		done = done && l.State == rotation.Completed
	}
	if done && any {
		return rotation.Completed, true
	}
	return rotation.Later, any
}

// stepGlyph is the sign of a step: past, here, to come.
func stepGlyph(st *ui.Styles, state rotation.PlanState) string {
	switch state {
	case rotation.Completed:
		return st.Good.Render("●")
	case rotation.Current:
		return st.Accent.Render("◐")
	}
	return st.Dim.Render("○")
}

// viewSteps are the four steps in a line, or in two where one is too short.
func (s *Screen) viewSteps(p *page) {
	st := p.style()
	var row string
	for i, phase := range rotation.Phases {
		state, any := phaseState(s.view, phase)
		name := s.view.PhaseName(phase)
		switch {
		case state == rotation.Current:
			name = st.Strong.Render(name)
		case state == rotation.Later || !any:
			name = st.Dim.Render(name)
		}
		cell := stepGlyph(st, state) + " " + name
		link := ""
		switch {
		case i > 0 && p.width >= 90:
			link = st.Dim.Render(" ━━━━━ ")
		case i > 0:
			link = st.Dim.Render(" ━")
		}
		more := 0
		if i+1 < len(rotation.Phases) {
			more = 2 // for the sign that it goes on
		}
		if row != "" && ui.Width(row)+ui.Width(link)+ui.Width(cell)+more > p.width {
			p.line(row + st.Dim.Render(" ━"))
			row, link = "", ""
		}
		row += link + cell
	}
	p.line(row)
}

// viewStages are all stages, each with what it does.
func (s *Screen) viewStages(p *page) {
	for _, l := range s.view.Plan {
		s.stage(p, l)
	}
}

// viewStage are all stages by name, and what the current one does.
func (s *Screen) viewStage(p *page) {
	st := p.style()
	row, width := "  ", 2
	for i, l := range s.view.Plan {
		takes := ui.Width(l.Title) + 2
		if width+takes+min(i, 1) > p.width {
			p.line(row)
			row, width = "  ", 2
		}
		style := st.Dim
		if l.State == rotation.Current {
			style = st.Strong
		}
		row += stageMark(st, l) + style.Render(l.Title) + " "
		width += takes + 1
	}
	if strings.TrimSpace(row) != "" {
		p.line(row)
	}
	if at, is := current(s.view); is {
		p.wrap(st.Accent.Render("  ▸ "), st.Base, s.view.Plan[at].Text)
	}
}

func (s *Screen) stage(p *page, l rotation.PlanLine) {
	st := p.style()
	name, text := st.Dim, st.Dim
	if l.State == rotation.Current {
		name, text = st.Strong, st.Base
	}
	p.wrap("  "+stageMark(st, l)+name.Render(ui.Pad(l.Title, 11)), text, l.Text)
}

func stageMark(st *ui.Styles, l rotation.PlanLine) string {
	switch l.State {
	case rotation.Completed:
		return st.Good.Render("✓ ")
	case rotation.Current:
		return st.Accent.Render("▸ ")
	}
	return st.Dim.Render("· ")
}

// current is the place of the stage that a rotation is at, in its plan.
func current(v rotation.View) (at int, is bool) {
	at = slices.IndexFunc(v.Plan, func(l rotation.PlanLine) bool { return l.State == rotation.Current })
	return at, at >= 0
}

// planned reports whether the checklist says of the current stage just that.
func (s *Screen) planned(text string) bool {
	at, is := current(s.view)
	return is && s.view.Plan[at].Text == text
}

// sign is a rotation's four steps: four detents, joined as far as there is room for that.
func sign(st *ui.Styles, v rotation.View, link string) string {
	var b strings.Builder
	for i, phase := range rotation.Phases {
		state, _ := phaseState(v, phase)
		if i > 0 {
			joint := st.Dim
			if state != rotation.Later {
				joint = st.Good
			}
			b.WriteString(joint.Render(link))
		}
		b.WriteString(stepGlyph(st, state))
	}
	return b.String()
}
