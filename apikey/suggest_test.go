package apikey

import (
	"strings"
	"testing"
)

// TestAPermissionThatIsNotThereIsLikeOneByItsWholeName: many end alike.
func TestAPermissionThatIsNotThereIsLikeOneByItsWholeName(t *testing.T) {
	caps := Capabilities{PermissionGroups: []PermissionGroup{{Title: "Permissions"}}}
	for _, name := range []string{"templates.create", "api_keys.create", "mail.send", "*"} {
		caps.PermissionGroups[0].Permissions = append(caps.PermissionGroups[0].Permissions, PermissionInfo{Permission: ParsePermission(name)})
	}
	for text, want := range map[string]string{
		"templates.creat": `there is no permission "templates.creat"; did you mean templates.create?`,
		"template.create": `there is no permission "template.create"; did you mean templates.create?`,
		"templates.*":     `there is no permission "templates.*"; there are `, // never the one for everything
		"creat":           `there is no permission "creat"; did you mean templates.create or api_keys.create?`,
		"create":          `"create" is not one permission; use templates.create or api_keys.create`,
	} {
		if got := UnknownPermission(text, caps).Error(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
}
