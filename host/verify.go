package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/config"
	"detent/rotation"
)

// Verifier says whose a secret is: of the profile that is said, else of whichever.
type Verifier struct {
	host    *Host
	one     *Session // the only one to ask; nil where all are
	all     []config.Profile
	answers []Answer // their keys, once they were asked
}

// Verified is what is known of a secret.
type Verified struct {
	client.Whose
	// Asked are the profiles that it was sent to, as far as it had to be.
	Asked   []string
	Session *Session // of the profile that accepted it; nil for none
	// Fits are the keys that are like a secret which was not accepted, each with its profile open.
	Fits []Fit
	// Listed are the keys that a list shows this very secret of, though it was not accepted.
	Listed []Fit
	// Past are those whose secret it was, where no list has them any more.
	Past []PastKey
	// NotWhole says that it is cut or mistyped, by the shape that was declared; empty where nothing says so.
	NotWhole string
	// Notes are what could not be looked at.
	Notes []string
}

// Said is what is to be known beside the answer: of which environment the secret is, what could not be told.
func (v Verified) Said(secret apikey.Secret) (notes []string) {
	if v.Session != nil {
		with := v.Session.Setting
		if with.Token = apikey.EnvironmentOf(secret); with.Contradicted() {
			notes = append(notes, fmt.Sprintf("this is a %s key, and the profile says %s", with.Token, with.Environment))
		}
	}
	if v.Unidentified != nil {
		notes = append(notes, fmt.Sprintf("which key it is cannot be told: %v", v.Unidentified))
	}
	return append(notes, v.Notes...)
}

// Lines say whose a secret may be that was not accepted, and what can be done.
func (v Verified) Lines(now time.Time) (lines []string) {
	if v.NotWhole != "" {
		lines = append(lines, v.NotWhole)
	}
	for _, f := range v.Fits {
		line := f.Is(now)
		if v.Proof.Refused() {
			line = f.Refused(now)
		}
		if on, _ := f.On(now); on {
			line += v.ifLeaked(f)
		}
		lines = append(lines, line)
	}
	for _, f := range v.Listed {
		if more := v.ifLeaked(f); more != "" {
			lines = append(lines, f.Key.CalledWithID()+more)
		}
	}
	for _, e := range v.Past {
		lines = append(lines, e.Words())
	}
	return lines
}

// ifLeaked names what there is to do about a key whose secret leaked. No rotation that the preflight refuses is named: where the list shows this
// very secret, the place that holds it has one that the service does not accept.
func (v Verified) ifLeaked(f Fit) string {
	unseen := v.Shown[f.Profile].ID == f.Key.ID || rotation.Unproven(f.Key, f.Session.Caps) != ""
	switch {
	case f.Session.ReadOnly, unseen && !f.Session.Caps.Delete.OK:
		return ""
	case f.Rotating:
		return ". A rotation of it is open: detent rotations shows how it goes on"
	case unseen:
		return fmt.Sprintf(". If it leaked: detent delete %s -p %s. A rotation could not see that a new secret works", f.Key.ID, f.Profile)
	}
	return fmt.Sprintf(". If it leaked: detent rotate %s --compromised -p %s", f.Key.ID, f.Profile)
}

// Goes says whither a secret would go.
func (v *Verifier) Goes() string {
	if v.one != nil {
		return "one harmless request with it goes to " + v.one.Profile.Name
	}
	return fmt.Sprintf("it is compared with the masks of all %d profiles and then sent to those that it may be of", len(v.all))
}

// Fit is a key that is like a secret.
type Fit struct {
	apikey.Match
	Session  *Session
	Rotating bool // a rotation of it is open
}

func (v *Verifier) fit(m apikey.Match) Fit {
	open, _ := v.host.Rotating(m.Profile) // what cannot be read tells nothing
	return Fit{m, v.session(m.Profile), open[m.Key.ID]}
}

// PastKey is a key that is no more.
type PastKey struct {
	rotation.Recalled
	By string // what tells that the secret was its
}

// MarshalJSON writes it as docs/REFERENCE.md says.
func (e PastKey) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"id": e.Key.ID, "name": e.Key.Name, "profile": e.Profile, "rotation": e.Rotation, "detail": e.Words()})
}

