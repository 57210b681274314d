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

// release is the version that CHANGELOG.md describes; what is built from a later commit says that commit.
const release = "v0.5.0"

// version is the release, and the commit where the build knows it.
func version() string {
	text := release
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return text
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
