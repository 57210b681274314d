package client

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"detent/apikey"
	"detent/keyserver/wirename"
)

// spellings of one wait of 40 s, as servers write it. Each is a header and its value.
var spellings = [][2]string{
	{"Retry-After", "40"}, {"Retry-After", "40.0"}, {"Retry-After", " 40 "}, {"Retry-After", "40,0"}, {"Retry-After", "40s"}, {"Retry-After", "40 seconds"}, {"Retry-After", "0.666667m"},
	{"Retry-After", testNow.Add(40 * time.Second).Format(http.TimeFormat)}, {"Retry-After", testNow.Add(40 * time.Second).Format(time.RFC850)},
	{"Retry-After", testNow.Add(40 * time.Second).Format(time.ANSIC)}, {"Retry-After", testNow.Add(40 * time.Second).Format(time.RFC3339)},
	{"Retry-After", fmt.Sprint(testNow.Unix() + 40)}, {"X-Retry-After", "40"}, {"retry_after", "40"}, {"Retry-After-Ms", "40000"}, {"X-Ms-Retry-After-Ms", "40000"},
	{"X-RateLimit-Retry-Ms", "40000"}, {"X-Rate-Limit-Retry-After-Seconds", "40"}, {"X-RateLimit-Retry-After", "40"},
	{"RateLimit-Reset", "40"}, {"X-RateLimit-Reset", "40"}, {"X-Rate-Limit-Reset", fmt.Sprint(testNow.Unix() + 40)}, {"X-RateLimit-Reset", fmt.Sprint(testNow.UnixMilli() + 40000)},
	{"X-RateLimit-Reset-After", "40.000"}, {"X-RateLimit-Reset-Ms", "40000"}, {"X-RateLimit-Reset-Requests", "40s"}, {"Anthropic-RateLimit-Requests-Reset", testNow.Add(40 * time.Second).Format(time.RFC3339)},
	{"RateLimit", "limit=10, remaining=0, reset=40"}, {"RateLimit", `"default";r=0;t=40`},
}

func TestEverySpellingOfAWaitIsKept(t *testing.T) {
	for _, spelled := range spellings {
		for _, status := range []int{429, 420, 403} {
			var w waiting
			var hits atomic.Int32
			srv := answering(t, func(rw http.ResponseWriter, _ *http.Request) {
				if hits.Add(1) > 1 {
					emptyList(rw, wirename.Generic)
					return
				}
				rw.Header()[spelled[0]] = []string{spelled[1]}
				rw.WriteHeader(status)
				_, _ = rw.Write([]byte(`{"success":false,"message":"no"}`))
			})
			opts := options(wirename.Generic, srv.URL)
			opts.Sleep, opts.Timeout = w.sleep, time.Minute
			_, err := ListAll(bg, mustOpen(t, opts))
			if err != nil || len(w.waits) != 1 || (w.waits[0]-40*time.Second).Abs() > time.Millisecond {
				t.Errorf("%d with %s: %s: waited %v, %v", status, spelled[0], spelled[1], w.waits, err)
			}
		}
	}
}

// TestAWaitInTheBodyIsKept, as one in a header is; of both the longer.
func TestAWaitInTheBodyIsKept(t *testing.T) {
	for _, c := range []struct {
		header, body string
		want         time.Duration
	}{
		{"", `{"success":false,"message":"slow down","retry_after":2.5}`, 2500 * time.Millisecond}, {"", `{"message":"x","retryAfter":"40"}`, 40 * time.Second}, {"", `{"error":{"message":"x","retry_after":3}}`, 3 * time.Second},
		{"", `{"retry_after_ms":1500}`, 1500 * time.Millisecond}, {"", `{"error":{"retryAfterMs":"1500"}}`, 1500 * time.Millisecond}, {"", `{"retry_in":"7s"}`, 7 * time.Second}, {"", `{"message":"x","retry-after-seconds":4}`, 4 * time.Second},
		{"5", `{"retry_after":2}`, 5 * time.Second}, {"1", `{"retry_after":2}`, 2 * time.Second}, {"", `{"errors":[{"message":"x","retry_after":6}]}`, 6 * time.Second}, {"", `{"data":{"retry_after":6}}`, 6 * time.Second},
		{"3", `{"retry_after":{"a":1}}`, 3 * time.Second}, {"3", `{"retry_after":null}`, 3 * time.Second}, {"3", `{"retry_after":[9]}`, 3 * time.Second},
	} {
		for _, status := range []int{429, 503} {
			var w waiting
			var hits atomic.Int32
			srv := answering(t, func(rw http.ResponseWriter, _ *http.Request) {
				if hits.Add(1) > 1 {
					emptyList(rw, wirename.Generic)
					return
				}
				if c.header != "" {
					rw.Header().Set("Retry-After", c.header)
				}
				rw.WriteHeader(status)
				_, _ = rw.Write([]byte(c.body))
			})
			opts := options(wirename.Generic, srv.URL)
			opts.Sleep, opts.Timeout = w.sleep, time.Minute
			if _, err := ListAll(bg, mustOpen(t, opts)); err != nil || len(w.waits) != 1 || (w.waits[0]-c.want).Abs() > time.Millisecond {
				t.Errorf("%d, %s, %s: waited %v, want %v (%v)", status, c.header, c.body, w.waits, c.want, err)
			}
		}
	}
}

