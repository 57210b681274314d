package apikey

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// shortestSecret is the length below which nothing is a whole secret.
const shortestSecret = 16

// vendorPrefixes are how the secrets of widely used services begin. A value that begins so is that service's, unless the
// issuer at hand says that its own begin with at least as much.
var vendorPrefixes = []string{
	"AKIA", "ASIA", "AIza", "ya29.", "GOCSPX-", "AGE-SECRET-KEY-", "ATATT", "EAAA", "SG.", "PMAK-", "NRAK-",
	"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gloas-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-",
	"xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xapp-",
	"sk-", "pk-", "sk-ant-", "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-or-", "sk-lf-", "gsk_", "xai-", "hf_", "r8_", "pplx-",
	"sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", "sq0atp-", "sq0csp-",
	"npm_", "pypi-", "rubygems_", "dckr_pat_", "dop_v1_", "doo_v1_", "shpat_", "shpss_", "shpca_", "shppa_", "lin_api_", "ntn_", "secret_", "figd_",
	"tskey-", "hvs.", "hvb.", "nfp_", "sntrys_", "sntryu_", "glsa_", "glc_", "dapi", "phc_", "phx_", "rnd_", "fly_", "FlyV1", "sbp_", "key-", "pscale_", "pul-", "dp.pt.", "dp.st.",
}

// placeholders are what stands in a configuration for a secret that nobody has put there yet.
var placeholders = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)change[-_. ]?(?:me|this|it)|replace[-_.]?(?:me|this|with)|your[-_.]|[-_.]here\b|yourkey|yoursecret|yourtoken|placeholder|insert[-_.]|put[-_.]your|` +
		`example|dummy|fixme|redacted|x{6,}|foobar|(?:my|some|the|fake|sample)[-_](?:api[-_])?(?:key|secret|token)|^(?:none|null|nil|undefined|empty|unset|secret|password|token)$`)
})

// CouldBelong reports whether a value has a shape that can be one of this issuer's secrets, with the reason where it cannot:
// such a value is sent nowhere to find out. The issuer's declared prefixes count, else those of the masks that its list
// shows; where neither says anything, only what is certainly something else is refused.
func CouldBelong(s Secret, caps Capabilities, masks []string) (bool, string) {
	if s.IsZero() {
		return false, "there is no secret"
	}
	if err := s.Check(); err != nil {
		return false, err.Error()
	}
	if why := notASecret(s.bytes()); why != "" {
		return false, why
	}
	prefixes, whose := caps.SecretPrefixes, "a secret of "+nameOf(caps)
	if len(prefixes) == 0 {
		prefixes, whose = maskPrefixes(masks), "a key in the list of "+nameOf(caps)
	}
	own := longest(prefixes, s)
	if len(prefixes) > 0 && own == "" {
		if title, prefix := caps.whose(s); title != "" {
			return false, fmt.Sprintf("%s begins with %s, and this one with %s, as those of %s do%s", whose, strings.Join(prefixes, " or "), prefix, title, caps.Settles())
		}
		return false, fmt.Sprintf("%s begins with %s: this one is of another service, or cut off at its start%s", whose, strings.Join(prefixes, " or "), caps.Settles())
	}
	if title, prefix := caps.whose(s); len(prefix) > len(own) {
		return false, fmt.Sprintf("what begins with %s is a secret of %s, not of %s%s", prefix, title, nameOf(caps), caps.Settles())
	}
	if other := longest(vendorPrefixes, s); len(other) > len(own) {
		return false, fmt.Sprintf("what begins with %s is a secret of another service than %s%s", other, nameOf(caps), caps.Settles())
	}
	return true, ""
}

// Settles is what to do where a secret is of this service all the same, in brackets: a person's own declaration of it says how its secrets
// begin. It is empty where the declaration is detent's.
func (c Capabilities) Settles() string {
	if c.File == "" {
		return ""
	}
	return fmt.Sprintf(" (where those of %s begin so, secret.prefix in %s says it)", nameOf(c), c.File)
}

// BeginsLike reports whether a value begins as one of this issuer's secrets does, by its declared prefixes or the masks that its list
// shows. It is false where neither says anything: then a word in the middle of something else says nothing either.
func BeginsLike(s Secret, caps Capabilities, masks []string) bool {
	prefixes := caps.SecretPrefixes
	if len(prefixes) == 0 {
		prefixes = maskPrefixes(masks)
	}
	could, _ := CouldBelong(s, caps, masks)
	return could && longest(prefixes, s) != ""
}

// whose is the service that is known here and whose secrets begin as this one does, if there is one.
func (c Capabilities) whose(s Secret) (title, prefix string) {
	if c.Whose == nil {
		return "", ""
	}
	return c.Whose(s)
}

func nameOf(caps Capabilities) string {
	if caps.Title == "" {
		return "this service"
	}
	return caps.Title
}

func longest(prefixes []string, s Secret) string {
	best := ""
	for _, prefix := range prefixes {
		if len(prefix) > len(best) && s.HasPrefix(prefix) {
			best = prefix
		}
	}
	return best
}

// notASecret says why a text is no secret of anybody's.
func notASecret(text string) string {
	body := strings.TrimPrefix(text, shapePrefix(text))
	switch {
	case strings.HasPrefix(text, "<") || strings.HasSuffix(text, ">") || strings.ContainsAny(text, "{}") || strings.HasPrefix(text, "$") ||
		strings.HasPrefix(text, "%") || strings.HasPrefix(text, "@") || strings.HasPrefix(text, "ENC[") || placeholders().MatchString(text):
		return "this is a placeholder, no secret"
	case strings.Contains(text, "://"), strings.HasPrefix(text, "vault:"), strings.HasPrefix(text, "./"), strings.HasPrefix(text, "~/"), unixPath().MatchString(text):
		return "this is an address or a path, no secret"
	case len(text) < shortestSecret:
		return "this is too short for a secret: it is cut off, or something else"
	case strings.Trim(body, body[:min(1, len(body))]) == "":
		return "this is a placeholder, no secret"
	}
	return ""
}

// unixPath is a path of Unix as people write them; base64 may begin with a slash too, but is not of small letters alone.
var unixPath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^/(?:[a-z0-9._-]+/)+[A-Za-z0-9._-]+$`) })

