package cli

import (
	"context"
	"fmt"
	"strings"

	"detent/apikey"
	"detent/host"
	"detent/rotation"
	"detent/table"
)

// planObject is a plan as docs/REFERENCE.md writes it.
type planObject struct {
	Key      table.Row            `json:"key"`
	Strategy string               `json:"strategy"`
	Stages   []rotation.StagePlan `json:"stages"`
	Unknown  []string             `json:"unknown"`
	Outage   string               `json:"outage,omitempty"`
}

func planJSON(s *host.Session, plan rotation.FullPlan) planObject {
	return planObject{keyRow(s.Profile, plan.Key, nil), plan.Strategy, plan.Stages, table.NotNil(plan.Unknown), plan.Outage}
}

// printPlan says what a rotation would do; nothing is changed.
func (a *app) printPlan(ctx context.Context, s *host.Session, r *rotation.Rotation, asJSON bool) error {
	plan, err := r.Plan(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return table.JSON(a.out, planJSON(s, plan))
	}
	return a.writePlan(plan.Key, plan)
}

func (a *app) writePlan(k apikey.Key, plan rotation.FullPlan) error {
	var b strings.Builder
	if plan.Outage != "" {
		fmt.Fprintf(&b, "! %s\n", plan.Outage)
	}
	fmt.Fprintf(&b, "rotate %s: %s\n", k.CalledWithID(), plan.Strategy)
	for _, st := range plan.Stages {
		fmt.Fprintf(&b, "\n%s\n", st.Title)
		for _, act := range st.Does {
			verb, what := act.Does()
			if act.Repeats() {
				what += "  (" + act.Times + ")"
			}
			fmt.Fprintf(&b, "  %-6s %s\n", verb, what)
		}
		for _, p := range st.Proves {
			fmt.Fprintf(&b, "  proves %s\n", p)
		}
		if st.Undo == nil {
			b.WriteString("  undo   none: this cannot be taken back\n")
		} else {
			fmt.Fprintf(&b, "  undo   %s\n", *st.Undo)
		}
		for _, q := range st.Asks {
			fmt.Fprintf(&b, "  asks   %s\n", q)
		}
	}
	for _, u := range plan.Unknown {
		fmt.Fprintf(&b, "\nnot known: %s\n", u)
	}
	b.WriteString("\nNothing was changed.\n")
	_, err := a.out.Write([]byte(b.String()))
	return err
}
