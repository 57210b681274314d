package keyserver

import (
	"errors"
	"strconv"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"detent/keyserver/store"

	"detent/keyserver/contract"
)

// meter counts what the service does, for Prometheus. Its labels are of fixed sets: contracts, routes as they are
// declared, statuses, reasons. Nothing that a client or a key brought is in them.
type meter struct{ set *metrics.Set }

// latencies are the upper bounds of the buckets, in seconds.
var latencies = []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// newMeter also reads the store's pool, when it is asked.
func newMeter(s *Server) *meter {
	m := &meter{metrics.NewSet()}
	pool := func(name string, value func() float64) { m.set.NewGauge(name, value) }
	stats := s.store.Reader.Stats
	pool(`detent_store_connections{state="in_use"}`, func() float64 { return float64(stats().InUse) })
	pool(`detent_store_connections{state="idle"}`, func() float64 { return float64(stats().Idle) })
	pool(`detent_store_connections_max`, func() float64 { return float64(stats().MaxOpenConnections) })
	pool(`detent_store_waits_total`, func() float64 { return float64(stats().WaitCount) })
	pool(`detent_store_wait_seconds_total`, func() float64 { return stats().WaitDuration.Seconds() })
	pool(`detent_ready`, func() float64 {
		if s.ending.Load() {
			return 0
		}
		return 1
	})
	retried := map[store.Failure]*metrics.Counter{
		store.Contended: m.set.NewCounter(`detent_store_retries_total{reason="met_another"}`),
		store.Lost:      m.set.NewCounter(`detent_store_retries_total{reason="lost_connection"}`),
	}
	s.store.Retried = func(kind store.Failure) { retried[kind].Inc() }
	return m
}

// answered counts one request; service is the contract that it was answered in.
func (m *meter) answered(service string, rt route, w *answerWriter, took time.Duration) {
	call, status := "none", "cut"
	if rt.path != "" {
		call = rt.method + " " + rt.path
	}
	if w.status != 0 {
		status = strconv.Itoa(w.status)
	}
	m.set.GetOrCreateCounter(`detent_requests_total{contract="` + service + `",call="` + call + `",status="` + status + `"}`).Inc()
	if w.reason != "" {
		m.set.GetOrCreateCounter(`detent_refusals_total{contract="` + service + `",reason="` + w.reason + `"}`).Inc()
	}
	m.set.GetOrCreatePrometheusHistogramExt(`detent_request_seconds{contract="`+service+`"}`, latencies).Update(took.Seconds())
}

// reasonOf names an answer other than yes for the metrics.
func reasonOf(err error, status int) string {
	for _, known := range []struct {
		err    error
		reason string
	}{{errNoCredential, "no_key"}, {errUnknownKey, "unknown_key"}, {errDisabled, "disabled"}, {errExpired, "expired"}, {errTokenExpired, "token_expired"}} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	if code, ok := contract.GenericCodes[status]; ok {
		return code
	}
	return strconv.Itoa(status)
}
