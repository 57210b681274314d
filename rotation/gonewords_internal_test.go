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
