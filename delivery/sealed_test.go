//go:build unix

package delivery

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"detent/apikey"
)

// sealedFiles are files as the programs that encrypt write them, shortened.
var sealedFiles = map[string][]string{
	"ansible-vault": {
		"$ANSIBLE_VAULT;1.1;AES256\n6638643965\n", "\ufeff$ANSIBLE_VAULT;1.2;AES256;dev\n66\n", "\n$ANSIBLE_VAULT;1.1;AES256\r\n66\r\n",
		"key: !vault |\n          $ANSIBLE_VAULT;1.1;AES256\n          62313365396662343061393464336163383764373764613633653634306231386433626436623361\n",
	},
	"sops": {
		"API_KEY=ENC[AES256_GCM,data:p673w==,iv:YY=,tag:ux=,type:str]\nsops_version=3.9.0\nsops_mac=ENC[AES256_GCM,data:x,type:str]\n",
		"API_KEY_unencrypted=plain\nsops_lastmodified=2026-01-01T00:00:00Z\nsops_unencrypted_suffix=_unencrypted\nsops_mac=x\n",
		"A=1\nsops_age__list_0__map_recipient=age1x\n", "A=1\nsops_pgp__list_0__map_fp=85D7\n",
		"api_key: ENC[AES256_GCM,data:Tr7o=,iv:1=,tag:k=,type:str]\nsops:\n    kms: []\n    mac: ENC[AES256_GCM,data:x,type:str]\n",
		"{\n\t\"api_key\": \"ENC[AES256_GCM,data:Tr7o=,type:str]\",\n\t\"sops\": {\n\t\t\"version\": \"3.9.0\"\n\t}\n}\n", "{\"data\":\"x\",\"sops\":{\"mac\":\"y\"}}", "[app]\nkey = x\n\n[sops]\nversion = 3.9.0\n",
	},
	"eyaml":             {"api_key: ENC[PKCS7,MIIBeQYJKoZIhvcNAQcDoIIBajCCAWYCAQAxggEhMIIBHQIBADAFMAACAQEw]\n", "API_KEY=ENC[GPG,hQIMA]\n"},
	"age":               {"age-encryption.org/v1\n-> X25519 abc\n\xff\x00\x01", "-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3JnL3Yx\n-----END AGE ENCRYPTED FILE-----\n", "# secrets\n-----BEGIN AGE ENCRYPTED FILE-----\n"},
	"PGP":               {"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n", "\x85\x01\x0c\x03\xaa\xbb\xcc", "\x84\x5e\x03\xaa\xff", "\x8c\x0d\x04\x09\x03\x02\xff", "\x8f\x04\x09\x03\xff", "\x86\x00\x00\x01\x0c\x03\xff", "\xc1\x5e\x06\xff", "\xa4\x05\xff\xfe\xfd", "\xc1\x5e\x03\xff\x00", "\xc1\xc0\x4c\x03\xff", "\xc3\x0d\x04\x09\xff", "\xd2\x3f\x01\xfe"},
	"dotenvx":           {"#/---[DOTENV_PUBLIC_KEY]---/\nDOTENV_PUBLIC_KEY=\"03f8b3\"\n\nAPI_KEY=\"encrypted:BDqDBibm4wsYqMpCjTQ6BsDHmMadg9K3dAt+Z9HPMfLEIRVz50hmLXPXRuDBXaJi/LwWYEVUNiq0HISrslzQPaoyS8Lotg3gFWJTsNCdOWnqpjF2xNUX2RQiP05kAbEXM6MWVjDr\"\n", "DOTENV_PUBLIC_KEY_PRODUCTION=03f8\nAPI_KEY=plain\n", "A='encrypted:BDqDBibm4wsYqMpCjTQ6BsDHmMadg9'\n"},
	"dotenv-vault":      {"DOTENV_VAULT=vlt_1\nDOTENV_VAULT_PRODUCTION=\"sIvgFQ==\"\n"},
	"git-crypt":         {"\x00GITCRYPT\x00\x01\x02"},
	"openssl enc":       {"Salted__\x01\x02\x03", "U2FsdGVkX18Zc0Q=\n"},
	"CMS":               {"-----BEGIN PKCS7-----\nMII\n", "-----BEGIN CMS-----\nMII\n"},
	"kubeseal":          {"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n", "{\"kind\": \"SealedSecret\"}"},
	"ejson":             {"{\"_public_key\": \"63c\", \"api_key\": \"EJ[1:WGj2t4znULHT1IRveMEdvvNXqZzNBNMsJ5iZVy6Dvxs=:kA6=:uTf=]\"}"},
	"Rails credentials": {"5yxXsBk1kGWXQ0l3kQ==--pjSSFWVYUbRYQBTY--wq1WcBHmU0mQ5NZMZE9r7w==\n"},
	"systemd-creds":     {"k6iUCUh0RJCQyvL8k8q1UyAAAAABAAAADAAAABAAAAC1lFmb\n", "Whxqht+dQJax1aZeCGLxmiAAAAABAAAADAAAABAAAAA=\n"},
	"KeePass":           {"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5"},
	"Vim":               {"VimCrypt~01!\x8f\x11", "VimCrypt~03!abcdefgh\n"},
	"Laravel":           {"eyJpdiI6Im9PZ0VxZ2E3Q1dZPSIsInZhbHVlIjoiYWJjIiwibWFjIjoiZGVmIiwidGFnIjoiIn0=", "eyJpdiI6Im9PZ0VxZ2E3Q1dZPSJ9\n"},
	"LUKS":              {"LUKS\xba\xbe\x00\x02", "SKUL\xba\xbe\x00\x02"},
	"Chef":              {"{\n  \"id\": \"app\",\n  \"api_key\": {\n    \"encrypted_data\": \"x\\n\",\n    \"iv\": \"y\",\n    \"version\": 3,\n    \"cipher\": \"aes-256-gcm\"\n  }\n}\n"},
}

