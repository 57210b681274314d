package host

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"detent/config"
)

// Described is what is configured and where it comes from, in words; never a secret.
func (h *Host) Described() (string, error) {
	cfg, err := h.Config()
	if err != nil {
		return "", err
	}
	selected, err := h.Selected()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	state := cfg.Path + " (not there)"
	switch {
	case h.o.Demo:
		state = "none (the demo reads no configuration)"
	case cfg.Found:
		state = cfg.Path + " (read)"
	}
	fmt.Fprintf(&b, "file     %s\nselected %s\n", state, selected.Name)
	for _, p := range cfg.Profiles {
		if err := h.describeProfile(&b, p, p.Name == selected.Name, cfg.Unusable(p.Name)); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

func (h *Host) describeProfile(b *strings.Builder, p config.Profile, selected bool, unusable error) error {
	readOnly, err := h.ReadOnly(p)
	if err != nil {
		return err
	}
	row := func(field string, value any) { fmt.Fprintf(b, "  %-11s %v\n", field, value) }
	fmt.Fprintf(b, "\n%s\n", p.Name)
	row("service", p.Service)
	if p.Embedded {
		row("url", "the embedded service")
		row("token", "made at start, in memory only")
	} else {
		row("url", p.URL)
		token := p.Token.String()
		if selected && h.o.Env.Get("DETENT_TOKEN") != "" {
			token = "DETENT_TOKEN, in place of " + token
		}
		row("token", token)
		if p.CA != "" {
			row("ca", p.CA)
		}
	}
	row("environment", cmp.Or(string(p.Environment), "unknown"))
	row("read_only", readOnly)
	row("max_age", fmt.Sprintf("%dd", int(p.Policy().MaxAge.Hours()/24)))
	if unusable != nil {
		row("unusable", unusable)
		return nil
	}
	issuer, err := h.Issuer(p.Service)
	if err != nil {
		return err
	}
	for _, parent := range issuer.Parents {
		row(parent.Name, p.Parents[parent.Name])
	}
	if slices.Contains(issuer.Settings, "auth") && !p.Embedded {
		row("auth", map[bool]string{true: "exchange", false: "direct"}[p.Exchange])
		if p.TokenURL != "" {
			row("token_url", p.TokenURL)
		}
	}
	if p.SecretPrefix != "" {
		row("secret_prefix", p.SecretPrefix)
	}
	if slices.Contains(issuer.Settings, "create") {
		row("create", p.CanCreate)
	}
	for _, d := range p.Deliver {
		row("deliver", d.Name+": "+placeOf(d))
	}
	return nil
}

// placeOf names a destination without the words of a command, which may hold anything.
func placeOf(d config.Deliver) string {
	text := ""
	switch {
	case d.EnvFile != nil:
		text = d.EnvFile.Variable + " in " + d.EnvFile.Path
	case d.File != "":
		text = "file " + d.File
	default:
		text = "command " + d.Command[0]
	}
	if len(d.Then) > 0 {
		text += ", then " + d.Then[0]
	}
	if len(d.Probe) > 0 {
		text += ", probe " + d.Probe[0]
	}
	if len(d.Keys) > 0 {
		text += ", for " + strings.Join(d.Keys, " ")
	}
	return text
}
