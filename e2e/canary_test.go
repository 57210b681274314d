//go:build unix

package e2e

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"detent/keyserver/wirename"
)

// secretText is any secret of the three services.
var secretText = regexp.MustCompile(`(psp_|sk-|sk_live_)[A-Za-z0-9_-]{30,}`)

// canary is a rotation in which everything that could show a secret is kept: the wire's secrets
// are known, the children write down their arguments and their environment.
type canary struct {
	*play
	mu      sync.Mutex
	secrets map[string]string // by what it is
	said    strings.Builder
}

// dump is a child that writes down what it was started with, and takes its standard input.
const dump = `#!/bin/sh
tr '\0' '\n' < /proc/$$/cmdline > "%[1]s/cmdline.$$"
tr '\0' '\n' < /proc/$$/environ > "%[1]s/environ.$$"
tr '\0' '\n' < /proc/$PPID/cmdline > "%[1]s/parent.$$" 2>/dev/null
cat > "%[1]s/stdin.%[2]s"
`

func newCanary(t *testing.T, b *backend, token string) *canary {
	t.Helper()
	c := &canary{play: newPlay(t, b, plot{service: b.service, places: []string{"app", "command", "file"}}), secrets: map[string]string{}}
	c.debug = true
	c.secrets["old"], c.secrets["admin"] = c.oldSecret, c.admin
	for _, name := range []string{"put", "then"} {
		c.write("dump/"+name, fmt.Sprintf(dump, c.home.path("dump"), name))
		if err := os.Chmod(c.home.path("dump/"+name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	config := c.read(".config/detent/config.toml")
	config = regexp.MustCompile(`then = .*`).ReplaceAllString(config, `then = ["`+c.home.path("dump/then")+`", "restart"]`)
	c.write(".config/detent/config.toml", strings.Replace(config, `{ file = "~/token" }`, `{ env = "SHOP_ADMIN" }`, 1))
	c.home.env = append(c.home.env, token+"="+c.admin)
	if err := os.Remove(c.home.path("token")); err != nil {
		t.Fatal(err)
	}
	return c
}

// args deliver to the command that writes down what it sees.
func (c *canary) args() []string {
	args := c.rotateArgs()
	for i, a := range args {
		if strings.HasPrefix(a, "command:") {
			args[i] = "command:'" + c.home.path("dump/put") + "' --to store"
		}
	}
	return args
}

// listen learns every secret that the service gives away.
func (c *canary) listen() {
	c.proxy.when(func(int, *http.Request) *fault {
		return &fault{afterwards: true, act: func(w http.ResponseWriter, r *http.Request, a *http.Response, body []byte) {
			c.mu.Lock()
			for i, s := range secretText.FindAllString(string(body), -1) {
				c.secrets[fmt.Sprint("given by ", r.Method, " ", r.URL.Path, " ", i)] = s
			}
			c.mu.Unlock()
			reply(w, a, body)
		}}
	})
}

func (c *canary) hear(r result) result {
	c.said.WriteString(r.stdout + r.stderr)
	return r
}

// found lists the files that hold each secret, by path below the home.
func (c *canary) found() map[string][]string {
	c.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string][]string{}
	files := 0
	tmp := ""
	for _, v := range c.home.env {
		if dir, ok := strings.CutPrefix(v, "TMPDIR="); ok {
			tmp = dir
		}
	}
	for _, root := range []string{c.home.dir, tmp} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			b, err := os.ReadFile(path)
			for what, secret := range c.secrets {
				if strings.Contains(string(b), kernel(secret)) {
					rel, _ := filepath.Rel(root, path)
					out[what] = append(out[what], rel)
				}
			}
			return err
		})
		if err != nil {
			c.Fatal(err)
		}
	}
	if files < 5 {
		c.Fatalf("only %d files looked at", files)
	}
	for what, secret := range c.secrets {
		if strings.Contains(c.said.String(), kernel(secret)) {
			out[what] = append(out[what], "what detent printed")
		}
	}
	return out
}

// kernel is the part of a secret that no mask shows.
func kernel(secret string) string { return secret[len(secret)-24:] }

// assertOnlyIn: old and new lie in these files alone; the administrator nowhere.
func (c *canary) assertOnlyIn(where map[string][]string) {
	c.Helper()
	for what, places := range c.found() {
		allowed := where[strings.Fields(what)[0]]
	next:
		for _, place := range places {
			for _, ok := range allowed {
				if m, _ := filepath.Match(ok, place); m {
					continue next
				}
			}
			c.Errorf("the secret %q is in %s", what, place)
		}
	}
}

