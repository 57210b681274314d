package cli

import (
	"fmt"
	"slices"
	"time"

	"detent/config"
	"detent/host"

	"github.com/spf13/pflag"
)

// globals are the flags that every command takes.
type globals struct {
	config   string
	profile  string
	readOnly bool
	debug    string
	noColor  bool
	timeout  time.Duration
	renderer string
	spoken   bool
	demo     bool
	demoKeys int

	set *pflag.FlagSet
}

// maxDemoKeys bounds the demo: beyond it, filling the store takes minutes.
const maxDemoKeys = 1_000_000

var renderers = []string{"cells", "standard"}

func (g *globals) register(fs *pflag.FlagSet) {
	g.set = fs
	fs.StringVar(&g.config, "config", "", "configuration file (default $XDG_CONFIG_HOME/detent/config.toml)")
	fs.StringVarP(&g.profile, "profile", "p", "", "profile to use (default: DETENT_PROFILE, else the file's default_profile, else "+config.BuiltIn()[0].Name+")")
	fs.BoolVar(&g.readOnly, "read-only", false, "refuse every write before it is sent")
	fs.StringVar(&g.debug, "debug", "", "append one redacted line a request to this file (made 0600; it must be yours alone)")
	fs.BoolVar(&g.noColor, "no-color", false, "no colour (as NO_COLOR does)")
	fs.DurationVar(&g.timeout, "timeout", 15*time.Second, "time for one operation, its retries and waits included")
	fs.StringVar(&g.renderer, "renderer", renderers[0], "how the TUI paints: cells (only what changed) or standard (Bubble Tea's own renderer)")
	fs.BoolVar(&g.spoken, "screen-reader", false, "the TUI as lines for who hears the screen: nothing is drawn, choices have numbers (as ACCESSIBLE=1 does)")
	fs.BoolVar(&g.demo, "demo", false, "a throw-away embedded service with believable keys; reads no configuration")
	fs.IntVar(&g.demoKeys, "demo-keys", 0, "with --demo: how many keys in each contract (default: a small set that shows each thing worth seeing)")
}

func (g *globals) changed(name string) bool { return g.set.Changed(name) }

// check refuses values that cannot be.
func (g *globals) check() error {
	switch {
	case g.timeout <= 0:
		return fmt.Errorf("--timeout: must be above zero, such as 15s")
	case !slices.Contains(renderers, g.renderer):
		return fmt.Errorf("--renderer: must be cells or standard")
	case g.changed("demo-keys") && (g.demoKeys < 1 || g.demoKeys > maxDemoKeys):
		return fmt.Errorf("--demo-keys: must be between 1 and %d", maxDemoKeys)
	case g.changed("demo-keys") && !g.demo:
		return fmt.Errorf("--demo-keys: works with --demo only")
	case g.demo && g.changed("config"):
		return fmt.Errorf("--demo reads no configuration: leave --config out")
	}
	for name, value := range map[string]string{"config": g.config, "profile": g.profile, "debug": g.debug} {
		if g.changed(name) && value == "" {
			return fmt.Errorf("--%s: must not be empty", name)
		}
	}
	return nil
}

// settings are the flags as a host takes them.
func (g *globals) settings() host.Settings {
	s := host.Settings{Config: g.config, Profile: g.profile, Debug: g.debug, Timeout: g.timeout, ScreenReader: g.spoken, Demo: g.demo, DemoKeys: g.demoKeys}
	if g.changed("read-only") {
		s.ReadOnly = &g.readOnly
	}
	return s
}
