package kit

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"detent/apikey"
)

// aboutAKey are the calls whose path or body has the id of a key.
var aboutAKey = []string{"create.secret", "create.named", "list.each", "update", "delete", "retrieve", "enable", "disable", "roll", "roll.end", "roll.keep"}

func (c *checker) calls(d *Declaration) {
	for field, call := range d.Requests() {
		c.call(field, call, slices.Contains(aboutAKey, field))
	}
	if d.Roll != nil && d.Roll.Longest.Duration > apikey.MaxLifetime {
		c.refuse("roll.longest", "is 100 years at most")
	}
	if u := d.Update; u != nil && !(u.Whole && len(u.Body) == 0) && !slices.ContainsFunc(d.changeable(), func(f string) bool { return u.Sends(apikey.Field(f)) }) {
		c.refuse("update.send", "changes nothing: { field = … } somewhere in it, or update.fields, is %s", oneOf(d.changeable()))
	}
	if d.Create != nil && !d.Create.Sends(apikey.FieldName) {
		c.refuse("create.send", "sends no name: { field = %q } somewhere in it, or create.fields, or create.named, a second call that gives it. A create whose answer is lost is found again by the name alone", "name")
	}
	for _, id := range d.OtherIDs {
		c.member("other_ids", id)
	}
	if d.Delete != nil {
		c.smallWords("delete.maybe_gone", d.Delete.MaybeGone)
		c.bySecret(d)
		if d.Delete.OffFirst && !d.Can("disable") {
			c.refuse("delete.off_first", "needs a call that switches a key off: disable and enable, or an update that sends enabled")
		}
	}
	for field, span := range map[string]time.Duration{"revoke_lag": d.Truth.RevokeLag.Duration, "list_lag": d.Truth.ListLag.Duration} {
		if span > 24*time.Hour {
			c.refuse("truth."+field, "is 24h at most: so long is waited for it")
		}
	}
	if d.Truth.UseResolution.Duration > 31*24*time.Hour {
		c.refuse("truth.use_resolution", "is 31d at most")
	}
	c.flat("list.rows", d.List.Rows)
	c.only("list.only", d.List.Only)
	if d.List.Secrets && len(d.Row.Secret) == 0 {
		c.refuse("row.secret", "is missing: with list.secrets a row has it")
	}
	c.one("list.paging", d.List.Paging, "", "cursor")
	if d.List.Pages != nil && d.List.Paging != "" {
		c.refuse("list.paging", "is said by list.pages already")
	}
	c.pages("list.pages", d.List.Pages, &d.List.Call)
	if d.Row.SecretIsID && d.List.Pages != nil && d.List.Pages.Kind == "after-id" {
		c.refuse("list.pages.kind", "\"after-id\" is not with row.secret_is_id: the id is the secret, and an address is logged by everything on its way")
	}
	c.catalogues(d)
	if d.Create != nil {
		if d.Create.Setting != "" && !slices.Contains(d.Settings, d.Create.Setting) {
			c.refuse("create.setting", "%q is none of settings: %s", d.Create.Setting, among(d.Settings, "the file has none"))
		}
		if len(d.Row.Secret) == 0 {
			c.refuse("row.secret", "is missing: the answer to a create holds the secret somewhere")
		}
		c.paths("create.id", d.Create.ID)
		c.asked(d)
	}
	for i, q := range d.List.Queries {
		c.query(fmt.Sprintf("list.queries[%d]", i), q, false)
	}
	c.query("own_project", d.OwnProject, false)
	if d.Exchange != nil && c.address("exchange.call", d.Exchange.Call, false) != http.MethodPost {
		c.refuse("exchange.call", "is a POST: a key is in no address")
	}
	if p := d.PublicKey; p != nil {
		c.address("public_key.call", p.Call, false)
		c.members("public_key", []string{p.Name, p.Project, p.TTL})
	}
	if len(d.Probes) == 0 {
		c.refuse("probe", "is missing: one harmless read must show that a secret works")
	}
	for i := range d.Probes {
		c.probe(fmt.Sprintf("probe[%d]", i), &d.Probes[i])
	}
}

