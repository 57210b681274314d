package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/config"
	"detent/desk"
	"detent/host"
	"detent/keyserver"
)

type serveOptions struct {
	listen, store    string
	cert, key        string
	metrics          string
	copyFrom         string
	log              string
	perAddress       int
	delay            time.Duration
	behindProxy      bool
	storeGiven       bool
	mintService, env string
	environmentGiven bool
}

func (a *app) serveCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the embedded key service by itself", Args: cobra.NoArgs,
		Long: `Run the key service: the three contracts on one origin. A service that never had an administrator key gets one, printed on
standard output as a dotenv line; then comes "listening on http://HOST:PORT". With --demo the store is a throw-away one, or
that of --store, filled with believable keys when it is new.

--store is a file of SQLite, for the processes of one machine, or a PostgreSQL database, for those of several:
postgres://user@host/database. What the URL leaves out comes from PostgreSQL's usual variables and files: PGHOST, PGPASSWORD,
PGPASSFILE, PGSERVICE. Other users of the machine see a password in an argument: put it into ~/.pgpass or PGPASSWORD, or the
whole URL into DETENT_STORE. Beyond this machine the database must show a certificate for its name (sslmode=verify-full),
unless the URL or PGSSLMODE names disable, require or verify-ca.

What happens to keys is told on standard error, a line each: who created, changed or deleted which one, who was refused, and why; never a
secret. --log json is for machines; under systemd it is in the journal. (detent audit has what detent's own commands do, not this.)

A key's address restriction is compared with the TCP peer. Behind a proxy that is the proxy, for all callers: there such a restriction
lets everybody in or nobody, and the log shows the proxy's address. Let the proxy refuse addresses, or give each caller's network a
listener of its own.

/healthz and /readyz answer anybody on the service's port and on that of --metrics. The files of --tls-cert and --tls-key are read
again when they change.`,
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8420", "address and port; port 0 takes a free one")
	f.StringVar(&o.cert, "tls-cert", "", "certificate chain, PEM")
	f.StringVar(&o.key, "tls-key", "", "its key, PEM")
	f.BoolVar(&o.behindProxy, "behind-tls-proxy", false, "allow an address beyond loopback without TLS: a proxy in front ends it")
	f.StringVar(&o.metrics, "metrics", "", "address and port on loopback for /metrics (Prometheus), such as 127.0.0.1:9420; none by default")
	f.DurationVar(&o.delay, "shutdown-delay", 0, "how long to go on at the end with /readyz saying no, for a load balancer to see it")
	f.StringVar(&o.log, "log", "text", "a line on standard error for each key created, changed or deleted and each refused call: text, json or none")
	f.IntVar(&o.perAddress, "connections-per-address", 512, "how many connections one address may have, 0 for any number (the default with --behind-tls-proxy)")
	f.StringVar(&o.copyFrom, "copy-from", "", "copy this SQLite store into the store, which must be empty, and end")
	cmd.PersistentFlags().StringVar(&o.store, "store", "", "the store: a path, or postgres://user@host/database (default $DETENT_STORE, else $XDG_DATA_HOME/detent/keys.db)")
	cmd.RunE = a.run(func(ctx context.Context, _ []string) error {
		o.storeGiven = cmd.PersistentFlags().Changed("store")
		if cmd.Flags().Changed("copy-from") {
			return a.copyStore(ctx, o)
		}
		if o.behindProxy && !cmd.Flags().Changed("connections-per-address") {
			o.perAddress = 0
		}
		return a.serve(ctx, o)
	})
	cmd.AddCommand(a.adminTokenCommand(&o))
	return cmd
}

func (a *app) adminTokenCommand(o *serveOptions) *cobra.Command {
	var services []string
	for _, p := range config.BuiltIn() {
		services = append(services, p.Service)
	}
	cmd := &cobra.Command{
		Use: "admin-token SERVICE", Short: "Mint one more administrator key, on the machine that has the store, and print its secret",
		Args: oneArg("SERVICE", services...), ValidArgs: services,
	}
	cmd.Flags().StringVar(&o.env, "environment", "", "live (the default) or test, where keys of the service have one")
	cmd.RunE = a.run(func(ctx context.Context, args []string) error {
		o.mintService, o.environmentGiven = args[0], cmd.Flags().Changed("environment")
		o.storeGiven = cmd.InheritedFlags().Changed("store")
		return a.adminToken(ctx, *o)
	})
	return cmd
}

