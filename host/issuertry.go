package host

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"

	"detent/apikey"
	"detent/client/kit"
	"detent/desk"
)

// TryIssuer tries a user's own file on the service of the selected profile: its address, its credential and its parents, whatever
// issuer it names. It reads alone, unless write: then it creates one key, proves it, deletes it, and proves that it is refused. What it
// says of each call holds no name, id or secret, so that it can be sent to whoever keeps the file.
func (h *Host) TryIssuer(ctx context.Context, file string, write bool, out io.Writer) error {
	d, err := h.CheckIssuer(file)
	if err != nil {
		return err
	}
	p, err := h.Selected()
	if err != nil {
		return err
	}
	if p.Embedded {
		return Usagef("profile %s is on the key service inside detent: name one of the service that %s describes with --profile", p.Name, file)
	}
	readOnly, err := h.ReadOnly(p)
	if err != nil {
		return err
	}
	if write && readOnly {
		return Usagef("--write: the profile is read-only")
	}
	p.Service = d.Name
	s, err := h.openWith(ctx, p, filepath.Dir(file), !write)
	if err != nil {
		return err
	}
	t := &trial{out: out, d: d, s: s}
	t.say("%s, proven by %s, against profile %s", d.Title, d.Proven, p.Name)
	if err := t.reads(ctx); err != nil || !write {
		return err
	}
	return t.writes(ctx)
}

// trial is one run of an issuer's file.
type trial struct {
	out io.Writer
	d   *kit.Declaration
	s   *Session
}

func (t *trial) say(format string, args ...any) { _, _ = fmt.Fprintf(t.out, format+"\n", args...) }

// reads lists, says which declared fields came, and holds a made-up secret against the probes.
func (t *trial) reads(ctx context.Context) error {
	keys, err := t.s.List(ctx)
	if err != nil {
		t.say("list     %s: failed", t.d.List.Call.Call)
		return err
	}
	t.say("list     %s: %d keys", t.d.List.Call.Call, len(keys))
	for _, f := range []struct {
		name     string
		declared bool
		has      func(k apikey.Key) bool
	}{
		{"name", true, func(k apikey.Key) bool { return k.Name != "" }},
		{"created_at", len(t.d.Row.CreatedAt) > 0, func(k apikey.Key) bool { return k.CreatedAt.Known() }},
		{"expires_at", len(t.d.Row.ExpiresAt) > 0, func(k apikey.Key) bool { return k.ExpiresAt.Known() }},
		{"last_used_at", len(t.d.Row.LastUsedAt) > 0, func(k apikey.Key) bool { return k.LastUsedAt.Known() }},
		{"enabled", len(t.d.Row.Enabled)+len(t.d.Row.State.Members) > 0, func(k apikey.Key) bool { return k.Enabled != nil }},
		{"permissions", len(t.d.Row.Permissions) > 0, func(k apikey.Key) bool { return k.Permissions != nil }},
		{"role", len(t.d.Row.Role) > 0, func(k apikey.Key) bool { return k.Role != "" }},
		{"masked", len(t.d.Row.Masked)+len(t.d.Row.Prefix) > 0, func(k apikey.Key) bool { return k.Masked != "" }},
	} {
		n := 0
		for _, k := range keys {
			if f.has(k) {
				n++
			}
		}
		switch {
		case !f.declared || len(keys) == 0:
		case n == 0:
			t.say("field    %s: of none of the keys: is it called otherwise?", f.name)
		default:
			t.say("field    %s: of %d of %d", f.name, n, len(keys))
		}
	}
	proof, err := t.s.Service.Probe(ctx, apikey.MadeUp(t.s.token, rand.Reader), "")
	if err != nil {
		t.say("probe    %s: failed with a made-up secret", t.d.Probes[0].Call)
		return err
	}
	t.say("probe    a made-up secret: %s: %s", verdictWord(proof), proof.Evidence)
	if !proof.Refused() {
		t.say("         nothing is proven as long as a made-up secret is not refused: choose another probe")
		return ErrNo
	}
	return nil
}

func verdictWord(p apikey.Proof) string {
	switch {
	case p.Refused():
		return "refused"
	case p.Accepted():
		return "accepted"
	}
	return "nothing is shown (" + p.Why + ")"
}

// writes makes one key of its own, proves it, and deletes it.
func (t *trial) writes(ctx context.Context) error {
	draft := apikey.Draft{Name: "detent-try-" + nonce(), Environment: t.s.Profile.Environment}
	if len(t.s.Caps.Roles) > 0 {
		draft.Role = t.s.Caps.Roles[0].Name
	}
	if groups := t.s.Caps.PermissionGroups; len(groups) > 0 {
		draft.Permissions = []apikey.Permission{groups[0].Permissions[0].Permission}
	}
	t.say("create   %s: a key named %s is asked for", t.d.Create.Call.Call, draft.Name) // before it is: what becomes of it may not be known
	made, err := t.s.Desk.Do(ctx, desk.Order{What: desk.Create, Draft: draft})
	if err != nil {
		t.say("create   failed: look for the key named %s, and delete it if it is there", draft.Name)
		return err
	}
	t.say("create   done")
	secret := made.Created.Secret
	proof, proofErr := t.s.Service.Probe(ctx, secret, "")
	if proofErr != nil {
		t.say("probe    the new secret: failed: %v", proofErr)
	} else {
		t.say("probe    the new secret: %s: %s", verdictWord(proof), proof.Evidence)
	}
	if _, err := t.s.Desk.Do(ctx, desk.Order{What: desk.Delete, Key: made.Created.Key}); err != nil {
		t.say("delete   %s: failed: the key named %s is still there", t.d.Delete.Call, draft.Name)
		return err
	}
	t.say("delete   %s: done", t.d.Delete.Call)
	if proofErr != nil || t.d.Truth.NeverTryDead {
		return proofErr
	}
	after, err := t.s.Service.Probe(ctx, secret, proof.Call)
	if err != nil {
		return err
	}
	t.say("probe    the deleted secret: %s: %s", verdictWord(after), after.Evidence)
	if lag := t.d.Truth.RevokeLag.Duration; proof.Accepted() && after.Accepted() && lag > 0 {
		t.say("         the file says that it may be, for %s more", lag)
		return nil
	}
	if !proof.Accepted() || !after.Refused() {
		return ErrNo
	}
	return nil
}

func nonce() string {
	raw := make([]byte, 4)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}
