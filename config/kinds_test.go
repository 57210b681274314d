package config

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"detent/apikey"
	"detent/client"
	"detent/keyserver/wirename"
)

const mark = "\ufeff"

// TestAByteOrderMarkIsNothing: before every text that is read, and it stays where a file is changed.
func TestAByteOrderMarkIsNothing(t *testing.T) {
	token := writeFile(t, mark+"sk_from_a_file\r\n", 0o600)
	path := writeFile(t, mark+valid(map[int]string{4: `token = { file = "` + token + `" }`}, `name = 1`), 0o600)
	if _, err := Load(path, true); err == nil || !strings.Contains(err.Error(), ":5: profiles.p.name: is no field here") {
		t.Errorf("another line is named: %v", err)
	}
	path = writeFile(t, mark+valid(map[int]string{4: `token = { file = "` + token + `" }`}), 0o600)
	cfg, err := Load(path, true)
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]Token{
		"file": {File: token}, "command": {Command: []string{"printf", "\\357\\273\\277sk_from_a_file\n"}}, "env": {Env: "T"},
	} {
		r := TokenReader{Env: NewEnv([]string{"T=" + mark + "sk_from_a_file", "PATH=" + os.Getenv("PATH")}), Config: cfg}
		got, err := r.Read(t.Context(), Profile{Name: "p", Token: source})
		if want, _ := apikey.ParseSecret("sk_from_a_file"); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	before, _ := cfg.Lookup("p")
	after := before
	after.ReadOnly = true
	if err := Change(path, before, after); err != nil {
		t.Fatal(err)
	}
	if err := Append(path, Profile{Name: "q", Service: "generic", URL: "https://q.example", Token: Token{Env: "Q"}}, ""); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(data, []byte(mark+"[profiles.p]\n")) || bytes.Count(data, []byte(mark)) != 1 {
		t.Errorf("the file is now %q, %v", data, err)
	}
	key, err := ReadPrivate(writeFile(t, mark+"-----BEGIN", 0o600), "the key")
	if err != nil || string(key) != "-----BEGIN" {
		t.Errorf("%q %v", key, err)
	}
}

