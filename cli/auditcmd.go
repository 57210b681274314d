package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/audit"
	"detent/host"
	"detent/table"
)

// auditOptions are what of the log is shown, and how.
type auditOptions struct {
	since, key, operator, format string
}

const sinceUsage = "only what was begun since: 7d, 12h (back from now), a date (its beginning, local zone), or a time in RFC 3339"

func (a *app) auditCommand() *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use: "audit", Short: "Show what was done with keys from here, by whom", Args: cobra.NoArgs,
		Long: `Show the actions on record, the oldest first: who, from where, which key, what was granted or changed, and what came of it.
An action whose outcome nobody saw, since the process ended or no answer came, is told as not certain. With --key come the
rotations that the key takes part in, whole. The log is $XDG_STATE_HOME/detent/audit.log.`,
		Example: `  detent audit --since 7d
  detent audit --key payments-api
  detent audit --operator alice --since 90d -o csv`,
		RunE: a.run(func(context.Context, []string) error { return a.showAudit(o) }),
	}
	f := cmd.Flags()
	f.StringVar(&o.since, "since", "", sinceUsage)
	f.StringVar(&o.key, "key", "", "only what concerns this key: an id, or a name, with or without the mark of a rotation")
	f.StringVar(&o.operator, "operator", "", "only what this operator, or user of this machine, did")
	outputFlag(cmd, &o.format, formatCSV)
	cmd.AddCommand(a.auditVerifyCommand(), a.auditExportCommand())
	return cmd
}

func (a *app) auditVerifyCommand() *cobra.Command {
	var heads []string
	cmd := &cobra.Command{
		Use: "verify [OLDER-LOG...]", Short: "Find a changed, missing, inserted or reordered record, and print the head to note elsewhere",
		Long: `Follow the chain from the first record to the last and hold it against the head that lies beside the log. Logs that were
moved away are named, the oldest first. Who can write the log and the head can forge both: note the head that is printed
on another machine, and give it here later with --head.`,
		RunE: a.run(func(_ context.Context, older []string) error { return a.verifyAudit(older, heads) }),
	}
	cmd.Flags().StringArrayVar(&heads, "head", nil, "a head that was noted, SEQ:HASH, which must be on the chain; may be repeated")
	return cmd
}

func (a *app) auditExportCommand() *cobra.Command {
	var since string
	cmd := &cobra.Command{
		Use: "export [OLDER-LOG...]", Short: "Print the records themselves, a JSON line each, as they lie in the log",
		Long: `Print the records since a time, each as the line of JSON that lies in the log: its "prev" is the SHA-256 of the line before
it, without the line's end, so that whoever has the lines can follow the chain. Logs that were moved away are named, the oldest
first. Standard error says which records these are, and the head.`,
		RunE: a.run(func(_ context.Context, older []string) error { return a.exportAudit(older, since) }),
	}
	cmd.Flags().StringVar(&since, "since", "", sinceUsage)
	return cmd
}

func (a *app) showAudit(o auditOptions) error {
	format, err := formatOf(o.format, formatCSV)
	if err != nil {
		return err
	}
	since, err := a.sinceFlag(o.since)
	if err != nil {
		return host.Usage(err)
	}
	rows, report, err := a.host.AuditPast(host.AuditFilter{Key: o.key, Operator: o.operator}, host.AuditRows{Since: since})
	if err != nil {
		return err
	}
	switch format {
	case formatJSON:
		err = table.JSON(a.out, rows)
	case formatCSV:
		err = writeAuditCSV(asIs{a.out}, rows)
	default:
		err = a.writeAudit(rows)
	}
	if err == nil {
		err = tampered(report)
	}
	return err
}

func tampered(r audit.Report) error {
	if len(r.Problems) == 0 {
		return nil
	}
	return fmt.Errorf("the log was tampered with or damaged: %s (detent audit verify)", r.Problems[0])
}

// exportAudit prints the lines of the log since a time.
func (a *app) exportAudit(older []string, sinceText string) error {
	since, err := a.sinceFlag(sinceText)
	if err != nil {
		return host.Usage(err)
	}
	dir, _, err := a.host.AuditLog()
	if err != nil {
		return err
	}
	var first, last uint64
	report, err := audit.Lines(dir, older, func(r audit.Record, line []byte) error {
		if first == 0 && r.Time.Before(since) {
			return nil
		}
		if first == 0 {
			first = r.Seq
		}
		last = r.Seq
		_, err := a.out.Write(append(slices.Clip(line), '\n'))
		return err
	})
	if err != nil {
		return err
	}
	if first == 0 {
		a.say("nothing is on record here since then")
	} else {
		a.say("records %d to %d; the head is %s", first, last, report.Head)
	}
	return tampered(report)
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

func (a *app) verifyAudit(older, texts []string) error {
	var heads []audit.Head
	for _, text := range texts {
		h, err := audit.ParseHead(text)
		if err != nil {
			return host.Usagef("--head: %q %w", text, err)
		}
		heads = append(heads, h)
	}
	dir, _, err := a.host.AuditLog()
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
