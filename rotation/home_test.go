package rotation

import (
	"context"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client"
)

// homely is a service that tells where its credential belongs.
type homely struct {
	service
	project string
}

func (h homely) OwnProject(context.Context) (string, bool, error) {
	return h.project, h.project != "", nil
}

var _ client.ProjectFinder = homely{}

func TestAKeyOfTheCredentialsProjectRotatesBesideKeysOfOthers(t *testing.T) {
	for project, want := range map[string]string{"a": "", "b": "would land in the project b", "": "might land in another project"} {
		c := shaped(t, vertesiaShape())
		c.project("old-1", "a")
		c.add(apikey.Key{ID: "other-1", Name: "other"})
		c.project("other-1", "b")
		p := c.params()
		p.World = c.world()
		p.Service = homely{service{c}, project}
		r, err := Start(p)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Do(t.Context())
		r.Close()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("own project %q: %v, want %q", project, err, want)
		}
	}
}
