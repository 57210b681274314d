package delivery

import (
	"errors"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"detent/e2e/needs"

	"github.com/joho/godotenv"
)

func setVariable(src, name, value string) (string, error) {
	d, err := parseDotenv([]byte(src))
	if err != nil {
		return "", err
	}
	out, err := d.set(name, value)
	return string(out), err
}

func TestOneValueChangesAndEveryOtherByteStays(t *testing.T) {
	const secret = "sk_live_New-1"
	for _, c := range []struct{ name, before, after string }{
		{"bare", "A=1\nKEY=old\nB=2\n", "A=1\nKEY=sk_live_New-1\nB=2\n"},
		{"empty file", "", "KEY=sk_live_New-1\n"},
		{"added", "A=1\n", "A=1\nKEY=sk_live_New-1\n"},
		{"added after a missing final newline", "A=1", "A=1\nKEY=sk_live_New-1\n"},
		{"added in CRLF", "A=1\r\nB=2", "A=1\r\nB=2\r\nKEY=sk_live_New-1\r\n"},
		{"added to a lone byte order mark", "\ufeff", "\ufeffKEY=sk_live_New-1\n"},
		{"missing final newline is kept", "KEY=old", "KEY=sk_live_New-1"},
		{"double quotes are kept", `KEY="old"`, `KEY="sk_live_New-1"`},
		{"single quotes are kept", "KEY='old'\n", "KEY='sk_live_New-1'\n"},
		{"backticks give way", "KEY=`old`\n", "KEY=sk_live_New-1\n"},
		{"export", "export KEY=old\n", "export KEY=sk_live_New-1\n"},
		{"export with tabs", "\texport\tKEY = old\n", "\texport\tKEY = sk_live_New-1\n"},
		{"blanks around =", "KEY  =  old  \n", "KEY  =  sk_live_New-1  \n"},
		{"yaml style", "KEY: old\n", "KEY: sk_live_New-1\n"},
		{"CRLF", "A=1\r\nKEY=old\r\nB=2\r\n", "A=1\r\nKEY=sk_live_New-1\r\nB=2\r\n"},
		{"byte order mark", "\ufeffKEY=old\n", "\ufeffKEY=sk_live_New-1\n"},
		{"inline comment", "KEY=old # the key\n", "KEY=sk_live_New-1 # the key\n"},
		{"inline comment after a tab", "KEY=old\t# the key\n", "KEY=sk_live_New-1\t# the key\n"},
		{"inline comment after quotes", `KEY="old"  # the key`, `KEY="sk_live_New-1"  # the key`},
		{"comment glued to quotes", `KEY="old"#c`, `KEY="sk_live_New-1"#c`},
		{"a second # in a bare value's comment asks for quotes", "KEY=old # a # b\n", "KEY=\"sk_live_New-1\" # a # b\n"},
		{"# in a bare value is value", "KEY=ol#d\n", "KEY=sk_live_New-1\n"},
		{"empty value", "KEY=\nB=2\n", "KEY=sk_live_New-1\nB=2\n"},
		{"empty value with blanks", "KEY=  \nB=2\n", "KEY=sk_live_New-1  \nB=2\n"},
		{"empty value with a comment", "KEY= # fill in\n", "KEY=sk_live_New-1 # fill in\n"},
		{"the last of several counts", "KEY=a\nB=2\nKEY=b\nC=3\n", "KEY=a\nB=2\nKEY=sk_live_New-1\nC=3\n"},
		{"a comment is no variable", "# KEY=old\nB=2\n", "# KEY=old\nB=2\nKEY=sk_live_New-1\n"},
		{"a longer name is another", "MY_KEY=1\nKEY_2=2\n", "MY_KEY=1\nKEY_2=2\nKEY=sk_live_New-1\n"},
		{"a name inside a value over lines is no variable", "PEM=\"a\nKEY=x\nb\"\nKEY=old\n", "PEM=\"a\nKEY=x\nb\"\nKEY=sk_live_New-1\n"},
		{"a value over lines is replaced whole", "KEY='a\nb\nc' # c\nB=1\n", "KEY='sk_live_New-1' # c\nB=1\n"},
		{"an escaped mark does not close", `KEY="a\"b" # c`, `KEY="sk_live_New-1" # c`},
		{"a name alone is left", "FOO\nKEY=old\n", "FOO\nKEY=sk_live_New-1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := setVariable(c.before, "KEY", secret)
			if err != nil || got != c.after {
				t.Fatalf("got %q, %v\nwant %q", got, err, c.after)
			}
			again, err := setVariable(got, "KEY", secret)
			if err != nil || again != got {
				t.Fatalf("a second time: %q, %v", again, err)
			}
		})
	}
}

