package delivery

import (
	"bytes"
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"
)

// A file that another program encrypts is no place for a plain secret: one that is put into it cannot
// be opened any more, its check sum does not hold, or the secret lies there open where nobody expects it.

// seal is a way of encrypting files, how it shows, and what works instead of a delivery to the file.
type seal struct {
	name, way string
	shows     func(content []byte) bool
}

// withProgram ends each refusal: the program that seals the file has to do it.
const withProgram = "deliver with command: to a program of yours that reads the secret on its standard input and stores it with "

var seals = sync.OnceValue(func() []seal {
	// Each of them has one of the words in it, whatever else it has: most files have none.
	has := func(expr string, words ...string) func([]byte) bool {
		shows := regexp.MustCompile(expr)
		return func(content []byte) bool {
			return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(content, []byte(w)) }) && shows.Match(content)
		}
	}
	begins := func(marks ...string) func([]byte) bool {
		return func(content []byte) bool {
			return slices.ContainsFunc(marks, func(m string) bool { return bytes.HasPrefix(content, []byte(m)) })
		}
	}
	return []seal{
		{"ansible-vault", "ansible-vault (decrypt, change, encrypt)", has(`(?m)^[ \t]*\$ANSIBLE_VAULT;`, "$ANSIBLE_VAULT;")},
		{"sops", "sops (sops set, or sops edit)", has(`(?m)^sops_(mac|version|lastmodified|[a-z_]+__(list|map)_)|^[ \t]*\[sops\]|^sops:[ \t\r]*$|"sops"[ \t\r\n]*:[ \t\r\n]*\{|ENC\[AES256_GCM,`, "sops", "ENC[AES256_GCM,")},
		{"eyaml", "eyaml encrypt", has(`ENC\[(PKCS7|GPG|KMS|GCPKMS|VAULT)[A-Za-z0-9]*,`, "ENC[")},
		{"age", "age", has(`^age-encryption\.org/|(?m)^-----BEGIN AGE ENCRYPTED FILE-----`, "age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE-----")},
		{"PGP", "gpg (pass, blackbox and git-secret do so)", has(`(?m)^-----BEGIN PGP MESSAGE-----`, "-----BEGIN PGP MESSAGE-----")},
		{"PGP", "gpg (pass, blackbox and git-secret do so)", binaryPGP},
		{"dotenvx", "dotenvx set", has(`(?m)^[ \t]*(export[ \t]+)?DOTENV_PUBLIC_KEY[A-Z0-9_]*[ \t]*=|=[ \t]*["']?encrypted:[A-Za-z0-9+/=_-]{16}`, "DOTENV_PUBLIC_KEY", "encrypted:")},
		{"dotenv-vault", "dotenv-vault push", has(`(?m)^[ \t]*DOTENV_VAULT(_[A-Z0-9_]+)?[ \t]*=`, "DOTENV_VAULT")},
		{"git-crypt", "git-crypt unlock, and then to the file", has(`^\x00GITCRYPT\x00`, "GITCRYPT")},
		{"openssl enc", "openssl (transcrypt does so)", has(`^(Salted__|U2FsdGVkX1)`, "Salted__", "U2FsdGVkX1")},
		{"CMS", "openssl cms", has(`(?m)^-----BEGIN (PKCS7|CMS)-----`, "-----BEGIN ")},
		{"kubeseal", "kubeseal", has(`(?m)(^|[{,])[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?SealedSecret\b`, "SealedSecret")},
		{"ejson", "ejson encrypt", has(`EJ\[1:`, "EJ[1:")},
		{"Rails credentials", "rails credentials:edit", has(`^[A-Za-z0-9+/]+=*--[A-Za-z0-9+/]+=*--[A-Za-z0-9+/]+=*\s*$`, "--")},
		{"systemd-creds", "systemd-creds encrypt", has(`^(k6iUCUh0RJCQyvL8k8q1U|Whxqht\+dQJax1aZeCGLxm|BYRpQn54Rl2bq1cxL0DT)`, "k6iUCUh0RJCQyvL8k8q1U", "Whxqht+dQJax1aZeCGLxm", "BYRpQn54Rl2bq1cxL0DT")},
		{"KeePass", "keepassxc-cli", begins("\x03\xd9\xa2\x9a")},
		{"Vim", "vim (:set key= takes the encryption away)", begins("VimCrypt~")},
		{"Laravel", "php artisan env:decrypt, and env:encrypt after it", has(`^eyJpdiI6[A-Za-z0-9+/]*=*\s*$`, "eyJpdiI6")},
		{"LUKS", "cryptsetup open, and then to a file in it", begins("LUKS\xba\xbe", "SKUL\xba\xbe")},
		{"Chef", "knife data bag", has(`"encrypted_data"[ \t\r\n]*:`, `"encrypted_data"`)},
	}
})

// sealedValue is a value that the application's framework or a gateway decrypts by itself.
var sealedValue = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^["'` + "`" + `]?(ENC\(.*\)|\{cipher\}|vault:v[0-9]+:|encrypted:|!vault\b)`)
})

// checkSealed refuses a file that another program encrypts.
func checkSealed(s snapshot) error {
	content := bytes.TrimLeft(bytes.TrimPrefix(s.content, byteOrderMark), " \t\r\n")
	for _, each := range seals() {
		if each.shows(content) {
			return noPlace(Sealed, "%s is encrypted (%s): a secret that is put into it could not be read; %s%s", display(s.real), each.name, withProgram, each.way)
		}
	}
	return nil
}

// checkSealedValue refuses a variable whose readers decrypt it.
func checkSealedValue(s snapshot, d dotenv, a assignment) error {
	if sealedValue().MatchString(d.raw(a)) {
		return noPlace(Sealed, "%s, line %d: the value is encrypted, and what reads it decrypts it: %sthe program that encrypts it", display(s.real), a.line, withProgram)
	}
	return nil
}

// binaryPGP recognises the first packet of an encrypted message: a session key or encrypted data.
func binaryPGP(content []byte) bool {
	if len(content) < 3 || content[0]&0x80 == 0 || utf8.Valid(content) {
		return false
	}
	tag, length := content[0]&0x3f, 2
	if content[0]&0x40 == 0 { // the old form has the length of its length beside the tag
		tag, length = content[0]>>2&0xf, 1+[]int{1, 2, 4, 0}[content[0]&3]
	} else if content[1] >= 192 {
		length = 3
	}
	if len(content) <= length {
		return false
	}
	version := content[length]
	switch tag {
	case 1: // public-key encrypted session key
		return version == 2 || version == 3 || version == 6
	case 3: // symmetric-key encrypted session key
		return version >= 4 && version <= 6
	case 18, 20: // encrypted data with a check sum
		return version == 1 || version == 2
	}
	return tag == 9
}
