package store

import (
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestADatabaseBeyondThisMachineIsAskedForItsCertificate(t *testing.T) {
	for at, verified := range map[string]bool{
		"postgres://u@db.example/d":                     true,
		"postgres://u@db.example/d?sslmode=prefer":      true,
		"postgres://u@127.0.0.1,db.example/d":           true,
		"postgres://u@db.example/d?sslmode=verify-full": true,
		"postgres://u@db.example/d?sslmode=require":     false,
		"postgres://u@db.example/d?sslmode=disable":     false,
		"postgres://u@127.0.0.1/d":                      false,
		"postgres://u@localhost/d":                      false,
		"postgres://u@/d?host=/run/postgresql":          false,
	} {
		cfg, err := postgresConfig(at)
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.TLSConfig != nil && !cfg.TLSConfig.InsecureSkipVerify; got != verified {
			t.Errorf("%s: the certificate is checked: %v, want %v", at, got, verified)
		}
		for _, f := range cfg.Fallbacks {
			if verified && f.TLSConfig == nil {
				t.Errorf("%s falls back to a connection in the clear", at)
			}
		}
		if _, err := url.Parse(postgresName(cfg)); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatTheDatabaseSaysOfAFullDisk(t *testing.T) {
	for code, want := range map[string]Failure{"53100": full, "25006": full, "53300": busy, "58030": busy, "40001": Contended, "23505": taken} {
		if got := postgresFailure(&pgconn.PgError{Code: code}); got != want {
			t.Errorf("%s is %d, want %d", code, got, want)
		}
	}
}
