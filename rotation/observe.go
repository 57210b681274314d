package rotation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/delivery"
)

// listing is what one complete list shows of the keys that concern the rotation.
type listing struct {
	at       time.Time // when it was asked for, on the steady clock
	old, new *apikey.Key
	target   *apikey.Key  // the key that a roll is of, where that makes another
	maybe    []apikey.Key // what a roll may have made whose answer is lost
	ours     []apikey.Key // carry our nonce, or are superseded; the new key too
	foreign  []apikey.Key // carry our base name and the nonce of a rotation without a readable journal here
	rivals   []apikey.Key // carry the nonce of another open rotation of the same key, here
	own      *apikey.Key
	projects map[string]bool
	home     string                   // the project of detent's own credential, where it was asked for
	all      []apikey.Key             // the manual lane: to see which one appears
	masks    []string                 // of every row, while whose secret it is may have to be told
	uses     map[string]apikey.Moment // last use of every row, likewise
}

// look reads the whole list. A row that it shows existed when the list was made; one that it lacks may exist all the same.
func (r *Rotation) look(ctx context.Context) (*listing, error) {
	s, err := r.lookOnce(ctx)
	if err != nil || s.old == nil {
		return s, err
	}
	if base, _ := apikey.SplitName(s.old.Name); base != r.j.Base && base != r.renamed {
		r.renamed = base // somebody renamed the key: another host's mark may be on the new name
		return r.lookOnce(ctx)
	}
	return s, nil
}

func (r *Rotation) lookOnce(ctx context.Context) (*listing, error) {
	s := &listing{at: r.w.Now(), projects: map[string]bool{}, uses: map[string]apikey.Moment{}}
	r.w.Hook("before: list")
	err := r.svc.List(ctx, func(batch []apikey.Key) {
		for _, k := range batch {
			r.sort(s, k)
		}
	})
	r.w.Hook("after: list")
	if err != nil {
		return nil, err
	}
	r.madeByRoll(s)
	r.sawOld = s.old != nil
	if s.old != nil {
		r.seen = s.old.LastUsedAt
		r.rowSeen(SubjectOld, *s.old)
	} else if rolls, is := r.svc.(*rolling); !is || !r.j.unnamed() || rolls.row == nil { // else it is shown, and with which secret is not
		r.rowMissing(SubjectOld, r.j.Old.ID)
	}
	switch {
	case s.new != nil:
		fresh := record(*s.new)
		r.j.New = &fresh
		r.rowSeen(SubjectNew, *s.new)
	case r.j.New != nil:
		r.rowMissing(SubjectNew, r.j.New.ID)
	}
	r.publish()
	return s, nil
}

func (r *Rotation) rowSeen(subject string, k apikey.Key) {
	state := ""
	if k.IsDisabled() {
		state = ", disabled"
	}
	id := k.ID
	if r.j.unnamed() {
		id = r.j.Old.ID // which secret the key has, it does not show
	}
	r.observed(RowSeen, subject, "list", "the list showed %q (%s)%s", k.Name, id, state)
}

func (r *Rotation) rowMissing(subject, id string) {
	r.observed(RowMissing, subject, "list", "a complete list did not show %s", id)
}

func (r *Rotation) sort(s *listing, k apikey.Key) {
	if r.j.New == nil && (r.j.Step == Preflight || r.j.Step == Create || r.j.Step == Retire) {
		if r.listed == nil {
			r.listed = map[string]bool{}
		}
		r.listed[k.ID] = true
	}
	switch {
	case k.ID == r.j.Old.ID:
		s.old = &k
	case r.j.New != nil && k.ID == r.j.New.ID:
		s.new = &k
	}
	if r.j.renews() && k.ID == r.rollTarget() {
		s.target = &k
	}
	if k.Own {
		s.own = &k
	}
	if k.Project != "" {
		s.projects[k.Project] = true
	}
	if (r.j.Manual || r.j.renews()) && (r.j.Step == Preflight || r.j.Step == Create) {
		s.all = append(s.all, k)
	}
	if k.Masked != "" && len(s.masks) < maxMasks {
		s.masks = append(s.masks, k.Masked)
	}
	if r.caps.LastUsed.OK && (r.j.Step == Preflight || r.j.Step == Create) {
		s.uses[k.ID] = k.LastUsedAt
	}
	if k.ID == r.j.Old.ID {
		return
	}
	base, nonce := apikey.SplitName(k.Name)
	switch {
	case nonce == r.j.ID || slices.Contains(r.j.Superseded, k.ID) || r.j.New != nil && k.ID == r.j.New.ID:
		s.ours = append(s.ours, k)
	case r.maybeMadeByRoll(k):
		s.maybe = append(s.maybe, k)
	case nonce != "" && !r.isNoRival(k) && (apikey.SameBase(base, r.j.Base, r.caps.MaxName) || r.renamed != "" && apikey.SameBase(base, r.renamed, r.caps.MaxName)):
		switch j, err := load(r.w.Store, nonce); {
		case err != nil:
			s.foreign = append(s.foreign, k)
		case j.State == Open && j.Old.ID == r.j.Old.ID:
			s.rivals = append(s.rivals, k)
		}
	}
}

