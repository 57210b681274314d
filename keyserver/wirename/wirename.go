// Package wirename has the names of the wires that the key service inside detent speaks. Each is that of an issuer, whose declaration says
// how detent speaks it. It imports nothing.
package wirename

// The wires.
const (
	Prosopo  = "prosopo"
	Vertesia = "vertesia"
	Generic  = "generic"
)
