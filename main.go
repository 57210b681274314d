// Command detent is a terminal UI for API keys.
package main

import (
	"os"

	// The very first: nothing of the process is for others.
	_ "detent/aearly"
	// First in the order of import paths: the terminal's background is settled before Bubble Tea can ask for it.
	_ "detent/aterm"
	"detent/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