func TestSecretsThatNeedQuotingReadBackAlikeEverywhere(t *testing.T) {
	for _, secret := range []string{
		"plain", "a b", " lead and trail ", "a#b", "a #b", "#a", "$HOME", "a$b", "${X}", "$(id)", `a\nb`, `back\slash`, `end\`,
		`it's`, `"quoted"`, "`tick`", "a'b#c", "a=b==", "https://u:p@h/x?y=1&z=2", "äöü€", "!history", "a;b|c", "%d", "a'b\"c",
	} {
		// Only bare would they be read alike by the two libraries, and a shell reads that otherwise.
		bareOnly := strings.HasSuffix(secret, `\`) || strings.ContainsAny(secret, "'") && strings.ContainsAny(secret, `"`)
		for _, before := range []string{"", "KEY=old\n", "KEY='old'\n", "KEY=\"old\" # c # d\n", "KEY=old # c # d\n", "KEY=`old`\n"} {
			out, err := setVariable(before, "KEY", secret)
			if bareOnly {
				if err == nil {
					t.Errorf("%q into %q: no form serves every reader there, and it was written: %q", secret, before, out)
				}
				continue
			}
			if err != nil {
				t.Errorf("%q into %q: %v", secret, before, err)
				continue
			}
			if got, err := godotenv.Unmarshal(out); err != nil || got["KEY"] != secret {
				t.Errorf("godotenv reads %q from %q (%v)", got["KEY"], out, err)
			}
			if got := nodeDotenv(out)["KEY"]; got != secret {
				t.Errorf("npm dotenv reads %q from %q", got, out)
			}
		}
	}
}

func TestSecretsThatNoLineCanCarryAreRefused(t *testing.T) {
	for _, secret := range []string{"", "a\nb", "a\rb", "a\x00b", "a\x1bb", "a\u2028b", "a\u00a0b", "\xff", `a'b"c#d`, `a'b$c`} {
		if out, err := setVariable("KEY=old\n", "KEY", secret); err == nil {
			t.Errorf("%q was written: %q", secret, out)
		} else if secret != "" && strings.Contains(err.Error(), secret) {
			t.Errorf("the error holds the secret: %v", err)
		}
	}
}

func TestLinesThatLibrariesReadDifferentlyAreRefusedByNumber(t *testing.T) {
	for _, c := range []struct {
		name, src string
		line      int
	}{
		{"a mark that is not closed", "A=1\nB=\"x\nKEY=old\n", 2},
		{"text after a value over lines", "A=\"x\nB=\"y\"\n", 2},
		{"an assignment after a closing mark", "A='x' KEY=old\n", 1},
		{"backticks over lines", "A=`x\nKEY=old\n`\n", 1},
		{"comments, empty lines, names and values over lines count", "# a\n\nFOO\nA='1\n2'\nB=\"x\n", 6},
		{"text after backticks", "A=1\nB=`x` y\nKEY=old\n", 2},
		{"a lone carriage return", "A=1\rKEY=old\n", 1},
		{"a carriage return at the end", "A=1\nKEY=old\r", 2},
		{"a zero byte", "A=1\nB\x00\n", 2},
		{"a zero byte before all", "\x00A=1\n", 1},
		{"a line separator before all", "\u2028A=1\n", 1},
		{"a colon without a value", "A:\nKEY=old\n", 1},
		{"a line of shell", "A=1\nif [ x = y ]; then\n", 2},
		{"a line that begins with a mark", "A=\n'KEY=old'\n", 2},
		{"a line that begins with =", "A\n=1\n", 2},
		{"a line separator", "A=1\n# c\u2028KEY=old\n", 2},
		{"an unusual blank before a mark", "KEY=\ufeff\"\nKEY=x\nA=\"\n", 1},
		{"our own line with something after it", "KEY='x' y\n", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := setVariable(c.src, "KEY", "new")
			var at *dotenvError
			if !errors.As(err, &at) || at.line != c.line {
				t.Fatalf("got %v, want line %d", err, c.line)
			}
		})
	}
}

