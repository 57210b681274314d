package issuertest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"detent/client"
)

// reads asks of the list what holds for every read.
func (u *suite) reads(t *testing.T) {
	c := u.need(t, "list")
	body := c.exchanges[len(c.exchanges)-1].answer.body
	id, name := u.shown(t, c)
	id = u.raw(body, id)
	changed := func(change func(map[string]any)) func(int, reply) reply {
		return func(_ int, usual reply) reply { return usual.with(row(t, usual.body, change, id, name)) }
	}
	variants := []variant{
		{name: "as it is", alter: always(c.exchanges[len(c.exchanges)-1].answer), hits: 1},
		{name: "unknown members are passed over", alter: changed(func(r map[string]any) { r["zzz_unknown"] = []any{map[string]any{"deep": []any{1, nil}}} }), hits: 1},
		{name: "tried again after 503", alter: once(of(503, `{}`)), hits: 2},
		{name: "tried again after 408", alter: once(of(408, ``)), hits: 2},
		{name: "tried again after 429, waiting for seconds", alter: once(of(429, `{}`, "Retry-After", "1")), hits: 2},
		{name: "tried again after 429, waiting for a date", alter: once(of(429, ``, "Retry-After", now.Add(time.Second).Format(http.TimeFormat))), hits: 2},
		{name: "tried again after 429, told as what is left", alter: once(of(429, ``, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1")), hits: 2},
		{name: "tried again after a lost answer", alter: once(reply{lost: true}), hits: 2},
		{name: "tried again after an answer that is announced longer", alter: once(reply{status: 200, body: body[:len(body)/2], short: true}), hits: 2},
		{name: "tried again after an answer that breaks off", alter: once(of(200, body[:len(body)/2])), hits: 2},
		{name: "given up after four", alter: always(of(502, ``)), kind: client.Unavailable, in: "502", hits: 4},
		{name: "500 is not tried again", alter: always(of(500, `{"message":"boom"}`)), kind: client.Unavailable, in: "500", hits: 1},
		{name: "wrong token", alter: always(of(401, `{"error":"Invalid key"}`)), kind: client.Unauthorized, in: "revoked", hits: 1},
		{name: "a conflict is in its words", alter: always(of(409, "\ufeff"+`{"error":{"message":"in the middle of a move","code":409}}`)), kind: client.Conflict, in: "in the middle of a move", hits: 1},
		{name: "web page", alter: always(of(200, webPage, "Content-Type", "text/html")), kind: client.BadAnswer, in: "web page", hits: 1},
		{name: "web page called JSON", alter: always(of(200, webPage)), kind: client.BadAnswer, hits: 1},
		{name: "a captive portal's JSON is no list", alter: always(of(200, portal)), kind: client.BadAnswer, hits: 1},
		{name: "nested too deeply", alter: changed(func(r map[string]any) {
			r["name"] = json.RawMessage(strings.Repeat("[", 70) + strings.Repeat("]", 70))
		}), kind: client.BadAnswer, in: "64 deep", hits: 1},
		{name: "a row without an id", alter: changed(func(r map[string]any) {
			for member, value := range r {
				if holds(value, id) {
					r[member] = nil
				}
			}
		}), kind: client.BadAnswer, in: "no id", hits: 1},
		{name: "an answer that goes on after its end", alter: always(of(200, body+`[]`)), kind: client.BadAnswer, in: "goes on", hits: 1},
		{name: "a text is no list", alter: always(of(200, `"none"`)), kind: client.BadAnswer, in: "no list", hits: 1},
		{name: "an empty answer is no list", alter: always(of(200, ``)), kind: client.BadAnswer, in: "empty", hits: 1},
		{name: "redirected elsewhere", alter: always(of(302, ``, "Location", "https://evil.example/steal?key=1")), kind: client.BadAnswer, in: "https://evil.example/steal,", hits: 1},
		{name: "redirected to another scheme", alter: always(of(307, ``, "Location", "ftp://127.0.0.1/x")), kind: client.BadAnswer, in: "redirected to ftp", hits: 1},
		{name: "redirected within the origin", alter: once(of(307, ``, "Location", "/elsewhere")), hits: 2},
	}
	for name, r := range disguises(c.exchanges[len(c.exchanges)-1].answer) {
		variants = append(variants, variant{name: name, alter: always(r), hits: 1})
	}
	u.play(t, c, variants)
	u.empty(t, c)
	u.names(t, c, id, name)
	u.cuts(t, c)
	u.waits(t, c)
}

// shown is the id and the name of the first key of a case.
func (u *suite) shown(t *testing.T, c *sample) (id, name string) {
	t.Helper()
	r, err := u.do(t.Context(), t, u.open(t, c, c.strict(t, u.script).URL), c)
	if err != nil || r.first == nil || r.first.ID == "" || r.first.Name == "" {
		t.Fatalf("the case %q shows no key with an id and a name: %v", c.name, err)
	}
	return r.first.ID, r.first.Name
}

// empty lists are empty in every spelling, and nothing else is.
func (u *suite) empty(t *testing.T, c *sample) {
	none := *c
	none.want = []string{"none"}
	var variants []variant
	bodies := []string{`null`, `[]`, ` [ ] `, `{}`, "\ufeff[]", `{"total":0}`}
	if member := listMember(c.exchanges[len(c.exchanges)-1].answer.body); member != "" {
		bodies = append(bodies, fmt.Sprintf(`{%q:null}`, member), fmt.Sprintf(`{%q:[],"errors":[]}`, member))
	}
	for _, body := range bodies {
		variants = append(variants, variant{name: "no keys as " + body, alter: always(of(200, body))})
	}
	u.play(t, &none, append(variants, variant{name: "no keys as 204", alter: always(of(204, ""))}))
	variants = nil
	for _, body := range []string{`7`, `""`, `false`, `{"status":"ok"}`, `{"total":3}`, `nul`, `nullnull`} {
		variants = append(variants, variant{name: "no list as " + body, alter: always(of(200, body)), kind: client.BadAnswer})
	}
	u.play(t, &none, append(variants, variant{name: "no list, but an error", alter: always(of(200, `{"data":null,"error":"down"}`)), kind: client.Invalid, in: "down"}))
}

// listMember is the member of an answer under which its list of objects is; empty for a bare one.
func listMember(body string) string {
	var members map[string]json.RawMessage
	_ = json.Unmarshal([]byte(body), &members)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var rows []map[string]any
		if json.Unmarshal(members[name], &rows) == nil && len(rows) > 0 {
			return name
		}
	}
	return ""
}

// names hold that a text of the service does nothing to a terminal, and is otherwise as it came.
func (u *suite) names(t *testing.T, c *sample, id, name string) {
	for what, text := range map[string][2]string{
		"escape sequences":        {`"a\u001b[2Jb\u001b]52;c;AAAA\u0007c\u202ed\u200b\u0000e\u009b31mf\ng"`, "abcdef g"},
		"invalid UTF-8":           {"\"a\xff\xfeb\"", "a\ufffd\ufffdb"},
		"wide and right-to-left":  {`"日本 שלום é"`, "日本 שלום é"},
		"a pair of surrogates":    {`"\ud83d\ude00"`, "😀"},
		"a number is its digits":  {`7`, "7"},
		"a name that is no text":  {`{"a":1}`, ""},
		"an empty one":            {`""`, ""},
		"a line of a log, forged": {`"a\n2026-11-23 ok"`, "a 2026-11-23 ok"},
	} {
		u.made++
		t.Run("a name with "+what, func(t *testing.T) {
			at := c.altered(t, func(_ int, usual reply) reply {
				marked := row(t, usual.body, func(r map[string]any) {
					for member, value := range r {
						if value == name {
							r[member] = "@@NAME@@"
						}
					}
				}, id, name)
				return usual.with(strings.ReplaceAll(marked, `"@@NAME@@"`, text[0]))
			})
			r, err := u.do(t.Context(), t, u.open(t, c, at.URL), c)
			if err != nil || r.first == nil || r.first.Name != text[1] {
				t.Errorf("%+v, %v; want the name %q", r.keys, err, text[1])
			}
		})
	}
}

// cuts hold that a list that was cut anywhere is never taken for a whole one.
func (u *suite) cuts(t *testing.T, c *sample) {
	body := c.exchanges[len(c.exchanges)-1].answer.body
	for _, announced := range []bool{false, true} {
		for cut := 1; cut < len(strings.TrimRight(body, " \n")); cut += 1 + len(body)/40 {
			u.made++
			at := c.altered(t, always(reply{status: 200, body: body[:cut], short: announced}))
			if r, err := u.do(t.Context(), t, u.open(t, c, at.URL), c); err == nil {
				t.Errorf("%s is taken for a list of %s", body[:cut], r.keys)
			}
		}
	}
}

// waits hold that a list ends when it is given up, and does not wait where nothing may lie between.
func (u *suite) waits(t *testing.T, c *sample) {
	u.made += 3
	t.Run("given up before it began", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := u.do(ctx, t, u.open(t, c, c.altered(t, always(of(200, `[]`))).URL), c)
		failedAs(t, err, client.Canceled, "")
	})
	t.Run("sent once where nothing may lie between", func(t *testing.T) {
		at := c.altered(t, always(of(503, ``)))
		_, err := u.do(client.AtOnce(t.Context()), t, u.open(t, c, at.URL), c)
		failedAs(t, err, client.Unavailable, "503")
		if n := len(at.requests()); n != len(c.exchanges) {
			t.Errorf("%d requests", n)
		}
	})
	t.Run("without an answer it ends in its time", func(t *testing.T) {
		over := make(chan struct{})
		at := c.altered(t, func(int, reply) reply { <-over; return of(200, `[]`) })
		t.Cleanup(func() { close(over) }) // before the listener is closed, which waits for its answers
		_, err := u.do(t.Context(), t, u.open(t, c, at.URL, func(o *client.Options) { o.Timeout = 50 * time.Millisecond }), c)
		failedAs(t, err, client.Timeout, "50ms")
	})
}

// pages asks of an issuer that has a case of several pages that none is lost, none counted twice, and all come to an end.
func (u *suite) pages(t *testing.T) {
	var c *sample
	for _, has := range u.script.cases {
		if strings.HasPrefix(has.name, "list: pages") {
			c = has
		}
	}
	if c == nil {
		t.Skipf("%s has no case %q", u.path, "list: pages")
	}
	for lost := range c.exchanges {
		for name, bad := range map[string]reply{"lost": {lost: true}, "503": of(503, ``), "cut": {status: 200, body: "{", short: true}} {
			u.made++
			failed := false
			at := serve(t, func(_ int, r seen) reply {
				for i, e := range c.exchanges {
					if e.request == r.method+" "+r.uri {
						if i == lost && !failed {
							failed = true
							return bad
						}
						return e.answer
					}
				}
				return of(400, `{}`)
			})
			r, err := u.do(t.Context(), t, u.open(t, c, at.URL), c)
			if err != nil || !slices.Equal(r.keys, c.want) {
				t.Errorf("page %d is %s: %v, %s", lost+1, name, err, r.keys)
			}
		}
	}
	for _, again := range c.exchanges[:len(c.exchanges)-1] { // every further page is this one: it goes in a circle
		u.made++
		at := serve(t, func(n int, _ seen) reply {
			if n < len(c.exchanges) {
				return c.exchanges[n].answer
			}
			return again.answer
		})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r, err := u.do(ctx, t, u.open(t, c, at.URL), c)
		if err == nil && !slices.Equal(r.keys, c.want) {
			t.Errorf("pages that run in a circle: %s", r.keys)
		}
	}
	u.made++
	at := serve(t, func(n int, _ seen) reply {
		if n < len(c.exchanges)-1 {
			return c.exchanges[n].answer
		}
		return of(500, ``)
	})
	if r, err := u.do(t.Context(), t, u.open(t, c, at.URL), c); err == nil {
		t.Errorf("a list without its last page is taken for a whole one: %s", r.keys)
	}
}
