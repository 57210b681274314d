package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/audit"
	"detent/host"
)

func (a *app) auditCommand() *cobra.Command {
	var since, format string
	cmd := &cobra.Command{
		Use: "audit", Short: "Show what was done with keys from here, by whom", Args: cobra.NoArgs,
		Long: `Show the actions on record, the oldest first: who, from where, which key, and what came of it. An action whose outcome
nobody saw, since the process ended or no answer came, is told as not certain. The log is $XDG_STATE_HOME/detent/audit.log.`,
		RunE: a.run(func(context.Context, []string) error { return a.showAudit(since, format) }),
	}
	cmd.Flags().StringVar(&since, "since", "", "only what was begun since: 7d, 12h (back from now), a date (its beginning, local zone), or a time in RFC 3339")
	outputFlag(cmd, &format)
	var heads []string
	verify := &cobra.Command{
		Use: "verify [OLDER-LOG...]", Short: "Find a changed, missing, inserted or reordered record, and print the head to note elsewhere",
		Long: `Follow the chain from the first record to the last and hold it against the head that lies beside the log. Logs that were
moved away are named, the oldest first. Who can write the log and the head can forge both: note the head that is printed
on another machine, and give it here later with --head.`,
		RunE: a.run(func(_ context.Context, older []string) error { return a.verifyAudit(older, heads) }),
	}
	verify.Flags().StringArrayVar(&heads, "head", nil, "a head that was noted, SEQ:HASH, which must be on the chain; may be repeated")
	cmd.AddCommand(verify)
	return cmd
}

// auditRow is one action: its end where there is one, with the time of its begin.
type auditRow struct {
	Seq     uint64       `json:"seq"`
	Time    time.Time    `json:"time"`
	Ended   *time.Time   `json:"ended,omitempty"`
	Who     string       `json:"who"`
	From    string       `json:"from"`
	Profile string       `json:"profile,omitempty"`
	Service string       `json:"service,omitempty"`
	Action  string       `json:"action"`
	KeyID   string       `json:"key_id,omitempty"`
	KeyName string       `json:"key_name,omitempty"`
	Detail  string       `json:"detail,omitempty"`
	Result  audit.Result `json:"result"`
	Certain bool         `json:"certain"`
	Reason  string       `json:"reason,omitempty"`
}

// auditRows pairs begins with ends as the records come.
type auditRows struct {
	since time.Time
	rows  []auditRow
	open  map[uint64]int // rows whose end did not come yet, by the number of the begin
}

func (t *auditRows) add(r audit.Record) {
	row := auditRow{Seq: r.Seq, Time: r.Time, Who: r.Who, From: r.From, Profile: r.Profile, Service: r.Service, Action: r.Action,
		KeyID: r.KeyID, KeyName: r.KeyName, Detail: r.Detail, Result: r.Result, Reason: r.Reason}
	if r.Certain != nil {
		row.Certain = *r.Certain
	}
	switch r.Kind {
	case audit.Begin:
		if !r.Time.Before(t.since) {
			row.Result = audit.Unknown
			t.open[r.Seq] = len(t.rows)
			t.rows = append(t.rows, row)
		}
	case audit.End:
		at, begun := t.open[r.Ref]
		if begun {
			row.Seq, row.Time, row.Ended = r.Ref, t.rows[at].Time, &r.Time
			t.rows[at] = row
			delete(t.open, r.Ref)
		}
	case audit.Event:
		if !r.Time.Before(t.since) {
			t.rows = append(t.rows, row)
		}
	}
}

func (a *app) showAudit(sinceText, format string) error {
	asJSON, err := wantsJSON(format)
	if err != nil {
		return err
	}
	since, err := a.sinceFlag(sinceText)
	if err != nil {
		return host.Usage(err)
	}
	dir, err := a.host.StateDir()
	if err != nil {
		return err
	}
	t := auditRows{since: since, rows: []auditRow{}, open: map[uint64]int{}}
	report, err := audit.Read(dir, nil, nil, t.add)
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(a.out, t.rows)
	} else {
		err = a.writeAudit(t.rows)
	}
	if err == nil && len(report.Problems) > 0 {
		err = fmt.Errorf("the log was tampered with or damaged: %s (detent audit verify)", report.Problems[0])
	}
	return err
}

