package client

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strconv"
	"time"

	"detent/apikey"
	"detent/client/kit"
	"detent/client/wire"
)

// requestPublicKey: the call may mint, whatever its method, so that it counts as a write.
func (s *issuer) requestPublicKey(ctx context.Context, req apikey.PublicKeyRequest) (apikey.PublicKeyValue, error) {
	ctx, done := s.operation(ctx)
	defer done()
	if req.TTL < 0 || req.TTL > int64(apikey.MaxLifetime/time.Second) {
		return apikey.PublicKeyValue{}, invalid(opPublic, "the lifetime must be from 1 second to 100 years")
	}
	p := s.d.PublicKey
	query := url.Values{}
	if req.Name != "" {
		query.Set(p.Name, req.Name)
	}
	if req.Project != "" {
		query.Set(p.Project, req.Project)
	}
	if req.TTL > 0 {
		query.Set(p.TTL, strconv.FormatInt(req.TTL, 10))
	}
	var out apikey.PublicKeyValue
	c := s.request(opPublic, &kit.Call{Call: p.Call, Needs: p.Needs}, "", nil)
	c.query, c.write = query, true
	err := s.send(ctx, c, func(a *answer) (err error) {
		out, err = decodePublicKey(a.body)
		return err
	})
	if err == nil {
		out.Rest, out.Notes = apikey.RestNotes(req.TTL, out.ExpiresAt, s.now())
	}
	return out, err
}

// decodePublicKey reads {"expire_at","value"}, a JSON string, or the bare value.
func decodePublicKey(r io.Reader) (apikey.PublicKeyValue, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return apikey.PublicKeyValue{}, err
	}
	raw = bytes.TrimSpace(raw)
	var reply struct {
		Value     wire.Token `json:"value"`
		ExpireAt  wire.Time  `json:"expire_at"`
		ExpiresAt wire.Time  `json:"expires_at"`
	}
	switch {
	case len(raw) == 0:
		return apikey.PublicKeyValue{}, io.EOF
	case wire.LooksLikeWebPage(raw):
		return apikey.PublicKeyValue{}, wire.ErrWebPage
	case raw[0] == '{':
		_, object, err := wire.DecodeObject(bytes.NewReader(raw), "data")
		if err != nil {
			return apikey.PublicKeyValue{}, err
		}
		if err := json.Unmarshal(object, &reply); err != nil {
			return apikey.PublicKeyValue{}, err
		}
	case raw[0] == '"':
		if err := wire.DecodeOne(bytes.NewReader(raw), &reply.Value); err != nil {
			return apikey.PublicKeyValue{}, err
		}
	case wire.IsPrintable(string(raw)) && bytes.HasPrefix(raw, []byte("pk-")):
		reply.Value.Secret = apikey.NewSecret(string(raw))
	}
	if reply.Value.IsZero() {
		return apikey.PublicKeyValue{}, wire.BadAnswer("the answer holds no public key")
	}
	return apikey.PublicKeyValue{Value: reply.Value.Secret, ExpiresAt: wire.FirstTime(reply.ExpireAt, reply.ExpiresAt).OrNever()}, nil
}
