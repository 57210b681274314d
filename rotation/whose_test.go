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
}

func (s *stamped) Unwrap() client.Service { return s.Service }

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
		"the old one's":                      {rotation.Planned, old, none, not, 1}, // nothing speaks against it, which is all that matters
		"the old one's, which others use":    {rotation.Compromised, old, old, not, 3},
		"the old one's, and another is used": {rotation.Compromised, old, other, by, 3},
		"another's, leaked":                  {rotation.Compromised, other, none, wrong, 3},
		"another's":                          {rotation.Planned, other, none, wrong, 3},
		"another's, which others use":        {rotation.Compromised, other, other, not, 3},
		"another's, which others use, again": {rotation.Planned, other, other, not, 2},
		"another's, and the old one is used": {rotation.Compromised, other, old, not, 3},
		"both move, leaked":                  {rotation.Compromised, both, none, by, 3},
		"both move":                          {rotation.Planned, both, none, not, 1},
		"none moves":                         {rotation.Compromised, none, none, not, 2}, // the first may have been in the tick of the use before
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
			if shown := !says(r.View().Unknown, "nothing showed it"); shown != (tc.says != not) {
				t.Errorf("%s, %s: it is shown whose it is: %v", name, fineness, shown)
			}
			if spacing := map[time.Duration]time.Duration{time.Second: 3 * time.Second, time.Millisecond: time.Second}[fineness]; tc.rounds == 3 && slept != 2*spacing {
				t.Errorf("%s, %s: it slept %s between three probes", name, fineness, slept)
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
