package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestTheScreensSettingsAreReadWithTheirLines(t *testing.T) {
	c, err := parse("config.toml", []byte("[ui]\ntheme = \"light\"\nmouse = false\nbell = true\ncolumns = [\"name\", \"expires\"]\norder = \"-created\"\nscreen_reader = true\n"+
		"[ui.keys]\nrotate = [\"r\", \"ctrl+t\"]\n# more\ndelete = \"D\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	u := c.UI
	if u.Theme != ThemeLight || !u.NoMouse || u.NoBell || !u.ScreenReader || u.Order != "-created" || !reflect.DeepEqual(u.Columns, []string{"name", "expires"}) ||
		!reflect.DeepEqual(u.Keys, []KeysOf{{"rotate", []string{"r", "ctrl+t"}}, {"delete", []string{"D"}}}) {
		t.Errorf("%+v", u)
	}
	for field, want := range map[string]string{
		"columns": "config.toml:5: ui.columns: wrong", "order": "config.toml:6: ui.order: wrong", "rotate": "config.toml:9: ui.keys.rotate: wrong", "delete": "config.toml:11: ui.keys.delete: wrong",
	} {
		if got := u.At(field, errors.New("wrong")).Error(); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	if c, err = parse("config.toml", nil); err != nil || !reflect.DeepEqual(c.UI, UI{}) {
		t.Errorf("without [ui]: %+v, %v", c.UI, err)
	}
}

// What cannot be read is nothing: a session begins without it.
func TestWhatASessionLeftIsRememberedOrNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if got := ReadLast(dir); !reflect.DeepEqual(got, Last{}) {
		t.Errorf("of no session: %+v", got)
	}
	want := Last{Profile: "prod", Order: "-created", Chosen: []string{"key r", `a "b"`}}
	for range 2 {
		if err := WriteLast(dir, want); err != nil {
			t.Fatal(err)
		}
		if got := ReadLast(dir); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	info, err := os.Stat(filepath.Join(dir, lastFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for _, damage := range []string{"profile = ", "\x00\x01", "profile = 3"} {
		if err := os.WriteFile(filepath.Join(dir, lastFile), []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := ReadLast(dir); !reflect.DeepEqual(got, Last{}) {
			t.Errorf("%q: %+v", damage, got)
		}
	}
}
