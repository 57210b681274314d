package client

import (
	"cmp"
	"embed"
	"math"
	"path"
	"slices"
	"strings"
	"sync"

	"detent/apikey"
	"detent/client/kit"
)

// An issuer is a file in issuers/, found by being there, and its file of cases in testdata/.
//
//go:embed issuers/*.toml
var issuerFiles embed.FS

// Issuers are the names of all issuers that a profile can be of, in the order in which they are listed.
func Issuers() []string {
	out := []string{apikey.Prosopo} // not declared yet
	place := map[string]int{apikey.Prosopo: 1}
	for name, load := range issuers() {
		out = append(out, name)
		if d, err := load(); err == nil && d.Place > 0 {
			place[name] = d.Place
		} else {
			place[name] = math.MaxInt
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(place[a], place[b]), cmp.Compare(a, b)) })
	return out
}

// issuers are the declarations, each read when it is first asked for.
var issuers = sync.OnceValue(func() map[string]func() (*kit.Declaration, error) {
	out := map[string]func() (*kit.Declaration, error){}
	files, _ := issuerFiles.ReadDir("issuers")
	for _, f := range files {
		file := path.Join("issuers", f.Name())
		out[strings.TrimSuffix(f.Name(), ".toml")] = sync.OnceValues(func() (*kit.Declaration, error) {
			raw, err := issuerFiles.ReadFile(file)
			if err != nil {
				return nil, err
			}
			return kit.Load(file, raw)
		})
	}
	return out
})
