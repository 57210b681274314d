package paint

import "testing"

func TestAThinLineIsAssumedAtTheFarEndOfSSH(t *testing.T) {
	for _, c := range []struct {
		far  bool
		rate string
		want int
	}{{false, "", 0}, {true, "", 8000}, {true, "0", 0}, {true, "2000", 250_000}, {false, "64", 8000}, {false, "fast", 0}} {
		if got := LineRate(func(string) string { return c.rate }, c.far); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}
