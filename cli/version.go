package cli

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which detent this is", Args: cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) error {
			_, err := fmt.Fprintln(a.out, "detent", versionText())
			return err
		}),
	}
}

// versionText is what version and --version say.
func versionText() string {
	return version() + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// version is the module's version, and the commit where the build knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	text := info.Main.Version
	if text == "" {
		text = "(devel)"
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; len(revision) >= 12 {
		text += " " + revision[:12]
		if settings["vcs.modified"] == "true" {
			text += "+changes"
		}
	}
	return text
}

// userAgent is how detent names itself to a service.
func userAgent() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "detent"
	}
	return "detent/" + info.Main.Version
}
