package rotation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"detent/apikey"
)

func span(d time.Duration) string { return apikey.SpanWords(d) }

func clock(at time.Time) string { return at.UTC().Format("15:04:05Z") }

func keyWords(k keyRecord) string { return apikey.Key{ID: k.ID, Name: k.Name}.Quoted() }

// calledWords are what tells a key that nobody has the id of.
func calledWords(name string) string {
	if name == "" {
		return "without a name"
	}
	return fmt.Sprintf("called %q", name)
}

// called is a key of a journal in a sentence.
func called(k keyRecord) string { return apikey.Key{ID: k.ID, Name: k.Name}.Called() }

func names(keys []apikey.Key) string {
	var out []string
	for _, k := range keys {
		out = append(out, k.Quoted())
	}
	return strings.Join(out, ", ")
}

// placesText names several places.
func placesText(recs []*destinationRecord) string {
	var out []string
	for _, rec := range recs {
		out = append(out, rec.Describe)
	}
	slices.Sort(out)
	return strings.Join(out, " and ")
}

func restartWords(places []string) string {
	return "Nothing restarts what reads " + strings.Join(places, " and ")
}

func shellWord(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool {
		return !strings.ContainsRune("/._-+=:,@", r) && !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	}) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

func because(reason string) string {
	if reason = strings.TrimSpace(reason); reason == "" {
		return ""
	}
	return " (" + reason + ")"
}