func (a *app) serve(ctx context.Context, o serveOptions) error {
	cert, err := a.certificate(o)
	if err != nil {
		return host.Usage(err)
	}
	address, err := o.address()
	if err != nil {
		return host.Usage(err)
	}
	store, err := a.storeFor(o)
	if err != nil {
		return err
	}
	if store.Events, err = o.events(); err != nil {
		return err
	}
	store.PerAddress = o.perAddress
	metrics, err := o.listenForMetrics()
	if err != nil {
		return err
	}
	if metrics != nil {
		defer func() { _ = metrics.Close() }()
	}
	listener, err := net.ListenTCP("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use, by another detent serve perhaps: --listen takes another address", address)
	}
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	store.Metrics, store.ShutdownDelay = metrics != nil, o.delay
	server, err := keyserver.Open(ctx, store)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	if err := a.firstStart(ctx, server); err != nil {
		return err
	}
	if metrics != nil {
		a.serveMetrics(ctx, metrics, server)
	}
	scheme := "http"
	if cert != nil {
		scheme = "https"
	}
	if _, err := fmt.Fprintf(a.out, "listening on %s://%s\n", scheme, listener.Addr()); err != nil {
		return err
	}
	if cert != nil {
		err = server.ServeTLS(ctx, listener, cert.Get)
	} else {
		err = server.Serve(ctx, listener)
	}
	var by signalError
	if err == nil && errors.As(context.Cause(ctx), &by) && by.signal != syscall.SIGTERM {
		return host.ErrInterrupted
	}
	return err
}

