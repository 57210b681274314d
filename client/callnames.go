package client

// CallNamer is what a service has that can name the requests of its operations: "GET /v1/api-keys". The operations are list, create,
// update, delete, probe, identify, project, retrieve. A plan says by it what will be sent; a test compares it with what was.
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

// CallNames implements CallNamer. Which read a probe makes is decided by what the key may do: they are tried in this order.
func (p *prosopo) CallNames(op string) []string {
	if op == "probe" {
		var out []string
		for _, probe := range prosopoProbes {
			out = append(out, probe.method+" "+probe.path)
		}
		return out
	}
	return map[string][]string{
		"list": {"POST /api-keys/get"}, "create": {"POST /api-keys/create"}, "delete": {"POST /api-keys/delete"},
		"identify": {"POST /api-keys/get"}, "retrieve": {"POST /api-keys/get"},
	}[op]
}
