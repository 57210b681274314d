package client_test

import (
	"testing"

	"detent/client"
	"detent/client/issuertest"
)

func TestEveryIssuerStandsTheSuite(t *testing.T) {
	for _, name := range client.Issuers("") {
		t.Run(name, func(t *testing.T) { issuertest.Run(t, name, "testdata/"+name+".txtar") })
	}
}
