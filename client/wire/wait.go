package wire

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Servers tell a limit, and how long to wait, in many spellings. Names are compared without their hyphens, so that
// X-RateLimit-Reset and x-rate-limit-reset are one.

// TellsLimit reports whether an answer of 401 or 403 is a rate limit: it asks to wait, or says that nothing is left. Many
// services send what is left of a limit with every answer: that something is left is no limit.
func TellsLimit(h http.Header) bool {
	named, left := false, false
	for name, values := range h {
		switch name = plainName(name); {
		case len(values) == 0:
		case asksToWait(name):
			return true
		case strings.Contains(name, "ratelimit"):
			named = true
			if n, ok := remaining(name, values[0]); ok {
				if n <= 0 {
					return true
				}
				left = true
			}
		}
	}
	return named && !left
}

// WaitAsked is how long an answer asks to wait; 0 where it does not say. Of several waits the longest counts: who asks
// again too early may be locked out. When a limit is reset says something only where the answer is a limit.
func WaitAsked(h http.Header, limited bool, now func() time.Time) time.Duration {
	from, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		from = now()
	}
	var asked, reset time.Duration
	used := true
	for name, values := range h {
		name = plainName(name)
		for _, value := range values {
			switch {
			case asksToWait(name):
				asked = max(asked, waitOf(value, unitOf(name), from))
			case !strings.Contains(name, "ratelimit"):
			case strings.Contains(name, "reset"):
				reset = max(reset, waitOf(value, unitOf(name), from))
			default:
				if n, ok := remaining(name, value); ok && n > 0 {
					used = false
				}
				for _, number := range structured(name, value, "reset", "t") {
					reset = max(reset, waitOf(number, time.Second, from))
				}
			}
		}
	}
	if asked == 0 && limited && used {
		return reset
	}
	return asked
}

// WaitsIn are the members of an error body that ask to wait, some levels down.
func WaitsIn(body []byte, levels int) map[string]string {
	found := map[string]string{}
	members, list := Object(body), List(body)
	if levels < 0 {
		return found
	}
	for name, raw := range members {
		var value Text
		if asksToWait(plainName(name)) && json.Unmarshal(raw, &value) == nil && value != "" {
			found[name] = string(value)
			continue
		}
		list = append(list, raw)
	}
	for _, raw := range list {
		maps.Copy(found, WaitsIn(raw, levels-1))
	}
	return found
}

func plainName(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(name), "-", ""), "_", "")
}

func asksToWait(name string) bool {
	return strings.Contains(name, "retryafter") || strings.Contains(name, "retryin") || strings.HasPrefix(name, "xratelimitretry") || strings.HasPrefix(name, "ratelimitretry")
}

// unitOf is the unit of a bare number under a name.
func unitOf(name string) time.Duration {
	switch {
	case strings.HasSuffix(name, "ms"), strings.HasSuffix(name, "millis"), strings.HasSuffix(name, "milliseconds"):
		return time.Millisecond
	case strings.HasSuffix(name, "minutes"):
		return time.Minute
	}
	return time.Second
}

// parameters are those of a structured RateLimit header: limit=100, remaining=0, reset=5, or "default";r=0;t=5.
var parameters = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[\s,;])(remaining|reset|r|t)\s*=\s*([0-9.]+)`)
})

// remaining is how much of a limit is left, where a header says that.
func remaining(name, value string) (float64, bool) {
	if strings.Contains(name, "remaining") {
		first, _, _ := strings.Cut(value, ",")
		n, err := strconv.ParseFloat(strings.TrimSpace(first), 64)
		return n, err == nil
	}
	least, found := math.Inf(1), false
	for _, number := range structured(name, value, "remaining", "r") {
		if n, err := strconv.ParseFloat(number, 64); err == nil {
			least, found = min(least, n), true
		}
	}
	return least, found
}

// structured are the numbers that a structured header has under one of the names.
func structured(header, value string, names ...string) (numbers []string) {
	if !strings.HasSuffix(header, "ratelimit") {
		return nil
	}
	for _, p := range parameters().FindAllStringSubmatch(value, -1) {
		if slices.Contains(names, strings.ToLower(p[1])) {
			numbers = append(numbers, p[2])
		}
	}
	return numbers
}

// amounts are a number with a unit in words: "30s", "2.5 seconds", "1m30s".
var amounts = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)([0-9]+(?:[.,][0-9]+)?|\.[0-9]+)\s*(ms|millis(?:econds?)?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b|([0-9]+(?:\.[0-9]+)?)(h|ms|m|s)`)
})

const (
	longest      = time.Duration(math.MaxInt32) * time.Second
	epochSeconds = 1e9 // no wait is as long: a number from here on is a time of day
)

// waitOf reads a wait: a number in the unit, an amount with its own, a date, or an instant since 1970 in any unit. What is
// no wait, or over, is 0.
func waitOf(text string, unit time.Duration, from time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64); err == nil || errors.Is(err, strconv.ErrRange) {
		if math.IsNaN(n) || n <= 0 || math.IsInf(n, 0) && err == nil {
			return 0
		}
		if at, ok := ParseTime(text); ok && n >= epochSeconds && unit == time.Second {
			return min(longest, max(0, at.Sub(from)))
		}
		return time.Duration(min(n*float64(unit), float64(longest)))
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(longest, max(0, at.Sub(from)))
	}
	if at, ok := ParseTime(text); ok {
		return min(longest, max(0, at.Sub(from)))
	}
	total := 0.0
	rest := amounts().ReplaceAllStringFunc(text, func(amount string) string {
		cut := strings.IndexFunc(amount, func(r rune) bool { return r >= 'A' })
		n, _ := strconv.ParseFloat(strings.Replace(strings.TrimSpace(amount[:cut]), ",", ".", 1), 64)
		switch word := strings.ToLower(amount[cut:]); {
		case strings.HasPrefix(word, "ms"), strings.HasPrefix(word, "milli"):
			total += n * float64(time.Millisecond)
		case word[0] == 'h':
			total += n * float64(time.Hour)
		case word[0] == 'm':
			total += n * float64(time.Minute)
		default:
			total += n * float64(time.Second)
		}
		return ""
	})
	if strings.Trim(rest, " ,") != "" {
		return 0
	}
	return time.Duration(min(total, float64(longest)))
}
