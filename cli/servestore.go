package cli

import (
	"context"
	"path/filepath"
	"strings"

	"detent/apikey"
	"detent/desk"
	"detent/host"
	"detent/keyserver"
)

// storeFor is the store of serve and of admin-token: a file, or a PostgreSQL database. DETENT_STORE is the flag for
// those who keep a password in the URL, which other users of the machine see among the arguments.
func (a *app) storeFor(o serveOptions) (keyserver.Options, error) {
	options := keyserver.Options{Now: a.world.Now, Log: a.world.Err}
	store, from := o.store, "--store"
	if variable := a.env.Get("DETENT_STORE"); !o.storeGiven && variable != "" && !a.flags.demo {
		store, from = variable, "DETENT_STORE"
	}
	switch {
	case store == "" && o.storeGiven:
		return options, host.Usagef("--store: must not be empty")
	case store == "":
		path, err := a.host.StorePath()
		options.Path = path
		return options, err
	case keyserver.IsPostgresURL(store):
		options.URL = store
		return options, nil
	case strings.Contains(store, "://"):
		return options, host.Usagef("%s: is neither a path nor a URL such as postgres://user@host/database", from)
	}
	path, err := a.env.Expand(store)
	if err != nil {
		return options, host.Usage(err)
	}
	options.Path, err = filepath.Abs(path)
	return options, err
}

// copyStore moves a SQLite store into the store of the flags, and ends.
func (a *app) copyStore(ctx context.Context, o serveOptions) error {
	if a.flags.demo {
		return host.Usagef("--copy-from: a demo has nothing to keep")
	}
	from, err := a.env.Expand(o.copyFrom)
	if err != nil {
		return host.Usage(err)
	}
	store, err := a.storeFor(o)
	if err != nil {
		return err
	}
	var done keyserver.Copied
	err = a.host.Ledger().Record(desk.Entry{Action: "copy-store", Detail: from}, func() error {
		done, err = keyserver.CopyStore(ctx, store, from)
		return err
	})
	if err != nil {
		return err
	}
	a.say("copied, counted and compared: %s and %s; %s is as it was", apikey.Count(done.Keys, "key"), apikey.Count(done.Users, "user"), from)
	return nil
}
