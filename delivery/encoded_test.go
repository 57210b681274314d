//go:build unix

package delivery

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
)

// wrapped breaks a text into lines.
func wrapped(text string, width int) string {
	var lines []string
	for chunk := range slices.Chunk([]byte(text), width) {
		lines = append(lines, string(chunk))
	}
	return strings.Join(lines, "\n") + "\n"
}

func escaped(text, format string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

func reversed(text string) string {
	b := []byte(text)
	slices.Reverse(b)
	return string(b)
}

// disguises are ways in which a program prints a file.
var disguises = map[string]func(string) string{
	"base64":          func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 wrapped":  func(s string) string { return wrapped(base64.StdEncoding.EncodeToString([]byte(s)), 76) },
	"base64 narrow":   func(s string) string { return wrapped(base64.StdEncoding.EncodeToString([]byte(s)), 19) },
	"base64 for urls": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 in json":  func(s string) string { return `{"log":"` + base64.StdEncoding.EncodeToString([]byte(s)) + `"}` },
	"base64 twice": func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s))))
	},
	"base64 of hex": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString([]byte(s)))) },
	"base32":        func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) },
	"hex":           func(s string) string { return hex.EncodeToString([]byte(s)) },
	"HEX":           func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"hex in words":  func(s string) string { return escaped(s, "%02x ") },
	"hex with 0x":   func(s string) string { return escaped(s, "0x%02x, ") },
	"hex with :":    func(s string) string { return escaped(s, "%02x:") },
	"hex wrapped":   func(s string) string { return wrapped(hex.EncodeToString([]byte(s)), 60) },
	"hex dump":      func(s string) string { return hex.Dump([]byte(s)) },
	"in a url":      url.QueryEscape,
	"all in a url":  func(s string) string { return escaped(s, "%%%02X") },
	`\x`:            func(s string) string { return escaped(s, `\x%02x`) },
	`\u`:            func(s string) string { return escaped(s, `\u%04x`) },
	"octal escapes": func(s string) string { return escaped(s, `\%03o`) },
	"html":          func(s string) string { return escaped(s, "&#%d;") },
	"html in hex":   func(s string) string { return escaped(s, "&#x%x;") },
	"quoted":        func(s string) string { return escaped(s, "=%02X") },
	"bytes":         func(s string) string { return "[" + escaped(s, "%d, ") + "]" },
	"octal":         func(s string) string { return escaped(s, "%03o ") },
	"upper case":    strings.ToUpper,
	"columns of four": func(s string) string {
		var b strings.Builder
		for i := 0; i < len(s); i += 4 {
			fmt.Fprintf(&b, "%07o", i)
			for _, c := range []byte(s[i:min(i+4, len(s))]) {
				fmt.Fprintf(&b, "   %c", c)
			}
			b.WriteString("\n")
		}
		return strings.ReplaceAll(b.String(), "   \n", `  \n`)
	},
	"backwards":     reversed,
	"letters apart": func(s string) string { return escaped(s, "%c ") },
	"letters below": func(s string) string { return escaped(s, "%c\n") },
	"a list":        func(s string) string { return escaped(s, "'%c', ") },
}

func TestAnEncodedSecretIsNotShownAtAnyAlignment(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and one goroutine: nothing for the race detector")
	}
	for _, secret := range []string{testSecret, "0123456789abcdef0123456789abcdef", "psp_Kx-9_aaZ.q7=+/x8Ytr2mNbVc5Kj"} {
		for name, disguise := range disguises {
			for before := range 6 {
				for after := range 2 {
					file := strings.Repeat("b", before) + "\nKEY=" + secret + "\n" + strings.Repeat("z", after)
					for _, around := range []string{"", "reloaded app 7\n"} {
						text := around + disguise(file) + "\n" + around
						if got := scrub(text, apikey.NewSecret(secret)); got != encodedNotice && !strings.Contains(got, redacted) {
							t.Fatalf("%s, %d before and %d after: %q", name, before, after, got)
						}
					}
				}
			}
		}
	}
}

// TestWhatToolsPrintOfAFileIsNotShown asks the real ones.
func TestWhatToolsPrintOfAFileIsNotShown(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, ".env")
	ran := 0
	for _, tool := range []string{"base64 %", "base64 -w0 %", "base32 %", "xxd %", "xxd -p %", "xxd -u %", "hexdump -C %", "hexdump %", "od -x %", "od -c %", "od -b %", "od -t x1 %", "od -An -tx1 %", "od -t u1 %",
		"openssl base64 -in %", "rev %", "tr a-z A-Z < %", "fold -w 10 %", "cat -A %", "jq -sR @json %", "jq -sRr @base64 %", "sed 's/./& /g' %", "tail -c 20 % | base64"} {
		name, _, _ := strings.Cut(tool, " ")
		if _, err := exec.LookPath(name); err != nil {
			continue
		}
		ran++
		for before := range 3 {
			writeFile(t, path, "A="+strings.Repeat("b", before)+"\nKEY="+testSecret+"\nB=2\n", 0o600)
			d := must(New(Config{Name: "n", EnvFile: &EnvFile{path, "KEY"}, Then: []string{"sh", "-c", strings.Replace(tool, "%", path, 1)}}, Options{Environ: os.Environ()}))
			out, err := d.Then(context.Background())
			mustDo(t, err)
			if out != encodedNotice && (!strings.Contains(out, redacted) || strings.Contains(out, testSecret[8:])) {
				t.Errorf("%s: %q", tool, out)
			}
		}
	}
	if ran < 8 {
		t.Errorf("only %d tools are here", ran)
	}
}

func TestWhatIsNoSecretIsShown(t *testing.T) {
	for _, text := range []string{
		"restarted payments (pid 4711) at 2026-05-17T12:00:03Z", "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "deployed sk_live_cana****",
		base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("nothing of it "), 40)), "key=%73%6b_live_cana", strings.Repeat("0123456789abcdef ", 50), "100% done\nÜber uns\n\t1 2 3 115 107 95",
	} {
		if got := scrub(text, apikey.NewSecret(testSecret), apikey.Secret{}, apikey.NewSecret("x1")); got != strings.TrimRight(text, "\n") && got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestMuchOutputIsLookedThroughQuickly(t *testing.T) {
	noise := strings.Repeat("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0123456789abcdef", 1300)
	if got := scrub(noise, apikey.NewSecret(testSecret)); got != noise {
		t.Error("noise was taken for the secret")
	}
}

// TestTheLastLettersAreAsSecretAsTheFirst: of a cut output only an end may be left.
func TestTheLastLettersAreAsSecretAsTheFirst(t *testing.T) {
	for _, part := range []string{testSecret[:runLength+2], testSecret[len(testSecret)-runLength:], testSecret[9 : 9+runLength]} { // the _ are no letters
		if got := scrub("x "+hex.EncodeToString([]byte(part)), apikey.NewSecret(testSecret)); got != encodedNotice {
			t.Errorf("%s: %q", part, got)
		}
	}
	short := apikey.NewSecret("abcd1234") // as short as one may be
	if got := scrub(hex.EncodeToString([]byte("xabcd1234x")), short); got != encodedNotice {
		t.Errorf("a short one: %q", got)
	}
	if got := scrub(hex.EncodeToString([]byte("xxabcd123xx")), apikey.NewSecret("abcd123")); got == encodedNotice {
		t.Error("what is shorter is in every text")
	}
}
