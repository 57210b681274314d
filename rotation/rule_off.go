//go:build ruleswitch

package rotation

import "os"

// off is the clause that is turned off; from the environment for the tests of this package.
var off = os.Getenv("DETENT_RULE_OFF")

// SwitchOff turns one clause of a rule off, in test builds alone; empty turns all on again.
func SwitchOff(name string) { off = name }

func rule(name string) bool { return name != off }
