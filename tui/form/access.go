package form

import (
	"fmt"
	"strings"

	"detent/apikey"
	"detent/tui/ui"
)

// newRole is a column of the service's roles with what each may do.
func newRole(env *ui.Env, caps apikey.Capabilities, value string) *choice {
	c := newChoice(env, "Role", value, roleOptions(caps, value, "the key's role now; detent does not know it"))
	c.alone = true
	c.help = "The narrowest that does the job."
	return c
}

// roleOptions are the service's roles, and one that is chosen and is none of them, with what that is.
func roleOptions(caps apikey.Capabilities, value, unknown string) []option {
	options := make([]option, 0, len(caps.Roles)+1)
	known := value == ""
	for _, r := range caps.Roles {
		o := option{Value: r.Name, Label: ui.Clean(r.Name), About: ui.Clean(r.Description)}
		if r.Risk == apikey.CanMint {
			o.Mark = "! "
			o.About += " (can make, change or delete keys)"
		}
		options = append(options, o)
		known = known || r.Name == value
	}
	if !known {
		options = append(options, option{Value: value, Label: ui.Clean(value), About: unknown})
	}
	return options
}

// newEnvironment chooses between live and test, which must never be mistaken for each other. What the profile
// is for comes first.
func newEnvironment(env *ui.Env, caps apikey.Capabilities, profile ui.Profile) *choice {
	value := string(apikey.Test)
	for _, e := range caps.Environments {
		if e == profile.Environment || profile.Embedded && e == apikey.Live {
			value = string(e)
		}
	}
	return newChoice(env, "Environment", value, environmentOptions(caps, ""))
}

// environmentOptions are the service's environments, and one that is chosen and is none of them.
func environmentOptions(caps apikey.Capabilities, value string) (options []option) {
	known := value == ""
	for _, e := range caps.Environments {
		o := option{Value: string(e), Label: environmentWord(e), About: environmentAbout(e)}
		if e == apikey.Live {
			o.Mark = "! "
		}
		options = append(options, o)
		known = known || string(e) == value
	}
	if !known {
		options = append(options, option{Value: value, Label: environmentWord(apikey.Environment(value)), About: "not among those that the service names"})
	}
	return options
}

func environmentAbout(e apikey.Environment) string {
	switch e {
	case apikey.Live:
		return "real data and real charges"
	case apikey.Test:
		return "no charges; what its calls make is not kept"
	}
	return "as the service defines it"
}

func (c *Create) restrictions() []field {
	c.ips = newItems(c.env, "IP addresses", "203.0.113.7, 10.0.0.0/8", apikey.CleanIP, "address or range", "addresses or ranges")
	c.ips.help = "Addresses or CIDRs of the caller, separated by commas or spaces. Empty is anywhere."
	c.referrers = newItems(c.env, "Referrers", "https://app.example.com/*", apikey.CleanReferrer, "referrer", "referrers")
	c.referrers.help = "Exact origins, with /* for all their pages. Empty is any."
	c.endpoints = newItems(c.env, "Endpoints", "/v1/users, /v1/orders", apikey.CleanEndpoint, "endpoint", "endpoints")
	c.endpoints.help = "Path prefixes by whole segments: /v1/users also allows /v1/users/7. Empty is all."
	return []field{c.ips, c.referrers, c.endpoints}
}

// newItems is a field for a list, whose items are counted as they are typed.
func newItems(env *ui.Env, title, example string, clean func(string) (string, error), one, many string) *text {
	t := newText(env, title, "")
	t.line.Example(example)
	t.verify = func(v string) error { _, err := each(v, clean); return err }
	t.note = func(v string) (string, string) {
		switch got, err := each(v, clean); {
		case err != nil:
			return "! ", err.Error()
		case len(got) == 1:
			return "", "1 " + one
		case len(got) > 1:
			return "", fmt.Sprintf("%d %s", len(got), many)
		}
		return "", ""
	}
	return t
}

// each takes a list apart at commas and white space, and cleans its items.
func each(text string, clean func(string) (string, error)) (out []string, err error) {
	for item := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\t' }) {
		item, err := clean(ui.Clean(item))
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}