var destinations = []string{"app/.env", "app/secret", "dump/stdin.put"}

func TestSecretsOfACompleteRotationLieInTheDestinationsAlone(t *testing.T) {
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		for _, token := range []string{"SHOP_ADMIN", "DETENT_TOKEN"} {
			t.Run(service+" "+token, func(t *testing.T) {
				t.Parallel()
				c := newCanary(t, newBackend(t, service), token)
				c.listen()
				c.must(c.hear(c.spawn(nil, c.args()...)))
				for _, args := range [][]string{{"rotations"}, {"rotations", "-o", "json"}, {"list", "-o", "json"}, {"check", "--all"}} {
					c.hear(c.spawn(nil, append(args, "--debug", c.home.path("debug.log"))...))
				}
				if len(c.secrets) != 3 {
					t.Fatalf("%d secrets were met, want the old, the new and the administrator's", len(c.secrets))
				}
				c.assertOnlyIn(map[string][]string{"given": destinations})
				for _, place := range destinations {
					if !strings.Contains(c.read(place), c.envValue()) {
						t.Errorf("%s does not hold the new secret", place)
					}
				}
				children, err := filepath.Glob(c.home.path("dump/environ.*"))
				if err != nil || len(children) != 2 {
					t.Fatalf("the environment of %d children was seen, want 2", len(children))
				}
				for _, f := range children {
					b, err := os.ReadFile(f)
					if err != nil || !strings.Contains(string(b), "HOME="+c.home.dir) || strings.Contains(string(b), "DETENT_TOKEN") || strings.Contains(string(b), "SHOP_ADMIN") {
						t.Errorf("a child's environment: %v\n%s", err, b)
					}
				}
				if c.read("dump/stdin.then") != "" {
					t.Error("the command after the delivery was given something on its standard input")
				}
				if log := c.read("debug.log"); strings.Count(log, "\n") < 5 {
					t.Errorf("the debug log has nothing to look at:\n%s", log)
				}
			})
		}
	}
}

// TestSecretsOfAKilledRotationLieInTheDestinationsAndTheKeptCopy looks after each kill and after each end.
func TestSecretsOfAKilledRotationLieInTheDestinationsAndTheKeptCopy(t *testing.T) {
	b := newBackend(t, wirename.Vertesia)
	first := newCanary(t, b, "SHOP_ADMIN")
	first.must(first.spawn([]string{actorLog + "=" + first.home.path("points")}, first.args()...))
	points := strings.Split(strings.TrimSpace(first.read("points")), "\n")
	every := 5
	if testing.Short() {
		every = 25
	}
	copies := []string{"app/.env.detent-*", "app/secret.detent-*"}
	for n := 1; n <= len(points); n += every {
		t.Run(fmt.Sprintf("%03d %s", n, points[n-1]), func(t *testing.T) {
			t.Parallel()
			c := newCanary(t, b, "SHOP_ADMIN")
			c.listen()
			r := c.hear(c.spawn([]string{fmt.Sprint(actorDie, "=", n)}, c.args()...))
			if r.code != -1 {
				t.Fatalf("not killed: exit %d\n%s", r.code, r.stderr)
			}
			// What a kill inside of a replacement leaves has the name of the copy with .new.
			c.assertOnlyIn(map[string][]string{"old": append(copies, "app/.env", "app/secret"), "given": append(copies, destinations...)})
			id, back := c.open(), n%2 == 0
			if id == "" {
				return
			}
			c.hear(c.spawn(nil, "rotations", "-o", "json"))
			if back {
				// The command cannot be undone: a person has to say so. Going on is left.
				c.hear(c.spawn(nil, append([]string{"rotate", "--abort", id, "--yes"}, c.common()...)...))
			}
			// An undo that is half-way is for a person to finish or to turn round.
			if c.open() != "" && !slices.ContainsFunc(c.journals(), func(j journal) bool { return j.Undoing }) {
				c.must(c.hear(c.spawn(nil, append([]string{"rotate", "--resume", id, "--yes"}, c.common()...)...)))
			}
			switch {
			case c.open() != "":
				c.assertOnlyIn(map[string][]string{"old": append(copies, "app/.env", "app/secret"), "given": append(copies, destinations...)})
			case c.back.works(c.oldSecret):
				c.assertOnlyIn(map[string][]string{"old": {"app/.env", "app/secret"}, "given": {"dump/stdin.put"}})
			default:
				c.assertOnlyIn(map[string][]string{"given": destinations})
			}
		})
	}
}
