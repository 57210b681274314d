package sshd

import (
	"net"

	"github.com/charmbracelet/ssh"
	gossh "golang.org/x/crypto/ssh"
)

const operatorKey = "detent-operator"

type connKey struct{}

func (s *Server) connect(ctx ssh.Context, conn net.Conn) net.Conn {
	c := s.gate.admit(conn)
	if c == nil {
		return nil
	}
	ctx.SetValue(connKey{}, c)
	return c
}

// config is x/crypto's defaults, which are current, with fewer tries.
func (s *Server) config(ctx ssh.Context) *gossh.ServerConfig {
	c := &gossh.ServerConfig{MaxAuthTries: 6}
	c.AuthLogCallback = func(conn gossh.ConnMetadata, method string, err error) {
		if err != nil || method != "publickey" {
			return
		}
		connOf(ctx).loggedIn(ctx.Permissions().Extensions[operatorKey])
	}
	return c
}

func (s *Server) authenticate(ctx ssh.Context, key ssh.PublicKey) bool {
	name, ok := s.opts.Who(key)
	connOf(ctx).offer(gossh.FingerprintSHA256(key), name)
	if !ok {
		return false
	}
	ctx.Permissions().Extensions = map[string]string{operatorKey: name}
	return true
}

// connOf is the connection of a context: connect has put it there.
func connOf(ctx ssh.Context) *guarded { return ctx.Value(connKey{}).(*guarded) }

func ctxKey(ctx ssh.Context) gossh.PublicKey {
	key, _ := ctx.Value(ssh.ContextKeyPublicKey).(gossh.PublicKey)
	return key
}
