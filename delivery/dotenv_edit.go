package delivery

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// set returns the file with the variable's value replaced, or the variable added
// at the end. Nothing else changes.
func (d dotenv) set(name, value string) ([]byte, error) {
	if err := d.shellConflict(name); err != nil {
		return nil, err
	}
	a, _ := d.find(name)
	if a.junk {
		return nil, &dotenvError{a.line, "something follows the closing quotation mark: mend the line first"}
	}
	written, err := encodeValue(value, a.quote, a.tail)
	if err != nil {
		return nil, err
	}
	return d.checked(d.setRaw(name, written), name, value)
}

// setRaw has a value written exactly so.
func (d dotenv) setRaw(name, raw string) []byte {
	if a, lines := d.find(name); len(lines) > 0 {
		return d.spliced(a, raw)
	}
	return d.appended(name + "=" + raw)
}

// restored returns the file with the variable as the old file has it, what others changed since left alone.
func (d dotenv) restored(old dotenv, name string) ([]byte, error) {
	if err := d.shellConflict(name); err != nil {
		return nil, err
	}
	a, lines := old.find(name)
	out, raw := d.without(name), ""
	if len(lines) > 0 {
		raw = old.raw(a)
		out = d.setRaw(name, raw)
	}
	after, err := parseDotenv(out)
	if err != nil {
		return nil, fmt.Errorf("the file would not be read alike after the change: %w", err)
	}
	kept, back := after.others(name), true
	if len(lines) > 0 {
		now, _ := after.find(name)
		back = after.raw(now) == raw
	} else {
		kept = after.others("")
	}
	if !back || kept != d.others(name) {
		return nil, fmt.Errorf("the file's syntax around %s does not let the old value be put back alone", name)
	}
	return out, nil
}

// without returns the file without the lines of the assignment that counts.
func (d dotenv) without(name string) []byte {
	a, lines := d.find(name)
	if len(lines) == 0 {
		return d.src
	}
	return append(bytes.Clone(d.src[:a.start]), d.src[a.end:]...)
}

func (d dotenv) spliced(a assignment, raw string) []byte {
	out := bytes.Clone(d.src[:a.valueStart])
	out = append(out, raw...)
	return append(out, d.src[a.valueEnd:]...)
}

// appended adds a line in the file's own style of line ending. The line is always
// ended: what is later appended by hand must not run into the secret.
func (d dotenv) appended(line string) []byte {
	eol := "\n"
	if bytes.Contains(d.src, []byte("\r\n")) {
		eol = "\r\n"
	}
	out := bytes.Clone(d.src)
	if len(bytes.TrimPrefix(out, byteOrderMark)) > 0 && out[len(out)-1] != '\n' {
		out = append(out, eol...)
	}
	return append(out, line+eol...)
}

// checked reads the result again: the variable must hold the value, and every
// other assignment what it held.
func (d dotenv) checked(out []byte, name, value string) ([]byte, error) {
	after, err := parseDotenv(out)
	if err != nil {
		return nil, fmt.Errorf("the file would not be read alike after the change: %w", err)
	}
	a, lines := after.find(name)
	if got, ok := after.value(a); len(lines) == 0 || !ok || got != value {
		return nil, fmt.Errorf("the file's syntax around %s does not let the value be read back", name)
	}
	if d.others(name) != after.others(name) {
		return nil, fmt.Errorf("the file's syntax around %s does not let one value be changed alone", name)
	}
	if !d.shellAlike(after, name) {
		return nil, &dotenvError{max(a.line-1, 1), "what is there reaches into the next line for a shell that reads the file: end it first"}
	}
	return out, nil
}

// others are all assignments but the one of the name that counts.
func (d dotenv) others(name string) string {
	var all strings.Builder
	last, _ := d.find(name)
	for _, v := range d.vars {
		if v.name != name || v.start != last.start {
			all.WriteString(v.name + "=" + d.raw(v) + "\x00")
		}
	}
	return all.String()
}

// encodeValue writes a value so that both libraries and a shell read the same bytes: in the
// form that was there, if it serves, else bare, in double or in single quotation
// marks. Neither library undoes an escape that the other does, so none is used.
func encodeValue(value string, quote byte, tail string) (string, error) {
	if err := checkPrintable(value); err != nil {
		return "", err
	}
	// Bare, godotenv takes the last " #" of a line for its comment, npm the first #.
	bareTail := tail == "" || strings.TrimLeft(tail, " \t") == "" ||
		(tail[0] == ' ' || tail[0] == '\t') && strings.Count(tail, "#") == 1
	forms := map[byte]bool{
		0:    bareTail && plainValue().MatchString(value),
		'"':  !strings.ContainsAny(value, "\"\\$`"),
		'\'': !strings.Contains(value, "'") && !strings.HasSuffix(value, `\`),
	}
	for _, q := range []byte{quote, 0, '"', '\''} {
		if !forms[q] {
			continue
		}
		if q == 0 {
			return value, nil
		}
		return string(q) + value + string(q), nil
	}
	return "", fmt.Errorf("the secret holds quotation marks and other signs that no form of a .env line gives back alike everywhere: use file: or command: instead")
}

// checkPrintable refuses secrets that a line of text cannot carry.
func checkPrintable(value string) error {
	if value == "" {
		return fmt.Errorf("there is no secret to write")
	}
	if !utf8.ValidString(value) {
		return fmt.Errorf("the secret is no text in UTF-8")
	}
	for _, r := range value {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("the secret holds a control character or line break, which a .env line cannot carry")
		}
	}
	return nil
}
