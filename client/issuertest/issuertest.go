// Package issuertest is the suite that every issuer gets for free: what holds for a service of any shape is asked of each, in
// the words of its own wire.
//
// From the bottom up: cases.go reads a file of cases, signed.go tells by what a request is signed, play.go answers as a case says, describe.go writes what came of it;
// operations.go does what a case says, variants.go does it with other answers than the usual; reads.go, writes.go, rolls.go,
// proofs.go, properties.go and catalogues.go ask what must hold of each; this file runs them all.
package issuertest

import (
	"slices"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
)

// Run plays an issuer's file of cases and, from the first case of each operation, everything that any issuer must stand:
// answers that are lost, cut, packed or called otherwise, refusals and limits in every form, walls, hostile texts, secrets
// that are echoed. name is what a profile calls the issuer.
//
// The file is a txtar archive. Its head says, a line each, as "name: value":
//
//	proven   how these exchanges are known: "server NAME VERSION", "client NAME VERSION" or "documents DATE"
//	source   where they are written down
//	token    detent's own credential, of the shape that this issuer's have
//	secret   a secret of one of the issuer's keys
//	sent     the header that the credential goes into, where it is not "Authorization: Bearer {}"; "signed NAME" where each request is
//	         signed by it, and its signature is held against what came
//	sent by a key   the header that a key's own secret goes into, where that is another
//	tried    "by our own credential" where a secret is tried in a body, so that a 401 is about our own
//	parents  what its keys belong to, "project=42"
//
// Each file of the archive is a case. Its name begins with what is done: list, create, update, delete, probe, identify,
// retrieve, catalogue, parents, public key, roll, end the overlap or keep the former secret; a colon and words follow, but for the first case of each, which is the one that others are made of.
// Its lines:
//
//	set create=true                  settings of the profile: create, exchange, read_only, environment
//	with {"name":"ci"}               what it is done with
//	>* POST /v1/keys/on              the same, of the request that the suite varies, where that is not the last
//	> GET /v1/api-keys               a request as it must come, then "> Name: value" for a header that it must have, "> as SECRET" for
//	                                 another credential than detent's own, and its body
//	< 200                            its answer, then "< Name: value" for a header of it, and its body; "< lost" drops the connection
//	= Zones: read !, …               a permission that is offered then: its heading and name, "!" where it makes keys, what it is; role: NAME,
//	                                 environment: NAME, and FIELD: WORD of a property
//	= 42, group/app, words           what a parent can be, with its name and a description; "= and more" where that is not all
//	= id=k1 name=ci                  a key that comes of it, in the order of the list; "= none" for no key; what a probe shows
//	secret sk_live_…                 the secret that comes of it
//	note words                       what the user is told besides
//	! kind: words                    the error that comes of it, and words in it
//
// Every ability that the issuer declares must have a case: what nothing shows is not claimed.
func Run(t *testing.T, name, path string) {
	u := &suite{script: read(t, path), name: name}
	t.Run("cases", u.cases)
	t.Run("abilities", u.abilities)
	t.Run("reads", u.reads)
	t.Run("pages", u.pages)
	t.Run("creates", u.creates)
	t.Run("updates", u.updates)
	t.Run("deletes", u.deletes)
	t.Run("rolls", u.rolls)
	t.Run("proofs", u.proofs)
	t.Run("catalogues", u.catalogues)
	t.Run("parents", u.parentVariants)
	t.Run("properties", u.properties)
	t.Run("words", u.words)
	t.Logf("%s: %d cases of its own, known by %s; %d more made of them", name, len(u.script.cases), u.script.proven, u.made)
}

