//go:build unix

package cli

import "testing"

func TestSSHRotationWithoutANamedDestinationSaysSoAndOffersNoOther(t *testing.T) {
	h := newSSHHost(t)
	h.create("--name", "payments", "--permission", "getRules")
	v := openScreen(t, h.login("alice"), "xterm", 110, 30)
	v.wait("payments")
	v.wait("1 key")
	v.press("r")
	v.wait("names no destination")
	v.pressUntil("\r", "the refusal", func() bool { return v.shows("nothing is begun") })
	for _, key := range []string{" ", "x", "\t", "\x1b[Z", " "} {
		v.press(key)
	}
	v.wait("WHERE DOES THE APPLICATION")
}
