package keyserver

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"detent/apikey"
	"detent/keyserver/contract"
	"detent/keyserver/store"
	"detent/keyserver/wirename"
)

const (
	publicKeyName = "Public API Key (generated)" // what the document's example calls it
	publicKeyLife = 24 * time.Hour
	publicKeyRole = "executor"
)

var vertesiaRoutes = []route{
	{http.MethodGet, "/api/v1/apikeys", wirename.Vertesia, need{rank: reader}, vertesiaList},
	{http.MethodPost, "/api/v1/apikeys", wirename.Vertesia, need{rank: developer}, vertesiaCreate},
	{http.MethodGet, "/api/v1/apikeys/pk", wirename.Vertesia, need{rank: application}, vertesiaPublicKey},
	{http.MethodGet, "/api/v1/apikeys/{id}", wirename.Vertesia, need{rank: reader}, vertesiaGet},
	{http.MethodPut, "/api/v1/apikeys/{id}", wirename.Vertesia, need{rank: developer}, vertesiaUpdate},
	{http.MethodDelete, "/api/v1/apikeys/{id}", wirename.Vertesia, need{rank: admin}, vertesiaDelete},
	{http.MethodPost, "/token/issue", wirename.Vertesia, need{}, vertesiaExchange},
}

func vertesiaList(c *call) (int, []byte, error) {
	v := store.View{Service: wirename.Vertesia, ValidAt: c.now.UnixMilli()}
	switch level := c.query.Get("level"); level {
	case "", "account":
	case "project":
		v.Project = c.who.Project
	default:
		return 0, nil, contract.Invalid("level must be account or project")
	}
	return 0, nil, c.stream(v, store.Position{}, 0, list{head: "[",
		each: func(b []byte, k *store.Key) []byte { return contract.AppendVertesiaKey(b, k, c.account, "") },
		tail: func(*store.Position) string { return "]" }})
}

func vertesiaGet(c *call) (int, []byte, error) {
	k, err := c.current(c.ctx, c.id, &c.at)
	if err == nil && (k.Service != wirename.Vertesia || k.Session || k.Expired(c.now)) {
		err = store.ErrNoKey
	}
	if err != nil {
		return 0, nil, err
	}
	value := ""
	if c.query.Get("withValue") == "true" && k.Value != "" {
		if err := permit(c.who, need{rank: application}); err != nil {
			return 0, nil, err
		}
		value = k.Value
	}
	return http.StatusOK, contract.AppendVertesiaKey(nil, k, c.account, value), nil
}

// vertesiaKey finds a key that is not past its end.
func (c *call) vertesiaKey(ctx context.Context, q store.Queryer, id string) (*store.Key, error) {
	k, err := store.GetOf(ctx, q, wirename.Vertesia, "", id)
	if err == nil && k.Expired(c.now) {
		return nil, store.ErrNoKey
	}
	return k, err
}

func vertesiaCreate(c *call) (int, []byte, error) {
	write := func(k *store.Key, value string) []byte { return contract.AppendVertesiaKey(nil, k, c.account, value) }
	return c.create(creation{append([]string{"role", "type", "expires_at"}, contract.ExtraNames...), c.askedVertesia, http.StatusOK, write})
}

func (c *call) askedVertesia(k *store.Key) (err error) {
	k.Type = apikey.SecretKey
	if c.body.Has("type") {
		if k.Type, err = c.body.Text("type"); err != nil {
			return err
		}
		if k.Type != apikey.SecretKey && k.Type != apikey.PublicKey {
			return contract.Invalid("type must be sk or pk")
		}
	}
	if err := c.setRole(k, c.body); err != nil {
		return err
	}
	if k.ExpiresAt, err = c.body.Instant("expires_at", c.now); err != nil {
		return err
	}
	return c.setExtra(k, c.body)
}