// nodeCases are files and what npm's dotenv 18 reads from them, recorded from the
// library. They hold nodeDotenv, the reader that the other tests use, to it.
var nodeCases = []struct {
	src  string
	want map[string]string
}{
	{"A=1\nB=two\n", map[string]string{"A": "1", "B": "two"}},
	{"A= spaced  \n", map[string]string{"A": "spaced"}},
	{"A=x#c\nB=x #c\nC=\"x#c\"\n", map[string]string{"A": "x", "B": "x", "C": "x#c"}},
	{"A='x' # c\nB=`x\"'y`\n", map[string]string{"A": "x", "B": "x\"'y"}},
	{"A=\"x\\ny\"\nB='x\\ny'\nC=x\\ny\n", map[string]string{"A": "x\ny", "B": "x\\ny", "C": "x\\ny"}},
	{"A=\"x\ny\"\nB=1", map[string]string{"A": "x\ny", "B": "1"}},
	{"A=\"x\\\"y\"\n", map[string]string{"A": "x\\\"y"}},
	{"A=\"x\" y\n", map[string]string{"A": "\"x\" y"}},
	{"export A=1\n export  B = 2\n", map[string]string{"A": "1", "B": "2"}},
	{"A: 1\nB:2\nC-D.E=3\n", map[string]string{"A": "1", "C-D.E": "3"}},
	{"A=1\r\nB=\"2\"\r\n", map[string]string{"A": "1", "B": "2"}},
	{"\ufeffA=1\n", map[string]string{"A": "1"}},
	{"A=1\nA=2\n", map[string]string{"A": "2"}},
	{"A=\nB= # c\n", map[string]string{"A": "", "B": ""}},
	{"A=$HOME\nB=\"$HOME\"\n", map[string]string{"A": "$HOME", "B": "$HOME"}},
	{"FOO\nA=1\n", map[string]string{"A": "1"}},
}

func TestTheReaderInNpmsMannerReadsWhatNpmReads(t *testing.T) {
	for _, c := range nodeCases {
		got := nodeDotenv(c.src)
		if len(got) != len(c.want) {
			t.Errorf("%q: %q, want %q", c.src, got, c.want)
		}
		for name, value := range c.want {
			if got[name] != value {
				t.Errorf("%q: %s is %q, want %q", c.src, name, got[name], value)
			}
		}
	}
}

// TestNodeItselfReadsWhatIsWritten asks Node's own reader of .env files.
func TestNodeItselfReadsWhatIsWritten(t *testing.T) {
	node := needs.Program(t, "node")
	probe := exec.Command(node, "-e", "process.exit(typeof require('util').parseEnv === 'function' ? 0 : 1)")
	if probe.Run() != nil {
		t.Skip("this node has no util.parseEnv")
	}
	for _, secret := range []string{"sk_live_abc123", "a b", "a#b", "a$b", `a\b`, "it's", `"q"`} {
		out, err := setVariable("# c\nexport A=\"x\ny\"\nKEY=old # c\nB=2\n", "KEY", secret)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(node, "-e", `process.stdout.write(require('util').parseEnv(require('fs').readFileSync(0, 'utf8')).KEY)`)
		cmd.Stdin = strings.NewReader(out)
		got, err := cmd.Output()
		if err != nil || string(got) != secret {
			t.Errorf("node reads %q from %q (%v)", got, out, err)
		}
	}
}

// FuzzSetVariable: nothing but the one value changes, and both libraries read back
// what was written.
func FuzzSetVariable(f *testing.F) {
	for _, c := range nodeCases {
		f.Add(c.src, "sk_live_x")
		f.Add(c.src+"KEY=old # c\n", "a b")
	}
	f.Add("KEY='a\nb' # c\r\nB=`x`\n", "it's")
	f.Add("A=\"x\\\"\nKEY=old\n\"\n", "a#b")
	f.Add("\ufeffexport KEY : x\n", "$x")
	f.Fuzz(checkSet)
}

// pieces of dotenv syntax, so that random strings of them meet its edges.
var pieces = []string{
	"KEY", "KEY", "KEY=", "KEY=", "A", "B=", "export", "export ", "=", ":", ": ", " ", "\t", "\n", "\n", "\n", "\r\n", "\"", "\"", "'", "'", "`",
	"\\", "#", " # ", "$", "old", "x", "FOO", "\ufeff", "\u00a0", "-", ".", "1", "\v", "\u2028",
}