// cases plays the issuer's own cases as they are written.
func (u *suite) cases(t *testing.T) {
	for _, c := range u.script.cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := u.do(t.Context(), t, u.open(t, c, c.strict(t, u.script).URL), c)
			if c.kind != "" {
				failedAs(t, err, client.Kind(c.kind), c.in)
				return
			}
			if err != nil {
				t.Fatalf("failed: %v (hint: %s)", err, client.HintOf(err))
			}
			if len(c.want) > 0 && !slices.Equal(r.keys, c.want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(r.keys, "\n  "), strings.Join(c.want, "\n  "))
			}
			if !r.secret.Equal(apikey.NewSecret(c.secret)) && (c.secret != "" || !r.secret.IsZero()) {
				t.Errorf("a secret of %d characters, want one of %d", r.secret.Len(), len(c.secret))
			}
			if !slices.Equal(r.notes, c.notes) {
				t.Errorf("notes\n  %s\nwant\n  %s", strings.Join(r.notes, "\n  "), strings.Join(c.notes, "\n  "))
			}
		})
	}
}

// abilities holds that what the issuer says of itself is said whole, and shown by a case.
func (u *suite) abilities(t *testing.T) {
	if u.proven == "" || u.head["source"] == "" || u.token == "" || u.secret == "" {
		t.Errorf("%s: its head lacks proven, source, token or secret", u.path)
	}
	head := &sample{set: map[string]string{}}
	if c := u.first("create"); c != nil {
		head.set = c.set
	}
	s := u.open(t, head, "https://issuer.example")
	caps := s.Capabilities()
	can := s.Abilities()
	also := func(can bool) apikey.Ability { return apikey.Ability{OK: can, Why: "it has no such call"} }
	for _, a := range []struct {
		name string
		is   apikey.Ability
		by   string // the operation that shows it
	}{
		{"create", caps.Create, "create"}, {"delete", caps.Delete, "delete"}, {"rename", caps.Rename, "update"},
		{"change a role", caps.ChangeRole, "update"}, {"move the end", caps.ChangeExpiry, "update"}, {"disable", caps.Disable, "update"}, {"public keys", caps.PublicKeys, "public key"},
		{"retrieve", caps.Retrieve, "retrieve"}, {"last use", caps.LastUsed, "list"}, {"expiry", caps.Expiry, "create"},
		{"restrictions", caps.Restrictions, "create"}, {"roll", caps.Roll.Ability, "roll"},
		{"ending an overlap", also(caps.Roll.End), "end the overlap"}, {"keeping a former secret", also(caps.Roll.Keep), "keep the former secret"},
		{"deleting by the secret", also(caps.SelfDelete != ""), "delete by its secret"}, {"listing", apikey.Can(), "list"}, {"proving a secret", apikey.Can(), "probe"},
		{"what keys belong to", also(can.ParentChoices != nil), "parents"}, {"a catalogue", also(caps.Catalogue.Can || caps.Catalogue.Beside), "catalogue"},
		{"identifying", also(can.Identify != nil), "identify"},
	} {
		switch {
		case !a.is.OK && a.is.Why == "":
			t.Errorf("%s: no reason is given why not", a.name)
		case a.is.OK && u.first(a.by) == nil:
			t.Errorf("%s: claimed, but %s has no case %q", a.name, u.path, a.by)
		case a.is.OK && len(client.CallNames(s, callOf(a.by))) == 0 && a.by != "public key" && a.by != "parents":
			t.Errorf("%s: a plan cannot say which requests it takes", a.name)
		}
	}
	if caps.Service != u.name || caps.Title == "" || caps.MaxName < 0 {
		t.Errorf("it calls itself %q, %q", caps.Service, caps.Title)
	}
	if ok, why := apikey.CouldBelong(apikey.NewSecret(u.secret), caps, nil); !ok {
		t.Errorf("a secret of its own would be taken for another issuer's: %s", why)
	}
	for _, f := range caps.AccessFields {
		if row := apikey.FieldOf(f); !row.Access {
			t.Errorf("%s is no field of access", f)
		}
	}
}

// callOf is how a call is named that an operation makes.
func callOf(operation string) string {
	switch operation {
	case "end the overlap":
		return "end"
	case "keep the former secret":
		return "keep"
	case "delete by its secret":
		return "delete"
	}
	return operation
}
