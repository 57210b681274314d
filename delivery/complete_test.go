package delivery

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestAPlaceThatIsTypedIsCompletedAsThisMachineHasIt(t *testing.T) {
	home := t.TempDir()
	for path, text := range map[string]string{
		"srv/payments/.env":      "# of payments\nexport API_KEY='psp_x'\nAPI_URL=https://x\nDEBUG=1\n",
		"srv/payments/.envrc":    "layout go\n",
		"srv/payments/.git/HEAD": "",
		"srv/payments/prod.env":  "API_KEY=1\n",
		"srv/payroll/key.txt":    "x",
		"broken.env":             "KEY='\n",
		".secrets/token":         "x",
		"a\nb":                   "x",
	} {
		path = filepath.Join(home, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(home, "srv"), filepath.Join(home, "services")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(home, "nowhere"), filepath.Join(home, "gone")); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"":                              "broken.env: services/ srv/",
		"s":                             "services/ srv/",
		"~":                             "~/",
		"~/":                            "~/broken.env: ~/services/ ~/srv/",
		"~/.":                           "~/.secrets/",
		"~/srv/pay":                     "~/srv/payments/ ~/srv/payroll/",
		"services/payments/":            "services/payments/.env: services/payments/.envrc: services/payments/prod.env:",
		"srv/payments/.":                "srv/payments/.env: srv/payments/.envrc: srv/payments/.git/",
		"env-file:srv/payments/p":       "env-file:srv/payments/prod.env:",
		"env-file:srv/payments/.env:A":  "env-file:srv/payments/.env:API_KEY env-file:srv/payments/.env:API_URL",
		"srv/payments/.env:":            "srv/payments/.env:API_KEY srv/payments/.env:API_URL srv/payments/.env:DEBUG",
		"srv/payments/.env:X":           "",
		"file:srv/payments/p":           "file:srv/payments/prod.env",
		"file:srv/payroll/":             "file:srv/payroll/key.txt",
		"broken.env:":                   "",
		"srv/nowhere/":                  "",
		"~maria/":                       "",
		"command:/bin/":                 "",
		"clip":                          "",
		"srv/payments/.env:API_KEY":     "srv/payments/.env:API_KEY",
		filepath.Join(home, "srv") + "": filepath.Join(home, "srv") + "/",
	} {
		if got := strings.Join(Complete(text, Options{Home: home, Dir: home}), " "); got != want {
			t.Errorf("%q goes on with %q, want %q", text, got, want)
		}
	}
	below := Options{Home: home, Dir: filepath.Join(home, "srv"), Below: filepath.Join(home, "srv")}
	for text, want := range map[string]string{"pay": "payments/ payroll/", "~/": "", "../": "", "/": "", home + "/": "", "../broken.env:": ""} {
		if got := strings.Join(Complete(text, below), " "); got != want {
			t.Errorf("below one folder %q goes on with %q, want %q", text, got, want)
		}
	}
	if got := Complete("/", Options{}); !slices.Contains(got, "/tmp/") && runtime.GOOS == "linux" {
		t.Errorf("/ goes on with %q", got)
	}
}
