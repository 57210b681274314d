package form

import (
	"net/url"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/rotation"
	"detent/tui/ui"
)

// known is what may be held against a pasted text before anything is sent anywhere.
type known struct {
	targets []ui.Target
	past    []rotation.Recalled
	asking  bool // others may come
	begins  func(apikey.Secret) bool

	found   []apikey.Pasted // the secrets that the text holds
	at      int             // the one that is meant
	problem string          // why it holds none

	fits    []ui.Target
	matches []apikey.Match
	ended   []string // whose secret it was, in words
	against string   // why no profile's secrets look so
	cut     string   // that it is not whole, by the shape that was declared
}

const (
	shownMatches = 4
	shownFound   = 9
)

func newKnown(targets ...ui.Target) *known {
	k := &known{targets: targets}
	k.begins = apikey.Beginnings(k.rings())
	return k
}

// take takes what became known of the profiles' keys.
func (k *known) take(msg ui.Known, text string) {
	k.targets, k.asking, k.past = msg.Targets, msg.Asking, msg.Past
	k.begins = apikey.Beginnings(k.rings())
	k.hold(text)
}

func (k *known) rings() []apikey.Keyring {
	out := make([]apikey.Keyring, len(k.targets))
	for i, t := range k.targets {
		out[i] = apikey.Keyring{Profile: t.Profile.Name, Caps: t.Caps, Keys: t.Keys}
	}
	return out
}

// hold looks for secrets in a text.
func (k *known) hold(text string) {
	var err error
	k.problem = ""
	if k.found, err = apikey.FindSecrets(text, k.begins, func() []string { return apikey.Pairs(k.rings()) }); err != nil {
		k.problem = err.Error()
	}
	k.at = min(k.at, max(len(k.found)-1, 0))
	k.compare()
}

// compare compares the secret that is meant with the masks of all keys, and with how the secrets of each service begin, without sending it.
func (k *known) compare() {
	k.fits, k.matches, k.ended, k.against, k.cut = nil, nil, nil, "", ""
	secret, is := k.secret()
	if !is {
		return
	}
	fits, matches, against := apikey.CompareMasks(secret, k.rings())
	k.matches, k.against = matches, against
	for _, t := range k.targets {
		if slices.Contains(fits, t.Profile.Name) {
			k.fits = append(k.fits, t)
		}
	}
	if len(k.fits) == 1 {
		k.cut = k.fits[0].Caps.NotWhole(secret)
	}
	for _, r := range k.past {
		listed := slices.ContainsFunc(k.targets, func(t ui.Target) bool {
			return t.Profile.Name == r.Profile && slices.ContainsFunc(t.Keys, func(key apikey.Key) bool { return key.ID == r.Key.ID })
		})
		if by := r.Of(secret); by != "" && !listed {
			k.ended = append(k.ended, r.Words(by))
		}
	}
}

// secret is the one that is meant.
func (k *known) secret() (apikey.Secret, bool) {
	if len(k.found) == 0 {
		return apikey.Secret{}, false
	}
	return k.found[k.at].Secret, true
}

// choose moves to another of the secrets that were found.
func (k *known) choose(keys *ui.Keys, msg tea.KeyMsg) bool {
	if len(k.found) < 2 || msg.Type == tea.KeyRunes {
		return false
	}
	switch {
	case key.Matches(msg, keys.Down, keys.Next):
		k.at = (k.at + 1) % len(k.found)
	case key.Matches(msg, keys.Up, keys.Prev):
		k.at = (k.at + len(k.found) - 1) % len(k.found)
	default:
		return false
	}
	k.compare()
	return true
}

// profiles are those that are asked.
func (k *known) profiles() []string {
	out := make([]string, len(k.fits))
	for i, t := range k.fits {
		out[i] = t.Profile.Name
	}
	return out
}

// target is what is known of a profile.
func (k *known) target(name string) ui.Target {
	for _, t := range k.targets {
		if t.Profile.Name == name {
			return t
		}
	}
	return ui.Target{}
}

// hosts names who is asked: each profile with the host that the secret goes to.
func (k *known) hosts() string {
	out := make([]string, len(k.fits))
	for i, t := range k.fits {
		out[i] = ui.Clean(t.Profile.Name)
		if u, err := url.Parse(t.Profile.URL); err == nil && u.Host != "" {
			out[i] += " (" + ui.Clean(u.Host) + ")"
		} else if t.Profile.Embedded {
			out[i] += " (embedded)"
		}
	}
	return strings.Join(out, ", ")
}

// taken says which part of the text is meant, where that is not all of it.
func (k *known) taken(env *ui.Env, width int) []string {
	st := env.Styles
	if len(k.found) == 1 && k.found[0].Where == "" {
		return nil
	}
	if len(k.found) == 1 {
		return ui.Hanging(st.Base.Render, "· ", "taken: "+ui.Clean(k.found[0].Words()), width)
	}
	out := ui.Hanging(st.Base.Render, "· ", ui.Count(len(k.found), "secret")+" in this text; ↑ and ↓ choose which one is meant:", width)
	from := max(min(k.at-shownFound/2, len(k.found)-shownFound), 0)
	for i := from; i < min(from+shownFound, len(k.found)); i++ {
		lead, render := "    ", st.Base.Render
		if i == k.at {
			lead, render = st.Accent.Render("  ▸ "), st.Strong.Render
		}
		out = append(out, ui.Truncate(lead+render(ui.Clean(k.found[i].Words())), width))
	}
	return out
}

// lines say what is known before anything was sent.
func (k *known) lines(env *ui.Env, width int) []string {
	st := env.Styles
	if _, is := k.secret(); !is {
		return nil
	}
	out := k.taken(env, width)
	others := ""
	if k.asking {
		others = " so far: other profiles are still asked for their keys"
	}
	if len(k.matches) == 0 {
		out = append(out, ui.Hanging(st.Dim.Render, "· ", "no key's mask shows this secret"+others, width)...)
	}
	for i, m := range k.matches {
		if i == shownMatches {
			out = append(out, st.Dim.Render("  and "+ui.Number(len(k.matches)-i)+" more"))
			break
		}
		out = append(out, ui.Truncate(st.Warn.Render("● ")+st.Strong.Render(displayName(m.Key))+st.Dim.Render("  "+ui.Clean(m.Profile)+"  "+ui.Clean(m.Key.Masked))+"  "+m.Like.String(), width))
	}
	for _, words := range k.ended {
		out = append(out, ui.Hanging(st.Base.Render, "· ", ui.Clean(words), width)...)
	}
	if k.cut != "" {
		out = append(out, ui.Hanging(st.Warn.Render, "! ", ui.Clean(k.cut), width)...)
	}
	if len(k.fits) == 0 && k.asking {
		return append(out, ui.Hanging(st.Dim.Render, "· ", "no profile that has answered has secrets of this shape", width)...)
	}
	if len(k.fits) == 0 {
		out = append(out, ui.Hanging(st.Bad.Render, "✗ ", "no profile has secrets of this shape: it is sent to nobody", width)...)
		if k.against != "" {
			out = append(out, ui.Hanging(st.Dim.Render, "  ", ui.Clean(k.against), width)...)
		}
		return out
	}
	return append(out, ui.Hanging(st.Base.Render, "enter asks ", k.hosts()+": one harmless request each, until one accepts it", width)...)
}
