package rotation

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"detent/apikey"
)

// journal is one rotation on disk: what was done, what was begun, what was observed and what was
// decided. It never holds a secret; prints recognise them.
type journal struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	Profile string `json:"profile"`
	// Operator is who worked on it last over SSH. It came with version 2.
	Operator string    `json:"operator,omitzero"`
	Service  string    `json:"service"`
	Strategy string    `json:"strategy,omitzero"` // version 3; before, Manual told
	Mode     Mode      `json:"mode"`
	State    State     `json:"state"`
	Step     Step      `json:"step"`
	Started  time.Time `json:"started"`
	Changed  time.Time `json:"changed"`

	OldFirst bool `json:"old_first,omitzero"`
	Manual   bool `json:"manual,omitzero"` // a person creates the new key
	Undoing  bool `json:"undoing,omitzero"`

	// What keys of the service have and it can do, so that the journal can be shown without it.
	Fields     []apikey.Field `json:"fields,omitzero"`
	CanDisable bool           `json:"can_disable,omitzero"`
	SeesUse    bool           `json:"sees_use,omitzero"`

	Base string     `json:"base"` // the name without a rotation's suffix, uncut
	Name string     `json:"name"` // the new key's name while the rotation is open
	Old  keyRecord  `json:"old"`
	New  *keyRecord `json:"new,omitzero"`
	// Superseded are keys of ours whose secret was lost after it may have been put
	// somewhere; they live until the old key goes.
	Superseded []string `json:"superseded,omitzero"`
	// Print recognises the new secret; empty when there is none. It stays after the end: no other rotation may take
	// that secret for its own new one.
	Print string `json:"print,omitzero"`
	// OldPrints recognise the secrets of superseded keys: a place may still hold one.
	OldPrints []string `json:"old_prints,omitzero"`
	// PrintsOf are those of OldPrints of which it is known whose they are, by the key's id.
	PrintsOf map[string]string `json:"prints_of,omitzero"`
	// OldPrint recognises the old secret, where a destination held it, and OldBy says what showed whose it is; empty
	// where nothing contradicted it and nothing showed it.
	OldPrint string `json:"old_print,omitzero"`
	OldBy    string `json:"old_by,omitzero"`
	// OldRefused says that the service refused it already when the rotation began: that it is refused later shows nothing by itself.
	OldRefused bool `json:"old_refused,omitzero"`
	// Unfound counts the creates whose answer was lost and of which no key was seen since.
	Unfound int `json:"unfound,omitzero"`
	// NameLost says that a new key was listed without the mark that its name was to have, or had none yet when its create was not answered, and
	// Possible are the keys that appeared meanwhile.
	NameLost bool     `json:"name_lost,omitzero"`
	Possible []string `json:"possible,omitzero"`
	// Pending are the calls that were begun and whose end is not known.
	Pending []string `json:"pending,omitzero"`

	Destinations []destinationRecord `json:"destinations"`
	// Guard is the environment that the deliveries are guarded for: the key's, else the profile's.
	Guard        apikey.Environment `json:"guard,omitzero"`
	AllowMixed   bool               `json:"allow_mixed,omitzero"`
	AllowTracked bool               `json:"allow_tracked,omitzero"`
	AllowOwner   bool               `json:"allow_owner,omitzero"`
	Replace      bool               `json:"replace,omitzero"` // a place may hold something else than the old key's secret
	Revive       bool               `json:"revive,omitzero"`  // an expired or disabled key may come alive by it
	NotMine      string             `json:"not_mine,omitzero"`
	// Seen are the keys that were listed before the operator created one by hand.
	Seen []string `json:"seen,omitzero"`
	// PasteRefused says that a pasted secret was refused, or not taken: the key that it is of may be left.
	PasteRefused bool `json:"paste_refused,omitzero"`

	// Roll is of a key that stays, with a new secret. It came with version 4.
	Roll *rollRecord `json:"roll,omitzero"`

	Own      bool `json:"own,omitzero"`      // the old key is the credential that detent uses
	Switched bool `json:"switched,omitzero"` // detent's own credential may have been changed by us

	Proved       int  `json:"proved,omitzero"`         // probes of the new key that were accepted
	LastUseMoves bool `json:"last_use_moves,omitzero"` // the new key's last use was seen to appear: how late a use shows is known
	// UseDelay is how long after a use its stamp showed; UseSpacing the longest span between two moves of it.
	UseDelay   time.Duration `json:"use_delay,omitzero"`
	UseSpacing time.Duration `json:"use_spacing,omitzero"`
	// ListLag is how long the new row took to be listed.
	ListLag time.Duration `json:"list_lag,omitzero"`
	// Controls say for each call that was used to prove a secret what it answered to a made-up one.
	Controls map[string]string `json:"controls,omitzero"`

	Drain         time.Duration `json:"drain"`
	Soak          time.Duration `json:"soak"`
	DrainExplicit bool          `json:"drain_explicit,omitzero"`
	SoakExplicit  bool          `json:"soak_explicit,omitzero"`

	OldDisabled bool      `json:"old_disabled,omitzero"` // by us
	OldGone     bool      `json:"old_gone,omitzero"`     // the service answered that it deleted it, or has none such
	DeletedAt   time.Time `json:"deleted_at,omitzero"`   // when it answered
	ToldGone    bool      `json:"told_gone,omitzero"`    // its only answer was that there is no such key
	// GoneBy says of keys by what they are taken for gone, where no answer to a deletion was a yes; that of one that is not gone is why.
	GoneBy map[string]string `json:"gone_by,omitzero"`
	// NoSuch are keys of ours of which a deletion was answered with "no such key", and which a list may show all the same.
	NoSuch     []string  `json:"no_such,omitzero"`
	Unanswered bool      `json:"unanswered,omitzero"` // a deletion was sent whose answer is not known
	Dead       deadState `json:"dead,omitzero"`       // what the old secret met since
	LivesOn    bool      `json:"lives_on,omitzero"`   // a person says, and it was seen, that the old key lives although a delete was sent
	ByPerson   bool      `json:"by_person,omitzero"`  // a person deleted the old key in the dashboard
	Renamed    bool      `json:"renamed,omitzero"`
	NewGone    bool      `json:"new_gone,omitzero"` // an undo deleted the new key: the service answered it
	// Carries are a person's reasons to undo although it is not clear that the old key carries the application; StuckWhy is what
	// holds an undo.
	Carries    map[string]string `json:"carries,omitzero"`
	StuckWhy   string            `json:"stuck_why,omitzero"`
	MintAnyway bool              `json:"mint_anyway,omitzero"` // a person wants a new key although the old one is gone

	// Lacks is the access of the old key that the new one is not asked to have.
	Lacks         []lack        `json:"lacks,omitzero"`
	Accepted      []acceptance  `json:"accepted,omitzero"`
	AcceptUnknown string        `json:"accept_unknown,omitzero"`
	AcceptProbe   string        `json:"accept_probe,omitzero"` // why probes that prove nothing were accepted
	Redelivered   int           `json:"redelivered,omitzero"`  // deliveries anew, of a value that did not stay
	Attested      []attestation `json:"attested,omitzero"`
	Unwatched     bool          `json:"unwatched,omitzero"` // the drain was over while no list showed the old key
	Notes         []string      `json:"notes,omitzero"`     // of the preflight
	Claims        []Claim       `json:"claims,omitzero"`
	Log           []Event       `json:"log,omitzero"`
	ClosedFor     string        `json:"closed_for,omitzero"` // why it was closed as it stood
}

