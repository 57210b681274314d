package cli

import (
	"context"
	"strings"

	"detent/client"
	"detent/config"
	"detent/host"
	"detent/tui/keylist"

	"github.com/spf13/cobra"
)

// allProfilesFlag registers --all-profiles.
func allProfilesFlag(cmd *cobra.Command, into *bool) {
	cmd.Flags().BoolVar(into, "all-profiles", false, "ask all profiles, side by side; each row says whose it is")
}

// filterOf reads FILTER.
func filterOf(words []string) (keylist.Filter, error) {
	f, err := keylist.ParseFilter(strings.Join(words, " "))
	if err != nil {
		err = host.Usagef("FILTER: %w", err)
	}
	return f, err
}

// answers are those of the profile in use, or of all. Where one is asked, that it does not answer is the error.
func (a *app) answers(ctx context.Context, all bool) ([]host.Answer, error) {
	p, err := a.host.Selected()
	if err != nil {
		return nil, err
	}
	if !all {
		answers := a.host.Ask(ctx, []config.Profile{p})
		return answers, answers[0].Err
	}
	if a.flags.profile != "" {
		return nil, host.Usagef("--all-profiles and --profile: ask one of the two")
	}
	cfg, err := a.host.Config()
	if err != nil {
		return nil, err
	}
	answers := a.host.Ask(ctx, cfg.Profiles)
	if ctx.Err() != nil {
		return nil, host.ErrInterrupted
	}
	return answers, nil
}

// failed names the profiles that did not answer, each with the exit code that it has alone, and ends with the highest of these.
func (a *app) failed(answers []host.Answer, codeOf func(error) int) error {
	worst := host.ExitDone
	for _, answer := range answers {
		if answer.Err == nil {
			continue
		}
		code := codeOf(answer.Err)
		worst = max(worst, code)
		a.say("%s: %v (exit %d)", answer.Profile.Name, answer.Err, code)
		if hint := client.HintOf(answer.Err); hint != "" {
			a.say("%s: %s", answer.Profile.Name, hint)
		}
	}
	if worst != host.ExitDone {
		return host.Ended(worst)
	}
	return nil
}
