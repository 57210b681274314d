package kit

import (
	"maps"
	"slices"
	"strings"
	"time"

	"detent/apikey"
)

// Expiry says which lifetimes a new key can be given. Without it any, and none; what is over already is never asked for.
type Expiry struct {
	// Spans are the only ones: "30d". Words are they, where the wire has words for them: { "30d" = "30_DAYS" }, sent as = "word".
	Spans []Span            `toml:"spans"`
	Words map[string]string `toml:"words"`
	// Longest is the longest one: "365d".
	Longest Span `toml:"longest"`
	// Always says that every key has an end.
	Always bool `toml:"always"`
}

// Lifetimes are those that a new key can be given.
func (e *Expiry) Lifetimes() apikey.Lifetimes {
	out := apikey.Lifetimes{Longest: e.Longest.Duration, Always: e.Always}
	for _, s := range e.Spans {
		out.Spans = append(out.Spans, s.Duration)
	}
	for text := range e.Words {
		if span, err := apikey.ParseSpan(text); err == nil {
			out.Spans = append(out.Spans, span)
		}
	}
	slices.Sort(out.Spans)
	return out
}

// Word is what the wire has for a lifetime.
func (e *Expiry) Word(life time.Duration) string {
	for text, word := range e.Words {
		if span, err := apikey.ParseSpan(text); err == nil && span == life {
			return word
		}
	}
	return ""
}

// expiry checks which lifetimes there are.
func (c *checker) expiry(d *Declaration) {
	e := &d.Expiry
	all := e.Lifetimes()
	as := ""
	if d.Create != nil {
		as = d.Create.As(apikey.FieldExpiry)
	}
	switch {
	case len(all.Spans)+len(e.Words) == 0 && all.Longest == 0 && !all.Always:
		if as == "word" {
			c.refuse("expiry.words", `is missing: { "30d" = "30_DAYS" }, as the word is sent`)
		}
		return
	case d.Create == nil || !d.Create.Sends(apikey.FieldExpiry):
		c.refuse("expiry", "is for new keys, and create sends no { field = \"expires_at\" }")
	case len(e.Spans) > 0 && len(e.Words) > 0:
		c.refuse("expiry.words", "are the spans: leave expiry.spans out")
	case len(all.Spans) > 0 && all.Longest > 0:
		c.refuse("expiry.longest", "is the last of the spans")
	case all.Always && len(all.Spans) == 0 && all.Longest == 0:
		c.refuse("expiry.longest", "is missing: what is a key given that takes the place of one without an end?")
	case (as == "word") != (len(e.Words) > 0):
		c.refuse("expiry.words", `and { field = "expires_at", as = "word" } go together`)
	}
	if len(all.Spans) > 20 {
		c.refuse("expiry.spans", "are over 20: then any lifetime may be asked for")
	}
	for i, span := range all.Spans {
		if span < time.Minute || span > apikey.MaxLifetime || i > 0 && span == all.Spans[i-1] {
			c.refuse("expiry.spans", "are each once, from a minute to 100 years")
		}
	}
	if all.Longest > apikey.MaxLifetime || all.Longest != 0 && all.Longest < time.Minute {
		c.refuse("expiry.longest", "is from a minute to 100 years")
	}
	for _, text := range slices.Sorted(maps.Keys(e.Words)) {
		if _, err := apikey.ParseSpan(text); err != nil {
			c.refuse("expiry.words."+text, "is a span of time: %s", strings.TrimPrefix(wantsSpan, "must be a span of time, in quotes: "))
		}
		c.text("expiry.words."+text, e.Words[text], 64)
	}
}
