package remote

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	gossh "golang.org/x/crypto/ssh"

	"detent/config"
	"detent/disk"
)

// HostKey reads the server's key, or makes one where there is none. Two servers that start at once agree on one. An empty path is
// the usual one.
func HostKey(env config.Env, path string) ([]byte, gossh.PublicKey, error) {
	path, err := env.Expand(path)
	if err != nil {
		return nil, nil, err
	}
	if path == "" {
		dir, err := env.StateDir()
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
	if err := disk.First(path, pem.EncodeToMemory(block)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