// deadState is how far the proof is that the old secret is dead.
type deadState struct {
	Refused bool          `json:"refused,omitzero"` // it was refused, while the new one was accepted
	Still   time.Duration `json:"still,omitzero"`   // how long after the answer it was still accepted, as last seen
	GaveUp  bool          `json:"gave_up,omitzero"` // the bound passed
	Untold  string        `json:"untold,omitzero"`  // why nothing was tried
}

type destinationRecord struct {
	Spec     string `json:"spec"`
	Describe string `json:"describe"`
	CanUndo  bool   `json:"can_undo,omitzero"`
	Backup   string `json:"backup,omitzero"`
	Copied   string `json:"copied,omitzero"` // where the copy was kept last
	Begun    bool   `json:"begun,omitzero"`  // a put was begun: there is something to undo
	// Fresh says that nothing was put there of the present new secret, but of an earlier one.
	Fresh  bool `json:"fresh,omitzero"`
	Put    bool `json:"put,omitzero"`  // the new value is there
	Then   bool `json:"then,omitzero"` // the command after it has run
	Undone bool `json:"undone,omitzero"`

	// Since version 3.
	Host   string `json:"host,omitzero"`    // the machine that the place is on; empty for one that is on none
	Where  string `json:"where,omitzero"`   // the place itself: the file at the end of links, and the variable
	Held   bool   `json:"held,omitzero"`    // it held a value before anything was put there
	Former string `json:"former,omitzero"`  // recognises that value
	WasOld bool   `json:"was_old,omitzero"` // that value was taken for the old key's secret
	Reads  bool   `json:"reads,omitzero"`   // it can be read back
	// Without is why the rotation goes on without it; Undid why a person vouches for its old value; Used why it
	// counts as using the new key although nobody can read it.
	Without string `json:"without,omitzero"`
	// Over recognises a value that a person wants delivered over.
	Over    string `json:"over,omitzero"`
	Replace bool   `json:"replace,omitzero"` // it may hold something else than the old key's secret
	// Asked recognises what a person was asked about who said so: nothing else may be replaced. Empty where it held nothing.
	Asked string `json:"asked,omitzero"`

	unseen bool // in this process: whether what it holds is the old key's secret could not be asked
	// Left are kept copies that lie where the place was before its path was turned elsewhere.
	Left  []string `json:"left,omitzero"`
	Undid string   `json:"undid,omitzero"`
	Used  string   `json:"used,omitzero"`
}

