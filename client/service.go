// Package client speaks to key services, as their declarations say, over one resty transport.
// Nothing above it sees HTTP, raw bytes or unscrubbed text.
//
// What comes back is read by package wire. The files here from the bottom up: the promises (service.go, options.go, errors.go, unsent.go); how a
// service says no (wordlists.go, dialect.go, remedy.go, verdict.go); one call (failure.go, salvage.go, attempt.go, transport.go). Then a
// declaration carried out: what it allows (issuer.go, issuer_offered.go, issuer_can.go), what is sent (issuer_request.go, issuer_session.go),
// what a row becomes (issuer_row.go), the list (issuer_pages.go), a call about one key (issuer_about.go), a file for each thing
// that can be done, and open.go on top. What works with any service stands beside it: as.go, verify.go, among.go, callnames.go.
package client

import (
	"context"
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

// Lister is what a service has whose list shows secrets.
type Lister interface {
	// Listed is the key whose row shows this very secret, and shows it on; nil where none does.
	Listed(ctx context.Context, secret apikey.Secret) (*apikey.Key, error)
}

// Cataloguer is what a service has that can be asked which permissions a new key can have (Capabilities.Catalogue). From then on
// its Capabilities have what it said; what is returned may be given to Open another time, by Options.
type Cataloguer interface {
	Catalogue(ctx context.Context) (Catalogue, error)
}

// ParentTeller is what a service has that can be asked what keys can belong to: its projects, accounts or users.
type ParentTeller interface {
	ParentChoices(ctx context.Context, parent string) (Choices, error)
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
