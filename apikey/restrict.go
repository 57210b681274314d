package apikey

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// What may be asked for as a restriction is settled here, for the form and the flags alike, and in the one form in which it is sent.

// CleanIP reads an address or a network.
func CleanIP(text string) (string, error) {
	text = strings.TrimSpace(text)
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
	return addr.Unmap().String(), nil
}

// CleanReferrer reads an exact origin, optionally with /*.
func CleanReferrer(text string) (string, error) {
	text = strings.TrimSpace(text)
	origin, all := strings.CutSuffix(text, "/*")
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(u.Host, "* \t\r\n") {
		return "", fmt.Errorf("%q is no origin: use for example https://app.example.com or https://app.example.com/*", clip(text))
	}
	origin = u.Scheme + "://" + strings.ToLower(u.Host)
	if all {
		origin += "/*"
	}
	return origin, nil
}

// CleanEndpoint reads the beginning of a path.
func CleanEndpoint(text string) (string, error) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "/") || strings.ContainsAny(text, "?#* \t\r\n") {
		return "", fmt.Errorf("%q is no path: use for example /v1/users", clip(text))
	}
	return text, nil
}
