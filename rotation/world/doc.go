// Package world is a world that lies: a deterministic simulation, driven by a seed, in which the real code of
// rotation and delivery replaces keys. What is true is kept apart from what the program is shown.
//
// A Walk is what a person does (acts) while an adversary strikes at the points before and after every call and
// every file operation. After each act, and at the end after the longest lag, the truth is compared with what the program
// did and said:
//
//	I1  no secret that a readable destination holds is made dead by us, nor the last one that works taken from it
//	I1b an application that uses the old key, where use is reported, is never cut without an attestation
//	I2  each claim was true when it was observed
//	I3  at an end, no key of ours is alive that the end does not name
//	I4  once the adversary is quiet, and what was taken away is back, going on or going back ends it; so does a close
//	I5  the secrets lie nowhere but where they may
//	I6  the key that carries the application can do, and lives, what the operator was shown, and no more
//	I7  after an end the base name finds the one live key
//
// How it is made up, each floor knowing only those below it:
//
//	scenario.go, world.go              what a walk finds, and what it keeps
//	place.go, truth.go, rolled.go      places, keys, clocks and applications as they are, and what others do to them
//	record.go, points.go               what happens, written down; the points at which the adversary strikes
//	store.go, view.go                  the journals, and the rotation as the operator sees it
//	before.go, service.go              what must hold before each call and each write; the key service: the truth, through lags and lies
//	driver*.go, roll.go, renew.go      every touch of rotation's interface, of client's and of delivery's; strategy.go is a strategy
//	adversary.go, build.go             the table of his acts: when each can be, how it is put right; a world, made for a walk
//	claims.go, invariants.go           whether what is called certain was so; what must hold after each act, and at the end
//	answers.go, flags.go, operator.go  the operator, who answers from the truth
//	walk.go, draw.go, shrink.go        a walk carried out, made of a seed, made small; fixture*.go is the world for rotation's own tests
//
// A walk is data: no act and no strike depends on a dice thrown while it runs, so that a part of it can be left out and
// the rest means the same. A strike names the adversary's act, the step of the rotation in which it happens, and the
// point: the n-th, or the n-th of a name. The points of this package's own ("call before: delete", "place after: put") do
// not change when the rotation's hooks do; the fixed walks use those.
//
// A kill is a panic that the driver recovers. What lay on the disk at that moment is put back afterwards, so that no deferred
// clean-up counts, and the process's memory is gone.
//
// # To run it
//
//	go test ./rotation/world -count=1 -v                      10,000 walks, the table of acts and steps, the shares of done
//	go test ./rotation/world -short                           500
//	go test ./rotation/world -run TestWalks -v -walks 1000000 -timeout 0
//	go test ./rotation/world -run TestWalks -v -one -seed 7   one walk, made small where it fails, line by line
//	go test ./rotation/world -run TestWalks -v -one -invariant 'I5: after the end'   the first that fails so
//	go test ./rotation/world -run TestWalks -keep             what fails is made small and kept in testdata/walks
//	go test ./rotation/world -run '^$' -bench Walks           walks a second on one core
package world
