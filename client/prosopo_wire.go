package client

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"sync"

	"detent/apikey"
)

// prosopoRow is a key on the wire. The vendor does not publish its field names, so that every
// likely one is read. The token is dropped with the row.
type prosopoRow struct {
	ID          text            `json:"id"`
	MongoID     text            `json:"_id"`
	KeyID       text            `json:"apiKeyId"`
	Name        text            `json:"name"`
	Masked      text            `json:"masked"`
	Permissions json.RawMessage `json:"permissions"`
	CreatedAt   wireTime        `json:"createdAt"`
	Created     wireTime        `json:"created"`
	ExpiresAt   wireTime        `json:"expiresAt"`
	Expires     wireTime        `json:"expires"`
	Expiry      wireTime        `json:"expiry"`
	Token       token           `json:"token"`
	APIKey      token           `json:"apiKey"`
	Key         token           `json:"key"`
}

var prosopoNames = memberNames(prosopoRow{})

func (r *prosopoRow) field(name []byte) json.Unmarshaler {
	switch string(name) {
	case "id":
		return &r.ID
	case "_id":
		return &r.MongoID
	case "apiKeyId":
		return &r.KeyID
	case "name":
		return &r.Name
	case "masked":
		return &r.Masked
	case "permissions":
		return &r.Permissions
	case "createdAt":
		return &r.CreatedAt
	case "created":
		return &r.Created
	case "expiresAt":
		return &r.ExpiresAt
	case "expires":
		return &r.Expires
	case "expiry":
		return &r.Expiry
	case "token":
		return &r.Token
	case "apiKey":
		return &r.APIKey
	case "key":
		return &r.Key
	}
	return nil
}

func (r *prosopoRow) id() string           { return firstOf(r.ID, r.MongoID, r.KeyID) }
func (r *prosopoRow) token() apikey.Secret { return firstToken(r.Token, r.APIKey, r.Key) }
func (r *prosopoRow) expiry() wireTime     { return firstTime(r.ExpiresAt, r.Expires, r.Expiry) }

// features is what has been learned from the account's own keys about how it spells features.
type features struct {
	mu      sync.Mutex
	spelled map[string]string // the catalogue's feature → the account's
}

// learn takes note of a permission as a key has it, and completes one of a flat list. The
// catalogue's own spelling wins once a key shows it.
func (f *features) learn(p apikey.Permission) apikey.Permission {
	known, ok := prosopoFeature[p.Name]
	if !ok {
		return p
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.Feature == "" {
		p.Feature = spelled(f.spelled, known)
		return p
	}
	if f.spelled == nil {
		f.spelled = map[string]string{}
	}
	if _, taken := f.spelled[known]; !taken || p.Feature == known {
		f.spelled[known] = p.Feature
	}
	return p
}

// spelling is a copy of what has been learned.
func (f *features) spelling() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := make(map[string]string, len(f.spelled))
	for k, v := range f.spelled {
		m[k] = v
	}
	return m
}

// place gives a permission the feature under which this account files it.
func (f *features) place(p apikey.Permission) apikey.Permission {
	known, ok := prosopoFeature[p.Name]
	if ok && (p.Feature == "" || p.Feature == known) {
		p.Feature = spelled(f.spelling(), known)
	}
	return p
}

// parsePermissions reads {"Feature":["name"]}, ["name"] and ["Feature.name"]. What it does not understand becomes a
// name as it stands on the wire: a right is never lost in silence.
func parsePermissions(raw json.RawMessage) []apikey.Permission {
	raw = bytes.TrimSpace(raw)
	var usual map[string][]string
	var byFeature map[string]json.RawMessage
	var out []apikey.Permission
	if len(raw) > 0 && raw[0] == '{' && json.Unmarshal(raw, &usual) == nil {
		for feature, names := range usual {
			for _, name := range names {
				out = append(out, apikey.Permission{Feature: feature, Name: name})
			}
		}
	} else if len(raw) > 0 && raw[0] == '{' && json.Unmarshal(raw, &byFeature) == nil {
		for feature, names := range byFeature {
			for _, name := range permissionNames(names) {
				out = append(out, apikey.Permission{Feature: feature, Name: name})
			}
		}
	} else {
		for _, name := range permissionNames(raw) {
			p := apikey.Permission{Name: name}
			if named := apikey.ParsePermission(name); named.Feature != "" && prosopoFeature[named.Name] == named.Feature {
				p = named
			}
			out = append(out, p)
		}
	}
	return out
}

// inOrder sorts permissions, each once: an object of the wire has no order.
func inOrder(list []apikey.Permission) []apikey.Permission {
	slices.SortFunc(list, func(a, b apikey.Permission) int {
		return cmp.Or(cmp.Compare(a.Feature, b.Feature), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(list)
}

func permissionNames(raw json.RawMessage) []string {
	var list []json.RawMessage
	var flags map[string]bool
	var levels map[string]string
	var names []string
	switch {
	case len(raw) == 0 || string(raw) == "null":
	case json.Unmarshal(raw, &list) == nil:
		for _, item := range list {
			names = append(names, literal(item))
		}
	case json.Unmarshal(raw, &flags) == nil:
		for name, granted := range flags {
			if granted {
				names = append(names, name)
			}
		}
	case json.Unmarshal(raw, &levels) == nil: // {"members":"read"}
		for name, level := range levels {
			names = append(names, name+":"+level)
		}
	default:
		names = append(names, literal(raw))
	}
	return names
}

// literal is a string's value, or any other value's JSON.
func literal(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var b bytes.Buffer
	_ = json.Compact(&b, raw)
	return b.String()
}
