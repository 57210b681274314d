//go:build unix

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate is signed by itself, and trusted by whoever trusts its PEM.
func certificate(t *testing.T, ip string, ends time.Time) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: ends, IPAddresses: []net.IP{net.ParseIP(ip)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}

// TestNothingIsSentWithoutAValidCertificate: over a line that cannot prove who answers, no command sends a byte of a
// request, each says so, and each is certain that nothing was changed. The last case shows that the tables are not turned.
func TestNothingIsSentWithoutAValidCertificate(t *testing.T) {
	t.Parallel()
	good, goodCA := certificate(t, "127.0.0.1", time.Now().Add(time.Hour))
	expired, expiredCA := certificate(t, "127.0.0.1", time.Now().Add(-time.Hour))
	other, otherCA := certificate(t, "127.0.0.2", time.Now().Add(time.Hour))
	commands := []struct {
		args  []string
		stdin string
		code  int
	}{
		{[]string{"list"}, "", 1}, {[]string{"create", "--name", "k", "--role", "reader"}, "", 1}, {[]string{"update", "k", "--disable"}, "", 1},
		{[]string{"public-key"}, "", 1}, {[]string{"delete", "k", "--yes"}, "", 1}, {[]string{"verify"}, "sk-abcdefghijklmnop", 1}, {[]string{"check"}, "", 2},
		{[]string{"config", "check", "--profile", "p"}, "", 1}, {[]string{"rotate", "k", "--yes", "--deliver", "file:k"}, "", 1},
	}
	runs := 0
	for _, c := range []struct {
		name, ca string
		config   *tls.Config // nil: no TLS at all
		refuse   func(net.Conn)
		works    bool
	}{
		{name: "an authority nobody knows", config: &tls.Config{Certificates: []tls.Certificate{good}}},
		{name: "an expired certificate", ca: expiredCA, config: &tls.Config{Certificates: []tls.Certificate{expired}}},
		{name: "the certificate of another host", ca: otherCA, config: &tls.Config{Certificates: []tls.Certificate{other}}},
		{name: "TLS 1.1 at most", ca: goodCA, config: &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}},
		{name: "no TLS at all"},
		{name: "a connection that breaks in the handshake", refuse: func(c net.Conn) { _ = c.Close() }},
		{name: "a certificate as it should be", ca: goodCA, config: &tls.Config{Certificates: []tls.Certificate{good}}, works: true},
	} {
		requests := make(chan string, 100)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests <- r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization")
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("[]"))
		}))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		switch {
		case c.refuse != nil:
			server.Listener = refusing{server.Listener, c.refuse}
			server.Start()
		case c.config != nil:
			server.TLS = c.config
			server.StartTLS()
		default:
			server.Start()
		}
		t.Cleanup(server.Close)
		h := newHome(t)
		h.config(t, fmt.Sprintf("default_profile = \"p\"\n[profiles.p]\nservice = \"vertesia\"\nurl = \"https://%s\"\ntoken = { env = \"E2E_TOKEN\" }\n", server.Listener.Addr()))
		h.env = append(h.env, "E2E_TOKEN=sk-never-sent-0123456789")
		if c.ca != "" {
			h.env = append(h.env, "SSL_CERT_FILE="+c.ca, "SSL_CERT_DIR=/nowhere")
		}
		if c.works {
			if r := h.run(t, "", "list", "--timeout", "10s"); r.code != 0 || len(requests) == 0 {
				t.Fatalf("%s: %+v", c.name, r)
			}
			continue
		}
		for i, command := range commands {
			if testing.Short() && i > 1 {
				break
			}
			runs++
			r := h.run(t, command.stdin, append(command.args, "--timeout", "5s")...)
			said := r.stdout + r.stderr
			if r.code != command.code || !strings.Contains(said, "tls") && c.refuse == nil || strings.Contains(said, "sk-never") {
				t.Errorf("%s: %v: exit %d\n%s", c.name, command.args, r.code, said)
			}
			if c.refuse == nil && strings.Contains(said, "not known whether") {
				t.Errorf("%s: %v: it is certain that nothing was sent:\n%s", c.name, command.args, said)
			}
		}
		if len(requests) > 0 {
			t.Errorf("%s: a request got through: %s", c.name, <-requests)
		}
	}
	t.Logf("commands without a valid certificate: %d runs of real processes, no request sent", runs)
}

// refusing ends each connection at once.
type refusing struct {
	net.Listener
	end func(net.Conn)
}

func (r refusing) Accept() (net.Conn, error) {
	c, err := r.Listener.Accept()
	if err == nil {
		r.end(c)
	}
	return c, err
}
