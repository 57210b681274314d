//go:build unix

package host

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"detent/e2e/certtest"
)

func TestACertificateIsReadAgainWhenItsFilesChangeAndABadOneIsNotUsed(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	var told []string
	c := &Certificate{cert: filepath.Join(dir, "c.pem"), key: filepath.Join(dir, "k.pem"),
		now: func() time.Time { return now }, say: func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) }}
	stamp := now
	write := func(path string, content []byte) {
		t.Helper()
		stamp = stamp.Add(time.Second)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, stamp, stamp); err != nil {
			t.Fatal(err)
		}
	}
	serial := func() int64 {
		t.Helper()
		pair, err := c.Get(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.SerialNumber.Int64()
	}
	cert, key := certtest.Pair(t, 1)
	write(c.cert, cert)
	write(c.key, key)
	if err := c.read(); err != nil || serial() != 1 {
		t.Fatal(err)
	}
	cert, key = certtest.Pair(t, 2)
	write(c.cert, cert) // the key is not there yet
	if got := serial(); got != 1 || len(told) != 0 {
		t.Errorf("looked at the files within a second: %d %v", got, told)
	}
	now = now.Add(certificateCheck)
	if got := serial(); got != 1 || len(told) != 1 || !strings.Contains(told[0], "not used") {
		t.Errorf("half a new pair: serial %d, told %q", got, told)
	}
	now = now.Add(certificateCheck)
	if serial(); len(told) != 1 {
		t.Errorf("told twice: %q", told)
	}
	write(c.key, key)
	now = now.Add(certificateCheck)
	if got := serial(); got != 2 || len(told) != 2 {
		t.Errorf("the new pair: serial %d, told %q", got, told)
	}
	// A read that failed for a reason that no stamp shows is tried again.
	c.failed, c.current = true, nil
	now = now.Add(certificateCheck)
	if got := serial(); got != 2 || c.failed {
		t.Errorf("what failed is not tried again: serial %d", got)
	}
	told = told[:2]
	if err := os.Remove(c.cert); err != nil {
		t.Fatal(err)
	}
	now = now.Add(certificateCheck)
	if got := serial(); got != 2 || len(told) != 3 {
		t.Errorf("a pair that is gone: serial %d, told %q", got, told)
	}
}

func TestACertificateWhoseNewKeyEverybodyReadsIsNotUsed(t *testing.T) {
	var told bytes.Buffer
	dir := t.TempDir()
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	c := &Certificate{cert: filepath.Join(dir, "c.pem"), key: filepath.Join(dir, "k.pem"), now: func() time.Time { return now }, say: func(format string, args ...any) { fmt.Fprintf(&told, format, args...) }}
	write := func(serial int64, mode os.FileMode) {
		cert, key := certtest.Pair(t, serial)
		for path, content := range map[string][]byte{c.cert: cert, c.key: key} {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(c.key, mode); err != nil {
			t.Fatal(err)
		}
	}
	write(1, 0o600)
	if err := c.read(); err != nil {
		t.Fatal(err)
	}
	first := c.current
	write(22, 0o644)
	now = now.Add(2 * certificateCheck)
	if got, err := c.Get(nil); err != nil || got != first || !strings.Contains(told.String(), "by everybody") {
		t.Errorf("it is used: %v %v; told %q", got != first, err, told.String())
	}
}
