package rotation

// Forget lets the lock of a dead process go, as the kernel does.
func Forget(r *Rotation) { forget(r) }