// sinceFlag reads --since; empty is the beginning.
func (a *app) sinceFlag(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if span, err := apikey.ParseSpan(text); err == nil {
		return a.world.Now().Add(-span), nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		if first, _, ok := apikey.Day(day.Year(), day.Month(), day.Day(), a.world.Zone); ok {
			return first, nil
		}
		return time.Time{}, fmt.Errorf("--since: %s is a day that %s left out", text, a.world.Zone)
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Time{}, fmt.Errorf("--since: %q is neither a span such as 7d, nor a date such as 2026-01-31, nor a time in RFC 3339", text)
}

// writeAudit writes a table; where that is wider than the terminal, each action in lines of its own.
func (a *app) writeAudit(rows []auditRow) error {
	if len(rows) == 0 {
		a.say("nothing is on record here")
		return nil
	}
	var table bytes.Buffer
	if err := writeAuditTable(&table, rows); err != nil {
		return err
	}
	text := table.String()
	width := widthOf(a.world.Out)
	for line := range strings.SplitSeq(text, "\n") {
		if width > 0 && ansi.StringWidth(line) > width {
			return writeAuditLines(a.out, rows, width)
		}
	}
	_, err := io.WriteString(a.out, text)
	return err
}

// auditTime is how a time is shown.
const auditTime = "2006-01-02T15:04:05Z"

// oneLine is a text that stays in its cell.
func oneLine(text string) string { return strings.Join(strings.Fields(host.Plain(text)), " ") }

// outcome says what came of an action.
func (r auditRow) outcome() string {
	text := string(r.Result)
	if !r.Certain && r.Result != audit.Unknown {
		text += ", not certain"
	}
	if r.Reason != "" {
		text += " (" + oneLine(r.Reason) + ")"
	}
	return text
}

func writeAuditTable(w io.Writer, rows []auditRow) error {
	table := make([][]string, len(rows))
	for i, r := range rows {
		table[i] = []string{r.Time.UTC().Format(auditTime), r.Who, r.From, r.Profile, r.Action, r.KeyName, r.KeyID, r.outcome(), r.Detail}
		for c, cell := range table[i] {
			if table[i][c] = oneLine(cell); table[i][c] == "" {
				table[i][c] = "-"
			}
		}
	}
	return writeTable(w, []string{"TIME", "WHO", "FROM", "PROFILE", "ACTION", "KEY", "ID", "RESULT", "DETAIL"}, table)
}

// writeAuditLines writes an action as a sentence under who did it, broken to the width.
func writeAuditLines(w io.Writer, rows []auditRow, width int) error {
	var b strings.Builder
	part := func(before, text, after string) string {
		if text = oneLine(text); text == "" {
			return ""
		}
		return before + text + after
	}
	for _, r := range rows {
		who := oneLine(r.Who)
		if who == "" {
			who = "somebody"
		}
		what := oneLine(r.Action) + part(" ", r.KeyName, "") + part(" (", r.KeyID, ")") + part(" on ", r.Profile, "") + ": " + r.outcome() + part("; ", r.Detail, "")
		head := r.Time.UTC().Format(auditTime) + "  " + who + part(" from ", r.From, "")
		b.WriteString(ansi.Wrap(head, width, "") + "\n  " + strings.ReplaceAll(ansi.Wrap(what, max(width-2, 1), ""), "\n", "\n  ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *app) verifyAudit(older, texts []string) error {
	var heads []audit.Head
	for _, text := range texts {
		h, err := audit.ParseHead(text)
		if err != nil {
			return host.Usagef("--head: %q %w", text, err)
		}
		heads = append(heads, h)
	}
	dir, err := a.host.StateDir()
	if err != nil {
		return err
	}
	if slices.Contains(older, audit.Path(dir)) {
		return host.Usagef("%s is the log itself: name those that it continues alone", audit.Path(dir))
	}
	report, err := audit.Read(dir, older, heads, func(audit.Record) {})
	if err != nil {
		return err
	}
	if len(report.Problems) > 0 {
		for _, p := range report.Problems {
			if _, err := fmt.Fprintln(a.out, p); err != nil {
				return err
			}
		}
		return host.ErrNo
	}
	if report.Records == 0 {
		a.say("nothing is on record here")
		return nil
	}
	if report.First > 1 {
		a.say("the log goes on from record %d, which lies in another file: name it to have it looked at as well", report.First-1)
	}
	if report.Torn {
		a.say("the last line is torn: a process was killed as it wrote; the next record seals it")
	}
	if report.Ahead > 0 {
		a.say("the head does not cover the last %d: a process was killed between the two", report.Ahead)
	}
	_, err = fmt.Fprintf(a.out, "records  %d (%d to %d), the chain holds\nhead     %s\n", report.Records, report.First, report.Head.Seq, report.Head)
	return err
}
