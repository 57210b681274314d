package apikey

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Pasted is a secret that was found in a text, and where: "API_KEY", "API_KEY in line 3", "line 3", "in the text"; empty where the text is it.
type Pasted struct {
	Secret Secret
	Where  string
}

// Words name it without showing it.
func (p Pasted) Words() string {
	words := fmt.Sprintf("%s, %d characters", p.Secret.Mask(), p.Secret.Len())
	if p.Where == "" {
		return words
	}
	return p.Where + ": " + words
}

const (
	// MaxPaste bounds a text in which secrets are looked for.
	MaxPaste = 1 << 20
	// maxFound is how many are told apart; a text with more is no leak that somebody can choose from.
	maxFound = 64
)

// FindSecrets looks for secrets in a text as they leak: NAME=VALUE, a sentence, JSON, a header, a whole .env. known says that a text begins
// as the secrets of a service at hand do: such are taken before any other. Where there is none, it is what stands as the value of a name,
// and what looks like nothing but a secret. pairs gives what stands between the halves of secrets that have two: these are taken whole. The
// error says why there is none, as ParseSecret does, and never repeats the text.
func FindSecrets(text string, known func(Secret) bool, pairs func() []string) ([]Pasted, error) {
	whole, err := ParseSecret(text)
	switch {
	case err == nil && known(whole) && plainSecret().MatchString(whole.bytes()):
		return []Pasted{{Secret: whole}}, nil
	case len(text) > MaxPaste:
		return nil, err
	}
	runs := joined(text, runsOf(text), pairs())
	if found := pick(text, runs, func(r run) bool { return known(r.secret) }); len(found) > 0 {
		return found, nil
	}
	if err == nil && slices.ContainsFunc(runs, func(r run) bool { return !r.half.IsZero() && r.secret.Equal(whole) && r.looks() }) {
		return []Pasted{{Secret: whole}}, nil
	}
	if err != nil || joins().MatchString(whole.bytes()) {
		if found := pick(text, runs, run.looks); len(found) > 0 {
			return found, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return []Pasted{{Secret: whole}}, nil // the services say what is wrong with it
}

// Beginnings say which texts begin as the secrets of some keyrings do, by what their issuers declare or their masks show.
func Beginnings(rings []Keyring) func(Secret) bool {
	var prefixes []string
	for _, r := range rings {
		if own := r.Caps.SecretPrefixes; len(own) > 0 {
			prefixes = append(prefixes, own...)
			continue
		}
		masks := make([]string, len(r.Keys))
		for i, k := range r.Keys {
			masks[i] = k.Masked
		}
		prefixes = append(prefixes, maskPrefixes(masks)...)
	}
	return func(s Secret) bool {
		own := longest(prefixes, s)
		for _, r := range rings { // somebody may have declared how the second half begins
			if _, half, two := s.Cut(r.Caps.Pair); own == "" && r.Caps.Pair != "" && two {
				own = longest(r.Caps.SecretPrefixes, half)
			}
		}
		return own != "" && len(longest(vendorPrefixes, s)) <= len(own) && notASecret(s.bytes()) == ""
	}
}

// Pairs are what stands between the halves of the secrets of keyrings.
func Pairs(rings []Keyring) (signs []string) {
	for _, r := range rings {
		if r.Caps.Pair != "" && !slices.Contains(signs, r.Caps.Pair) {
			signs = append(signs, r.Caps.Pair)
		}
	}
	return signs
}

var (
	// firstHalf is what an id is made of, at the end of a text.
	firstHalf   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9_.~-]{1,128}$`) })
	plainSecret = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_.+/=~:-]*[A-Za-z0-9_=~-]$`) })
	// joins is what stands between a secret and something else.
	joins = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`[?&,;(){}\[\]<>|\\]|[A-Za-z_]=[^=]|://|[.]$|\*\*|%[0-9A-Fa-f]{2}|(?i:key|token|secret|password):`)
	})
	// tokens are what secrets are made of. A sign of equality ends one, where it does not pad it.
	tokens = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9_.+/~-]{16,}={0,2}`) })
	// names are what a value stands behind, with what may be between.
	names = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("([A-Za-z_][A-Za-z0-9_.-]{0,63})[\"'`]?\\s*(?:=>|:=|=|:)\\s*(?:(?i:bearer|basic|token|apikey|api-key)\\s+)?[\"'`]?$")
	})
	// schemes are what a credential follows.
	schemes = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("(?i)\\b(?:bearer|token|apikey|api[-_ ]?key|password|secret|key)\\b[\"'`]?\\s*(?:is|=|:)?\\s*[\"'`]?$")
	})
)