// catalogues check how it is asked what a new key can be given. Each is a read, made as soon as somebody looks at a form.
func (c *checker) catalogues(d *Declaration) {
	for field, k := range d.Catalogues() {
		c.catalogue(field, k, d)
	}
	for i, p := range d.Parents {
		if p.Catalogue == nil {
			continue
		}
		field := fmt.Sprintf("parent[%d].catalogue", i)
		c.catalogue(field, p.Catalogue, d)
		for _, later := range d.Parents[i:] {
			if p.Catalogue.Names(later.Name) {
				c.refuse(field+".call", "{%s} is not known yet when this is asked: parents before this one are", later.Name)
			}
			for header, text := range d.Headers {
				if strings.Contains(text, "{"+later.Name+"}") {
					c.refuse("headers."+header, "{%s} is not known yet when %s is asked: parents before that one are", later.Name, field)
				}
			}
		}
	}
	for _, of := range []struct {
		field string
		has   *Catalogue
		id    apikey.Field
		what  string
	}{{"catalogue", d.Catalogue, apikey.FieldPermissions, "permissions"}, {"role_catalogue", d.RoleCatalogue, apikey.FieldRole, "roles"},
		{"environment_catalogue", d.EnvironmentCatalogue, apikey.FieldEnvironment, "environments"}} {
		if of.has != nil && d.Create != nil && !d.Create.Sends(of.id) {
			c.refuse(of.field, "is for %s, and create sends none", of.what)
		}
	}
	if d.RoleCatalogue != nil && len(d.Roles) == 0 {
		c.refuse("role", "is missing: until the service was asked, one that it surely has is offered")
	}
	if d.EnvironmentCatalogue != nil && len(d.Environments) == 0 {
		c.refuse("environments", "is missing: until the service was asked, one that it surely has is offered")
	}
}

func (c *checker) catalogue(at string, k *Catalogue, d *Declaration) {
	method, _, _ := strings.Cut(k.Call.Call, " ")
	permissions, named := at == "catalogue", strings.HasPrefix(at, "property") || strings.HasPrefix(at, "parent[")
	switch {
	case k.Keys && !permissions:
		c.refuse(at+".keys", "is for permissions: here a call is needed")
	case k.Keys && k.Call.Call+k.Name != "":
		c.refuse(at+".keys", "there is no call of its own then: leave the other fields out")
	case k.Keys && len(d.Row.Permissions) == 0:
		c.refuse("row.permissions", "is missing: with catalogue.keys the permissions of keys are looked at")
	case k.Keys:
	case method != "" && method != http.MethodGet && method != http.MethodPost:
		c.refuse(at+".call", "a catalogue is read: GET, or a POST that reads")
	case k.Name == "" && k.ID+k.Feature+k.Group+k.Description != "":
		c.refuse(at+".name", "is missing: where does a row have its name?")
	case !permissions && k.Feature+k.Group != "", !permissions && !named && k.ID != "":
		c.refuse(at, "has name and description of a row: feature and group are those of permissions, and id of these, of properties and of parents")
	}
	c.pages(at+".pages", k.Pages, &k.Call)
	c.flat(at+".rows", k.Rows)
	for field, path := range map[string]string{"name": k.Name, "id": k.ID, "feature": k.Feature, "group": k.Group, "description": k.Description} {
		c.paths(at+"."+field, path)
	}
	c.only(at+".only", k.Only)
	c.smallWords(at+".mints", k.Mints)
}

// only checks what tells the rows that count: a member by which none does is no filter.
func (c *checker) only(field string, only map[string][]string) {
	for path, values := range only {
		c.paths(field, path)
		if path == "" || len(values) == 0 {
			c.refuse(field, "%q needs a value of those that count: only = { type = [\"auth\"] }", path)
		}
	}
}

