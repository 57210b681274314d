package client_test

import (
	"testing"

	"detent/client/issuers"
	"detent/client/issuertest"
)

func TestEveryIssuerStandsTheSuite(t *testing.T) {
	for _, name := range issuers.Names("") {
		t.Run(name, func(t *testing.T) { issuertest.Run(t, name, "testdata/"+name+".txtar") })
	}
}
