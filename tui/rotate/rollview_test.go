package rotate

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"detent/apikey"
	"detent/rotation"
)

func claims(t *testing.T, of ...string) (out []rotation.Claim) {
	t.Helper()
	for _, text := range of {
		kind, subject, _ := strings.Cut(text, " ")
		var c rotation.Claim
		if err := json.Unmarshal([]byte(`{"kind":"`+kind+`","subject":"`+subject+`","evidence":{"by":"list","at":"2026-11-29T22:13:05Z"}}`), &c); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// A roll makes no key and deletes none: its screen speaks of the secrets of one key, at each moment and whatever the size.
func TestTheScreenOfARollSpeaksOfSecrets(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)\b(create new key|delete old key|old key|new key|deleted|k1 rolled)\b`)
	rolled := apikey.Key{ID: "k1 rolled 2026-11-29T22:13:05.076Z", Name: "payments-api"}
	for name, moment := range map[string]struct {
		set  func(v *rotation.View)
		want []string
	}{
		"before the roll": {func(v *rotation.View) {}, []string{"former secret  payments-api  k1  on", "new secret     not made yet"}},
		"in the overlap": {func(v *rotation.View) {
			v.New, v.Step, v.FormerDies = &rolled, rotation.Drain, apikey.At(noon.Add(50*time.Minute))
		}, []string{"k1  dies in 50m", "new secret     made"}},
		"after the overlap": {func(v *rotation.View) {
			v.New, v.Step, v.FormerDies = &rolled, rotation.Drain, apikey.At(noon.Add(-time.Minute))
		}, []string{"its overlap is over"}},
		"ended": {func(v *rotation.View) {
			v.New, v.Step, v.State, v.OldGone, v.OldAnswered = &rolled, rotation.Done, rotation.Over, true, true
			v.Claims = claims(t, "row-missing old", "secret-accepted new")
		}, []string{"k1  ended", "new secret     accepted"}},
		"undone": {func(v *rotation.View) {
			v.New, v.State, v.FormerDies = &rolled, rotation.Aborted, apikey.At(noon.Add(time.Hour))
		}, []string{"k1  on", "given up"}},
	} {
		for _, strategy := range []string{rotation.RollWithOverlap.ID, rotation.RollAtOnce.ID} {
			for _, size := range [][2]int{{116, 38}, {76, 22}, {56, 18}} {
				d := begin(t, &fakeHost{rotation: newScript()})
				s := d.screen.(*Screen)
				s.view.Strategy, s.view.Certain = strategy, nil
				moment.set(&s.view)
				s.view.Plan = nil
				s.SetSize(size[0], size[1])
				top, watch := page{env: s.env, width: size[0]}, page{env: s.env, width: size[0]}
				s.viewKeys(&top)
				s.viewSteps(&top)
				s.viewWatch(&watch, &rotation.Watch{Visible: true})
				text := ansi.Strip(strings.Join(append(top.lines, watch.lines...), "\n"))
				for _, f := range s.Speak().Facts {
					text += "\n" + f.Text
				}
				if found := forbidden.FindString(text); found != "" {
					t.Errorf("%s, %s, %v: it says %q:\n%s", name, strategy, size, found, text)
				}
				for _, want := range moment.want {
					if !strings.Contains(text, want) {
						t.Errorf("%s, %s, %v: it does not say %q:\n%s", name, strategy, size, want, text)
					}
				}
			}
		}
	}
}
