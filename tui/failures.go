package tui

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"detent/client"
	"detent/tui/dialog"
	"detent/tui/ui"
)

// fail opens the error box.
func (a *App) fail(title string, err error) tea.Cmd {
	return a.push(dialog.NewError(a.env, title, err, a.whereFrom(err)...))
}

// whereFrom says, of a credential that a service refused, where it comes from and how to change that: there may be several, and only
// that place can be mended.
func (a *App) whereFrom(err error) []dialog.Part { return a.whereFromOf(a.profile.want, err) }

func (a *App) whereFromOf(profile string, err error) []dialog.Part {
	if !client.IsKind(err, client.Unauthorized) {
		return nil
	}
	p, _ := a.hosted(profile)
	if p.Token == "" {
		return nil
	}
	change := ""
	if a.lock.NoProfiles == "" && !p.Embedded {
		change = "; " + a.env.Keys.Profiles.Help().Key + " and " + a.env.Keys.EditProfile.Help().Key + " change that"
	}
	return []dialog.Part{{Label: "WHERE THE TOKEN COMES FROM", Text: ui.Clean(p.Token) + ", as the profile " + ui.Clean(p.Name) + " says" + change + "."}}
}

// errorWord is a failure in a word or two, for the header.
func (a *App) errorWord() string {
	err := a.load.err
	if a.profile.err != nil {
		err = a.profile.err
	}
	for _, k := range []client.Kind{client.Unreachable, client.Timeout} {
		if client.IsKind(err, k) {
			return "offline"
		}
	}
	for _, k := range []client.Kind{client.Unauthorized, client.Forbidden, client.BadTLS, client.RateLimited} {
		if client.IsKind(err, k) {
			return string(k)
		}
	}
	return "failed"
}

// shortly is a failure in a few words.
func (a *App) shortly(err error) string {
	var e *client.Error
	if errors.As(err, &e) {
		switch {
		case client.IsKind(err, client.Unauthorized):
			return fmt.Sprintf("refused the token (%d)", e.Status)
		case e.Status != 0:
			return fmt.Sprintf("answered %d %s", cmp.Or(e.Came, e.Status), ui.Clean(string(e.Kind)))
		case client.IsKind(err, client.Timeout):
			return "did not answer in time"
		case client.IsKind(err, client.Unreachable):
			return "not reachable: " + ui.Clean(e.Message)
		}
	}
	return ui.Clean(strings.SplitN(err.Error(), "\n", 2)[0])
}