// shape is how the secrets of a service begin: a word, a sign that ends it, and what names a kind or a version.
var shape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,11}[-_.](?:(?:live|test|prod|production|dev|sandbox|pat|api\d*|v\d+|ant|proj|admin)[-_.])*`)
})

// shapePrefix is the part of a secret that says whose kind it is and nothing about which one.
func shapePrefix(text string) string {
	best := shape().FindString(text)
	for _, prefix := range vendorPrefixes {
		if len(prefix) > len(best) && strings.HasPrefix(text, prefix) {
			best = prefix
		}
	}
	return best
}

// hidden is where a mask begins to hide.
var hidden = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\*|…|•|·|\.\.\.|[xX]{4,}`) })

// maskPrefixes are how the secrets behind a list's masks begin; none where some mask does not show it.
func maskPrefixes(masks []string) []string {
	var out, shown []string
	for _, mask := range masks {
		end := hidden().FindStringIndex(mask)
		if end == nil || end[0] == 0 {
			continue // it is no mask, or it shows the end alone
		}
		start := mask[:end[0]]
		shown = append(shown, start)
		out = append(out, shape().FindString(start))
	}
	if slices.Contains(out, "") {
		// Without a sign that ends it, what several have in common is a prefix.
		common := commonStart(shown)
		if len(shown) < 2 || len(common) < 3 {
			return nil
		}
		out = []string{common}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func commonStart(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	common := texts[0]
	for _, text := range texts[1:] {
		for !strings.HasPrefix(text, common) {
			common = common[:len(common)-1]
		}
	}
	return common
}

// Matches reports whether the whole secret is of a form.
func (s Secret) Matches(form *regexp.Regexp) bool { return form.MatchString(s.bytes()) }