// Numbered are secrets that were found, a line each.
func Numbered(found []apikey.Pasted) string {
	lines := make([]string, len(found))
	for i, f := range found {
		lines[i] = fmt.Sprintf("%d  %s", i+1, f.Words())
	}
	return strings.Join(lines, "\n")
}

// Words say it.
func (e PastKey) Words() string { return e.Recalled.Words(e.By) }

// Verifier makes one. Where a profile is said, or the file has one alone, that one is opened; else none is asked before there is a secret.
func (h *Host) Verifier(ctx context.Context) (*Verifier, error) {
	cfg, err := h.Config()
	if err != nil {
		return nil, err
	}
	selected, err := h.Selected()
	if err != nil {
		return nil, err
	}
	v := &Verifier{host: h}
	said := h.o.Profile != "" || !h.o.Demo && (h.o.Env.Get("DETENT_PROFILE") != "" || h.o.Env.Get("DETENT_TOKEN") != "")
	if own := cfg.Own(); !said && cfg.Default == "" && len(own) == 1 { // where nothing is said, what is selected is built in
		selected, said = own[0], true
	}
	if said || len(cfg.Own()) == 1 && cfg.Own()[0].Name == selected.Name || len(cfg.Profiles) == 1 {
		v.one, err = h.OpenProfile(ctx, selected)
		return v, err
	}
	if _, err := h.resources.debug(); err != nil { // said before a secret is asked for, as it is where one profile is opened
		return nil, err
	}
	v.all = append(v.all, selected)
	for _, p := range cfg.Profiles {
		if p.Name != selected.Name {
			v.all = append(v.all, p)
		}
	}
	return v, nil
}

// rings are the keys that a secret is compared with.
func (v *Verifier) rings(ctx context.Context) []apikey.Keyring {
	if v.answers == nil && v.one != nil {
		keys, err := v.one.List(ctx)
		v.answers = []Answer{{Profile: v.one.Profile, Session: v.one, Keys: keys, Err: err}}
	}
	if v.answers == nil {
		v.answers = v.host.Ask(ctx, v.all)
	}
	var out []apikey.Keyring
	for _, a := range v.answers {
		if a.Session != nil {
			out = append(out, apikey.Keyring{Profile: a.Profile.Name, Caps: a.Session.Caps, Keys: a.Keys})
		}
	}
	return out
}

// Find looks for secrets in what was pasted.
func (v *Verifier) Find(ctx context.Context, text string) ([]apikey.Pasted, error) {
	if strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")) == "" { // nobody is asked for that
		_, err := apikey.ParseSecret(text)
		return nil, Usage(err)
	}
	var known func(apikey.Secret) bool
	begins := func(s apikey.Secret) bool { // the lists are asked for where the text alone does not tell
		if known == nil && v.one != nil && len(v.one.Caps.SecretPrefixes) > 0 {
			known = apikey.Beginnings([]apikey.Keyring{{Caps: v.one.Caps}})
		} else if known == nil {
			known = apikey.Beginnings(v.rings(ctx))
		}
		return known(s)
	}
	pairs := func() []string {
		if v.one != nil {
			return apikey.Pairs([]apikey.Keyring{{Caps: v.one.Caps}})
		}
		return apikey.Pairs(v.rings(ctx))
	}
	found, err := apikey.FindSecrets(text, begins, pairs)
	return found, Usage(err)
}

