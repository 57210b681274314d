package apikey

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestAPermissionIsFoundByItsNameWhereThatIsPlain(t *testing.T) {
	caps := Capabilities{PermissionGroups: []PermissionGroup{
		{Feature: "A", Permissions: []PermissionInfo{{Permission: ParsePermission("A.x"), Description: "ax"}, {Permission: ParsePermission("A.y"), Description: "ay"}}},
		{Feature: "B", Permissions: []PermissionInfo{{Permission: ParsePermission("B.x"), Description: "bx"}}},
	}}
	for text, want := range map[string]string{"A.x": "ax", "B.x": "bx", "y": "ay", "A.y": "ay", "x": "", "B.y": "", "z": "", "": ""} {
		info, ok := caps.FindPermission(text)
		if ok != (want != "") || ok && info.Description != want {
			t.Errorf("%q: %+v, %v", text, info, ok)
		}
	}
	if a := Cannot("no"); a.OK || a.Why != "no" {
		t.Errorf("%+v", a)
	}
	if a := Can(); !a.OK || a.Why != "" {
		t.Errorf("%+v", a)
	}
}

func TestPermissionsAreWrittenWithTheirFeature(t *testing.T) {
	for text, want := range map[string]Permission{"A.x": {"A", "x"}, "x": {"", "x"}, "A.B.x": {"A.B", "x"}, "": {}, ".x": {"", "x"}} {
		if got := ParsePermission(text); got != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
	b, err := json.Marshal([]Permission{{"A", "x"}, {"", "y"}})
	if err != nil || string(b) != `["A.x","y"]` {
		t.Errorf("%s, %v", b, err)
	}
	var back []Permission
	if err := json.Unmarshal(b, &back); err != nil || len(back) != 2 || back[0] != (Permission{"A", "x"}) || back[1] != (Permission{"", "y"}) {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestAKeySaysWhetherItIsOff(t *testing.T) {
	if (Key{}).IsDisabled() || (Key{Enabled: yes()}).IsDisabled() || !(Key{Enabled: no()}).IsDisabled() {
		t.Error("not as the service says")
	}
	if !(Restrictions{}).Empty() || ips("a").Empty() || referrers("a").Empty() || endpoints("a").Empty() {
		t.Error("empty is when nothing is restricted")
	}
}

func TestMomentsAreKeptAsTheyWereSaid(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 123456789, time.FixedZone("CET", 3600))
	for _, tc := range []struct {
		m                     Moment
		known, never, instant bool
		json                  string
	}{
		{Moment{}, false, false, false, "null"}, {Never(), true, true, false, "null"}, {At(at), true, false, true, `"2026-11-20T11:00:00.123456789Z"`}, {At(time.Time{}), false, false, false, "null"},
		{At(time.Unix(0, 0)), true, false, true, `"1970-01-01T00:00:00Z"`},
	} {
		got, ok := tc.m.Time()
		b, err := json.Marshal(tc.m)
		if tc.m.Known() != tc.known || tc.m.IsNever() != tc.never || ok != tc.instant || tc.m.IsZero() == tc.known || err != nil || string(b) != tc.json {
			t.Errorf("%+v: known %v, never %v, %v %v, %s, %v", tc.m, tc.m.Known(), tc.m.IsNever(), got, ok, b, err)
		}
		if ok && got.Location() != time.UTC || !ok && !got.IsZero() {
			t.Errorf("%v", got)
		}
		var back Moment
		if err := json.Unmarshal(b, &back); err != nil || tc.instant && !back.Equal(tc.m) || !tc.instant && !back.IsNever() {
			t.Errorf("%s came back as %+v, %v", b, back, err)
		}
	}
	if m := At(at); !m.Before(at.Add(1)) || m.Before(at) || m.Before(at.Add(-1)) || Never().Before(at) || (Moment{}).Before(at) || m.Equal(Never()) {
		t.Error("moments are out of order")
	}
	m := Never()
	for _, text := range []string{`"yesterday"`, `7`, `{}`, `""`} {
		if err := m.UnmarshalJSON([]byte(text)); err == nil || !m.IsNever() {
			t.Errorf("%s: %v, %+v", text, err, m)
		}
	}
	// A year that RFC 3339 has no room for must not keep a list from being written.
	for _, at := range []time.Time{time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if b, err := json.Marshal(At(at)); err != nil || string(b) != `"9999-12-31T23:59:59Z"` {
			t.Errorf("%s, %v", b, err)
		}
	}
}

func TestALifetimeIsReadAsPeopleWriteIt(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	for text, want := range map[string]Expiry{
		"never": {}, " Never ": {}, "3600s": {After: time.Hour}, "3600": {After: time.Hour}, "90m": {After: 90 * time.Minute}, "12h": {After: 12 * time.Hour}, "30d": {After: 30 * day},
		"20270131s": {After: 20270131 * time.Second}, "20271331": {After: 20271331 * time.Second}, "20270230": {After: 20270230 * time.Second}, "86400000": {After: 1000 * day}, "1798761600s": {After: 1798761600 * time.Second},
		"4w": {After: 28 * day}, "4W": {After: 28 * day}, "36500d": {After: MaxLifetime}, "1": {After: time.Second},
		"2027-01-31": {At: time.Date(2027, 1, 31, 23, 59, 59, 0, zone)}, "2026-11-20": {At: time.Date(2026, 11, 20, 23, 59, 59, 0, zone)},
		"2027-01-31t10:00:00z": {At: time.Date(2027, 1, 31, 10, 0, 0, 0, time.UTC)}, "2027-01-31T10:00:00+02:00": {At: time.Date(2027, 1, 31, 8, 0, 0, 0, time.UTC)},
	} {
		got, err := ParseExpiry(text, noon, zone)
		if err != nil || got.After != want.After || !got.At.Equal(want.At) || got.IsNever() != (want == Expiry{}) {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"0": "a span of zero is refused: use never for no expiry", "0d": "zero", "36501d": "a span over 100 years is refused: use never for no expiry", "5215w": "over 100 years",
		"999999999999w": "over 100 years", "2026-11-19": "is in the past", "2126-11-20": "over 100 years away is refused: use never", "2027-02-29": "2027-02-29 is a date that does not exist",
		"2027-13-01": "does not exist", "2027-01-31T25:00:00Z": "is not an expiry", "soon": `"soon" is not an expiry: use never, a span such as 30d, 12h, 90m or 3600s, or a date such as 2027-01-31`,
		"20270131": `"20270131" may be a date, 2027-01-31, or seconds, 20270131s: say which`, " 20991231 ": "2099-12-31", "20270601": "2027-06-01", "1798761600": "1798761600 is too long for bare seconds: as an instant it is 2027-01-01T00:00:00Z",
		"1798761600000": "is not an expiry", "1000000000": "as an instant",
		"1y": "is not an expiry", "-1d": "is not an expiry", "": "is not an expiry", strings.Repeat("x", 41): `"` + strings.Repeat("x", 40) + `…" is`, strings.Repeat("x", 40): strings.Repeat("x", 40) + `" is`,
		"2026-11-20T12:00:00Z": "is in the past", "2026-11-20T12:00:00.5Z": "less than a second away",
	} {
		if got, err := ParseExpiry(text, noon, time.UTC); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %+v, %v, want %q", text, got, err, says)
		}
	}
	for text, want := range map[string]time.Duration{" 1H ": time.Hour, "1w": 7 * day, "2m": 2 * time.Minute, "999999999999": 0, "": 0, "0": 0, "0d": 0, "h": 0, "1 h": 0, "1.5h": 0, "9999999999999s": 0} {
		got, err := ParseSpan(text)
		if got != want || (err == nil) != (want != 0) || err != nil && !strings.Contains(err.Error(), "span") {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if MaxLifetime != 876000*time.Hour {
		t.Errorf("a hundred years are %v", MaxLifetime)
	}
	if e := (Expiry{After: time.Hour, At: noon}); !e.Instant(noon.Add(day)).Equal(noon) || !(Expiry{After: time.Hour}).Instant(noon).Equal(noon.Add(time.Hour)) || !(Expiry{}).Instant(noon).IsZero() {
		t.Error("an instant counts before a span, and never is none")
	}
	if (Expiry{At: noon}).IsNever() || (Expiry{After: 1}).IsNever() {
		t.Error("an end is never")
	}
}

func TestSecretsAreHarmlessToShow(t *testing.T) {
	for text, want := range map[string]string{"": "[secret]", "short": "[secret]", "elevenchars": "[secret]", "twelve-chars": "twel…", "sk_live_0123456789": "sk_l…"} {
		if got := NewSecret(text).Mask(); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
	s := NewSecret("sk_live_0123456789")
	if b, err := s.MarshalText(); err != nil || string(b) != "[secret]" {
		t.Errorf("%s, %v", b, err)
	}
	if s.String() != "[secret]" || s.GoString() != "[secret]" || s.LogValue().String() != "[secret]" {
		t.Error("shown")
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	if err := NewSecret("two words").Check(); err == nil {
		t.Error("two words are a secret")
	}
	if err := (Secret{}).Check(); err == nil {
		t.Error("nothing is a secret")
	}
	long := strings.Repeat("x", maxSecret)
	if got, err := ParseSecret(long); err != nil || got.Len() != 16<<10 {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
	for c := range 0x100 {
		_, err := ParseSecret("abcdefghijkl" + string(rune(c)) + "z")
		plain := c >= 0x21 && c <= 0x7e && !strings.ContainsRune("\"'`", rune(c))
		if (err == nil) != plain {
			t.Errorf("%q: %v", rune(c), err)
		}
	}
	for _, text := range []string{"a=b", "1A=b", "A=", "AB-C=d", "Ab=c"} {
		if _, err := ParseSecret(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"A=b", "_=b", "A1_=b", "export A=b", "a\rb"} {
		if _, err := ParseSecret(text); err == nil {
			t.Errorf("%q is a secret", text)
		}
	}
}

func TestNamesEndWhereTheirSignsEnd(t *testing.T) {
	for c := range rune(0x80) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		digit := c >= '0' && c <= '9'
		if got, want := IsVariableName("A"+string(c)), letter || digit || c == '_'; got != want {
			t.Errorf("A%q names a variable: %v", c, got)
		}
		if got, want := IsVariableName(string(c)), letter || c == '_'; got != want {
			t.Errorf("%q names a variable: %v", c, got)
		}
		if got, want := IsProfileName("a"+string(c)), letter || digit || strings.ContainsRune("._/-", c); got != want {
			t.Errorf("a%q names a profile: %v", c, got)
		}
		if got, want := IsProfileName(string(c)), letter || digit; got != want {
			t.Errorf("%q names a profile: %v", c, got)
		}
	}
}

func TestARestIsSaidWithoutWhatNobodyAsksFor(t *testing.T) {
	for d, want := range map[time.Duration]string{
		2*time.Hour + time.Second: "2h", 2*time.Hour - time.Second: "1h59m", 59*time.Minute + 900*time.Millisecond: "59m", 61 * time.Second: "1m1s",
		10*time.Second + 1: "10s", time.Millisecond: "1s", 23*time.Hour + 59*time.Second: "23h", 50*time.Hour + 3*time.Second: "2d 2h",
	} {
		if got := RestWords(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
