package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/desk"
	"detent/keyserver/wirename"
	"detent/rotation"
	"detent/tui/ui"
)

// clock is the time of a test: it moves only when told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// fakeService holds keys in memory. What it is told to fail at, fails.
type fakeService struct {
	mu    sync.Mutex
	caps  apikey.Capabilities
	keys  []apikey.Key
	clock *clock
	batch int

	listErr  error
	writeErr error
	slow     chan struct{} // where not nil, a list waits for it
	hold     chan struct{} // where not nil, writes wait for it
	entered  chan struct{} // where not nil, told of each write before it waits
	calls    []string
}

func (f *fakeService) Capabilities() apikey.Capabilities {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.caps
}

func (f *fakeService) Abilities() client.Abilities { return client.Abilities{} }

// offer makes these the permissions that a new key can have.
func (f *fakeService) offer(known apikey.Catalogue, groups ...apikey.PermissionGroup) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.caps.Catalogue, f.caps.PermissionGroups = known, groups
}

func (f *fakeService) List(ctx context.Context, each func([]apikey.Key)) error {
	f.mu.Lock()
	keys, err, size := append([]apikey.Key(nil), f.keys...), f.listErr, f.batch
	f.calls = append(f.calls, "list")
	f.mu.Unlock()
	if f.slow != nil {
		<-f.slow
	}
	if size == 0 {
		size = 100
	}
	for from := 0; from < len(keys); from += size {
		if err != nil && from >= len(keys)/2 {
			break
		}
		each(keys[from:min(from+size, len(keys))])
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return err
}

func (f *fakeService) write(call string) error {
	if f.entered != nil {
		f.entered <- struct{}{}
	}
	if f.hold != nil {
		<-f.hold
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, call)
	return f.writeErr
}

func (f *fakeService) Create(_ context.Context, d apikey.Draft) (apikey.Created, error) {
	if err := f.write("create " + d.Name); err != nil {
		return apikey.Created{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	k := apikey.Key{ID: fmt.Sprintf("new-%d", len(f.keys)), Name: d.Name, Permissions: d.Permissions, Role: d.Role, CreatedAt: apikey.At(f.clock.Now()), ExpiresAt: apikey.Never()}
	f.keys = append(f.keys, k)
	return apikey.Created{Key: k, Secret: apikey.NewSecret("pk7_canary_secret_of_the_test")}, nil
}

func (f *fakeService) Update(_ context.Context, id string, p apikey.Patch) (apikey.Key, error) {
	if err := f.write("update " + id); err != nil {
		return apikey.Key{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.keys {
		if f.keys[i].ID == id {
			if p.Enabled != nil {
				f.keys[i].Enabled = p.Enabled
			}
			if p.Name != nil {
				f.keys[i].Name = *p.Name
			}
			return f.keys[i], nil
		}
	}
	return apikey.Key{}, &client.Error{Op: "update", Kind: client.NotFound, Status: 404, Outcome: client.NotDone}
}

func (f *fakeService) Delete(_ context.Context, id string) (apikey.Deleted, error) {
	if err := f.write("delete " + id); err != nil {
		return apikey.Deleted{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.keys {
		if f.keys[i].ID == id {
			f.keys = append(f.keys[:i:i], f.keys[i+1:]...)
			return apikey.Deleted{}, nil
		}
	}
	return apikey.Deleted{AlreadyGone: true}, nil
}

// order makes the calls of one.
func (f *fakeService) order(ctx context.Context, o desk.Order) (out desk.Outcome, err error) {
	switch o.What {
	case desk.Create:
		out.Created, err = f.Create(ctx, o.Draft)
	case desk.Update:
		out.Key, err = f.Update(ctx, o.Key.ID, o.Patch)
	case desk.Delete:
		if o.Secret.IsZero() {
			out.Deleted, err = f.Delete(ctx, o.Key.ID)
		} else {
			err = f.write("delete " + o.Key.ID + " by its secret")
		}
	default:
		err = fmt.Errorf("no %s here", o.What)
	}
	return out, err
}

func (f *fakeService) Probe(_ context.Context, _ apikey.Secret, call string) (apikey.Proof, error) {
	proof := apikey.Proof{Verdict: apikey.Accepted, Call: "GET /v1", Status: 200, Evidence: "GET /v1 answered 200"}
	if call != "" { // the control: a secret that nobody has
		proof.Verdict, proof.Status = apikey.Refused, 401
	}
	return proof, nil
}

func (f *fakeService) called(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if c == call {
			n++
		}
	}
	return n
}

// fakeHost has three profiles.
type fakeHost struct {
	service  *fakeService
	profiles []ui.Profile
	openErr  error
	openings []string
	rotating []rotation.View // read by openRotations, written by rotates
	// catalogue asks the service which permissions there are.
	catalogue func(context.Context) error
	unshown   error    // why a secret may not be shown
	stuck     error    // why what a place held cannot be put back
	secrets   []string // what was said of each that was shown, copied and saved
	mu        sync.Mutex
}

// rotates says which rotations are open, whatever else goes on.
func (h *fakeHost) rotates(open ...rotation.View) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rotating = open
}

func (h *fakeHost) openRotations() []rotation.View {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.rotating)
}

func (h *fakeHost) Profiles() []ui.Profile { return h.profiles }
func (h *fakeHost) Issuers() []ui.Issuer {
	return []ui.Issuer{{Name: "prosopo", Title: "Prosopo", URL: "https://api.prosopo.io"}, {Name: "vertesia", Title: "Vertesia", URL: "https://api.vertesia.io", Settings: []string{"auth"}},
		{Name: "generic", Title: "generic", Settings: []string{"create"}}}
}
func (h *fakeHost) NeedsTerminal(string) bool { return false }

func (h *fakeHost) Open(_ context.Context, name string) (ui.Connection, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.openings = append(h.openings, name)
	if h.openErr != nil {
		return ui.Connection{}, h.openErr
	}
	for _, p := range h.profiles {
		if p.Name == name {
			return ui.Connection{
				Profile: p, Service: h.service, Order: h.service.order, Policy: apikey.DefaultPolicy(), Catalogue: h.catalogue,
				Rotations: h.openRotations,
			}, nil
		}
	}
	return ui.Connection{}, errors.New("there is no profile " + name)
}

func (h *fakeHost) SaveProfile(_ context.Context, before *ui.ProfileDraft, p ui.ProfileDraft) error {
	for i, old := range h.profiles {
		if before != nil && old.Name == p.Name {
			h.profiles[i].ReadOnly, h.profiles[i].Draft = p.ReadOnly, p
			return nil
		}
	}
	h.profiles = append(h.profiles, ui.Profile{Name: p.Name, Service: p.Service, URL: p.URL})
	return nil
}

func (h *fakeHost) Showing(_ context.Context, profile string, k apikey.Key) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secrets = append(h.secrets, "shown "+profile+" "+k.ID)
	return h.unshown
}

func (h *fakeHost) Deliver(_ context.Context, profile string, k apikey.Key, to string, _ apikey.Secret, _ bool) (ui.Delivered, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secrets = append(h.secrets, "to "+to+" "+profile+" "+k.ID)
	return ui.Delivered{Summary: "stored"}, nil
}

func (h *fakeHost) TakeBack(_ context.Context, profile string, k apikey.Key) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secrets = append(h.secrets, "back "+profile+" "+k.ID)
	return []string{"API_KEY put back"}, h.stuck
}

func (h *fakeHost) Settle(_ context.Context, profile string, k apikey.Key) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secrets = append(h.secrets, "settled "+profile+" "+k.ID)
}

// Past is empty: nothing was done from here.
func (h *fakeHost) Past(context.Context, string, string) (ui.Past, error) { return ui.Past{}, nil }

func newFakeHost(c *clock, keys []apikey.Key) *fakeHost {
	return &fakeHost{
		service: &fakeService{caps: fakeCaps(), keys: keys, clock: c},
		profiles: []ui.Profile{
			{Name: "prod", Service: "prosopo", URL: "https://api.prosopo.io", Environment: apikey.Live, Setting: apikey.Setting{Environment: apikey.Live, Remote: true}, Token: "env PROSOPO_TOKEN"},
			{Name: "local/prosopo", Service: "prosopo", URL: "embedded", Embedded: true, Setting: apikey.Setting{Embedded: true}},
			{Name: "audit", Service: "prosopo", URL: "https://api.prosopo.io", Environment: apikey.Test, Setting: apikey.Setting{Environment: apikey.Test, Remote: true}, ReadOnly: true, Token: "file ~/.secrets/audit"},
		},
	}
}

func fakeCaps() apikey.Capabilities {
	perm := func(feature, name, about string, risk apikey.Risk) apikey.PermissionInfo {
		return apikey.PermissionInfo{Permission: apikey.Permission{Feature: feature, Name: name}, Description: about, Risk: risk}
	}
	return apikey.Capabilities{
		Service: wirename.Prosopo, Title: "Prosopo",
		Create: apikey.Can(), Delete: apikey.Can(), Rename: apikey.Can(), ChangeRole: apikey.Cannot("keys have permissions, not roles"), Disable: apikey.Can(),
		PublicKeys: apikey.Cannot("there are no public keys"), Retrieve: apikey.Cannot("a secret is shown once"),
		LastUsed: apikey.Can(), Expiry: apikey.Can(),
		PermissionGroups: []apikey.PermissionGroup{
			{Feature: "AccessRules", Title: "Access Rules", Permissions: []apikey.PermissionInfo{
				perm("AccessRules", "getRules", "List the access rules", apikey.NoRisk),
				perm("AccessRules", "deleteRule", "Delete one access rule", apikey.NoRisk),
			}},
			{Feature: "ApiKeys", Title: "API Keys", Permissions: []apikey.PermissionInfo{
				perm("ApiKeys", "createApiKey", "Create API keys", apikey.CanMint),
				perm("ApiKeys", "updateApiKey", "Update API keys", apikey.NoEffect),
			}},
			{Feature: "Verify", Title: "Verification", Permissions: []apikey.PermissionInfo{
				perm("Verify", "verify", "Verify a captcha's answer", apikey.NoRisk),
			}},
		},
		PermissionPresets: []apikey.PermissionPreset{{Name: "verify only", Permissions: []apikey.Permission{{Feature: "Verify", Name: "verify"}}}},
		AccessFields:      []apikey.Field{apikey.FieldPermissions, apikey.FieldExpiry},
	}
}

// fakeKeys are n believable keys, the first few of them special.
func fakeKeys(n int, now time.Time) []apikey.Key {
	names := []string{"payments-api", "ci-deploy", "web-frontend", "nightly-report", "mobile-app", "search-indexer", "billing-sync", "staging-probe", "fraud-model", "support-desk"}
	perms := []apikey.Permission{{Feature: "AccessRules", Name: "getRules"}, {Feature: "AccessRules", Name: "deleteRule"}, {Feature: "ApiKeys", Name: "createApiKey"}, {Feature: "ApiKeys", Name: "updateApiKey"}}
	const day = 24 * time.Hour
	keys := make([]apikey.Key, n)
	for i := range keys {
		name := names[i%len(names)]
		if i >= len(names) {
			name = fmt.Sprintf("%s-%d", name, i/len(names))
		}
		k := apikey.Key{
			ID: fmt.Sprintf("65f0%08x", i*2654435761%4294967291), Name: name, Masked: fmt.Sprintf("%c%c%c_…", 'a'+i%26, 'a'+i/26%26, '0'+i%10),
			Permissions: perms[:1+i%4], CreatedAt: apikey.At(now.Add(-time.Duration(1+i*37%300) * day)),
			ExpiresAt: apikey.At(now.Add(time.Duration(30+i*53%200) * day)), LastUsedAt: apikey.At(now.Add(-time.Duration(2+i*91%4000) * time.Minute)),
		}
		switch i {
		case 0:
			k.ExpiresAt = apikey.At(now.Add(9*day + time.Hour))
		case 1:
			k.Permissions, k.ExpiresAt, k.LastUsedAt = []apikey.Permission{{Feature: "Verify", Name: "verify"}}, apikey.Never(), apikey.Never()
		case 2:
			k.ExpiresAt = apikey.At(now.Add(-3 * day))
		case 3:
			off := false
			k.Enabled = &off
		case 4:
			k.Own = true
		}
		keys[i] = k
	}
	return keys
}
