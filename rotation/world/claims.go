package world

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
	"detent/rotation"
)

// seenClaim is a claim that was looked at.
type seenClaim struct {
	kind    rotation.ClaimKind
	subject string
	at      int64
}

// claims looks whether each claim was so when it was made (I2), once.
func (w *world) claims(v *view) {
	for _, c := range v.claims {
		at := c.Evidence().At.UnixNano()
		key := seenClaim{c.Kind(), c.Subject(), at}
		if w.claimed[key] {
			continue
		}
		w.claimed[key] = true
		m, known := w.moments[at]
		if !known {
			w.fail("I2", "%s of %s has no moment: %s", c.Kind(), c.Subject(), c.Evidence().Detail)
			continue
		}
		if why := w.wrong(c, m); why != "" {
			w.fail("I2", "%s of %s: %s (%s)", c.Kind(), c.Subject(), why, c.Evidence().Detail)
		}
	}
	w.words(v)
}

// wrong says why a claim was not so; empty where it was.
func (w *world) wrong(c rotation.Claim, m moment) string {
	detail := c.Evidence().Detail
	last := func(kind string, is func(event) bool) (event, bool) {
		for _, e := range slices.Backward(w.events[:m.events]) {
			if e.kind == kind && is(e) {
				return e, true
			}
		}
		return event{}, false
	}
	named := func(e event) bool {
		return e.id != "" && strings.Contains(detail, e.id) || e.id == w.old.id && c.Subject() == rotation.SubjectOld
	}
	answered := func(kind string) string {
		if _, ok := last(kind, named); !ok {
			return "the service answered no such thing"
		}
		return ""
	}
	switch c.Kind() {
	case rotation.SecretAccepted, rotation.SecretRefused, rotation.SecretKnown, rotation.ControlRefused:
		return w.wrongProbe(c, m)
	case rotation.RowSeen, rotation.RowMissing:
		e, ok := last("listed", anyEvent)
		shown := ok && slices.ContainsFunc(e.rows, func(k apikey.Key) bool {
			return strings.Contains(detail+" ", "("+k.ID+")") || strings.HasSuffix(detail, " "+k.ID)
		})
		if w.sc.Roll > 0 && c.Subject() == rotation.SubjectOld && ok && !shown { // of a roll whose secret was lost, the key's own is the old one
			shown = slices.ContainsFunc(e.rows, func(k apikey.Key) bool { return strings.HasPrefix(k.ID, w.old.id) }) && c.Kind() == rotation.RowSeen
		}
		if !ok || shown != (c.Kind() == rotation.RowSeen) {
			return "the list of that moment does not say so"
		}
	case rotation.CreateAnswered:
		e, ok := last("created", anyEvent)
		if !ok || e.secret == nil || e.secret.id != e.id || !strings.HasSuffix(detail, e.id) {
			return "the service answered with something else"
		}
	case rotation.DisableSent, rotation.DeleteSent:
		kind := string(c.Kind()[:strings.Index(string(c.Kind()), "-")]) + " sent"
		if !slices.ContainsFunc(w.events[m.events:], func(e event) bool { return e.kind == kind && named(e) }) {
			return "nothing was sent"
		}
	case rotation.DisableAnswered:
		return answered("disable answered")
	case rotation.EnableAnswered:
		return answered("enable answered")
	case rotation.DeleteAnswered:
		if why := answered("delete answered"); why != "" {
			return why
		}
		e, _ := last("delete answered", named)
		if k := w.keyByID(e.id); k != nil && k.gone.IsZero() && !(w.sc.Roll > 0 && k != w.former()) { // one that is the key's only secret again
			return "it is there"
		}
	case rotation.PlaceHolds, rotation.PlaceHeld:
		e, ok := last("read", func(e event) bool { return e.place.spec() == c.Subject() })
		if !ok {
			return "it was not read"
		}
		return w.wrongContent(e, detail)
	case rotation.CommandEnded:
		if _, ok := last("command ended", func(e event) bool { return e.place.spec() == c.Subject() }); !ok {
			return "no command ended there"
		}
	case rotation.Quiet:
		return w.wrongQuiet(detail, m)
	case rotation.SameAccess:
		return w.wrongAccess(m)
	case rotation.PersonSaid:
		if _, ok := last("person", anyEvent); !ok && w.sc.Drain >= 0 {
			return "nobody said anything"
		}
	}
	return ""
}

func anyEvent(event) bool { return true }

