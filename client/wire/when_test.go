package wire

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"detent/apikey"
)

func TestDatesAreReadTolerantly(t *testing.T) {
	for wire, want := range map[string]string{
		`"2023-10-24T07:31:33.363Z"`:     "2023-10-24T07:31:33.363Z",
		`"2023-10-24T09:31:33+02:00"`:    "2023-10-24T07:31:33Z",
		`"2023-10-24 07:31:33"`:          "2023-10-24T07:31:33Z",
		`"2023-10-24"`:                   "2023-10-24T00:00:00Z",
		`1698132693`:                     "2023-10-24T07:31:33Z",
		`1698132693363`:                  "2023-10-24T07:31:33.363Z",
		`"1698132693"`:                   "2023-10-24T07:31:33Z",
		`1698132693.5`:                   "2023-10-24T07:31:33.5Z",
		`null`:                           "never",
		`0`:                              "never",
		`""`:                             "never",
		`"never"`:                        "never",
		`"2023-10-24T07:31:33\u005a"`:    "2023-10-24T07:31:33Z",
		`"2023-10-24T07:31:33\u00ff"`:    "?",
		`-1`:                             "?",
		`1e99`:                           "9999-12-31T23:59:59Z",
		`"NaN"`:                          "?",
		`"2023-02-30T00:00:00Z"`:         "?",
		`"tomorrow"`:                     "?",
		`"0001-01-01T00:00:00Z"`:         "?",
		`true`:                           "?",
		`{}`:                             "?",
		`"99999-01-01T00:00:00Z"`:        "9999-12-31T23:59:59Z",
		`"9999-12-31T23:59:59-14:00"`:    "9999-12-31T23:59:59Z", // the year 10000 in UTC, which no JSON can say
		`"0001-01-01T00:00:00-14:00"`:    "?",
		`"2023-10-24T07:31:33.363+0000"`: "2023-10-24T07:31:33.363Z",
	} {
		var w Time
		if err := json.Unmarshal([]byte(wire), &w); err != nil {
			t.Errorf("%s: %v", wire, err)
			continue
		}
		if got := shown(w.OrNever()); got != want {
			t.Errorf("%s is %s, want %s", wire, got, want)
		}
	}
	var row struct{ A, B Time }
	if err := json.Unmarshal([]byte(`{"B":null}`), &row); err != nil {
		t.Fatal(err)
	}
	if row.A.OrNever().Known() || !row.A.Expiry().IsNever() || !row.B.OrNever().IsNever() || row.B.Reported().Known() {
		t.Error("absent and null are not told apart")
	}
}

// TestTheInstantZeroIsZeroHoweverItIsWritten: never, and no date in the past.
func TestTheInstantZeroIsZeroHoweverItIsWritten(t *testing.T) {
	for _, wire := range []string{`0`, `0.0`, `"0"`, `"1970-01-01T00:00:00Z"`, `"1970-01-01T00:00:00.000Z"`, `"1970-01-01T00:00:00+00:00"`, `"1970-01-01T01:00:00+01:00"`, `"1970-01-01 00:00:00"`, `"1970-01-01"`, `"Thu, 01 Jan 1970 00:00:00 GMT"`, `"1970-01-01t00:00:00z"`} {
		var w Time
		if err := json.Unmarshal([]byte(wire), &w); err != nil || !w.OrNever().IsNever() || !w.Expiry().IsNever() || !w.Use().IsNever() || w.Reported().Known() {
			t.Errorf("%s: %v, %v", wire, shown(w.OrNever()), err)
		}
	}
}

// TestFarFutureIsFarFuture draws the ways in which services write a date without an end, and such as lie far ahead: each is
// shown as 9999 or never, or where it lies, and none in the past. What was is not made up either.
func TestFarFutureIsFarFuture(t *testing.T) {
	var wires []string
	for _, seconds := range []float64{4102444800, 7258118400, 32503680000, 99999999999, 100000000000, 253402300799, 253402300800, 253402300799.999, 999999999999} {
		for _, unit := range []float64{1, 1e3, 1e6, 1e9} {
			n := strconv.FormatFloat(seconds*unit, 'f', -1, 64)
			wires = append(wires, n, strconv.Quote(n))
		}
	}
	for _, n := range []string{"9223372036854775807", "9223372036854775", "18446744073709551615", "2147483647", "4294967295", "8640000000000000", "9999999999999", "99999999999999", "1e15", "1e300", "1e999", "2.53402300799e11"} {
		wires = append(wires, n, strconv.Quote(n))
	}
	for _, text := range []string{"9999-12-31T23:59:59Z", "9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59-12:00", "9999-12-31T24:00:00Z", "9999-12-31T23:59:60Z", "9999-12-31", "9999-12-31 23:59:59",
		"+275760-09-13T00:00:00.000Z", "10000-01-01T00:00:00Z", "12345-06-07", "Fri, 31 Dec 9999 23:59:59 GMT", "infinity", "Infinity", "never", "NEVER", "none", "2262-04-11T23:47:16.854775807Z", "3000-01-01t00:00:00z"} {
		wires = append(wires, strconv.Quote(text))
	}
	for _, wire := range wires {
		var w Time
		if err := json.Unmarshal([]byte(wire), &w); err != nil {
			if wire[0] == '"' {
				t.Errorf("%s: %v", wire, err)
			}
			continue
		}
		m := w.OrNever()
		if at, ok := m.Time(); !m.IsNever() && (!ok || at.Before(time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC)) || at.Year() > 9999) {
			t.Errorf("%s is %s", wire, shown(m))
		}
		if at, ok := w.Use().Time(); ok && at.Year() == 9999 {
			t.Errorf("%s: something was used in the year 9999", wire)
		}
		if at, ok := w.Reported().Time(); ok && at.Year() == 9999 {
			t.Errorf("%s: something was made in the year 9999", wire)
		}
	}
	for _, now := range []string{"1763892000", "1763892000000", "1763892000000000", "1763892000000000000", "1763892000.000", "1.763892e9"} {
		var w Time
		if err := json.Unmarshal([]byte(now), &w); err != nil || shown(w.OrNever()) != "2025-11-23T10:00:00Z" {
			t.Errorf("%s is %s, %v", now, shown(w.OrNever()), err)
		}
	}
}

// shown is an instant as the tests write it.
func shown(m apikey.Moment) string {
	if at, ok := m.Time(); ok {
		return at.UTC().Format("2006-01-02T15:04:05.999Z")
	}
	if m.IsNever() {
		return "never"
	}
	return "?"
}
