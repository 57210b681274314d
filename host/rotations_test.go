package host

import (
	"testing"

	"detent/config"
)

func TestPatternsOfDestinationsMeanNamesForEver(t *testing.T) {
	for _, tc := range []struct {
		pattern, name string
		want          bool
	}{
		{"ci-deploy", "ci-deploy", true}, {"ci-deploy", "ci-deploy ~rznjoqz5tye", true}, {"ci-*", "ci-deploy ~rznjoqz5tye", true},
		{"*", "CI/CD Pipeline", true}, {"*Pipeline", "CI/CD Pipeline ~rznjoqz5tye", true}, {"ci-deploy ~r*", "ci-deploy ~rznjoqz5tye", true},
		{"ci-deploy", "ci-deploy-2", false}, {"ci", "ci-deploy ~rznjoqz5tye", false},
	} {
		p := config.Profile{Deliver: []config.Deliver{{Name: "a", Keys: []string{"nobody", tc.pattern, tc.pattern}}, {Name: "b"}}}
		if got := Suggested(p, tc.name); (len(got) == 1 && got[0].Name == "a") != tc.want || len(got) > 1 {
			t.Errorf("%q for %q: %v", tc.pattern, tc.name, got)
		}
	}
}
