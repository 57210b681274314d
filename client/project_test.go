package client_test

import (
	"testing"

	"detent/apikey"
	"detent/client"
	"detent/keyserver/wirename"
)

// TestTheProjectOfTheCredentialIsToldByItsOwnProjectsList: an account's list shows keys of every
// project, and a new key lands in the credential's own.
func TestTheProjectOfTheCredentialIsToldByItsOwnProjectsList(t *testing.T) {
	e := serve(t)
	admin := e.open(t, wirename.Vertesia, e.admin(t, wirename.Vertesia), nil)
	made, err := admin.Create(t.Context(), apikey.Draft{Name: "here", Role: "reader"})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.FillDemo(t.Context(), 0, wirename.Vertesia); err != nil { // some of whose keys are another project's
		t.Fatal(err)
	}
	projects := map[string]bool{}
	keys, err := client.ListAll(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		projects[k.Project] = true
	}
	if len(projects) != 2 {
		t.Fatalf("the account's list shows the projects %v", projects)
	}
	own, known, err := admin.Abilities().OwnProject(t.Context())
	if err != nil || !known || own != made.Key.Project {
		t.Errorf("own project %q, %v, %v; want %q", own, known, err, made.Key.Project)
	}
}
