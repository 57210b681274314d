package form

import (
	"net/url"
	"slices"
	"strings"

	"detent/apikey"
	"detent/tui/ui"
)

// known is what may be held against a pasted secret before it is sent anywhere.
type known struct {
	targets []ui.Target
	asking  bool // others may come
	fits    []ui.Target
	matches []match
	secret  bool // what is typed is one
}

// match is a key whose mask shows what the secret shows.
type match struct {
	profile string
	key     apikey.Key
}

const shownMatches = 4

// hold compares a secret with what is known, without sending it: the masks of all keys, and how the secrets of each service begin. Where
// masks match, only their profiles are asked.
func (k *known) hold(text string) {
	k.fits, k.matches, k.secret = nil, nil, false
	secret, err := apikey.ParseSecret(text)
	if err != nil {
		return
	}
	k.secret = true
	for _, t := range k.targets {
		masks := make([]string, len(t.Keys))
		for i, key := range t.Keys {
			masks[i] = key.Masked
			begins, ends, shows := apikey.MaskShows(key.Masked)
			if shows && len(begins)+len(ends) >= 4 && secret.HasPrefix(begins) && secret.HasSuffix(ends) {
				k.matches = append(k.matches, match{t.Profile.Name, key})
			}
		}
		if fits, _ := apikey.CouldBelong(secret, t.Caps, masks); fits {
			k.fits = append(k.fits, t)
		}
	}
	if len(k.matches) > 0 {
		k.fits = slices.DeleteFunc(k.fits, func(t ui.Target) bool {
			return !slices.ContainsFunc(k.matches, func(m match) bool { return m.profile == t.Profile.Name })
		})
	}
}

// profiles are those that are asked.
func (k *known) profiles() []string {
	out := make([]string, len(k.fits))
	for i, t := range k.fits {
		out[i] = t.Profile.Name
	}
	return out
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

// lines say what is known before anything was sent.
func (k *known) lines(env *ui.Env, width int) []string {
	st := env.Styles
	var out []string
	others := ""
	if k.asking {
		others = " so far: other profiles are still asked for their keys"
	}
	switch {
	case !k.secret:
		return nil
	case len(k.matches) == 0:
		out = ui.Hanging(st.Dim.Render, "· ", "no key's mask shows this secret"+others, width)
	}
	for i, m := range k.matches {
		if i == shownMatches {
			out = append(out, st.Dim.Render("  and "+ui.Number(len(k.matches)-i)+" more"))
			break
		}
		out = append(out, ui.Truncate(st.Warn.Render("● ")+st.Strong.Render(displayName(m.key))+st.Dim.Render("  "+ui.Clean(m.profile)+"  "+ui.Clean(m.key.Masked))+"  its mask shows this secret", width))
	}
	if len(k.fits) == 0 {
		return append(out, ui.Hanging(st.Bad.Render, "✗ ", "no profile has secrets of this shape: it is sent to nobody", width)...)
	}
	return append(out, ui.Hanging(st.Base.Render, "enter asks ", k.hosts()+": one harmless request each, until one accepts it", width)...)
}
