package trial

import (
	"context"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/client/kit"
	"detent/desk"
)

// writes makes keys of its own, proves what can be proven of them, and deletes them, however it ends.
func (t *trial) writes(ctx context.Context) error {
	defer t.clean(ctx)
	a, err := t.create(ctx, "create", apikey.Expiry{}, nil)
	if a == nil {
		return err
	}
	t.listed(ctx, a)
	alive := t.alive(ctx, a)
	for _, step := range []func(context.Context, *trialKey){t.expiry, t.limits, t.retrieved, t.renamed, t.moved, t.switched, t.rolled, t.without, t.pages, t.taken, t.copied} {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		step(ctx, a)
	}
	return t.deleted(ctx, a, alive)
}

// listed holds that the list has the new key, as it was asked for.
func (t *trial) listed(ctx context.Context, a *trialKey) {
	k, there, err := t.find(ctx, a.key.ID, isThere)
	switch {
	case err != nil:
		t.wrong("list", "after the create", err)
		return
	case !there:
		t.failure("list", "the new key is not in it under the id that the create answered")
		return
	}
	asked := true
	for _, f := range t.fields() {
		t.record.field(f.name+" of a new key", map[bool]int{true: 1}[f.has(*k) && t.seen(f)], 1)
		if f.fresh && !f.has(*k) {
			asked = false
			t.failure(f.name, "the new key's row has no %s: is it called otherwise? (row.%s)", memberWords(f.members), f.name)
			if others := t.undeclared(); others != "" {
				t.say("%-12s the rows have these members, too: %s", "", others)
			}
		}
	}
	if asked = t.asAsked(*k, t.draft(apikey.Expiry{})) && asked; asked && k.Name == a.key.Name {
		t.held("list", "has the new key, as it was asked for")
	} else if k.Name != "" && k.Name != a.key.Name {
		t.failure("list", "the new key has another name than was asked for: row.name, create.send")
	}
}

// asAsked holds that a new key has what it was asked to have, as far as rows tell.
func (t *trial) asAsked(k apikey.Key, draft apikey.Draft) bool {
	before := t.failures
	now := t.o.Now()
	if server, local, known := client.ServerTime(t.s.Service); known {
		now = now.Add(server.Sub(local))
	}
	if at, known := k.CreatedAt.Time(); known && at.Sub(now).Abs() > 10*time.Minute && len(t.d.Row.CreatedAt) > 0 {
		t.failure("created_at", "is %s from now: of another unit, or of another zone?", apikey.SpanWords(at.Sub(now).Abs().Round(time.Minute)))
	}
	for _, of := range []struct {
		field       string
		members     kit.Members
		asked, same bool
		shown       bool
	}{
		{"role", t.d.Row.Role, draft.Role != "", k.Role == draft.Role, k.Role != ""},
		{"environment", t.d.Row.Environment, draft.Environment != "", k.Environment == draft.Environment, k.Environment != ""},
		{"permissions", t.d.Row.Permissions, len(draft.Permissions) > 0, sameNames(k.Permissions, draft.Permissions), len(k.Permissions) > 0},
	} {
		switch {
		case !of.asked || of.shown && of.same:
		case of.shown:
			t.failure(of.field, "is another one than was asked for")
			if of.field == "permissions" {
				t.say("%-12s asked for %s; the row has %s", "", rightWords(draft.Permissions), rightWords(k.Permissions))
				if len(k.Permissions) > len(draft.Permissions) {
					t.say("%-12s what the service adds to each key by itself is a [[permission]] with always = true", "")
				}
			}
		case len(of.members) > 0:
			t.failure(of.field, "the new key was asked for with it, and its row shows none: row.%s, create.send", of.field)
		default:
			t.untried(of.field, "whether the new key has what it was asked for: no member of the row is named for it (row.%s)", of.field)
		}
	}
	return t.failures == before
}

// rightWords are permissions for the screen alone.
func rightWords(list []apikey.Permission) string {
	var names []string
	for _, p := range list {
		names = append(names, p.String())
	}
	return strings.Join(names, ", ")
}

// sameNames compares what was asked for with what a list shows, which may leave out the feature of a permission.
func sameNames(shown, asked []apikey.Permission) bool {
	d := apikey.Compare(apikey.Key{Permissions: shown}, apikey.Key{Permissions: asked}, []apikey.Field{apikey.FieldPermissions})
	return len(d) > 0 && d[0].Verdict == apikey.Equal
}

