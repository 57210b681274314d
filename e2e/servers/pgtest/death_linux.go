package pgtest

import "syscall"

// dieWithParent ends the cluster when the test binary is killed.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGQUIT }
