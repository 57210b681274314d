//go:build unix

package delivery

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/joho/godotenv"

	"detent/apikey"
)

// TestWhatAShellReadsOtherwiseIsRefusedWithItsLine: each of these would lose something, or leave the old value where a
// shell finds it.
func TestWhatAShellReadsOtherwiseIsRefusedWithItsLine(t *testing.T) {
	for _, c := range []struct {
		src  string
		line int
	}{
		{"export KEY=old; export REGION=eu\n", 1},
		{"A=1\n$A\nB=2{ \\", 3},
		{"B=2\\", 1},
		{"A=1\nKEY=old;REGION=eu\n", 2},
		{"KEY=old;\n", 1},
		{"KEY=old && REGION=eu\n", 1},
		{"KEY=old&&REGION=eu\n", 1},
		{"KEY=old || true\n", 1},
		{"KEY=old | cat\n", 1},
		{"KEY=old & REGION=eu\n", 1},
		{"KEY=old REGION=eu\n", 1},
		{"export KEY=old REGION=eu\n", 1},
		{"KEY=old ./run\n", 1},
		{"KEY=old > log\n", 1},
		{"KEY=old <in\n", 1},
		{"KEY=old(x)\n", 1},
		{"KEY=old\\\nREGION=eu\n", 1},
		{"KEY=old \\\nREGION=eu\n", 1},
		{"KEY=old'; REGION='eu\n", 1},
		{"KEY=it's\nB='x'\n", 1},
		{"KEY=o\"ld\nB=\"x\"\n", 1},
		{"KEY=a$(echo b)c; B=2\n", 1},
		{"KEY='old'; export REGION=eu\n", 1},
		{"KEY=\"old\"; REGION=eu\n", 1},
		{"KEY=\"old\" REGION=eu\n", 1},
		{"A=1\nB=x; KEY=old\n", 2},
		{"A=1\nexport B=x KEY=old\n", 2},
		{"KEY=old\nB=x; export KEY=other\n", 2},
		{"KEY=old\nB=x&KEY=other\n", 2},
		{"KEY=old\nB=x && KEY=other\n", 2},
		{"B=x|KEY=other\n", 1},
		{"B=(KEY=x)\n", 1},
		{"KEY=old\nunset KEY\n", 2},
		{"if true\nthen\nKEY=old\nfi\n", 3},
		{"f() {\nKEY=old\n}\n", 2},
		{"case x in\nx)\nKEY=old\nesac\n", 3},
		{"case x in\nx) KEY=old ;;\nesac\n", 2},
		{"f() KEY=old\n", 1},
		{"(true) KEY=old\n", 1},
		{"(\nKEY=old\n)\n", 2},
		{"while false\ndo\nKEY=old\ndone\n", 3},
		{"{\nKEY=old\n}\n", 2},
		{"KEY=a\ncat <<EOF\nKEY=b\nEOF\n", 3},
		{"KEY=a\ncat <<-EOF\n\tKEY=b\n\tEOF\n", 3},
		{"true &&\nKEY=a\nB=1\n", 2},
		// At the end of these a new line would be taken for something else.
		{"A=1\nB=x\\", 2},
		{"A=1\nB=x#\\", 2}, // no comment: the sign stands in a word
		{"A=1\nB=\\# c\\", 2},
		{"A=1\nB=x\\\n", 2},
		{"if true\nthen\n", 2},
		{"A=1\ntrue &&\n", 2},
		{"A=1\nfalse ||\n", 2},
		// A shell comes no further than this.
		{"A=1\nreturn\nKEY=old\n", 2},
		{"A=1\nreturn 0\n", 2},
		{"exit 0 # done\n", 1},
		{"A=1; exit\n", 1},
		{"f() {\nreturn\n}\nreturn 1;\nB=2\n", 4},
	} {
		_, err := setVariable(c.src, "KEY", "new")
		var at *dotenvError
		if !errors.As(err, &at) || at.line != c.line {
			t.Errorf("%q: %v, want line %d", c.src, err, c.line)
		}
		path := filepath.Join(t.TempDir(), ".env")
		writeFile(t, path, c.src, 0o600)
		d := holder(t, "env-file:"+path+":KEY", Options{NoSync: true})
		for _, job := range []Job{{ID: testJob}, {ID: testJob, Replace: true}} {
			isPlaceError(t, fmt.Sprintf("preflight of %q", c.src), second(d.Preflight(t.Context(), job)), Ambiguous)
			isPlaceError(t, fmt.Sprintf("put to %q", c.src), second(d.Put(t.Context(), job, apikey.NewSecret("new"))), Ambiguous)
		}
		if held, err := d.Held(t.Context()); err == nil && held.Exists {
			t.Errorf("%q is said to hold a value", c.src)
		}
		isFile(t, path, c.src, 0o600)
	}
}

