package client

// As finds what else a service can do (PublicKeys, Identifier, Clock, …), through whatever wraps it: a wrapper has
// Unwrap. A wrapper that must see such a call implements it itself, where the service that it wraps does.
func As[T any](s Service) (T, bool) {
	for {
		if t, ok := s.(T); ok {
			return t, true
		}
		w, ok := s.(interface{ Unwrap() Service })
		if !ok {
			var none T
			return none, false
		}
		s = w.Unwrap()
	}
}
