package cli

import (
	"context"
	"errors"
	"os/user"
	"path/filepath"
	"strings"
	"sync"

	"detent/apikey"
	"detent/audit"
	"detent/client"
	"detent/config"
	"detent/delivery"
	"detent/rotation"
)

// auditor records what is done in this run with keys of services, by its actor.
type auditor struct {
	log    *audit.Log
	broken error // why there is no log
	actor  audit.Actor
	// strict refuses what cannot be recorded, before it is sent. On the operator's own machine it is done, and told: who has
	// the token could do it without us, and a full disk must not keep a leaked key alive.
	strict bool

	mu   sync.Mutex
	lost []error // what could not be recorded
}

// auditor of this run; it makes nothing before the first record. The demo's log goes with the demo.
func (a *app) auditor() *auditor {
	a.auditing.Lock()
	defer a.auditing.Unlock()
	if a.trail != nil {
		return a.trail
	}
	t := &auditor{actor: a.actor, strict: a.actor != (audit.Actor{})}
	if !t.strict {
		t.actor = localActor(a.env)
	}
	if t.log = a.remote.log(); t.log == nil {
		var dir string
		if dir, t.broken = a.journalDir(); t.broken == nil {
			t.log = audit.Open(dir, a.world.Now)
		}
	}
	a.trail = t
	a.onClose(func() { a.sayUnrecorded(t) })
	return t
}

// localActor is the user of this machine; who came in by SSH acts from the address that the server saw.
func localActor(env config.Env) audit.Actor {
	who := audit.Actor{Name: env.Get("USER"), From: "local"}
	if u, err := user.Current(); err == nil {
		who.Name = u.Username
	}
	if from := strings.Fields(env.Get("SSH_CONNECTION")); len(from) >= 2 {
		who.From = from[0]
	}
	return who
}

// sayUnrecorded tells at the end of a run what the log lacks.
func (a *app) sayUnrecorded(t *auditor) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch n := len(t.lost); n {
	case 0:
	case 1:
		a.say("an action is not on record: %v", t.lost[0])
	default:
		a.say("%d actions are not on record; the last: %v", n, t.lost[n-1])
	}
}

func (t *auditor) keep(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lost = append(t.lost, err)
}

// writable proves that actions can be recorded.
func (t *auditor) writable() error {
	if t.broken != nil {
		return t.broken
	}
	return t.log.Writable()
}

// begin records an action before it is done. The function that it gives records what came of it; that this fails changes
// nothing of what was done.
func (t *auditor) begin(act audit.Action) (end func(audit.Outcome), err error) {
	act.Actor = t.actor
	var entry *audit.Entry
	if err = t.broken; err == nil {
		entry, err = t.log.Begin(act)
	}
	switch {
	case err != nil && t.strict:
		return nil, &client.Error{Op: act.Action, Kind: client.Unavailable, Outcome: client.NotDone, Message: err.Error(), Err: err,
			Hint: "Nothing is done here that cannot be recorded. Tell who runs this host."}
	case err != nil:
		t.keep(err)
		return func(audit.Outcome) {}, nil
	}
	return func(o audit.Outcome) {
		if err := entry.End(o); err != nil {
			t.keep(err)
		}
	}, nil
}

// do records an action that is no call of a service.
func (t *auditor) do(act audit.Action, f func() error) error {
	end, err := t.begin(act)
	if err == nil {
		err = f()
		end(outcomeOf(err))
	}
	return err
}

// outcomeOf is what came of an action, by its error.
func outcomeOf(err error) audit.Outcome {
	var e *client.Error
	var run *delivery.RunError
	switch {
	case err == nil:
		return audit.Outcome{Result: audit.Done, Certain: true}
	case rotation.NotSent(err):
		return audit.Outcome{Result: audit.Failed, Certain: true, Reason: "not sent"}
	case errors.As(err, &unsaved{}):
		return audit.Outcome{Result: audit.Failed, Certain: true}
	case errors.As(err, &run):
		return audit.Outcome{Result: audit.Failed, Certain: run.Certain, Reason: run.How}
	case !errors.As(err, &e):
		return audit.Outcome{Result: audit.Failed}
	}
	o := audit.Outcome{Result: audit.Failed, Certain: e.Outcome == client.NotDone, Reason: string(e.Kind)}
	switch e.Kind {
	case client.Unauthorized, client.Forbidden, client.NotFound, client.Conflict, client.Invalid, client.RateLimited, client.ReadOnly, client.Unsupported:
		o.Result = audit.Refused
	}
	return o
}

