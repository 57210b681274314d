package paint

import "strconv"

// LineRate is how many bytes a second the line to the terminal carries, 0 for any number: what DETENT_LINE_RATE says in
// kbit/s, else that of a thin line when we are at the far end of one. A faster line loses nothing to that but frames of a
// held key; on a thin one the picture would run on long after the key is released.
func LineRate(getenv func(string) string, far bool) int {
	kbit, err := strconv.ParseUint(getenv("DETENT_LINE_RATE"), 10, 20)
	switch {
	case err == nil:
		return int(kbit) * 1000 / 8
	case far:
		return ThinLine
	}
	return 0
}