// asked holds that what a new key is asked to have is sent, and what is sent is asked for: a service gives what it likes, often all, where
// nothing is said.
func (c *checker) asked(d *Declaration) {
	for _, f := range []struct {
		field string
		id    apikey.Field
		asked bool
		free  bool // there may be values that nobody declares
	}{{"permission", apikey.FieldPermissions, slices.ContainsFunc(d.Permissions, func(p Permission) bool { return !p.Always }), true}, {"role", apikey.FieldRole, len(d.Roles) > 0, false},
		{"environments", apikey.FieldEnvironment, len(d.Environments) > 0, false}, {"types", apikey.FieldType, len(d.Types) > 0, false}} {
		switch sends := d.Create.Sends(f.id); {
		case f.asked && !sends:
			c.refuse(f.field, "is asked for when a key is made, and not sent: create.send needs { field = %q } somewhere", f.id)
		case sends && !f.asked && !f.free:
			c.refuse("create.send", "sends the field %q, and %s says none that a key could have", f.id, f.field)
		}
	}
}

func (c *checker) pages(at string, p *Pages, call *Call) {
	if p == nil {
		return
	}
	c.one(at+".kind", p.Kind, "page", "offset", "after-id", "cursor", "link")
	if p.Kind != "link" {
		c.member(at+".by", p.By)
	}
	if p.Kind == "cursor" && p.Next == "" {
		c.refuse(at+".next", "is missing: where does a page name the next cursor?")
	}
	if p.Size != "" {
		c.member(at+".size", p.Size)
		if p.Most < 1 || p.Most > 10_000 {
			c.refuse(at+".most", "1 to 10000 keys a page")
		}
	}
	if p.Size == "" && p.Most != 0 {
		c.refuse(at+".most", "is for %s.size: by which member is it asked for?", at)
	}
	if p.First != nil && (*p.First < 0 || *p.First > 1000) {
		c.refuse(at+".first", "is 0 to 1000")
	}
	for field, path := range map[string]string{"next": p.Next, "more": p.More, "last": p.Last} {
		c.paths(at+"."+field, path)
	}
	if p.InBody && call.Send == nil {
		c.refuse(at+".in_body", "needs %s.send", strings.TrimSuffix(at, ".pages"))
	}
}

// probe checks one read. Nothing that writes is a probe.
func (c *checker) probe(field string, p *Probe) {
	method := c.address(field+".call", p.Call, p.ID != "")
	if method != "" && method != http.MethodGet && method != http.MethodPost {
		c.refuse(field+".call", "a probe is harmless: GET, or a POST that reads")
	}
	c.query(field+".query", p.Query, false)
	call := &Call{Call: p.Call, Body: p.Body, SendAs: p.SendAs}
	c.body(field, call, false, p.Own)
	holds := false
	call.each(func(_ string, v Value) { holds = holds || v.Secret })
	if p.Own && !holds {
		c.refuse(field+".send", "needs { secret = true } somewhere: by_own_credential tries what is in the body")
	}
	c.one(field+".answers", p.Answers, "keys", "object", "list", "members", "verdict")
	c.flat(field+".rows", p.Rows)
	switch {
	case p.Answers == "members" && len(p.Members) == 0:
		c.refuse(field+".members", "is missing: by what is the issuer's own answer told?")
	case p.Answers == "verdict" && len(p.Accepts) == 0:
		c.refuse(field+".accepts", "is missing: which member says that a secret is accepted?")
	}
	c.paths(field+".members", p.Members...)
	c.paths(field+".key_id", p.KeyID)
	if p.KeyID != "" && (p.Answers == "keys" || p.Answers == "list") {
		c.refuse(field+".key_id", "is in one object: a list names the keys of all")
	}
	if p.KeyID != "" && c.d.Row.SecretIsID {
		c.refuse(field+".key_id", "is not with row.secret_is_id: there a secret names its own key")
	}
	for name, verdict := range map[string]map[string][]string{".accepts": p.Accepts, ".refuses": p.Refuses} {
		for path := range verdict {
			c.paths(field+name, path)
		}
	}
	if p.NotFound && p.NotFoundRefuses {
		c.refuse(field+".not_found_refuses", "is the contrary of not_found_accepts")
	}
}