// maxMasks are more than enough to tell how the secrets of a service begin.
const maxMasks = 1000

// isNoRival: a marked key that is older than our old key was rotated before ours was made, and one may be vouched for.
func (r *Rotation) isNoRival(k apikey.Key) bool {
	if !rule("two hosts: one that is older is no rival") {
		return r.j.NotMine != ""
	}
	if r.j.NotMine != "" {
		return true
	}
	made, known := k.CreatedAt.Time()
	ours, alsoKnown := r.j.Old.CreatedAt.Time()
	return known && alsoKnown && made.Before(ours)
}

func names(keys []apikey.Key) string {
	var out []string
	for _, k := range keys {
		out = append(out, fmt.Sprintf("%q (%s)", k.Name, k.ID))
	}
	return strings.Join(out, ", ")
}

// What a made-up secret met at a call.
const (
	controlRefused  = "refused"
	controlAccepted = "accepted"
)

// errNoControl says that what would make a probe a proof was not answered.
var errNoControl = errors.New("whether a made-up secret is refused by the same call could not be seen, and without that the answer proves nothing")

// tried is what one probe came to.
type tried struct {
	apikey.Proof
	unproven bool      // the answer was good, but a made-up secret gets it too
	at       time.Time // when that was known, by this machine's clock
}

func (t tried) accepted() bool { return t.Verdict == apikey.Accepted && !t.unproven }

// try makes one request with a secret of the rotation, by the call that is named, or by one of the service's choice. It proves
// that the secret is alive only where a made-up one is refused by the same call, and that it is dead only where the new
// secret is accepted by it: both are seen to here. from says where the secret was taken.
// Without a subject nothing is claimed: whose it is has yet to be told.
func (r *Rotation) try(ctx context.Context, subject string, secret apikey.Secret, from, call string) (tried, error) {
	use := firstUse{r.w.Now(), r.serviceNow()}
	proof, err := r.probe(ctx, secret, call)
	if err != nil {
		return tried{}, err
	}
	if subject == SubjectNew && proof.Verdict == apikey.Accepted && r.newUse.at.IsZero() {
		r.newUse = use
	}
	t := tried{Proof: proof}
	switch proof.Verdict {
	case apikey.Accepted:
		if t.unproven, err = r.control(ctx, cmp.Or(subject, SubjectNew), secret, proof.Call); err != nil {
			return tried{}, err
		}
		if t.at = r.w.Wall(); !t.unproven && subject != "" {
			r.secretAccepted(subject, t, from)
		}
	case apikey.Known:
		if t.unproven, err = r.control(ctx, cmp.Or(subject, SubjectNew), secret, proof.Call); err != nil {
			return tried{}, err
		}
		if !t.unproven && (r.restrictionExplains(subject) || !rule("probe: a 403 is explained")) {
			r.observed(SecretKnown, subject, "probe", "%s, with the secret %s; the key's own restriction explains it", proof.Evidence, from)
		} else {
			t.Verdict = apikey.Silent
		}
	}
	return t, nil
}

func (r *Rotation) secretAccepted(subject string, t tried, from string) {
	r.observedAt(t.at, SecretAccepted, subject, "probe", "%s, with the secret %s", t.Evidence, from)
}

func (r *Rotation) probe(ctx context.Context, secret apikey.Secret, call string) (apikey.Proof, error) {
	r.w.Hook("before: probe")
	proof, err := r.svc.Probe(ctx, secret, call)
	r.w.Hook("after: probe")
	return proof, err
}

