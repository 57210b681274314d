package keyserver

import "detent/keyserver/wirename"

// DemoApp is an application of the demo: which key it has, in which variable, and where the rotation of that key stands.
type DemoApp struct {
	Service, Key   string
	Name, Variable string
	// Stands is the step that a rotation of the key has come to; empty where there is none.
	Stands string
	// Lost says that its folder went away when the new key was made, Goes that the rotation goes on.
	Lost, Goes bool
}

// DemoApps are the applications of the demo. Their rotations are one in each state that one may be found in.
func DemoApps() []DemoApp {
	return []DemoApp{
		{Service: wirename.Prosopo, Key: "payments-api", Name: "payments", Variable: "PROSOPO_KEY"},
		{Service: wirename.Prosopo, Key: "ci-deploy", Name: "ci", Variable: "PROSOPO_KEY", Stands: "drain"},
		{Service: wirename.Prosopo, Key: "terraform", Name: "infra", Variable: "PROSOPO_KEY"},
		{Service: wirename.Vertesia, Key: "studio-backend", Name: "studio", Variable: "VERTESIA_KEY", Stands: "verify"},
		{Service: wirename.Vertesia, Key: "doc-intake", Name: "intake", Variable: "VERTESIA_KEY", Stands: "done"},
		{Service: wirename.Vertesia, Key: "contract-review", Name: "contracts", Variable: "VERTESIA_KEY"},
		{Service: wirename.Generic, Key: "billing-worker", Name: "billing", Variable: "API_KEY"},
		{Service: wirename.Generic, Key: "storefront", Name: "shop", Variable: "API_KEY", Stands: "deliver", Lost: true},
		{Service: wirename.Generic, Key: "data-warehouse", Name: "warehouse", Variable: "API_KEY", Stands: "drain", Goes: true},
	}
}
