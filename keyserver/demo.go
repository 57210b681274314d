package keyserver

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"detent/apikey"
	"detent/keyserver/store"
)

// demoKey is a made-up key. Times are days before (created, used) or after (expires) now;
// an expiry in the past is negative, 0 is never.
type demoKey struct {
	name     string
	created  float64
	used     float64
	expires  float64
	disabled bool

	grants  string             // Prosopo: JSON as on the wire
	role    string             // Vertesia
	kind    string             // Vertesia, sk if empty
	project string             // Vertesia, the default one if empty
	extra   string             // Vertesia
	env     apikey.Environment // generic, live if empty
	limits  string             // generic: JSON as on the wire
}

const (
	demoVerify    = `{"Verify":["verify"]}`
	demoReadRules = `{"AccessRules":["getRules"]}`
	demoRules     = `{"AccessRules":["getRules","createRule","deleteRule","deleteRuleGroup"]}`
	demoSites     = `{"Sites":["getSite","getSites","createSite","updateSite"]}`
	demoNoOp      = `{"AccessRules":["getSuggestion","getSuggestions","applySuggestions"]}`
	demoMint      = `{"ApiKeys":["getApiKeys","createApiKey","deleteApiKey"]}`
	demoTeam      = `{"Users":["getUsers","createUser","updateUser","deleteUser"]}`
	demoTraffic   = `{"Traffic":["getTraffic"],"SearchCaptchaRecords":["searchCaptchaRecords"]}`
)

