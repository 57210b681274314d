package apikey_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

// rings are two profiles, one whose masks show a beginning and one whose masks show both ends.
func rings(keys ...apikey.Key) []apikey.Keyring {
	return []apikey.Keyring{
		{Profile: "prod", Caps: apikey.Capabilities{Title: "Prosopo"}, Keys: keys},
		{Profile: "pay", Caps: apikey.Capabilities{Title: "Pay", SecretPrefixes: []string{"sk_live_"}}, Keys: []apikey.Key{{ID: "p1", Name: "till", Masked: "sk_live_9f3c…a1b2"}}},
	}
}

// TestACutOrMistypedSecretIsLikeTheMaskOfItsKey: cut anywhere, one character changed anywhere; and a secret of nobody's is not.
func TestACutOrMistypedSecretIsLikeTheMaskOfItsKey(t *testing.T) {
	const whole = "psp_deugh5zdzvmdw4kq2x7rj5tbn3vyl6hcpa2fmz7sgeok4iwuq5xdbtnr7vh"
	const both = "sk_live_9f3c71aa02bd44e0a1c5e70b11a1b2"
	key := apikey.Key{ID: "deugh5zdzvmd", Name: "payments-api", Masked: "psp_deugh5zdzvmd****"}
	matched := func(text string) string {
		_, matches, _ := apikey.CompareMasks(apikey.NewSecret(text), rings(key))
		if len(matches) != 1 {
			return ""
		}
		return matches[0].Key.Name
	}
	for n := 16; n <= len(whole); n++ {
		if matched(whole[:n]) != "payments-api" {
			t.Errorf("cut after %d characters it is nobody's", n)
		}
	}
	for at := 4; at < len(whole); at++ {
		typo := []byte(whole)
		if typo[at] = "abcdefghijklmnopqrstuvwxyz234567a"[strings.IndexByte("abcdefghijklmnopqrstuvwxyz234567", typo[at])+1]; matched(string(typo)) != "payments-api" {
			t.Errorf("with character %d changed it is nobody's", at)
		}
	}
	for top := 1; top <= 8; top++ {
		if matched(whole[top:]) != "payments-api" {
			t.Errorf("without the first %d characters it is nobody's", top)
		}
	}
	for n := 16; n < len(both); n++ {
		if matched(both[:n]) != "till" {
			t.Errorf("of a mask with an end: cut after %d characters it is nobody's", n)
		}
	}
	for _, other := range []string{"psp_deug" + whole[16:] + "aaaaaaaa", "psp_2" + whole[5:10] + strings.Repeat("q", 50), "sk_live_0f0c71aa02bd44e0a1c5e70b11a1b2", "psp_", "psp_aaaaaaaaaaaaaaaaaaaaaaaa"} {
		if name := matched(other); name != "" {
			t.Errorf("%s is told to be like %s", other, name)
		}
	}
}

// TestAMaskThatAllSecretsOfAServiceShowNamesNoKey.
func TestAMaskThatAllSecretsOfAServiceShowNamesNoKey(t *testing.T) {
	for _, mask := range []string{"psp_****", "psp_…", "psp_a…", "****", "", "psp_deugh5zdzvmd"} {
		fits, matches, _ := apikey.CompareMasks(apikey.NewSecret("psp_abcdefghijklmnopqrstuvwxyz"), rings(apikey.Key{ID: "1", Name: "k", Masked: mask}))
		if len(matches) > 0 || !slices.Contains(fits, "prod") {
			t.Errorf("%q: matches %v, asked would be %v", mask, matches, fits)
		}
	}
}

// TestOnlyAWholeMaskNarrowsWhoIsAsked: what is nearly a key's may be another's.
func TestOnlyAWholeMaskNarrowsWhoIsAsked(t *testing.T) {
	two := []apikey.Keyring{
		{Profile: "a", Keys: []apikey.Key{{ID: "1", Name: "one", Masked: "psk_9f3c71aa…"}}},
		{Profile: "b", Keys: []apikey.Key{{ID: "2", Name: "two", Masked: "psk_00000000…"}}},
	}
	for secret, want := range map[string]string{"psk_9f3c71aa02bd44e0a1": "a", "psk_9f3c71ab02bd44e0a1": "a b", "psk_1234567890abcdefgh": "a b"} {
		if fits, _, _ := apikey.CompareMasks(apikey.NewSecret(secret), two); strings.Join(fits, " ") != want {
			t.Errorf("%s asks %v, want %s", secret, fits, want)
		}
	}
}

// TestWhatARefusalMeansGoesByHowTheKeyStands.
func TestWhatARefusalMeansGoesByHowTheKeyStands(t *testing.T) {
	now := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	on, off := true, false
	for says, k := range map[string]apikey.Key{
		"k (1) has this mask and is ON in the list: what was pasted is cut or mistyped, or an earlier secret of it": {ID: "1", Name: "k", Enabled: &on},
		"k (2) has this mask and is ON in the list: what was pasted is cut or mistyped, or an earlier secret of it": {ID: "2", Name: "k", ExpiresAt: apikey.At(now.Add(time.Hour))},
		"k (3) has this mask and is OFF: its own secret is refused too, and what was pasted may be that":            {ID: "3", Name: "k", Enabled: &off},
		"k (4) has this mask and is EXPIRED: its own secret is refused too, and what was pasted may be that":        {ID: "4", Name: "k", ExpiresAt: apikey.At(now)},
	} {
		if got := (apikey.Match{Key: k, Like: apikey.Fits}).Refused(now); got != says {
			t.Errorf("%q, want %q", got, says)
		}
	}
}

// TestADeclaredShapeTellsThatASecretIsNotWhole.
func TestADeclaredShapeTellsThatASecretIsNotWhole(t *testing.T) {
	form := regexp.MustCompile(`^psp_[a-z2-7]{20}$`)
	caps := apikey.Capabilities{Title: "Prosopo", Whole: func(s apikey.Secret) bool { return s.Matches(form) }}
	whole := "psp_abcdefghij234567abcd"
	if why := caps.NotWhole(apikey.NewSecret(whole)); why != "" {
		t.Error(why)
	}
	for _, text := range []string{whole[:19], whole + "a", whole[:10] + "1" + whole[11:]} {
		if caps.NotWhole(apikey.NewSecret(text)) == "" {
			t.Errorf("%s is taken for whole", text)
		}
		if (apikey.Capabilities{}).NotWhole(apikey.NewSecret(text)) != "" {
			t.Error("without a shape it is not known")
		}
	}
}

// TestABeginningThatSeveralKeysShareTellsNone: it is how the secrets of the service begin. One key alone that begins so is told.
func TestABeginningThatSeveralKeysShareTellsNone(t *testing.T) {
	secret := apikey.NewSecret("sk-admin-q8Zk2Lm9Xv4Tn7Bw3Rc6Yh1Jd5Fs0Pg")
	for n, want := range map[int]int{1: 1, 2: 0, 134: 0} {
		ring := apikey.Keyring{Profile: "oa"}
		for i := range n {
			ring.Keys = append(ring.Keys, apikey.Key{ID: "k" + string(rune('a'+i%26)), Masked: "sk-admin-q8Zk...xy" + string(rune('a'+i%26))})
		}
		if _, matches, _ := apikey.CompareMasks(secret, []apikey.Keyring{ring}); len(matches) != want {
			t.Errorf("of %d keys with this beginning %d are told", n, len(matches))
		}
	}
}
