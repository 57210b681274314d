package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unit are the settings of a unit's [Service] section, each with its values in order.
func unit(t *testing.T, path string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out, section := map[string][]string{}, ""
	for line := range strings.SplitSeq(string(text), "\n") {
		name, value, set := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "["):
			section = line
		case set && !strings.HasPrefix(line, "#") && section == "[Service]":
			out[name] = append(out[name], value)
		}
	}
	return out
}

// TestUnitsKeepWhatTheTeamPageSays: both units run the program as the page does by hand, and confine it as the page promises.
func TestUnitsKeepWhatTheTeamPageSays(t *testing.T) {
	page, err := os.ReadFile("docs/TEAM.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(page)), " ")
	promised := []struct{ words, name, value string }{
		{"no capability", "CapabilityBoundingSet", ""},
		{"no capability", "AmbientCapabilities", ""},
		{"no new privilege", "NoNewPrivileges", "yes"},
		{"a read-only system", "ProtectSystem", "strict"},
		{"no home folders", "ProtectHome", "yes"},
		{"no devices", "PrivateDevices", "yes"},
		{"no memory that is written and executed", "MemoryDenyWriteExecute", "yes"},
		{"`@system-service` alone", "SystemCallFilter", "@system-service"},
		{"no core dump", "LimitCORE", "0"},
		{"`/var/lib/detent` alone", "StateDirectory", "detent"},
		{"-m 0700 -o detent -g detent /var/lib/detent", "StateDirectoryMode", "0700"},
		{"useradd --system --user-group", "User", "detent"},
		{"--user-group", "Group", "detent"},
	}
	for path, command := range map[string]string{
		"contrib/systemd/detent-serve.service": "detent serve --listen 127.0.0.1:8420", "contrib/systemd/detent-ssh.service": "detent ssh --listen 127.0.0.1:2222",
	} {
		u := unit(t, path)
		for _, p := range promised {
			if !strings.Contains(text, p.words) {
				t.Errorf("docs/TEAM.md no longer says %q: what does %s promise?", p.words, p.name)
			}
			if !slices.Equal(u[p.name], []string{p.value}) {
				t.Errorf("%s: %s is %q, and docs/TEAM.md says %q", path, p.name, u[p.name], p.words)
			}
		}
		if len(u["ReadWritePaths"]) > 0 {
			t.Errorf("%s writes in %q as well", path, u["ReadWritePaths"])
		}
		if !slices.Equal(u["ExecStart"], []string{"/usr/local/bin/" + command}) || !strings.Contains(text, "as_detent "+command) {
			t.Errorf("%s runs %q, and docs/TEAM.md says otherwise", path, u["ExecStart"])
		}
		// What as_detent of the page sets, the units set.
		environment := strings.Fields(strings.Join(u["Environment"], " "))
		for _, v := range regexp.MustCompile(`\b(HOME|DETENT_CONFIG|XDG_STATE_HOME|XDG_DATA_HOME)=\S+`).FindAllString(text, -1) {
			if !slices.Contains(environment, v) {
				t.Errorf("%s does not set %s", path, v)
			}
		}
		if len(environment) < 4 {
			t.Errorf("%s sets %q", path, environment)
		}
	}
}
