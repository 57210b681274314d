package client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// TestAProsopoKeyNeverEndsLaterThanAsked: the wire takes whole seconds from the service's now, and a Date header tells
// that now to a whole second.
func TestAProsopoKeyNeverEndsLaterThanAsked(t *testing.T) {
	end := testNow.Add(2 * time.Hour)
	at := apikey.Expiry{At: end}
	for name, c := range map[string]struct {
		local   time.Time
		service time.Time // zero: it has not told its time yet
		expiry  apikey.Expiry
		want    int64
	}{
		"on the second":                                    {local: testNow, expiry: at, want: 7200},
		"inside a second":                                  {local: testNow.Add(400 * time.Millisecond), expiry: at, want: 7199},
		"just before the next second":                      {local: testNow.Add(-time.Millisecond), expiry: at, want: 7200},
		"by a clock that is ahead":                         {local: testNow, service: testNow.Add(time.Hour + 999*time.Millisecond), expiry: at, want: 3599},
		"by a clock that is behind":                        {local: testNow, service: testNow.Add(-time.Hour), expiry: at, want: 10799},
		"a span is from the service's now, whatever it is": {local: testNow, service: testNow.Add(time.Hour), expiry: thirty, want: 2592000},
	} {
		t.Run(name, func(t *testing.T) {
			create := prosopoCreate(fmt.Sprintf(`{"name":"ci","permissions":{"Verify":["verify"]},"expiresIn":%d}`, c.want)).
				with(200, `{"id":"k9","token":"`+prosopoSecret+`","expiresAt":null}`)
			steps := []step{create}
			if !c.service.IsZero() {
				first := prosopoGet.with(200, `[]`)
				first.set = map[string]string{"Date": c.service.Format(http.TimeFormat)}
				steps = []step{first, create}
			}
			opts := options(wirename.Prosopo, play(t, steps...).URL)
			opts.Now = func() time.Time { return c.local }
			s := mustOpen(t, opts)
			now := c.local
			if !c.service.IsZero() {
				if _, err := list(bg, s); err != nil {
					t.Fatal(err)
				}
				now = c.service
			}
			if _, err := s.Create(bg, apikey.Draft{Name: "ci", Permissions: perms("verify"), Expiry: c.expiry}); err != nil {
				t.Fatal(err)
			}
			if ends := now.Add(time.Duration(c.want) * time.Second); ends.After(c.expiry.Instant(now)) {
				t.Errorf("the service ends it at %v, asked for %v", ends, c.expiry.Instant(now))
			}
		})
	}
}

// TestAnExpiryThatTheServiceHasPassedIsNotSent: 0 seconds from now would be a key for ever.
func TestAnExpiryThatTheServiceHasPassedIsNotSent(t *testing.T) {
	for _, ahead := range []time.Duration{time.Hour - time.Second, time.Hour, 2 * time.Hour} {
		first := prosopoGet.with(200, `[]`)
		first.set = map[string]string{"Date": testNow.Add(ahead).Format(http.TimeFormat)}
		s := mustOpen(t, options(wirename.Prosopo, play(t, first).URL))
		if _, err := list(bg, s); err != nil {
			t.Fatal(err)
		}
		_, err := s.Create(bg, apikey.Draft{Name: "ci", Permissions: perms("verify"), Expiry: apikey.Expiry{At: testNow.Add(time.Hour)}})
		var e *Error
		if !errors.As(err, &e) || e.Kind != Invalid || e.Outcome != NotDone || !strings.Contains(e.Message, "by the service's clock") {
			t.Errorf("%v ahead: %v", ahead, err)
		}
	}
}
