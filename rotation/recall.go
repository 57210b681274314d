package rotation

import (
	"crypto/rand"
	"fmt"
	"time"

	"detent/apikey"
)

// Recalled is a key that was deleted from this machine, or that a rotation of it replaced or made, and what became of it: whose a secret was can be told when no list
// has the key any more.
type Recalled struct {
	Profile, Rotation string
	Key               apikey.Key
	// Became is what the service answered: "deleted 18:51:13Z by bob"; empty where the rotation did not end the key.
	Became string
	// At is when.
	At     time.Time
	prints []string
	is     func(s apikey.Secret, print string) bool
}

// Recall reads the journals. One that cannot be read tells nothing.
func Recall(store Store, now time.Time) ([]Recalled, error) {
	good, _, err := journals(store, "")
	if err != nil {
		return nil, err
	}
	prints := &fingerprinter{store: store, random: rand.Reader}
	var out []Recalled
	for _, j := range good {
		is := func(s apikey.Secret, print string) bool { return prints.is(s, print, j.ID) }
		add := func(r Recalled) {
			r.Profile, r.Rotation, r.is = j.Profile, j.ID, is
			if r.Became != "" && j.Operator != "" {
				r.Became += " by " + j.Operator
			}
			out = append(out, r)
		}
		old := Recalled{Key: j.Old.key(), prints: []string{j.OldPrint}}
		if j.OldGone {
			old.Became, old.At = "deleted "+when(j.DeletedAt, now), j.DeletedAt
			if refused, ok := j.claimed(SecretRefused, SubjectOld); ok {
				old.Became += fmt.Sprintf(" (its secret was refused at %s)", when(refused.Evidence().At, now))
			}
		}
		add(old)
		if j.New != nil {
			fresh := Recalled{Key: j.New.key(), prints: []string{j.Print}}
			if gone, ok := j.claimed(DeleteAnswered, SubjectNew); ok && j.NewGone {
				fresh.At = gone.Evidence().At
				fresh.Became = "deleted " + when(fresh.At, now)
			}
			add(fresh)
		}
	}
	return out, nil
}

// Ended is a key that was deleted without a rotation, as the record has it.
func Ended(profile string, k apikey.Key, at time.Time, by string, now time.Time) Recalled {
	r := Recalled{Profile: profile, Key: k, At: at, Became: "deleted " + when(at, now)}
	if by != "" {
		r.Became += " by " + by
	}
	return r
}

// when is a time of today without its day.
func when(at, now time.Time) string {
	if at, now = at.UTC(), now.UTC(); at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		return clock(at)
	}
	return at.UTC().Format("2006-01-02 15:04:05Z")
}

// Of says by what a secret is the key's: "its fingerprint" is its own, "its mask" may be that of another in rare cases; empty where nothing
// says so.
func (r Recalled) Of(s apikey.Secret) string {
	for _, print := range r.prints {
		if r.is(s, print) {
			return "its fingerprint"
		}
	}
	if r.Became != "" && apikey.Like(s, r.Key) == apikey.Fits {
		return "its mask"
	}
	return ""
}

// Words say whose secret it was.
func (r Recalled) Words(by string) string {
	who := fmt.Sprintf("by %s this was %s", by, r.Key.CalledWithID())
	switch {
	case r.Became == "":
		return who + ", of rotation " + r.Rotation
	case r.Rotation == "":
		return who + ", " + r.Became
	}
	return who + ", " + r.Became + ", rotation " + r.Rotation
}
