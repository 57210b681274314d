package keyserver

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"testing"

	"detent/apikey"
	"detent/keyserver/contract"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

// hostileKeys are as large as a create lets them be.
func hostileKeys(t *testing.T, b *bench, n int) {
	t.Helper()
	body := jsonOf(map[string]any{"name": "hostile", "environment": "test", "restrictions": map[string]any{
		"referrers": repeated(referrer(contract.MaxEntry), contract.MaxEntries), "endpoints": repeated("/v1/users", contract.MaxEntries), "ip_addresses": repeated("127.0.0.1", contract.MaxEntries)}})
	maker := b.generic(b.session(wirename.Generic, apikey.Test), "maker", "test").text("data.key")
	for range n {
		b.want(201, maker, "POST", "/v1/api-keys", body)
	}
}

func TestAPageHasABoundInBytes(t *testing.T) {
	b := open(t)
	const keys = 50
	hostileKeys(t, b, keys)
	token := b.session(wirename.Generic, apikey.Test)
	got, pages := 0, 0
	for path := "/v1/api-keys?limit=1000"; path != ""; pages++ {
		a := b.want(200, token, "GET", path, nil)
		if len(a.raw) > answerBytes+200 {
			t.Errorf("page %d has %d bytes", pages, len(a.raw))
		}
		rows := len(a.list("data"))
		if rows == 0 {
			t.Fatal("a page without a key, and more to come")
		}
		got += rows
		path = ""
		if a.at("has_more") == true {
			path = "/v1/api-keys?limit=1000&cursor=" + a.text("next_cursor")
		}
	}
	if got != keys+1 || pages < 3 {
		t.Errorf("%d keys on %d pages, want %d", got, pages, keys+1)
	}
	whole := b.want(200, token, "GET", "/v1/api-keys", nil)
	if len(whole.list("data")) != keys+1 || whole.at("has_more") != false {
		t.Errorf("the whole list has %d keys, has_more %v", len(whole.list("data")), whole.at("has_more"))
	}
	first := b.want(200, token, "GET", "/v1/api-keys?limit=1", nil)
	if len(first.list("data")) != 1 {
		t.Error("one key that is larger than others is no page")
	}
}

// TestHostileKeysCostNoMoreThanTheirPages is 150 keys as large as they can be, and six who read them at once.
func TestHostileKeysCostNoMoreThanTheirPages(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 30 MB")
	}
	b := open(t)
	hostileKeys(t, b, 150)
	token := b.session(wirename.Generic, apikey.Test)
	const readers, most = 6, 64 << 20
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	turn := make(chan int64)
	for range readers {
		go func() {
			sent := int64(0)
			w := &probe{discard: discard{header: http.Header{}}, each: func(n int) { sent += int64(n); turn <- 0 }}
			b.Handler().ServeHTTP(w, request("GET", "/v1/api-keys", token))
			turn <- sent
		}()
	}
	var peak int64
	for done, looks := 0, 0; done < readers; looks++ {
		if sent := <-turn; sent > 0 {
			if done++; sent < 30e6 {
				t.Errorf("a reader was sent %d bytes", sent)
			}
		}
		if looks%20 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak = max(peak, int64(now.HeapAlloc)-int64(before.HeapAlloc))
		}
	}
	if peak > most {
		t.Errorf("%d MiB were alive", peak>>20)
	}
	t.Logf("%d readers of 150 hostile keys: %d MiB alive at most", readers, peak>>20)
}

func TestAListThatIsLargerThanAnAnswerMayBeNamesTheNextPage(t *testing.T) {
	if testing.Short() {
		t.Skip("fills 70 MB")
	}
	b := open(t)
	const keys = 350
	large := jsonOf(map[string]any{"ip_addresses": []string{}, "referrers": repeated(referrer(contract.MaxEntry), contract.MaxEntries), "endpoints": []string{}})
	err := b.store.Load(context.Background(), func(ctx context.Context, tx store.Tx) error {
		for i := range keys {
			k := store.Key{Service: wirename.Generic, Environment: apikey.Live, Name: fmt.Sprint(i), Restrictions: large, Enabled: true, CreatedAt: int64(i + 1)}
			if _, err := store.Insert(ctx, tx, b.random, &k, canMint(&k)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	token := b.session(wirename.Generic, apikey.Live)
	a := b.want(200, token, "GET", "/v1/api-keys", nil)
	n := len(a.list("data"))
	if len(a.raw) > wholeBytes+200 || n >= keys || a.at("has_more") != true {
		t.Fatalf("%d keys in %d bytes, has_more %v", n, len(a.raw), a.at("has_more"))
	}
	for a.at("has_more") == true {
		a = b.want(200, token, "GET", "/v1/api-keys?cursor="+a.text("next_cursor"), nil)
		n += len(a.list("data"))
	}
	if n != keys {
		t.Errorf("%d keys in all, want %d", n, keys)
	}
}
