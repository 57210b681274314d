package rotation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"detent/apikey"
)

// journalVersion is the format that this detent writes. It reads the older ones too, whose journals get
// this version when they are next written.
const journalVersion = 2

// journal is one rotation on disk: what was done, what was begun, and what was
// decided. It never holds a secret; Print is a fingerprint of the new one.
type journal struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	Profile string `json:"profile"`
	// Operator is who worked on it last over SSH. It came with version 2.
	Operator string    `json:"operator,omitzero"`
	Service  string    `json:"service"`
	Mode     Mode      `json:"mode"`
	State    State     `json:"state"`
	Step     Step      `json:"step"`
	Started  time.Time `json:"started"`
	Changed  time.Time `json:"changed"`

	OldFirst bool `json:"old_first,omitzero"`
	Manual   bool `json:"manual,omitzero"`
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
	// Print recognises the new secret; empty when there is none.
	Print string `json:"print,omitzero"`
	// Pending are the calls that were begun and whose end is not known.
	Pending []string `json:"pending,omitzero"`

	Destinations []destinationRecord `json:"destinations"`
	// Guard is the environment that the deliveries are guarded for: the key's, else the profile's.
	Guard        apikey.Environment `json:"guard,omitzero"`
	AllowMixed   bool               `json:"allow_mixed,omitzero"`
	AllowTracked bool               `json:"allow_tracked,omitzero"`
	// Seen are the keys that were listed before the operator created one by hand.
	Seen []string `json:"seen,omitzero"`

	Own      bool `json:"own,omitzero"`      // the old key is the credential that detent uses
	Switched bool `json:"switched,omitzero"` // detent's own credential may have been changed by us

	Proved       int  `json:"proved,omitzero"`         // probes of the new key that succeeded
	LastUseMoves bool `json:"last_use_moves,omitzero"` // the new key's last use moved after a probe

	Drain         time.Duration `json:"drain"`
	Soak          time.Duration `json:"soak"`
	DrainExplicit bool          `json:"drain_explicit,omitzero"`
	SoakExplicit  bool          `json:"soak_explicit,omitzero"`

	OldDisabled bool `json:"old_disabled,omitzero"` // by us
	OldGone     bool `json:"old_gone,omitzero"`     // proved by a list
	Renamed     bool `json:"renamed,omitzero"`

	Accepted      []acceptance  `json:"accepted,omitzero"`
	AcceptUnknown string        `json:"accept_unknown,omitzero"`
	Attested      []attestation `json:"attested,omitzero"`
	Notes         []string      `json:"notes,omitzero"` // of the preflight
	Log           []Event       `json:"log,omitzero"`
}

type destinationRecord struct {
	Spec     string `json:"spec"`
	Describe string `json:"describe"`
	CanUndo  bool   `json:"can_undo,omitzero"`
	Backup   string `json:"backup,omitzero"`
	Begun    bool   `json:"begun,omitzero"` // a put was begun: there is something to undo
	Put      bool   `json:"put,omitzero"`   // the new value is there
	Then     bool   `json:"then,omitzero"`  // the command after it has run
	Undone   bool   `json:"undone,omitzero"`
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
	Own          bool                       `json:"own,omitzero"`
	Extra        map[string]json.RawMessage `json:"extra,omitzero"`
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
		k.Restrictions, k.CreatedBy, k.UpdatedBy, k.CanRetrieve, k.Own, k.Extra}
}

func (r keyRecord) key() apikey.Key {
	return apikey.Key{ID: r.ID, Name: r.Name, Type: r.Type, Role: r.Role, Environment: r.Environment,
		Permissions: r.Permissions, Masked: r.Masked, Account: r.Account, Project: r.Project, ProjectName: r.ProjectName,
		Enabled: r.Enabled, CreatedAt: r.CreatedAt.Moment, UpdatedAt: r.UpdatedAt.Moment, ExpiresAt: r.ExpiresAt.Moment,
		LastUsedAt: r.LastUsedAt.Moment, Restrictions: r.Restrictions, CreatedBy: r.CreatedBy, UpdatedBy: r.UpdatedBy,
		CanRetrieve: r.CanRetrieve, Own: r.Own, Extra: r.Extra}
}