// alive holds that the new secret is accepted.
func (t *trial) alive(ctx context.Context, a *trialKey) apikey.Proof {
	proof, err := t.s.Service.Probe(ctx, a.secret, "")
	switch {
	case err != nil:
		t.wrong("probe", "the new secret", err)
	case !proof.Accepted():
		t.failure("probe", "the new secret: %s: %s", verdictWord(proof), proof.Evidence)
		if proof.Why != "" {
			t.say("%-12s%s", "", because(proof))
		}
	default:
		t.held("probe", "the new secret: accepted: %s", proof.Evidence)
		t.named(proof, a)
	}
	if proof.Accepted() && len(t.d.Row.LastUsedAt) > 0 {
		_, moved, err := t.find(ctx, a.key.ID, func(k *apikey.Key) bool { return k != nil && k.LastUsedAt.Known() && !k.LastUsedAt.IsNever() })
		switch {
		case err != nil:
			t.wrong("last_used_at", "the list", err)
		case moved:
			t.held("last_used_at", "shows that the new key was used")
		default:
			t.untried("last_used_at", "does not show yet that the new key was used (truth.use_resolution = %s)", t.s.Caps.UseResolution)
		}
	}
	return proof
}

// without makes a key that lacks what a probe needs, and holds that it is not taken for a dead one.
func (t *trial) without(ctx context.Context, _ *trialKey) {
	needs := []string{}
	for _, p := range t.d.Probes {
		if p.Needs != "" {
			needs = append(needs, p.Needs)
		}
	}
	if len(needs) == 0 || len(t.s.Caps.PermissionGroups) == 0 {
		return
	}
	right, has := t.right(func(p apikey.PermissionInfo) bool {
		return p.Risk != apikey.CanMint && apikey.HoldsNone([]apikey.Permission{p.Permission}, needs)
	})
	if !has {
		t.untried("probe.needs", "what a living key without %s is answered: there is no other permission that makes no keys", strings.Join(needs, ", "))
		return
	}
	draft := t.draft(t.anEnd())
	draft.Permissions = []apikey.Permission{right}
	t.say("%-12s %s: a key named %s is asked for, without what the probe needs", "probe.needs", t.d.Create.Call.Call, draft.Name)
	k, err := t.make(ctx, draft)
	if err != nil {
		t.wrong("probe.needs", t.d.Create.Call.Call, err)
		return
	}
	for _, p := range t.d.Probes {
		if p.Needs == "" {
			continue
		}
		switch proof, err := t.s.Service.Probe(ctx, k.secret, p.Call); {
		case err != nil:
			t.wrong("probe.needs", "a living key without "+p.Needs, err)
		case proof.Refused():
			t.failure("probe.needs", "a living key without %s is taken for a dead one: %s. refusals.lacking is the code of a missing permission, if there is one; else a probe that any key is answered, or refusals.means = [{ status = 401, is = 401 }] says that a refusal proves nothing of a key that is not known to have it", p.Needs, proof.Evidence)
		default:
			t.held("probe.needs", "a living key without %s: %s, and is not taken for a dead one: %s", p.Needs, verdictWord(proof), proof.Evidence)
		}
	}
}

// named holds that an answer that is declared to name the key does.
func (t *trial) named(proof apikey.Proof, a *trialKey) {
	i := slices.IndexFunc(t.d.Probes, func(p kit.Probe) bool { return p.Call == proof.Call })
	switch {
	case i < 0 || t.d.Probes[i].KeyID == "":
	case proof.Key == nil:
		t.failure("probe.key_id", "the answer has nothing there")
	case proof.Key.ID != a.key.ID:
		t.failure("probe.key_id", "the answer has another id there than the new key has: is it the user's?")
	default:
		t.held("probe.key_id", "names the new key")
	}
}

// retrieved holds that a secret that can be had again is the same.
func (t *trial) retrieved(ctx context.Context, a *trialKey) {
	if t.d.Retrieve == nil || !t.s.Caps.Retrieve.OK {
		return
	}
	switch again, err := t.s.Desk.Do(ctx, desk.Order{What: desk.Retrieve, Key: a.key}); {
	case err != nil:
		t.wrong("retrieve", t.d.Retrieve.Call, err)
	case !again.Secret.Equal(a.secret):
		t.failure("retrieve", "%s: another secret than the create gave", t.d.Retrieve.Call)
	default:
		t.held("retrieve", "%s: the secret that the create gave", t.d.Retrieve.Call)
	}
}

// renamed changes the name and looks for it.
func (t *trial) renamed(ctx context.Context, a *trialKey) {
	if !t.s.Caps.Rename.OK {
		t.untried("update", "a name: %s", t.s.Caps.Rename.Why)
		return
	}
	name := t.name()
	if _, ok := t.changed(ctx, a, "a name", apikey.Patch{Name: &name}, func(k apikey.Key) bool { return k.Name == name }); ok {
		a.key.Name = name
	}
}

