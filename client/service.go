// Package client speaks to key services, as their declarations say, over one resty transport.
// Nothing above it sees HTTP, raw bytes or unscrubbed text.
//
// What comes back is read by package wire. The files here from the bottom up: the promises (service.go, options.go, errors.go, unsent.go); how a
// service says no (dialect.go, remedy.go, verdict.go); one call (failure.go, salvage.go, attempt.go, transport.go). Then a
// declaration carried out: what it allows (issuer.go, issuer_offered.go, issuer_can.go), what is sent (issuer_request.go, issuer_session.go),
// what a row becomes (issuer_row.go), the list (issuer_pages.go), a call about one key (issuer_about.go), a file for each thing
// that can be done, and open.go on top. What works with any service stands beside it: verify.go, among.go.
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
	// Abilities never touches the network, and never change.
	Abilities() Abilities
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

// Abilities are the calls that not every service has. One that is nil is not there, whatever stands around the service: what wraps one gives
// out its Abilities, with its own in place of those that are there (Where). Their errors are a Service's, each a *Error.
type Abilities struct {
	// CheckDraft says why a create of the draft would be refused here, before anything is sent; it never touches the network.
	CheckDraft func(draft apikey.Draft) error
	// RequestPublicKey hands out a public key (Capabilities.PublicKeys).
	RequestPublicKey func(ctx context.Context, req apikey.PublicKeyRequest) (apikey.PublicKeyValue, error)
	// Retrieve gives a secret again (Capabilities.Retrieve). A key whose secret cannot be given is an absent Secret without an error.
	Retrieve func(ctx context.Context, id string) (apikey.Secret, error)
	// Identify tells which listed key a secret belongs to. A nil key without an error means that it cannot be told.
	Identify func(ctx context.Context, secret apikey.Secret) (*apikey.Key, error)
	// OwnProject tells which project the credential belongs to: a new key lands there. Not known is no error.
	OwnProject func(ctx context.Context) (project string, known bool, err error)
	// Listed is the key whose row shows this very secret, and shows it on; nil where none does. It is there where the list shows secrets.
	Listed func(ctx context.Context, secret apikey.Secret) (*apikey.Key, error)
	// Catalogue asks which permissions a new key can have (Capabilities.Catalogue). From then on Capabilities have what was said; what is
	// returned may be given to Open another time, by Options.
	Catalogue func(ctx context.Context) (Catalogue, error)
	// ParentChoices asks what keys can belong to: the service's projects, accounts or users.
	ParentChoices func(ctx context.Context, parent string) (Choices, error)
	// Roll gives the key a new secret, in place or by another key beside it (Capabilities.Roll). Where the service takes names of rolls, what
	// is sent again under the same one is done once, and is answered without a secret. It is sent once; an error with Outcome Unknown may
	// have done it.
	Roll func(ctx context.Context, id string, order apikey.RollOrder) (apikey.Rolled, error)
	// EndOverlap makes the former secret die (Capabilities.Roll.End), and KeepFormer gives the key back to it, so that the new one dies
	// (Capabilities.Roll.Keep). AlreadyGone says that no overlap runs, or that there is no such key. Where a roll makes a key, KeepFormer
	// gives the former one the end back that it had, which it is told, and does nothing to the new one.
	EndOverlap func(ctx context.Context, id string) (apikey.Deleted, error)
	KeepFormer func(ctx context.Context, id string, ends apikey.Moment) (apikey.Deleted, error)
	// DeleteBySecret has a secret delete its own key (Capabilities.SelfDelete): it is the credential of the call, and id the key's. It is sent
	// once. A refusal of the secret is an error: it may be dead already.
	DeleteBySecret func(ctx context.Context, id string, secret apikey.Secret) (apikey.Deleted, error)
	// ServerTime is the last Date that an answer had, and the local time when it was seen; not ok before there was one.
	ServerTime func() (server, local time.Time, ok bool)
	// CallNames names the requests of an operation: "GET /v1/api-keys". The operations are list, create, update (off and on), rename, delete, probe, identify,
	// project, retrieve, catalogue, roll, and end and keep for what ends an overlap and gives a key back to its former secret. A plan says
	// by it what will be sent; a test compares it with what was.
	CallNames func(op string) []string
}

// Where is a call that is there only where something holds.
func Where[F any](holds bool, call F) (none F) {
	if holds {
		return call
	}
	return none
}

// ServerTime is the time that a service showed last, and ours at that moment; not ok where it has shown none.
func ServerTime(s Service) (server, local time.Time, ok bool) {
	if clock := s.Abilities().ServerTime; clock != nil {
		return clock()
	}
	return time.Time{}, time.Time{}, false
}

// CallNames names the requests of an operation; the operation itself where the service does not say.
func CallNames(s Service, op string) []string {
	if names := s.Abilities().CallNames; names != nil {
		return names(op)
	}
	return []string{op}
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
