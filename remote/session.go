package remote

import (
	"bytes"
	"errors"
	"io"

	"github.com/spf13/pflag"

	"detent/desk"
	"detent/host"
	"detent/sshd"
)

// session serves one, until it ends.
func (srv *Server) session(s *sshd.Session) int {
	operator, cfg, ok := srv.operators.find(s.Key)
	if !ok { // since the channel was opened
		srv.access.loginRefused(sshd.Refusal{Operator: s.Operator, From: s.From, Why: sshd.Removed})
		return host.ExitNo
	}
	args, what, err := sessionArgs(s.Command)
	how := "on an error of detent's own" // a panic passes here
	leave := srv.access.login(operator, s, what)
	defer func() { leave(how) }()
	errOut := io.Writer(s.Stderr())
	if s.Terminal {
		errOut = crlf{s}
	}
	who := &guest{operator: operator, session: s, server: srv.o.Host, access: srv.access, operators: srv.operators, lineRate: srv.o.LineRate, taken: cfg}
	s.SetRights(who)
	if errors.Is(err, pflag.ErrHelp) {
		how = "help"
		_, _ = io.WriteString(errOut, host.Plain("detent: "+sessionHelp)+"\n")
		return host.ExitDone
	}
	if err != nil {
		how = "refused"
		who.refused(desk.Entry{Action: "command"}, what)
		_, _ = io.WriteString(errOut, host.Plain("detent: "+err.Error())+"\n")
		return host.ExitUsage
	}
	out := io.Writer(s)
	if s.Terminal {
		out = errOut
	}
	code, err := srv.o.Run(s.Context(), Command{Args: args, In: s, Out: out, Err: errOut, Guest: who.host(), Screens: who.screens})
	how = howItEnded(s.Context(), err, code, what == "TUI")
	return code
}

// crlf is a terminal in raw mode, where a line ends with two characters.
type crlf struct{ w io.Writer }

func (c crlf) Write(p []byte) (int, error) {
	if _, err := c.w.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
}