// run is a part of a text that may be a secret.
type run struct {
	from, to int
	secret   Secret
	name     string // what it is the value of
	follows  bool   // it stands behind a name or a word for credentials
	half     Secret // the second half, of one that has two
}

// joined puts before the runs those that they are the second half of. What stands before a sign and has no digit is a name.
func joined(text string, runs []run, signs []string) []run {
	var out []run
	for _, sign := range signs {
		for _, r := range runs {
			before, ends := strings.CutSuffix(text[:r.from], sign)
			first := firstHalf().FindString(before)
			if !ends || !strings.ContainsAny(first, "0123456789") {
				continue
			}
			for _, whole := range runAt(text, r.from-len(sign)-len(first), r.to) {
				whole.half = r.secret
				out = append(out, whole)
			}
		}
	}
	out = append(out, runs...)
	slices.SortStableFunc(out, func(a, b run) int { return a.from - b.from })
	return out
}

// runsOf are the parts of a text that are made as secrets are.
func runsOf(text string) []run {
	var out []run
	for _, at := range tokens().FindAllStringIndex(text, -1) {
		from, to := at[0], at[1]
		if to-from > maxSecret {
			continue
		}
		switch { // a line end that JSON has escaped, a sign that an address has
		case from > 0 && text[from-1] == '\\' && strings.IndexByte("nrt", text[from]) >= 0:
			from++
		case from > 0 && text[from-1] == '%':
			from += 2
		}
		out = append(out, runAt(text, from, to)...)
		// What follows a slash may be one too: the path of a hook.
		for i := from; i < to-shortestSecret; i++ {
			if text[i] == '/' {
				out = append(out, runAt(text, i+1, to)...)
			}
		}
	}
	return out
}

// runAt is one of them, without the stop of the sentence that it ends; none where it is a mask or cut off.
func runAt(text string, from, to int) []run {
	if end := strings.TrimRight(text[from:to], "./"); len(end) < to-from {
		if strings.HasSuffix(text[from:to], "..") {
			return nil
		}
		to = from + len(end)
	}
	if to-from < shortestSecret || strings.Contains(text[from:to], "...") {
		return nil
	}
	for _, mask := range []string{"***", "…", "••", "··"} {
		if strings.HasPrefix(text[to:], mask) || strings.HasSuffix(text[:from], mask) {
			return nil
		}
	}
	before := text[max(from-96, 0):from]
	if line := strings.LastIndexByte(before, '\n'); line >= 0 {
		before = before[line+1:]
	}
	r := run{from: from, to: to, secret: NewSecret(text[from:to]), follows: schemes().MatchString(before)}
	if m := names().FindStringSubmatch(before); m != nil {
		r.follows = true
		if notASecret(m[1]) != "" || len(m[1]) < 24 { // a name, and no other secret
			r.name = m[1]
		}
	}
	return []run{r}
}

// looks reports whether it is a secret by how it looks and where it stands, whosoever's.
func (r run) looks() bool {
	text := r.secret.bytes()
	if notASecret(text) != "" || longest(vendorPrefixes, r.half) != "" {
		return false
	}
	if longest(vendorPrefixes, r.secret) != "" {
		return true
	}
	digits, letters := strings.ContainsAny(text, "0123456789"), strings.ContainsFunc(text, func(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' })
	if !digits || !letters || strings.Contains(text, "/") {
		return false
	}
	return r.follows || len(text) >= 2*shortestSecret && !strings.ContainsAny(text, ".-")
}

// pick takes the runs that are meant, each secret once, and says where it stands.
func pick(text string, runs []run, meant func(run) bool) []Pasted {
	var out []Pasted
	last := 0
	lines := strings.Contains(strings.TrimRight(text, "\r\n"), "\n")
	for _, r := range runs {
		if r.from < last || !meant(r) || slices.ContainsFunc(out, func(p Pasted) bool { return p.Secret.Equal(r.secret) }) {
			continue
		}
		if last = r.to; len(out) == maxFound {
			break
		}
		where := r.name
		if lines {
			line := fmt.Sprintf("line %d", 1+strings.Count(text[:r.from], "\n"))
			if where = line; r.name != "" {
				where = r.name + " in " + line
			}
		}
		if where == "" {
			where = "in the text"
		}
		out = append(out, Pasted{r.secret, where})
	}
	return out
}