// wrongProbe: the answer to the last request with a secret was that, the secret was the subject's, and what makes the answer a
// proof had been seen.
func (w *world) wrongProbe(c rotation.Claim, m moment) string {
	var probes []event
	for _, e := range w.events[:m.events] {
		if e.kind == "probed" {
			probes = append(probes, e)
		}
	}
	refusedBefore := func(e event) bool { return e.secret == nil && !e.ok && e.no == "" }
	if c.Kind() == rotation.ControlRefused {
		if len(probes) == 0 || !refusedBefore(probes[len(probes)-1]) {
			return "no made-up secret was refused"
		}
		return ""
	}
	i := len(probes) - 1
	for i >= 0 && probes[i].secret == nil { // the controls
		i--
	}
	if i < 0 {
		return "no request was made with its secret"
	}
	e := probes[i]
	switch {
	case c.Subject() == rotation.SubjectNew && !e.secret.ours:
		return fmt.Sprintf("the secret was that of %s", e.secret)
	case c.Subject() == rotation.SubjectOld && e.secret.ours:
		return fmt.Sprintf("the secret was that of %s", e.secret)
	}
	controlled := slices.ContainsFunc(probes, refusedBefore)
	switch c.Kind() {
	case rotation.SecretAccepted:
		if !e.ok || !controlled {
			return "the answer proves nothing of the kind"
		}
		if !e.truth && !e.all {
			return "its secret was dead"
		}
	case rotation.SecretKnown:
		if e.no == "" || !e.truth || !controlled {
			return "its secret was not known"
		}
	case rotation.SecretRefused:
		positive := slices.ContainsFunc(probes, func(p event) bool { return p.act == e.act && p.secret != nil && p.secret.ours && (p.ok || p.no != "") })
		if e.ok || e.no != "" || e.truth || !positive {
			return "it was not seen to be refused"
		}
	}
	return ""
}

// wrongContent: the place held that when it was read last.
func (w *world) wrongContent(e event, detail string) string {
	k := w.keyByText(e.text)
	is := true
	switch {
	case strings.HasSuffix(detail, "held the new secret"):
		is = k != nil && k.ours
	case strings.HasSuffix(detail, "held the value that it had before"):
		is = e.text == e.former
	case strings.Contains(detail, "held nothing"):
		is = e.text == ""
	case strings.HasSuffix(detail, "held another value"):
		is = e.text != "" && (e.text != e.former || k == w.old) // than what is known of it: a place that was out of sight may have had the old one
	case strings.HasSuffix(detail, "held the old key's secret"):
		is = k != nil && k == w.old
	case strings.HasSuffix(detail, "what passes for the old key's secret"):
		is = k == w.old || k == nil && e.text != ""
	default:
		is = e.text != ""
	}
	if !is {
		return fmt.Sprintf("it held %s", w.whoseText(e.text))
	}
	return ""
}

func (w *world) whoseText(text string) string {
	switch k := w.keyByText(text); {
	case text == "":
		return "nothing"
	case k != nil:
		return "the secret of " + k.String()
	}
	return "a value of somebody else"
}

// wrongQuiet: between a use's first chance to show and what the last look could not show yet, the old key was not used.
func (w *world) wrongQuiet(detail string, m moment) string {
	var quiet, delay, spacing string
	if _, err := fmt.Sscanf(strings.NewReplacer(",", "", ";", "").Replace(detail), "the old key's last use did not move for %s until %s before the last of", &quiet, &delay); err != nil {
		return "its words are not understood"
	}
	_, spacing, _ = strings.Cut(detail, "a use shows within ")
	q, err1 := time.ParseDuration(quiet)
	d, err2 := time.ParseDuration(delay)
	s, err3 := time.ParseDuration(spacing)
	if err1 != nil || err2 != nil || err3 != nil {
		return "" // days: nobody waits for so long here
	}
	end := m.now.Add(-d - time.Second)
	from := end.Add(-q + s + 2*time.Second)
	for _, at := range w.oldUses {
		if at.After(from) && at.Before(end) {
			return fmt.Sprintf("it was used %s before", m.now.Sub(at))
		}
	}
	return ""
}

// wrongAccess: what the lists had reported of the two was the same.
func (w *world) wrongAccess(m moment) string {
	if w.sc.Roll > 0 { // both are one row
		return ""
	}
	var old, fresh *apikey.Key
	var made time.Time
	for _, e := range slices.Backward(w.events[:m.events]) {
		if e.kind != "listed" {
			continue
		}
		for i, row := range e.rows {
			k := w.keyByID(row.ID)
			switch {
			case old == nil && k == w.old:
				old = &e.rows[i]
			case k != nil && k.ours && (fresh == nil || k.born.After(made)): // the others are superseded
				fresh, made = &e.rows[i], k.born
			}
		}
		if old != nil && fresh != nil {
			break
		}
	}
	if old == nil || fresh == nil {
		return ""
	}
	if differs := access(*old, *fresh); len(differs) > 0 && w.sc.Silent == "" {
		return fmt.Sprintf("%v differs", differs)
	}
	if len(ended(*old, *fresh)) > 0 && w.sc.Roll == 0 && !w.sc.Renew && w.sc.SilentExpiry == "" && !w.changedByOthers(w.old) && !w.sc.Manual {
		return fmt.Sprintf("the new key lives %s, the old one %s", life(*fresh), life(*old))
	}
	return ""
}

// words looks at the sentences that are made of no claim: what this rotation left alone.
func (w *world) words(v *view) {
	touched := slices.ContainsFunc(w.events, func(e event) bool { return e.id == w.old.id && (e.kind == "delete done" || e.kind == "disable done") })
	for _, text := range v.certain {
		if touched && strings.HasPrefix(text, "the old key") && strings.Contains(text, "was not touched") {
			w.fail("I2", "certain: %s", text)
		}
		for _, p := range w.readables() {
			if p.touched && strings.HasPrefix(text, p.described()) && strings.HasSuffix(text, "was not changed by this rotation") {
				w.fail("I2", "certain: %s", text)
			}
		}
	}
}