// bySecret checks the call by which a secret deletes its own key.
func (c *checker) bySecret(d *Declaration) {
	const field = "delete.by_secret"
	switch by := d.Delete.BySecret; {
	case by == "":
	case d.Row.SecretIsID && strings.Contains(by, "{id}"):
		c.refuse(field, "has no {id} here: the id is the secret")
	default:
		c.address(field, by, strings.Contains(by, "{id}"))
	}
}

// call checks a request. with says that it is about one key: then its id is in the path or in the body.
func (c *checker) call(field string, call *Call, with bool) {
	method := c.addressOf(field+".call", call.Call, with, call.Sends(apikey.FieldID) || strings.Contains(call.Query, "{id}"))
	if reads := []string{http.MethodGet, http.MethodPost}; method != "" {
		switch field {
		case "auth.login":
			reads = append(reads, http.MethodPut)
			fallthrough
		case "list", "list.each", "retrieve":
			if !slices.Contains(reads, method) {
				c.refuse(field+".call", "is a read: %s", oneOf(reads))
			}
		}
	}
	c.query(field+".query", call.Query, with)
	c.paths(field+".key", call.Key...)
	if call.Needs != "" {
		c.text(field+".needs", call.Needs, 64)
	}
	for name, is := range map[string]bool{"maybe_gone": call.MaybeGone != "", "by_secret": call.BySecret != "", "off_first": call.OffFirst} {
		if is && field != "delete" {
			c.refuse(field+"."+name, "is for delete")
		}
	}
	if call.EmptyYes && !call.Silent && slices.Contains([]string{"update", "enable", "disable"}, field) {
		c.refuse(field+".empty_yes", "is with silent: else the answer is the key")
	}
	c.whole(field, call)
	c.body(field, call, field == "auth.login", false)
}

// whole checks a change that sends the whole object.
func (c *checker) whole(field string, call *Call) {
	changes := field == "update" || field == "enable" || field == "disable"
	switch {
	case !call.Whole && (call.Read != "" || len(call.Omit) > 0):
		c.refuse(field+"."+map[bool]string{true: "read", false: "omit"}[call.Read != ""], "is for a change with whole = true")
	case !call.Whole:
	case !changes:
		c.refuse(field+".whole", "is for update, enable and disable")
	case c.d.Row.SecretIsID:
		c.refuse(field+".whole", "cannot be read by an id that is a secret")
	default:
		if method := c.address(field+".read", call.Read, true); method != "" && method != http.MethodGet {
			c.refuse(field+".read", "is a GET: it is made before anything is changed")
		}
		c.paths(field+".omit", call.Omit...)
		if len(call.Body) == 0 {
			c.refuse(field+".send", "is missing: what of the object is changed?")
		}
	}
}

// form checks a body that is written as a form: it has names with texts, and no table.
func (c *checker) form(field string, call *Call) {
	c.one(field+".send_as", call.SendAs, "", "form")
	if call.SendAs != "form" {
		return
	}
	if call.Whole {
		c.refuse(field+".send_as", "is not with whole = true: what is read is JSON")
	}
	for _, member := range slices.Sorted(maps.Keys(call.Body)) {
		v := call.Body[member]
		nested := func(v Value) bool {
			return v.Object != nil || v.List != nil || v.Null || v.As == "grouped" || v.As == "ids"
		}
		if v.Null || nested(v) && v.List == nil || slices.ContainsFunc(v.List, nested) {
			c.refuse(field+".send."+member, "is a table or null, which a form cannot have: texts, numbers, true or false, and lists of these")
		}
	}
}