// restrictionExplains: a key whose row carries a restriction may be refused for where we are.
func (r *Rotation) restrictionExplains(subject string) bool {
	var k apikey.Key
	switch {
	case subject == SubjectOld:
		k = r.j.Old.key()
	case subject == SubjectNew && r.j.New != nil:
		k = r.j.New.key()
	}
	return k.Restrictions != nil && !k.Restrictions.Empty()
}

// control asks, once a rotation for each call that a secret of the subject is tried by, whether a made-up secret is refused by it. No answer is asked for again;
// accounts get locked by more.
func (r *Rotation) control(ctx context.Context, of string, like apikey.Secret, call string) (accepts bool, err error) {
	switch r.j.Controls[call] {
	case controlRefused:
		return false, nil
	case controlAccepted:
		return true, nil
	}
	madeUp, silent := apikey.MadeUp(like, r.w.Random), ""
	for i := range looks {
		if i > 0 {
			if err := r.w.Sleep(ctx, between); err != nil {
				return false, err
			}
		}
		var proof apikey.Proof
		proof, err = r.probe(ctx, madeUp, call)
		if err != nil || proof.Verdict == apikey.Silent {
			silent = proof.Evidence
			continue
		}
		if r.j.Controls == nil {
			r.j.Controls = map[string]string{}
		}
		if proof.Verdict == apikey.Refused || !rule("probe: a made-up secret is refused") {
			r.j.Controls[call] = controlRefused
			r.observed(ControlRefused, of, "probe", "%s, with a made-up secret of the same shape", proof.Evidence)
			return false, nil
		}
		r.j.Controls[call] = controlAccepted
		r.madeUpGot = proof.Evidence
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", errNoControl, err)
	}
	return false, fmt.Errorf("%w (%s)", errNoControl, silent)
}

// unproven reports whether this service's answers prove nothing about a secret.
func (j *journal) unproven() bool {
	for _, said := range j.Controls {
		if said == controlAccepted {
			return true
		}
	}
	return false
}

// madeUpWords say that made-up secrets are not refused, and what was answered to one, where this process asked.
func (r *Rotation) madeUpWords() string {
	if r.madeUpGot == "" {
		return "the service does not refuse made-up secrets"
	}
	return "the service does not refuse made-up secrets (" + r.madeUpGot + ")"
}

// The same call as another probe: the new secret's, for the old one to be tried by.
func (r *Rotation) newCall(ctx context.Context) (apikey.Proof, bool, error) {
	secret, from, err := r.newSecret(ctx)
	if err != nil || secret.IsZero() {
		return apikey.Proof{}, false, err
	}
	t, err := r.try(ctx, SubjectNew, secret, from, "")
	if err != nil {
		return apikey.Proof{}, false, err
	}
	return t.Proof, t.accepted() || t.Verdict == apikey.Known, nil
}

// held reads a destination. reads is false where it cannot be read at all.
func (r *Rotation) held(ctx context.Context, d delivery.Destination, rec *destinationRecord) (held delivery.Held, reads bool, err error) {
	h, ok := d.(delivery.Holder)
	if !ok {
		return delivery.Held{}, false, nil
	}
	r.w.Hook("before: read " + rec.Spec)
	held, err = h.Held(ctx)
	r.w.Hook("after: read " + rec.Spec)
	if err != nil {
		return held, true, err
	}
	r.placeHolds(rec, held)
	return held, true, nil
}

// Holds reports whether a destination, read just now, holds the new secret.
func (r *Rotation) Holds(ctx context.Context, spec string) bool {
	r.busy.Lock()
	defer r.busy.Unlock()
	d, rec, err := r.destination(spec)
	if err != nil || r.release == nil {
		return false
	}
	held, _, err := r.held(ctx, d, rec)
	return err == nil && r.isNew(held.Secret)
}

// elsewhere says that a path leads to another place than when the rotation began: an atomic deploy has swapped it.
func elsewhere(rec *destinationRecord, held delivery.Held) error {
	if rec.Where == "" || held.Where == "" || held.Where == rec.Where {
		return nil
	}
	return fmt.Errorf("it is another file now: the path led to %s when the rotation began, and leads to %s", rec.Where, held.Where)
}

// heldNew is what a place holds that was delivered to.
const heldNew = "the new secret"

