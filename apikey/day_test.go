package apikey

import (
	"testing"
	"time"
	_ "time/tzdata"
)

// TestADayIsItsNumbersInEveryZone: the seconds around its ends have other dates, and a date that is typed ends with it.
func TestADayIsItsNumbersInEveryZone(t *testing.T) {
	zones := []string{"UTC", "America/Santiago", "America/Havana", "Asia/Beirut", "Africa/Cairo", "America/Asuncion", "Asia/Tehran", "Asia/Kathmandu",
		"Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "America/Sao_Paulo", "Europe/Berlin", "America/Scoresbysund", "Atlantic/Azores", "Asia/Gaza"}
	short := 0
	for _, zone := range zones {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 * 365 {
			day := time.Date([]int{2011, 2018, 2027}[n/365], 1, 1+n%365, 0, 0, 0, 0, time.UTC)
			y, m, d := day.Date()
			name := day.Format(time.DateOnly)
			first, last, ok := Day(y, m, d, loc)
			if !ok {
				if zone != "Pacific/Apia" || name != "2011-12-30" {
					t.Errorf("%s %s: does not exist", zone, name)
				}
				continue
			}
			for at, want := range map[time.Time]bool{first: true, last: true, first.Add(-time.Second): false, last.Add(time.Second): false} {
				if got := at.In(loc).Format(time.DateOnly) == name; got != want {
					t.Errorf("%s %s: %s is part of it: %v", zone, name, at, got)
				}
			}
			if first.Hour() != 0 {
				short++
			}
			if expiry, err := ParseExpiry(name, first.AddDate(0, 0, -7), loc); err != nil || !expiry.At.Equal(last) {
				t.Errorf("%s %s: ends %v, %v; want %s", zone, name, expiry.At, err, last)
			}
		}
	}
	if short < 10 {
		t.Errorf("only %d days without a midnight: the zones test nothing", short)
	}
	apia, _ := time.LoadLocation("Pacific/Apia")
	if e, err := ParseExpiry("2011-12-30", time.Date(2011, 12, 1, 0, 0, 0, 0, time.UTC), apia); err == nil {
		t.Errorf("a day that was left out ends %v", e.At)
	}
}
