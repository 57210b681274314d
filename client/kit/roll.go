package kit

import "detent/apikey"

// Roll is the call that gives a key a new secret: its row stays, with its id and its rights. Its answer is the key, and the secret is where
// row.secret says.
type Roll struct {
	Call
	// Old says what becomes of the secret that the key had: "dies at once"; or "overlaps", where { field = "overlap", as = "seconds" } is
	// in the body, the time that it is accepted beside the new one. There 0 is at once.
	Old string `toml:"old"`
	// Longest is the longest overlap that the issuer takes: "168h".
	Longest Span `toml:"longest"`
	// Setting is a setting of the profile that must be on: the call is not offered by every service of this kind.
	Setting string `toml:"setting"`
	// Again says that the call takes an Idempotency-Key: what is sent again under the same one is done once, and answered with the key.
	// Without it a roll whose answer is lost cannot be asked for again.
	Again bool `toml:"again"`
	// End ends an overlap: the former secret dies. Keep gives the key back to its former secret while an overlap runs, and the new one dies.
	End  *Call `toml:"end"`
	Keep *Call `toml:"keep"`
}

// Former says where a row tells of a former secret that is still accepted: the member that holds it, and in it when that secret dies and
// when it was last used.
type Former struct {
	Members Members `toml:"members"`
	Ends    string  `toml:"ends_at"`
	Used    string  `toml:"last_used_at"`
}

// FieldOverlap is how long a former secret is to live on, in the body of a roll.
const FieldOverlap apikey.Field = "overlap"

const (
	diesAtOnce = "dies at once"
	overlaps   = "overlaps"
)

// Overlaps reports whether the former secret lives on for as long as is asked.
func (r *Roll) Overlaps() bool { return r.Old == overlaps }

// roll checks the call for a new secret.
func (c *checker) roll(d *Declaration) {
	former := d.Row.Former
	if len(former.Members) > 0 {
		c.member("row.former.ends_at", former.Ends)
	}
	if former.Used != "" {
		c.member("row.former.last_used_at", former.Used)
	}
	r := d.Roll
	if r == nil {
		return
	}
	if len(d.Row.Secret) == 0 {
		c.refuse("row.secret", "is missing: the answer to a roll holds the secret somewhere")
	}
	if len(d.Row.RolledAt) == 0 {
		c.refuse("row.rolled_at", "is missing: whether a key was rolled is told by it")
	}
	if r.Setting != "" && !contains(d.Settings, r.Setting) {
		c.refuse("roll.setting", "%q is none of settings", r.Setting)
	}
	c.one("roll.old", r.Old, diesAtOnce, overlaps)
	sends := r.Sends(FieldOverlap)
	switch {
	case r.Old == overlaps && !sends:
		c.refuse("roll.send", `needs { field = "overlap", as = "seconds" } somewhere: how long does the former secret live on?`)
	case r.Old == diesAtOnce && (sends || r.Longest.Duration > 0 || r.End != nil || r.Keep != nil):
		c.refuse("roll.old", "says that there is no overlap, and overlap, longest, end and keep are of one")
	case r.Old == overlaps && r.Longest.Duration == 0:
		c.refuse("roll.longest", "is missing: how long may an overlap be?")
	case r.Old == overlaps && len(former.Members) == 0:
		c.refuse("row.former", "is missing: when the former secret dies is told by it")
	}
}
