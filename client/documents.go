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
	apikey.Vertesia: {
		Keep:     "A secret key must never be used from a public client like a browser page.",
		Browser:  "In a browser use a public key instead.",
		Least:    "Give the role that does the job and no more: a reader only reads, an admin can do anything.",
		Separate: "One key for each application: each is switched off and replaced alone.",
		Life:     "A key is deleted automatically after its expiry date.",
	},
	apikey.Generic: {
		Keep:     "Never in client-side code (JavaScript, mobile apps), public repositories, forums or support tickets.",
		Least:    "A key has full access to the account: restrict it by IP address, referrer URL or endpoint.",
		Separate: "Use multiple keys for different services.",
		Life:     "Rotate keys every 90 days, and immediately if one is compromised.",
	},
}
