package form

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/apikey"
	"detent/desk"
	"detent/tui/ui"
)

// Public requests a public key: the service makes one, or returns the one that is still valid.
type Public struct {
	sheet
	profile string
	name    *text
	project *text
	ttl     *choice
	other   *text
}

// NewPublicKey asks for what a public key is requested with. Everything may be left empty.
func NewPublicKey(env *ui.Env, caps apikey.Capabilities, profile ui.Profile) ui.Screen {
	p := &Public{profile: profile.Name}
	p.sheet = sheet{
		env: env, self: p, title: "Request a public key", side: p.facts, doing: "asking…",
		notDone:   "no key was made.",
		uncertain: "A key may have been made. Asking again does no harm: while it is valid the same one is returned.",
		labels:    []string{"Request", "Back", "Cancel"}, unclear: []string{"Request again", "Back", "Cancel"},
	}
	p.name = newText(env, "Name", "")
	p.name.line.Meaning("the service's default")
	p.name.verify = func(v string) error {
		if strings.TrimSpace(v) == "" {
			return nil
		}
		return checkName(v, caps.MaxName)
	}
	p.project = newText(env, "Project", "")
	p.project.line.Meaning("the credential's own project")
	p.project.help = "The id of a project, if it is not the one of this credential."
	p.project.verify = func(v string) error { return desk.CheckProject(strings.TrimSpace(v)) }
	p.ttl = newChoice(env, "Lifetime", "24h", []option{{Value: "1h", Label: "1h"}, {Value: "8h", Label: "8h"},
		{Value: "24h", Label: "24h", About: "the service's default"}, {Value: "7d", Label: "7d"}, {Value: "", Label: "other", About: "given below"}})
	p.ttl.help = "↑ ↓ choose."
	p.other = newText(env, "Other lifetime", "")
	p.other.line.Example("90m, 12h, 2d or seconds")
	p.other.verify = func(string) error { _, err := p.seconds(); return err }
	p.other.note = func(v string) (string, string) {
		n, err := p.seconds()
		if err != nil {
			return "! ", err.Error()
		}
		return "", "→ " + expiryText(env, apikey.Expiry{After: time.Duration(n) * time.Second})
	}
	p.begin([]page{
		{name: "Public key", fields: []field{p.name, p.project, p.ttl}},
		{name: "Lifetime", fields: []field{p.other}, hide: func() bool { return p.ttl.value() != "" }},
	}, "This will be requested", p.facts, func(string) tea.Cmd {
		if !p.pages.check() {
			return nil
		}
		return ui.Do(ui.RequestPublicKey{Ticket: p.start(), Profile: p.profile, Request: p.request()})
	})
	return p
}

// seconds is the lifetime asked for.
func (p *Public) seconds() (int64, error) {
	text := p.ttl.value()
	if text == "" {
		text = p.other.value()
	}
	d, err := apikey.ParseSpan(text)
	return int64(d / time.Second), err
}

func (p *Public) request() apikey.PublicKeyRequest {
	ttl, _ := p.seconds()
	return apikey.PublicKeyRequest{Name: strings.TrimSpace(p.name.value()), Project: strings.TrimSpace(p.project.value()), TTL: ttl}
}

func (p *Public) facts() []fact {
	r := p.request()
	out := []fact{{label: "Name", value: cmp.Or(ui.Clean(r.Name), "the service's default")}, {label: "Project", value: cmp.Or(ui.Clean(r.Project), "this credential's own")}}
	if _, err := p.seconds(); err != nil {
		return append(out, fact{label: "Lifetime", mark: "! ", value: err.Error()})
	}
	return append(out, fact{label: "Lifetime", value: fmt.Sprintf("%d s, until %s", r.TTL, expiryText(p.env, apikey.Expiry{After: time.Duration(r.TTL) * time.Second}))},
		fact{label: "Note", value: "While a public key for this is valid, the service returns that one instead of a new one."})
}

// Update takes keys and the answer to the request.
func (p *Public) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ui.PublicKeyReady:
		if p.isOwn(msg.Ticket) {
			return p.finish(msg.Err)
		}
	case tea.KeyMsg:
		return p.press(msg)
	}
	return nil
}
