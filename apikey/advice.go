package apikey

// Advice is what the documents of a service say to whoever makes a key there, in short words: a sentence or two each. It is
// shown where it matters, and is the first to go where there is no room.
type Advice struct {
	Keep     string // where the secret of a key must not stand
	Browser  string // what a browser gets instead; empty where there is no such thing
	Least    string // what a key is to be allowed
	Separate string // how many uses a key is for
	Life     string // how long a key is to live
}

// Storing is what matters while a secret is in hand, the most important first.
func (a Advice) Storing() []string { return given(a.Keep, a.Browser, a.Separate, a.Least) }

// Making is what matters before a key is made.
func (a Advice) Making() []string { return given(a.Least, a.Separate) }

// Leaving is what matters of a secret that leaves for somewhere: where it must not go.
func (a Advice) Leaving() []string { return given(a.Keep, a.Browser) }

func given(texts ...string) (out []string) {
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}