// TestWhatAShellReadsAlikeIsWritten: the rest of the file may be as odd as it likes.
func TestWhatAShellReadsAlikeIsWritten(t *testing.T) {
	for _, src := range []string{
		"B=x; C=y\nKEY=old\n", "B=a b c\nKEY=old\nC=it's\n", "C=it's\nKEY='old'\nD=that's\n", "SOME={\"a\":\"b\", \"c\": \"d#e\"}\nKEY=old\n",
		"B=$(echo KEY=x)\nKEY=old\n", "B='; KEY=x'\nKEY=old\n", "# ; KEY=x\nKEY=old\n", "B=x # ; KEY=x\nKEY=old\n", "set -a\nKEY=old\nset +a\n", "KEY=old\nexport KEY\n",
		"KEY=<your-key>\n", "KEY=<your key here>\n", "KEY=`pass show key`\n", "KEY=$(pass show key; true)\n", "KEY=${OTHER:-x}\n", "KEY=\"a;b|c\"\n", "KEY='a && b' # c\n",
		"B=x\\\nKEY=old\n", "B=x \\\nKEY=old\n", "cat <<EOF\nB=1\nEOF\nKEY=old\n", "if true\nthen\nB=1\nfi\nKEY=old\n", "f() {\nB=1\n}\nKEY=old\n", "KEY = old\n", "KEY: old\n",
		"unset B\nKEY=old\n", "KEY=\"old\"#c\n", "KEY=old\r\nB=1\r\n", "\ufeffKEY=old\n", "KEY=a\nKEY=b\n",
		"B=it's\n", "B=x # it's\n", "B=https://h/?a=1&b=2\n", "B=x;\n", "set -a\n", "", "B=x echo KEY=y\nKEY=old\n", "B='x' y\nKEY=old\n", "B=`x\nKEY=old\n", "B=x \\\n",
		"# C:\\dir\\", "B=1\n# C:\\dir\\", "B=1 # C:\\", "B=1\n \t#\\", "#\\\\\\", "B='x' # \\", "KEY=old\nreturn\n", "KEY=old\nexit 0\n", "B=return\n", "f() {\nreturn\n}\n", "test -f x || return\nKEY=old\n", "(exit)\n", "echo exit\n", "B=\"x\" # it's \\", // a comment goes on in no other line
	} {
		out, err := setVariable(src, "KEY", "new")
		if err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		for line := range strings.Lines(src) {
			if !strings.HasPrefix(line, "KEY") && !strings.HasPrefix(line, "\ufeffKEY") && !strings.Contains(out, line) {
				t.Errorf("%q: line %q is gone from %q", src, line, out)
			}
		}
	}
}

// sourced are A, B and KEY after a shell has read the file.
func sourced(t *testing.T, shell, src string) map[string]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "env")
	writeFile(t, path, src, 0o600)
	// What the file itself prints is none of it, and where it makes the shell give up, the trap still tells.
	cmd := exec.Command(shell, "-c", `exec 3>&1 >/dev/null 2>&1 </dev/null; trap 'printf "%s\001%s\001%s\001%s" "$A" "$B" "$KEY" "$reached" >&3' EXIT; . "$0"; reached=end`, path)
	cmd.Env, cmd.Dir = []string{"PATH=/usr/bin:/bin"}, t.TempDir()
	out, _ := cmd.Output()
	parts := strings.Split(string(out), "\x01")
	if len(parts) != 4 {
		t.Fatalf("%s says %q of %q", shell, out, src)
	}
	for i := range parts {
		parts[i] = strings.TrimSuffix(parts[i], "\r")
	}
	return map[string]string{"A": parts[0], "B": parts[1], "KEY": parts[2], "reached": parts[3]}
}

// isShell asks a shell whether it can read the file at all.
func isShell(t *testing.T, shell, src string) bool {
	t.Helper()
	cmd := exec.Command(shell, "-n")
	cmd.Stdin = strings.NewReader(src)
	out, err := cmd.CombinedOutput()
	return err == nil && len(out) == 0
}

