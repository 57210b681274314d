package client

// As is an optional interface of a service, found through whatever wraps it. A wrapper that does such a thing in its service's place has
// a method Delegates: it can do it where its service can, and not otherwise.
func As[T any](s Service) (T, bool) {
	var none T
	found, have := none, false
	for {
		t, ok := s.(T)
		_, delegates := s.(interface{ Delegates() })
		if l, may := s.(interface{ lacks(ability any) bool }); may && ok && l.lacks((*T)(nil)) {
			ok = false // it has the method, as all of its kind have, and nothing to do in it
		}
		if ok && !have {
			found, have = t, true
		}
		if ok && !delegates {
			return found, true
		}
		w, more := s.(interface{ Unwrap() Service })
		if !more {
			return none, false
		}
		s = w.Unwrap()
	}
}
