//go:build unix

package e2e

import (
	"testing"

	"detent/keyserver/wirename"
)

// plots are the ways to rotate that are killed and starved of answers at every point.
func plots() []plot {
	var out []plot
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		out = append(out,
			plot{name: service + " planned", service: service, places: []string{"app"}},
			plot{name: service + " compromised", service: service, places: []string{"env"}, args: []string{"--compromised"}},
			plot{name: service + " compromised, old first", service: service, places: []string{"env"}, args: []string{"--compromised", "--old-first"}},
			plot{name: service + " dashboard", service: service, places: []string{"env"}, args: []string{"--strategy", "dashboard"}})
	}
	return append(out,
		plot{name: "prosopo that gives secrets again", service: wirename.Prosopo, places: []string{"env"}, gives: true},
		plot{name: "vertesia that gives secrets again", service: wirename.Vertesia, places: []string{"file"}, gives: true},
		plot{name: "vertesia, two places", service: wirename.Vertesia, places: []string{"app", "file"}},
		plot{name: "generic roll", service: wirename.Generic, places: []string{"app"}, args: []string{"--strategy", "roll", "--overlap", "1h"}},
		plot{name: "generic roll at once", service: wirename.Generic, places: []string{"app"}, args: []string{"--strategy", "roll-at-once", "--outage"}},
		plot{name: "generic roll, a command", service: wirename.Generic, places: []string{"env", "command"}, args: []string{"--strategy", "roll", "--overlap", "1h"}},
		plot{name: "vertesia, detent's own key", service: wirename.Vertesia, places: []string{"env"}, own: true},
	)
}

func backends(t *testing.T) map[string]*backend {
	t.Helper()
	out := map[string]*backend{}
	for _, service := range []string{wirename.Prosopo, wirename.Vertesia, wirename.Generic} {
		out[service] = newBackend(t, service)
	}
	return out
}

func TestRotationAloneGoesToItsEnd(t *testing.T) {
	services := backends(t)
	for _, pl := range plots() {
		t.Run(pl.name, func(t *testing.T) {
			p := newPlay(t, services[pl.service], pl)
			p.must(p.now(nil, p.rotateArgs()...))
			p.assertRotated()
		})
	}
}
