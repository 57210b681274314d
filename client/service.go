// Package client speaks to key services, as their declarations say, over one resty transport.
// Nothing above it sees HTTP, raw bytes or unscrubbed text.
package client

import (
	"context"
	"crypto/x509"
	"io"
	"sync/atomic"
	"time"

	"detent/apikey"
)

// Service is one key service as a caller sees it. Every method takes the
// context that bounds it; every error is a *Error.
type Service interface {
	// Capabilities never touches the network.
	Capabilities() apikey.Capabilities
	// List hands over the keys in batches as they are decoded. A batch is there until
	// each returns: what is kept is copied. A list that ends with an error was not complete.
	List(ctx context.Context, each func(batch []apikey.Key)) error
	// Create is never retried. An error with Outcome Unknown may have created the key.
	Create(ctx context.Context, draft apikey.Draft) (apikey.Created, error)
	// Update changes the fields that the patch names.
	Update(ctx context.Context, id string, patch apikey.Patch) (apikey.Key, error)
	// Delete is idempotent: a key that is already gone is not an error.
	Delete(ctx context.Context, id string) (apikey.Deleted, error)
	// Probe makes a harmless request with the secret and says what its answer shows. call is empty, and the service's
	// adapter chooses (it may go on to another read where one does not tell), or the Call of an earlier proof: then that one is
	// made and no other, so that a made-up secret, or the new one, can be compared by it. An answer that says nothing about
	// the secret is a Proof that is Silent; no answer, a 429, a 5xx and what fails on our side is an error.
	Probe(ctx context.Context, secret apikey.Secret, call string) (apikey.Proof, error)
}

// PublicKeys is what a service has that hands out public keys (Capabilities.PublicKeys).
type PublicKeys interface {
	RequestPublicKey(ctx context.Context, req apikey.PublicKeyRequest) (apikey.PublicKeyValue, error)
}

// Retriever is what a service has that can give a secret again (Capabilities.Retrieve).
// A key whose secret cannot be given is an absent Secret without an error.
type Retriever interface {
	Retrieve(ctx context.Context, id string) (apikey.Secret, error)
}

// Identifier is what a service has that can tell which listed key a secret belongs to.
// A nil key without an error means that it cannot be told.
type Identifier interface {
	Identify(ctx context.Context, secret apikey.Secret) (*apikey.Key, error)
}

// ProjectFinder is what a service has that can tell which project its credential belongs to:
// a new key lands there. Not known is no error.
type ProjectFinder interface {
	OwnProject(ctx context.Context) (project string, known bool, err error)
}

// Cataloguer is what a service has that can be asked which permissions a new key can have (Capabilities.Catalogue). From then on
// its Capabilities have what it said; what is returned may be given to Open another time, by Options.
type Cataloguer interface {
	Catalogue(ctx context.Context) (Catalogue, error)
}

// Roller is what a service has that gives a key a new secret (Capabilities.Roll).
type Roller interface {
	// Roll gives the key a new secret, in place or by another key beside it. Where the service takes names of rolls, what is sent again under
	// the same one is done once, and is answered without a secret. It is sent once; an error with Outcome Unknown may have done it.
	Roll(ctx context.Context, id string, order apikey.RollOrder) (apikey.Rolled, error)
	// EndOverlap makes the former secret die, and KeepFormer gives the key back to it, so that the new one dies. AlreadyGone says that no
	// overlap runs, or that there is no such key. Where a roll makes a key, KeepFormer gives the former one the end back that it had,
	// which it is told, and does nothing to the new one.
	EndOverlap(ctx context.Context, id string) (apikey.Deleted, error)
	KeepFormer(ctx context.Context, id string, ends apikey.Moment) (apikey.Deleted, error)
}

// SelfDeleter is what a service has by which a secret deletes its own key (Capabilities.SelfDelete).
type SelfDeleter interface {
	// DeleteBySecret makes that call with the secret as its credential; id is the key's. It is sent once. A refusal of the secret is an error: it
	// may be dead already.
	DeleteBySecret(ctx context.Context, id string, secret apikey.Secret) (apikey.Deleted, error)
}

// Clock is what a service has that shows its own time in answers: the last
// Date header seen, and the local time when it was seen.
type Clock interface {
	ServerTime() (server, local time.Time, ok bool)
}

// ListAll collects a whole list.
func ListAll(ctx context.Context, s Service) ([]apikey.Key, error) {
	var all []apikey.Key
	err := s.List(ctx, func(batch []apikey.Key) { all = append(all, batch...) })
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Options open a service.
type Options struct {
	Service string // the name of an issuer
	// IssuerFolder is where a user's own declarations are; empty for none.
	IssuerFolder string
	URL          string // origin, with an optional base path
	Token        apikey.Secret
	Parents      map[string]string // what the issuer's keys belong to, by the names that its declaration has
	Environment  apikey.Environment
	Exchange     bool   // send a JWT that the token server gave for the key, of an issuer that has one
	TokenURL     string // the token server, where it cannot be told from URL
	CanCreate    bool   // generic: the service offers POST /v1/api-keys
	SecretPrefix string // how secrets of this one begin, beside those of its kind
	ShownOnce    bool   // the service is known to give no secret again, whatever its contract has for that
	Whole        string // a regular expression of a whole secret, where that is known though the contract declares none
	// Catalogue is what the service said of its permissions in an earlier session; nil for nothing.
	Catalogue *Catalogue
	// ReadOnly refuses every write before it is sent (Kind ReadOnly, Outcome NotDone).
	ReadOnly bool
	// Timeout bounds one operation with its retries and waits.
	Timeout time.Duration
	// UserAgent is sent with every request.
	UserAgent string
	// Debug receives one redacted line a request; nil for none.
	Debug io.Writer
	// RootCAs are the certificate authorities to trust; nil for the system's.
	RootCAs *x509.CertPool
	// Now and Sleep are the clock; nil for the real one. Sleep returns early with the context's error.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	// Trial watches each answer and asks for smaller pages, where a declaration is tried; nil for none.
	Trial *Trial
	// Random is what made-up secrets are drawn from; nil for the system's.
	Random io.Reader
}

// Trial is how the calls of a declaration are watched while it is tried.
type Trial struct {
	// Answered is told of each answer, and of a call that had none; it may be called from several goroutines.
	Answered func(Answer)
	// PageSize is how many keys a page of the list is asked for, in place of what is declared; 0 for that.
	PageSize atomic.Int32
}

// Answer is what came of one request, of which nothing can hold a secret, a name or an id.
type Answer struct {
	Op     string // as the user would say it: "list keys"
	Call   string // as it is declared: "GET /projects/{project}/keys"
	Status int    // 0 for no answer
	Own    bool   // a refusal in the shape that the declaration says is the issuer's own
}
