package palette

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sahilm/fuzzy"
)

const (
	// ranked is how many matches are weighed against each other: of more, a letter typed further leaves fewer.
	ranked = 2_000
	// recently is how much more a thing counts that was chosen not long ago.
	recently = 20
	// byMeaning is how much less a word counts that stands in what something does, not in its name.
	byMeaning = 40
)

// match is an item that the text may mean, and which bytes of its name do.
type match struct {
	at    int
	score int
	bytes []int
}

// names are the texts that are looked into, by a list of places.
type names struct {
	of  func(at int) string
	ats []int
}

func (n names) String(i int) string { return n.of(n.ats[i]) }
func (n names) Len() int            { return len(n.ats) }

// holds reports whether the letters of small stand in text in their order: what fuzzy would match, at a tenth of its time. What is
// true of a text is true of each beginning of it, so that only what matched before need be looked at when a letter is added.
func holds(text, small string) bool {
	for _, r := range text {
		if small == "" {
			return true
		}
		if want, size := utf8.DecodeRuneInString(small); unicode.ToLower(r) == want {
			small = small[size:]
		}
	}
	return small == ""
}

// find gives the places that a text may mean, and those of them that are weighed, the best first.
func (p *Palette) find(text string, among []int) (all []int, best []match) {
	small := strings.ToLower(strings.ReplaceAll(text, " ", ""))
	for _, at := range among {
		if holds(p.name(at), small) || p.means(at, small) || !p.isFew(at) && strings.HasPrefix(strings.ToLower(p.keyID(at)), small) {
			all = append(all, at)
		}
	}
	weighed := all[:min(len(all), ranked)]
	score := map[int]match{}
	for _, m := range fuzzy.FindFromNoSort(small, names{p.name, weighed}) {
		at := weighed[m.Index]
		score[at] = match{at, m.Score, m.MatchedIndexes}
	}
	for _, at := range weighed {
		m, named := score[at]
		if !named {
			m = match{at: at, score: -len(p.name(at))}
			if p.isFew(at) {
				m.score -= byMeaning
			}
		}
		if slices.Contains(p.recent, p.id(at)) {
			m.score += recently
		}
		best = append(best, m)
	}
	slices.SortStableFunc(best, func(a, b match) int { return b.score - a.score })
	return all, best
}

// means reports whether what an item does has the text in it.
func (p *Palette) means(at int, small string) bool {
	return p.isFew(at) && strings.Contains(strings.ToLower(strings.ReplaceAll(p.items[at].About, " ", "")), small)
}

// untyped is the order of all before anything is typed: what was chosen last, then as they came.
func (p *Palette) untyped() []match {
	var out []match
	for _, id := range p.recent {
		for at := range p.len() {
			if p.id(at) == id {
				out = append(out, match{at: at})
				break
			}
		}
	}
	latest := len(out)
	for at := range p.len() {
		if len(out) >= ranked {
			break
		}
		if !slices.ContainsFunc(out[:latest], func(m match) bool { return m.at == at }) {
			out = append(out, match{at: at})
		}
	}
	return out
}
