package config

import "time"

const (
	// RetryEvery is how soon a file that cannot be read is tried again, though nothing of it has changed.
	RetryEvery = 1500 * time.Millisecond
	// racy is how long after a change a file may change again without a sign of it, on a file system with coarse times.
	racy = 2 * time.Second
)

// Followed is a configuration file that is read again when it has changed. It is for one goroutine at a time.
type Followed struct {
	path     string
	explicit bool
	stamp    Stamp // of the file as it was read last
	tried    time.Time
	err      error
}

// Follow follows a file. The first look reads it: it may have changed since it was read.
func Follow(path string, explicit bool) *Followed { return &Followed{path: path, explicit: explicit} }

// Look reads the file where it may be another than at the last look; where it is not, nothing was read. What was read before holds on
// while it cannot be read.
func (f *Followed) Look(now time.Time) (cfg *Config, err error, read bool) {
	seen := StampOf(f.path)
	fresh := seen != f.stamp || f.tried.IsZero()
	if !fresh && !(f.err != nil && now.Sub(f.tried) >= RetryEvery) && !(f.err == nil && now.Sub(seen.Changed()) < racy) {
		return nil, nil, false
	}
	f.stamp, f.tried = seen, now
	cfg, f.err = Load(f.path, f.explicit)
	return cfg, f.err, true
}