// TestAShellAgreesAboutEveryChange asks real shells about generated files: what is changed is read by them too, and nothing else is.
func TestAShellAgreesAboutEveryChange(t *testing.T) {
	var shells []string
	for _, name := range []string{"sh", "bash", "dash"} {
		if path, err := exec.LookPath(name); err == nil {
			shells = append(shells, path)
		}
	}
	if len(shells) == 0 {
		t.Skip("no shell")
	}
	parts := []string{"KEY=old", "KEY=old", "KEY=", "A=1", "B=2", "A=x y", "export ", "'", "\"", "`", ";", "; ", " && ", " || ", " | ", " & ", "\\", "\\\n", " ", "#", " # ", "\n", "\n", "\n",
		"$(", ")", "(", "${A}", "$A", "{", "}", "{ ", " }", "<<E\n", "> x ", "<x ", "\nE\n", "if true", "then", "fi", "true", ":", "unset KEY", "export KEY", "A='a b'", "B=\"c d\"", "KEY='k'", "KEY=\"k\" # c", "x", "é", "\t"}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	rounds := 3000
	if testing.Short() {
		rounds = 150
	}
	written, refused, readable := 0, 0, 0
	glued := regexp.MustCompile(`["']#`)
	for range rounds {
		var b strings.Builder
		for range 1 + random.IntN(9) {
			b.WriteString(parts[random.IntN(len(parts))])
			if random.IntN(2) == 0 {
				b.WriteString("\n")
			}
		}
		src := b.String()
		out, err := setVariable(src, "KEY", "sk_live_new")
		if err != nil {
			refused++
			continue
		}
		written++
		if got, err := godotenv.Unmarshal(out); err == nil && got["KEY"] != "sk_live_new" {
			t.Fatalf("seed %d: godotenv reads %q from %q", seed, got["KEY"], out)
		}
		shell := shells[random.IntN(len(shells))]
		if !isShell(t, shell, src) {
			continue // how far a shell comes in what it cannot read differs from shell to shell
		}
		readable++
		before, after := sourced(t, shell, src), sourced(t, shell, out)
		if glued.MatchString(src) {
			before["KEY"] = "" // a comment that touches the closing mark is value for a shell, before and after
		}
		if !isShell(t, shell, out) {
			t.Errorf("seed %d: %s cannot read %q any more, from %q", seed, shell, out, src)
		}
		if before["reached"] == "" {
			continue // a command of the file made it give up
		}
		for _, name := range []string{"A", "B"} {
			if strings.Contains(before[name], "KEY") {
				before[name], after[name] = "", "" // the line itself is this variable's value: no shell has the key from there
			}
		}
		if before["A"] != after["A"] || before["B"] != after["B"] || before["KEY"] != "" && after["KEY"] != "sk_live_new" {
			t.Errorf("seed %d: %s reads %q from %q and %q from %q", seed, shell, before, src, after, out)
		}
	}
	if t.Logf("%d written, %d of them are a shell's, %d refused", written, readable, refused); readable < rounds/10 || refused < rounds/10 {
		t.Errorf("of %d files %d were written and %d refused: the test says little", rounds, readable, refused)
	}
}

// TestNoBeginningOfAFileIsTooMuch: a file may end anywhere, in the middle of everything.
func TestNoBeginningOfAFileIsTooMuch(t *testing.T) {
	const all = "\ufeffA=\"a\\\"$(b `c` 'd' (e))\" # f\nB=${C:-\"x}\"} && D=1 || E=2 | F=3 & G=4; export H=5 I='6'\r\ncat <<-'X' <<Y\n\tX\nY\nif ! true; then KEY=old; fi\nunset J\\\n K\nf() { L=1; }\n(M=2)\n>n O=3\n"
	for end := range len(all) + 1 {
		src := []byte(all[:end])
		f := readShell(src)
		for _, v := range f.vars {
			if v.valueStart > v.valueEnd || v.valueEnd > end || v.line < 1 || v.line > 1+strings.Count(all[:end], "\n") {
				t.Errorf("%q: %+v", src, v)
			}
		}
		_, _ = parseDotenv(src)
		if out, err := setVariable(string(src), "KEY", "new"); err == nil && !strings.Contains(out, "KEY=new") {
			t.Errorf("%q became %q", src, out)
		}
	}
	var names []string
	for _, v := range readShell([]byte(all)).vars {
		name := fmt.Sprint(v.name, " ", v.line)
		if !v.sure {
			name += "?"
		}
		if v.unset {
			name += "-"
		}
		names = append(names, name)
	}
	if got := strings.Join(names, ", "); got != "A 1, B 2, D 2?, E 2?, F 2?, G 2, H 2, I 2, KEY 6?, J 7-, K 8-, L 9?, M 10?, O 11" {
		t.Error(got)
	}
}

// TestALineIsNotAddedToOneThatReachesIntoIt: a shell joins it to what stands before a backslash at the end of the file; behind a value and a
// blank, or behind a sign that begins a command, it is read all the same.
func TestALineIsNotAddedToOneThatReachesIntoIt(t *testing.T) {
	for _, before := range []string{"A=1", "x", "(x)", "(x) ", "(x)\\\n", "(\nx\n)", "{ x; }", "f() { x; }", "x &&", "`x`", "'a'", "x >f"} {
		for _, end := range []string{"\\\n", "\\"} {
			if out, err := setVariable(before+end, "KEY", "new"); err == nil {
				t.Errorf("%q became %q", before+end, out)
			}
		}
	}
	for _, whole := range []string{"# a \\\n", "A=1\n\n", "(x)\n", "A=1 \\\n", "\\\n", "(x)\n\\\n"} {
		if out, err := setVariable(whole, "KEY", "new"); err != nil || out != whole+"KEY=new\n" {
			t.Errorf("%q became %q: %v", whole, out, err)
		}
	}
}
