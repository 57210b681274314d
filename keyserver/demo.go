package keyserver

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"detent/apikey"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// demoKey is a made-up key. Times are days before (created, used) or after (expires) now;
// an expiry in the past is negative, 0 is never.
type demoKey struct {
	Name     string
	Created  float64
	Used     float64
	Expires  float64
	Disabled bool

	Grants  json.RawMessage    // Prosopo: as on the wire; all permissions if left out
	Role    string             // Vertesia
	Kind    string             // Vertesia, sk if empty
	Project string             // Vertesia, the default one if empty
	Extra   json.RawMessage    // Vertesia
	Env     apikey.Environment // generic, live if empty
	Limits  json.RawMessage    // generic: as on the wire
}

//go:embed demo.json
var demoFile []byte

// demoKeys are a small company's: what works, what is due, and what nobody dares to touch.
var demoKeys = sync.OnceValue(func() (keys map[string][]demoKey) {
	if err := json.Unmarshal(demoFile, &keys); err != nil {
		panic(fmt.Sprintf("demo.json: %v", err))
	}
	return keys
})

// FillDemo stores believable keys whose secrets nobody knows, n in each of the contracts named, or in all; 0 is a small
// set that shows each thing worth seeing. They are stored oldest first, as the keys of a real account were: a list in
// order of creation then finds them side by side. 100,000 take a second or two.
func (s *Server) FillDemo(ctx context.Context, n int, services ...string) error {
	return s.FillDemoFor(ctx, n, func(string, string, apikey.Secret) {}, services...)
}

// FillDemoFor is FillDemo for somebody who is told each key's secret: the applications of a demo have some of them.
func (s *Server) FillDemoFor(ctx context.Context, n int, tell func(service, name string, secret apikey.Secret), services ...string) error {
	now := s.now()
	if len(services) == 0 {
		services = []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic}
	}
	return s.store.Load(ctx, func(ctx context.Context, tx store.Tx) error {
		fill, mints := s.store.FillKeys(ctx, tx), onceEachGrant()
		for _, service := range services {
			curated := demoKeys()[service]
			for _, i := range byAge(curated, cmp.Or(n, len(curated))) {
				k := s.demoRecord(service, demoAt(curated, i), now)
				secret, err := store.Mint(s.random, k)
				if err != nil {
					return err
				}
				tell(service, k.Name, apikey.NewSecret(secret))
				if err := fill.Add(k.Values(mints(k))); err != nil {
					return fmt.Errorf("store demo key %d: %w", i, err)
				}
			}
			if err := fill.Flush(); err != nil {
				return fmt.Errorf("store demo keys: %w", err)
			}
		}
		return nil
	})
}

// byAge are the numbers of the demo keys, oldest first.
func byAge(curated []demoKey, count int) []int {
	order := make([]int, count)
	for i := range order {
		order[i] = i
	}
	created := func(i int) float64 {
		if i < len(curated) {
			return curated[i].Created
		}
		return generatedAge(i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(created(b), created(a)) })
	return order
}

func demoAt(curated []demoKey, i int) demoKey {
	if i < len(curated) {
		return curated[i]
	}
	return generated(curated, i)
}

// onceEachGrant is canMint, asked once for each set of permissions.
func onceEachGrant() func(*store.Key) bool {
	mints := map[string]bool{}
	return func(k *store.Key) bool {
		if k.Service != wirename.Prosopo {
			return canMint(k)
		}
		can, known := mints[k.Permissions]
		if !known {
			can = canMint(k)
			mints[k.Permissions] = can
		}
		return can
	}
}

var (
	demoTeams  = []string{"payments", "checkout", "search", "catalog", "billing", "identity", "mobile", "reports", "legal", "support", "ledger", "mail"}
	demoParts  = []string{"api", "worker", "cron", "gateway", "sync", "webhook", "batch", "admin", "export", "cache", "proxy"}
	demoPlaces = []string{"prod", "staging", "eu", "us", "canary", "dr", "blue"}
)

// generated varies the curated keys: access from one of them, name and times by number. The strides
// share no factor with the lengths, so that neighbours differ.
func generated(curated []demoKey, i int) demoKey {
	d := curated[i%len(curated)]
	d.Name = fmt.Sprintf("%s-%s-%s-%d", demoTeams[i%len(demoTeams)], demoParts[i%len(demoParts)], demoPlaces[i%len(demoPlaces)], i)
	d.Created = generatedAge(i)
	switch i % 5 {
	case 0:
		d.Used = 0
	case 1, 2:
		d.Used = d.Created * float64(i%97+1) / 100
	default:
		d.Used = float64(i%1440+1) / 1440
	}
	if d.Expires != 0 {
		d.Expires = 1 + float64(i*53%365)
	}
	return d
}

// generatedAge is how many days ago a generated key was made. No two keys were made at once.
func generatedAge(i int) float64 { return 1 + float64(i*37%500) + float64(i/500%2000)/2000 }

func (s *Server) demoRecord(service string, d demoKey, now time.Time) *store.Key {
	at := func(days float64) int64 {
		return now.Add(time.Duration(days * 24 * float64(time.Hour))).UnixMilli()
	}
	k := &store.Key{Service: service, Name: d.Name, Enabled: !d.Disabled, CreatedAt: at(-d.Created), UpdatedAt: at(-d.Created),
		CreatedBy: "demo", UpdatedBy: "demo"}
	if d.Used > 0 {
		k.LastUsedAt = at(-d.Used)
	}
	if d.Expires != 0 {
		k.ExpiresAt = at(d.Expires)
	}
	switch service {
	case wirename.Prosopo:
		k.Permissions = cmp.Or(string(d.Grants), allPermissions())
	case wirename.Vertesia:
		k.Type, k.Role, k.Extra = cmp.Or(d.Kind, apikey.SecretKey), d.Role, string(d.Extra)
		k.Project, k.ProjectName = cmp.Or(d.Project, s.project.id), cmp.Or(d.Project, s.project.name)
	default:
		k.Environment, k.Restrictions = cmp.Or(d.Env, apikey.Live), string(d.Limits)
	}
	return k
}