// limitsIn403 are rate limits that are told as 403 or 401, before anybody looks at a key.
var limitsIn403 = []struct {
	headers []string
	body    string
}{
	{[]string{"Retry-After", "60", "X-RateLimit-Remaining", "0"}, `{"success":false,"error":{"message":"no permission"}}`},
	{[]string{"Retry-After", "60"}, `{"error":"permission denied","status":403}`}, {[]string{"retry-after-ms", "100"}, `{"error":"role needed","status":403}`},
	{[]string{"X-Rate-Limit-Remaining", "0"}, `{"error":"role needed","status":403}`}, {[]string{"X-RateLimit-Limit", "60"}, `{"message":"permission"}`},
	{[]string{"RateLimit", "limit=10, remaining=0, reset=40"}, `{"message":"permission"}`}, {[]string{"RateLimit", `"burst";r=3;t=1, "day";r=0;t=900`}, `{"message":"permission"}`},
	{[]string{"X-RateLimit-Reset", "1800000000"}, `{"error":{"code":403,"message":"x","key":"API.INSUFFICIENT_PERMISSIONS"}}`},
	{nil, `{"message":"API rate limit exceeded for installation ID 1."}`}, {nil, `{"success":false,"error":{"code":"RATE_LIMITED","message":"no permission for now"}}`},
	{nil, `{"error":"Too many requests: permission denied","status":403}`}, {nil, `{"error":{"code":403,"message":"Request quota is used up","key":"API.INSUFFICIENT_PERMISSIONS"}}`},
	{nil, `{"errors":[{"message":"Throttled, your role allows 5 a second"}]}`}, {nil, `{"error":"You have exceeded a secondary rate limit and have been temporarily blocked","status":403}`},
	{nil, `{"message":"role: please retry later"}`}, {nil, `{"message":"permission","retry_after":3}`}, {nil, `{"error":{"code":403,"message":"x","key":"API.INSUFFICIENT_PERMISSIONS","retryAfterMs":50}}`},
}

func TestARateLimitInAnySpellingSaysNothingAboutAKey(t *testing.T) {
	for i, c := range limitsIn403 {
		for _, status := range []int{403, 401} {
			for service, secret := range map[string]string{wirename.Generic: genericSecret, wirename.Vertesia: vertesiaSecret, wirename.Prosopo: prosopoSecret} {
				srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					for i := 0; i < len(c.headers); i += 2 {
						w.Header().Set(c.headers[i], c.headers[i+1])
					}
					w.WriteHeader(status)
					_, _ = w.Write([]byte(c.body))
				})
				proof, err := mustOpen(t, options(service, srv.URL)).Probe(bg, apikey.NewSecret(secret), "")
				if err != nil || proof.Verdict != apikey.Silent || !proof.Limited || proof.Why == "" {
					t.Errorf("%d, %s, %d: %+v, %v", i, service, status, proof, err)
				}
			}
		}
	}
}

// TestWhatIsLeftOfALimitIsNoLimit: many services say with every answer how much is left.
func TestWhatIsLeftOfALimitIsNoLimit(t *testing.T) {
	for _, n := range []string{"59", "1", "0.5"} {
		left := []string{"X-RateLimit-Limit", "60", "X-RateLimit-Remaining", n, "X-RateLimit-Reset", "1800000000"}
		leftIsNoLimit(t, left)
	}
	leftIsNoLimit(t, []string{"RateLimit", `"burst";r=1;t=1, "day";r=20;t=900`})
	leftIsNoLimit(t, []string{"RateLimit", "limit=10, remaining=1, reset=40"})
}

func leftIsNoLimit(t *testing.T, left []string) {
	t.Helper()
	for _, step := range []step{gUser.with(403, `{"success":false,"message":"the key lacks the permission users:read"}`, left...), gUser.with(404, `{"success":false,"message":"no such user"}`, left...)} {
		if proof, err := mustOpen(t, options(wirename.Generic, play(t, step).URL)).Probe(bg, apikey.NewSecret(genericSecret), ""); err != nil || !proof.Accepted() {
			t.Errorf("%v: %+v, %v", left, proof, err)
		}
	}
}

func TestALimitThatIsToldAs403IsNoRefusalOfAWrite(t *testing.T) {
	for _, service := range services {
		d := deleteCalls[service].with(403, `{"error":{"message":"too many requests","code":403}}`, "Retry-After", "7")
		_, err := mustOpen(t, options(service, play(t, d).URL)).Delete(bg, "k1")
		checkError(t, err, RateLimited, "[not done]")
		if Refused(err) {
			t.Errorf("%s: a rate limit is called a refusal: %+v", service, err)
		}
	}
}

// TestAtOnceSendsOnceAndDoesNotWait: neither a pace nor a failure that may pass is waited for.
func TestAtOnceSendsOnceAndDoesNotWait(t *testing.T) {
	for _, service := range services {
		for _, status := range []int{429, 503} {
			var hits atomic.Int32
			srv := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				hits.Add(1)
				w.Header().Set("x-ratelimit-reason", "pacing")
				w.Header().Set("x-ratelimit-retry-ms", "70")
				w.WriteHeader(status)
			})
			var w waiting
			opts := options(service, srv.URL)
			opts.Sleep = w.sleep
			s := mustOpen(t, opts)
			_, deleted := s.Delete(AtOnce(bg), "k1")
			_, listed := ListAll(AtOnce(bg), s)
			if deleted == nil || listed == nil || hits.Load() != 2 || len(w.waits) != 0 {
				t.Errorf("%s, %d: %d requests, waits %v", service, status, hits.Load(), w.waits)
			}
			if _, err := ListAll(bg, s); err == nil || hits.Load() <= 3 || !strings.Contains(err.Error(), fmt.Sprint(status)) {
				t.Errorf("%s, %d: a usual call was sent %d times: %v", service, status, hits.Load()-2, err)
			}
		}
	}
}
