package config

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"

	"detent/tomlfile"
)

const authorityForm = "certificates in PEM (-----BEGIN CERTIFICATE-----)"

// Authorities are whom a profile believes that a server is who it says: nil for the system's, else those and the profile's own.
func (r TokenReader) Authorities(p Profile) (*x509.CertPool, error) {
	if p.CA == "" {
		return nil, nil
	}
	pool, err := r.authorities(p.CA)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Config.fieldAt(p.Name, "ca"), err)
	}
	return pool, nil
}

func (r TokenReader) authorities(file string) (*x509.CertPool, error) {
	path, err := r.Env.Expand(file)
	if err != nil {
		return nil, err
	}
	data, err := readGuarded(path, caFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file; it must hold %s", path, authorityForm)
	}
	if err != nil {
		return nil, err
	}
	certificates, err := parseAuthorities(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("the system's certificate authorities: %w", err)
	}
	for _, c := range certificates {
		pool.AddCert(c)
	}
	return pool, nil
}

// parseAuthorities reads every certificate of a file. What stands between them is a comment; a block that is none is refused, as
// one that is left out would be missed only when nothing can be reached.
func parseAuthorities(data []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	rest := bytes.TrimPrefix(data, tomlfile.ByteOrderMark)
	for {
		block, after := pem.Decode(rest)
		if block == nil {
			break
		}
		rest = after
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("holds a block %q: it must hold %s and nothing else", block.Type, authorityForm)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of it cannot be read", len(out)+1)
		}
		out = append(out, c)
	}
	switch {
	case bytes.Count(data, []byte("-----BEGIN ")) != len(out): // the decoder passes over what it cannot read
		return nil, errors.New("one of its blocks is cut off or damaged")
	case len(out) == 0:
		return nil, fmt.Errorf("holds none: it must hold %s", authorityForm)
	}
	return out, nil
}
