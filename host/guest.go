package host

import (
	"errors"
	"slices"

	"detent/config"
	"detent/desk"
	"detent/rotation"
)

// Guest is an operator who acts from elsewhere: who that is, and what the front that has let them in gives for it.
type Guest struct {
	Operator config.Operator
	From     string // address and port
	// Server is the host of the process that serves: its embedded service and its log are everybody's.
	Server *Host
	// Config is the configuration as the operator saw it at the login.
	Config *config.Config
	// Changed is the configuration as the operator sees it, where that is another than was asked for last; else nil.
	Changed func() *config.Config
	// FullConfig is the server's configuration as it is now, the profiles of others too.
	FullConfig func() *config.Config
	// Save changes the configuration file, for one session at a time, and takes it up.
	Save func(change func(path string) error) error
	// Refused records what the operator may not do.
	Refused func(e desk.Entry, why string)
}

const auditIsAdmins = "the log of who did what is for admins"

// AuditLog is where the log lies, and whose profiles' records whoever acts may see; nil is all. It tells what others do: who is no
// admin is refused, on record.
func (h *Host) AuditLog() (dir string, sees func(profile string) bool, err error) {
	g := h.o.Guest
	switch {
	case g == nil:
		dir, err = h.StateDir()
		return dir, nil, err
	case g.Operator.Role != config.Admin:
		g.Refused(desk.Entry{Action: "audit"}, desk.BeyondRole)
		return "", nil, errors.New(auditIsAdmins + ", and your role is " + string(g.Operator.Role))
	}
	dir, err = g.Server.StateDir()
	return dir, g.Operator.Sees, err
}

// Views says that the guest may look alone; nobody is no guest.
func (g *Guest) Views() bool { return g != nil && g.Operator.Role == config.Viewer }

// visible are the rotations that whoever acts may see.
func (h *Host) visible(views []rotation.View) []rotation.View {
	if h.o.Guest == nil {
		return views
	}
	var own []string // may be more than at the login
	if cfg, err := h.Config(); err == nil {
		own = cfg.Names()
	}
	return slices.DeleteFunc(views, func(v rotation.View) bool {
		return v.Err != nil || !h.o.Guest.Operator.Sees(v.Profile) && !slices.Contains(own, v.Profile)
	})
}
