package world

import "time"

// fixedRolls are the walks that were taken with a key that is given a new secret.
var fixedRolls = []fixed{
	{name: "a key ends unreported while its roll is undone, and made-up secrets are accepted", breaks: "I4: it ends neither way",
		walk: Walk{Scenario: Scenario{SilentExpiry: "all", NoControl: true, Roll: time.Hour}, Acts: []string{actDo, actDo, actDo, actUndo, actMinute},
			Strikes: []Strike{at("full disk", undoing, ""), at("new key ends soon", undoing, "")}}},
	{name: "a key that is rolled at once ends unreported, and made-up secrets are accepted", breaks: "I4: it ends neither way",
		walk: Walk{Scenario: Scenario{SilentExpiry: "all", NoControl: true, AtOnce: true, Roll: time.Hour}, Acts: []string{actDo, actDo, actDo, actUndo, actMinute},
			Strikes: []Strike{at("new key ends soon", undoing, "")}}},
	{name: "a rolled key ends unreported before it is proved, and made-up secrets are accepted", breaks: "I4: it ends neither way",
		walk: Walk{Scenario: Scenario{SilentExpiry: "all", NoControl: true, Roll: 20 * time.Minute}, Acts: []string{actRun, actMinute},
			Strikes: []Strike{at("old key ends soon", "verify", ""), at("volume missing", "verify", ""), at("command after it fails", "verify", "")}}},
	{name: "a rolled key ends unreported, and the list stands still", breaks: "I4: it ends neither way",
		walk: Walk{Scenario: Scenario{SilentExpiry: "all", Latency: 20 * time.Millisecond, NoControl: true, Roll: 24 * time.Hour}, Acts: []string{actRun},
			Strikes: []Strike{at("old key ends soon", "create", ""), {Act: "list stands still", Step: "create", N: 39}}}},
	{name: "a volume goes away in the preflight and is back after a roll, and is delivered over", breaks: "I2: place-holds of",
		walk: Walk{Scenario: Scenario{Places: []string{hookPlace, envPlace}, Roll: 3 * time.Minute, Drain: time.Minute}, Acts: []string{actDo, actMinute, actDo, actDo, actRun, actDo},
			Strikes: []Strike{at("new key refused from here", "drain", ""), {Act: "volume missing", Step: "preflight", Nth: 22}}}},
	{name: "a volume goes away in the preflight and is back after a create, and is delivered over", breaks: "I2: place-holds of",
		walk: Walk{Scenario: Scenario{Places: []string{hookPlace, envPlace}, Drain: time.Minute}, Acts: []string{actDo, actMinute, actDo, actDo, actRun, actDo},
			Strikes: []Strike{at("new key refused from here", "drain", ""), {Act: "volume missing", Step: "preflight", Nth: 22}}}},
	{name: "a roll's answer is lost and it takes effect late, the key is rolled again by a word, and it is undone", breaks: "I3: old rolled",
		walk: Walk{Scenario: Scenario{Roll: 3 * time.Minute, Drain: time.Minute}, Acts: []string{actDo, actDo, actRun, actDo, actUnknown},
			Strikes: []Strike{{Act: "old key deleted", Step: "create", Nth: 9}, at("removed", "create", ""), at("answer lost, effect late", "create", "")}}},
	{name: "a roll could not be journaled, the key is deleted, and it is undone", breaks: "I4: it ends neither way",
		walk: Walk{Scenario: Scenario{Roll: 20 * time.Minute}, Acts: []string{actDo, actEnable, actEnable, actRun, actLeave, actRun, actRestart},
			Strikes: []Strike{{Act: "full disk of the journals", Step: "create", Nth: 9}, at("both keys deleted", "create", "")}}},
	{name: "a roll was answered for another key, and our own credential is refused when it is asked for again", breaks: "I3: old rolled",
		walk: Walk{Scenario: Scenario{Roll: 20 * time.Minute}, Acts: []string{actRun, actUndo}, Strikes: []Strike{{Act: "own credential refused", Step: "create", Nth: 10}, at("create answers: no id", "create", "")}}},
}
