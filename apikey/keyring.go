package apikey

import (
	"fmt"
	"slices"
	"time"
)

// Keyring is what a secret is compared with, without sending it: the keys of a profile, with their masks, and how secrets of its service look.
type Keyring struct {
	Profile string
	Caps    Capabilities
	Keys    []Key
}

// Match is a key whose mask shows what a secret shows, or nearly.
type Match struct {
	Profile string
	Key     Key
	Like    Likeness
}

// Likeness is how far a secret is like the mask of a key.
type Likeness uint8

// The likenesses. What is not like at all is no match.
const (
	notLike    Likeness = iota
	Fits                // all that the mask shows
	OtherEnd            // it begins as the mask does, and ends otherwise
	OneOff              // one character of the beginning is another
	WithoutTop          // it is what the mask shows, without its first characters
)

// String says how far.
func (l Likeness) String() string {
	return [...]string{"its mask is another", "its mask shows this secret", "its secret begins so, and ends otherwise", "its mask shows this secret but for one character",
		"its mask shows this secret, whose first characters are missing"}[l]
}

// A mask proves nothing. tellingShown is how many characters of one, beyond what all secrets of a service begin with, make a key worth
// naming, and nearlyShown how many where not all are the same.
const (
	tellingShown = 4
	nearlyShown  = 8
)

// like compares a secret with the mask of a key.
func like(s Secret, k Key, prefixes []string) Likeness {
	begins, ends, shows := MaskShows(k.Masked)
	if !shows {
		return notLike
	}
	own := max(len(shapePrefix(begins)), len(longest(prefixes, NewSecret(begins))))
	told := len(begins) - own
	switch {
	case s.HasPrefix(begins) && s.HasSuffix(ends):
		if told+len(ends) >= tellingShown {
			return Fits
		}
	case s.HasPrefix(begins):
		if told >= tellingShown {
			return OtherEnd
		}
	case told >= nearlyShown && s.HasPrefix(begins[:own]):
		if differ(s.bytes(), begins) == 1 {
			return OneOff
		}
	default:
		for top := 1; len(begins)-top >= nearlyShown; top++ {
			if s.HasPrefix(begins[top:]) {
				return WithoutTop
			}
		}
	}
	return notLike
}

// Like compares a secret with the mask of a key whose service is not at hand.
func Like(s Secret, k Key) Likeness { return like(s, k, nil) }

// differ counts the characters in which a text begins otherwise.
func differ(text, begins string) int {
	n := max(len(begins)-len(text), 0)
	for i := range min(len(text), len(begins)) {
		if text[i] != begins[i] {
			n++
		}
	}
	return n
}

// CompareMasks says which keyrings a secret may be of, by how secrets of their services begin, and which keys have a mask that shows it. Where
// a whole mask fits, only the keyrings of such keys are left. why is what speaks against the last one that it cannot be of.
func CompareMasks(s Secret, rings []Keyring) (fits []string, matches []Match, why string) {
	whole := false
	for _, r := range rings {
		masks := make([]string, len(r.Keys))
		var begins []Match // a beginning that several have is how the service's secrets begin, and tells no key
		for i, k := range r.Keys {
			masks[i] = k.Masked
			switch l := like(s, k, r.Caps.SecretPrefixes); l {
			case notLike:
			case OtherEnd:
				begins = append(begins, Match{r.Profile, k, l})
			default:
				matches, whole = append(matches, Match{r.Profile, k, l}), whole || l == Fits
			}
		}
		if len(begins) == 1 {
			matches = append(matches, begins...)
		}
		if could, against := CouldBelong(s, r.Caps, masks); could {
			fits = append(fits, r.Profile)
		} else {
			why = against
		}
	}
	matches = slices.DeleteFunc(matches, func(m Match) bool {
		return whole && m.Like != Fits || m.Like != WithoutTop && !slices.Contains(fits, m.Profile)
	})
	if whole && len(matches) > 0 {
		fits = slices.DeleteFunc(fits, func(name string) bool {
			return !slices.ContainsFunc(matches, func(m Match) bool { return m.Profile == name })
		})
	}
	return fits, matches, why
}

// On says whether the list shows the key as one that works at a time, and how in words.
func (m Match) On(now time.Time) (on bool, word string) {
	ends, known := m.Key.ExpiresAt.Time()
	switch {
	case m.Key.IsDisabled():
		return false, "OFF"
	case known && !ends.After(now):
		return false, "EXPIRED"
	}
	return true, "ON in the list"
}

// Is says how a secret is like this key's, and how the list has the key.
func (m Match) Is(now time.Time) string {
	has := map[Likeness]string{Fits: "has this mask", OtherEnd: "has a secret that begins so and ends otherwise", OneOff: "has this mask but for one character",
		WithoutTop: "has this mask, whose first characters are missing here"}[m.Like]
	_, word := m.On(now)
	return fmt.Sprintf("%s (%s) %s and is %s", m.Key.Name, m.Key.ID, has, word)
}

// Refused says what it means that a secret was refused which is like this key's. The key may live.
func (m Match) Refused(now time.Time) string {
	means := "what was pasted is cut or mistyped, or an earlier secret of it"
	if on, _ := m.On(now); !on {
		means = "its own secret is refused too, and what was pasted may be that"
	}
	return m.Is(now) + ": " + means
}

// Half says that a text may be half of a secret, where that has two; empty where it is none.
func (c Capabilities) Half(s Secret) string {
	if _, _, two := s.Cut(c.Pair); c.Pair == "" || two {
		return ""
	}
	return fmt.Sprintf("it may be half of a secret: one of %s has two halves, with %q between", nameOf(c), c.Pair)
}

// NotWhole says that a secret is cut or mistyped, by the shape that its issuer declares; empty where nothing says so.
func (c Capabilities) NotWhole(s Secret) string {
	if c.Whole == nil || c.Whole(s) {
		return ""
	}
	return fmt.Sprintf("it is not whole: no secret of %s looks so. It is cut or mistyped", nameOf(c))
}
