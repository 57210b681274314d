package cli

import (
	"context"
	"fmt"
	"net"

	"github.com/spf13/cobra"
	gossh "golang.org/x/crypto/ssh"

	"detent/host"
	"detent/paint"
	"detent/remote"
)

type sshOptions struct {
	listen, hostKey string
	maxSessions     int
	maxEach         int
}

// executor carries out a command line in a run of detent: any of the commands, of which ssh is one.
type executor func(run *app, ctx context.Context, args []string) error

func (a *app) sshCommand(execute executor) *cobra.Command {
	var o sshOptions
	cmd := &cobra.Command{
		Use: "ssh", Short: "Serve the TUI over SSH to the operators of the configuration", Args: cobra.NoArgs,
		Long: `Serve the TUI to the operators that the configuration names, each with their role and their profiles. A public key
alone says who somebody is. Tokens and deliveries stay on this machine. Without a terminal, "list", "check", "rotations" and
"verify" work as commands. The configuration is read again when it changes; the sessions of an operator who was removed or changed end. Where it cannot be
read, all sessions end after five seconds, and nobody is let in until it can.`,
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:2222", "address and port; port 0 takes a free one")
	f.StringVar(&o.hostKey, "host-key", "", "the server's own key, made once if it is not there (default $XDG_STATE_HOME/detent/ssh_host_ed25519_key)")
	f.IntVar(&o.maxSessions, "max-sessions", 200, "how many sessions at once; the last tenth is for admins")
	f.IntVar(&o.maxEach, "max-sessions-each", 10, "how many of them one operator may have")
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error { return a.serveSSH(ctx, o, execute) })
	return cmd
}

func (a *app) serveSSH(ctx context.Context, o sshOptions, execute executor) error {
	if o.maxSessions < 1 || o.maxSessions > 10_000 {
		return host.Usagef("--max-sessions: must be between 1 and 10000")
	}
	if o.maxEach < 1 {
		return host.Usagef("--max-sessions-each: must be at least 1")
	}
	cfg, err := a.host.Config()
	if err != nil {
		return err
	}
	if len(cfg.Operators) == 0 {
		return host.Usagef("%s names no operators, so nobody could log in: add [operators.NAME] with keys, role and profiles", cfg.Path)
	}
	key, public, err := remote.HostKey(a.env, o.hostKey)
	if err != nil {
		return host.Usage(fmt.Errorf("--host-key: %w", err))
	}
	server, err := remote.New(remote.Options{Host: a.host, HostKey: key, MaxSessions: o.maxSessions, MaxEach: o.maxEach, LineRate: paint.LineRate(a.env.Get, true),
		Now: a.world.Now, Say: a.say, Run: func(ctx context.Context, c remote.Command) (int, error) { return a.runRemote(ctx, c, execute) }})
	if err != nil {
		return err
	}
	defer server.Close()
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return host.Usage(fmt.Errorf("--listen: %w", err))
	}
	if _, err := fmt.Fprintf(a.out, "listening on ssh://%s, host key %s\n", listener.Addr(), gossh.FingerprintSHA256(public)); err != nil {
		_ = listener.Close()
		return err
	}
	return server.Serve(ctx, listener)
}

// runRemote is one run of detent for an operator: it shares nothing with the others but the journals, the audit log
// and the embedded service.
func (a *app) runRemote(ctx context.Context, c remote.Command, execute executor) (code int, err error) {
	args := []string{"--timeout", a.flags.timeout.String()} // before what may be words
	if a.flags.readOnly {
		args = append(args, "--read-only")
	}
	args = append(args, c.Args...)
	w := a.world
	w.In, w.Out, w.Err = c.In, c.Out, c.Err
	// DETENT_TOKEN and DETENT_PROFILE are about the profile of whoever started the server.
	w.Environ = a.env.Without("DETENT_TOKEN", "DETENT_PROFILE")
	run := newApp(w)
	run.guest, run.screens = c.Guest, c.Screens
	defer run.close()
	err = execute(run, ctx, args)
	return run.report(ctx, err), err
}