func encode(j *journal) ([]byte, error) {
	j.Version = journalVersion
	b, err := json.MarshalIndent(j, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

var errNewer = errors.New("was written by a newer detent: use that one")

// decode reads a journal and checks that it makes sense, so that no later step
// acts on half a file.
func decode(b []byte) (*journal, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("is damaged (%v)", err)
	}
	if head.Version > journalVersion {
		return nil, errNewer
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var j journal
	if err := dec.Decode(&j); err != nil {
		return nil, fmt.Errorf("is damaged (%v)", err)
	}
	if dec.More() {
		return nil, errors.New("is damaged (it goes on after its end)")
	}
	if err := j.check(); err != nil {
		return nil, fmt.Errorf("is damaged (%v)", err)
	}
	return &j, nil
}

func (j *journal) check() error {
	switch {
	case j.Version < 1 || j.Version > journalVersion:
		return fmt.Errorf("version %d", j.Version)
	case !isNonce(j.ID):
		return errors.New("its id is not one of ours")
	case j.Mode != Planned && j.Mode != Compromised:
		return fmt.Errorf("unknown mode %.20q", j.Mode)
	case j.State != Open && j.State != Over && j.State != Aborted:
		return fmt.Errorf("unknown state %.20q", j.State)
	case !j.Step.known() || j.Step == Preflight:
		return fmt.Errorf("unknown step %.20q", j.Step)
	case (j.State == Over) != (j.Step == Done):
		return fmt.Errorf("the state %s does not fit the step %s", j.State, j.Step)
	case j.Old.ID == "":
		return errors.New("no old key")
	case j.New != nil && (j.New.ID == "" || j.New.ID == j.Old.ID):
		return errors.New("the new key has no id of its own")
	case !strings.HasSuffix(j.Name, suffix(j.ID)):
		return errors.New("the new name lacks the nonce")
	case j.Drain < 0 || j.Soak < 0:
		return errors.New("a negative wait")
	case j.OldFirst && j.Mode != Compromised:
		return errors.New("old first in a planned rotation")
	}
	return nil
}

func (s Step) known() bool {
	switch s {
	case Preflight, Retire, Create, Deliver, Verify, Drain, Disable, Soak, Delete, Done:
		return true
	}
	return false
}

const journalExt = ".json"

func journalPath(dir, id string) string { return filepath.Join(dir, id+journalExt) }

func readJournal(path string) (*journal, error) {
	b, err := readPlain(path)
	if err != nil {
		return nil, err
	}
	j, err := decode(b)
	switch {
	case errors.Is(err, errNewer):
		return nil, &JournalError{Path: path, Reason: err.Error(), Newer: true}
	case err != nil:
		return nil, &JournalError{Path: path, Reason: err.Error()}
	case j.ID+journalExt != filepath.Base(path):
		return nil, &JournalError{Path: path, Reason: "is the journal of another rotation, " + j.ID}
	}
	return j, nil
}

// maxJournal is far beyond what a rotation with thousands of events takes.
const maxJournal = 16 << 20

// readPlain reads a regular file of bounded size: a pipe would be waited for, a device never end.
func readPlain(path string) ([]byte, error) {
	// A pipe is opened without waiting for its other end, so that it can be refused.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &JournalError{Path: path, Reason: "is no regular file"}
	}
	b, err := io.ReadAll(io.LimitReader(f, maxJournal+1))
	if err == nil && len(b) > maxJournal {
		return nil, &JournalError{Path: path, Reason: "is over 16 MiB"}
	}
	return b, err
}

// writeJournal replaces the file at once: after a kill or a loss of power there is the old
// content or the new. The new one's name is fixed, so that no kill leaves litter behind.
func writeJournal(dir string, j *journal) error {
	b, err := encode(j)
	if err != nil {
		return err
	}
	path := journalPath(dir, j.ID)
	next := path + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return syncDir(dir)
}

// syncDir makes a rename last. Windows cannot sync a folder and need not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// makeDir makes the folder of the journals for its owner alone.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return os.Chmod(dir, 0o700)
	}
	return nil
}

// journals reads every journal of a folder; one that cannot be read is in bad.
func journals(dir string) (good []*journal, bad []*JournalError, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != journalExt || !isNonce(idOf(e.Name())) { // logs and the like live here too
			continue
		}
		path := filepath.Join(dir, e.Name())
		j, err := readJournal(path)
		var broken *JournalError
		switch {
		case err == nil:
			good = append(good, j)
		case errors.As(err, &broken):
			bad = append(bad, broken)
		default:
			bad = append(bad, &JournalError{Path: path, Reason: "cannot be read (" + err.Error() + ")"})
		}
	}
	return good, bad, nil
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func idOf(path string) string { return strings.TrimSuffix(filepath.Base(path), journalExt) }

func (j *journal) pending(op string) bool { return slices.Contains(j.Pending, op) }

func (j *journal) begun(op string) {
	if !j.pending(op) {
		j.Pending = append(j.Pending, op)
	}
}

func (j *journal) settled(ops ...string) {
	j.Pending = slices.DeleteFunc(j.Pending, func(p string) bool { return slices.Contains(ops, p) })
}
