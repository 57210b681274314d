package apikey

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// ParseAddress reads the address or the range of addresses that a key may be used from, in the form that it is sent in.
func ParseAddress(text string) (string, error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		if prefix != prefix.Masked() {
			return "", fmt.Errorf("%s has bits behind its mask: is %s meant?", text, prefix.Masked())
		}
		return prefix.String(), nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return "", fmt.Errorf("%q is no IP address and no CIDR: use for example 203.0.113.7 or 10.0.0.0/8", clip(text))
	}
	return addr.String(), nil
}

// ParseReferrer reads an exact origin, optionally with /* for all its pages.
func ParseReferrer(text string) (string, error) {
	origin, all := strings.CutSuffix(text, "/*")
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || strings.Contains(u.Host, "*") {
		return "", fmt.Errorf("%q is no origin: use for example https://app.example.com or https://app.example.com/*", clip(text))
	}
	origin = u.Scheme + "://" + u.Host
	if all {
		origin += "/*"
	}
	return origin, nil
}

// ParseEndpoint reads a path prefix.
func ParseEndpoint(text string) (string, error) {
	if !strings.HasPrefix(text, "/") || strings.ContainsAny(text, "?#* \t\r\n") {
		return "", fmt.Errorf("%q is no path: use for example /v1/users", clip(text))
	}
	return text, nil
}
