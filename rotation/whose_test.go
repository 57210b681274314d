package rotation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
	"detent/rotation"
	"detent/rotation/world"
)

// stamped is a service whose rows' last use moves as it is told.
type stamped struct {
	client.Service
	moves    map[string]int
	probing  []string // rows that move with a probe
	probes   int
	fineness time.Duration
	unused   *apikey.Moment // what a row says that was never used

	every, phase time.Duration // how often somebody else uses the old key
	now          func() time.Time
}

func (s *stamped) Probe(ctx context.Context, secret apikey.Secret, call string) (apikey.Proof, error) {
	s.probes++
	s.move(s.probing)
	return s.Service.Probe(ctx, secret, call)
}

func (s *stamped) move(rows []string) {
	for _, id := range rows {
		s.moves[id]++
	}
}

func (s *stamped) List(ctx context.Context, each func([]apikey.Key)) error {
	return s.Service.List(ctx, func(rows []apikey.Key) {
		for i := range rows {
			begun := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			if s.moves[rows[i].ID] == 0 && s.unused != nil {
				rows[i].LastUsedAt = *s.unused
				continue
			}
			if rows[i].ID == "old" && s.every > 0 { // used by somebody at even intervals
				begun = begun.Add(s.now().Sub(begun).Truncate(s.every) + s.phase).Truncate(s.fineness)
			}
			rows[i].LastUsedAt = apikey.At(begun.Add(time.Duration(s.moves[rows[i].ID]) * s.fineness))
		}
		each(rows)
	})
}

// TestLastUseSpeaksOnlyWhereOneRowMovesWithEachProbeAndInNoPause: three of each. It speaks against a place where that row is another's and the
// old one never moves, and for it where it is the old one.
func TestLastUseSpeaksOnlyWhereOneRowMovesWithEachProbeAndInNoPause(t *testing.T) {
	const (
		not   = "its last use does not tell"
		inUse = not + ", since the key is in use"
		too   = not + ", since that of other moves with our probes too"
		wrong = "the last use of another key, other, moves with each of our probes"
		by    = "its last use moves with our probes, and only then"
	)
	old, other, both, none := []string{"old"}, []string{"other"}, []string{"old", "other"}, []string{}
	for name, tc := range map[string]struct {
		mode             rotation.Mode
		probing, pausing []string
		says             string
		rounds           int // probes beyond the first with the value, and one with a made-up one
	}{
		"the old one's, leaked":              {rotation.Compromised, old, none, by, 3},
		"the old one's":                      {rotation.Planned, old, none, by, 3},
		"the old one's, which others use":    {rotation.Compromised, old, old, inUse, 1}, // what cannot tell any more is not asked
		"the old one's, and another is used": {rotation.Compromised, old, other, by, 3},
		"another's, leaked":                  {rotation.Compromised, other, none, wrong, 3},
		"another's":                          {rotation.Planned, other, none, wrong, 3},
		"another's, which others use":        {rotation.Compromised, other, other, not, 1},
		"another's, which others use, again": {rotation.Planned, other, other, not, 1},
		"another's, and the old one is used": {rotation.Compromised, other, old, inUse, 3},
		"both move, leaked":                  {rotation.Compromised, both, none, too, 3}, // either may be the one whose secret it is
		"both move":                          {rotation.Planned, both, none, too, 3},
		"none moves":                         {rotation.Compromised, none, none, not + ", since no probe of ours moves it", 2}, // the first may have been in the tick of the use before
		"none moves but in pauses":           {rotation.Planned, none, both, not, 1},
	} {
		for _, fineness := range []time.Duration{time.Second, time.Millisecond} {
			f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Masks = false }))
			f.Idle()
			var slept time.Duration
			s := &stamped{moves: map[string]int{}, probing: tc.probing, fineness: fineness}
			r := f.Start(func(p *rotation.Params) {
				s.Service, p.Service, p.Mode = p.Service, s, tc.mode
				sleep := p.Sleep
				p.Sleep = func(ctx context.Context, d time.Duration) error {
					s.move(tc.pausing)
					slept += d
					return sleep(ctx, d)
				}
			})
			res := f.do(r)
			told := res.Message + strings.Join(res.Notes, "; ")
			if shown := !says(r.View().Unknown, "nothing showed it"); shown != (tc.says == by || tc.says == wrong) {
				t.Errorf("%s, %s: it is shown whose it is: %v", name, fineness, shown)
			}
			if spacing := map[time.Duration]time.Duration{time.Second: 3 * time.Second, time.Millisecond: time.Second}[fineness]; tc.rounds == 3 && slept != 4*spacing {
				t.Errorf("%s, %s: it slept %s between and after three probes", name, fineness, slept)
			}
			asked := res.Question != nil && res.Question.Kind == rotation.AskReplace
			if asked != (tc.says == wrong) || tc.says == by && strings.Contains(told, not) || tc.says != by && !strings.Contains(told, tc.says) {
				t.Errorf("%s, %s: %+v", name, fineness, res)
			}
			if got := s.probes - 2; got != tc.rounds {
				t.Errorf("%s, %s: %d rounds, want %d", name, fineness, got, tc.rounds)
			}
		}
	}
}

// TestTheFirstUseOfAKeyShowsWhoseItsSecretIs: from then on a row says "never", or nothing.
func TestTheFirstUseOfAKeyShowsWhoseItsSecretIs(t *testing.T) {
	for name, unused := range map[string]apikey.Moment{"never": apikey.Never(), "nothing": {}} {
		for _, mode := range []rotation.Mode{rotation.Planned, rotation.Compromised} {
			for _, fineness := range []time.Duration{time.Second, time.Millisecond} {
				f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Masks = false }))
				f.Idle()
				s := &stamped{moves: map[string]int{}, probing: []string{"old"}, fineness: fineness, unused: &unused}
				r := f.Start(func(p *rotation.Params) { s.Service, p.Service, p.Mode = p.Service, s, mode })
				if res := f.do(r); res.Status != rotation.Moved || says(r.View().Unknown, "nothing showed it") {
					t.Errorf("%s, %s, %s: %+v, %q", name, mode, fineness, res, r.View().Unknown)
				}
			}
		}
	}
}

// TestUseBySomebodyElseIsNeverTakenForOurs: at whatever intervals, where the secret is that of a key that the list does not show.
func TestUseBySomebodyElseIsNeverTakenForOurs(t *testing.T) {
	for every := 300 * time.Millisecond; every < 25*time.Second; every += every / 12 {
		for _, part := range []int{0, 3, 7} {
			for _, fineness := range []time.Duration{time.Second, time.Millisecond} {
				f := in(t, with(genericLike, func(sc *world.Scenario) { sc.Masks = false }))
				f.Idle()
				s := &stamped{moves: map[string]int{}, fineness: fineness, every: every, phase: every * time.Duration(part) / 10, now: f.Now}
				r := f.Start(func(p *rotation.Params) { s.Service, p.Service = p.Service, s })
				if f.do(r); !says(r.View().Unknown, "nothing showed it") {
					t.Errorf("every %s, phase %d, written to %s: it is taken for ours", every, part, fineness)
				}
				f.Forgive()
			}
		}
	}
}