// audited is a service whose writes are recorded; everything else goes through to it (client.As).
type audited struct {
	client.Service
	trail   *auditor
	profile config.Profile
	names   names
}

// auditedGiver hands out public keys, auditedRetriever gives secrets again: what a service may do beside.
type (
	auditedGiver struct {
		by    *audited
		giver client.PublicKeys
	}
	auditedRetriever struct {
		by        *audited
		retriever client.Retriever
	}
)

// recorded wraps a profile's service. What comes out can do what went in can (client.As).
func (t *auditor) recorded(s client.Service, p config.Profile) client.Service {
	out := &audited{Service: s, trail: t, profile: p}
	giver, gives := client.As[client.PublicKeys](s)
	retriever, retrieves := client.As[client.Retriever](s)
	switch g, r := (auditedGiver{out, giver}), (auditedRetriever{out, retriever}); {
	case gives && retrieves:
		return struct {
			*audited
			auditedGiver
			auditedRetriever
		}{out, g, r}
	case gives:
		return struct {
			*audited
			auditedGiver
		}{out, g}
	case retrieves:
		return struct {
			*audited
			auditedRetriever
		}{out, r}
	}
	return out
}

// Unwrap gives the service itself.
func (s *audited) Unwrap() client.Service { return s.Service }

func (s *audited) begin(action, id, name, detail string) (func(audit.Outcome), error) {
	return s.trail.begin(audit.Action{Profile: s.profile.Name, Service: s.profile.Service, Action: action, KeyID: id, KeyName: name, Detail: detail})
}

// announced is a call whose record was begun before the last look at everything, so that nothing lies between that and the call.
type announced struct{ action, id string }

type announcedKey struct{}

// announce begins the record of a call that is about to be sent. The context it gives marks the call, which is then not recorded
// anew.
func (t *auditor) announce(ctx context.Context, s *session, action, id string) (context.Context, func(error), error) {
	name := ""
	if rec, ok := s.service.(interface{ nameOf(id string) string }); ok {
		name = rec.nameOf(id)
	}
	end, err := t.begin(audit.Action{Profile: s.profile.Name, Service: s.profile.Service, Action: action, KeyID: id, KeyName: name})
	if err != nil {
		return ctx, nil, err
	}
	return context.WithValue(ctx, announcedKey{}, announced{action, id}), func(err error) { end(outcomeOf(err)) }, nil
}

func (s *audited) nameOf(id string) string { return s.names.of(id) }

// beginCall is begin for a call that may have been announced.
func (s *audited) beginCall(ctx context.Context, action, id, detail string) (func(audit.Outcome), error) {
	if a, ok := ctx.Value(announcedKey{}).(announced); ok && a.action == action && a.id == id {
		return func(audit.Outcome) {}, nil
	}
	return s.begin(action, id, s.names.of(id), detail)
}

// List learns the names of the keys: the calls that change one have its id alone.
func (s *audited) List(ctx context.Context, each func([]apikey.Key)) error {
	list := s.names.begin()
	err := s.Service.List(ctx, func(batch []apikey.Key) {
		s.names.learn(batch...)
		each(batch)
	})
	if err == nil {
		s.names.complete(list)
	}
	return err
}

// Create records a create.
func (s *audited) Create(ctx context.Context, draft apikey.Draft) (apikey.Created, error) {
	end, err := s.begin("create", "", draft.Name, "")
	if err != nil {
		return apikey.Created{}, err
	}
	made, err := s.Service.Create(ctx, draft)
	o := outcomeOf(err)
	if err == nil {
		o.KeyID, o.KeyName = made.Key.ID, made.Key.Name
		s.names.learn(made.Key)
	}
	end(o)
	return made, err
}

// Update records a change under the name of what it changes.
func (s *audited) Update(ctx context.Context, id string, patch apikey.Patch) (apikey.Key, error) {
	action, detail := patched(patch)
	end, err := s.beginCall(ctx, action, id, detail)
	if err != nil {
		return apikey.Key{}, err
	}
	k, err := s.Service.Update(ctx, id, patch)
	if err == nil {
		s.names.learn(k)
	}
	end(outcomeOf(err))
	return k, err
}

