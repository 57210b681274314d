//go:build !linux && !darwin && !freebsd

package delivery

// checkFixed leaves it to the trial.
func checkFixed(snapshot, string) error { return nil }