// TestAChangedFileIsReadAgainBeforeItIsTaken: whatever made the new text, the variable must read back as the value, and
// every other assignment as before.
func TestAChangedFileIsReadAgainBeforeItIsTaken(t *testing.T) {
	d, err := parseDotenv([]byte("A=1\nKEY=old\nKEY=older\n"))
	if err != nil {
		t.Fatal(err)
	}
	for out, says := range map[string]string{
		"A=1\nKEY=old\nKEY=new\n":      "",
		"A=1\nKEY=old\nKEY=other\n":    "does not let the value be read back",
		"A=1\nKEY=old\nKEY=$new\n":     "does not let the value be read back",
		"A=1\n":                        "does not let the value be read back",
		"A=2\nKEY=old\nKEY=new\n":      "does not let one value be changed alone",
		"A=1\nKEY=new\nKEY=new\n":      "does not let one value be changed alone",
		"A=1\nKEY=old\nKEY=new\nB=2\n": "does not let one value be changed alone",
		"KEY=old\nA=1\nKEY=new\n":      "does not let one value be changed alone",
		"A='1\nKEY=old\nKEY=new\n":     "would not be read alike",
	} {
		_, err := d.checked([]byte(out), "KEY", "new")
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", out, err, says)
		}
	}
}

// FuzzSyntax is FuzzSetVariable over pieces of syntax: each byte chooses one.
func FuzzSyntax(f *testing.F) {
	f.Add([]byte{2, 26, 13, 5, 17, 27, 17}, "sk_live_x")
	f.Add([]byte{7, 2, 19, 26, 14, 27, 19, 24, 27}, "a b")
	f.Add([]byte("$?\xff0$0\x82\x02\xf5x"), "000000000")
	f.Fuzz(func(t *testing.T, choice []byte, secret string) {
		checkSet(t, assemble(choice), secret)
	})
}

// FuzzRestore: an undo after others changed the file puts the one variable back, or says that it cannot; what they wrote
// reads as before. Each byte of the edits chooses a piece of syntax before and behind what was written.
func FuzzRestore(f *testing.F) {
	for _, c := range nodeCases {
		f.Add(c.src, "sk_live_x", []byte{4, 17, 9, 17}, []byte{17, 4, 8, 24, 17})
		f.Add("KEY=old # c\n"+c.src, "a b", []byte{}, []byte{23, 18})
	}
	f.Fuzz(func(t *testing.T, src, secret string, head, tail []byte) {
		old, err := parseDotenv([]byte(src))
		if err != nil {
			return
		}
		written, err := old.set("KEY", secret)
		if err != nil {
			return
		}
		now, err := parseDotenv([]byte(assemble(head) + string(written) + assemble(tail)))
		if err != nil {
			return
		}
		out, err := now.restored(old, "KEY")
		if err != nil {
			return
		}
		back, err := parseDotenv(out)
		if err != nil {
			t.Fatalf("%q became %q, which is refused: %v", now.src, out, err)
		}
		if others(back) != others(now) {
			t.Fatalf("%q became %q: another value changed", now.src, out)
		}
		a, there := old.find("KEY")
		b, _ := back.find("KEY")
		if len(there) > 0 && back.raw(b) != old.raw(a) {
			t.Fatalf("%q became %q, and it was %q", now.src, out, old.raw(a))
		}
		_, before := now.find("KEY")
		if _, left := back.find("KEY"); len(there) == 0 && len(left) != max(len(before)-1, 0) {
			t.Fatalf("%q became %q: the variable was not there", now.src, out)
		}
	})
}

// others are the assignments of every variable but KEY.
func others(d dotenv) string {
	var out []string
	for _, v := range d.vars {
		if v.name != "KEY" {
			out = append(out, v.name+"="+d.raw(v))
		}
	}
	return strings.Join(out, "\x00")
}

func assemble(choice []byte) string {
	var b strings.Builder
	for _, c := range choice {
		b.WriteString(pieces[int(c)%len(pieces)])
	}
	return b.String()
}

