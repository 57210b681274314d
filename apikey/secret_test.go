package apikey_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"detent/apikey"
)

const canary = "sk_live_canary0123456789"

// holder has its secret in an unexported field, where fmt does not call a Secret's methods.
type holder struct {
	secret apikey.Secret
	inner  struct{ again apikey.Secret }
}

func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	s := apikey.NewSecret(canary)
	h := holder{secret: s}
	h.inner.again = s
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("made", "secret", s, "holder", h, "list", []apikey.Secret{s})
	shown := []string{log.String()}
	for _, v := range []any{s, &s, h, &h, []apikey.Secret{s}, map[string]apikey.Secret{"k": s}, apikey.Created{Secret: s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			shown = append(shown, fmt.Sprintf(verb, v))
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, string(b))
	}
	for _, text := range shown {
		if strings.Contains(text, canary[:12]) || strings.Contains(text, fmt.Sprintf("%x", canary[:12])) {
			t.Errorf("printed as %q", text)
		}
	}
}

func TestSecretsCompareByTheirBytes(t *testing.T) {
	s := apikey.NewSecret(canary)
	if !s.Equal(apikey.NewSecret(canary)) || s.Equal(apikey.NewSecret(canary+"x")) {
		t.Error("Equal does not compare the bytes")
	}
	none := apikey.NewSecret("")
	if !none.IsZero() || none.Equal(apikey.Secret{}) || none.Reveal() != "" || none.Len() != 0 || none.HasPrefix("sk") {
		t.Error("no bytes should be an absent secret, equal to nothing")
	}
	if s.Reveal() != canary || s.Len() != len(canary) || !s.HasPrefix("sk_live_") || s.Mask() != "sk_l…" {
		t.Error("the bytes changed on the way")
	}
}

func TestRedactTakesEveryCopyOut(t *testing.T) {
	s := apikey.NewSecret(canary)
	if got := s.Redact("a " + canary + " b " + canary); got != "a [secret] b [secret]" {
		t.Errorf("got %q", got)
	}
	if got := (apikey.Secret{}).Redact("text"); got != "text" {
		t.Errorf("an absent secret changed the text to %q", got)
	}
}