// TestTextThatIsNoUTF8IsNamed, as what an editor saves as "Unicode" is, with or without its mark, and what is cut in a letter.
func TestTextThatIsNoUTF8IsNamed(t *testing.T) {
	text := valid(nil)
	wide := func(order binary.AppendByteOrder, mark bool) string {
		var out []byte
		if mark {
			out = order.AppendUint16(out, 0xfeff)
		}
		for _, u := range utf16.Encode([]rune(text)) {
			out = order.AppendUint16(out, u)
		}
		return string(out)
	}
	for name, data := range map[string]string{
		"UTF-16, little end first": wide(binary.LittleEndian, true), "UTF-16, big end first": wide(binary.BigEndian, true),
		"the same without a mark": wide(binary.LittleEndian, false), "nor here": wide(binary.BigEndian, false),
		"Latin-1": "# gr\xfc\xdfe\n" + text, "cut in a letter": text + "# \xc3", "after a mark": mark + text + "# \xff",
	} {
		_, err := Load(writeFile(t, data, 0o600), true)
		if err == nil || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAMisspeltFieldIsNamedBeforeWhatItLeavesMissing: in every table that must have one of several fields, in every way to write
// a table.
func TestAMisspeltFieldIsNamedBeforeWhatItLeavesMissing(t *testing.T) {
	const head = "[profiles.p]\nservice = \"prosopo\"\nurl = \"https://a.example\"\n"
	for file, want := range map[string]string{
		head + "token = { envv = \"T\" }\n":                                                            `f:4: profiles.p.token.envv: is no field here; allowed: env, command, file`,
		head + "[profiles.p.token]\nfil = \"/x\"\n":                                                    `f:5: profiles.p.token.fil: is no field here; allowed: env, command, file`,
		head + "[profiles.p.token]\n\n\nvalue = \"" + canary + "\"\n":                                  `f:7: profiles.p.token.value: is no field here; allowed: env, command, file`,
		head + "token.comand = [\"pass\"]\n":                                                           `f:4: profiles.p.token.comand: is no field here; allowed: env, command, file`,
		deliver(`envfile = { path = "/x", variable = "A" }`):                                           `f:6: profiles.p.deliver.d.envfile: is no field here; allowed: keys, env_file, file, command, then, probe`,
		deliver(``, `keys = ["a"]`, `comand = ["x"]`):                                                  `f:8: profiles.p.deliver.d.comand: is no field here; allowed: keys, env_file, file, command, then, probe`,
		deliver(`[profiles.p.deliver.d.env_file]`, `path = "/x"`, `var = "A"`):                         `f:8: profiles.p.deliver.d.env_file.var: is no field here; allowed: path, variable`,
		head + "token = {}\n":                                                                          `f:4: profiles.p.token: must have exactly one source: ` + tokenForms,
		head + "token = { env = \"T\", file = \"/x\" }\n":                                              `f:4: profiles.p.token: must have exactly one source: ` + tokenForms,
		deliver(`keys = ["a"]`):                                                                        `f:5: profiles.p.deliver.d: must have exactly one of env_file, file and command`,
		strings.Replace(deliver(`file = "/x"`, `command = ["x"]`), "prosopo\"", "prosopo\" # both", 1): `f:5: profiles.p.deliver.d: must have exactly one of env_file, file and command`,
	} {
		if _, err := parse("f", []byte(file)); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", file, err, want)
		}
	}
}

// TestExchangeIsTakenWhereTheClientFindsItsServer: the two have one rule, in every spelling of a host.
func TestExchangeIsTakenWhereTheClientFindsItsServer(t *testing.T) {
	secret, _ := apikey.ParseSecret("sk-abcdefghijklmnopqrst")
	taken := 0
	for _, host := range []string{
		"api.vertesia.example", "API.vertesia.example", "Api-Preview.vertesia.example:8443", "api-eu.vertesia.example/base", "api", "API:8080", "apix.example",
		"sts.example", "api_.example", "api-.example", "127.0.0.1", "[::1]:80", "localhost", "api.localhost", "api.",
	} {
		url := "https://" + host
		_, inFile := parse("f", []byte(vertesia(`auth = "exchange"`)+"\n"))
		if inFile != nil {
			t.Fatal(inFile)
		}
		_, inFile = parse("f", []byte(valid(map[int]string{2: `service = "vertesia"`, 3: `url = "` + url + `"`}, `auth = "exchange"`)))
		_, inClient := client.Open(client.Options{Service: wirename.Vertesia, URL: url, Exchange: true, Token: secret})
		if (inFile == nil) != (inClient == nil) {
			t.Errorf("%s: the file %v, the client %v", url, inFile, inClient)
		}
		if inFile == nil {
			taken++
		}
	}
	if taken < 5 {
		t.Errorf("only %d are taken", taken)
	}
}

func authority(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "corp"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestAProfileBelievesItsOwnAuthorityBesideTheSystems(t *testing.T) {
	one, two := authority(t), authority(t)
	system, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"one": one, "two, with comments": append(append([]byte(mark+"# corp\r\n"), one...), append([]byte("# the other\n"), two...)...),
	} {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, "ca.pem"), text, 0o644); err != nil {
			t.Fatal(err)
		}
		r := TokenReader{Env: NewEnv([]string{"HOME=" + home}), Config: WithoutFile("")}
		pool, err := r.Authorities(Profile{Name: "p", CA: "~/ca.pem"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := system.Clone()
		want.AppendCertsFromPEM(text)
		if !pool.Equal(want) || pool.Equal(system) {
			t.Errorf("%s: other authorities", name)
		}
	}
	if pool, err := (TokenReader{}).Authorities(Profile{}); pool != nil || err != nil {
		t.Errorf("without one: %v %v", pool, err)
	}
}

func TestAnAuthorityThatCannotBeUsedIsNamed(t *testing.T) {
	one := authority(t)
	block, _ := pem.Decode(one)
	cfg, err := parse("/etc/detent.toml", []byte(valid(nil, `ca = "/x"`)))
	if err != nil || cfg.Profiles[0].CA != "/x" {
		t.Fatal(err, cfg.Profiles[0])
	}
	for want, text := range map[string][]byte{
		"holds none":                    []byte("corp\n"),
		"holds a block \"PRIVATE KEY\"": append(bytes.Clone(one), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"...),
		"certificate 2 of it cannot be": append(bytes.Clone(one), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"...),
		"one of its blocks is cut off":  append(bytes.Clone(one), one[:len(one)-20]...),
		"cut off or damaged":            append(append([]byte{}, one[:len(one)-20]...), one...),
		"must hold certificates in PEM": block.Bytes,
	} {
		r := TokenReader{Env: NewEnv(nil), Config: cfg}
		path := writeFile(t, string(text), 0o644)
		_, err := r.Authorities(Profile{Name: "p", CA: path})
		if err == nil || !strings.HasPrefix(err.Error(), "/etc/detent.toml:5: profiles.p.ca: "+path+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	r := TokenReader{Env: NewEnv(nil), Config: cfg}
	for want, path := range map[string]string{
		"others may write it (mode 0664)": writeFile(t, string(one), 0o664), "there is no such file": "/nowhere/ca.pem", "must be a regular file": t.TempDir(),
	} {
		if _, err := r.Authorities(Profile{Name: "p", CA: path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := parse("f", []byte(valid(nil, `ca = "corp.pem"`))); err == nil || !strings.Contains(err.Error(), "f:5: profiles.p.ca: "+pathRule) {
		t.Errorf("a relative path: %v", err)
	}
}
