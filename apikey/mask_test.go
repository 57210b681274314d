package apikey_test

import (
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

func TestAMaskIsTakenApartIntoWhatItShows(t *testing.T) {
	for mask, want := range map[string]struct {
		begins, ends string
		ok           bool
	}{
		"sk_live_0003…": {"sk_live_0003", "", true}, "…abcd": {"", "abcd", true}, "sk_…abcd": {"sk_", "abcd", true}, "sk_****abcd": {"sk_", "abcd", true},
		"sk_••••••abcd": {"sk_", "abcd", true}, "sk_····": {"sk_", "", true}, "sk_*…•abcd": {"sk_", "abcd", true}, "****": {"", "", false}, "…": {"", "", false},
		"sk_...abcd": {"sk_", "abcd", true}, "...abcd": {"", "abcd", true}, "sk_...": {"sk_", "", true}, "sk_.....abcd": {"sk_", "abcd", true}, "...": {"", "", false}, "....": {"", "", false},
		"": {"", "", false}, "sk_live_0003": {"", "", false}, "sk..abcd": {"", "", false}, "v1.2...abcd": {"v1.2", "abcd", true}, "a.b*c": {"a.b", "c", true},
	} {
		begins, ends, ok := apikey.MaskShows(mask)
		if ok != want.ok || ok && (begins != want.begins || ends != want.ends) {
			t.Errorf("%q: %q, %q, %v", mask, begins, ends, ok)
		}
		if ok {
			s := apikey.NewSecret(begins + "0123456789" + ends)
			if !s.HasPrefix(begins) || !s.HasSuffix(ends) || s.HasSuffix(ends+"x") {
				t.Errorf("%q does not fit a secret of its own", mask)
			}
		}
	}
}

// TestTheEndOfASecretTellsOneFromAnother sooner than its beginning, which many have in common.
func TestTheEndOfASecretTellsOneFromAnother(t *testing.T) {
	for mask, want := range map[string]bool{"…12345678": true, "…1234567": false, "abcdefghijk…": true, "abcdefghij…": false, "abc…12345678": true, "abcdefg…1234": true, "abcdef…1234": false, "…": false} {
		if begins, ends, _ := apikey.MaskShows(mask); apikey.MaskTells(begins, ends) != want {
			t.Errorf("%s tells one key from another: want %v", mask, want)
		}
	}
}

func TestAKeyedPrintTellsASecretToWhoeverHasTheKeyAlone(t *testing.T) {
	s, key, other := apikey.NewSecret(canary), []byte(strings.Repeat("k", 32)), []byte(strings.Repeat("l", 32))
	print := s.KeyedPrint(key)
	if len(print) != 32 || strings.Trim(print, "0123456789abcdef") != "" || strings.Contains(canary, print) {
		t.Errorf("%q", print)
	}
	if print != apikey.NewSecret(canary).KeyedPrint(key) || print == s.KeyedPrint(other) || print == apikey.NewSecret(canary+"x").KeyedPrint(key) {
		t.Error("it does not tell the secret, or not by the key")
	}
	if (apikey.Secret{}).KeyedPrint(key) != "" {
		t.Error("no secret has a print")
	}
}

func TestASpanAndALifetimeAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for text, bad := range map[string]bool{"1s": false, "36500d": false, "99999999999999999999s": true, "0d": true, "36526d": true, "-1d": true} {
		if _, err := apikey.ParseSpan(text); (err != nil) != bad {
			t.Errorf("%s: %v", text, err)
		}
	}
	for name, tc := range map[string]struct {
		e    apikey.Expiry
		want string
	}{
		"never": {apikey.Expiry{}, ""}, "a second": {apikey.Expiry{At: now.Add(time.Second)}, ""}, "less": {apikey.Expiry{At: now.Add(time.Second - 1)}, "less than a second"},
		"now": {apikey.Expiry{At: now}, "in the past"}, "before": {apikey.Expiry{At: now.Add(-1)}, "in the past"}, "long": {apikey.Expiry{At: now.Add(apikey.MaxLifetime)}, ""}, "too long": {apikey.Expiry{At: now.Add(apikey.MaxLifetime + 1)}, "over 100 years"},
	} {
		if err := tc.e.Check(now); (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
