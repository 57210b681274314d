//go:build !ruleswitch

package rotation

// rule says that a clause of a rule holds: always. Test builds with the tag ruleswitch can turn one off, to see what notices.
func rule(string) bool { return true }
