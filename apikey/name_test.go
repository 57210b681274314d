package apikey

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestANameIsTakenApart(t *testing.T) {
	for name, want := range map[string][2]string{
		"ci":                           {"ci", ""},
		"ci ~rznjoqz5tye":              {"ci", "znjoqz5tye"},
		"ci ~raaaaaaaaaa ~rbbbbbbbbbb": {"ci", "bbbbbbbbbb"},
		"ci~raaaaaaaaaa":               {"ci", "aaaaaaaaaa"}, // a service took the blank
		"ci ~rAAAAAAAAAA":              {"ci", "aaaaaaaaaa"}, // and changed the case
		"ci  ~raaaaaaaaaa":             {"ci ", "aaaaaaaaaa"},
		"CI/CD Pipeline ~raaaaaaaaaa":  {"CI/CD Pipeline", "aaaaaaaaaa"},
		"ci ~raaaaaaaaa":               {"ci ~raaaaaaaaa", ""},
		"ci ~raaaaaaaaaaa":             {"ci ~raaaaaaaaaaa", ""},
		"ci ~raaaaaaaaa1":              {"ci ~raaaaaaaaa1", ""},
		"ci ~xaaaaaaaaaa":              {"ci ~xaaaaaaaaaa", ""},
		"ci ~Raaaaaaaaaa":              {"ci ~Raaaaaaaaaa", ""},
		"ci ~raaaaaaaaaa ":             {"ci ~raaaaaaaaaa ", ""},
		"ci ~raaaaaaaaaa 2":            {"ci ~raaaaaaaaaa 2", ""},
		"~raaaaaaaaaa":                 {"", "aaaaaaaaaa"},
		"":                             {"", ""},
		"größe ~raaaaaaaaaa":           {"größe", "aaaaaaaaaa"},
		"two\nlines ~raaaaaaaaaa":      {"two\nlines", "aaaaaaaaaa"},
	} {
		if base, nonce := SplitName(name); base != want[0] || nonce != want[1] {
			t.Errorf("%q is %q and %q, want %q", name, base, nonce, want)
		}
	}
}

func TestANewNameFitsAndComesApartAgain(t *testing.T) {
	const nonce = "znjoqz5tye"
	for _, tc := range []struct {
		base  string
		limit int
		want  string
	}{
		{"ci", 0, "ci ~rznjoqz5tye"},
		{strings.Repeat("x", 300), 0, strings.Repeat("x", 300) + " ~rznjoqz5tye"},
		{"payments", 21, "payments ~rznjoqz5tye"}, // just as long
		{"payments", 20, "payment ~rznjoqz5tye"},
		{"pay ments", 17, "pay ~rznjoqz5tye"}, // no blank before the blank
		{"größe", 18, "größe ~rznjoqz5tye"},   // characters, not bytes
		{"größe", 17, "größ ~rznjoqz5tye"},
		{"payments", 13, "key ~rznjoqz5tye"}, // no room for any of it
		{"payments", 3, "key ~rznjoqz5tye"},
		{"", 0, "key ~rznjoqz5tye"},
		{"  ", 0, "key ~rznjoqz5tye"},
	} {
		got := NewName(tc.base, nonce, tc.limit)
		if got != tc.want {
			t.Errorf("%q within %d is %q, want %q", tc.base, tc.limit, got, tc.want)
		}
		if found, n := SplitName(got); n != nonce || !SameBase(found, tc.base, tc.limit) {
			t.Errorf("%q within %d comes apart as %q and %q", tc.base, tc.limit, found, n)
		}
	}
	if SameBase("pay", "payments", 0) || SameBase("pay", "payments", 20) || SameBase("payments", "pay", 0) || !SameBase("pay", "payments", 16) {
		t.Error("another base is the same, or the same another one")
	}
}

func TestNoncesAreDrawn(t *testing.T) {
	n, err := NewNonce(bytes.NewReader([]byte{0, 1, 2, 3, 4, 5, 6, 7}))
	if err != nil || !IsNonce(n) || n != "aaaqeayeau" {
		t.Errorf("%q, %v", n, err)
	}
	broken := errors.New("broken")
	if n, err := NewNonce(iotest.ErrReader(broken)); n != "" || !errors.Is(err, broken) {
		t.Errorf("%q, %v", n, err)
	}
	if _, err := NewNonce(bytes.NewReader(make([]byte, 6))); err == nil {
		t.Error("six bytes were enough")
	}
	for _, s := range []string{"", "aaaaaaaaa", "aaaaaaaaaaa", "aaaaaaaaa1", "aaaaaaaaaA", "aaaa aaaaa", "aaaaaaaaa\n"} {
		if IsNonce(s) {
			t.Errorf("%q is a nonce", s)
		}
	}
}

func FuzzNamesComeApart(f *testing.F) {
	f.Add("ci", 20)
	f.Add("ci ~raaaaaaaaaa", 0)
	f.Add("ßßßß ", 15)
	f.Fuzz(func(t *testing.T, base string, limit int) {
		if !utf8.ValidString(base) {
			return
		}
		base, _ = SplitName(base)
		got := NewName(base, "znjoqz5tye", limit)
		if n := utf8.RuneCountInString(got); limit >= 16 && n > limit {
			t.Fatalf("%q has %d characters, over %d", got, n, limit)
		}
		found, nonce := SplitName(got)
		if nonce != "znjoqz5tye" || !SameBase(found, base, limit) {
			t.Fatalf("%q within %d comes apart as %q, %q", base, limit, found, nonce)
		}
		if strings.TrimSpace(found) == "" {
			t.Fatalf("%q has no name", got)
		}
	})
}

func TestAKeyWithoutANameIsCalledByItsID(t *testing.T) {
	for k, want := range map[[2]string][4]string{
		{"k1", "shop"}:              {"shop", "shop (k1)", `"shop" (k1)`, "shop"},
		{"k1", "shop ~rznjoqz5tye"}: {"shop ~rznjoqz5tye", "shop ~rznjoqz5tye (k1)", `"shop ~rznjoqz5tye" (k1)`, "shop"},
		{"k1", ""}:                  {"k1", "k1", "k1", "k1"},
	} {
		key := Key{ID: k[0], Name: k[1]}
		if got := [4]string{key.Called(), key.CalledWithID(), key.Quoted(), BaseOf(key)}; got != want {
			t.Errorf("%q: %q, want %q", k, got, want)
		}
	}
}