func TestRandomSyntaxIsEditedAlikeOrRefused(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	secrets := []string{"sk_live_x", "a b", "a#b", "it's", `q"q`, "$x", `a\`}
	edited, rounds := 0, 30_000
	if testing.Short() {
		rounds = 3_000
	}
	for range rounds {
		choice := make([]byte, 1+random.IntN(14))
		for i := range choice {
			choice[i] = byte(random.IntN(len(pieces)))
		}
		if checkSet(t, assemble(choice), secrets[random.IntN(len(secrets))]); t.Failed() {
			return
		}
		if _, err := parseDotenv([]byte(assemble(choice))); err == nil {
			edited++
		}
	}
	if edited < rounds/30 {
		t.Errorf("only %d files were not refused: this test proves little", edited)
	}
}

func checkSet(t *testing.T, src, secret string) {
	t.Helper()
	before, err := parseDotenv([]byte(src))
	if err != nil {
		return
	}
	written, err := before.set("KEY", secret)
	if err != nil {
		return
	}
	after, err := parseDotenv(written)
	if err != nil {
		t.Fatalf("%q became %q, which is refused: %v", src, written, err)
	}
	a, lines := before.find("KEY")
	b, _ := after.find("KEY")
	if got, ok := after.value(b); !ok || got != secret {
		t.Fatalf("%q: read back %q", written, got)
	}
	if len(lines) == 0 {
		rest, added := strings.CutPrefix(string(written), src)
		if !added || strings.Trim(strings.Replace(rest, string(written[b.start:b.end]), "", 1), "\r\n") != "" {
			t.Fatalf("%q became %q", src, written)
		}
	} else if back := after.setRaw("KEY", before.raw(a)); string(back) != src {
		t.Fatalf("%q became %q: more than the value changed", src, written)
	}
	if _, err := godotenv.Unmarshal(src + "\n"); err == nil {
		got, err := godotenv.Unmarshal(string(written))
		if err != nil || got["KEY"] != secret {
			t.Fatalf("godotenv reads %q from %q (%v), made of %q", got["KEY"], written, err, src)
		}
	}
	if got := nodeDotenv(string(written))["KEY"]; got != secret {
		t.Fatalf("npm dotenv reads %q from %q, made of %q", got, written, src)
	}
}

// nodeDotenv reads a file as npm's dotenv documents it: NAME=value or NAME: value
// at the start of a line, optionally after export; quotation marks of three kinds,
// over lines too; a # outside of them begins a comment; \n and \r in double marks
// are line breaks; a line that does not fit is skipped.
func nodeDotenv(src string) map[string]string {
	src = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(src)
	out := map[string]string{}
	for pos := 0; pos < len(src); {
		if name, value, end, ok := nodeStatement(src, pos); ok {
			out[name] = value
			pos = max(end, pos+1)
			for pos < len(src) && src[pos-1] != '\n' && src[pos] != '\n' {
				pos++
			}
			continue
		}
		next := strings.IndexByte(src[pos:], '\n')
		if next < 0 {
			break
		}
		pos += next + 1
	}
	return out
}

func nodeSpace(r rune) bool { return r == '\ufeff' || unicode.IsSpace(r) && r != '\u0085' }

func nodeStatement(src string, pos int) (name, value string, end int, ok bool) {
	skip := func(s string) string { return strings.TrimLeftFunc(s, nodeSpace) }
	rest := skip(src[pos:])
	if after, found := strings.CutPrefix(rest, "export"); found && skip(after) != after {
		if name, value, end, ok = nodePair(src, skip(after)); ok {
			return name, value, end, ok
		}
	}
	return nodePair(src, rest)
}

func nodePair(src, rest string) (name, value string, end int, ok bool) {
	isName := func(r rune) bool {
		return r == '_' || r == '.' || r == '-' || r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r))
	}
	after := strings.TrimLeftFunc(rest, isName)
	name = rest[:len(rest)-len(after)]
	if name == "" {
		return "", "", 0, false
	}
	if colon, found := strings.CutPrefix(after, ":"); found {
		first, size := utf8.DecodeRuneInString(colon)
		if !nodeSpace(first) {
			return "", "", 0, false
		}
		after = colon[size:]
	} else if equals, found := strings.CutPrefix(strings.TrimLeftFunc(after, nodeSpace), "="); found {
		after = equals
	} else {
		return "", "", 0, false
	}
	value, left := nodeValue(after)
	return name, value, len(src) - len(left), true
}

// nodeValue takes the quoted form if it stands alone to the end of its line or a
// comment, else the bare one.
func nodeValue(after string) (value, left string) {
	lead := strings.TrimLeftFunc(after, nodeSpace)
	if lead != "" && strings.ContainsRune("'\"`", rune(lead[0])) {
		mark := lead[:1]
		for i := 1; i < len(lead); i++ {
			if lead[i:i+1] != mark || lead[i-1] == '\\' && i > 1 {
				continue
			}
			left = lead[i+1:]
			tail := strings.TrimLeftFunc(left, nodeSpace)
			line, _, _ := strings.Cut(left, "\n")
			if tail == "" || tail[0] == '#' || strings.TrimFunc(line, nodeSpace) == "" {
				value = lead[1:i]
				if mark == `"` {
					value = strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(value)
				}
				return value, left
			}
			break
		}
	}
	end := strings.IndexAny(after, "#\n")
	if end < 0 {
		end = len(after)
	}
	return strings.TrimFunc(after[:end], nodeSpace), after[end:]
}
