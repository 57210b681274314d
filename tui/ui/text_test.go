package ui

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
)

func TestCleanLeavesOnlyWhatEveryTerminalMeasuresAlike(t *testing.T) {
	cases := map[string]string{
		"plain":                    "plain",
		"two\nlines\there":         "two lines here",
		"\x1b]52;c;aGk=\x07x":      "]52;c;aGk=x",
		"\u009b31mred":             "31mred",
		"中文":                       "中文",
		"שלום":                     "שלום",
		"e\u0301te\u0301":          "e\u0301te\u0301",
		"a\u200bb\u202ec\ufeffd":   "abcd",
		"👨\u200d👩\u200d👧 family":   "👨 family",
		"bad\xffbyte":              "bad\uFFFDbyte",
		"nbsp\u00a0and\u3000wide":  "nbsp and wide",
		"\u0301leading":            "leading",
		"0\ufe0f \u2764\ufe0f":     "0 \u2764",
		"pay\u3164\uffa0ments":     "payments",
		"a\u2800b\u034fc":          "a bc",
		"tag\U000e0041\U000e007fx": "tagx",
	}
	for in, want := range cases {
		got := Clean(in)
		if got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
		if ansi.StringWidth(got) != ansi.StringWidthWc(got) {
			t.Errorf("Clean(%q) = %q: %d cells by grapheme, %d by rune", in, got, ansi.StringWidth(got), ansi.StringWidthWc(got))
		}
	}
}

func FuzzCleanNeverLetsAControlThroughOrWidthsDiffer(f *testing.F) {
	for _, s := range []string{"a", "👩‍🚀", "\x1b[2J", "🇩🇪", "ก็", "\u200f\u061c", "❤️", "각"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if strings.ContainsFunc(got, func(r rune) bool {
			return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r == 0x2800 ||
				unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
		}) {
			t.Fatalf("Clean(%q) = %q holds a control", s, got)
		}
		if ansi.StringWidth(got) != ansi.StringWidthWc(got) {
			t.Fatalf("Clean(%q) = %q: %d cells by grapheme, %d by rune", s, got, ansi.StringWidth(got), ansi.StringWidthWc(got))
		}
	})
}

func TestPadAndTruncateAreExactForEveryText(t *testing.T) {
	for _, s := range []string{"", "abc", "a longer name", "中文中文中文", "\x1b[31mred and long\x1b[0m", "שלום עולם"} {
		for width := range 12 {
			if got := Width(Pad(s, width)); got != width {
				t.Errorf("Pad(%q, %d) is %d cells wide", s, width, got)
			}
			if got := Width(PadLeft(s, width)); got != width {
				t.Errorf("PadLeft(%q, %d) is %d cells wide", s, width, got)
			}
			if got := Width(Truncate(s, width)); got > width {
				t.Errorf("Truncate(%q, %d) is %d cells wide", s, width, got)
			}
			if got := Width(Spread(s, "right", width)); got != width {
				t.Errorf("Spread(%q, right, %d) is %d cells wide", s, width, got)
			}
		}
	}
}

func TestFitIsAlwaysTheSizeAskedFor(t *testing.T) {
	for _, block := range []string{"", "one", "one\ntwo\nthree\nfour", "wide 中文 line\n\n"} {
		got := Fit(block, 7, 3)
		if len(got) != 3 {
			t.Fatalf("Fit(%q) has %d lines", block, len(got))
		}
		for _, line := range got {
			if Width(line) != 7 {
				t.Errorf("Fit(%q): line %q is %d wide", block, line, Width(line))
			}
		}
	}
}

func TestRelativeSaysTheUnitThatMatters(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	cases := []struct {
		off  time.Duration
		want string
	}{
		{-30 * time.Second, "<1m"}, {-2 * time.Minute, "2m"}, {-90 * time.Minute, "1h"},
		{-31 * time.Hour, "31h"}, {-81 * day, "81d"}, {-1500 * day, "4y"}, {9*day + time.Hour, "in 9d"}, {time.Second, "in <1m"},
		{90*day - time.Second, "in 90d"}, {time.Hour - time.Second, "in 1h"}, {2*day - time.Second, "in 2d"},
	}
	for _, c := range cases {
		if got := Relative(now.Add(c.off), now); got != c.want {
			t.Errorf("Relative(%v) = %q, want %q", c.off, got, c.want)
		}
	}
}

// A time.Duration ends at 292 years.
func TestCenturiesAreCountedByTheCalendar(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for at, want := range map[time.Time]string{
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC): "in 7973y", time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC): "2024y",
	} {
		if got := Relative(at, now); got != want {
			t.Errorf("Relative(%v) = %q, want %q", at, got, want)
		}
	}
}

func TestAMomentThatTheServiceDoesNotReportIsUnknown(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	zone := time.FixedZone("CET", 3600)
	for _, c := range []struct {
		m           apikey.Moment
		cell, exact string
	}{
		{apikey.Moment{}, "unknown", "unknown"},
		{apikey.Never(), "never", "never"},
		{apikey.At(now.Add(9 * day)), "in 9d", "2026-12-02 13:00:00 CET · in 9d"},
		{apikey.At(now.Add(-2 * time.Hour)), "2h", "2026-11-23 11:00:00 CET · 2h ago"},
	} {
		if got := Moment(c.m, now); got != c.cell {
			t.Errorf("Moment = %q, want %q", got, c.cell)
		}
		if got := MomentExact(c.m, now, zone); got != c.exact {
			t.Errorf("MomentExact = %q, want %q", got, c.exact)
		}
	}
}

func TestWrapKeepsDatesAndFlagsWhole(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"expires 2026-12-23 at noon", 16, "expires|2026-12-23 at|noon"},
		{"run systemctl --user restart", 20, "run systemctl --user|restart"},
		{"/a/very/long/path/without/a/space end", 10, "/a/very/|long/path/|without/a/|space end"},
		{"see /srv/shop/payments/production.env", 16, "see|/srv/shop/|payments/|production.env"},
		{"/home/an-unusually-long-name", 16, "/home/an-unusual|ly-long-name"},
		{"two\nparagraphs", 20, "two|paragraphs"},
		{"契約書レビュー", 5, "契約|書レ|ビュ|ー"},
		{"", 5, ""},
	} {
		lines := Wrap(c.text, c.width)
		if got := strings.Join(lines, "|"); got != c.want {
			t.Errorf("%q at %d is %q, want %q", c.text, c.width, got, c.want)
		}
		for _, l := range lines {
			if Width(l) > c.width {
				t.Errorf("%q is wider than %d", l, c.width)
			}
		}
	}
}
