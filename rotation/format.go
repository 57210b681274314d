package rotation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"detent/apikey"
)

// journalVersion is the format that this detent writes. It reads the older ones too, whose journals get
// this version when they are next written.
const journalVersion = 5

// namedRolls is the version that a journal is written as whose roll has a name.
const namedRolls = 4

// beforeRolls is the version that a journal without a roll is written as: what has none is read by a detent that knows none.
const beforeRolls = 3

// encode writes a journal in the oldest format that says all that it has.
func encode(j *journal) ([]byte, error) {
	j.Version = journalVersion
	if !j.unnamed() && !j.renews() {
		j.Version = namedRolls
	}
	if j.Roll == nil && !j.Old.rolled() && (j.New == nil || !j.New.rolled()) {
		j.Version = beforeRolls
	}
	return json.Marshal(j)
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
	j.migrate()
	if err := j.check(); err != nil {
		return nil, fmt.Errorf("is damaged (%v)", err)
	}
	return &j, nil
}

func (j *journal) check() error {
	switch {
	case j.Version < 1 || j.Version > journalVersion:
		return fmt.Errorf("version %d", j.Version)
	case !apikey.IsNonce(j.ID):
		return errors.New("its id is not one of ours")
	case j.Mode != Planned && j.Mode != Compromised:
		return fmt.Errorf("unknown mode %.20q", j.Mode)
	case j.State != Open && j.State != Over && j.State != Aborted && j.State != Closed:
		return fmt.Errorf("unknown state %.20q", j.State)
	case j.Step == "" || j.Step == Preflight || len(j.Step) > 40:
		return fmt.Errorf("unknown step %.20q", j.Step)
	case (j.State == Over) != (j.Step == Done):
		return fmt.Errorf("the state %s does not fit the step %s", j.State, j.Step)
	case j.Old.ID == "":
		return errors.New("no old key")
	case j.New != nil && (j.New.ID == "" || j.New.ID == j.Old.ID):
		return errors.New("the new key has no id of its own")
	case !strings.HasSuffix(j.Name, apikey.Mark(j.ID)):
		return errors.New("the new name lacks the nonce")
	case j.Drain < 0 || j.Soak < 0:
		return errors.New("a negative wait")
	case isRoll(j.Strategy) != (j.Roll != nil):
		return fmt.Errorf("the strategy %.20q and what is kept of a roll do not go together", j.Strategy)
	case j.OldFirst && j.Mode != Compromised:
		return errors.New("old first in a planned rotation")
	}
	for _, c := range j.Claims {
		if !slices.Contains(ClaimKinds, c.Kind()) {
			return fmt.Errorf("unknown kind of claim %.40q", c.Kind())
		}
	}
	return nil
}

// migrate reads an older journal with today's caution. It has no claims: what it says was done is not
// known to have been seen.
func (j *journal) migrate() {
	if j.Version >= beforeRolls {
		return
	}
	if j.Strategy == "" {
		j.Strategy = strategyCreate
		if j.Manual {
			j.Strategy = strategyDashboard
		}
	}
	if j.State != Open {
		return
	}
	// A create that answered without an id, or with the old one, was taken for a new key.
	if j.New != nil && (j.New.ID == "" || j.New.ID == j.Old.ID) {
		j.New, j.Print = nil, ""
		j.begun(opCreate)
	}
	// "Gone" was said of a key that a list lacked, and a deletion that was answered was forgotten where the list still
	// had the key. One that stood at the deletion may have sent it.
	if j.OldGone || j.Step == Delete || j.Step == Retire && !j.CanDisable {
		j.begun(opDelete)
	}
	j.OldGone = false
	j.Proved, j.LastUseMoves = 0, false
	for i := range j.Destinations {
		d := &j.Destinations[i]
		if d.Undone { // "undone" was also said where nothing was put back
			d.Undone, d.Then, d.Begun = false, false, true
		}
	}
}

// load reads a journal of the store and checks that it makes sense.
func load(store Store, id string) (*journal, error) {
	b, err := store.Load(id)
	if err != nil {
		return nil, err
	}
	j, err := decode(b)
	where := store.Where(id)
	switch {
	case errors.Is(err, errNewer):
		return nil, &JournalError{Path: where, Reason: err.Error(), Newer: true}
	case err != nil:
		return nil, &JournalError{Path: where, Reason: err.Error()}
	case j.ID != id:
		return nil, &JournalError{Path: where, Reason: "is the journal of another rotation, " + j.ID}
	}
	return j, nil
}

// journals reads every journal of the store but the named one; one that cannot be read is in bad, by its id.
func journals(store Store, but string) (good []*journal, bad map[string]*JournalError, err error) {
	ids, err := store.IDs()
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(ids)
	bad = map[string]*JournalError{}
	for _, id := range ids {
		if id == but {
			continue
		}
		j, err := load(store, id)
		var broken *JournalError
		switch {
		case err == nil:
			good = append(good, j)
		case errors.As(err, &broken):
			bad[id] = broken
		case isNotExist(err): // it was just removed
		default:
			bad[id] = &JournalError{Path: store.Where(id), Reason: "cannot be read (" + err.Error() + ")"}
		}
	}
	return good, bad, nil
}

func find(store Store, id string) (*journal, error) {
	if !apikey.IsNonce(id) {
		return nil, &RefusedError{Reason: fmt.Sprintf("%.40q is no rotation's id", id), Next: "`detent rotations` lists them"}
	}
	j, err := load(store, id)
	if isNotExist(err) {
		return nil, &RefusedError{Reason: "there is no rotation " + id, Next: "`detent rotations` lists them"}
	}
	return j, err
}

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
