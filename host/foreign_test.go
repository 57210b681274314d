package host

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"detent/apikey"
	"detent/client/issuers"
	"detent/tui/ui"
)

// TestATypedTokenOfAnotherServiceIsNotStored: each beginning that one service declares, typed for each other one that declares some.
func TestATypedTokenOfAnotherServiceIsNotStored(t *testing.T) {
	h := hostWith(t, someProfile)
	s := h.Screens(io.Discard)
	refused := 0
	for _, of := range issuers.BuiltIn() {
		d, err := issuers.Load("", of)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range d.Secret.Prefixes {
			for _, to := range issuers.BuiltIn() {
				target, err := issuers.Load("", to)
				if err != nil || len(target.Parents) > 0 { // asks for more than a name
					continue
				}
				its := false
				for _, own := range target.Secret.Prefixes {
					its = its || strings.HasPrefix(p.Text, own.Text) && len(own.Text) >= len(p.Text)
				}
				n := ui.ProfileDraft{Name: "new", Service: to, URL: "https://keys.example.com", NewToken: apikey.NewSecret(p.Text + "c4narytokenofanotherservice")}
				err = s.SaveProfile(t.Context(), nil, n)
				var wrong *ui.FieldError
				if foreign := errors.As(err, &wrong) && wrong.Field == "token"; foreign == its {
					t.Errorf("%s of %s typed for %s: %v", p.Text, of, to, err)
				} else if foreign {
					refused++
					if strings.Contains(err.Error(), "c4nary") {
						t.Errorf("the token is in the error: %v", err)
					}
				}
				if err == nil {
					if err := s.RemoveProfile(t.Context(), "new"); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	if refused == 0 {
		t.Error("none was refused")
	}
	err := filepath.WalkDir(h.o.Env.Get("HOME"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".token") {
			t.Errorf("kept: %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
