package keyserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"detent/apikey"
	"detent/keyserver/wirename"
)

func TestGenericListIsWholeWithoutALimitAndPagedWithOne(t *testing.T) {
	onEachStore(t, testGenericListIsWholeWithoutALimitAndPagedWithOne)
}

func testGenericListIsWholeWithoutALimitAndPagedWithOne(t *testing.T, open opener) {
	b := open(t)
	if err := b.FillDemo(t.Context(), 1234, wirename.Generic); err != nil {
		t.Fatal(err)
	}
	for _, env := range []apikey.Environment{apikey.Live, apikey.Test, ""} {
		token := b.session(wirename.Generic, env)
		whole := b.want(200, token, "GET", "/v1/api-keys", nil)
		if whole.at("has_more") != false || whole.at("next_cursor") != nil {
			t.Errorf("%q: a whole list says that there is more", env)
		}
		var all []string
		for _, row := range whole.list("data") {
			key := row.(map[string]any)
			all = append(all, key["id"].(string))
			if env != "" && (key["environment"] != string(env) || key["prefix"] != "sk_"+string(env)+"_") {
				t.Fatalf("%q sees %v", env, key)
			}
		}
		for _, limit := range []int{1, 7, 500, 1000, 99999} {
			if limit == 1 && len(all) > 300 {
				continue
			}
			var paged []string
			for cursor, pages := "", 0; ; pages++ {
				path := fmt.Sprintf("/v1/api-keys?limit=%d", limit)
				if cursor != "" {
					path += "&cursor=" + cursor
				}
				page := b.want(200, token, "GET", path, nil)
				rows := page.list("data")
				if len(rows) > limit || len(rows) > maxPage || len(rows) == 0 {
					t.Fatalf("a page of %d with limit %d", len(rows), limit)
				}
				for _, row := range rows {
					paged = append(paged, row.(map[string]any)["id"].(string))
				}
				cursor = page.text("next_cursor")
				if page.at("has_more") != (cursor != "") {
					t.Fatalf("has_more is %v with cursor %q", page.at("has_more"), cursor)
				}
				if cursor == "" {
					break
				}
			}
			if !slices.Equal(paged, all) {
				t.Errorf("%q, limit %d: %d keys in pages, %d in one", env, limit, len(paged), len(all))
			}
		}
	}
}

func TestLastPageThatIsFullSaysThatThereIsNoMore(t *testing.T) {
	onEachStore(t, testLastPageThatIsFullSaysThatThereIsNoMore)
}

func testLastPageThatIsFullSaysThatThereIsNoMore(t *testing.T, open opener) {
	b := open(t)
	if err := b.FillDemo(t.Context(), pageSize); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{pageSize, pageSize / 2} {
		page := b.want(200, b.session(wirename.Generic, ""), "GET", fmt.Sprintf("/v1/api-keys?limit=%d", limit), nil)
		if more := limit < pageSize; len(page.list("data")) != limit || page.at("has_more") != more {
			t.Errorf("limit %d: %d keys, has_more %v", limit, len(page.list("data")), page.at("has_more"))
		}
	}
	for _, n := range []string{"POST /api-keys/get", "GET /api/v1/apikeys"} {
		method, path, _ := strings.Cut(n, " ")
		service := map[string]string{"POST": wirename.Prosopo, "GET": wirename.Vertesia}[method]
		if got := len(b.want(200, b.session(service, ""), method, path, nil).list("")); got != pageSize {
			t.Errorf("%s: %d keys, want %d", n, got, pageSize)
		}
	}
}

// TestListOfManyKeysIsNotHeldInMemory bounds what a list of 25,000 keys (9 MB) may keep alive.
func TestListOfManyKeysIsNotHeldInMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	s, _ := bare(t)
	if err := s.FillDemo(t.Context(), 25_000); err != nil {
		t.Fatal(err)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var peak, sent int64
	w := &probe{discard: discard{header: http.Header{}}, each: func(n int) {
		if sent += int64(n); sent%8 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak = max(peak, int64(now.HeapAlloc)-int64(before.HeapAlloc))
		}
	}}
	s.Handler().ServeHTTP(w, request("GET", "/api/v1/apikeys", s.SessionToken(wirename.Vertesia, "").Reveal()))
	if sent < 8<<20 || peak > 4<<20 {
		t.Errorf("%d bytes were sent, %d were alive at most", sent, peak)
	}
}

type probe struct {
	discard
	each func(int)
}

func (p *probe) Write(b []byte) (int, error) { p.each(len(b)); return p.discard.Write(b) }

func TestDemoShowsEachThingWorthSeeing(t *testing.T) {
	onEachStore(t, testDemoShowsEachThingWorthSeeing)
}