// switched switches the key off, holds that its secret is refused, and on again.
func (t *trial) switched(ctx context.Context, a *trialKey) {
	if !t.s.Caps.Disable.OK {
		t.untried("disable", "%s", t.s.Caps.Disable.Why)
		return
	}
	for _, on := range []bool{false, true} {
		step := map[bool]string{true: "enable", false: "disable"}[on]
		if _, err := t.s.Desk.Do(ctx, desk.Order{What: desk.Update, Key: a.key, Patch: apikey.Patch{Enabled: &on}}); err != nil {
			t.wrong(step, "the call", err)
			return
		}
		_, shown, err := t.find(ctx, a.key.ID, func(k *apikey.Key) bool { return k != nil && (k.Enabled == nil || *k.Enabled == on) })
		if err != nil || !shown {
			t.failure(step, "answered, and the list does not show it")
			continue
		}
		if t.d.Truth.NeverTryDead {
			t.untried(step, "whether the secret is refused: truth.never_try_dead")
			continue
		}
		if after, ok := t.until(ctx, a.secret, "", on); ok {
			t.held(step, "the list shows it, and the secret is %s%s", map[bool]string{true: "accepted", false: "refused"}[on], after)
		} else {
			t.failure(step, "answered, and the secret is not %s%s", map[bool]string{true: "accepted again", false: "refused"}[on], after)
		}
	}
}

// pages reads the list in smaller pages, and holds that they bring the same keys.
func (t *trial) pages(ctx context.Context, _ *trialKey) {
	p := t.d.List.Pages
	if p == nil && t.d.List.Paging == "" {
		t.untried("pages", "the file says nothing of pages: the list is taken for whole")
		return
	}
	lists := func(size int) (ids []string, requests int, err error) {
		t.watch.PageSize.Store(int32(size))
		defer t.watch.PageSize.Store(0)
		before := len(t.since(0))
		all, err := client.ListAll(ctx, t.s.Service)
		for _, k := range all {
			ids = append(ids, k.ID)
		}
		slices.Sort(ids)
		for _, a := range t.since(before) {
			if a.Call == t.d.List.Call.Call && a.Status/100 == 2 {
				requests++
			}
		}
		return ids, requests, err
	}
	whole, requests, err := lists(0)
	switch {
	case err != nil:
		t.wrong("pages", "the list", err)
		return
	case requests > 2 || requests == 2 && p == nil:
		t.held("pages", "%s came in %s", apikey.Count(len(whole), "key"), apikey.Count(requests, "request"))
	}
	if p == nil || p.Size == "" {
		if requests < 2 {
			t.untried("pages", "%s came at once, and the file has no list.pages.size to ask for fewer", apikey.Count(len(whole), "key"))
		}
		return
	}
	size := max(1, len(whole)/3)
	small, requests, err := lists(size)
	switch {
	case err != nil:
		t.wrong("pages", "of "+apikey.Count(size, "key"), err)
	case !slices.Equal(whole, small):
		t.failure("pages", "of %s: %s came in %s, and %d at once: list.pages", apikey.Count(size, "key"), apikey.Count(len(small), "key"), apikey.Count(requests, "request"), len(whole))
	case len(whole) <= size:
		t.untried("pages", "the list has %s", apikey.Count(len(whole), "key"))
	case requests < 2 || p.Kind != "cursor" && p.Kind != "link" && requests == 2 && len(whole) > 2*size:
		t.untried("pages", "%s came at once where %d were asked for: is list.pages.size called otherwise, or are there no so small pages?", apikey.Count(len(whole), "key"), size)
	default:
		t.held("pages", "of %d: the same %s, in %s", size, apikey.Count(len(whole), "key"), apikey.Count(requests, "request"))
	}
}

