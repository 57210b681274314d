package trial

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client"
	"detent/desk"
)

// second asks for one key more, which is deleted with the others.
func (t *trial) second(ctx context.Context, step string, name string, extra map[string]json.RawMessage) (*trialKey, error) {
	draft := t.draft(t.anEnd())
	if draft.Name = name; extra != nil {
		for field, raw := range draft.Extra {
			extra[field] = raw
		}
		draft.Extra = extra
	}
	return t.make(ctx, draft)
}

// anEnd is that of a key more: none where the service makes keys without.
func (t *trial) anEnd() (end apikey.Expiry) {
	if t.needsEnd || t.s.Caps.Lifetimes.Always {
		end, _ = t.s.Caps.Lifetimes.Fit(apikey.Expiry{After: trialLife}, t.o.Now())
	}
	return end
}

// make asks for a key of a draft.
func (t *trial) make(ctx context.Context, draft apikey.Draft) (*trialKey, error) {
	made, err := t.s.Desk.Do(ctx, desk.Order{What: desk.Create, Draft: draft})
	if err != nil {
		if client.MayHaveHappened(err) {
			t.say("%-12s it may have been done: look for a key named %s, and delete it if it is there", "", draft.Name)
		}
		return nil, err
	}
	k := &trialKey{key: made.Created.Key, secret: made.Created.Secret}
	k.key.Name = draft.Name
	t.made = append(t.made, k)
	if k.key.ID == "" {
		return k, t.byName(ctx, k)
	}
	return k, nil
}

// taken asks for a second key of the same name, and says what the service makes of that.
func (t *trial) taken(ctx context.Context, a *trialKey) {
	if t.d.Delete == nil {
		t.untried("taken name", "a second key could not be deleted")
		return
	}
	_, err := t.second(ctx, "taken name", a.key.Name, nil)
	e := (*client.Error)(nil)
	switch {
	case err == nil:
		t.held("taken name", "a second key of the same name is made")
	case client.IsKind(err, client.Conflict):
		t.held("taken name", "a second key of the same name is refused as one whose name is taken (409)")
	case errors.As(err, &e) && client.Refused(err):
		t.untried("taken name", "whether that is told: a second key of the same name is refused with %d, and people read %q; where it is the name, refusals.means = [{ status = %d, words = \"…\", is = 409 }] says so", cmp.Or(e.Came, e.Status), e.Kind, cmp.Or(e.Came, e.Status))
		t.say("%-12s %v", "", err)
	default:
		t.wrong("taken name", t.d.Create.Call.Call, err)
	}
}

// copied makes a key with what another one of the trial's own has of the members that are copied as they are: what others' keys may, an administrator's
// among them, is given to none.
func (t *trial) copied(ctx context.Context, _ *trialKey) {
	names := slices.DeleteFunc(slices.Clone(t.d.Row.Copied), func(name string) bool { return t.d.Property(apikey.Field(name)) != nil })
	if len(names) == 0 {
		return
	}
	all, err := client.ListAll(ctx, t.s.Service)
	if err != nil {
		t.wrong("copied", "the list", err)
		return
	}
	extra, most := map[string]json.RawMessage{}, 0
	for _, k := range all {
		if !slices.ContainsFunc(t.made, func(own *trialKey) bool { return own.key.ID == k.ID }) {
			continue
		}
		has := map[string]json.RawMessage{}
		for _, name := range names {
			if raw := k.Extra[name]; raw != nil {
				has[name] = raw
			}
		}
		if len(has) > most {
			extra, most = has, len(has)
		}
	}
	switch {
	case most == 0:
		t.untried("copied", "no key of the trial's own has %s, and what others have is not copied", strings.Join(names, ", "))
		return
	case t.d.Delete == nil:
		t.untried("copied", "a second key could not be deleted")
		return
	}
	had := []string{}
	for _, name := range names {
		if extra[name] != nil {
			had = append(had, name)
		} else {
			t.untried("copied", "%s: no key of the trial's own has it beside the others", name)
		}
	}
	name := t.name()
	t.say("%-12s %s: a key named %s is asked for, with the %s of another", "copied", t.d.Create.Call.Call, name, strings.Join(had, ", "))
	k, err := t.second(ctx, "copied", name, extra)
	if err != nil {
		t.wrong("copied", t.d.Create.Call.Call+", with "+strings.Join(had, ", "), err)
		return
	}
	shown, there := t.row(ctx, k.key.ID)
	same := there
	for _, d := range apikey.Compare(apikey.Key{Extra: extra}, apikey.Key{Extra: shown.Extra}, []apikey.Field{apikey.FieldExtra}) {
		if name := apikey.FieldOf(d.Field).Member(); d.Verdict != apikey.Equal && extra[name] != nil {
			same = false
			t.failure("copied", "%s: was sent as the other key has it, and the list shows another value: row.copied is for what create takes as a row shows it", name)
		}
	}
	if same {
		t.held("copied", "the new key has the %s of the other one", strings.Join(had, ", "))
	}
}
