//go:build unix

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/hinshun/vt10x"
	"golang.org/x/crypto/ssh"

	"detent/apikey"
	"detent/audit"
	"detent/client"
	"detent/config"
	"detent/desk"
	"detent/host"
	"detent/keyserver/wirename"
	"detent/paint"
	"detent/tui"
)

// house is a machine with profiles of one service, "w", the read-only "ro" and "spare", which orders on profiles are of, a server for its operators, and a count of what the
// service was asked to change.
type house struct {
	*sshHost
	service   client.Service
	server    *host.Host // of the guests who come by a command line
	accessLog *desk.AccessLog
	place     string // the destination that all profiles name
	url       string // of the service
	token     string
	parts     []string // of the configuration, as it was before an order on a profile
	made      int

	mu   sync.Mutex
	at   time.Time
	sent []string
	seen uint64 // the last record that was looked at
}

// who acts, and on which profile; without a role it is the user of the machine.
type who struct {
	name    string
	role    config.Role
	profile string
}

func newHouse(t *testing.T, w who) *house {
	t.Helper()
	r := newRemote(t)
	h := &house{sshHost: &sshHost{machine: newMachine(t, "DETENT_LINE_RATE=0"), keys: map[string]ssh.Signer{}}, at: time.Now()}
	h.now = h.clock
	r.fault = h.count
	h.place = filepath.Join(h.home, "app.key")
	token := h.write("token", r.tokens[wirename.Vertesia])
	if err := os.Chmod(token, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct{ name, more string }{{"w", ""}, {"ro", "read_only = true\n"}, {"spare", ""}} {
		h.parts = append(h.parts, fmt.Sprintf("[profiles.%s]\nservice = \"vertesia\"\nurl = %q\ntoken = { file = %q }\n%s[profiles.%s.deliver.app]\nkeys = [\"*\"]\nfile = %q\n", p.name, r.url, token, p.more, p.name, h.place))
	}
	if w.role != "" {
		h.parts = append(h.parts, h.operator(w.name, string(w.role), w.profile, "spare"))
	}
	h.configure(h.parts...)
	h.url, h.token = r.url, r.tokens[wirename.Vertesia]
	s, err := client.Open(client.Options{Service: wirename.Vertesia, URL: r.url, Token: apikey.NewSecret(r.tokens[wirename.Vertesia])})
	if err != nil {
		t.Fatal(err)
	}
	h.service = s
	h.server = host.New(host.Options{Env: config.NewEnv(h.environ), Now: h.clock, Zone: time.UTC, Err: io.Discard, Say: func(string, ...any) {}})
	t.Cleanup(h.server.Close)
	if h.accessLog, err = h.server.Ledger().AccessLog(); err != nil {
		t.Fatal(err)
	}
	if w.role != "" {
		h.listen()
	}
	return h
}

// clock goes on with each key that is pressed: a guard of a confirmation is waited for by nobody.
func (h *house) clock() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.at }

func (h *house) pass(d time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.at = h.at.Add(d) }

// count notes what may change something: a public key is requested by a GET.
func (h *house) count(_ http.ResponseWriter, req *http.Request, _ http.Handler) bool {
	if public := strings.HasSuffix(req.URL.Path, "/pk"); req.Method != http.MethodGet || public || req.URL.Query().Has("withValue") {
		h.mu.Lock()
		defer h.mu.Unlock()
		path := strings.TrimPrefix(req.URL.Path, "/api/v1/apikeys")
		if strings.HasPrefix(path, "/") && !public {
			path = "/ID"
		}
		h.sent = append(h.sent, strings.TrimSpace(req.Method+" "+path))
	}
	return false
}

func (h *house) calls() []string { h.mu.Lock(); defer h.mu.Unlock(); return slices.Clone(h.sent) }

// subject is the key that an order is of.
type subject struct{ id, name, secret, rotation, url string }

// key makes one behind everybody's back.
func (h *house) key(order string, off bool) subject {
	h.t.Helper()
	h.made++
	k := subject{name: fmt.Sprintf("%s-%03d", order, h.made)}
	made, err := h.service.Create(h.t.Context(), apikey.Draft{Name: k.name, Role: "reader", Type: apikey.SecretKey})
	if err == nil && off {
		_, err = h.service.Update(h.t.Context(), made.Key.ID, apikey.Patch{Enabled: new(bool)})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	k.id, k.secret = made.Key.ID, made.Secret.Reveal()
	return k
}

// begin forgets what was sent and recorded so far.
func (h *house) begin() {
	h.records()
	h.mu.Lock()
	h.sent = nil
	h.mu.Unlock()
}

// records are those that are new, but for who came and went and, unless they are asked for, where a secret went: a begin with its end is one.
func (h *house) records(also ...string) []audit.Record {
	h.t.Helper()
	out, last := h.look(also)
	h.seen = last
	return out
}

func (h *house) look(also []string) (out []audit.Record, last uint64) {
	h.t.Helper()
	begun := map[uint64]audit.Record{}
	last = h.seen
	_, err := audit.Read(filepath.Join(h.home, ".local/state/detent"), nil, nil, func(r audit.Record) {
		if r.Kind == audit.Begin {
			begun[r.Seq] = r
		}
		last = max(last, r.Seq)
		if r.Seq <= h.seen || r.Kind == audit.Begin || !slices.Contains(also, r.Action) && slices.Contains([]string{"login", "logout", "print", "reveal", "deliver", "stage", "said", "undeliver"}, r.Action) {
			return
		}
		out = append(out, r)
	})
	if err != nil && !os.IsNotExist(err) {
		h.t.Fatal(err)
	}
	return out, last
}

// what no two orders have alike
var aJob, aToken = regexp.MustCompile(`create-\w{10}`), regexp.MustCompile(`file \S+\.token`)
var aTime, ofItself, aMark = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), regexp.MustCompile(`"(project|masked)":"[^"]+"`), regexp.MustCompile(`~r\w+`)