// body checks what a request sends. A login's own places are in its body alone, a secret that is tried in a probe's.
func (c *checker) body(field string, call *Call, login, secret bool) {
	c.form(field, call)
	for _, member := range slices.Sorted(maps.Keys(call.Body)) {
		c.member(field+".send."+member, member)
	}
	call.each(func(path string, v Value) {
		at := field + ".send." + path
		c.shaped(at, v)
		if strings.HasPrefix(call.Call, http.MethodGet+" ") && (v.Field != "" || v.Login != "" || v.Secret) {
			c.refuse(at, "is not sent, as a GET has no body: a POST has one, and what is no secret may be in the query")
		}
		switch {
		case v.Field == FieldOverlap && field == "roll":
			c.one(at, v.As, "seconds", "milliseconds")
		case v.Field != "" && !slices.Contains(c.d.sendable(), string(v.Field)):
			c.refuse(at, "%q is no field that can be sent: %s", v.Field, oneOf(c.d.sendable()))
		case v.Field == apikey.FieldExpiry:
			c.one(at, v.As, timeForms...)
		case v.Field == apikey.FieldPermissions:
			c.one(at, v.As, rightForms...)
		case c.d.Property(v.Field) != nil:
			c.sentAs(at, c.d.Property(v.Field), v)
		case v.Field == apikey.FieldRole:
			c.one(at, v.As, "", "number")
		case v.Field == apikey.FieldEnabled:
			c.one(at, v.As, "", "state")
			if state := c.d.Row.State; v.As == "state" && (len(state.On) == 0 || len(state.Off) == 0) {
				c.refuse("row.state", "is missing, with on and off: by as = \"state\" the first word of each is sent")
			}
		case v.Field != "":
			c.one(at, v.As, "")
		case v.Parent != "":
			c.known(at, v.Parent)
		case v.Login != "" && !login:
			c.refuse(at, "the halves of a credential are for the call of auth.login alone")
		case v.Secret && !secret:
			c.refuse(at, "a secret is in the body of a probe by_own_credential alone")
		}
	})
}

// query checks a query: it holds no secret, and is the same for every key but for an id where one is meant.
func (c *checker) query(field, query string, id bool) {
	if query == "" {
		return
	}
	if !plainQuery().MatchString(query) {
		c.refuse(field, "%q is no query: name=value&name=value, of letters, digits and _ . , -, or a {parent}", query)
	}
	for _, pair := range strings.Split(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); namesCredential(name) && value != "true" && value != "false" {
			c.refuse(field, "%q is the name of a credential, and an address is logged by everything on its way: auth says how it is sent", name)
		}
	}
	for _, place := range placeIn().FindAllStringSubmatch(query, -1) {
		switch {
		case place[1] != "id":
			c.known(field, place[1])
		case c.d.Row.SecretIsID:
			c.refuse(field, "has no {id} with row.secret_is_id: the id is the secret, and an address is logged by everything on its way")
		case !id:
			c.refuse(field, "has an {id}, but is about no key")
		}
	}
}

// address checks "METHOD /path". A path stays on the profile's own host, and has an {id} where one is meant.
func (c *checker) address(field, call string, id bool) (method string) {
	return c.addressOf(field, call, id, false)
}

// addressOf is address; where the body has the id, the path need not.
func (c *checker) addressOf(field, call string, id, optional bool) (method string) {
	method, path, _ := strings.Cut(call, " ")
	switch {
	case call == "":
		c.refuse(field, `is missing: "GET /v1/keys"`)
		return ""
	case !slices.Contains(methods, method):
		c.refuse(field, "begins with %s", oneOf(methods))
		return ""
	case !pathOf().MatchString(path):
		c.refuse(field, "%q is no path on the profile's own host: segments of letters, digits and _ . ~ -, {id} or a {parent}, each after a slash, and no query", path)
		return method
	case strings.Count(path, "{id}") > 1 || !id && strings.Contains(path, "{id}") || id && !optional && !strings.Contains(path, "{id}"):
		c.refuse(field, "%s", map[bool]string{true: "needs one {id}, for the key that it is about", false: "has an {id}, but is about no key"}[id])
	}
	for _, place := range placeIn().FindAllStringSubmatch(path, -1) {
		if place[1] != "id" {
			c.known(field, place[1])
		}
	}
	return method
}
