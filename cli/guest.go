package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"detent/config"
	"detent/desk"
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
	profilesAreAdmins = "adding and editing profiles is for admins"
	auditIsAdmins     = "the log of who did what is for admins"
)

// mayAudit refuses the log to whoever is no admin, on record. It tells what others do.
func (r *guest) mayAudit() error {
	if r == nil || r.operator.Role == config.Admin {
		return nil
	}
	r.refused(desk.Entry{Action: "audit"}, desk.BeyondRole)
	return errors.New(auditIsAdmins + ", and your role is " + string(r.operator.Role))
}

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
	a.remote.refused(desk.Entry{Profile: p.Name, Service: p.Service, Action: "deliver"}, "not a destination of the profile")
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
