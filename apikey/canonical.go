package apikey

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Canonical are the same restrictions in one spelling and order: a service may write what it was asked for in other words.
func (r Restrictions) Canonical() Restrictions {
	return Restrictions{addresses(r.IPAddresses), each(r.Referrers, canonicalOrigin), each(r.Endpoints, canonicalPath)}
}

// addresses are networks in one spelling: host bits cleared, a single address as its own network, IPv4 written as IPv4, each
// network once, what lies within another left out, and two halves as their whole. What is no address stays as it is, after them.
func addresses(list []string) []string {
	var nets []netip.Prefix
	var other []string
	for _, s := range list {
		if p, ok := parseNetwork(s); ok {
			nets = append(nets, p)
		} else {
			other = append(other, strings.TrimSpace(s))
		}
	}
	nets = union(nets)
	out := make([]string, len(nets))
	for i, p := range nets {
		if out[i] = p.String(); p.IsSingleIP() {
			out[i] = p.Addr().String()
		}
	}
	return append(out, inOrder(other)...)
}

// parseNetwork reads an address or a network in CIDR or with a mask of dots.
func parseNetwork(s string) (netip.Prefix, bool) {
	host, mask, masked := strings.Cut(strings.TrimSpace(s), "/")
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, false
	}
	length := addr.BitLen()
	if masked {
		if length, err = strconv.Atoi(mask); err != nil {
			if length, masked = maskLength(mask); !masked || !addr.Is4() {
				return netip.Prefix{}, false
			}
		}
	}
	if addr.Is4In6() && length >= 96 {
		addr, length = addr.Unmap(), length-96
	}
	p, err := addr.Prefix(length)
	return p, err == nil
}

// maskLength is the number of leading ones of a mask such as 255.255.0.0.
func maskLength(s string) (int, bool) {
	m, err := netip.ParseAddr(s)
	if err != nil || !m.Is4() {
		return 0, false
	}
	b := m.As4()
	ones, bits := net.IPMask(b[:]).Size()
	return ones, bits == 32
}

// union is the fewest networks that hold the same addresses, in order.
func union(nets []netip.Prefix) []netip.Prefix {
	slices.SortFunc(nets, func(a, b netip.Prefix) int {
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c
		}
		return a.Bits() - b.Bits()
	})
	var out []netip.Prefix
	for _, p := range nets {
		if n := len(out); n > 0 && out[n-1].Overlaps(p) {
			continue // sorted so, one that overlaps lies within
		}
		out = append(out, p)
		for len(out) >= 2 {
			a, b := out[len(out)-2], out[len(out)-1]
			if a.Bits() != b.Bits() || a.Bits() == 0 {
				break
			}
			whole, _ := a.Addr().Prefix(a.Bits() - 1)
			if !whole.Contains(b.Addr()) {
				break
			}
			out = append(out[:len(out)-2], whole)
		}
	}
	return out
}

// each is a set of texts, every one in its one spelling.
func each(list []string, canonical func(string) string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = canonical(s)
	}
	return inOrder(out)
}

// inOrder sorts a set of texts and takes each once.
func inOrder(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

// canonicalOrigin writes an origin in one spelling: the scheme and the host are the same in any case, and a scheme's own port is
// no port. A path keeps its case; the one that is only a slash is none.
func canonicalOrigin(s string) string {
	s = strings.TrimSpace(s)
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		scheme, rest = "", s
	}
	scheme = strings.ToLower(scheme)
	host, path := rest, ""
	if at := strings.IndexAny(rest, "/?#"); at >= 0 {
		host, path = rest[:at], rest[at:]
	}
	host = strings.ToLower(host)
	switch {
	case scheme == "https":
		host = strings.TrimSuffix(host, ":443")
	case scheme == "http":
		host = strings.TrimSuffix(host, ":80")
	}
	if path == "/" {
		path = ""
	}
	if ok {
		host = scheme + "://" + host
	}
	return host + path
}

// canonicalPath writes a path prefix in one spelling. It is matched by whole segments, so that a slash at its end says nothing;
// the root alone is one.
func canonicalPath(s string) string {
	s = strings.TrimSpace(s)
	if short := strings.TrimSuffix(s, "/"); short != "" {
		return short
	}
	return s
}

// canonicalJSON writes JSON so that equal values are equal text: no blanks, members in order, numbers in one spelling; of a set,
// arrays in order too. What is no JSON stays as it is.
func canonicalJSON(raw json.RawMessage, set bool) string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return string(raw)
	}
	if _, err := dec.Token(); err != io.EOF {
		return string(raw)
	}
	return encoded(canonicalValue(v, set))
}

// canonicalValue is a value that encodes canonically: the encoder itself puts members in order.
func canonicalValue(v any, set bool) any {
	switch v := v.(type) {
	case json.Number:
		return json.Number(canonicalNumber(v.String()))
	case map[string]any:
		for name := range v {
			v[name] = canonicalValue(v[name], set)
		}
	case []any:
		items := make([]string, len(v))
		for i := range v {
			items[i] = encoded(canonicalValue(v[i], set))
		}
		if set {
			items = inOrder(items)
		}
		return json.RawMessage("[" + strings.Join(items, ",") + "]")
	}
	return v
}

// encoded is a value of JSON as text. Encode cannot fail for one.
func encoded(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n")
}

// canonicalNumber writes a number of JSON as digits and a power of ten: 1.0, 1 and 10e-1 are one number, however large. It is
// never computed: a short text can stand for a number that fills the memory.
func canonicalNumber(s string) string {
	mantissa, power, _ := strings.Cut(strings.ToLower(s), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	exp := 0
	if power != "" {
		n, err := strconv.ParseInt(power, 10, 32)
		if err != nil {
			return s
		}
		exp = int(n)
	}
	exp -= len(fraction)
	short := strings.TrimRight(digits, "0")
	exp += len(digits) - len(short)
	sign := ""
	if negative {
		sign = "-"
	}
	switch {
	case exp >= 0 && exp <= 20: // as people write it
		return sign + short + strings.Repeat("0", exp)
	case exp < 0 && exp >= -20:
		if missing := 1 - exp - len(short); missing > 0 {
			short = strings.Repeat("0", missing) + short
		}
		return sign + short[:len(short)+exp] + "." + short[len(short)+exp:]
	}
	return sign + short + "e" + strconv.Itoa(exp)
}
