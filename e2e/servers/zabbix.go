//go:build unix

package servers

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// zabbixPackages are Debian's; they are unpacked into the cache, and not installed.
var zabbixPackages = []string{"zabbix-frontend-php=1:6.0.14*", "zabbix-server-pgsql=1:6.0.14*"}

// Zabbix is the front end of a monitoring service, which has API tokens. Its operator's credential is one of those. Its database takes a
// minute to fill: it is started where DETENT_ZABBIX is set, on a Debian with php-cli, php-pgsql, php-mbstring, php-xml, php-gd and
// php-bcmath.
func Zabbix(t testing.TB) Server {
	t.Helper()
	if os.Getenv("DETENT_ZABBIX") == "" {
		t.Skip("DETENT_ZABBIX is not set")
	}
	php, err := exec.LookPath("php")
	if err != nil {
		t.Fatal(err)
	}
	from := folder(t, "zabbix")
	dir := built(t, "zabbix", []string{"zabbix.conf.php"}, func(into string) error { return unpackZabbix(from, into) })
	web := filepath.Join(dir, "usr", "share", "zabbix")
	database, err := url.Parse(newDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"schema", "images", "data"} {
		fill(t, database.String(), filepath.Join(dir, "usr", "share", "zabbix-server-pgsql", part+".sql.gz"))
	}
	origin := start(t, "/robots.txt", "Disallow", func(port int) *exec.Cmd {
		cmd := exec.Command(php, "-S", fmt.Sprintf("127.0.0.1:%d", port), "-t", web, "-d", "post_max_size=16M", "-d", "max_execution_time=300", "-d", "max_input_time=300",
			"-d", "date.timezone=UTC")
		cmd.Env = []string{"PHP_CLI_SERVER_WORKERS=4", "DB_PORT=" + database.Port(), "DB_NAME=" + strings.TrimPrefix(database.Path, "/"), "DB_USER=" + database.User.Username()}
		return cmd
	})
	var session struct{ Result string }
	rpc := origin + "/api_jsonrpc.php"
	call(t, "POST", rpc, `{"jsonrpc":"2.0","id":1,"method":"user.login","params":{"username":"Admin","password":"zabbix"}}`, &session, nil)
	var version struct{ Result string }
	call(t, "POST", rpc, `{"jsonrpc":"2.0","id":1,"method":"apiinfo.version","params":[]}`, &version, nil)
	var made struct{ Result struct{ TokenIDs []string } }
	call(t, "POST", rpc, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"token.create","params":{"name":"detent"},"auth":%q}`, session.Result), &made, nil)
	if len(made.Result.TokenIDs) != 1 {
		t.Fatalf("the operator's token: %+v", made)
	}
	var token struct{ Result []struct{ Token string } }
	call(t, "POST", rpc, fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"token.generate","params":[%q],"auth":%q}`, made.Result.TokenIDs[0], session.Result), &token, nil)
	if len(token.Result) != 1 {
		t.Fatal("the operator's token has no secret")
	}
	return Server{URL: origin, Token: token.Result[0].Token, Version: version.Result}
}

// unpackZabbix fetches the packages and unpacks them, with a configuration of their own in the place of the system's.
func unpackZabbix(from, into string) error {
	if err := command(into, nil, "apt-get", append([]string{"download", "-q"}, zabbixPackages...)...); err != nil {
		return err
	}
	packages, err := filepath.Glob(filepath.Join(into, "*.deb"))
	if err != nil {
		return err
	}
	for _, pack := range packages {
		if err := errors.Join(command(into, nil, "dpkg", "-x", pack, into), os.Remove(pack)); err != nil {
			return err
		}
	}
	web := filepath.Join(into, "usr", "share", "zabbix")
	finder := filepath.Join(web, "include", "classes", "core", "CConfigFile.php")
	raw, err := os.ReadFile(finder)
	if err != nil {
		return err
	}
	own := strings.Replace(string(raw), "'/etc/zabbix/zabbix.conf.php'", "__DIR__.'/../../../conf/zabbix.conf.php'", 1)
	return errors.Join(os.WriteFile(finder, []byte(own), 0o644), copyFile(filepath.Join(from, "zabbix.conf.php"), filepath.Join(web, "conf", "zabbix.conf.php")))
}

// fill runs the statements of a file in a database.
func fill(t testing.TB, database, file string) {
	t.Helper()
	packed, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }() // it was only read
	text, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", database)
	cmd.Stdin = text
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(file), err, last(out))
	}
}
