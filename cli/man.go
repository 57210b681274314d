package cli

import (
	"fmt"
	"strings"

	mango "github.com/muesli/mango-cobra"
	"github.com/muesli/roff"
	"github.com/spf13/cobra"
)

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "Write the manual page: detent man | man -l -", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.started = true
			root := cmd.Root()
			root.Long = unwrapped(root.Long)
			page, err := mango.NewManPage(1, root)
			if err != nil {
				return err
			}
			page = page.WithSection("Files", manFiles).WithSection("Environment", manEnvironment)
			_, err = fmt.Fprint(a.out, page.Build(roff.NewDocument()))
			return err
		},
	}
}

// unwrapped joins the lines of each paragraph: a manual page wraps them itself.
func unwrapped(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.ReplaceAll(p, "\n", " ")
	}
	return strings.Join(paragraphs, "\n\n")
}

const manFiles = `$XDG_CONFIG_HOME/detent/config.toml: profiles; see "detent config init".
$XDG_DATA_HOME/detent/keys.db: the embedded service's store.
$XDG_STATE_HOME/detent: journals of rotations.`

const manEnvironment = `DETENT_CONFIG: the configuration file.
DETENT_PROFILE: the profile to use.
DETENT_TOKEN: the credential of the profile selected at start, never of a local one.
DETENT_READ_ONLY: true refuses every write.
DETENT_THEME: dark or light.
NO_COLOR: no colour.`
