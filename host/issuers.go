package host

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"detent/apikey"
	"detent/client/issuers"
	"detent/client/kit"
)

// issuersPath is the folder of the user's own, without reading the configuration: an issuer's file is looked at before a profile can
// name it, and a configuration that is wrong says nothing about it.
func (h *Host) issuersPath() (string, error) {
	if h.o.Demo {
		return "", nil
	}
	path, _, err := h.o.Env.Path(h.o.Config)
	return issuers.FolderBeside(path), Usage(err)
}

// Issuer is a declaration by its name; a name with a slash, or that ends in .toml, is a file.
func (h *Host) Issuer(name string) (*kit.Declaration, error) {
	if strings.ContainsRune(name, filepath.Separator) || strings.HasSuffix(name, ".toml") {
		d, err := issuers.LoadFile(name)
		return d, Usage(err)
	}
	folder, err := h.issuersPath()
	if err != nil {
		return nil, err
	}
	d, err := issuers.Load(folder, name)
	if errors.Is(err, issuers.ErrUnknown) {
		return nil, Usagef("there is no issuer %q; there are %s", name, strings.Join(issuers.Names(folder), ", "))
	}
	return d, Usage(err)
}

// LocalWithEnvironments are the issuers of the key service inside detent whose keys work in one environment.
func LocalWithEnvironments() (out []string) {
	for _, name := range issuers.BuiltIn() {
		if d, err := issuers.Load("", name); err == nil && d.Embedded && len(d.Environments) > 0 {
			out = append(out, name)
		}
	}
	return out
}

// IssuerRow is what a list of issuers says of one.
type IssuerRow struct {
	Name   string          `json:"name"`
	Title  string          `json:"title"`
	Proven []IssuerProof   `json:"proven"`
	Can    map[string]bool `json:"can"`             // by the names of issuerCan; every issuer lists
	Own    bool            `json:"own"`             // a file of the user's
	Wrong  string          `json:"wrong,omitempty"` // why it cannot be used
}

// IssuerProof says how it is known that a declaration works.
type IssuerProof struct {
	By   string `json:"by"`   // server, client, documents
	What string `json:"what"` // the server or the client, with its version
	Date string `json:"date"` // of the documents
}

func proofOf(proven string) []IssuerProof {
	by, what, _ := strings.Cut(proven, " ")
	switch by {
	case "":
		return []IssuerProof{}
	case "documents":
		return []IssuerProof{{By: by, Date: what}}
	}
	return []IssuerProof{{By: by, What: what}}
}

// Issuers are all of them.
func (h *Host) Issuers() ([]IssuerRow, error) {
	folder, err := h.issuersPath()
	if err != nil {
		return nil, err
	}
	var out []IssuerRow
	for _, name := range issuers.Names(folder) {
		row := IssuerRow{Name: name, Own: !issuers.IsBuiltIn(name)}
		if d, err := issuers.Load(folder, name); err != nil {
			row.Wrong = kit.OneLine(err)
		} else {
			row.Title, row.Can, row.Proven = d.Title, canOf(d), proofOf(d.Proven)
		}
		out = append(out, row)
	}
	return out, nil
}

// issuerCan are what an issuer may be able to do, with the word of it for people.
var issuerCan = []struct{ name, word string }{{"create", "create"}, {"update", "change"}, {"enable", "switch"}, {"delete", "delete"},
	{"reveal", "reveal"}, {"last_used", "usage"}, {"roll", "roll"}, {"verify", ""}}

// canOf says what an issuer can do.
func canOf(d *kit.Declaration) map[string]bool {
	return map[string]bool{"create": d.Can("create"), "update": d.Update != nil, "enable": d.Can("disable"), "delete": d.Can("delete"),
		"reveal": d.Can("retrieve"), "last_used": d.Can("last_used"), "verify": len(d.Probes) > 0, "roll": d.Can("roll")}
}

// canWords are the same for people. What every issuer can is left out.
func canWords(can map[string]bool) (words []string) {
	for _, c := range issuerCan {
		if can[c.name] && c.word != "" {
			words = append(words, c.word)
		}
	}
	return words
}

// DescribeIssuer writes what is known of an issuer: what it can do, the calls that are made, and how that is known.
func DescribeIssuer(w io.Writer, d *kit.Declaration) error {
	var b strings.Builder
	row := func(label, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-12s %s\n", label, value)
		}
	}
	row("name", d.Name)
	row("title", d.Title)
	row("proven", d.Proven)
	row("can", strings.Join(append([]string{"list"}, canWords(canOf(d))...), ", "))
	row("url", d.URL)
	row("home", d.Home)
	row("credential", credentialOf(d))
	for _, p := range d.Parents {
		row("parent", p.Name+": "+p.Title+cmp.Or(strings.TrimSuffix(", "+p.About, ", "), ""))
	}
	for _, line := range grantsOf(d) {
		row(line[0], line[1])
	}
	row("settings", strings.Join(d.Settings, ", "))
	for _, c := range d.Calls() {
		if with := strings.Join(d.Requests()[c.Name].Constants(), ", "); c.Name == "create" && with != "" {
			c.Call += ", always with " + with
		}
		row(c.Name, c.Call)
	}
	for _, p := range d.Probes {
		row("prove", p.Call)
	}
	if lag := d.Truth.RevokeLag.Duration; lag > 0 {
		row("truth", "a revoked secret may be accepted for "+lag.String()+" more")
	}
	if lag := d.Truth.ListLag.Duration; lag > 0 {
		row("truth", "the list may be behind by "+lag.String())
	}
	if span := d.Truth.UseResolution.Duration; span > 0 {
		row("truth", "last use is written once in "+apikey.SpanWords(span))
	}
	if d.Truth.NeverTryDead {
		row("truth", "a dead secret is never tried: more would be revoked")
	}
	if d.Row.SecretIsID {
		row("truth", "a key is named by its secret: it is shown under a fingerprint")
	}
	for _, c := range d.Cannots() {
		row("cannot", c.Ability+": "+c.Why)
	}
	row("cannot", unsentWords(d))
	row("truth", alikeWords(d))
	_, err := io.WriteString(w, b.String())
	return err
}

