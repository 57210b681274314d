package tui

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/tui/detail"
	"detent/tui/ui"
)

// subject is what the detail shows of a key. Its findings are asked of the one place that
// decides them; other keys matter to it only where they have the same name.
func (a *App) subject(k *apikey.Key, marks ui.Marks) detail.Subject {
	p := a.here()
	out := detail.Subject{Key: k, Marks: marks, Caps: p.caps, Past: a.pastOf(k.ID)}
	if a.fleet != nil && p.conn != nil {
		out.Profile, out.Environment = p.want, p.conn.Profile.Setting.ForKey(k.Environment).Word(k.Environment)
	}
	keys := []apikey.Key{*k}
	if marks.Has(apikey.FindingDuplicateName) {
		_, all := a.list.Keys().Of(max(a.list.SelectedProfile(), 0))
		for _, other := range all {
			if other.Name == k.Name && other.ID != k.ID {
				keys = append(keys, *other)
			}
		}
	}
	open := map[string]bool{k.ID: marks.Has(apikey.FindingRotationOpen)}
	for _, f := range apikey.Examine(keys, p.caps, p.conn.Policy, open, a.env.Now()) {
		if f.KeyID == k.ID {
			out.Findings = append(out.Findings, f)
		}
	}
	return out
}

// lastActs is how many acts the detail tells of a key.
const lastActs = 3

// recalled are the last acts on record, by key, for the details of one load.
type recalled struct {
	gen  int
	past map[string][]ui.Act
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