// inWords is a record, without what no two orders have alike.
func inWords(r audit.Record, k subject) string {
	words := []string{r.Action, string(r.Result)}
	if r.Certain != nil && *r.Certain {
		words = append(words, "certain")
	}
	if r.KeyName != "" {
		words = append(words, "of "+r.KeyName)
	}
	if r.KeyID == k.id && k.id != "" {
		words = append(words, "(ID)")
	}
	for _, f := range []struct {
		title  string
		fields audit.Fields
	}{{"granted", r.Granted}, {"before", r.Before}, {"after", r.After}} {
		if len(f.fields) > 0 {
			text, _ := json.Marshal(f.fields)
			words = append(words, f.title+" "+string(text))
		}
	}
	for _, text := range []string{r.Reason, r.Detail} {
		if text != "" {
			words = append(words, "["+text+"]")
		}
	}
	text := aTime.ReplaceAllString(strings.Join(words, " "), "TIME")
	text = aMark.ReplaceAllString(ofItself.ReplaceAllString(text, `"$1":"ITS"`), "~MARK")
	if k.rotation != "" {
		text = strings.ReplaceAll(text, k.rotation, "ROTATION")
	}
	if k.name != "" {
		text = strings.ReplaceAll(text, k.name, "NAME")
	}
	return text
}

// app is detent as somebody has it: an operator's command line as the server would run it, were it offered.
func (h *house) app(w who, out, errs io.Writer, stdin string) *app {
	a := newApp(World{In: strings.NewReader(stdin), Out: out, Err: errs, Environ: h.environ, Now: h.clock, Zone: time.UTC,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if w.role == "" {
		return a
	}
	cfg, err := h.server.Config()
	if err != nil {
		h.t.Fatal(err)
	}
	o := config.Operator{Name: w.name, Role: w.role, Profiles: []string{w.profile, "spare"}}
	a.guest = &host.Guest{Operator: o, From: "192.0.2.7:1", Server: h.server, Config: cfg.For(o), Changed: func() *config.Config { return nil }, FullConfig: func() *config.Config { return cfg },
		Save: func(change func(path string) error) error { return change(cfg.Path) },
		Refused: func(e desk.Entry, why string) {
			e.Actor, e.Detail = desk.Actor{Name: w.name, From: "192.0.2.7:1"}, "as "+string(w.role)
			if err := h.accessLog.Refused(e, why); err != nil {
				h.t.Error(err)
			}
		}}
	return a
}

func (h *house) command(w who, stdin string, args []string) result {
	var out, errs bytes.Buffer
	a := h.app(w, &out, &errs, stdin)
	defer a.close()
	ctx := h.t.Context()
	code := a.report(ctx, a.execute(ctx, append(slices.Clone(args), "-p", w.profile)))
	return result{out.String(), errs.String(), code}
}

// acts are the service as a rotation of somebody's has it.
func (h *house) acts(w who) (s client.Service, done func()) {
	h.t.Helper()
	a := h.app(w, io.Discard, io.Discard, "")
	root := a.root()
	if err := root.ParseFlags([]string{"-p", w.profile}); err != nil {
		h.t.Fatal(err)
	}
	a.begin()
	open, err := a.host.Open(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return open.Desk.Acts(), a.close
}

// screens are those of somebody: at the far end of a session of the server, or here.
func (h *house) screens(w who) (v *screen, leave func()) {
	h.t.Helper()
	if w.role != "" {
		c := h.login(w.name)
		v = openScreen(h.t, c, "xterm", 120, 40)
	} else {
		v = h.here(w)
	}
	v.wait("keys")
	return v, func() {
		v.press("\x03") // which ends it whatever came in the same read
		if err := v.end(); err != nil {
			h.t.Errorf("the screens of %s: %v\n%s\n%s", w.name, err, v.term.String(), h.err.String())
		}
	}
}

// line is a terminal in memory.
type line struct {
	io.Reader
	io.Writer
}

func (h *house) here(w who) *screen {
	h.t.Helper()
	typed, in := io.Pipe()
	v := &screen{t: h.t, in: in, term: vt10x.New(vt10x.WithSize(120, 40)), over: make(chan error, 1)}
	a := h.app(w, io.Discard, io.Discard, "")
	root := a.root()
	if err := root.ParseFlags([]string{"-p", w.profile}); err != nil {
		h.t.Fatal(err)
	}
	a.begin()
	start, forced, err := a.host.Start()
	if err != nil {
		h.t.Fatal(err)
	}
	sc := paint.NewOnStream(paint.NewStream(line{typed, v}, 120, 40), paint.Options{})
	screens := a.host.Screens(sc.Writer())
	o := screens.Options(start)
	o.ReadOnly, o.Renderer = forced, lipgloss.NewRenderer(io.Discard)
	ended := make(chan struct{})
	o.After = func(d time.Duration, msg tea.Msg) tea.Cmd { // Bubble Tea's own waits on when the program is over
		return func() tea.Msg {
			select {
			case <-time.After(d):
				return msg
			case <-ended:
				return nil
			}
		}
	}
	model := tui.New(o)
	go func() {
		_, err := sc.Run(model)
		close(ended)
		screens.Abandon(model)
		screens.GiveUp()
		a.close()
		_ = typed.Close()
		v.over <- err
	}()
	return v
}