// grantsOf are what a new key can be given, as it is declared, each with its label.
func grantsOf(d *kit.Declaration) (out [][2]string) {
	words := func(name string, mints bool) string {
		if mints {
			name += " (can mint)"
		}
		return name
	}
	groups, named := []string{}, map[string][]string{}
	for _, p := range d.Permissions {
		group := cmp.Or(p.Group, p.Feature)
		if named[group] == nil {
			groups = append(groups, group)
		}
		named[group] = append(named[group], words(p.Name, p.Mints))
	}
	for _, group := range groups {
		out = append(out, [2]string{"permission", strings.TrimPrefix(group+": "+strings.Join(named[group], ", "), ": ")})
	}
	for _, p := range d.Added {
		out = append(out, [2]string{"always", p.Name + ": the service gives it to each key by itself"})
	}
	var roles, environments []string
	for _, r := range d.Roles {
		roles = append(roles, words(r.Name, r.Mints))
	}
	for _, e := range d.Environments {
		environments = append(environments, string(e))
	}
	out = append(out, [2]string{"role", strings.Join(roles, ", ")}, [2]string{"type", strings.Join(d.Types, ", ")}, [2]string{"environment", strings.Join(environments, ", ")})
	if gives := d.Expiry.Lifetimes(); len(gives.Spans) > 0 || gives.Longest > 0 {
		out = append(out, [2]string{"lifetime", gives.Words()})
	}
	for _, p := range d.PropertiesOfKeys() {
		out = append(out, [2]string{"property", p.Summary()})
	}
	return out
}

// IssuerWarnings say what a file that can be used should be mended in.
func IssuerWarnings(d *kit.Declaration) []string {
	unused := ""
	if names := d.Unused(); len(names) > 0 {
		unused = "[[parent]] " + strings.Join(names, ", ") + " is in no call and in no header: every profile is asked for it in vain"
	}
	return slices.DeleteFunc([]string{unused, unsentWords(d), alikeWords(d)}, func(words string) bool { return words == "" })
}

// unsentWords say what a create does not ask for though keys have it; empty where it asks for all.
func unsentWords(d *kit.Declaration) string {
	if len(d.Unsent()) == 0 {
		return ""
	}
	var fields []string
	for _, f := range d.Unsent() {
		fields = append(fields, string(f))
	}
	return "create does not send " + strings.Join(fields, ", ") + ": a key that has it is replaced by another only after a person's word"
}

// alikeWords say that a living key may be answered as a dead one is, and what to do about it; empty where none is.
func alikeWords(d *kit.Declaration) string {
	for i, p := range d.Probes {
		if d.RefusesAlike(&p, 0) {
			return fmt.Sprintf("probe[%d].needs, refusals.means: a living key without %q may be answered as a dead one is, so that a refusal proves nothing of a key that is not known to have it, and a rotation of one "+
				"that has nothing of %s is refused. If the service has a code for a missing permission, refusals.lacking names it; else declare a probe that any key is answered, or one more for each permission",
				i, p.Needs, cmp.Or(strings.Join(d.ProvenBy(), ", "), p.Needs))
		}
	}
	return ""
}

func credentialOf(d *kit.Declaration) string {
	switch a := &d.Auth; {
	case a.Login != nil:
		return "USER:PASSWORD, for which " + a.Login.Call.Call + " gives a session, or a key"
	case a.Kind == "basic":
		return "USER:PASSWORD, basic, or a key" + strings.TrimSuffix(" "+sentAs(&d.KeyAuth), " ")
	case a.Kind == "signed":
		return a.Takes() + ", with which each request is signed (" + a.Signer + ")"
	}
	return cmp.Or(sentAs(&d.Auth), "in the header Authorization, as Bearer")
}

// sentAs is where a credential is put; empty for the usual place.
func sentAs(a *kit.Auth) string {
	switch a.Kind {
	case "header":
		return "in the header " + a.Header
	case "cookie":
		return "in the cookie " + a.Cookie
	case "body":
		return "in the body, as " + a.Member
	}
	return ""
}

// CheckIssuer reads a file, and says every problem of it by line and field. It asks no network.
func (h *Host) CheckIssuer(file string) (*kit.Declaration, error) {
	d, err := issuers.LoadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Usagef("there is no file %q: name the declaration, such as issuers/acme.toml beside the configuration", file)
	}
	return d, Usage(err)
}

// IssuerCells are the rows of a table, 80 columns wide: NAME, CAN, PROVEN ON.
func IssuerCells(all []IssuerRow) [][]string {
	out := make([][]string, len(all))
	for i, r := range all {
		out[i] = []string{r.Name, strings.Join(canWords(r.Can), " "), ""}
		for _, p := range r.Proven {
			out[i][2] = strings.TrimRight(p.By+" "+p.What+p.Date, " ")
		}
		if r.Wrong != "" {
			out[i][1] = "cannot be used"
		}
	}
	return out
}

// WrongIssuers say why files of the user's own cannot be used, a line each: file, line, field, what is allowed.
func WrongIssuers(all []IssuerRow) (lines []string) {
	for _, r := range all {
		if r.Wrong != "" {
			lines = append(lines, r.Name+" cannot be used: "+r.Wrong)
		}
	}
	return lines
}
