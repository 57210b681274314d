package delivery

import (
	"context"

	"detent/apikey"
)

// inFile is a place in a file: the whole of it, or a part that is named.
type inFile struct {
	common
	place
	suffix string                         // names the part in what is kept and reported
	look   func(s snapshot) (Held, error) // what the place holds in a snapshot of the file
	change func(job Job) change           // a change of it
}

// CanUndo is always so: the old content is kept.
func (f *inFile) CanUndo() bool { return true }

// Held is what the place holds now.
func (f *inFile) Held(context.Context) (Held, error) {
	s, err := f.read()
	if err != nil {
		return Held{}, err
	}
	return f.look(s)
}

// Former is what the place holds in the kept copy.
func (f *inFile) Former(_ context.Context, job Job) (Held, error) { return f.former(f.change(job)) }

// ReadBack compares what the place holds, as its readers read it. A value that they could
// read differently is Different: nothing is proved then.
func (f *inFile) ReadBack(_ context.Context, secret apikey.Secret) (Match, error) {
	s, err := f.read()
	if err != nil {
		return CannotTell, err
	}
	if held, err := f.look(s); err == nil && held.Secret.Equal(secret) {
		return Same, nil
	}
	return Different, nil
}

// Finish removes the kept copy.
func (f *inFile) Finish(_ context.Context, job Job) error { return f.finish(job, f.suffix) }

// Then runs the configured command; what the place holds is kept out of its output.
func (f *inFile) Then(ctx context.Context) (string, error) { return f.runThen(ctx, f.secrets()...) }

// Probe runs the configured probe.
func (f *inFile) Probe(ctx context.Context) (bool, string, error) {
	return f.runProbe(ctx, f.secrets()...)
}

// secrets are what no command's output may show.
func (f *inFile) secrets() []apikey.Secret {
	if s, err := f.read(); err == nil {
		if held, err := f.look(s); err == nil {
			return []apikey.Secret{held.Secret}
		}
	}
	return nil
}