// setRole gives the key the role that is asked for, if the caller may grant it.
func (c *call) setRole(k *store.Key, o contract.Object) error {
	name, err := o.Text("role")
	if err != nil {
		return err
	}
	r, known := roles[name]
	if !known {
		return contract.Invalid("unknown role %q", contract.Clip(name))
	}
	if k.Type == apikey.PublicKey && name != publicKeyRole {
		return contract.Invalid("a public key has the role %s and no other", publicKeyRole)
	}
	if r.grant > rankOf(c.who) {
		return contract.Forbidden("a key of role %s cannot grant the role %s", c.who.Role, name)
	}
	k.Role = name
	return nil
}

// setExtra merges the extra fields of a request into the key's.
func (c *call) setExtra(k *store.Key, o contract.Object) error {
	merged := contract.Object{}
	if k.Extra != "" {
		if err := json.Unmarshal([]byte(k.Extra), &merged); err != nil {
			return err
		}
	}
	changed := false
	for _, name := range contract.ExtraNames {
		raw, ok := o[name]
		if !ok {
			continue
		}
		if len(raw) > contract.Extras[name].Most {
			return contract.Invalid("%s is over %d bytes", name, contract.Extras[name].Most)
		}
		if !contract.Extras[name].Valid(raw) {
			return contract.Invalid("%s must be %s", name, contract.Extras[name].Kind)
		}
		if rankOf(c.who) < admin {
			return contract.Forbidden("the key's role %s is not enough to set %s: role admin is needed", c.who.Role, name)
		}
		merged[name], changed = raw, true
	}
	if !changed {
		return nil
	}
	text, err := json.Marshal(merged)
	k.Extra = string(text)
	return err
}

func vertesiaUpdate(c *call) (int, []byte, error) {
	if c.body == nil { // a client that lost its body must not be told that the change was made
		return 0, nil, contract.Invalid("the body is empty: an update takes a JSON object")
	}
	var before, after store.Key
	err := c.store.Change(c.ctx, func(ctx context.Context, tx store.Tx) error {
		if err := c.recheck(ctx, tx); err != nil {
			return err
		}
		k, err := c.vertesiaKey(ctx, tx, c.id)
		if err != nil {
			return err
		}
		before, after = *k, *k
		if err := c.applyUpdate(&after, c.body); err != nil {
			return err
		}
		if err := c.keepLast(ctx, tx, c.who, k, &after, c.now); err != nil {
			return err
		}
		after.UpdatedAt, after.UpdatedBy = c.now.UnixMilli(), c.actor()
		return store.Update(ctx, tx, &after, canMint(&after))
	})
	if err == nil {
		c.lag.changed(&before, c.now)
		c.committed()
		c.tell("changed", &after, changes(&before, &after)...)
	}
	return http.StatusOK, contract.AppendVertesiaKey(nil, &after, c.account, ""), err
}

func (c *call) applyUpdate(k *store.Key, o contract.Object) error {
	if k.Type != apikey.PublicKey && roles[k.Role].grant > rankOf(c.who) {
		return contract.Forbidden("a key of role %s cannot change a key of role %s", c.who.Role, k.Role)
	}
	o, err := contract.WithoutEcho(k, c.account, o)
	if err != nil {
		return err
	}
	if err := o.Only("an update", append([]string{"name", "role", "enabled"}, contract.ExtraNames...)...); err != nil {
		return err
	}
	if o.Has("name") {
		if k.Name, err = o.Name("name"); err != nil {
			return err
		}
	}
	if o.Has("role") {
		if err := c.setRole(k, o); err != nil {
			return err
		}
	}
	if o.Has("enabled") {
		if err := o.Into("enabled", &k.Enabled, "true or false"); err != nil {
			return err
		}
	}
	return c.setExtra(k, o)
}

func vertesiaDelete(c *call) (int, []byte, error) {
	return http.StatusOK, []byte(`{"acknowledged":true,"deletedCount":1}`), c.remove(c.id)
}

