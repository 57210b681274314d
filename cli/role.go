package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"detent/apikey"
	"detent/audit"
	"detent/client"
	"detent/config"
	"detent/rotation"
	"detent/sshd"
)

// guest is a session over SSH: whose it is, and what that operator may do. Its methods take nil for
// the user of this process, who may do all.
type guest struct {
	operator config.Operator
	session  *sshd.Session
	server   *app // the process that serves; its embedded service is everybody's
	door     *doorkeeper
	people   *operators

	mu      sync.Mutex
	taken   *config.Config // the server's, as this session has last taken it up
	written *config.Config // the server's, as this session has last changed it
}

const (
	viewerOnly        = "your role is viewer: changing keys is for operators and admins"
	deleteIsAdmins    = "deleting is for admins; a rotation deletes the old key by itself"
	profilesAreAdmins = "adding and editing profiles is for admins"
)

func (r *guest) views() bool { return r != nil && r.operator.Role == config.Viewer }

// visible are the rotations that whoever acts may see.
func (a *app) visible(views []rotation.View) []rotation.View {
	if a.remote == nil {
		return views
	}
	var own []string // may be more than at the login
	if cfg, err := a.config(); err == nil {
		own = cfg.Names()
	}
	return slices.DeleteFunc(views, func(v rotation.View) bool {
		return v.Err != nil || !a.remote.operator.Sees(v.Profile) && !slices.Contains(own, v.Profile)
	})
}

// mayDeliver refuses a place on the server that a remote operator wrote out: only the profile's named
// ones and the operator's own clipboard are for them.
func (a *app) mayDeliver(p config.Profile, spec string) error {
	if a.remote == nil || spec == "clipboard" {
		return nil
	}
	var names []string
	for _, d := range p.Deliver {
		if d.Name == spec {
			return nil
		}
		names = append(names, d.Name)
	}
	a.remote.refused(audit.Action{Profile: p.Name, Service: p.Service, Action: "deliver"}, "not a destination of the profile")
	if len(names) == 0 {
		return fmt.Errorf("over SSH a secret goes only to a destination that the profile names, and %s names none: an admin adds one to the configuration on the server", p.Name)
	}
	return fmt.Errorf("over SSH a secret goes only to a destination that the profile names: %v", names)
}

// tokenStderr is where a token command may speak: never over a session's screen.
func (a *app) tokenStderr() io.Writer {
	if a.remote != nil {
		return a.remote.server.world.Err
	}
	return a.world.Err
}

// forRole is a service as the screens of an operator may use it. A rotation has the service itself: it
// deletes by its own rules.
func (a *app) forRole(s client.Service, p config.Profile) client.Service {
	if a.remote == nil || a.remote.operator.Role == config.Admin {
		return s
	}
	return &limited{Service: s, role: a.remote.operator.Role, refused: a.remote.refused, profile: p, made: map[string]bool{}}
}

// limited is a service for somebody who is no admin.
type limited struct {
	client.Service
	role    config.Role
	refused func(act audit.Action, why string)
	profile config.Profile

	mu   sync.Mutex
	made map[string]bool // keys made here: one whose secret reached nobody may go again
}

// refuse records what is not theirs, and says so.
func (l *limited) refuse(op, action, id, why string) error {
	l.refused(audit.Action{Profile: l.profile.Name, Service: l.profile.Service, Action: action, KeyID: id}, beyondRole)
	return &client.Error{Op: op, Kind: client.ReadOnly, Outcome: client.NotDone, Message: why}
}

// Capabilities are the service's without what the role may not do, each with whose it is.
func (l *limited) Capabilities() apikey.Capabilities {
	c := l.Service.Capabilities()
	no := func(a *apikey.Ability, why string) {
		if a.OK {
			*a = apikey.Cannot(why)
		}
	}
	no(&c.Delete, deleteIsAdmins)
	if l.role == config.Viewer {
		for _, a := range []*apikey.Ability{&c.Create, &c.Delete, &c.Rename, &c.ChangeRole, &c.Disable, &c.PublicKeys} {
			if a.OK || a.Why == deleteIsAdmins {
				*a = apikey.Cannot(viewerOnly)
			}
		}
	}
	return c
}

// Create remembers what it made.
func (l *limited) Create(ctx context.Context, d apikey.Draft) (apikey.Created, error) {
	if l.role == config.Viewer {
		return apikey.Created{}, l.refuse("create a key", "create", "", viewerOnly)
	}
	made, err := l.Service.Create(ctx, d)
	if err == nil {
		l.mu.Lock()
		l.made[made.Key.ID] = true
		l.mu.Unlock()
	}
	return made, err
}

// Update is for operators.
func (l *limited) Update(ctx context.Context, id string, p apikey.Patch) (apikey.Key, error) {
	if l.role == config.Viewer {
		return apikey.Key{}, l.refuse("change a key", "update", id, viewerOnly)
	}
	return l.Service.Update(ctx, id, p)
}

// Delete takes back what was made in this session, and nothing else.
func (l *limited) Delete(ctx context.Context, id string) (apikey.Deleted, error) {
	l.mu.Lock()
	own := l.made[id]
	l.mu.Unlock()
	switch {
	case l.role == config.Viewer:
		return apikey.Deleted{}, l.refuse("delete a key", "delete", id, viewerOnly)
	case !own:
		return apikey.Deleted{}, l.refuse("delete a key", "delete", id, deleteIsAdmins)
	}
	return l.Service.Delete(ctx, id)
}

// RequestPublicKey mints one.
func (l *limited) RequestPublicKey(ctx context.Context, req apikey.PublicKeyRequest) (apikey.PublicKeyValue, error) {
	giver, ok := client.As[client.PublicKeys](l.Service)
	switch {
	case l.role == config.Viewer:
		return apikey.PublicKeyValue{}, l.refuse("request a public key", "public-key", "", viewerOnly)
	case !ok:
		return apikey.PublicKeyValue{}, errors.New("this service gives no public keys")
	}
	return giver.RequestPublicKey(ctx, req)
}

// Unwrap gives what the service can do beside (client.As).
func (l *limited) Unwrap() client.Service { return l.Service }
