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

// printPlan says what a rotation would do; nothing is changed.
func (a *app) printPlan(ctx context.Context, s *host.Session, r *rotation.Rotation, asJSON bool) error {
	plan, err := r.Plan(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return table.JSON(a.out, planObject{keyRow(s.Profile, plan.Key, nil), plan.Strategy, plan.Stages, table.NotNil(plan.Unknown), plan.Outage})
	}
	return a.writePlan(plan.Key, plan)
}

func (a *app) writePlan(k apikey.Key, plan rotation.FullPlan) error {
	var b strings.Builder
	if plan.Outage != "" {
		fmt.Fprintf(&b, "! %s\n", plan.Outage)
	}
	fmt.Fprintf(&b, "rotate %s (%s): %s\n", k.Name, k.ID, plan.Strategy)
	for _, st := range plan.Stages {
		fmt.Fprintf(&b, "\n%s\n", st.Title)
		for _, act := range st.Does {
			fmt.Fprintf(&b, "  %-6s %s\n", actVerb(act), strings.TrimRight(actWhat(act)+"  "+times(act), " "))
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

func actVerb(a rotation.Act) string {
	switch {
	case a.Call != "":
		return "call"
	case a.Write != "":
		return "write"
	case a.Run != "":
		return "run"
	}
	return "wait"
}

func actWhat(a rotation.Act) string { return a.Call + a.Write + a.Run + a.Wait }

func times(a rotation.Act) string {
	if a.Times == "" || a.Times == "1" {
		return ""
	}
	return "(" + a.Times + ")"
}
