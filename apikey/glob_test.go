package apikey

import (
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestAPatternMatchesAWholeName(t *testing.T) {
	for _, tc := range []struct {
		pattern, name string
		want          bool
	}{
		{"ci", "ci", true}, {"ci", "cid", false}, {"ci", "ac", false}, {"ci", "CI", false}, {"", "", true}, {"", "a", false},
		{"*", "", true}, {"*", "anything", true}, {"*", "CI/CD Pipeline", true}, {"*", "a\nb", true}, {"**", "a", true},
		{"payments-*", "payments-api", true}, {"payments-*", "payments-", true}, {"payments-*", "payments", false},
		{"*-api", "payments-api", true}, {"*-api", "-api", true}, {"*-api", "payments-api-2", false},
		{"*a*b", "aXbXb", true}, {"*a*b", "aXbXc", false}, {"a*b*c", "abc", true}, {"a*b*c", "acb", false},
		{"CI/*", "CI/CD Pipeline", true}, {"C*e", "CI/CD Pipeline", true},
		{"?", "ß", true}, {"?", "", false}, {"?", "ab", false}, {"?", "/", true}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"[a-c]x", "bx", true}, {"[a-c]x", "dx", false}, {"[a-c]", "c", true}, {"[a-c]", "a", true}, {"[a-c]", "`", false},
		{"[^a-c]", "d", true}, {"[^a-c]", "b", false}, {"[!a-c]", "d", true}, {"[!a-c]", "b", false},
		{"[abc]", "b", true}, {"[abc]", "d", false}, {"[a-]", "-", true}, {"[a-]", "b", false}, {"[]]", "]", true}, {"[^]]", "a", true}, {"[^]]", "]", false},
		{"[ä-ü]", "ö", true}, {"[a-cx-z]", "y", true}, {"[a-cx-z]", "m", false},
		{`\*`, "*", true}, {`\*`, "a", false}, {`[\]]`, "]", true}, {`[\^a]`, "^", true}, {`a\\b`, `a\b`, true}, {`[\a-c]`, "b", true},
		{"*[0-9]", "key7", true}, {"*[0-9]", "key", false}, {"a]", "a]", true}, {"a-b", "a-b", true},
	} {
		if got := MatchPattern(tc.pattern, tc.name); got != tc.want {
			t.Errorf("%q matches %q: %v", tc.pattern, tc.name, got)
		}
		if err := CheckPattern(tc.pattern); err != nil {
			t.Errorf("%q: %v", tc.pattern, err)
		}
	}
	for _, pattern := range []string{"[", "[a", "[]", "[^", "[^]", "[!", "[a-", `\`, `[\`, `[a\`, "[z-a]", `[a-\`, "ok[", "*["} {
		if err := CheckPattern(pattern); err == nil || !strings.Contains(err.Error(), "no pattern") {
			t.Errorf("%q: %v", pattern, err)
		}
		if MatchPattern(pattern, "a") {
			t.Errorf("%q matches", pattern)
		}
	}
}

func TestAPatternMatchesANameWithAndWithoutItsMark(t *testing.T) {
	const rotated = "ci-deploy ~rznjoqz5tye"
	for pattern, want := range map[string]bool{"ci-deploy": true, "ci-*": true, "*": true, rotated: true, "*~r*": true, "ci": false, "ci-deploy ": false} {
		if got := MatchName(pattern, rotated); got != want {
			t.Errorf("%q matches %q: %v", pattern, rotated, got)
		}
	}
	if MatchName("ci-deploy ~r*", "ci-deploy") {
		t.Error("a key that no rotation made has a mark")
	}
}

// TestAPatternIsQuick: many stars must not be tried in all ways.
func TestAPatternIsQuick(t *testing.T) {
	begun := time.Now()
	if MatchPattern(strings.Repeat("a*", 200)+"b", strings.Repeat("a", 4000)) {
		t.Error("matches")
	}
	if d := time.Since(begun); d > 5*time.Second {
		t.Errorf("took %s", d)
	}
}

func FuzzPatterns(f *testing.F) {
	for _, p := range []string{"*", "a*b?[c-d]", `\[`, "[^a]", "[]a]", "[a-", "ß*"} {
		f.Add(p, "abcd")
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		got := MatchPattern(pattern, name)
		if got && CheckPattern(pattern) != nil {
			return // it matched before what is wrong with it
		}
		// Where there is no slash, and no bracket, which path.Match reads otherwise, the two agree.
		if strings.ContainsAny(pattern+name, "/[") || !utf8.ValidString(pattern) || !utf8.ValidString(name) || CheckPattern(pattern) != nil {
			return
		}
		want, err := path.Match(pattern, name)
		if err != nil {
			return
		}
		if got != want {
			t.Fatalf("%q matches %q: %v, path.Match says %v", pattern, name, got, want)
		}
	})
}
