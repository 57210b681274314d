package trial

import (
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
	end := apikey.Expiry{}
	if t.needsEnd || t.s.Caps.Lifetimes.Always {
		end, _ = t.s.Caps.Lifetimes.Fit(apikey.Expiry{After: trialLife}, t.o.Now())
	}
	draft := t.draft(end)
	if draft.Name = name; extra != nil {
		for field, raw := range draft.Extra {
			extra[field] = raw
		}
		draft.Extra = extra
	}
	made, err := t.s.Desk.Do(ctx, desk.Order{What: desk.Create, Draft: draft})
	if err != nil {
		if client.MayHaveHappened(err) {
			t.say("%-12s it may have been done: look for a key named %s, and delete it if it is there", "", name)
		}
		return nil, err
	}
	k := &trialKey{key: made.Created.Key, secret: made.Created.Secret}
	k.key.Name = name
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
		t.untried("taken name", "whether that is told: a second key of the same name is refused with %d, and people read %q; where it is the name, refusals.means = [{ status = %d, words = \"…\", is = 409 }] says so", e.Status, e.Kind, e.Status)
		t.say("%-12s %v", "", err)
	default:
		t.wrong("taken name", t.d.Create.Call.Call, err)
	}
}

// copied makes a key with what another one has of the members that are copied as they are.
func (t *trial) copied(ctx context.Context, _ *trialKey) {
	names := slices.DeleteFunc(slices.Clone(t.d.Row.Copied), func(name string) bool { return t.d.Number(apikey.Field(name)) != nil })
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
		t.untried("copied", "no key has %s", strings.Join(names, ", "))
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
			t.untried("copied", "%s: no key has it beside the others", name)
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
