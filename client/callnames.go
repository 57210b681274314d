package client

// CallNamer is what a service has that can name the requests of its operations: "GET /v1/api-keys". The operations are list, create,
// update, delete, probe, identify, project, retrieve, catalogue, roll, and end and keep for
// what ends an overlap and gives a key back to its former secret. A plan says by it what will be sent; a test compares it with what was.
type CallNamer interface {
	CallNames(op string) []string
}

// CallNames names the requests of an operation; the operation itself where the service does not say.
func CallNames(s Service, op string) []string {
	if n, ok := As[CallNamer](s); ok {
		return n.CallNames(op)
	}
	return []string{op}
}
