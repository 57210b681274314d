package apikey

// Setting is what a profile tells of where its keys work. It decides how carefully they are handled, and what word the frame wears.
type Setting struct {
	Environment Environment // what the configuration says; empty where it does not
	Token       Environment // what detent's own credential says it is of; empty where it does not
	Embedded    bool        // the key service inside detent
	Demo        bool        // a throw-away one
	Remote      bool        // not at an address of this machine alone: what is not said may be live
}

// Words of a setting beside the environments themselves.
const (
	WordLive       = "LIVE"
	WordLocal      = "LOCAL" // the embedded service's
	WordDemo       = "DEMO"
	WordUnreported = "env?" // no environment is said, and the service is elsewhere
)

// Badge is the word for the frame; empty where there is nothing to say.
func (s Setting) Badge() string {
	switch {
	case s.Embedded && s.Demo:
		return WordDemo
	case s.Embedded:
		return WordLocal
	case s.Environment == Live, s.Token == Live:
		return WordLive
	case s.Environment == "" && s.Remote:
		return WordUnreported
	}
	return string(s.Environment)
}

// LooksLive says that the frame is drawn as that of live keys.
func (s Setting) LooksLive() bool { return (s.Environment == Live || s.Token == Live) && !s.Embedded }

// Contradicted says that the credential is not of the environment that the configuration says: one of the two is wrong.
func (s Setting) Contradicted() bool {
	return !s.Embedded && s.Environment != "" && s.Token != "" && (s.Environment == Live) != (s.Token == Live)
}

// Guard is the environment that a key is guarded as. In the embedded service the key's own counts. Elsewhere it is the stricter of the
// key's and the profile's, and what nobody says, of a service that is not on this machine, counts as live.
func (s Setting) Guard(key Environment) Environment {
	switch {
	case s.Embedded:
		return key
	case s.Environment == Live, s.Token == Live, key == Live, s.Environment == "" && s.Remote:
		return Live
	case key != "":
		return key
	}
	return s.Environment
}

// Of is the environment that a key is said to be of: its own, else the profile's. It is empty where nobody says, which is no
// environment to mix up.
func (s Setting) Of(key Environment) Environment {
	if key != "" || s.Embedded {
		return key
	}
	return s.Environment
}

// Word is what stands beside a key of it: the environment, as it is shown, else the badge.
func (s Setting) Word(key Environment) string {
	switch e := s.Of(key); e {
	case "":
		return s.Badge()
	case Live:
		return WordLive
	default:
		return string(e)
	}
}

// ForKey is the setting as a screen about one key of it wears it: one of a live key is as loud as a live profile's.
func (s Setting) ForKey(key Environment) Setting {
	if !s.Embedded && key == Live {
		s.Environment = Live
	}
	return s
}

// EnvironmentOf is the environment that a secret says it is of, by how it begins; empty where that tells nothing.
func EnvironmentOf(s Secret) Environment {
	switch {
	case s.HasPrefix("sk_live_"):
		return Live
	case s.HasPrefix("sk_test_"):
		return Test
	}
	return ""
}