func testDemoShowsEachThingWorthSeeing(t *testing.T, open opener) {
	b := open(t)
	if err := b.FillDemo(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	now := b.clock.now().Format(wireTime)
	lists := map[string][]any{
		wirename.Prosopo:  b.want(200, b.session(wirename.Prosopo, ""), "POST", "/api-keys/get", "{}").list(""),
		wirename.Vertesia: b.want(200, b.session(wirename.Vertesia, ""), "GET", "/api/v1/apikeys", nil).list(""),
		wirename.Generic:  b.want(200, b.session(wirename.Generic, ""), "GET", "/v1/api-keys", nil).list("data"),
	}
	seen := map[string]bool{}
	names := map[string]int{}
	for service, list := range lists {
		if len(list) < 14 || len(list) > 20 {
			t.Errorf("%s: %d keys", service, len(list))
		}
		for _, row := range list {
			k := row.(map[string]any)
			names[service+k["name"].(string)]++
			for _, field := range []string{"expires_at", "expiresAt"} {
				if at, ok := k[field].(string); ok {
					seen[service+" expiring"] = seen[service+" expiring"] || at > now
					seen[service+" expired"] = seen[service+" expired"] || at <= now
				}
			}
			for field, is := range map[string]func(any) bool{
				"last_used": func(v any) bool { return v == nil }, "enabled": func(v any) bool { return v == false },
				"type": func(v any) bool { return v == "pk" }, "environment": func(v any) bool { return v == "test" },
				"permissions": func(v any) bool { raw, _ := json.Marshal(v); return strings.Contains(string(raw), "createApiKey") },
			} {
				if v, ok := k[field]; ok && is(v) {
					seen[service+" "+field] = true
				}
			}
		}
	}
	for _, want := range []string{"prosopo expiring", "prosopo expired", "prosopo permissions", "vertesia expiring", "vertesia enabled", "vertesia type",
		"generic expiring", "generic expired", "generic last_used", "generic environment"} {
		if !seen[want] {
			t.Errorf("the demo has nothing for %q", want)
		}
	}
	for service := range lists {
		twice := false
		for name, n := range names {
			twice = twice || strings.HasPrefix(name, service) && n > 1
		}
		if !twice {
			t.Errorf("the demo has no duplicate name in %s", service)
		}
	}
}

func TestDemoOfANumberHasThatManyInEachContract(t *testing.T) {
	for _, n := range []int{1, 3, 2000} {
		s, _ := bare(t)
		if err := s.FillDemo(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
			var got int
			if err := s.store.Reader.QueryRow(`SELECT COUNT(*) FROM keys WHERE service = $1`, service).Scan(&got); err != nil || got != n {
				t.Errorf("%s: %d keys (%v), want %d", service, got, err, n)
			}
		}
	}
}

func TestMintedAdministratorsWorkAndAreCounted(t *testing.T) {
	onEachStore(t, testMintedAdministratorsWorkAndAreCounted)
}

func testMintedAdministratorsWorkAndAreCounted(t *testing.T, open opener) {
	b := open(t)
	ctx := context.Background()
	has := func(want bool) {
		t.Helper()
		if got, err := b.HasAdmins(ctx); err != nil || got != want {
			t.Fatalf("HasAdmins is %v (%v), want %v", got, err, want)
		}
	}
	has(false)
	for _, bad := range []sessionKind{{"", ""}, {"other", ""}, {wirename.Generic, ""}, {wirename.Generic, apikey.Dev}} {
		if _, err := b.MintAdmin(ctx, bad.service, bad.env); err == nil {
			t.Errorf("%v was minted", bad)
		}
	}
	if !b.SessionToken("other", "").IsZero() || !b.SessionToken(wirename.Generic, apikey.Dev).IsZero() {
		t.Error("a session of a service that is not there")
	}
	for _, c := range []struct {
		service      string
		env          apikey.Environment
		method, path string
		body         any
		status       int
	}{
		{wirename.Prosopo, "", "POST", "/api-keys/create", `{"name":"k","permissions":["verify"]}`, 200},
		{wirename.Vertesia, "", "POST", "/api/v1/apikeys", `{"name":"k","role":"admin"}`, 200},
		{wirename.Generic, apikey.Test, "POST", "/v1/api-keys", `{"name":"k","environment":"test"}`, 201},
		{wirename.Generic, apikey.Live, "POST", "/v1/api-keys", `{"name":"k","environment":"live"}`, 201},
	} {
		has(false)
		secret, err := b.MintAdmin(ctx, c.service, c.env)
		if err != nil {
			t.Fatal(err)
		}
		b.want(c.status, secret.Reveal(), c.method, c.path, c.body)
	}
	has(true)
}

// BenchmarkOpen is what a start waits for, with a store of that many keys in each contract.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{0, 1000, 10_000, 100_000} {
		path := filepath.Join(b.TempDir(), "keys.db")
		s, err := Open(context.Background(), Options{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		if n > 0 {
			if err := s.FillDemo(context.Background(), n); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				s, err := Open(context.Background(), Options{Path: path})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// wireTime is how the contracts write a time.
const wireTime = "2006-01-02T15:04:05.000Z"
