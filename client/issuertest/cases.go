package issuertest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"detent/apikey"
)

// now is the time of every test, and of every service in one.
var now = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// script is an issuer's file of cases, read.
type script struct {
	path   string
	head   map[string]string
	cases  []*sample
	proven string
	token  string // detent's own credential, as this issuer's look
	secret string // that of a key of the issuer's
	sent   sending
	tried  sending // how a key's secret is sent when it is tried
}

// sending is how a secret is sent: "Authorization: Bearer {}", or "signed NAME" where requests are signed by it.
type sending string

// signer is the one by which requests are signed; empty where they are not.
func (s sending) signer() string {
	name, signed := strings.CutPrefix(string(s), "signed ")
	if !signed {
		return ""
	}
	return name
}

// header is the name of the header, and what it holds for this secret.
func (s sending) header(secret string) (name, value string) {
	if s.signer() != "" {
		return "Authorization", "" // it is checked by isBy
	}
	name, value, _ = strings.Cut(string(s), ": ")
	return name, strings.ReplaceAll(value, "{}", secret)
}

// sample is one case: what is done, the requests that it takes with their answers, and what comes of it.
type sample struct {
	name      string // "create: another expiry is said"
	do        string // "create"
	set       map[string]string
	args      args
	exchanges []exchange
	varied    int      // the one that the suite varies: the last, unless one is marked
	marked    bool     // that it is not the last
	want      []string // the keys, the key, or what was found out, as describe writes it
	secret    string
	notes     []string
	kind      string // of the error, where one is wanted
	in        string // what the error or its hint says
}

// args are what an operation is done with.
type args struct {
	ID           string                     `json:"id"`
	Name         *string                    `json:"name"`
	Role         *string                    `json:"role"`
	Enabled      *bool                      `json:"enabled"`
	Type         string                     `json:"type"`
	Environment  apikey.Environment         `json:"environment"`
	Permissions  []apikey.Permission        `json:"permissions"`
	Restrictions apikey.Restrictions        `json:"restrictions"`
	Extra        map[string]json.RawMessage `json:"extra"`
	Lifetime     string                     `json:"lifetime"` // "720h"; absent is for ever
	Secret       string                     `json:"secret"`
	Call         string                     `json:"call"`
	Project      string                     `json:"project"`
	Parent       string                     `json:"parent"`
	TTL          int64                      `json:"ttl"`
	Overlap      string                     `json:"overlap"` // "1h"; absent is at once
	Once         string                     `json:"once"`
	Ends         time.Time                  `json:"ends"` // of the former key, before it was rolled
}

func (a args) draft(t *testing.T) apikey.Draft {
	d := apikey.Draft{Type: a.Type, Environment: a.Environment, Permissions: a.Permissions, Restrictions: a.Restrictions, Extra: a.Extra}
	if a.Name != nil {
		d.Name = *a.Name
	}
	if a.Role != nil {
		d.Role = *a.Role
	}
	if a.Lifetime != "" {
		life, err := time.ParseDuration(a.Lifetime)
		if err != nil {
			t.Fatalf("lifetime: %v", err)
		}
		d.Expiry = apikey.Expiry{After: life}
	}
	return d
}

// exchange is one request as it must be made, and its answer.
type exchange struct {
	request string // "GET /v1/api-keys?limit=2"
	bearer  string // empty is detent's own credential
	header  map[string]string
	body    string
	answer  reply
}

// reply is what a service answers.
type reply struct {
	status int
	header map[string]string
	body   string
	lost   bool // the request is read, and the connection dropped
	short  bool // more is announced than comes
}

// read reads a file of cases: txtar, as Run's comment says.
func read(t *testing.T, path string) *script {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &script{path: path, head: map[string]string{}}
	var now *sample
	in := &state{}
	for i, line := range strings.Split(string(raw), "\n") {
		if name, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(name, " --") {
			now = &sample{name: strings.TrimSuffix(name, " --"), set: map[string]string{}}
			now.do, _, _ = strings.Cut(now.name, ":")
			s.cases = append(s.cases, now)
			in = &state{}
			continue
		}
		if now == nil {
			if name, value, ok := strings.Cut(line, ": "); ok {
				s.head[name] = strings.TrimSpace(value)
			}
			continue
		}
		if err := now.line(line, in); err != nil {
			t.Fatalf("%s:%d: %v", path, i+1, err)
		}
	}
	s.proven, s.token, s.secret = s.head["proven"], s.head["token"], s.head["secret"]
	s.sent = sending(cmp.Or(s.head["sent"], "Authorization: Bearer {}"))
	s.tried = sending(cmp.Or(s.head["sent by a key"], string(s.sent)))
	return s
}

// state is where the reader of a case is.
type state struct {
	body *string // what lines without a mark are added to
}

// line reads one line of a case.
func (c *sample) line(line string, in *state) error {
	mark, rest, _ := strings.Cut(line, " ")
	last := len(c.exchanges) - 1
	name, value, isHeader := strings.Cut(rest, ": ")
	switch mark {
	case "#":
	case "set":
		for _, setting := range strings.Fields(rest) {
			name, value, _ := strings.Cut(setting, "=")
			c.set[name] = value
		}
	case "with":
		return json.Unmarshal([]byte(rest), &c.args)
	case ">", ">*":
		switch {
		case isHeader && last >= 0:
			c.exchanges[last].header[name] = value
		case strings.HasPrefix(rest, "as ") && last >= 0:
			c.exchanges[last].bearer = strings.TrimPrefix(rest, "as ")
		default:
			c.exchanges = append(c.exchanges, exchange{request: rest, header: map[string]string{}, answer: reply{status: 200, header: map[string]string{}}})
			in.body = &c.exchanges[last+1].body
			if !c.marked {
				c.varied, c.marked = last+1, mark == ">*"
			}
		}
	case "<":
		if last < 0 {
			return fmt.Errorf("an answer before any request")
		}
		a := &c.exchanges[last].answer
		in.body = &a.body
		switch {
		case rest == "lost":
			a.lost = true
		case isHeader:
			a.header[name] = value
		default:
			n, err := strconv.Atoi(rest)
			a.status = n
			return err
		}
	case "=":
		c.want = append(c.want, rest)
	case "secret":
		c.secret = rest
	case "note":
		c.notes = append(c.notes, rest)
	case "!":
		c.kind, c.in, _ = strings.Cut(rest, ": ")
	default:
		if strings.TrimSpace(line) == "" {
			return nil
		}
		if in.body == nil {
			return fmt.Errorf("%q is no line of a case", line)
		}
		*in.body += line
	}
	return nil
}

// first is the first case of an operation, from which the suite makes its own; nil where the file has none.
func (s *script) first(do string) *sample {
	for _, c := range s.cases {
		if c.name == do {
			return c
		}
	}
	return nil
}
