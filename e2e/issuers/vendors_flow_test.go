//go:build unix

package issuers

import (
	"fmt"
	"strings"
	"testing"

	"detent/e2e/servers"
)

// besideTheProgram: the program and the vendor's client are on one service. A key that the one makes is found, tried, changed and deleted by
// the other.
func besideTheProgram(t *testing.T, v vendor, client *servers.Client) {
	is := playedAs(v.service)
	h, state := newPlayed(t, is)
	for i := range 120 { // no list of any is one page
		state.add(playedKey{name: fmt.Sprintf("one of many %d", i)}, "sk_")
	}
	both := &bothSides{home: h, v: v, client: client, own: is.own}
	both.changeOurs()
	both.seeTheirsChanged(is)
}

// bothSides is a vendor's client on the service of a home.
type bothSides struct {
	*home
	v      vendor
	client *servers.Client
	own    string
}

// ask has the client do an act.
func (b *bothSides) ask(act, token, id, name, secret string) servers.Made {
	b.Helper()
	method, rest, _ := strings.Cut(strings.NewReplacer("$id", id, "$name", name, "$secret", secret).Replace(act), " ")
	target, body, _ := strings.Cut(rest, " ")
	return b.client.Make(b.T, b.v.order(b.T, b.server.URL, token, method+" "+target, body))
}

// act has it do one that must succeed.
func (b *bothSides) act(act, id, name string) []any {
	b.Helper()
	made := b.ask(act, b.own, id, name, "")
	if made.Error != "" {
		b.Fatalf("%s: %s", act, made.Error)
	}
	return made.Answers
}

// accepts says whether a secret works, as the client sees it.
func (b *bothSides) accepts(secret string) bool {
	b.Helper()
	by := secret
	if strings.Contains(b.v.verify, "$secret") {
		by = b.own
	}
	switch made := b.ask(b.v.verify, by, "", "", secret); {
	case made.Status == 401 && by == secret:
		return false
	case made.Error != "":
		b.Fatal(made.Error)
		return false
	default:
		valid := member(made.Answers, "valid")
		return valid == nil || valid == true
	}
}

// row is a key in the list that the client is given.
func (b *bothSides) row(id string) (row map[string]any) {
	b.Helper()
	visit(b.act(b.v.list, "", ""), func(one map[string]any) bool {
		if fmt.Sprint(one[b.v.id]) == id {
			row = one
		}
		return row != nil
	})
	return row
}

// visit goes through the objects of a value, an outer one first, until one is the right one.
func visit(value any, right func(map[string]any) bool) bool {
	switch value := value.(type) {
	case map[string]any:
		if right(value) {
			return true
		}
		for _, inner := range value {
			if visit(inner, right) {
				return true
			}
		}
	case []any:
		for _, inner := range value {
			if visit(inner, right) {
				return true
			}
		}
	}
	return false
}

// member is the outermost of that name.
func member(value any, name string) (found any) {
	visit(value, func(one map[string]any) bool {
		found = one[name]
		return found != nil
	})
	return found
}

func (b *bothSides) changeOurs() {
	made, secret := b.create("made by detent")
	if row := b.row(made.ID); row == nil || row["name"] != made.Name {
		b.Errorf("the client lists it as %v", row)
	}
	if !b.accepts(secret) || b.accepts(secret[:len(secret)-4]+"none") {
		b.Error("the client does not find that it works, or finds that a made-up one does")
	}
	if b.v.rename != "" {
		b.act(b.v.rename, made.ID, "named by the client")
		if found := b.named("named by the client"); len(found) != 1 || found[0].ID != made.ID {
			b.Errorf("renamed: %+v", found)
		}
		b.act(b.v.off, made.ID, "")
		if valid, _ := b.verified(secret); valid || b.accepts(secret) {
			b.Error("it works and is off")
		}
		b.act(b.v.on, made.ID, "")
		if valid, _ := b.verified(secret); !valid {
			b.Error("it is on and does not work")
		}
	}
	b.act(b.v.remove, made.ID, "")
	if valid, _ := b.verified(secret); valid || len(b.named("made by detent")) > 0 {
		b.Error("it works or is listed, and the client has deleted it")
	}
	b.leaks(secret)
}

func (b *bothSides) seeTheirsChanged(is playedIssuer) {
	with := b.act(b.v.create, "", "made by the client")
	id, secret := fmt.Sprint(member(with, b.v.id)), fmt.Sprint(member(with, b.v.secret))
	if found := b.named("made by the client"); len(found) != 1 || found[0].ID != id {
		b.Errorf("the program lists it as %+v, its id is %s", found, id)
	}
	if valid, of := b.verified(secret); !valid || is.unnamed != (of == nil) || of != nil && of.ID != id {
		b.Errorf("it is valid: %v, of %+v", valid, of)
	}
	if is.update {
		b.must("update", id, "--name", "named by detent", "--disable")
		if row := b.row(id); row["name"] != "named by detent" || b.accepts(secret) {
			b.Errorf("renamed and switched off, the client lists it as %v", row)
		}
		b.must("update", id, "--enable")
	}
	if b.v.roll != "" {
		with = b.act(b.v.roll, id, "")
		fresh, former := fmt.Sprint(member(with, b.v.secret)), secret
		if valid, of := b.verified(fresh); !valid || of == nil || of.ID != fmt.Sprint(member(with, b.v.id)) || of.ID == id {
			b.Errorf("rolled by the client, it is valid: %v, of %+v", valid, of)
		}
		if valid, _ := b.verified(former); valid {
			b.Error("rolled by the client at once, the former secret works")
		}
		id, secret = fmt.Sprint(member(with, b.v.id)), fresh
	}
	b.must("delete", id, "--yes")
	if row := b.row(id); row != nil || b.accepts(secret) {
		b.Errorf("deleted, the client lists it as %v, or its secret works", row)
	}
	b.leaks(secret)
}
