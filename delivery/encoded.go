package delivery

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A program that prints the file that it reads may print it encoded: base64 of a whole .env has the secret at any of three
// alignments and over two lines, xxd has it in columns. What is printed is decoded in every way that is usual, and where a
// stretch of the secret comes to light, nothing of the output is shown: no part of it can be told to be clean.

// encodedNotice stands where the output holds the secret in another form.
const encodedNotice = "[the output is not shown: it holds the secret, encoded]"

const (
	runLength    = 12 // so many letters of a secret in a row are no chance, and more than a mask shows
	minSecret    = 8  // shorter ones are in every text
	decodeRounds = 2  // base64 of base64
)

// holdsEncoded reports whether the text holds a stretch of the secret in some form.
func holdsEncoded(text, secret string) bool {
	plain := plainLetters(secret)
	if len(plain) < minSecret {
		return false
	}
	back := []byte(plain)
	slices.Reverse(back)
	stretches := map[string]bool{}
	size := min(runLength, len(plain))
	for _, form := range []string{plain, string(back)} {
		for i := 0; i+size <= len(form); i++ {
			stretches[form[i:i+size]] = true
		}
	}
	return holdsRun(text, stretches, size, decodeRounds)
}

func holdsRun(text string, stretches map[string]bool, size, rounds int) bool {
	plain := plainLetters(text)
	for i := 0; i+size <= len(plain); i++ {
		if stretches[plain[i:i+size]] {
			return true
		}
	}
	if rounds == 0 || len(text) < size {
		return false
	}
	return slices.ContainsFunc(decodings(text), func(decoded string) bool { return holdsRun(decoded, stretches, size, rounds-1) })
}

// plainLetters are the letters and digits of a text in lower case: neither line breaks, columns, quotation marks nor case hide anything.
func plainLetters(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, text)
}

var (
	blanks     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[\s"']+`) })
	base64Runs = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9+/]{12,}`) })
	base32Runs = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z2-7]{16,}`) })
	hexRuns    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9a-fA-F]{16,}`) })
	hexMarks   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`0x|\\x|[\s:,;\[\]{}-]+`) })
	dumpOffset = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^[0-9a-fA-F]{4,}:?[ \t]+`) })
	dumpText   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)[ \t]*(\|.*\||>.*<|[ \t]{2}\S.{0,15})$`) }) // beside the numbers
	numbers    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b[0-9]{1,3}\b`) })
	escapes    = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`%[0-9a-fA-F]{2}|\\x[0-9a-fA-F]{2}|\\u\{?[0-9a-fA-F]{2,6}\}?|\\U[0-9a-fA-F]{8}|\\[0-7]{3}|&#[0-9]{1,7};?|&#[xX][0-9a-fA-F]{1,6};?|=[0-9A-F]{2}|=\r?\n`)
	})
)

// decodings are what the text may mean in each of the usual forms.
func decodings(text string) (out []string) {
	joined := blanks().ReplaceAllString(text, "")
	keep := func(decoded []byte) { out = append(out, string(decoded)) }
	for _, run := range base64Runs().FindAllString(strings.NewReplacer("-", "+", "_", "/").Replace(joined), -1) {
		aligned(run, 4, base64.RawStdEncoding.DecodeString, keep)
	}
	for _, run := range base32Runs().FindAllString(joined, -1) {
		aligned(strings.ToUpper(run), 8, base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString, keep)
	}
	column := dumpOffset().ReplaceAllString(text, "")
	if column != text {
		out = append(out, column)
	}
	for _, form := range []string{text, column, dumpText().ReplaceAllString(column, "")} {
		for _, run := range hexRuns().FindAllString(hexMarks().ReplaceAllString(form, ""), -1) {
			aligned(run, 2, hex.DecodeString, func(decoded []byte) { out = append(out, string(decoded), swapPairs(decoded)) })
		}
		for _, base := range []int{8, 10} {
			out = append(out, counted(form, base))
		}
	}
	if unescaped := escapes().ReplaceAllStringFunc(text, unescape); unescaped != text {
		out = append(out, unescaped)
	}
	return out
}

// aligned decodes a run from each letter on at which a group of so many may begin.
func aligned(run string, group int, decode func(string) ([]byte, error), found func([]byte)) {
	for at := range group {
		part := run[at:]
		if decoded, err := decode(part[:len(part)-len(part)%group]); err == nil {
			found(decoded)
		}
	}
}

// swapPairs exchanges the bytes of each pair, as hexdump and od -x print them.
func swapPairs(b []byte) string {
	out := slices.Clone(b)
	for i := 0; i+1 < len(out); i += 2 {
		out[i], out[i+1] = out[i+1], out[i]
	}
	return string(out)
}

// counted takes every number for a byte, as in an array of bytes or what od -b prints.
func counted(text string, base int) string {
	var out []byte
	for _, number := range numbers().FindAllString(text, -1) {
		if n, err := strconv.ParseUint(number, base, 8); err == nil {
			out = append(out, byte(n))
		}
	}
	return string(out)
}

// unescape is the letter that an escape stands for.
func unescape(escape string) string {
	digits, base := strings.Trim(escape, `%\xXuU{}=&#;`), 16
	switch {
	case strings.HasPrefix(escape, "&#") && !strings.ContainsAny(escape, "xX"):
		base = 10
	case strings.HasPrefix(escape, `\`) && !strings.ContainsAny(escape, "xuU"):
		base = 8
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if err != nil {
		return ""
	}
	return string(rune(n))
}
