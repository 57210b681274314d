package apikey

import (
	"iter"
	"slices"
	"strings"
)

// FindingKind names something about a key that deserves attention. check reports findings by these names.
type FindingKind string

// The kinds. Each has a row in the table below.
const (
	FindingAge            FindingKind = "age"
	FindingExpiring       FindingKind = "expiring"
	FindingExpired        FindingKind = "expired"
	FindingUnused         FindingKind = "unused"
	FindingRotationOpen   FindingKind = "rotation_open"
	FindingNeverExpires   FindingKind = "never_expires"
	FindingCanMint        FindingKind = "can_mint"
	FindingNoOpGrant      FindingKind = "no_op_grant"
	FindingDuplicateName  FindingKind = "duplicate_name"
	FindingNoRestrictions FindingKind = "no_restrictions"
	FindingClockSkew      FindingKind = "clock_skew"
)

// FindingInfo is a row of the table of findings. check, the list's STATUS and its filter, and the detail read it.
type FindingInfo struct {
	Kind FindingKind
	// Warning says that check exits 1 because of it, and that list -o json names it. The others are notes, of check --all and the detail.
	Warning bool
	// OfService says that it is about the service and not about a key: no list and no filter has it.
	OfService bool
	// Text is the kind as people say it, where that is not its name with blanks.
	Text string
	// Status is its word in the list's STATUS, and Urgency which word stands there of a key that has several: the lowest. A warning has
	// both, unless ui.StateOf shows it by a rule of its own.
	Status  string
	Urgency int
	// Filter are its words in a filter, bare or after "status:".
	Filter []string
	// Field is what it is told by: where no key reports that field, the filter says so.
	Field Field
}

// findings is the table. A new finding is a row here, and a line in examine (finding.go) that adds it.
var findings = []FindingInfo{
	{Kind: FindingAge, Warning: true, Status: "old", Urgency: 2, Filter: []string{"old"}, Field: FieldCreated},
	{Kind: FindingExpiring, Warning: true, Status: "expiring", Urgency: 1, Filter: []string{"expiring"}, Field: FieldExpiry},
	{Kind: FindingExpired, Warning: true, Filter: []string{"expired"}, Field: FieldExpiry},
	{Kind: FindingUnused, Warning: true, Status: "unused", Urgency: 3, Filter: []string{"unused"}, Field: FieldLastUsed},
	{Kind: FindingRotationOpen, Warning: true, Filter: []string{"rotating", "retiring"}},
	{Kind: FindingNeverExpires, Filter: []string{"never-expires"}, Field: FieldExpiry},
	{Kind: FindingCanMint, Filter: []string{"can-mint"}},
	{Kind: FindingNoOpGrant, Text: "no-op grant", Filter: []string{"no-op"}},
	{Kind: FindingDuplicateName, Filter: []string{"duplicate-name"}},
	{Kind: FindingNoRestrictions, Filter: []string{"unrestricted"}, Field: FieldRestrictions},
	{Kind: FindingClockSkew, OfService: true},
}

// Findings are the rows of the table, in its order.
func Findings() iter.Seq[FindingInfo] { return slices.Values(findings) }

// Info is the row of a kind; one that has none is a note that is called by its name.
func (k FindingKind) Info() FindingInfo {
	for _, f := range findings {
		if f.Kind == k {
			return f
		}
	}
	return FindingInfo{Kind: k}
}

// IsWarning reports whether the finding makes check answer no.
func (k FindingKind) IsWarning() bool { return k.Info().Warning }

// Words is the kind as people say it.
func (k FindingKind) Words() string {
	if text := k.Info().Text; text != "" {
		return text
	}
	return strings.ReplaceAll(string(k), "_", " ")
}