func TestAFileThatAnotherProgramSealsIsNoPlace(t *testing.T) {
	for name, files := range sealedFiles {
		for _, content := range files {
			path := filepath.Join(t.TempDir(), "app.env")
			writeFile(t, path, content, 0o600)
			for _, spec := range []string{"env-file:" + path + ":API_KEY", "file:" + path} {
				d := holder(t, spec, Options{NoSync: true})
				for _, job := range []Job{{ID: testJob}, {ID: testJob, Replace: true}} {
					for call, err := range map[string]error{
						"preflight": second(d.Preflight(t.Context(), job)), "held": second(d.Held(t.Context())), "put": second(d.Put(t.Context(), job, apikey.NewSecret("new"))),
					} {
						what := fmt.Sprintf("%s: %s of %.40q", name, call, content)
						isPlaceError(t, what, err, Sealed)
						if err != nil && (!strings.Contains(err.Error(), "("+name+")") || !strings.Contains(err.Error(), "command:")) {
							t.Errorf("%s: %v", what, err)
						}
					}
				}
			}
			if got := string(must(os.ReadFile(path))); got != content {
				t.Errorf("%s: it holds %q now", name, got)
			}
			isAlone(t, path)
		}
	}
}

func TestAValueThatItsReaderDecryptsIsNotReplaced(t *testing.T) {
	for _, value := range []string{"ENC(nrmZtkF7T0kjG)", "'{cipher}AQA9'", "\"vault:v1:8SDd3WHDOjf7mq69\"", "encrypted:short", "!vault"} {
		path := filepath.Join(t.TempDir(), "app.env")
		content := "A=1\nAPI_KEY=" + value + "\n"
		writeFile(t, path, content, 0o600)
		d := holder(t, "env-file:"+path+":API_KEY", Options{NoSync: true})
		for call, err := range map[string]error{
			"preflight": second(d.Preflight(t.Context(), Job{ID: testJob, Replace: true})), "held": second(d.Held(t.Context())), "put": second(d.Put(t.Context(), Job{ID: testJob}, apikey.NewSecret("new"))),
		} {
			isPlaceError(t, call+" of "+value, err, Sealed)
		}
		isFile(t, path, content, 0o600)
		// Another variable of the file is its own.
		other := must(Parse("env-file:"+path+":OTHER", Options{NoSync: true}))
		mustDo(t, second(other.Preflight(t.Context(), Job{ID: testJob})))
	}
}

func TestWhatOnlySpeaksOfSealingIsAPlainFile(t *testing.T) {
	for _, content := range []string{
		"# see ansible-vault and sops\nAPI_KEY=old\n", "SOPS_AGE_KEY_FILE=/x\nAPI_KEY=old\n", "MODE=encrypted\nAPI_KEY=old\n", "DOTENV_KEY=dotenv://x\nAPI_KEY=old\n",
		"# encrypted:BDqDBibm4wsYqMpCjTQ6\nAPI_KEY=old\n", "ANSIBLE_VAULT_PASSWORD_FILE=/x\nAPI_KEY=old\n", "B='ENC(x)'\nAPI_KEY=old\n", "GPG=é\nAPI_KEY=old\n", "A=one--two--three\nAPI_KEY=old\n",
	} {
		path := filepath.Join(t.TempDir(), "app.env")
		writeFile(t, path, content, 0o600)
		if held, err := holder(t, "env-file:"+path+":API_KEY", Options{}).Held(t.Context()); err != nil || !held.Secret.Equal(apikey.NewSecret("old")) {
			t.Errorf("%q: %+v, %v", content, held, err)
		}
	}
	for _, content := range []string{oldSecret, "\xff\xfe\x01", "\xe9t\xe9\n", "\x84\x5e\x09\xff", "\x8c\x0d\x01\xff", "\xd2\x3f\x09\xfe", "\xc1\x5e", "\xc1\xc0\x4c"} { // Latin-1 and noise are no message
		path := filepath.Join(t.TempDir(), "app")
		writeFile(t, path, content, 0o600)
		mustDo(t, second(holder(t, "file:"+path, Options{}).Held(t.Context())))
	}
}
