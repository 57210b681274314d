package host

import (
	"context"
	"fmt"
	"slices"

	"detent/audit"
	"detent/tui/ui"
)

// pastShown is how many acts the screens take: of more, the command audit tells.
const pastShown = 10_000

var _ ui.Recorder = (*Screens)(nil)

var _ ui.Recaller = (*Screens)(nil)

// Outcome says what came of an action.
func (r AuditRow) Outcome() string {
	text := string(r.Result)
	if !r.Certain && r.Result != audit.Unknown {
		text += ", not certain"
	}
	if r.Reason != "" {
		text += " (" + OneLine(r.Reason) + ")"
	}
	return text
}

// AuditPast are the rows on record, and whether the log holds.
func (h *Host) AuditPast(f AuditFilter, t AuditRows) ([]AuditRow, audit.Report, error) {
	dir, sees, err := h.AuditLog()
	if err != nil {
		return nil, audit.Report{}, err
	}
	if t.Rows == nil {
		t.Rows = []AuditRow{}
	}
	report, err := audit.Read(dir, nil, nil, t.Add)
	f.Sees = sees
	return f.Of(t.Rows), report, err
}

// Past is what is on record of a key of a profile, or of all.
func (h *Screens) Past(_ context.Context, profile, keyID string) (ui.Past, error) {
	rows, report, err := h.Host.AuditPast(AuditFilter{Key: keyID}, AuditRows{})
	if err != nil {
		return ui.Past{}, err
	}
	var out ui.Past
	if len(report.Problems) > 0 {
		out.Doubt = fmt.Sprintf("the record was tampered with or damaged: %s (detent audit verify)", report.Problems[0])
	}
	slices.Reverse(rows)
	for _, r := range rows {
		switch {
		case profile != "" && r.Profile != "" && r.Profile != profile:
		case len(out.Acts) == pastShown:
			out.Left++
		default:
			out.Acts = append(out.Acts, ui.Act{At: r.Time, Who: r.Who, From: r.From, Profile: r.Profile, Action: r.Action, KeyID: r.KeyID, KeyName: r.KeyName,
				Rotation: r.Rotation, Outcome: r.Outcome(), Good: r.Result == audit.Done && r.Certain, More: r.More()})
		}
	}
	return out, nil
}
