package cli

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"detent/host"
	"detent/table"
)

// writeAudit writes a table; where that is wider than the terminal, each action in lines of its own.
func (a *app) writeAudit(rows []host.AuditRow) error {
	if len(rows) == 0 {
		a.say("nothing is on record here")
		return nil
	}
	var buffer bytes.Buffer
	if err := writeAuditTable(&buffer, rows); err != nil {
		return err
	}
	text := buffer.String()
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

func writeAuditTable(w io.Writer, rows []host.AuditRow) error {
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = []string{r.Time.UTC().Format(auditTime), r.Who, r.From, r.Profile, r.Action, r.KeyName, r.KeyID, r.Outcome(), strings.Join(r.More(), "; ")}
		for c, cell := range cells[i] {
			if cells[i][c] = host.OneLine(cell); cells[i][c] == "" {
				cells[i][c] = "-"
			}
		}
	}
	return table.Write(w, []string{"TIME", "WHO", "FROM", "PROFILE", "ACTION", "KEY", "ID", "RESULT", "DETAIL"}, cells)
}

// writeAuditLines writes an action as a sentence under who did it, broken to the width.
func writeAuditLines(w io.Writer, rows []host.AuditRow, width int) error {
	var b strings.Builder
	part := func(before, text, after string) string {
		if text = host.OneLine(text); text == "" {
			return ""
		}
		return before + text + after
	}
	for _, r := range rows {
		who := host.OneLine(r.Who)
		if who == "" {
			who = "somebody"
		}
		what := host.OneLine(r.Action) + part(" ", r.KeyName, "") + part(" (", r.KeyID, ")") + part(" on ", r.Profile, "") + ": " + r.Outcome() + part("; ", strings.Join(r.More(), "; "), "")
		head := r.Time.UTC().Format(auditTime) + "  " + who + part(" from ", r.From, "")
		b.WriteString(ansi.Wrap(head, width, "") + "\n  " + strings.ReplaceAll(ansi.Wrap(what, max(width-2, 1), ""), "\n", "\n  ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeAuditCSV writes a line an action, as RFC 4180 has it.
func writeAuditCSV(w io.Writer, rows []host.AuditRow) error {
	cells := make([][]string, len(rows))
	for i, r := range rows {
		ended := ""
		if r.Ended != nil {
			ended = r.Ended.UTC().Format(time.RFC3339Nano)
		}
		cells[i] = []string{strconv.FormatUint(r.Seq, 10), r.Time.UTC().Format(time.RFC3339Nano), ended, r.Who, r.From, r.Profile, r.Service, r.Action, r.KeyID, r.KeyName,
			r.Rotation, r.Stage, strings.Join(host.FieldWords(r.Granted), "; "), strings.Join(host.FieldWords(r.Before), "; "), strings.Join(host.FieldWords(r.After), "; "),
			r.Detail, string(r.Result), strconv.FormatBool(r.Certain), r.Reason}
	}
	return table.CSV(w, host.Plain, []string{"seq", "time", "ended", "who", "from", "profile", "service", "action", "key_id", "key_name",
		"rotation", "stage", "granted", "before", "after", "detail", "result", "certain", "reason"}, cells)
}
