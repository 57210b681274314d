package cli

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/desk"
)

// sentTo notes which services of a machine saw a text in a credential.
type sentTo struct {
	mu  sync.Mutex
	saw []string
}

func (s *sentTo) watch(name string, r *remoteService, secret *string) {
	r.fault = func(_ http.ResponseWriter, req *http.Request, _ http.Handler) bool {
		if *secret != "" && strings.Contains(req.Header.Get("Authorization"), *secret) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.saw = append(s.saw, name)
		}
		return false
	}
}

// TestVerifyAsksTheProfileWhoseKeyTheMaskShows: without -p, of several profiles; the others get nothing, and a foreign secret goes nowhere.
func TestVerifyAsksTheProfileWhoseKeyTheMaskShows(t *testing.T) {
	m, a, b := fleet(t)
	m.now = time.Now
	secret, seen := "", &sentTo{}
	for _, of := range []string{"shop", "docs", "pay", "other"} {
		args := map[string][]string{"docs": {"--role", "reader"}, "pay": {"--environment", "live"}}[of]
		if args == nil {
			args = []string{"--permission", "getRules"}
		}
		_, made := m.create(append([]string{"-p", of, "--name", "leaked-" + of}, args...)...)
		secret, seen.saw = made, nil
		seen.watch("a", a, &secret)
		seen.watch("b", b, &secret)
		res := m.run(secret, "verify")
		service := map[string]string{"shop": "a", "docs": "a", "pay": "b", "other": "b"}[of]
		if res.code != 0 || !strings.HasPrefix(res.stdout, "valid on "+of+"\n") || !strings.Contains(res.stdout, "leaked-"+of) || strings.Join(seen.saw, "") == "" || strings.Trim(strings.Join(seen.saw, ""), service) != "" {
			t.Errorf("%s: sent to %v: %+v", of, seen.saw, res)
		}
		var out map[string]any
		decode(t, m.run(secret, "verify", "-o", "json").stdout, &out)
		if fieldsOf(out) != "key valid" || out["key"].(map[string]any)["profile"] != of {
			t.Errorf("%v", out)
		}
	}
	secret, seen.saw = "ghp_16C7e42F292c6912E7710c838347Ae178B4a", nil
	res := m.run(secret, "verify")
	if res.code != 2 || !strings.Contains(res.stderr, "no profile's") || !strings.Contains(res.stderr, "ghp_") || strings.Contains(res.stderr, secret) || len(seen.saw) > 0 {
		t.Errorf("sent to %v: %+v", seen.saw, res)
	}
	if res := m.run(secret, "verify", "-p", "pay"); res.code != 2 || !strings.Contains(res.stderr, "not sent") {
		t.Errorf("%+v", res)
	}
}

// TestARefusedSecretOfAKeyThatIsOnIsNotToldAsDead, however it was cut or mistyped, with and without -p, in words and in JSON; and a
// secret of nobody's is told apart from it.
func TestARefusedSecretOfAKeyThatIsOnIsNotToldAsDead(t *testing.T) {
	for service, create := range map[string][]string{"prosopo": {"--permission", "getRules"}, "vertesia": {"--role", "reader"}, "generic": {"--environment", "live"}} {
		m, r := newMachine(t), newRemote(t)
		var more []string
		if service == "generic" {
			more = []string{"create = true"}
		}
		m.profile(r, service, more...)
		id, secret := m.create(append([]string{"--name", "payments-api"}, create...)...)
		last := "a"
		if strings.HasSuffix(secret, last) {
			last = "b"
		}
		for name, pasted := range map[string]string{"cut": secret[:30], "mistyped": secret[:len(secret)-1] + last, "longer": secret + "a", "in a line": "API_KEY=" + secret[:40] + "\n"} {
			res := m.run(pasted, "verify")
			if res.code != 1 || !strings.HasPrefix(res.stdout, "not valid on ") || !strings.Contains(res.stdout, "payments-api ("+id+") has this mask and is ON") || !strings.Contains(res.stdout, "cut or mistyped") ||
				!strings.Contains(res.stdout, "detent rotate "+id+" --compromised") {
				t.Errorf("%s, %s: %+v", service, name, res)
			}
			var out map[string]any
			res = m.run(pasted, "verify", "-o", "json")
			decode(t, res.stdout, &out)
			fits, _ := out["fits"].([]any)
			if res.code != 1 || out["valid"] != false || len(fits) != 1 || fits[0].(map[string]any)["id"] != id || !strings.Contains(res.stderr, "is ON") {
				t.Errorf("%s, %s: %+v", service, name, res)
			}
		}
		nobodys := map[string]string{"prosopo": "psp_", "vertesia": "sk-", "generic": "sk_live_"}[service] + strings.Repeat("q7", 28)
		res := m.run(nobodys, "verify", "-o", "json")
		var out map[string]any
		decode(t, res.stdout, &out)
		if res.code != 1 || out["valid"] != false || fieldsOf(out) != "valid" {
			t.Errorf("%s, of nobody's: %+v", service, res)
		}
	}
}

