package tui

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/history"
	"detent/tui/ui"
)

// lastActs is how many acts the detail tells of a key.
const lastActs = 3

// recalled are the last acts on record, by key, for the details of one load.
type recalled struct {
	gen  int
	past map[string][]ui.Act
}

func (a *App) canRecall(apikey.Capabilities) apikey.Ability {
	if _, ok := a.host.(ui.Recorder); !ok {
		return apikey.Cannot("nothing is recorded here")
	}
	return apikey.Can()
}

// history is that of the key under the cursor, or of all where there is none.
func (a *App) history() ui.Screen {
	k, _, ok := a.list.Selected()
	if !ok {
		k = &apikey.Key{}
	}
	return history.New(a.env, a.host.(ui.Recorder), a.here().want, *k)
}

// recall looks for the last acts of every key, once a load. Over SSH the record is asked for by who wants it: to ask is on record too.
func (a *App) recall() tea.Cmd {
	host, ok := a.host.(ui.Recorder)
	if !ok || a.env.Remote {
		return nil
	}
	gen := a.load.gen
	return func() tea.Msg {
		out := recalled{gen: gen, past: map[string][]ui.Act{}}
		past, err := host.Past(context.Background(), "", "")
		if err != nil {
			return out // A says why
		}
		for _, act := range past.Acts {
			of := pastKey(act.Profile, act.KeyID)
			if last := out.past[of]; act.KeyID != "" && len(last) < lastActs {
				out.past[of] = append(last, ui.Act{At: act.At, Who: act.Who, Action: act.Action, Outcome: act.Outcome, Good: act.Good})
			}
		}
		return out
	}
}

// pastKey tells keys apart that two profiles call alike.
func pastKey(profile, id string) string { return profile + "\x00" + id }

// pastOf are the last acts on record of the key under the cursor.
func (a *App) pastOf(id string) []ui.Act { return a.past[pastKey(a.here().want, id)] }

func (a *App) recallDone(msg recalled) {
	if msg.gen != a.load.gen {
		return
	}
	a.past = msg.past
	if k, marks, ok := a.list.Selected(); ok {
		a.detail.Show(a.subject(k, marks))
	}
}