// demoKeys are a small company's: what works, what is due, and what nobody dares to touch.
var demoKeys = sync.OnceValue(func() map[string][]demoKey {
	return map[string][]demoKey{
		apikey.Prosopo: {
			{name: "payments-api", created: 81, used: 0.001, expires: 9, grants: `{"AccessRules":["getRules","createRule"],"Traffic":["getTraffic"],"Verify":["verify"]}`},
			{name: "checkout-verify", created: 12, used: 0.0003, grants: demoVerify},
			{name: "ci-deploy", created: 40, used: 0.2, expires: 50, grants: demoSites},
			{name: "login-form (prod)", created: 203, used: 0.002, grants: demoVerify},
			{name: "login-form (staging)", created: 198, used: 6, grants: demoVerify},
			{name: "waf-sync", created: 27, used: 0.04, expires: 63, grants: demoRules},
			{name: "waf-sync", created: 118, used: 28, grants: demoRules},
			{name: "traffic-dashboard", created: 61, used: 0.01, expires: 29, grants: demoTraffic},
			{name: "terraform", created: 92, used: 3, grants: `{"Sites":["getSite","getSites","createSite","deleteSite","updateSite"],"ApiKeys":["getApiKeys","createApiKey","deleteApiKey"]}`},
			{name: "key-rotation-bot", created: 15, used: 1, expires: 15, grants: demoMint},
			{name: "contractor: acme audit", created: 35, used: 8, expires: -5, grants: `{"AccessRules":["getRules"],"SearchCaptchaRecords":["searchCaptchaRecords"]}`},
			{name: "suggestions-experiment", created: 150, grants: demoNoOp},
			{name: "hr-offboarding", created: 300, used: 110, grants: demoTeam},
			{name: "日本語サイト – ログイン", created: 20, used: 0.5, expires: 70, grants: demoVerify},
			{name: "موقع الدفع", created: 18, used: 0.7, expires: 72, grants: demoVerify},
			{name: "grafana-readonly", created: 5, used: 0.0008, expires: 2, grants: demoReadRules},
			{name: "tmp-debug-maria", created: 0.08, expires: 0.04, grants: demoReadRules},
			{name: "mobile-app-backend-eu-central-1-blue-green-canary-2026q4", created: 55, used: 0.003, expires: 35, grants: demoVerify},
			{name: "everything (do not use)", created: 420, used: 95, grants: allPermissions()},
		},
		apikey.Vertesia: {
			{name: "studio-backend", created: 74, used: 0.001, expires: 16, role: "developer"},
			{name: "Public API Key (generated)", created: 0.3, used: 0.002, expires: 0.7, role: "executor", kind: apikey.PublicKey},
			{name: "docs-site", created: 0.6, expires: 0.4, role: "executor", kind: apikey.PublicKey},
			{name: "doc-intake", created: 33, used: 0.01, expires: 57, role: "application"},
			{name: "contract-review", created: 140, used: 0.2, role: "executor"},
			{name: "contract-review (old)", created: 320, used: 31, role: "executor", disabled: true},
			{name: "ci-deploy", created: 45, used: 0.1, expires: 45, role: "developer"},
			{name: "terraform", created: 130, used: 2, role: "admin"},
			{name: "break-glass", created: 210, role: "admin", disabled: true},
			{name: "metrics-export", created: 8, used: 0.004, expires: 82, role: "reader"},
			{name: "metrics-export", created: 99, used: 9, role: "reader"},
			{name: "staging-intake", created: 22, used: 1, expires: 68, role: "application", project: "staging"},
			{name: "load-test", created: 22, expires: 5, role: "executor", project: "staging"},
			{name: "legal-eu", created: 12, used: 0.3, expires: 78, role: "executor", extra: `{"clearance":2,"compartments":["legal","eu"]}`},
			{name: "契約書レビュー", created: 60, used: 0.8, expires: 30, role: "executor"},
			{name: "tmp-demo-tuesday", created: 0.9, used: 0.5, expires: 0.1, role: "reader"},
			{name: "scim-sync", created: 180, used: 0.02, role: "manager", extra: `{"scim_provisioning":true}`},
		},
		apikey.Generic: {
			{name: "Production Key", created: 85, used: 0.0002, limits: `{"ip_addresses":["203.0.113.0/24"],"referrers":[],"endpoints":["/v1/users"]}`},
			{name: "Production Key", created: 260, used: 0.4},
			{name: "billing-worker", created: 30, used: 0.003, expires: 60, limits: `{"ip_addresses":["10.20.0.0/16"],"referrers":[],"endpoints":[]}`},
			{name: "storefront", created: 64, used: 0.001, limits: `{"ip_addresses":[],"referrers":["https://shop.example.com/*"],"endpoints":["/v1/users"]}`},
			{name: "data-warehouse", created: 110, used: 0.9},
			{name: "partner: northwind", created: 79, used: 2, expires: 11},
			{name: "partner: contoso", created: 120, used: 65, expires: -30},
			{name: "old-monolith", created: 410, used: 130},
			{name: "never-deployed", created: 97},
			{name: "support-tool", created: 14, used: 0.05, expires: 76, limits: `{"ip_addresses":["198.51.100.7"],"referrers":["https://support.example.com"],"endpoints":["/v1/users"]}`},
			{name: "ключ для отчётов", created: 41, used: 1.5, expires: 49},
			{name: "מפתח בדיקה", created: 3, used: 0.3, expires: 27, env: apikey.Test},
			{name: "Test Key", created: 88, used: 0.01, env: apikey.Test},
			{name: "ci", created: 19, used: 0.004, expires: 71, env: apikey.Test},
			{name: "local-dev-tom", created: 150, used: 12, env: apikey.Test},
			{name: "local-dev-ana", created: 7, env: apikey.Test},
			{name: "loadtest-2026-11", created: 2, used: 1, expires: 0.5, env: apikey.Test, limits: `{"ip_addresses":["127.0.0.1","::1"],"referrers":[],"endpoints":[]}`},
		},
	}
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
		services = []string{apikey.Prosopo, apikey.Vertesia, apikey.Generic}
	}
	return s.store.Load(ctx, func(ctx context.Context, tx store.Tx) error {
		fill, mints := s.store.FillKeys(ctx, tx), onceEachGrant()
		for _, service := range services {
			curated := demoKeys()[service]
			count := n
			if n == 0 {
				count = len(curated)
			}
			for _, i := range byAge(curated, count) {
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
			return curated[i].created
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
		if k.Service != apikey.Prosopo {
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
	d.name = fmt.Sprintf("%s-%s-%s-%d", demoTeams[i%len(demoTeams)], demoParts[i%len(demoParts)], demoPlaces[i%len(demoPlaces)], i)
	d.created = generatedAge(i)
	switch i % 5 {
	case 0:
		d.used = 0
	case 1, 2:
		d.used = d.created * float64(i%97+1) / 100
	default:
		d.used = float64(i%1440+1) / 1440
	}
	if d.expires != 0 {
		d.expires = 1 + float64(i*53%365)
	}
	return d
}

// generatedAge is how many days ago a generated key was made. No two keys were made at once.
func generatedAge(i int) float64 { return 1 + float64(i*37%500) + float64(i/500%2000)/2000 }

func (s *Server) demoRecord(service string, d demoKey, now time.Time) *store.Key {
	at := func(days float64) int64 {
		return now.Add(time.Duration(days * 24 * float64(time.Hour))).UnixMilli()
	}
	k := &store.Key{Service: service, Name: d.name, Enabled: !d.disabled, CreatedAt: at(-d.created), UpdatedAt: at(-d.created),
		CreatedBy: "demo", UpdatedBy: "demo"}
	if d.used > 0 {
		k.LastUsedAt = at(-d.used)
	}
	if d.expires != 0 {
		k.ExpiresAt = at(d.expires)
	}
	switch service {
	case apikey.Prosopo:
		k.Permissions = d.grants
	case apikey.Vertesia:
		k.Type, k.Role, k.Extra = d.kind, d.role, d.extra
		if k.Type == "" {
			k.Type = apikey.SecretKey
		}
		k.Project, k.ProjectName = s.project.id, s.project.name
		if d.project != "" {
			k.Project, k.ProjectName = d.project, d.project
		}
	default:
		k.Environment, k.Restrictions = d.env, d.limits
		if k.Environment == "" {
			k.Environment = apikey.Live
		}
	}
	return k
}
