package kit

import (
	"slices"

	"detent/apikey"
)

// Roll is the call that gives a key a new secret, and makes the one that it had die. Its answer is the key, and the secret is where
// row.secret says.
type Roll struct {
	Call
	// Old says what becomes of the secret that the key had: "dies at once"; or "overlaps", where { field = "overlap", as = "seconds" } is
	// in the body, the time that it is accepted beside the new one. There 0 is at once.
	Old string `toml:"old"`
	// NewID says that the new secret is that of a key with an id of its own, and the key that was rolled stays in the list or goes. Else the
	// row stays, with its id and its rights. What such a key is to end like is { field = "expires_at" } in the body.
	NewID bool `toml:"new_id"`
	// Secret is the path to the secret, where it is no member of a key: "result".
	Secret string `toml:"secret"`
	// Longest is the longest overlap that the issuer takes: "168h".
	Longest Span `toml:"longest"`
	// Setting is a setting of the profile that must be on: the call is not offered by every service of this kind.
	Setting string `toml:"setting"`
	// Again says that the call takes an Idempotency-Key: what is sent again under the same one is done once, and answered with the key.
	// Without it a roll whose answer is lost is never asked for again before it was found out whether it was done: by the former secret, or by
	// the list where the roll makes a key.
	Again bool `toml:"again"`
	// End ends an overlap: the former secret dies. Keep gives the key back to its former secret while an overlap runs, and the new one dies.
	// Where the roll makes a key, the former one is ended by delete, and Keep gives it the end back that it had, { field = "expires_at" }.
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
	c.paths("roll.secret", r.Secret)
	if len(d.Row.Secret) == 0 && r.Secret == "" {
		c.refuse("row.secret", "is missing: the answer to a roll holds the secret somewhere")
	}
	if r.Setting != "" && !slices.Contains(d.Settings, r.Setting) {
		c.refuse("roll.setting", "%q is none of settings: %s", r.Setting, among(d.Settings, "the file has none"))
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
	}
	if r.NewID {
		c.rollToNew(d)
	} else {
		c.rollInPlace(d)
	}
}

// rollInPlace: what is told of the one row by its own members.
func (c *checker) rollInPlace(d *Declaration) {
	r := d.Roll
	if len(d.Row.RolledAt) == 0 && (r.Again || r.Old == overlaps) {
		c.refuse("row.rolled_at", "is missing: whether a key was rolled is told by it")
	}
	if r.Old == overlaps && len(d.Row.Former.Members) == 0 {
		c.refuse("row.former", "is missing: when the former secret dies is told by it")
	}
	if r.Sends(apikey.FieldExpiry) {
		c.refuse("roll.send", `{ field = "expires_at" } is for a roll with new_id: the end of a key that stays is its own`)
	}
}

// rollToNew: what is told of two rows.
func (c *checker) rollToNew(d *Declaration) {
	r := d.Roll
	switch {
	case r.Again:
		c.refuse("roll.again", "is for a roll that keeps the key's id: with new_id the list tells whether there is a new key")
	case r.End != nil:
		c.refuse("roll.end", "is for a roll that keeps the key's id: with new_id the former key is ended by delete")
	case r.Secret != "":
		c.refuse("roll.secret", "is for a roll that keeps the key's id: with new_id the answer is a key with its id and its secret")
	case d.Row.SecretIsID:
		c.refuse("roll.new_id", "says the same as row.secret_is_id: leave roll out, since such a key is created and the other one deleted")
	case len(d.Row.Name) == 0:
		c.refuse("row.name", "is missing: by its name a new key is found whose answer was lost")
	case r.Old == overlaps && len(d.Row.ExpiresAt) == 0:
		c.refuse("row.expires_at", "is missing: when the former key dies is told by it")
	case r.Old == overlaps && d.Delete == nil:
		c.refuse("delete", "is missing: with roll.new_id the former key is ended by it, and an undo deletes the new one")
	}
	if r.Keep != nil && !r.Keep.Sends(apikey.FieldExpiry) {
		c.refuse("roll.keep.send", `needs { field = "expires_at" } somewhere: the former key gets the end back that it had`)
	}
}
