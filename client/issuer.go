package client

import (
	"net/url"
	"sync"
	"sync/atomic"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// issuer speaks to a service as a declaration says.
type issuer struct {
	*transport
	d        *kit.Declaration
	spelling wire.Verbatim
	sessions *sessions      // what the credential is exchanged for before each call; nil where it is sent itself
	own      *kit.Auth      // how the credential is sent, or its session
	tried    *kit.Auth      // how a key is sent whose secret is tried
	features *wire.Features // of permissions, and how the account spells them
	grants   kit.Value      // how permissions are sent
	query    atomic.Int32   // index in the declared queries of the list that the credential may read

	tokenServer *url.URL                  // where a key is exchanged; nil where none is
	whole       func(apikey.Secret) bool  // nil where no form of a whole secret is declared
	can         Abilities                 // what it can do beside what every one can
	told        atomic.Pointer[Catalogue] // what the service said of its permissions; nil for nothing
	answered    sync.Map                  // which secrets the probes accepted that need a permission, by call and fingerprint
	looksAtKeys sync.Map                  // the probes of which it was seen, though the shape of their answer is not known
}
