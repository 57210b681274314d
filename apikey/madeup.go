package apikey

import (
	"io"
	"strings"
)

// The alphabets from which a made-up secret is drawn, the narrowest that has all of a kind's characters first.
var alphabets = []string{"0123456789", "abcdef", "abcdefghijklmnopqrstuvwxyz", "ABCDEF", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}

// minRandom is how many characters a made-up secret must have of its own: fewer, and the prefix is made up too.
const minRandom = 8

// MadeUp is a secret of nobody's with the shape of another: the same prefix and length, and position by position the same
// class of character, so that nothing but a look at the keys themselves can tell them apart. It differs at every position
// that is drawn, whatever random gives, and so is never the secret itself.
func MadeUp(like Secret, random io.Reader) Secret {
	text := []byte(like.bytes())
	from := len(shapePrefix(like.bytes()))
	if strings.HasPrefix(like.bytes(), "eyJ") && strings.Count(like.bytes(), ".") == 2 {
		from = strings.LastIndexByte(like.bytes(), '.') + 1 // what it says stays readable, its signature is nobody's
	}
	if letters(text[from:]) < minRandom {
		from = 0
	}
	entropy := make([]byte, len(text))
	_, _ = io.ReadFull(random, entropy)
	sets := make([]string, 0, len(alphabets))
	for i, set := range alphabets {
		hex := i == 1 || i == 3
		if hex && strings.ContainsFunc(string(text[from:]), func(r rune) bool { return strings.ContainsRune(alphabets[i+1], r) && !strings.ContainsRune(set, r) }) {
			continue
		}
		sets = append(sets, set)
	}
	for i := from; i < len(text); i++ {
		for _, set := range sets {
			if at := strings.IndexByte(set, text[i]); at >= 0 {
				text[i] = set[(at+1+int(entropy[i])%(len(set)-1))%len(set)]
				break
			}
		}
	}
	made := NewSecret(string(text))
	if made.Equal(like) { // nothing but signs
		text[len(text)-1] = "-_"[(strings.IndexByte("-_", text[len(text)-1])+1)%2]
		made = NewSecret(string(text))
	}
	return made
}

func letters(text []byte) int {
	n := 0
	for _, c := range text {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			n++
		}
	}
	return n
}