// acceptance holds for the values that were seen: another difference blocks anew.
type acceptance struct {
	Field  apikey.Field `json:"field"`
	Old    string       `json:"old"`
	New    string       `json:"new"`
	Reason string       `json:"reason"`
	At     time.Time    `json:"at"`
}

type attestation struct {
	Step   Step      `json:"step"`
	Undo   bool      `json:"undo,omitzero"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// keyRecord is an apikey.Key in the journal.
type keyRecord struct {
	ID           string                     `json:"id"`
	Name         string                     `json:"name"`
	Type         string                     `json:"type,omitzero"`
	Role         string                     `json:"role,omitzero"`
	Environment  apikey.Environment         `json:"environment,omitzero"`
	Permissions  []apikey.Permission        `json:"permissions,omitzero"`
	Masked       string                     `json:"masked,omitzero"`
	Account      string                     `json:"account,omitzero"`
	Project      string                     `json:"project,omitzero"`
	ProjectName  string                     `json:"project_name,omitzero"`
	Enabled      *bool                      `json:"enabled,omitzero"`
	CreatedAt    moment                     `json:"created_at,omitzero"`
	UpdatedAt    moment                     `json:"updated_at,omitzero"`
	ExpiresAt    moment                     `json:"expires_at,omitzero"`
	LastUsedAt   moment                     `json:"last_used_at,omitzero"`
	Restrictions *apikey.Restrictions       `json:"restrictions,omitzero"`
	CreatedBy    string                     `json:"created_by,omitzero"`
	UpdatedBy    string                     `json:"updated_by,omitzero"`
	CanRetrieve  bool                       `json:"can_retrieve,omitzero"`
	NoRetrieve   bool                       `json:"cannot_retrieve,omitzero"`
	RolledAt     moment                     `json:"rolled_at,omitzero"`
	FormerEndsAt moment                     `json:"former_ends_at,omitzero"`
	FormerUsedAt moment                     `json:"former_used_at,omitzero"`
	Added        []apikey.Permission        `json:"added_permissions,omitzero"`
	Own          bool                       `json:"own,omitzero"`
	Extra        map[string]json.RawMessage `json:"extra,omitzero"`
}

// rolled reports whether the record says what only a detent that knows rolls can read.
func (r keyRecord) rolled() bool {
	return r.RolledAt.Known() || r.FormerEndsAt.Known() || r.FormerUsedAt.Known()
}

// moment writes "never" for never, which null would lose on the way back.
type moment struct{ apikey.Moment }

func (m moment) MarshalJSON() ([]byte, error) {
	if m.IsNever() {
		return []byte(`"never"`), nil
	}
	return m.Moment.MarshalJSON()
}

func (m *moment) UnmarshalJSON(b []byte) error {
	if string(b) == `"never"` {
		m.Moment = apikey.Never()
		return nil
	}
	var at time.Time
	if err := at.UnmarshalJSON(b); err != nil {
		return err
	}
	m.Moment = apikey.At(at)
	return nil
}

func record(k apikey.Key) keyRecord {
	return keyRecord{k.ID, k.Name, k.Type, k.Role, k.Environment, k.Permissions, k.Masked, k.Account, k.Project,
		k.ProjectName, k.Enabled, moment{k.CreatedAt}, moment{k.UpdatedAt}, moment{k.ExpiresAt}, moment{k.LastUsedAt},
		k.Restrictions, k.CreatedBy, k.UpdatedBy, k.CanRetrieve, k.CannotRetrieve, moment{k.RolledAt}, moment{k.FormerEndsAt}, moment{k.FormerUsedAt}, k.Added, k.Own, k.Extra}
}

func (r keyRecord) key() apikey.Key {
	return apikey.Key{ID: r.ID, Name: r.Name, Type: r.Type, Role: r.Role, Environment: r.Environment,
		Permissions: r.Permissions, Masked: r.Masked, Account: r.Account, Project: r.Project, ProjectName: r.ProjectName,
		Enabled: r.Enabled, CreatedAt: r.CreatedAt.Moment, UpdatedAt: r.UpdatedAt.Moment, ExpiresAt: r.ExpiresAt.Moment,
		LastUsedAt: r.LastUsedAt.Moment, Restrictions: r.Restrictions, CreatedBy: r.CreatedBy, UpdatedBy: r.UpdatedBy,
		CanRetrieve: r.CanRetrieve, CannotRetrieve: r.NoRetrieve, RolledAt: r.RolledAt.Moment, FormerEndsAt: r.FormerEndsAt.Moment, FormerUsedAt: r.FormerUsedAt.Moment, Added: r.Added, Own: r.Own, Extra: r.Extra}
}

// snapshot is the journal as it is now: what is changed in place later is changed in the original alone.
func (j *journal) snapshot() *journal {
	s := *j
	s.Superseded, s.Pending, s.Claims = slices.Clone(j.Superseded), slices.Clone(j.Pending), slices.Clone(j.Claims)
	s.Destinations, s.Accepted, s.Attested = slices.Clone(j.Destinations), slices.Clone(j.Accepted), slices.Clone(j.Attested)
	if j.Roll != nil {
		roll := *j.Roll
		roll.TakenBack = slices.Clone(roll.TakenBack)
		s.Roll = &roll
	}
	s.Controls, s.Carries = maps.Clone(j.Controls), maps.Clone(j.Carries)
	return &s
}

func (j *journal) pending(op string) bool { return slices.Contains(j.Pending, op) }

func (j *journal) begun(op string) {
	if !j.pending(op) {
		j.Pending = append(j.Pending, op)
	}
}

func (j *journal) settled(ops ...string) {
	j.Pending = slices.DeleteFunc(j.Pending, func(p string) bool { return slices.Contains(ops, p) })
}

// rollRecord is what a journal keeps of a roll: one key, whose former secret lives on beside the new one, or dies with the call.
type rollRecord struct {
	// Overlap is how long the former secret is to live on; 0 is at once.
	Overlap time.Duration `json:"overlap,omitzero"`
	// Before names the secret that the key had when the rotation began, by when it was rolled to; absent for its first one.
	Before moment `json:"before,omitzero"`
	// Unnamed says that the service takes no name for a roll, and that its list does not show which secret a key has: what became of a call
	// whose answer is lost is told by the former secret. Lost says that there was such a call. They came with version 5.
	Unnamed bool `json:"unnamed,omitzero"`
	Lost    bool `json:"lost,omitzero"`
	// NewID says that the roll makes a key with an id of its own, and Target is the one that is rolled, where that is not the old one any more.
	// They came with version 5.
	NewID  bool   `json:"new_id,omitzero"`
	Target string `json:"target,omitzero"`
	// Once is the call's own name, journaled before it is sent: a lost answer is asked for again under the same one. Asked is when it was
	// sent first.
	Once  string    `json:"once,omitzero"`
	Asked time.Time `json:"asked,omitzero"`
	// At names the new secret, as Before does the former one, and Ends is when that one dies.
	At   moment `json:"at,omitzero"`
	Ends moment `json:"ends,omitzero"`
	// TakenBack name the secrets of earlier rolls that were taken back: a list that is behind may show one.
	TakenBack []moment `json:"taken_back,omitzero"`
	// NoWayBack says that the secret that the key had when the rotation began is dead, and that the former one of a further roll is one
	// that nobody has.
	NoWayBack bool `json:"no_way_back,omitzero"`
	// First is Before as it was when the rotation began, where a further roll has changed that: a list that is behind may show it.
	First moment `json:"first,omitzero"`
	// Others says that the key was rolled by somebody else, or by a call whose answer never came, and that Before names the secret of that:
	// the one that it had when the rotation began is dead once the key is rolled beyond it.
	Others bool `json:"others,omitzero"`
	// ByItself says that the overlap was over before this rotation ended it.
	ByItself bool `json:"by_itself,omitzero"`
	// Outage is the word of whoever takes it that the application has a dead secret for a while.
	Outage string `json:"outage,omitzero"`
}

// behind reports whether a row is that of a list from before the first roll, though there was a further one.
func (rec *rollRecord) behind(row apikey.Key) bool {
	return (rec.NoWayBack || rec.Others) && row.RolledAt.Equal(rec.First.Moment)
}

func (rec *rollRecord) endsAt() string {
	ends, _ := rec.Ends.Time()
	return ends.UTC().Format(time.RFC3339)
}

// inPlace reports whether the key stays, with a new secret: then two keys here are one there.
func (j *journal) inPlace() bool { return j.Roll != nil && !j.Roll.NewID }

// renews reports whether the new secret is that of a key that the roll makes.
func (j *journal) renews() bool { return j.Roll != nil && j.Roll.NewID }

// unnamed reports whether the key is rolled in place by a call that has no name.
func (j *journal) unnamed() bool { return j.inPlace() && j.Roll.Unnamed }

// atOnce reports whether the former secret dies with the call.
func (j *journal) atOnce() bool { return j.Roll != nil && j.Roll.Overlap == 0 }

// rollEnds is when the former secret dies, as the service answered.
func (j *journal) rollEnds() (time.Time, bool) {
	if j.Roll == nil {
		return time.Time{}, false
	}
	return j.Roll.Ends.Time()
}

// The calls whose end a later start must know about, as Pending names them. Those that delete a new key or a stray are followed by its id.
const (
	opCreate      = "create"
	opDisable     = "disable the old key"
	opEnable      = "enable the old key"
	opDelete      = "delete the old key"
	opDeleteNew   = "delete the new key"
	opDeleteStray = "delete the stray"
	opDiscard     = "delete the key without a secret"
	opRename      = "rename the new key"
	opSwitch      = "switch detent's own credential"
)

// heldNew is what a place holds that was delivered to.
const heldNew = "the new secret"

// deleteSent reports whether a deletion of the old key, or of its former secret, was sent and not refused, as far as the journal tells.
func (j *journal) deleteSent() bool {
	return j.Roll != nil && j.Roll.NoWayBack || !j.LivesOn && (j.OldGone && rule("answered: a delete is a delete") || j.pending(opDelete) && rule("answered: a delete that was sent may be done"))
}

// delivered reports whether every destination has the new secret.
func (j *journal) delivered() bool {
	return j.New != nil && !slices.ContainsFunc(j.Destinations, func(d destinationRecord) bool { return !d.Put && d.Without == "" })
}

// touched reports whether a secret of this rotation may lie anywhere.
func (j *journal) touched() bool {
	return j.Switched || slices.ContainsFunc(j.Destinations, func(d destinationRecord) bool { return d.Begun && !d.Undone })
}

// wasPut reports whether a secret of this rotation was ever put anywhere, or may have been; what was put back since counts.
func (j *journal) wasPut() bool {
	return j.Switched || slices.ContainsFunc(j.Destinations, func(d destinationRecord) bool { return d.Begun })
}

// unproven reports whether this service's answers prove nothing about a secret.
func (j *journal) unproven() bool {
	for _, said := range j.Controls {
		if said == controlAccepted {
			return true
		}
	}
	return false
}

// lacked reports whether the last list that was read did not show the key.
func (j *journal) lacked(subject string) bool { return lacked(j.Claims, subject) }

func lacked(claims []Claim, subject string) bool {
	for _, c := range slices.Backward(claims) {
		if c.Subject() == subject && (c.Kind() == RowSeen || c.Kind() == RowMissing) {
			return c.Kind() == RowMissing
		}
	}
	return false
}

// leftCopies are the kept copies that nobody removes after the end: detent cannot reach them, or was told to leave them.
func (j *journal) leftCopies() []string {
	var out []string
	for _, d := range j.Destinations {
		kept := d.Backup != "" && d.Begun
		if j.State == Closed && kept || kept && d.Without != "" || kept && d.Undid != "" && !d.Undone {
			out = append(out, d.Backup)
		}
		out = append(out, d.Left...)
	}
	return out
}