// vertesiaPublicKey returns the valid public key of that name and project, or makes one.
func vertesiaPublicKey(c *call) (int, []byte, error) {
	if c.r.Method == http.MethodHead { // it would make a key and tell nobody
		c.w.Header().Set("Allow", http.MethodGet)
		return 0, nil, contract.Refuse(http.StatusMethodNotAllowed, "a public key takes GET")
	}
	q := c.query
	name := publicKeyName
	if q.Has("name") {
		name = q.Get("name")
	}
	if err := contract.CheckName("name", name); err != nil {
		return 0, nil, err
	}
	k := c.newKey(name)
	k.Type, k.Role = apikey.PublicKey, publicKeyRole
	if project := q.Get("projectId"); project != "" && project != k.Project {
		if err := contract.CheckName("projectId", project); err != nil {
			return 0, nil, err
		}
		if rankOf(c.who) < admin {
			return 0, nil, contract.Forbidden("the key's role %s is not enough for another project: role admin is needed", c.who.Role)
		}
		if err := c.setProject(k, project); err != nil {
			return 0, nil, err
		}
	}
	life := int64(publicKeyLife / time.Second)
	if q.Has("ttl") {
		var err error
		if life, err = contract.ParseSeconds("ttl", q.Get("ttl")); err != nil {
			return 0, nil, err
		}
		if life == 0 {
			return 0, nil, contract.Invalid("ttl must be at least 1 second")
		}
	}
	expires := k.CreatedAt + life*1000
	// Asked for twice it is the same key, so it may be asked for again where an answer was lost.
	made := false
	err := c.store.Settle(c.ctx, func(ctx context.Context, tx store.Tx) error {
		made = false
		if err := c.recheck(ctx, tx); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `SELECT value, expires_at FROM keys
			WHERE type = 'pk' AND project = $1 AND name = $2 AND service = $3 AND enabled = 1 AND value <> '' AND (expires_at = 0 OR expires_at > $4)
			ORDER BY CASE expires_at WHEN 0 THEN 0 ELSE 1 END, expires_at DESC LIMIT 1`, k.Project, k.Name, wirename.Vertesia, c.now.UnixMilli()).Scan(&k.Value, &k.ExpiresAt)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		k.ExpiresAt = expires
		_, err = store.Insert(ctx, tx, c.random, k, canMint(k))
		made = err == nil
		return err
	})
	if err == nil && made {
		c.committed()
		c.tell("created", k, given(k)...)
	}
	b := append([]byte(nil), `{"value":`...)
	b = contract.AppendText(b, k.Value)
	b = contract.AppendTime(b, "expire_at", k.ExpiresAt)
	return http.StatusOK, append(b, '}'), err
}

// setProject puts the key into a project that is there: one that has keys. A mistyped name must not make another.
func (c *call) setProject(k *store.Key, project string) error {
	k.Project = project
	err := c.store.Read(c.ctx, func(ctx context.Context, q store.Queryer) error {
		return q.QueryRowContext(ctx, `SELECT project_name FROM keys WHERE service = $1 AND project = $2 LIMIT 1`, wirename.Vertesia, project).Scan(&k.ProjectName)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows) && project == c.project.id:
		k.ProjectName = c.project.name
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return contract.Refuse(http.StatusNotFound, "no such project")
	}
	return err
}

// vertesiaExchange answers a key with a token. A token is not exchanged for another: else it
// would never end.
func vertesiaExchange(c *call) (int, []byte, error) {
	if strings.Count(bearer(c.r), ".") == 2 {
		return 0, nil, contract.Unauthorized("a token cannot be exchanged: send the key itself")
	}
	token, err := c.issueToken(c.ctx, c.who, c.now)
	if err != nil {
		return 0, nil, err
	}
	b := append([]byte(nil), `{"token":`...)
	b = contract.AppendText(b, token)
	b = contract.AppendField(b, "token_type", "Bearer")
	b = contract.AppendRaw(b, "expires_in", strconv.FormatInt(int64(tokenLife/time.Second), 10))
	return http.StatusOK, append(b, '}'), nil
}
