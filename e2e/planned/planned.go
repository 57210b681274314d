// Package planned reads a rotation's plan as an expression and what happened as a word, so that a test can hold one against the other line by
// line: each different line is a letter, and the words of the plan say how often it comes.
package planned

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Alphabet gives each different line a letter.
type Alphabet []string

// Letter is that of a line.
func (a *Alphabet) Letter(line string) string {
	i := slices.Index(*a, line)
	if i < 0 {
		*a = append(*a, line)
		i = len(*a) - 1
	}
	return string(rune('A' + i))
}

// Word is what happened, line by line.
func (a *Alphabet) Word(lines []string) string {
	word := ""
	for _, line := range lines {
		word += a.Letter(line)
	}
	return word
}

// Act is a line of a plan, and how often it is to come.
type Act struct{ Line, Times string }

var quantities = []struct{ times, means string }{
	{`^(\d+) to (\d+)\b`, "{$1,$2}"}, {`^(\d+) or more\b`, "{$1,}"}, {`^at most (\d+)\b`, "{0,$1}"}, {`^until `, "+"}, {`^(only where|instead,) `, "*"},
	{`^each look but the last\b`, "?"}, {`^each look\b`, ""}, {`^(\d+)\b`, "{$1}"},
}

// quantity is how often an act happens, by the words of the plan.
func quantity(t testing.TB, times string) string {
	t.Helper()
	for _, q := range quantities {
		re := regexp.MustCompile(q.times)
		if m := re.FindStringSubmatchIndex(times); m != nil {
			return string(re.ExpandString(nil, q.means, times, m))
		}
	}
	t.Errorf("%q does not say how often", times)
	return "*"
}

// sequence is a line's letter; of one that is "GET x twice, then PUT x", of each of its requests in their order.
func (a *Alphabet) sequence(line string) string {
	parts, out := strings.Split(line, ", then "), ""
	for _, part := range parts {
		call, twice := strings.CutSuffix(part, " twice")
		if out += a.Letter(call); twice {
			out += "{2}"
		}
	}
	if len(parts) == 1 {
		return out
	}
	return "(?:" + out + ")"
}

// Expression is what may happen by these acts, in their order.
func (a *Alphabet) Expression(t testing.TB, acts []Act) string {
	t.Helper()
	out, look, before := "", "", ""
	end := func() {
		if look != "" {
			out += "(?:" + look + ")+"
		}
		look = ""
	}
	for _, act := range acts {
		call := a.sequence(act.Line)
		one := call + quantity(t, act.Times)
		if strings.HasSuffix(act.Times, "of the call before between them") { // which alternate
			one = "(?:" + call + "|" + before + ")*"
		}
		before = call
		if strings.HasPrefix(act.Times, "each look") {
			look += one
			continue
		}
		end()
		out += one
	}
	end()
	return out
}
