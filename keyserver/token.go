package keyserver

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"detent/keyserver/store"
)

const (
	// tokenLife is how long an exchanged token is good for, while its key is.
	tokenLife = time.Hour
	// signerLife is how long one signing key signs; its public half is stored for tokenLife longer.
	signerLife = 24 * time.Hour
)

// signers sign and check exchanged tokens. The private key is in memory only; the public ones are
// stored, so that a token outlives a restart and other processes on the store accept it, and so that
// nobody who reads the store can make one. Public keys are cached: they prove who signed, and no more; the key that a token
// stands for is looked up in the store each time.
type signers struct {
	mu       sync.Mutex
	kid      string
	private  ed25519.PrivateKey
	since    time.Time
	public   map[string]ed25519.PublicKey
	verified map[[sha256.Size]byte]tokenSubject // tokens that were checked
}

type tokenHeader struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	Key       string `json:"kid"`
}

// namedRef is how Vertesia names an account or a project inside a token.
type namedRef struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Account string `json:"account,omitempty"`
}

// tokenClaims are what the published client reads of a token.
type tokenClaims struct {
	Subject      string     `json:"sub"` // the key's id
	Name         string     `json:"name"`
	Type         string     `json:"type"`
	Account      namedRef   `json:"account"`
	Accounts     []namedRef `json:"accounts"`
	AccountRoles []string   `json:"account_roles"`
	Project      *namedRef  `json:"project,omitempty"`
	ProjectRoles []string   `json:"project_roles"`
	Apps         []string   `json:"apps"`
	Issuer       string     `json:"iss"`
	Audience     string     `json:"aud"`
	IssuedAt     int64      `json:"iat"`
	Expires      int64      `json:"exp"`
	ID           string     `json:"jti"`
}

// Neither comes from a request: who asks does not say who answers.
const (
	tokenIssuer   = "detent"
	tokenAudience = "detent"
	accountName   = "detent"
)

var b64 = base64.RawURLEncoding

// issueToken makes a token that stands for the key.
func (s *Server) issueToken(ctx context.Context, k *store.Key, now time.Time) (string, error) {
	kid, private, err := s.signer(ctx, now)
	if err != nil {
		return "", err
	}
	jti, err := store.RandomText(s.random, 10)
	if err != nil {
		return "", err
	}
	account := namedRef{ID: s.account, Name: accountName}
	head, err := json.Marshal(tokenHeader{Algorithm: "EdDSA", Type: "JWT", Key: kid})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(tokenClaims{
		Subject: k.ID, Name: k.Name, Type: "apikey", Account: account, Accounts: []namedRef{account},
		AccountRoles: []string{k.Role}, ProjectRoles: []string{k.Role}, Apps: []string{},
		Project: &namedRef{ID: k.Project, Name: k.ProjectName, Account: s.account},
		Issuer:  tokenIssuer, Audience: tokenAudience, IssuedAt: now.Unix(), Expires: now.Add(tokenLife).Unix(), ID: jti,
	})
	if err != nil {
		return "", err
	}
	signed := b64.EncodeToString(head) + "." + b64.EncodeToString(claims)
	return signed + "." + b64.EncodeToString(ed25519.Sign(private, []byte(signed))), nil
}

// tokenSubject is what a token says.
type tokenSubject struct {
	id    string // of a key
	until int64  // seconds since 1970
}

// openToken reads a token that this service has signed. That it has does not change, so it is checked once.
func (s *Server) openToken(ctx context.Context, token string, now time.Time) (tokenSubject, error) {
	sum := store.HashSecret(token)
	if known, ok := s.signers.checked(sum); ok {
		return known, nil
	}
	parts := strings.Split(token, ".")
	var head tokenHeader
	var claims tokenClaims
	signature, err := b64.DecodeString(parts[2])
	if err == nil && b64.EncodeToString(signature) != parts[2] {
		return tokenSubject{}, errUnknownKey // another spelling of the same bytes
	}
	if err = errors.Join(err, decodePart(parts[0], &head), decodePart(parts[1], &claims)); err != nil || head.Algorithm != "EdDSA" {
		return tokenSubject{}, errUnknownKey
	}
	public, err := s.verifier(ctx, head.Key, now)
	if err != nil {
		return tokenSubject{}, err
	}
	if public == nil || !ed25519.Verify(public, []byte(parts[0]+"."+parts[1]), signature) || claims.Audience != tokenAudience {
		return tokenSubject{}, errUnknownKey
	}
	stands := tokenSubject{claims.Subject, claims.Expires}
	s.signers.check(sum, stands)
	return stands, nil
}

// checked is what a token stands for whose signature was found to be right, by the token's hash.
func (g *signers) checked(sum [sha256.Size]byte) (tokenSubject, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	stands, ok := g.verified[sum]
	return stands, ok
}

// check keeps that; when there are too many it begins anew.
func (g *signers) check(sum [sha256.Size]byte, stands tokenSubject) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.verified == nil || len(g.verified) >= maxFresh {
		g.verified = map[[sha256.Size]byte]tokenSubject{}
	}
	g.verified[sum] = stands
}

func decodePart(part string, into any) error {
	raw, err := b64.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// signer returns the signing key of this process, making one when there is none or it is too old.
func (s *Server) signer(ctx context.Context, now time.Time) (string, ed25519.PrivateKey, error) {
	g := &s.signers
	g.mu.Lock()
	defer g.mu.Unlock()
	if age := now.Sub(g.since); g.private != nil && age >= 0 && age < signerLife {
		return g.kid, g.private, nil
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(s.random, seed); err != nil {
		return "", nil, fmt.Errorf("make a signing key: %w", err)
	}
	kid, err := store.RandomText(s.random, 10)
	if err != nil {
		return "", nil, err
	}
	private := ed25519.NewKeyFromSeed(seed)
	public := private.Public().(ed25519.PublicKey)
	err = s.store.Add(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM signers WHERE expires_at <= $1`, now.UnixMilli()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO signers (kid, public, expires_at) VALUES ($1, $2, $3)`,
			kid, b64.EncodeToString(public), now.Add(signerLife+tokenLife).UnixMilli())
		return err
	})
	if err != nil {
		return "", nil, fmt.Errorf("store a signing key: %w", err)
	}
	g.kid, g.private, g.since = kid, private, now
	g.public = map[string]ed25519.PublicKey{kid: public}
	return kid, private, nil
}

// verifier returns the public key of that name, nil if there is none.
func (s *Server) verifier(ctx context.Context, kid string, now time.Time) (ed25519.PublicKey, error) {
	g := &s.signers
	g.mu.Lock()
	defer g.mu.Unlock()
	if public, ok := g.public[kid]; ok {
		return public, nil
	}
	if !store.Storable(kid) {
		return nil, nil
	}
	var text string
	err := s.store.Read(ctx, func(ctx context.Context, q store.Queryer) error {
		return q.QueryRowContext(ctx, `SELECT public FROM signers WHERE kid = $1 AND expires_at > $2`, kid, now.UnixMilli()).Scan(&text)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	raw, err := b64.DecodeString(text)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("the stored signing key %s is damaged", kid)
	}
	if g.public == nil {
		g.public = map[string]ed25519.PublicKey{}
	}
	g.public[kid] = raw
	return raw, nil
}