// deleted deletes a key, and holds that it is gone, its secret refused, and a second deletion answered.
func (t *trial) deleted(ctx context.Context, a *trialKey, alive apikey.Proof) error {
	if t.d.Delete == nil {
		t.untried("delete", "%s", t.s.Caps.Delete.Why)
		return nil
	}
	if _, err := t.s.Desk.Do(ctx, desk.Order{What: desk.Delete, Key: a.key}); err != nil {
		t.wrong("delete", t.d.Delete.Call, err)
		return nil
	}
	a.gone = true
	t.held("delete", "%s: done", t.d.Delete.Call)
	switch {
	case t.d.Truth.NeverTryDead:
		t.untried("revoke_lag", "whether the deleted secret is refused: truth.never_try_dead")
	case !alive.Accepted():
		t.untried("revoke_lag", "the secret was not accepted before")
	default:
		t.lag(ctx, a, alive.Call)
	}
	over := func(k *apikey.Key) bool { return k == nil || k.IsDisabled() && !t.s.Caps.Disable.OK } // as a delete takes it
	if shown, gone, err := t.find(ctx, a.key.ID, over); err != nil {
		t.wrong("delete", "the list after it", err)
	} else if !gone {
		t.failure("delete", "the list still has the key (truth.list_lag = %s)", t.s.Caps.ListLag)
	} else if shown != nil {
		t.held("delete", "the list has the key as one that is off; list.only passes such rows over")
	}
	again, err := t.s.Desk.Do(ctx, desk.Order{What: desk.Delete, Key: a.key})
	switch {
	case err != nil:
		t.wrong("delete", "a second time: a key that is gone is to be told from one that cannot be deleted (404, refusals.means, delete.maybe_gone)", err)
	case again.Deleted.AlreadyGone:
		t.held("delete", "a second time: gone already")
	default:
		t.held("delete", "a second time: answered as the first time")
	}
	return nil
}

// lag measures how long the deleted secret is still accepted, against what the file says.
func (t *trial) lag(ctx context.Context, a *trialKey, call string) {
	begin := t.o.Now()
	after, refused := t.until(ctx, a.secret, call, false)
	took, declared := t.o.Now().Sub(begin), t.s.Caps.RevokeLag
	switch {
	case !refused:
		t.failure("revoke_lag", "the deleted secret: not refused%s", after)
	case declared == 0 && took > 3*time.Second:
		t.failure("revoke_lag", "the deleted secret: refused%s: truth.revoke_lag is to say so", after)
	case declared > 0:
		t.held("revoke_lag", "the deleted secret: refused%s (truth.revoke_lag = %s)", after, declared)
	default:
		t.held("revoke_lag", "the deleted secret: refused%s", after)
	}
}

// unshown says what of the declaration no key of the trial's has shown.
func (t *trial) unshown() {
	caps := t.s.Caps
	var rights int
	for _, g := range caps.PermissionGroups {
		rights += len(g.Permissions)
	}
	for _, of := range []struct {
		step  string
		words string
		has   bool
	}{
		{"role", "those but the first", len(caps.Roles) > 1},
		{"permissions", "those but the first", rights > 1},
		{"environment", "those but one", len(caps.Environments) > 1},
		{"type", strings.Join(t.d.Types, ", "), len(t.d.Types) > 0},
		{"restrictions", "a key from some addresses alone", caps.Restrictions.OK},
		{"public_key", "a key that may end in nobody's hands", caps.PublicKeys.OK},
		{"exchange", "a session in the key's place", t.d.Exchange != nil},
	} {
		if of.has {
			t.untried(of.step, "%s", of.words)
		}
	}
	t.neverSeen()
}

// clean deletes what the trial made, also where it was interrupted.
func (t *trial) clean(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	for _, k := range t.made {
		if k.gone {
			continue
		}
		if t.d.Delete == nil {
			t.say("%-12s the key named %s is still there: delete it where keys are deleted", "left", k.key.Name)
		} else if _, err := t.s.Desk.Do(ctx, desk.Order{What: desk.Delete, Key: k.key}); err != nil {
			t.left(ctx, k, err)
		}
	}
	t.beside(ctx)
}

// beside says which keys have a name of the trial's own, and are none that a create was answered with.
func (t *trial) beside(ctx context.Context) {
	all, err := client.ListAll(ctx, t.s.Service)
	for _, k := range all {
		if err != nil || !slices.Contains(t.names, k.Name) || slices.ContainsFunc(t.made, func(own *trialKey) bool { return own.key.ID == k.ID }) {
			continue
		}
		t.failure("create", "made another key beside the one that it answered, or made one whose answer was lost")
		t.say("%-12s the key named %s: nobody has its secret; delete it", "left", k.Name)
	}
}

// left says what the list shows of a key whose deletion is not known to have happened.
func (t *trial) left(ctx context.Context, k *trialKey, cause error) {
	_, gone, err := t.find(ctx, k.key.ID, func(k *apikey.Key) bool { return k == nil })
	switch {
	case err != nil:
		t.failure("delete", "whether a key of the trial's own is still there is not known: the list could not be read")
	case gone:
		t.untried("delete", "an answer to it that is understood: the list does not have the key any more")
		t.say("%-12s the key named %s: %v", "", k.key.Name, cause)
		return
	default:
		t.failure("delete", "a key of the trial's own is still there")
	}
	t.say("%-12s the key named %s: %v", "left", k.key.Name, cause)
}
