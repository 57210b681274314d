package aearly

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const childVariable = "DETENT_AEARLY_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	environ, _ := os.ReadFile("/proc/self/environ") // root may
	status, _ := os.ReadFile("/proc/self/limits")
	_, _ = os.Stdout.Write(bytes.Join([][]byte{environ, []byte(os.Getenv("DETENT_TOKEN")), status}, []byte("\n--\n")))
	os.Exit(0)
}

// TestTheTokenIsNotInTheEnvironmentThatOthersRead, wherever it stands there, and the process still has it.
func TestTheTokenIsNotInTheEnvironmentThatOthersRead(t *testing.T) {
	const token = "sk_canary_9f8e7d6c5b4a"
	for name, environ := range map[string][]string{
		"first": {"DETENT_TOKEN=" + token, "OTHER=x", "LAST=y"}, "last": {"OTHER=x", "LAST=y", "DETENT_TOKEN=" + token},
		"in between": {"OTHER=x", "DETENT_TOKEN=" + token, "LAST=y"}, "alone": {"DETENT_TOKEN=" + token},
	} {
		child := exec.Command("/proc/self/exe")
		child.Env = append(environ, childVariable+"=1")
		out, err := child.Output()
		parts := strings.Split(string(out), "\n--\n")
		if err != nil || len(parts) != 3 {
			t.Fatalf("%s: %v %q", name, err, out)
		}
		if parts[0] == "" {
			t.Skip("only root reads it")
		}
		if strings.Contains(parts[0], token) || len(environ) > 1 && !strings.Contains(parts[0], "OTHER=x\x00") || !strings.Contains(parts[0], childVariable+"=1") {
			t.Errorf("%s: others read %q", name, parts[0])
		}
		if parts[1] != token {
			t.Errorf("%s: the process has %q", name, parts[1])
		}
		for line := range strings.Lines(parts[2]) {
			if strings.HasPrefix(line, "Max core file size") && strings.Fields(line)[4] != "0" {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}
