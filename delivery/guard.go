package delivery

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"detent/apikey"
)

// keyOfEnvironment is the form of key that says where it works: sk_test_…,
// pk_live_…, rk_test_…, and with - between.
var keyOfEnvironment = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{2,12}[_-](test|live)[_-][A-Za-z0-9]`) })

// environmentVariables say where an application runs. NODE_ENV, RAILS_ENV and the
// like say "production" in test deployments too, where it only means an optimised
// build; so of them only "test" and "development" count.
var environmentVariables = map[string]bool{
	"APP_ENV": true, "APP_ENVIRONMENT": true, "ENVIRONMENT": true, "ENV": true, "DEPLOY_ENV": true, "DEPLOYMENT_ENVIRONMENT": true,
	"NODE_ENV": false, "RAILS_ENV": false, "RACK_ENV": false, "FLASK_ENV": false, "MIX_ENV": false,
}

var environmentWords = map[string]apikey.Environment{
	"test": apikey.Test, "testing": apikey.Test, "dev": apikey.Test, "development": apikey.Test, "local": apikey.Test,
	"live": apikey.Live, "prod": apikey.Live, "production": apikey.Live,
}

// mixed is a value in the file that belongs to the other environment. It never
// holds the value.
type mixed struct {
	secret   apikey.Environment
	says     apikey.Environment
	variable string
	line     int
}

func (m *mixed) what() string {
	return fmt.Sprintf("this is a %s key and line %d (%s) holds a %s value", m.secret, m.line, m.variable, m.says)
}

func (m *mixed) Error() string {
	return m.what() + ": it is not put there without your explicit yes"
}

// conflicting finds the first other variable that says the opposite of the
// secret's environment: test (or dev) beside live, or the reverse. A variable
// that says nothing, or an unknown environment, is no objection.
func conflicting(d dotenv, variable string, env apikey.Environment) *mixed {
	if env == "" {
		return nil
	}
	for _, a := range d.vars {
		if a.name == variable {
			continue
		}
		says := environmentOf(a.name, strings.Trim(d.raw(a), "'\"`"))
		if says != "" && (says == apikey.Live) != (env == apikey.Live) {
			return &mixed{secret: env, says: says, variable: a.name, line: a.line}
		}
	}
	return nil
}

func environmentOf(name, value string) apikey.Environment {
	if m := keyOfEnvironment().FindStringSubmatch(value); m != nil {
		return apikey.Environment(m[1])
	}
	deployment, known := environmentVariables[strings.ToUpper(name)]
	if !known {
		return ""
	}
	says := environmentWords[strings.ToLower(strings.TrimSpace(value))]
	if says == apikey.Live && !deployment {
		return ""
	}
	return says
}