// Ask compares a secret with the masks of the keys, sends it to the profiles that it may be of, until one accepts it, and says what it may
// be where none does.
func (v *Verifier) Ask(ctx context.Context, secret apikey.Secret) (Verified, error) {
	var ask []client.Asked
	var out Verified
	if v.one != nil {
		ring := apikey.Keyring{Profile: v.one.Profile.Name, Caps: v.one.Caps}
		if len(ring.Caps.SecretPrefixes) == 0 {
			ring = v.rings(ctx)[0]
		}
		if fits, _, why := apikey.CompareMasks(secret, []apikey.Keyring{ring}); len(fits) == 0 {
			if half := ring.Caps.Half(secret); half != "" {
				why += "; " + half
			}
			return out, v.notSent(secret, why+". It was not sent: give the whole secret, or choose the profile that it belongs to with -p")
		}
		ask = []client.Asked{{Profile: v.one.Profile.Name, Service: v.one.Service}}
		out.NotWhole = v.one.Caps.NotWhole(secret)
	} else {
		fits, _, why := apikey.CompareMasks(secret, v.rings(ctx))
		for _, name := range fits {
			s := v.session(name)
			ask = append(ask, client.Asked{Profile: name, Service: s.Service})
			if wrong := s.Caps.NotWhole(secret); len(fits) == 1 {
				out.NotWhole = wrong
			}
		}
		if len(ask) == 0 {
			return out, v.notSent(secret, v.nobodys(secret, why))
		}
	}
	for _, to := range ask {
		out.Asked = append(out.Asked, to.Profile)
	}
	out.Whose = client.VerifyAmong(ctx, secret, ask)
	for _, to := range ask {
		if k, shown := out.Shown[to.Profile]; shown {
			out.Listed = append(out.Listed, v.fit(apikey.Match{Profile: to.Profile, Key: k}))
		}
	}
	if out.Whose.Profile != "" {
		out.Session, out.NotWhole = v.session(out.Whose.Profile), ""
		return out, nil
	}
	if len(ask) == 1 {
		out.Session = v.session(ask[0].Profile)
	}
	if out.Failed == nil && out.Proof.Key == nil { // else the list shows whose it is
		v.compare(ctx, secret, &out)
	}
	return out, nil
}

// compare says which keys are like a secret that none accepted, and which had it.
func (v *Verifier) compare(ctx context.Context, secret apikey.Secret, out *Verified) {
	rings := v.rings(ctx)
	for _, a := range v.answers {
		if a.Err != nil {
			out.Notes = append(out.Notes, fmt.Sprintf("whether a key of %s is like it cannot be told: %v", a.Profile.Name, a.Err))
		}
	}
	_, matches, _ := apikey.CompareMasks(secret, rings)
	for _, m := range matches {
		if out.Shown[m.Profile].ID == m.Key.ID {
			continue
		}
		out.Fits = append(out.Fits, v.fit(m))
	}
	out.Past = v.past(secret, rings)
}

// past are the keys whose secret it was. One that a list has is told by that.
func (v *Verifier) past(secret apikey.Secret, rings []apikey.Keyring) (out []PastKey) {
	all, _ := v.host.Recall() // what cannot be read tells nothing
	for _, r := range all {
		listed := slices.ContainsFunc(rings, func(ring apikey.Keyring) bool {
			return ring.Profile == r.Profile && slices.ContainsFunc(ring.Keys, func(k apikey.Key) bool { return k.ID == r.Key.ID })
		})
		if by := r.Of(secret); by != "" && !listed {
			out = append(out, PastKey{r, by})
		}
	}
	return out
}

func (v *Verifier) session(profile string) *Session {
	if v.one != nil {
		return v.one
	}
	for _, a := range v.answers {
		if a.Profile.Name == profile {
			return a.Session
		}
	}
	return nil
}

// notSent is why nobody was asked, with whose it was if that is known.
func (v *Verifier) notSent(secret apikey.Secret, why string) error {
	for _, e := range v.past(secret, nil) {
		why += "; " + e.Words()
	}
	return Usage(errors.New(why))
}

// nobodys says why a secret is no profile's.
func (v *Verifier) nobodys(secret apikey.Secret, why string) string {
	var asked, silent, halves []string
	for _, a := range v.answers {
		if a.Session == nil {
			silent = append(silent, fmt.Sprintf("%s (%v)", a.Profile.Name, a.Err))
			continue
		}
		asked = append(asked, a.Profile.Name)
		if half := a.Session.Caps.Half(secret); half != "" && !slices.Contains(halves, half) {
			halves = append(halves, half)
		}
	}
	out := fmt.Sprintf("no profile's: secrets of its shape are of none of %s. It was not sent. ", strings.Join(asked, ", "))
	if ok, of := apikey.CouldBelong(secret, apikey.Capabilities{Title: "these"}, nil); !ok {
		why = of
	}
	if halves != nil {
		why = strings.TrimPrefix(strings.Join(append([]string{why}, halves...), "; "), "; ")
	}
	if why != "" {
		out += strings.ToUpper(why[:1]) + why[1:]
	}
	if _, matches, _ := apikey.CompareMasks(secret, v.rings(context.Background())); len(matches) > 0 {
		out += fmt.Sprintf(". %s: %s", matches[0].Key.CalledWithID(), matches[0].Like)
	}
	if len(silent) > 0 {
		out += ". Not looked at: " + strings.Join(silent, ", ")
	}
	return out
}
