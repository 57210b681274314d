package contract

import (
	"cmp"
	"encoding/json"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"detent/apikey"
)

// RestrictionsJSON writes all three lists.
func RestrictionsJSON(r apikey.Restrictions) (string, error) {
	text, err := json.Marshal(r.Whole())
	return string(text), err
}

// ParseNet reads an address or a CIDR. An IPv4 address inside IPv6 is the IPv4 address.
func ParseNet(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		if p.Addr().Is4In6() {
			if p.Bits() < 96 {
				return netip.Prefix{}, false
			}
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), true
}

// ParseOrigin reads scheme://host[:port], with a path or without, as an origin in one spelling.
func ParseOrigin(text string) (string, *url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", nil, false
	}
	if _, err := strconv.ParseUint(cmp.Or(u.Port(), "0"), 10, 16); err != nil || strings.HasSuffix(u.Host, ":") {
		return "", nil, false
	}
	host := strings.ToLower(u.Host)
	host = strings.TrimSuffix(host, map[string]string{"http": ":80", "https": ":443"}[u.Scheme])
	return u.Scheme + "://" + host, u, true
}

// ParseReferrer reads a restriction: an exact origin, with an optional /*.
func ParseReferrer(text string) (string, bool) {
	bare := strings.TrimSuffix(strings.TrimSuffix(text, "*"), "/")
	if strings.HasSuffix(text, "*") && !strings.HasSuffix(text, "/*") {
		return "", false
	}
	origin, u, ok := ParseOrigin(bare)
	if !ok || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(u.Host, "*") {
		return "", false
	}
	return origin, true
}

// CleanEndpoint reads a restriction: an absolute path, without what could make it mean another one.
func CleanEndpoint(text string) (string, bool) {
	if !strings.HasPrefix(text, "/") || strings.ContainsAny(text, "?#%*\\") || len(text) > maxNameRunes ||
		strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return "", false
	}
	path := strings.TrimSuffix(text, "/")
	for _, segment := range strings.Split(path, "/")[1:] {
		if segment == "" || segment == "." || segment == ".." {
			return "", path == "" && segment == ""
		}
	}
	return path, true
}

// Restrictions reads and checks what narrows a generic key; absent is nothing.
func (o Object) Restrictions(field string) (apikey.Restrictions, error) {
	var r apikey.Restrictions
	raw, ok := o[field]
	if !ok || string(raw) == "null" {
		return r, nil
	}
	inner, err := parseObject(raw, field)
	if err != nil {
		return r, err
	}
	if err := inner.Only(field, "ip_addresses", "referrers", "endpoints"); err != nil {
		return r, err
	}
	for _, list := range []struct {
		name  string
		into  *[]string
		valid func(string) bool
		kind  string
	}{
		{"ip_addresses", &r.IPAddresses, func(s string) bool { _, ok := ParseNet(s); return ok }, "an IP address or CIDR"},
		{"referrers", &r.Referrers, func(s string) bool { _, ok := ParseReferrer(s); return ok }, "an origin such as https://example.com, with an optional /*"},
		{"endpoints", &r.Endpoints, func(s string) bool { _, ok := CleanEndpoint(s); return ok }, "a path such as /v1/users"},
	} {
		if !inner.Has(list.name) {
			continue
		}
		if err := inner.Into(list.name, list.into, "an array of strings"); err != nil {
			return r, err
		}
		if len(*list.into) > MaxEntries {
			return r, Invalid("%s.%s has over %d entries", field, list.name, MaxEntries)
		}
		for _, s := range *list.into {
			if len(s) > MaxEntry {
				return r, Invalid("%s.%s: an entry is over %d bytes", field, list.name, MaxEntry)
			}
			if !list.valid(s) {
				return r, Invalid("%s.%s: %q is not %s", field, list.name, Clip(s), list.kind)
			}
		}
	}
	return r, nil
}
