package client_test

import (
	"testing"

	"detent/client/issuertest"
)

func TestEveryIssuerStandsTheSuite(t *testing.T) {
	for _, name := range []string{"generic", "prosopo", "vertesia"} {
		t.Run(name, func(t *testing.T) { issuertest.Run(t, name, "testdata/"+name+".txtar") })
	}
}
