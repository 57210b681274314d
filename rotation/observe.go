package rotation

import (
	"context"

	"detent/apikey"
)

// The same call as another probe: the new secret's, for the old one to be tried by.
func (r *Rotation) newCall(ctx context.Context) (apikey.Proof, bool, error) {
	secret, from, err := r.newSecret(ctx)
	if err != nil || secret.IsZero() {
		return apikey.Proof{}, false, err
	}
	t, err := r.try(ctx, SubjectNew, secret, from, "")
	if err != nil {
		return apikey.Proof{}, false, err
	}
	return t.Proof, t.accepted() || t.Verdict == apikey.Known, nil
}
