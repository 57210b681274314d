package wire

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// shapes of keys, as their issuers document them: a beginning, an alphabet and a length.
var shapes = []struct {
	begins, alphabet string
	length           int
}{
	{"sk_live_", alnum, 24}, {"sk-", hexDigits, 48}, {"sk-ant-api03-", alnum + "-_", 95}, {"sk-proj-", alnum + "-_", 120}, {"psp_", alnum, 40}, {"ghp_", alnum, 36}, {"github_pat_", alnum + "_", 82},
	{"glpat-", alnum + "-_", 20}, {"xoxb-", digits + "-", 24}, {"npm_", alnum, 36}, {"hf_", alnum, 34}, {"AKIA", upper + "234567", 16}, {"AIza", alnum + "-_", 35}, {"SG.", alnum, 22}, {"dop_v1_", hexDigits, 64},
	{"ya29.", alnum + "-_", 60}, {"hvs.", alnum, 24}, {"shpat_", hexDigits, 32}, {"", hexDigits, 32}, {"", hexDigits, 40}, {"", hexDigits, 64}, {"", alnum, 32}, {"", alnum, 40}, {"", alnum, 43}, {"", upper + digits, 26},
	{"acme_", alnum, 32}, {"acme-prod-", alnum, 32}, {"v1.", alnum, 40}, {"", alnum + "+/", 44}, {"", alnum + "-_", 43},
}

const (
	digits    = "0123456789"
	lower     = "abcdefghijklmnopqrstuvwxyz"
	upper     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	alnum     = digits + lower + upper
	hexDigits = digits + "abcdef"
)

// TestNobodysKeyStandsInAnError draws keys of many issuers' shapes into the sentences that services write around them.
func TestNobodysKeyStandsInAnError(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	sentences := []string{"the key KEY is wrong", "KEY", "invalid api key: KEY.", `Incorrect API key provided: "KEY".`, "no user for token=KEY&x=1", "(KEY)", "Authorization: Bearer KEY", "got 'KEY', want another", "https://api.example.com/v1?key=KEY"}
	missed, drawn := 0, 0
	for range 40 {
		for _, shape := range shapes {
			var b strings.Builder
			b.WriteString(shape.begins)
			for range shape.length {
				b.WriteByte(shape.alphabet[rng.IntN(len(shape.alphabet))])
			}
			key := b.String()
			for _, sentence := range sentences {
				drawn++
				got := Words(strings.ReplaceAll(sentence, "KEY", key))
				if longestShared(got, key[len(shape.begins):]) >= 12 {
					if missed++; missed < 8 {
						t.Errorf("%s is shown as %s", strings.ReplaceAll(sentence, "KEY", key), got)
					}
				}
			}
		}
	}
	if missed > 0 {
		t.Errorf("%d of %d", missed, drawn)
	}
}

// longestShared is how much of a key stands in a text, in one piece.
func longestShared(text, key string) int {
	best := 0
	for i := range key {
		for n := best + 1; i+n <= len(key) && strings.Contains(text, key[i:i+n]); n++ {
			best = n
		}
	}
	return best
}

// TestTheEdgesOfARunThatLooksRandom: 16 characters, letters and digits that take turns four times, each alphabet to its ends.
func TestTheEdgesOfARunThatLooksRandom(t *testing.T) {
	for run, want := range map[string]bool{
		"z1z1z1z1z1z1z1z1": true, "a9a9a9a9a9a9a9a9": true, "Z0Z0Z0Z0Z0Z0Z0Z0": true, "A9A9A9A9A9A9A9A9": true, "z1z1z1z1z1z1z1z": false, "abcdefghijklm123": false, "ab12cdefghijkl34": false, "ab12cd34efghijkl5": true,
		"0123456789012345": false, "abcdefghijklmnopqrstuvwxyz": false, "652d77895674c387e105948c": false, "652d77895674c387e105948": true, "652d77895674c387e105948g": true, "652D77895674c387e105948c": true,
	} {
		if got := random(run); got != want {
			t.Errorf("%s: %v", run, got)
		}
	}
}

// TestWordsThatAreNoKeyStay: names, ids of objects, dates, addresses and the like are what an error is about.
func TestWordsThatAreNoKeyStay(t *testing.T) {
	for _, text := range []string{
		"the name ci-deploy-in-europe-b is taken", "the name ci-deploy-in-europe- is odd", "the name ci-deploy-production-eu-west-2024 is taken", "no key 653772d5d73c5ac92045df97", "the permission SearchCaptchaRecords.searchCaptchaRecords is missing", "API.INSUFFICIENT_PERMISSIONS",
		"expires_at must be later than 2026-11-23T10:00:00.123Z", "see https://docs.example.com/v1/api-keys/permissions-and-roles", "request 550e8400-e29b-41d4-a716-446655440000", "2001:db8::ff00:42:8329/128 is not allowed",
		"updatePuzzleCaptchaSettings needs a role", "/api/v1/apikeys is unknown", "the token expired yesterday", "token authentication failed", "Deine Berechtigung reicht nicht: Zugriffsverweigerung", "sk_live_… and sk-ec54686****", "1234567890123456 is too large",
		"the account 652d77895674c387e105948c is suspended", "ci-deploy ~rznjoqz5tyy", "key_01 of app-1", "content_superadmin", "application/problem+json", "getRules of key_123 in sk_live_ is missing",
	} {
		if got := Words(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

// TestNoPasswordOfAnAddressStandsInAnError, however short it is: a proxy repeats what it was reached with.
func TestNoPasswordOfAnAddressStandsInAnError(t *testing.T) {
	for _, at := range []string{"https://user:PW@host.example/x", "http://u:PW@127.0.0.1:3128", "postgres://detent:PW@db/keys?sslmode=disable", "cannot reach socks5://a:PW@proxy: refused", "(redis://:PW@cache:6379)"} {
		for _, password := range []string{"hunter2", "correct-horse", "p%40ss", "x", "Sommer2026!", "a:b"} {
			text := strings.ReplaceAll(at, "PW", password)
			if got := Words(text); strings.Contains(got, ":"+password+"@") || !strings.Contains(got, ":"+hiddenSecret+"@") {
				t.Errorf("%s is shown as %s", text, got)
			}
		}
	}
	for _, text := range []string{"see https://host.example:443/a@b", "mail me@host.example: it is late", "at 10:30 user@host"} {
		if got := Words(text); got != text {
			t.Errorf("%s is shown as %s", text, got)
		}
	}
}
