package rotate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
)

// viewBelow is what is known: of a failure what is certain first, before the first step what will happen.
func (s *Screen) viewBelow(p *page) {
	_, failure := s.phase.(failed)
	switch {
	case s.unfolded:
		s.viewPlan(p)
		s.viewKnown(p)
	case failure:
		s.viewKnown(p)
		s.viewDifferences(p)
	case s.atFirst():
		s.viewPlan(p)
		s.viewKnown(p)
	case slices.ContainsFunc(s.view.Diff, func(d rotation.Difference) bool { return d.Verdict != rotation.Equal }):
		s.viewDifferences(p)
		s.viewKnown(p)
	default:
		s.viewKnown(p)
		s.viewDifferences(p)
	}
}

// atFirst says that nothing has been done yet: the whole plan is shown.
func (s *Screen) atFirst() bool {
	_, showing := s.phase.(ready)
	return showing && s.full != nil && s.view.New == nil && !s.view.OldGone && !s.view.OldOff && !s.view.Undoing
}

// last is the result that is shown beside the block.
func (s *Screen) last() rotation.Result {
	switch p := s.phase.(type) {
	case ready:
		return p.last
	case waiting:
		return p.last
	}
	return rotation.Result{}
}

// viewDifferences compares the two keys' access: what is not the same, field by field. All of it is under i.
func (s *Screen) viewDifferences(p *page) {
	if len(s.view.Diff) == 0 || s.view.State == rotation.Aborted { // then there is no new key any more
		return
	}
	p.title("OLD AND NEW ACCESS")
	var same []string
	for _, d := range s.view.Diff {
		if d.Verdict == rotation.Equal {
			same = append(same, fieldLabel(d.Field))
			continue
		}
		difference(p, d)
	}
	if len(same) > 0 {
		p.wrap(p.style().Good.Render("  = "), p.style().Dim, strings.Join(same, ", "))
	}
}

func difference(p *page, d rotation.Difference) {
	st, label := p.style(), ui.Pad(fieldLabel(d.Field), 14)
	switch d.Verdict {
	case rotation.Equal:
		p.wrap(st.Good.Render("  = ")+st.Dim.Render(label), st.Base, d.Old)
	case rotation.Tolerated:
		p.wrap(st.Warn.Render("  ~ ")+st.Dim.Render(label), st.Base, d.Old+" → "+d.New+"  accepted: "+d.Reason)
	case rotation.Unreported:
		p.wrap(st.Warn.Render("  ? ")+st.Dim.Render(label), st.Base, "the service does not say")
	default:
		p.wrap(st.Bad.Render("  ≠ ")+st.Dim.Render(label), st.Base, d.Old+" → "+d.New)
	}
}

// fieldLabel is a field as people say it. Two lifetimes are compared, not two ends.
func fieldLabel(f apikey.Field) string {
	if f == apikey.FieldExpiry {
		return "lifetime"
	}
	return string(f)
}

// certain is what a failure says is certain, or what was.
func (s *Screen) certain() []string {
	f, _ := s.phase.(failed)
	if step := (*rotation.StepError)(nil); errors.As(f.err, &step) {
		return step.Certain
	}
	return s.view.Certain
}

func (s *Screen) viewKnown(p *page) {
	st := p.style()
	p.list("CERTAIN", st.Good.Render("  ✓ "), st.Base, s.certain())
	p.list("NOT KNOWN", st.Warn.Render("  ? "), st.Base, s.view.Unknown)
	shown := s.last().Notes // right after the preflight they stand at the decision that they are for
	found := slices.DeleteFunc(slices.Clone(s.view.Notes), func(n string) bool { return slices.Contains(shown, n) })
	p.list("FOUND IN PREFLIGHT", st.Dim.Render("  · "), st.Dim, found)
}

// viewPlan is what the rotation does, stage by stage: folded a line each, else every call and write, in order.
func (s *Screen) viewPlan(p *page) {
	st := p.style()
	fold := "p unfolds it"
	if s.unfolded {
		fold = "p folds it"
	}
	p.blank()
	p.split(st.Column.Render("THE PLAN"), st.Dim.Render(fold))
	if s.fullErr != nil {
		p.wrap(st.Bad.Render("  ✗ "), st.Base, s.fullErr.Error())
		return
	}
	for _, stage := range s.full.Stages {
		if s.unfolded {
			s.viewStagePlan(p, stage)
		} else {
			p.line("  " + s.markOf(stage.ID) + ui.Pad(stage.Title, 11) + st.Dim.Render(summary(stage)))
		}
	}
	if len(s.full.Unknown) > 0 && s.unfolded {
		p.wrap(st.Warn.Render("  ? "), st.Base, "not known beforehand: "+strings.Join(s.full.Unknown, "; "))
	}
}

func (s *Screen) markOf(id rotation.Step) string {
	for _, l := range s.view.Plan {
		if l.Step == id {
			return stageMark(s.env.Styles, l)
		}
	}
	return "  "
}

// summary is a stage in one line: whether it can be taken back, what it asks of the service, and how much it writes and runs.
func summary(stage rotation.StagePlan) string {
	var parts []string
	writes, runs := 0, 0
	for _, a := range stage.Does {
		switch {
		case a.Call != "" && !slices.Contains(parts, a.Call):
			parts = append(parts, a.Call)
		case a.Write != "":
			writes++
		case a.Run != "":
			runs++
		case a.Wait != "":
			parts = append(parts, "wait "+a.Wait)
		}
	}
	if writes > 0 {
		parts = append(parts, ui.Count(writes, "write"))
	}
	if runs > 0 {
		parts = append(parts, ui.Count(runs, "command"))
	}
	if len(parts) == 0 {
		parts = append(parts, "nothing to do")
	}
	if stage.Undo == nil {
		parts = append([]string{"no undo after this"}, parts...)
	}
	return clean(strings.Join(parts, " · "))
}

func (s *Screen) viewStagePlan(p *page, stage rotation.StagePlan) {
	st := p.style()
	p.line("  " + s.markOf(stage.ID) + st.Strong.Render(stage.Title))
	for _, a := range stage.Does {
		verb, what := a.Does()
		p.wrap(st.Dim.Render(fmt.Sprintf("      %-7s", verb)), st.Base, what)
		if a.Repeats() {
			p.wrap("             ", st.Dim, "times: "+a.Times)
		}
	}
	for _, text := range stage.Proves {
		p.wrap(st.Good.Render("      proves "), st.Dim, text)
	}
	if stage.Undo == nil {
		p.wrap(st.Warn.Render("      undo   "), st.Base, "cannot be undone")
	} else if *stage.Undo != "nothing to take back" {
		p.wrap(st.Dim.Render("      undo   "), st.Dim, *stage.Undo)
	}
	for _, text := range stage.Asks {
		p.wrap(st.Dim.Render("      asks   "), st.Dim, text)
	}
}