// TestVerifyFindsTheSecretInWhatWasPasted, says which part was taken, and takes none of several by itself.
func TestVerifyFindsTheSecretInWhatWasPasted(t *testing.T) {
	m := newMachine(t)
	_, one := m.create("--name", "one", "--permission", "getRules")
	_, two := m.create("--name", "two", "--permission", "getRules")
	for _, text := range []string{"API_KEY=%\n", `{"key": "%"}`, "hey, % is in the wild", "PORT=1\nexport X='%'\nHOST=a\n", "Authorization: Bearer %"} {
		res := m.run(strings.ReplaceAll(text, "%", one), "verify")
		if res.code != 0 || !strings.Contains(res.stderr, "taken: ") || !strings.Contains(res.stderr, "63 characters") || strings.Contains(res.stdout+res.stderr, one) {
			t.Errorf("%q: %+v", text, res)
		}
	}
	res := m.run("A="+one+"\nB="+two+"\n", "verify")
	if res.code != 2 || !strings.Contains(res.stderr, "2 secrets") || !strings.Contains(res.stderr, "A in line 1") || !strings.Contains(res.stderr, "B in line 2") || strings.Contains(res.stderr, one) {
		t.Errorf("%+v", res)
	}
}

// TestWhoseADeletedKeysSecretWasIsTold, by the journal of the rotation that deleted it.
func TestWhoseADeletedKeysSecretWasIsTold(t *testing.T) {
	m := newMachine(t)
	id, secret := m.create("--name", "search-worker", "--permission", "getRules")
	env := m.write("app/.env", "API_KEY="+secret+"\n")
	rotated := m.run("", "rotate", "search-worker", "--deliver", "env-file:"+env+":API_KEY", "--compromised", "--yes", "--accept-unknown", "test")
	if rotated.code != 0 || !strings.Contains(rotated.stdout+rotated.stderr, "Nothing restarts what reads API_KEY in "+env+": the old key goes as soon as the new one works") {
		t.Fatalf("a running application is not thought of before the old key goes: %+v", rotated)
	}
	for _, pasted := range []string{secret, secret[:40]} {
		res := m.run(pasted, "verify")
		if res.code != 1 || !strings.Contains(res.stdout, "this was search-worker ("+id+"), deleted ") || !strings.Contains(res.stdout, ", rotation ") {
			t.Errorf("%+v", res)
		}
	}
	var out map[string]any
	decode(t, m.run(secret, "verify", "-o", "json").stdout, &out)
	past, _ := out["past"].([]any)
	if fieldsOf(out) != "past valid" || len(past) != 1 || past[0].(map[string]any)["id"] != id {
		t.Errorf("%v", out)
	}
}

// TestWhoseASecretWasIsToldOfAKeyThatWasDeletedWithoutARotation, by a command or on the screen, at each service: the record has its mask.
func TestWhoseASecretWasIsToldOfAKeyThatWasDeletedWithoutARotation(t *testing.T) {
	for profile, create := range map[string][]string{"local/prosopo": {"--permission", "getRules"}, "local/vertesia": {"--role", "reader"}, "local/generic": {"--environment", "live"}} {
		for name, remove := range map[string]func(m *machine, id string){
			"command": func(m *machine, id string) { m.must("delete", id, "--yes", "-p", profile) },
			"screen": func(m *machine, id string) {
				c, err := m.hostFor().Open(t.Context(), profile)
				if err != nil {
					t.Fatal(err)
				}
				keys, err := client.ListAll(t.Context(), c.Service)
				if err != nil {
					t.Fatal(err)
				}
				for _, k := range keys {
					if k.ID == id {
						_, err = c.Order(t.Context(), desk.Order{What: desk.Delete, Key: apikey.Key{ID: id, Masked: k.Masked}})
					}
				}
				if err != nil {
					t.Fatal(err)
				}
			},
		} {
			m := newMachine(t)
			id, secret := m.create(append([]string{"--name", "worker", "-p", profile}, create...)...)
			before := m.run(secret, "verify", "-p", profile)
			remove(m, id)
			res := m.run(secret, "verify", "-p", profile)
			if before.code != 0 || strings.Contains(before.stdout, "deleted") || res.code != 1 || !strings.Contains(res.stdout, "this was worker ("+id+"), deleted ") || !strings.Contains(res.stdout, "Z by ") || strings.Contains(res.stdout, "rotation") {
				t.Errorf("%s by %s: %+v", profile, name, res)
			}
		}
	}
}
