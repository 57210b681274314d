package client

import "detent/apikey"

// advice is what each service's documents advise whoever makes a key, shortened to a line or two of a small terminal. Where
// a document is silent on a part, the words follow from what it says about roles, names and restrictions.
var advice = map[string]apikey.Advice{
	apikey.Prosopo: {
		Keep:     "Server-side code only: never in frontend JavaScript, mobile apps or public repositories.",
		Browser:  "In a browser use a site key instead.",
		Least:    "Only grant the permissions the key actually needs.",
		Separate: "One key for each use, such as “Production Backend” or “CI/CD Pipeline”.",
		Life:     "For a contractor, a CI/CD pipeline or a temporary integration, set an expiration time.",
	},
}
