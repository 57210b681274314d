package rotation

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"detent/apikey"
	"detent/client"
)

// TestADeletionIsSaidByWhatWasAnswered: "deleted" is said for a yes alone.
func TestADeletionIsSaidByWhatWasAnswered(t *testing.T) {
	lost := &client.Error{Op: "delete", Kind: client.Timeout, Outcome: client.Unknown, Message: "no answer"}
	refused := &client.Error{Op: "delete", Kind: client.Forbidden, Status: 403, Own: true, Outcome: client.NotDone}
	type answer struct {
		said apikey.Deleted
		err  error
	}
	yes, none, listed := answer{}, answer{said: apikey.Deleted{AlreadyGone: true}}, answer{said: apikey.Deleted{Evidence: "the list lacks it"}}
	for want, answers := range map[string][]answer{
		"the service answered that it deleted the key":               {yes},
		"the service answered that it deleted the key ":              {{err: lost}, yes},
		"the service answered that it deleted the key  ":             {{err: refused}, yes},
		"the key is gone, as far as is seen: the list lacks it":      {listed},
		"the key is gone, as far as is seen: the list lacks it ":     {{err: lost}, listed},
		"the key is gone, as far as is seen: a first request was no": {{err: lost}, none},
	} {
		r := &Rotation{j: &journal{}}
		for _, a := range answers {
			r.goneBy("k", a.said, a.err)
		}
		if got := r.j.deletedWords("the key", "k"); !strings.HasPrefix(got, strings.TrimSpace(want)) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestAListThatNamesNoListShowsNoKeyMissing: {} is what anybody may answer, though it is shown as an empty list.
func TestAListThatNamesNoListShowsNoKeyMissing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) }))
	t.Cleanup(server.Close)
	svc, err := client.Open(client.Options{Service: "generic", URL: server.URL, Token: apikey.NewSecret("token-0123456789")})
	if err != nil {
		t.Fatal(err)
	}
	r := &Rotation{svc: svc, w: World{Now: time.Now, Wall: time.Now, Hook: func(string) {}}}
	if s, err := r.lookOnce(t.Context()); !client.IsKind(err, client.BadAnswer) {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestAnOpenDeletionIsSaidByWhatIsKnownOfIt: an answer that came is not missing.
func TestAnOpenDeletionIsSaidByWhatIsKnownOfIt(t *testing.T) {
	open := &client.Error{Op: "delete", Kind: client.BadAnswer, Outcome: client.Unknown, Message: "open", Err: client.ErrStillListed}
	for want, does := range map[string]func(r *Rotation){
		"its answer is missing": func(r *Rotation) { r.deleteIsSent() },
		"the service answered that it deleted k, or": func(r *Rotation) {
			r.deleteIsSent()
			r.goneBy("k", apikey.Deleted{}, nil)
			r.isDeleted()
			r.j.begun(opDelete)
		},
		"the service answered a first request with no yes and no no, and its list still had": func(r *Rotation) {
			r.deleteIsSent()
			r.goneBy("k", apikey.Deleted{}, open)
		},
		"its answer is missing ": func(r *Rotation) {
			r.isDeleted()
			r.w.Wall = func() time.Time { return time.Now().Add(time.Hour) }
			r.deleteIsSent()
		},
	} {
		r := &Rotation{j: &journal{Old: keyRecord{ID: "k"}}, w: World{Now: time.Now, Wall: time.Now, Hook: func(string) {}}}
		does(r)
		if got := pendingWords(opDelete, r.j); !strings.Contains(got, strings.TrimSpace(want)) || strings.Contains(got, "missing") == strings.HasPrefix(want, "the service") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
