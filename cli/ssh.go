package cli

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	gossh "golang.org/x/crypto/ssh"

	"detent/config"
	"detent/host"
	"detent/sshd"
)

const (
	// beginsPerMinute is how many sessions an operator may begin in a minute, commands and screens alike.
	beginsPerMinute = 60
	// stopGrace is how long sessions may go on after they were told that the server stops, stopTime how long
	// the end of what they have under way is waited for.
	stopGrace = 5 * time.Second
	stopTime  = 45 * time.Second
)

type sshOptions struct {
	listen, hostKey string
	maxSessions     int
	maxEach         int
}

func (a *app) sshCommand() *cobra.Command {
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
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error { return a.serveSSH(ctx, o) })
	return cmd
}

func (a *app) serveSSH(ctx context.Context, o sshOptions) error {
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
	key, public, err := a.hostKey(o.hostKey)
	if err != nil {
		return host.Usage(fmt.Errorf("--host-key: %w", err))
	}
	door, err := a.doorkeeper()
	if err != nil {
		return err
	}
	defer door.close()
	people := newOperators(a, door, cfg)
	server, err := sshd.New(sshd.Options{
		HostKey: key, Who: people.who, Reserved: people.isAdmin, Refused: door.turnedAway, Now: a.world.Now,
		MaxSessions: o.maxSessions, MaxEach: o.maxEach, PerMinute: beginsPerMinute,
		Handle: func(s *sshd.Session) int { return a.serveSession(people, s) },
	})
	if err != nil {
		return host.Usage(err)
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return host.Usage(fmt.Errorf("--listen: %w", err))
	}
	if _, err := fmt.Fprintf(a.out, "listening on ssh://%s, host key %s\n", listener.Addr(), gossh.FingerprintSHA256(public)); err != nil {
		_ = listener.Close()
		return err
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	looking, stop := context.WithCancel(ctx)
	looked := make(chan struct{})
	defer func() { stop(); <-looked }()
	go func() {
		defer close(looked)
		for a.host.Pause(looking, rereadEvery) == nil {
			people.reread(server)
			door.tick()
		}
	}()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		a.say("stopping")
		server.Tell(fmt.Sprintf("the server is stopping: this session ends in %s", stopGrace), nil)
		waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		server.Shutdown(waiting, errStopped, stopGrace)
		return nil
	}
}

// wrote reports whether a configuration is what this session made of the one before.
func (r *guest) wrote(cfg *config.Config) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written == cfg
}

// changedConfig is the configuration as the operator sees it, where it is another than the session has; else nil.
func (r *guest) changedConfig() *config.Config {
	o, cfg, ok := r.people.find(r.session.Key)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !ok || cfg == r.taken || !o.Extends(r.operator) { // a session whose rights are others is about to end
		return nil
	}
	r.taken = cfg
	return cfg.For(o)
}

// hostKey reads the server's key, or makes one where there is none. Two servers that start at once agree on one.
func (a *app) hostKey(path string) ([]byte, gossh.PublicKey, error) {
	path, err := a.env.Expand(path)
	if err != nil {
		return nil, nil, err
	}
	if path == "" {
		dir, err := a.env.StateDir()
		if err != nil {
			return nil, nil, err
		}
		path = filepath.Join(dir, "ssh_host_ed25519_key")
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeHostKey(path); err != nil {
			return nil, nil, err
		}
	}
	data, err := config.ReadPrivate(path, "the host key")
	if err != nil {
		return nil, nil, err
	}
	signer, err := gossh.ParsePrivateKey(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: is no private key without a passphrase", path)
	}
	return data, signer.PublicKey(), nil
}

func makeHostKey(path string) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	block, err := gossh.MarshalPrivateKey(private, "detent")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".host-key-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(pem.EncodeToMemory(block))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return config.SyncFolder(filepath.Dir(path))
}