// firstStart gives each service that never had an administrator one, and the demo its keys.
func (a *app) firstStart(ctx context.Context, server *keyserver.Server) error {
	never, err := server.NeverHadAdmins(ctx)
	if err != nil {
		return err
	}
	if len(never) == 0 {
		return a.sayWithoutAdmin(ctx, server)
	}
	var minted []keyserver.Minted
	err = a.host.Ledger().Record(desk.Entry{Action: "admin-token", Detail: "the first of " + strings.Join(never, ", ")}, func() error {
		minted, err = server.MintFirstAdmins(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for i, m := range minted {
		if err := a.printVariable(desk.Entry{Service: m.Service, KeyName: tokenVariable(m)}, tokenVariable(m), m.Secret); err != nil {
			return a.discardMinted(ctx, server, fmt.Errorf("the administrator key %s was not written: %w", tokenVariable(m), err), minted[i:]...)
		}
	}
	// After the administrators: some of the demo's keys may create keys too, and nobody has their secrets.
	if a.flags.demo && len(minted) > 0 {
		return server.FillDemo(ctx, a.flags.demoKeys)
	}
	return nil
}

// discardMinted deletes administrator keys whose secrets reached nobody.
func (a *app) discardMinted(ctx context.Context, server *keyserver.Server, cause error, minted ...keyserver.Minted) error {
	err := a.host.Ledger().Record(desk.Entry{Service: minted[0].Service, KeyID: minted[0].ID, Action: "admin-token", Detail: "deleted again: its secret reached nobody"}, func() error {
		return server.Discard(context.WithoutCancel(ctx), minted...)
	})
	if err != nil {
		return fmt.Errorf("%w; nobody has the secret of %s, and it could not be deleted: %w", cause, minted[0].ID, err)
	}
	return fmt.Errorf("%w; what nobody has was deleted again: try again where the output is read", cause)
}

// sayWithoutAdmin names what is wrong with a store whose administrators are all gone. They are not made anew: whoever could end
// them would find new ones in the log.
func (a *app) sayWithoutAdmin(ctx context.Context, server *keyserver.Server) error {
	has, err := server.HasAdmins(ctx)
	if err == nil && !has {
		a.say("a service has no working key left that can create keys: detent serve admin-token SERVICE mints one")
	}
	return err
}

// tokenVariable is how dotenv lines call an administrator key: PROSOPO_TOKEN, GENERIC_LIVE_TOKEN.
func tokenVariable(m keyserver.Minted) string {
	if m.Environment != "" {
		return strings.ToUpper(m.Service + "_" + string(m.Environment) + "_TOKEN")
	}
	return strings.ToUpper(m.Service + "_TOKEN")
}

// certificate is nil where none is asked for.
func (a *app) certificate(o serveOptions) (*host.Certificate, error) {
	if o.cert == "" && o.key == "" {
		return nil, nil
	}
	if o.cert == "" || o.key == "" {
		return nil, errors.New("--tls-cert and --tls-key belong together")
	}
	return a.host.Certificate(o.cert, o.key)
}

// events is the format of the log, empty for none.
func (o serveOptions) events() (string, error) {
	switch {
	case o.perAddress < 0:
		return "", host.Usagef("--connections-per-address: must not be negative")
	case o.log == "none":
		return "", nil
	case slices.Contains(keyserver.EventFormats, o.log):
		return o.log, nil
	}
	return "", host.Usagef("--log: must be %s or none", strings.Join(keyserver.EventFormats, ", "))
}

// address refuses to carry keys beyond this machine in the clear.
func (o serveOptions) address() (*net.TCPAddr, error) {
	address, err := net.ResolveTCPAddr("tcp", o.listen)
	if err != nil || !strings.Contains(o.listen, ":") {
		return nil, fmt.Errorf("--listen: %q is no address such as 127.0.0.1:8420", o.listen)
	}
	if !address.IP.IsLoopback() && o.cert == "" && !o.behindProxy {
		return nil, fmt.Errorf("--listen: %s is beyond loopback, and keys would travel in the clear: use --tls-cert and --tls-key, or --behind-tls-proxy", o.listen)
	}
	return address, nil
}

func (a *app) adminToken(ctx context.Context, o serveOptions) error {
	env := apikey.Environment("")
	issuer, err := a.host.Issuer(o.mintService)
	switch {
	case err != nil:
		return err
	case len(issuer.Environments) == 0 && o.environmentGiven:
		return host.Usagef("--environment: only keys of %s have one", strings.Join(host.LocalWithEnvironments(), ", "))
	case len(issuer.Environments) > 0 && !o.environmentGiven:
		env = apikey.Live
	case len(issuer.Environments) > 0:
		env = apikey.Environment(o.env)
		if env != apikey.Live && env != apikey.Test {
			return host.Usagef("--environment: must be live or test")
		}
	}
	if a.flags.demo && !o.storeGiven {
		return host.Usagef("--demo: a throw-away store has nobody to give a key to; name one with --store")
	}
	store, err := a.storeFor(o)
	if err != nil {
		return err
	}
	store.MustExist = true
	server, err := keyserver.Open(ctx, store)
	if errors.Is(err, keyserver.ErrNoStore) {
		return host.Usagef("%w: detent serve makes one", err)
	}
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	var minted keyserver.Minted
	err = a.host.Ledger().Record(desk.Entry{Service: o.mintService, Action: "admin-token", Detail: string(env)}, func() error {
		minted, err = server.Mint(ctx, o.mintService, env)
		return err
	})
	if err != nil {
		return err
	}
	if err := a.printSecret(desk.Entry{Service: o.mintService, KeyName: "administrator"}, minted.Secret); err != nil {
		return a.discardMinted(ctx, server, fmt.Errorf("the new administrator key was not written: %w", err), minted)
	}
	a.say("this is the only time the secret is shown")
	return nil
}

// listenForMetrics is nil where none are asked for.
func (o serveOptions) listenForMetrics() (net.Listener, error) {
	if o.metrics == "" {
		return nil, nil
	}
	address, err := net.ResolveTCPAddr("tcp", o.metrics)
	if err != nil {
		return nil, host.Usagef("--metrics: %q is no address such as 127.0.0.1:9420", o.metrics)
	}
	if !address.IP.IsLoopback() {
		return nil, host.Usagef("--metrics: %s is beyond loopback, and whoever reads metrics is not asked who they are: use 127.0.0.1:%d", o.metrics, address.Port)
	}
	return net.ListenTCP("tcp", address)
}

// serveMetrics answers /metrics, /healthz and /readyz on a port of loopback until the run ends.
func (a *app) serveMetrics(ctx context.Context, listener net.Listener, server *keyserver.Server) {
	h := &http.Server{Handler: server.Metrics(), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) }}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = h.Serve(listener) // it ends by Close
	}()
	a.host.OnClose(func() {
		_ = h.Close()
		<-ended
	})
	a.say("metrics on http://%s/metrics", listener.Addr())
}