func patched(p apikey.Patch) (action, detail string) {
	var what []string
	if p.Name != nil {
		what = append(what, "name "+*p.Name)
	}
	if p.Role != nil {
		what = append(what, "role "+*p.Role)
	}
	action = "update"
	if p.Enabled != nil {
		word := map[bool]string{true: "enable", false: "disable"}[*p.Enabled]
		if len(what) == 0 {
			return word, ""
		}
		what = append(what, word)
	}
	return action, strings.Join(what, ", ")
}

// Delete records a deletion.
func (s *audited) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	end, err := s.beginCall(ctx, "delete", id, "")
	if err != nil {
		return apikey.Deleted{}, err
	}
	gone, err := s.Service.Delete(ctx, id)
	o := outcomeOf(err)
	if gone.AlreadyGone {
		o.Reason = "already gone"
	}
	end(o)
	return gone, err
}

// RequestPublicKey records the request, which may make a key.
func (g auditedGiver) RequestPublicKey(ctx context.Context, req apikey.PublicKeyRequest) (apikey.PublicKeyValue, error) {
	end, err := g.by.begin("public-key", "", req.Name, req.Project)
	if err != nil {
		return apikey.PublicKeyValue{}, err
	}
	value, err := g.giver.RequestPublicKey(ctx, req)
	end(outcomeOf(err))
	return value, err
}

// Retrieve records that a secret was asked for again: it changes nothing, and whoever gets it has the key.
func (r auditedRetriever) Retrieve(ctx context.Context, id string) (apikey.Secret, error) {
	end, err := r.by.begin("retrieve", id, r.by.names.of(id), "")
	if err != nil {
		return apikey.Secret{}, err
	}
	secret, err := r.retriever.Retrieve(ctx, id)
	o := outcomeOf(err)
	if err == nil && secret.IsZero() {
		o.Result, o.Reason = audit.Refused, "not given"
	}
	end(o)
	return secret, err
}

// auditedPlace is a destination whose changes are recorded.
type auditedPlace struct {
	delivery.Destination
	trail   *auditor
	profile config.Profile
	then    string // the program that runs after a change; empty for none
}

// heldPlace is one that gives back what it holds.
type heldPlace struct {
	auditedPlace
	delivery.Holder
}

// recordedPlace wraps a destination of a profile, and what runs after a change of it.
func (t *auditor) recordedPlace(d place, p config.Profile, then []string) place {
	out := auditedPlace{Destination: d, trail: t, profile: p}
	if len(then) > 0 {
		out.then = then[0]
	}
	if h, ok := d.(delivery.Holder); ok {
		return heldPlace{out, h}
	}
	return out
}

func (d auditedPlace) record(action, detail string, do func() error) error {
	return d.trail.do(audit.Action{Profile: d.profile.Name, Service: d.profile.Service, Action: action, Detail: detail}, do)
}

// name of the place. A command's words may hold anything: the first is enough.
func (d auditedPlace) name() string {
	spec := d.Spec()
	if command, ok := strings.CutPrefix(spec, "command:"); ok {
		first, _, _ := strings.Cut(command, " ")
		spec = "command:" + filepath.Base(first)
	}
	return spec
}

// Put records a delivery.
func (d auditedPlace) Put(ctx context.Context, job delivery.Job, secret apikey.Secret) (report delivery.Report, err error) {
	err = d.record("deliver", d.name()+" "+job.ID, func() error {
		var err error
		report, err = d.Destination.Put(ctx, job, secret)
		return err
	})
	return report, err
}

// Then records that the command after a change was run, without what it said.
func (d auditedPlace) Then(ctx context.Context) (output string, err error) {
	if d.then == "" {
		return d.Destination.Then(ctx)
	}
	err = d.record("then", d.name()+": "+d.then, func() error {
		var err error
		output, err = d.Destination.Then(ctx)
		return err
	})
	return output, err
}

// Undo records that the old content was put back.
func (d auditedPlace) Undo(ctx context.Context, job delivery.Job) (report delivery.Report, err error) {
	err = d.record("undeliver", d.name()+" "+job.ID, func() error {
		var err error
		report, err = d.Destination.Undo(ctx, job)
		return err
	})
	return report, err
}
