package apikey

import (
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// class is what a made-up secret keeps at each position.
func class(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return '0'
	case c >= 'a' && c <= 'z':
		return 'a'
	case c >= 'A' && c <= 'Z':
		return 'A'
	}
	return c
}

type constant byte

func (c constant) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

func TestAMadeUpSecretHasTheShapeAndIsAnother(t *testing.T) {
	jwt := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJrMSJ9.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV"
	for text, kept := range map[string]string{
		"sk_live_0123456789abcdef0123456789abcdef": "sk_live_", "sk_test_AbC123xyz789": "sk_test_", "sk-ec54686abcdef0123456": "sk-", "psp_k9_SECRETcanary0123456789": "psp_",
		"sk-ant-api03-abcDEF123-abcDEF456_x": "sk-ant-api03-", "ghp_16C7e42F292c6912E7710c838347Ae178B4a": "ghp_", "AKIAIOSFODNN7QWERTYU": "AKIA", "github_pat_11ABCDEFG0_abcdefghij": "github_pat_",
		"xoxb-123456789012-abcdefghijkl": "xoxb-", "correct-horse-battery-staple": "correct-", "0123456789abcdef0123456789abcdef": "", "ZmFuY3k+base64/with==": "", "acme_v2_live_0123456789abcdef": "acme_v2_live_",
		jwt: jwt[:strings.LastIndexByte(jwt, '.')+1],
	} {
		s := NewSecret(text)
		for _, random := range []io.Reader{rand.Reader, constant(0), constant(255), constant(7), iotest.ErrReader(errors.New("no entropy"))} {
			made := MadeUp(s, random)
			got := made.Reveal()
			if len(got) != len(text) || !strings.HasPrefix(got, kept) || made.Equal(s) {
				t.Fatalf("%s becomes %s", text, got)
			}
			for i := range len(text) {
				if class(got[i]) != class(text[i]) {
					t.Errorf("%s becomes %s: at %d", text, got, i)
				}
				if i >= len(kept) && class(text[i]) != text[i] && got[i] == text[i] {
					t.Errorf("%s becomes %s: the same at %d", text, got, i)
				}
			}
			if strings.Trim(text[len(kept):], "0123456789abcdef") == "" && strings.Trim(got[len(kept):], "0123456789abcdef") != "" {
				t.Errorf("%s becomes %s, which is not hexadecimal", text, got)
			}
			if err := made.Check(); err != nil {
				t.Errorf("%s becomes %s: %v", text, got, err)
			}
		}
		if MadeUp(s, rand.Reader).Equal(MadeUp(s, rand.Reader)) {
			t.Errorf("%s: the same twice", text)
		}
	}
	for _, odd := range []string{"a", "7", "-", "_", "----", "!!!!!!!!", "sk_live_", "sk_live_abc", "sk-1"} {
		if made := MadeUp(NewSecret(odd), constant(0)); made.Equal(NewSecret(odd)) || made.Len() != len(odd) {
			t.Errorf("%q becomes %q", odd, made.Reveal())
		}
	}
	if !MadeUp(Secret{}, rand.Reader).IsZero() {
		t.Error("something was made of nothing")
	}
}

func TestTheAlphabetIsWhatTheSecretShows(t *testing.T) {
	seen := map[byte]bool{}
	for i := range 256 {
		for _, c := range []byte(MadeUp(NewSecret("sk_live_000000000000"), constant(i)).Reveal()[8:]) {
			seen[c] = true
		}
	}
	if len(seen) != 9 || seen['0'] {
		t.Errorf("a digit becomes %v", seen)
	}
}

func FuzzMadeUp(f *testing.F) {
	f.Add("sk_live_0123456789abcdef", []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, text string, entropy []byte) {
		s := NewSecret(text)
		made := MadeUp(s, strings.NewReader(string(entropy)))
		if made.Len() != s.Len() || made.Equal(s) {
			t.Fatalf("%q becomes %q", text, made.Reveal())
		}
	})
}

func TestVerdictsAreCalledByName(t *testing.T) {
	var zero Proof
	if zero.Verdict != Silent || zero.Accepted() || zero.Refused() {
		t.Error("what was not observed says something")
	}
	for v, want := range map[Verdict]string{Silent: "silent", Accepted: "accepted", Refused: "refused", Known: "known", 9: "silent"} {
		p := Proof{Verdict: v}
		if v.String() != want || p.Accepted() != (v == Accepted) || p.Refused() != (v == Refused) {
			t.Errorf("%d is %s", v, v)
		}
	}
}
