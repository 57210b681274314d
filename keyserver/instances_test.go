package keyserver

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"detent/e2e/servers/pgtest"
	"detent/keyserver/wirename"
)

var instancesFor = flag.Duration("instances", 0, "how long TestInstancesThatAreKilledLoseNothing goes on; 0 is 10 s, or 3 with -short")

// instance is one process of several on a store, which is killed and started again.
type instance struct {
	store string

	mu  sync.Mutex
	cmd *exec.Cmd
	b   *bench
}

func startInstance(t testing.TB, store string) *instance {
	t.Helper()
	i := &instance{store: store}
	if err := i.start(t); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.kill)
	return i
}

func (i *instance) start(t testing.TB) error {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "KEYSERVER_TEST_CHILD="+i.store)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var addr, session string
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		_, err = fmt.Sscan(line, &addr, &session)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
		return fmt.Errorf("an instance does not serve: %s %w", line, err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cmd, i.b = cmd, &bench{t: t, url: "http://" + addr}
	return nil
}

func (i *instance) at() *bench {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.b
}

// kill is kill -9.
func (i *instance) kill() {
	i.mu.Lock()
	cmd := i.cmd
	i.mu.Unlock()
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // killed
}

// crowd is what the clients of several instances know from answers alone.
type crowd struct {
	t         *testing.T
	instances []*instance
	admin     string

	mu         sync.Mutex
	alive      map[string]string // id → secret: a create was answered, no delete sent
	doubtful   map[string]string // a delete was sent and not answered
	deleted    map[string]string // a delete was answered
	unanswered int               // creates
	answers    map[int]int
	wrong      []string
}

func (c *crowd) wronged(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// ask is one request to any instance; ok is false where nobody answered, or answered that it cannot.
func (c *crowd) ask(token, method, path string, body any) (a answer, ok bool) {
	a, err := c.instances[rand.N(len(c.instances))].at().try(token, method, path, body)
	if err != nil {
		return a, false
	}
	c.mu.Lock()
	c.answers[a.status]++
	c.mu.Unlock()
	if a.status >= 500 {
		if a.status != 503 || a.text("error.key") != "API.SERVICE_UNAVAILABLE" {
			c.wronged("answered %d %s", a.status, a.raw)
		}
		return a, false
	}
	return a, true
}

func (c *crowd) create() {
	a, ok := c.ask(c.admin, "POST", "/api-keys/create", createBody)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !ok:
		c.unanswered++
	case a.status == 200:
		c.alive[a.text("id")] = a.text("token")
	default:
		c.wrong = append(c.wrong, fmt.Sprintf("create: %d %s", a.status, a.raw))
	}
}

// take picks a living key; it is the caller's until it is put somewhere.
func (c *crowd) take() (id, secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, secret := range c.alive {
		delete(c.alive, id)
		return id, secret
	}
	return "", ""
}

func (c *crowd) put(into map[string]string, id, secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	into[id] = secret
}

// something reports whether keys were made and deleted.
func (c *crowd) something() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.alive) > 0 && len(c.deleted) > 0
}

// use asks for what a living key may not do: 403 says that it lives, 401 that it does not.
func (c *crowd) use() {
	id, secret := c.take()
	if id == "" {
		return
	}
	if a, ok := c.ask(secret, "GET", "/users/get", nil); ok && a.status != 403 {
		c.wronged("a key whose create was answered: %d %s", a.status, a.raw)
	}
	c.put(c.alive, id, secret)
}

func (c *crowd) remove() {
	id, secret := c.take()
	if id == "" {
		return
	}
	a, ok := c.ask(c.admin, "POST", "/api-keys/delete", map[string]any{"apiKeyId": id})
	switch {
	case !ok:
		c.put(c.doubtful, id, secret)
		return
	case a.status != 200:
		c.wronged("delete: %d %s", a.status, a.raw)
	}
	c.put(c.deleted, id, secret)
	for range len(c.instances) {
		if a, ok := c.ask(secret, "GET", "/users/get", nil); ok && a.status != 401 {
			c.wronged("a key whose deletion was answered: %d %s", a.status, a.raw)
		}
	}
}

// TestInstancesThatAreKilledLoseNothing has clients create, use and delete keys through three processes on one database; a
// process is killed every second, and the database is restarted in the middle.
func TestInstancesThatAreKilledLoseNothing(t *testing.T) {
	lasts := *instancesFor
	if lasts == 0 {
		if lasts = 10 * time.Second; testing.Short() {
			lasts = 3 * time.Second
		}
	}
	b := openPostgresBench(t)
	admin, err := b.MintAdmin(t.Context(), wirename.Prosopo, "")
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{t: t, admin: admin.Reveal(), alive: map[string]string{}, doubtful: map[string]string{}, deleted: map[string]string{}, answers: map[int]int{}}
	for range 3 {
		c.instances = append(c.instances, startInstance(t, b.options.URL))
	}
	end := time.Now().Add(lasts)
	var clients sync.WaitGroup
	for range 6 {
		clients.Go(func() {
			for time.Now().Before(end) || !c.something() && time.Since(end) < time.Minute { // on a busy machine the kills may be over first
				switch rand.N(4) {
				case 0:
					c.use()
				case 1:
					c.remove()
				default:
					c.create()
				}
			}
		})
	}
	kills, restarted := 0, false
	for tick := time.NewTicker(min(time.Second, lasts/5)); time.Now().Before(end); {
		<-tick.C
		if !restarted && time.Until(end) < lasts/2 {
			restarted = true
			pgtest.Shared(t).Halt()
			time.Sleep(300 * time.Millisecond) // clients meet a database that is away
			if err := pgtest.Shared(t).Launch(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		victim := c.instances[kills%len(c.instances)]
		victim.kill()
		if err := victim.start(t); err != nil {
			t.Error(err)
		}
		kills++
	}
	clients.Wait()
	c.settle(b)
	t.Logf("%v, %d kills, answers by status %v, %d creates and %d deletes without an answer, %d keys live and %d are deleted",
		lasts, kills, c.answers, c.unanswered, len(c.doubtful), len(c.alive), len(c.deleted))
}

// settle compares what the clients know with what there is.
func (c *crowd) settle(b *bench) {
	t := c.t
	t.Helper()
	for _, w := range c.wrong[:min(5, len(c.wrong))] {
		t.Error(w)
	}
	rows := map[string]bool{}
	for _, row := range b.want(200, c.admin, "POST", "/api-keys/get", "{}").list("") {
		key := row.(map[string]any)
		if key["name"] != "k" && key["name"] != "administrator" || key["permissions"] == nil {
			t.Errorf("half a key: %v", key)
		}
		if key["name"] == "k" {
			rows[key["id"].(string)] = true
		}
	}
	strangers := len(rows)
	for id, secret := range c.alive {
		if a := b.ask(secret, "GET", "/users/get", nil); !rows[id] || a.status != 403 {
			t.Errorf("a key whose create was answered is lost: in the list %v, %d", rows[id], a.status)
		}
		strangers--
	}
	for id, secret := range c.deleted {
		if a := b.ask(secret, "GET", "/users/get", nil); rows[id] || a.status != 401 {
			t.Errorf("a key whose deletion was answered lives: in the list %v, %d", rows[id], a.status)
		}
	}
	for id := range c.doubtful {
		if rows[id] {
			strangers--
		}
	}
	if strangers < 0 || strangers > c.unanswered {
		t.Errorf("%d keys are there of %d creates that were not answered", strangers, c.unanswered)
	}
	if !c.something() {
		t.Error("nothing happened")
	}
}