func (r *Rotation) placeHolds(rec *destinationRecord, held delivery.Held) {
	what := "another value"
	switch {
	case !held.Exists:
		what = "nothing"
	case r.isNew(held.Secret):
		what = heldNew
	case rec.Where == "" || r.j.Step == Preflight, r.isFormer(rec, held) && !rec.Begun:
		what = "a value"
	case r.isFormer(rec, held):
		what = "the value that it had before" // something was put there
	case r.isOld(held.Secret) && r.j.OldBy != "":
		what = "the old key's secret"
	case r.isOld(held.Secret):
		what = "what passes for the old key's secret"
	}
	r.observed(PlaceHolds, rec.Spec, "read", "%s held %s", rec.Describe, what)
}

func (r *Rotation) isNew(s apikey.Secret) bool {
	return !s.IsZero() && (s.Equal(r.secret) || r.fingerprints.is(s, r.j.Print, r.j.ID))
}

// isFormer reports whether a place holds what it held before anything was put there, as far as that was kept.
func (r *Rotation) isFormer(rec *destinationRecord, held delivery.Held) bool {
	if rec.Former == "" && !rec.Held {
		return !held.Exists && rec.Where != ""
	}
	return held.Exists && r.fingerprints.is(held.Secret, rec.Former, r.j.ID)
}

// isOld reports whether a value is the old key's secret, as far as that is known.
func (r *Rotation) isOld(s apikey.Secret) bool {
	return !s.IsZero() && (s.Equal(r.old) || r.fingerprints.is(s, r.j.OldPrint, r.j.ID))
}

// newSecret is the new secret, taken from a place that holds it, else from memory, else from the service where it gives
// secrets again. It is absent where none has it.
func (r *Rotation) newSecret(ctx context.Context) (secret apikey.Secret, from string, err error) {
	if r.j.New == nil {
		return apikey.Secret{}, "", nil
	}
	for d, rec := range r.destinations() {
		if !rec.Begun || rec.Without != "" {
			continue
		}
		held, reads, err := r.held(ctx, d, rec)
		if reads && err == nil && r.isNew(held.Secret) {
			r.secret = held.Secret
			return held.Secret, "read back from " + rec.Describe, nil
		}
	}
	if !r.secret.IsZero() {
		return r.secret, "in hand", nil
	}
	if r.j.Print == "" {
		return apikey.Secret{}, "", nil
	}
	again, err := r.retrieve(ctx, r.j.New.ID)
	if err == nil && r.recover(again) {
		return r.secret, "given again by the service", nil
	}
	return apikey.Secret{}, "", err
}

// oldSecret is the old key's secret, where it is at hand: in memory, in a kept copy, or in a place that has it.
func (r *Rotation) oldSecret(ctx context.Context) apikey.Secret {
	if !r.old.IsZero() {
		return r.old
	}
	for i, d := range r.dests {
		h, ok := d.(delivery.Holder)
		if !ok {
			continue
		}
		rec := &r.j.Destinations[i]
		if former, err := h.Former(ctx, r.job(rec)); err == nil && r.isOld(former.Secret) {
			r.old = former.Secret
			return r.old
		}
		if held, err := h.Held(ctx); err == nil && r.isOld(held.Secret) {
			r.old = held.Secret
			return r.old
		}
	}
	return apikey.Secret{}
}

// lag bounds how long a list may be behind an answer: what the service declares, or what its create showed, with a margin.
func (r *Rotation) lag() time.Duration {
	switch {
	case r.caps.ListLag > 0:
		return r.caps.ListLag
	case r.j.ListLag > 0:
		return max(2*r.j.ListLag, minLag)
	}
	return defaultLag
}

const (
	defaultLag = 60 * time.Second
	minLag     = 5 * time.Second
)

// retrieve asks for a secret again; absent where the service does not give it.
func (r *Rotation) retrieve(ctx context.Context, id string) (apikey.Secret, error) {
	retriever, ok := client.As[client.Retriever](r.svc)
	if !ok {
		return apikey.Secret{}, nil
	}
	r.w.Hook("before: retrieve")
	secret, err := retriever.Retrieve(ctx, id)
	r.w.Hook("after: retrieve")
	if client.IsKind(err, client.Unsupported) || client.IsKind(err, client.Forbidden) || client.IsKind(err, client.NotFound) {
		return apikey.Secret{}, nil
	}
	return secret, err
}

// recover takes a secret if it is the new one, told by its fingerprint: a destination may still
// hold the old one, which is never to be used.
func (r *Rotation) recover(secret apikey.Secret) bool {
	if !r.fingerprints.is(secret, r.j.Print, r.j.ID) {
		return false
	}
	r.secret = secret
	return true
}
